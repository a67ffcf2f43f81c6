//! Who holds which lock, while events are put in order or judged.
//!
//! Counts by mode, so that every question takes the same time however many hold a lock. What is
//! lost by counting is the order of one thread's holds of one lock in different modes: a release
//! ends the weakest.
//!
//! A lock that nobody holds belongs to the next who takes it, whose counts lie with the lock.
//! Only those who come while others hold it are looked up by hash.

use std::collections::HashMap;

use crate::id::{LockId, Mode, ThreadId};

/// Holds by number of mode.
type Counts = [u32; Mode::ALL.len()];

const NONE: Counts = [0; Mode::ALL.len()];

/// A hold that changes its mode was the strongest of its thread.
const STRONGEST_FIRST: [Mode; 4] =
    [Mode::Exclusive, Mode::Upgradable, Mode::Shared, Mode::SharedRecursive];

/// The holds of one lock, but for those of [`Others`].
#[derive(Clone, Copy)]
pub(super) struct Holds {
    /// Of all threads.
    all: Counts,
    /// Of `owner`.
    own: Counts,
    /// Who took the lock when nobody held it.
    owner: ThreadId,
    /// Who took it last. It may have given it back since.
    latest: ThreadId,
}

/// The holds of those who are not the owners of their locks: readers beside readers, mostly.
#[derive(Default)]
pub(super) struct Others(HashMap<(LockId, ThreadId), Counts>);

impl Default for Holds {
    fn default() -> Holds {
        Holds { all: NONE, own: NONE, owner: ThreadId(0), latest: ThreadId(0) }
    }
}

impl Holds {
    /// Whether anybody holds the lock.
    #[inline]
    pub(super) fn are_any(&self) -> bool {
        self.all != NONE
    }

    /// Whether a hold of another thread keeps `thread` from taking `lock`, which this is.
    #[inline]
    pub(super) fn exclude(
        &self,
        others: &Others,
        lock: LockId,
        thread: ThreadId,
        mode: Mode,
    ) -> bool {
        if !self.are_any() {
            return false;
        }
        let all = in_the_way(&self.all, mode);
        all > 0 && all > self.of(others, lock, thread).map_or(0, |own| in_the_way(own, mode))
    }

    /// Whether `thread` holds `lock`, which this is.
    #[inline]
    pub(super) fn are_of(&self, others: &Others, lock: LockId, thread: ThreadId) -> bool {
        self.are_any() && self.of(others, lock, thread).is_some_and(|own| *own != NONE)
    }

    /// The thread that took the lock last, if anybody holds it.
    pub(super) fn latest(&self) -> Option<ThreadId> {
        self.are_any().then_some(self.latest)
    }

    /// A hold begins. Where a second one is impossible (the lock is not reentrant, and the modes
    /// exclude each other), the first changes its mode instead: an upgrade or a downgrade.
    #[inline]
    pub(super) fn take(
        &mut self,
        others: &mut Others,
        lock: LockId,
        thread: ThreadId,
        mode: Mode,
        reentrant: bool,
    ) {
        if !self.are_any() {
            self.owner = thread;
        }
        let own = match self.owner == thread {
            true => &mut self.own,
            false => others.0.entry((lock, thread)).or_insert(NONE),
        };
        let changes = |held: &Mode| own[*held as usize] > 0 && mode.waits_for(*held);
        if !reentrant && let Some(held) = STRONGEST_FIRST.into_iter().find(changes) {
            own[held as usize] -= 1;
            self.all[held as usize] -= 1;
        }
        own[mode as usize] += 1;
        self.all[mode as usize] += 1;
        self.latest = thread;
    }

    /// A hold of `thread` ends. False: it has none.
    #[inline]
    pub(super) fn release(&mut self, others: &mut Others, lock: LockId, thread: ThreadId) -> bool {
        let is_owner = self.owner == thread;
        let own = match is_owner {
            true => &mut self.own,
            false => match others.0.get_mut(&(lock, thread)) {
                Some(own) => own,
                None => return false,
            },
        };
        let weakest = STRONGEST_FIRST.into_iter().rev().find(|mode| own[*mode as usize] > 0);
        let Some(mode) = weakest else { return false };
        own[mode as usize] -= 1;
        self.all[mode as usize] -= 1;
        if !is_owner && *own == NONE {
            others.0.remove(&(lock, thread));
        }
        true
    }

    /// A hold of `thread` ends, or of the thread that took the lock last and sent its guard
    /// here. False: neither has one.
    pub(super) fn release_or_sent(
        &mut self,
        others: &mut Others,
        lock: LockId,
        thread: ThreadId,
    ) -> bool {
        self.release(others, lock, thread)
            || self.latest().is_some_and(|latest| self.release(others, lock, latest))
    }

    #[inline]
    fn of<'a>(&'a self, others: &'a Others, lock: LockId, thread: ThreadId) -> Option<&'a Counts> {
        if self.owner == thread { Some(&self.own) } else { others.0.get(&(lock, thread)) }
    }
}

/// How many of these holds keep somebody else from taking the lock.
#[inline]
fn in_the_way(counts: &Counts, mode: Mode) -> u64 {
    let modes = Mode::ALL.into_iter().filter(|held| mode.waits_for(*held));
    modes.map(|held| u64::from(counts[held as usize])).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LOCK: LockId = LockId(1);

    #[test]
    fn a_hold_keeps_out_whom_its_mode_excludes() {
        let (one, other) = (ThreadId(1), ThreadId(2));
        for held in Mode::ALL {
            for wanted in Mode::ALL {
                let (mut holds, mut others) = (Holds::default(), Others::default());
                holds.take(&mut others, LOCK, one, held, false);
                let excluded = |thread| holds.exclude(&others, LOCK, thread, wanted);
                assert!(!excluded(one), "a thread does not exclude itself");
                assert_eq!(excluded(other), wanted.waits_for(held));
                assert!(!holds.release(&mut others, LOCK, other));
                assert!(holds.release(&mut others, LOCK, one));
                assert!(!holds.exclude(&others, LOCK, other, wanted) && !holds.are_any());
            }
        }
    }

    #[test]
    fn holds_of_one_thread_nest_or_change() {
        let thread = ThreadId(1);
        for (first, second, reentrant, releases) in [
            (Mode::Exclusive, Mode::Exclusive, true, 2),
            (Mode::Shared, Mode::Shared, false, 2),
            (Mode::Upgradable, Mode::Shared, false, 2),
            (Mode::Upgradable, Mode::Exclusive, false, 1),
            (Mode::Exclusive, Mode::Shared, false, 1),
        ] {
            let (mut holds, mut others) = (Holds::default(), Others::default());
            holds.take(&mut others, LOCK, thread, first, reentrant);
            holds.take(&mut others, LOCK, thread, second, reentrant);
            let ended = (0..5).filter(|_| holds.release(&mut others, LOCK, thread)).count();
            assert_eq!(ended, releases, "{first:?} {second:?}");
        }
    }

    #[test]
    fn a_guard_that_was_sent_ends_the_hold_of_the_sender() {
        let (mut holds, mut others) = (Holds::default(), Others::default());
        assert!(!holds.release_or_sent(&mut others, LOCK, ThreadId(2)));
        holds.take(&mut others, LOCK, ThreadId(1), Mode::Exclusive, false);
        assert!(holds.release_or_sent(&mut others, LOCK, ThreadId(2)));
        assert!(!holds.are_any());
    }

    proptest! {
        /// Readers come and go: whoever owned the lock first, each has what it took.
        #[test]
        fn holds_are_counted_by_thread(
            steps in proptest::collection::vec((0..4_u32, any::<bool>()), 0..100)
        ) {
            let (mut holds, mut others) = (Holds::default(), Others::default());
            let mut counts = [0; 4];
            for (thread, takes) in steps {
                let own = &mut counts[thread as usize];
                if takes {
                    holds.take(&mut others, LOCK, ThreadId(thread), Mode::Shared, false);
                    *own += 1;
                } else {
                    let released = holds.release(&mut others, LOCK, ThreadId(thread));
                    prop_assert_eq!(released, *own > 0);
                    *own -= u32::from(released);
                }
                for (thread, count) in (0..).zip(counts) {
                    let is_held = holds.are_of(&others, LOCK, ThreadId(thread));
                    prop_assert_eq!(is_held, count > 0);
                    let total: u32 = counts.iter().sum();
                    let excluded = holds.exclude(&others, LOCK, ThreadId(thread), Mode::Exclusive);
                    prop_assert_eq!(excluded, total > count);
                }
                prop_assert_eq!(holds.are_any(), counts != [0; 4]);
            }
        }
    }
}
