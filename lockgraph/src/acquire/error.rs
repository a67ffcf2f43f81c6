//! Why locks were not taken together, and what to do about it.

use std::error::Error;
use std::fmt;
use std::sync::PoisonError;

use super::{Acquired, LockSet, ROUNDS};
use crate::explain::{Spelling, full_place};
use crate::finding::{Held, Lock};

/// Why locks were not taken together. Each is told with its remedy at [`acquire`](fn@crate::acquire).
#[non_exhaustive]
pub enum AcquireError<S: LockSet> {
    /// This thread already holds a lock that comes later in the order.
    OutOfOrder(Box<LockOrderViolation>),
    /// A lock is wanted twice.
    Twice(Box<LockTwice>),
    /// Some lock was always taken.
    GaveUp(GaveUp),
    /// A lock is poisoned. All are held, and here they are.
    Poisoned(PoisonError<Acquired<S>>),
}

/// This thread already holds a lock that comes later in the order than one that it wants.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LockOrderViolation {
    /// What it holds, how, and where it took it.
    pub held: Held,
    /// The first in the order of those that it wants.
    pub wanted: Lock,
}

/// A lock is wanted twice, or is wanted by the thread that holds it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LockTwice {
    /// Which.
    pub lock: Lock,
    /// How this thread holds it already. `None`: it is in the set twice.
    pub held: Option<Held>,
}

/// Not all locks could be had at the same time, however often it was tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct GaveUp;

impl<S: LockSet> AcquireError<S> {
    pub(super) fn out_of_order(held: Held, wanted: Lock) -> AcquireError<S> {
        AcquireError::OutOfOrder(Box::new(LockOrderViolation { held, wanted }))
    }

    pub(super) fn twice(lock: Lock) -> AcquireError<S> {
        AcquireError::Twice(Box::new(LockTwice { lock, held: None }))
    }

    pub(super) fn held(held: Held) -> AcquireError<S> {
        AcquireError::Twice(Box::new(LockTwice { lock: held.lock.clone(), held: Some(held) }))
    }
}

impl fmt::Display for LockOrderViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self.held.site.iter();
        let spelling = Spelling::of_all([&self.held.lock, &self.wanted], [], places);
        let (held, wanted) = (spelling.lock(&self.held.lock), spelling.lock(&self.wanted));
        write!(
            f,
            "{held}, which this thread has held{}, comes after {wanted} in the order of locks; take \
             all of them in one `acquire`, or use `acquire_any_order`",
            since(&self.held)
        )
    }
}

impl Error for LockOrderViolation {}

impl fmt::Display for LockTwice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lock = Spelling::of_all([&self.lock], [], []).lock(&self.lock);
        match &self.held {
            Some(held) => write!(
                f,
                "{lock} has been held by this thread{} and is wanted again; pass its guard on, or \
                 give it back first",
                since(held)
            ),
            None => write!(f, "{lock} is wanted twice at once; name each lock once"),
        }
    }
}

impl Error for LockTwice {}

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "one of the locks was always taken in {ROUNDS} rounds of trying; give back what this \
             thread holds besides, and start over"
        )
    }
}

impl Error for GaveUp {}

/// ` since bank.rs:12:9`, if that is known.
fn since(held: &Held) -> String {
    held.site.as_ref().map_or_else(String::new, |site| format!(" since {}", full_place(site)))
}

impl<S: LockSet> fmt::Display for AcquireError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AcquireError::OutOfOrder(error) => error.fmt(f),
            AcquireError::Twice(error) => error.fmt(f),
            AcquireError::GaveUp(error) => error.fmt(f),
            AcquireError::Poisoned(_) => f.write_str(
                "a lock is poisoned: a thread panicked while it held it; the guards are in this \
                 error, `into_inner` hands them out",
            ),
        }
    }
}

impl<S: LockSet> fmt::Debug for AcquireError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AcquireError::OutOfOrder(error) => error.fmt(f),
            AcquireError::Twice(error) => error.fmt(f),
            AcquireError::GaveUp(error) => error.fmt(f),
            AcquireError::Poisoned(error) => error.fmt(f),
        }
    }
}

impl<S: LockSet> Error for AcquireError<S> {}
