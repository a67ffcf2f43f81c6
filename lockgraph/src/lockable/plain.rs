//! Which lock is which in builds that are not instrumented: a lock is where it lies. It is borrowed
//! for as long as others may wait for it, and so does not move.
//!
//! What threads hold is not known.

use std::marker::PhantomData;

use super::Identified;
use crate::finding::{Class, Held, Lock};
use crate::id::LockKind;
use crate::sync::{Mutex, RwLock};

/// The place of a lock in the order of all: its address.
pub(crate) type Place = u64;

/// One lock.
#[derive(Clone, Copy)]
pub struct Id<'a> {
    address: usize,
    kind: LockKind,
    lock: PhantomData<&'a ()>,
}

impl Id<'_> {
    pub(super) fn new<L: ?Sized>(lock: &L, kind: LockKind) -> Id<'_> {
        Id { address: std::ptr::from_ref(lock).addr(), kind, lock: PhantomData }
    }

    /// Its place in the order of all locks.
    pub(crate) fn place(self) -> Place {
        self.address as u64
    }

    pub(crate) fn has_place(self) -> bool {
        true
    }

    /// As messages name it.
    pub(crate) fn lock(self) -> Lock {
        Lock { id: self.place(), kind: self.kind, class: Class::Unknown, made_for: None }
    }
}

/// Locks are taken together, and nobody is told.
pub(crate) struct Together;

impl Together {
    pub(crate) fn begin() -> Together {
        Together
    }
}

/// What a thread holds that stands in the way of taking some locks.
pub(crate) enum InTheWay {
    /// One of them, already.
    Itself(Held),
    /// One that comes later than the first of them.
    Later(Held),
}

/// Nothing that is known.
pub(crate) fn in_the_way(
    _first: Option<Place>,
    _is_wanted: impl Fn(Place) -> bool,
) -> Option<InTheWay> {
    None
}

impl<T: ?Sized> Identified for Mutex<T> {
    fn id(&self) -> Id<'_> {
        Id::new(self, LockKind::Mutex)
    }

    fn find_place(&self) -> bool {
        true
    }
}

impl<T: ?Sized> Identified for RwLock<T> {
    fn id(&self) -> Id<'_> {
        Id::new(self, LockKind::RwLock)
    }

    fn find_place(&self) -> bool {
        true
    }
}
