//! What a guard holds, and who poisons.
//!
//! A hold lies before the original guard in each guard of ours, so it is dropped first: the
//! detector is told, then the lock is poisoned if it must be, then the original unlocks.
//!
//! Poison is a bit of ours in the tag; the original's own flag is never looked at. The original
//! sets its flag and unlocks in one go, so the locks of a thread whose deadlock the detector broke
//! would be seen poisoned by whoever takes them next, before anything could be done about it. The
//! bit is written while the lock is held exclusively and read while it is held, as the original
//! does with its flag. What else the original guarantees is kept: a guard that was made during an
//! unwinding does not poison, and neither do readers.

use std::mem;
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};
use std::thread;

use crate::id::Mode;
use crate::runtime::{self, Look, Tag, Unseen};

/// The hold of a mutex or of a writer. Dropping it tells that the lock is given back, and poisons
/// the lock if a panic began while it was held.
pub(super) struct ExclusiveHold<'a> {
    tag: &'a Tag,
    /// Whether a panic was under way already when the lock was taken.
    panicking: bool,
    unseen: Unseen,
}

/// The hold of a reader. Dropping it tells that the lock is given back.
pub(super) struct SharedHold<'a> {
    tag: &'a Tag,
    unseen: Unseen,
}

impl<'a> ExclusiveHold<'a> {
    #[cfg_attr(not(any(debug_assertions, lockgraph_facade)), inline)]
    pub(super) fn new(tag: &'a Tag) -> ExclusiveHold<'a> {
        ExclusiveHold { tag, panicking: thread::panicking(), unseen: Unseen::new() }
    }

    /// About to read what the lock guards.
    #[inline]
    pub(super) fn reads(&self) {
        self.unseen.read(self.tag);
    }

    /// About to share what a mutex guards, within this thread.
    #[inline]
    pub(super) fn shares<T: ?Sized>(&self) {
        self.unseen.share::<T>(self.tag);
    }

    /// About to change what the lock guards.
    #[inline]
    pub(super) fn writes(&mut self) {
        self.unseen.write(self.tag);
    }

    /// The lock was given back meanwhile, and taken again.
    pub(super) fn begin_again(&mut self) {
        self.unseen = Unseen::new();
    }

    #[inline]
    pub(super) fn tag(&self) -> &'a Tag {
        self.tag
    }

    /// The writer becomes a reader.
    pub(super) fn downgrade(self) -> SharedHold<'a> {
        let tag = self.tag;
        mem::forget(self);
        runtime::changed_mode(tag, Mode::Shared);
        SharedHold::new(tag)
    }

    #[cold]
    fn poison(&self) {
        if !runtime::is_spared(self.tag) {
            self.tag.poison();
        }
    }
}

impl Drop for ExclusiveHold<'_> {
    #[cfg_attr(not(any(debug_assertions, lockgraph_facade)), inline)]
    fn drop(&mut self) {
        if thread::panicking() && !self.panicking {
            self.poison();
        }
        runtime::released(self.tag);
    }
}

impl<'a> SharedHold<'a> {
    #[inline]
    pub(super) fn new(tag: &'a Tag) -> SharedHold<'a> {
        SharedHold { tag, unseen: Unseen::new() }
    }

    /// About to read what the lock guards.
    #[inline]
    pub(super) fn reads(&self) {
        self.unseen.read(self.tag);
    }
}

impl Drop for SharedHold<'_> {
    #[cfg_attr(not(any(debug_assertions, lockgraph_facade)), inline)]
    fn drop(&mut self) {
        runtime::released_as(self.tag, Mode::Shared);
    }
}

/// What the lock behind `tag` guards is used by whoever has the lock itself.
#[inline]
#[track_caller]
pub(super) fn used_alone(tag: &Tag) {
    if runtime::is_recorded() {
        runtime::used_alone(tag);
    }
}

/// Whether the lock behind `tag` is poisoned, for somebody who acts on it.
#[inline]
pub(super) fn is_poisoned(tag: &Tag) -> bool {
    let is_poisoned = tag.is_poisoned();
    if is_poisoned {
        runtime::looked(Look::Poison);
    }
    is_poisoned
}

/// The lock behind `tag` is poisoned no more. Others may see that.
pub(super) fn clear_poison(tag: &Tag) {
    if is_poisoned(tag) {
        tag.clear_poison();
    }
}

/// `value`, as an error if the lock behind `tag` is poisoned.
#[inline]
pub(super) fn judge<V>(tag: &Tag, value: V) -> LockResult<V> {
    if is_poisoned(tag) { Err(PoisonError::new(value)) } else { Ok(value) }
}

/// What the original returned, whatever it thinks of poison.
#[inline]
pub(super) fn taken<V>(result: LockResult<V>) -> V {
    result.unwrap_or_else(PoisonError::into_inner)
}

/// What the original returned at once, whatever it thinks of poison. `None` if it is not free.
#[inline]
pub(super) fn taken_at_once<G>(result: TryLockResult<G>) -> Option<G> {
    match result {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(error)) => Some(error.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}
