//! Who holds which lock, while events are put in order or judged.
//!
//! Counts by mode, so that every question takes the same time however many hold a lock. What is
//! lost by counting is the order of one thread's holds of one lock in different modes: a release
//! ends the weakest.

use std::collections::HashMap;

use crate::id::{LockId, Mode, ThreadId};

/// Holds by number of mode.
type Counts = [u32; Mode::ALL.len()];

/// A hold that changes its mode was the strongest of its thread.
const STRONGEST_FIRST: [Mode; 4] =
    [Mode::Exclusive, Mode::Upgradable, Mode::Shared, Mode::SharedRecursive];

#[derive(Default)]
pub(super) struct Holders {
    locks: HashMap<LockId, LockHolds>,
    threads: HashMap<(LockId, ThreadId), Counts>,
}

struct LockHolds {
    counts: Counts,
    /// Who took it last. It may have given it back since.
    latest: ThreadId,
}

impl Holders {
    /// Whether anybody holds `lock`.
    pub(super) fn is_held(&self, lock: LockId) -> bool {
        self.locks.contains_key(&lock)
    }

    /// Whether a hold of another thread keeps `thread` from taking `lock`.
    pub(super) fn exclude(&self, lock: LockId, thread: ThreadId, mode: Mode) -> bool {
        let Some(all) = self.locks.get(&lock) else { return false };
        let in_the_way = |counts: &Counts| -> u64 {
            let modes = Mode::ALL.into_iter().filter(|held| mode.waits_for(*held));
            modes.map(|held| u64::from(counts[held as usize])).sum()
        };
        let all = in_the_way(&all.counts);
        all > 0 && all > self.threads.get(&(lock, thread)).map_or(0, in_the_way)
    }

    /// The thread that took `lock` last.
    pub(super) fn latest(&self, lock: LockId) -> Option<ThreadId> {
        self.locks.get(&lock).map(|holds| holds.latest)
    }

    /// A hold begins. Where a second one is impossible (the lock is not reentrant, and the modes
    /// exclude each other), the first changes its mode instead: an upgrade or a downgrade.
    pub(super) fn take(&mut self, lock: LockId, thread: ThreadId, mode: Mode, reentrant: bool) {
        let all = self.locks.entry(lock).or_insert(LockHolds { counts: [0; 4], latest: thread });
        let own = self.threads.entry((lock, thread)).or_insert([0; 4]);
        let changes = |held: &Mode| own[*held as usize] > 0 && mode.waits_for(*held);
        if !reentrant && let Some(held) = STRONGEST_FIRST.into_iter().find(changes) {
            own[held as usize] -= 1;
            all.counts[held as usize] -= 1;
        }
        own[mode as usize] += 1;
        all.counts[mode as usize] += 1;
        all.latest = thread;
    }

    /// A hold of `thread` ends. False: it has none.
    pub(super) fn release(&mut self, lock: LockId, thread: ThreadId) -> bool {
        let Some(own) = self.threads.get_mut(&(lock, thread)) else { return false };
        let Some(all) = self.locks.get_mut(&lock) else { return false };
        let weakest = STRONGEST_FIRST.into_iter().rev().find(|mode| own[*mode as usize] > 0);
        let Some(mode) = weakest else { return false };
        own[mode as usize] -= 1;
        all.counts[mode as usize] -= 1;
        if *own == [0; 4] {
            self.threads.remove(&(lock, thread));
        }
        if all.counts == [0; 4] {
            self.locks.remove(&lock);
        }
        true
    }

    /// A hold of `thread` ends, or of the thread that took the lock last and sent its guard
    /// here. False: neither has one.
    pub(super) fn release_or_sent(&mut self, lock: LockId, thread: ThreadId) -> bool {
        self.release(lock, thread)
            || self.latest(lock).is_some_and(|latest| self.release(lock, latest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_keeps_out_whom_its_mode_excludes() {
        let (lock, one, other) = (LockId(1), ThreadId(1), ThreadId(2));
        for held in Mode::ALL {
            for wanted in Mode::ALL {
                let mut holders = Holders::default();
                holders.take(lock, one, held, false);
                assert!(!holders.exclude(lock, one, wanted), "a thread does not exclude itself");
                assert_eq!(holders.exclude(lock, other, wanted), wanted.waits_for(held));
                assert!(!holders.release(lock, other) && holders.release(lock, one));
                assert!(!holders.exclude(lock, other, wanted) && !holders.is_held(lock));
            }
        }
    }

    #[test]
    fn holds_of_one_thread_nest_or_change() {
        let (lock, thread) = (LockId(1), ThreadId(1));
        for (first, second, reentrant, releases) in [
            (Mode::Exclusive, Mode::Exclusive, true, 2),
            (Mode::Shared, Mode::Shared, false, 2),
            (Mode::Upgradable, Mode::Shared, false, 2),
            (Mode::Upgradable, Mode::Exclusive, false, 1),
            (Mode::Exclusive, Mode::Shared, false, 1),
        ] {
            let mut holders = Holders::default();
            holders.take(lock, thread, first, reentrant);
            holders.take(lock, thread, second, reentrant);
            let ended = (0..5).filter(|_| holders.release(lock, thread)).count();
            assert_eq!(ended, releases, "{first:?} {second:?}");
        }
    }

    #[test]
    fn a_guard_that_was_sent_ends_the_hold_of_the_sender() {
        let mut holders = Holders::default();
        assert!(!holders.release_or_sent(LockId(1), ThreadId(2)));
        holders.take(LockId(1), ThreadId(1), Mode::Exclusive, false);
        assert!(holders.release_or_sent(LockId(1), ThreadId(2)));
        assert!(!holders.is_held(LockId(1)));
    }
}
