//! Which lock is which in instrumented builds: locks have numbers, and threads are known to hold
//! them.
//!
//! A lock gets its number from the first who holds it, and keeps it. So whoever is to know the number
//! of a lock that has none takes it for a moment, to read if it can be read: nobody who holds it alone
//! can give it one then, readers agree on one, and so all who do so see the same. The same is done with a
//! lock whose number may not last, because it is from somebody who only waits for it.
//!
//! Of the originals in `std` nothing is known but where they lie. They come last in the order.

use std::panic::Location;
use std::ptr;

use super::Identified;
use crate::finding::{Class, Held, Lock};
use crate::id::LockKind;
use crate::runtime::{self, Site, Tag};
use crate::sync::{Mutex, RwLock};

pub(crate) use crate::runtime::{InTheWay, Place, Together, all_held, in_the_way};

/// One lock.
#[derive(Clone, Copy)]
pub struct Id<'a>(Which<'a>);

#[derive(Clone, Copy)]
enum Which<'a> {
    Tracked(&'a Tag),
    /// An original of `std`: it is where it lies, and stays there while it is borrowed.
    Untracked(usize, LockKind),
}

impl<'a> Id<'a> {
    /// The lock with this tag.
    pub fn of(tag: &'a Tag) -> Id<'a> {
        Id(Which::Tracked(tag))
    }

    pub(super) fn untracked<L: ?Sized>(lock: &'a L, kind: LockKind) -> Id<'a> {
        Id(Which::Untracked(ptr::from_ref(lock).addr(), kind))
    }

    /// Its place in the order of all locks, if it has one.
    pub(crate) fn place(self) -> Place {
        match self.0 {
            Which::Tracked(tag) => Place::of(tag),
            Which::Untracked(address, _) => Place::untracked(address),
        }
    }

    #[track_caller]
    pub(crate) fn has_place(self) -> bool {
        match self.0 {
            Which::Tracked(tag) => runtime::has_place(tag, Location::caller()),
            Which::Untracked(..) => true,
        }
    }

    /// Gives it one. Only whoever has the lock may do so.
    pub fn give_place(self, site: Site) {
        if let Which::Tracked(tag) = self.0 {
            runtime::give_place(tag, site);
        }
    }

    /// As messages name it.
    pub(crate) fn lock(self) -> Lock {
        match self.0 {
            Which::Tracked(tag) => runtime::name(tag),
            Which::Untracked(address, kind) => {
                Lock { id: address as u64, kind, class: Class::Unknown, made_for: None }
            }
        }
    }

    /// How this thread holds it. `None`: that is not known.
    pub(crate) fn holding(self) -> Option<Option<Held>> {
        match self.0 {
            Which::Tracked(tag) => runtime::holding(tag),
            Which::Untracked(..) => None,
        }
    }
}

impl<T: ?Sized> Identified for Mutex<T> {
    fn id(&self) -> Id<'_> {
        Id::of(self.tag())
    }

    #[track_caller]
    fn find_place(&self) -> bool {
        self.number_at_once()
    }
}

impl<T: ?Sized> Identified for RwLock<T> {
    fn id(&self) -> Id<'_> {
        Id::of(self.tag())
    }

    #[track_caller]
    fn find_place(&self) -> bool {
        self.number_at_once()
    }
}
