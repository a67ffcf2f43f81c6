//! Where numbers get their names: a live program or a trace.

use crate::finding::{Class, Held, Lock, Place, Thread};
use crate::held::Hold;
use crate::id::{LockId, LockKind, SiteId, ThreadId};

/// What the core's numbers stand for. Findings are spelled out with this.
pub(crate) trait Names {
    /// The place with this number.
    fn place(&self, site: SiteId) -> Option<Place>;
    /// The lock with this number.
    fn lock(&self, lock: LockId) -> Lock;
    /// The thread with this number.
    fn thread(&self, thread: ThreadId) -> Thread;
}

/// Names for what a blocked thread holds and wants, where a site is an `S`.
pub(crate) trait HoldNames<S> {
    /// A hold.
    fn held(&self, hold: &Hold<S>) -> Held;
    /// A lock that is wanted at a site.
    fn wanted_lock(&self, lock: LockId, site: &S) -> Lock;
    /// A site.
    fn place(&self, site: &S) -> Option<Place>;
    /// A thread.
    fn thread(&self, thread: ThreadId) -> Thread;
}

/// A lock of which nothing is known but its number.
pub(crate) fn unknown_lock(lock: LockId) -> Lock {
    Lock { id: lock.0, kind: LockKind::Mutex, class: Class::Unknown, made_for: None }
}
