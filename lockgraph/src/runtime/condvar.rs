//! What condition variables call.
//!
//! A thread that waited and was woken goes on after the notification. Which one it was is only
//! known if there was exactly one since it began to wait, so a condition variable counts them; if
//! there were more, or none, nothing is said of the order. A time limit proves nothing either.

use std::ops::Deref;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU64, fence};

use super::block::Wait;
use super::hook::{acquiring, push, released};
use super::meeting;
use super::misuse::{self, Pairing};
use super::signal::serving;
use super::stamp::{self, Stamp, StampCell};
use super::tag::{Site, Tag};
use super::turns::{self, Kept};
use crate::event::{How, Op};
use crate::id::{LockKind, Mode, Signal};

/// The identity of a condition variable, with the latest notification.
pub struct CondvarTag {
    tag: Tag,
    /// Twice the notifications so far; odd while the stamp is changed. Counted without atomic
    /// read-modify-writes: two threads that notify at the same moment may count as one, and then
    /// an order may be seen that another run does not have.
    count: AtomicU64,
    stamp: StampCell,
}

impl CondvarTag {
    /// A condition variable whose class is the place of the caller.
    #[track_caller]
    pub const fn here() -> CondvarTag {
        CondvarTag::new(Tag::here(LockKind::Condvar))
    }

    /// A condition variable with this tag.
    pub const fn new(tag: Tag) -> CondvarTag {
        CondvarTag { tag, count: AtomicU64::new(0), stamp: StampCell::new() }
    }

    fn count(&self) -> u64 {
        self.count.load(Acquire)
    }

    fn notify(&self, stamp: Stamp) {
        let count = self.count.load(Relaxed) & !1;
        self.count.store(count + 1, Relaxed);
        fence(Release);
        self.stamp.put(stamp);
        self.count.store(count + 2, Release);
    }

    /// The stamp of the one notification since there were `begun`, if it is one.
    fn only_since(&self, begun: u64) -> Option<Stamp> {
        let is_one = |count: u64| count == (begun & !1) + 2;
        let is_before = is_one(self.count());
        let stamp = self.stamp.get();
        fence(Acquire);
        (is_before && is_one(self.count.load(Relaxed))).then_some(stamp)
    }
}

impl Deref for CondvarTag {
    type Target = Tag;

    fn deref(&self) -> &Tag {
        &self.tag
    }
}

/// About to wait on the condition variable `condvar`, giving `mutex` back meanwhile.
///
/// A wait that is not [`How::Blocking`] ends by itself.
#[track_caller]
pub fn cond_waiting<'a>(
    condvar: &'a CondvarTag,
    mutex: &'a Tag,
    how: How,
    site: Site,
) -> CondWait<'a> {
    let pairing = misuse::waits_with(condvar, mutex, site);
    let begun = (how == How::Blocking).then(|| condvar.count());
    released(mutex);
    // From here on a panic takes the hold back too.
    let mut wait = CondWait { condvar, mutex, site, begun, wait: None, pairing };
    // Coming back takes the mutex again while whatever else is held stays so.
    let _ = acquiring(mutex, Mode::Exclusive, site);
    condvar.id(site);
    let begins = if how == How::Blocking { Op::Wait } else { Op::TimedWait };
    turns::told_alone(condvar, begins, site);
    if how == How::Blocking {
        meeting::waits(condvar, Signal::Notify, mutex.known_id(), site);
        wait.wait = Wait::for_signal(Signal::Notify, Some(&condvar.tag), Some(mutex), site);
    }
    wait
}

/// A condition that was true already would have been waited for on `condvar` else.
#[inline]
pub(crate) fn cond_could_wait(condvar: &CondvarTag, mutex: &Tag, site: Site) {
    condvar.id(site);
    meeting::waits(condvar, Signal::Notify, mutex.known_id(), site);
}

/// A wait on a condition variable. Dropping it takes the hold of the mutex back, which the raw
/// wait has re-acquired.
#[must_use]
pub struct CondWait<'a> {
    condvar: &'a CondvarTag,
    mutex: &'a Tag,
    site: Site,
    /// How many notifications there had been.
    begun: Option<u64>,
    wait: Option<Wait>,
    pairing: Option<Pairing>,
}

impl Drop for CondWait<'_> {
    fn drop(&mut self) {
        drop(self.wait.take());
        drop(self.pairing.take());
        turns::told(self.condvar, Op::Woken, self.site);
        if let Some(stamp) = self.begun.and_then(|begun| self.condvar.only_since(begun)) {
            stamp::heard(stamp, LockKind::Condvar, None);
        }
        push(self.mutex, Mode::Exclusive, How::Blocking, self.site);
    }
}

/// Wakes waiters of a condition variable. Hold the result until the raw notification is over.
#[inline]
pub fn notifying(condvar: &CondvarTag, site: Site) -> Kept<'_> {
    condvar.id(site);
    condvar.notify(serving(condvar, Signal::Notify, site));
    turns::keeping(condvar, Op::Notify, site)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_notification_tells_who_it_was() {
        let condvar = CondvarTag::here();
        for notifications in 0..4 {
            let begun = condvar.count();
            (0..notifications).for_each(|_| condvar.notify(Stamp::NONE));
            assert_eq!(condvar.only_since(begun).is_some(), notifications == 1, "{notifications}");
        }
    }
}
