//! The count of a semaphore: how many permits are free, and who sleeps until there are more.
//!
//! Knows nothing of the detector but the stamp that it keeps; a new one is made from the old one while
//! nobody else can give permits. One `std` mutex, held for a few
//! instructions and by each call once; what sleeps, sleeps on one condition variable.
//!
//! Whoever comes may overtake whoever sleeps, so a sleeper looks again when it wakes. A wake-up is
//! never lost: permits that come free wake as many sleepers as there are permits, or all of them if
//! one of them wants several, and a sleeper whose time is over looks once more before it goes.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::watch::Stamp;

/// The permits of one semaphore.
pub(super) struct Permits {
    /// How many there were at the beginning.
    first: usize,
    /// There are never more.
    is_bounded: bool,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    free: usize,
    /// Those that are free and those that guards have.
    all: usize,
    /// There were more than at the beginning once.
    have_grown: bool,
    /// They are all with one borrowed guard, and no more may come: whoever waits, waits for the
    /// thread that has it.
    are_with_one: bool,
    /// They have been once.
    have_been_with_one: bool,
    /// That of whoever gave permits last that it had not borrowed.
    stamp: Stamp,
    sleepers: Sleepers,
}

/// How many sleep.
#[derive(Clone, Copy)]
struct Sleepers {
    all: usize,
    for_several: usize,
    /// Because all permits are with one thread, and because they are not: these are to look again
    /// when that changes.
    for_one_thread: usize,
    for_anybody: usize,
}

/// Who takes permits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Taker {
    /// A guard that stays with its thread.
    Thread,
    /// A guard that may go anywhere.
    Anybody,
}

/// For what a thread sleeps.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// It wants the permits, as long as they are all with one thread.
    OneThread,
    /// It wants the permits, as long as they are not.
    Anybody,
    /// It wants the permits, or the time is over. `None`: it never is.
    Time(Option<Instant>),
}

/// Permits that were taken.
#[derive(Clone, Copy)]
pub(super) struct Taken {
    /// Nobody else can have one meanwhile.
    pub(super) are_all: bool,
    pub(super) stamp: Stamp,
}

/// Why permits were not given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TooMany {
    /// More than a bounded semaphore began with.
    ForBound,
    /// More than can be counted.
    ToCount,
}

impl Taken {
    /// No permit was wanted.
    pub(super) const NOTHING: Taken = Taken { are_all: false, stamp: Stamp::NONE };
}

impl Permits {
    pub(super) const fn new(first: usize, is_bounded: bool) -> Permits {
        let sleepers = Sleepers { all: 0, for_several: 0, for_one_thread: 0, for_anybody: 0 };
        let state = State {
            free: first,
            all: first,
            have_grown: false,
            are_with_one: false,
            have_been_with_one: false,
            stamp: Stamp::NONE,
            sleepers,
        };
        Permits { first, is_bounded, state: Mutex::new(state), changed: Condvar::new() }
    }

    pub(super) fn free(&self) -> usize {
        self.lock().free
    }

    /// Whether so many can never be there at once.
    pub(super) fn is_beyond(&self, count: usize) -> bool {
        self.is_bounded && count > self.first
    }

    /// There are never more than at the beginning.
    pub(super) fn is_bounded(&self) -> bool {
        self.is_bounded
    }

    /// Whether they have all been with one thread.
    pub(super) fn have_been_with_one(&self) -> bool {
        self.lock().have_been_with_one
    }

    /// Whether they are all with one thread.
    pub(super) fn are_with_one(&self) -> bool {
        self.lock().are_with_one
    }

    /// Takes permits if they are free.
    pub(super) fn try_take(&self, count: usize, taker: Taker) -> Option<Taken> {
        self.take_from(&mut self.lock(), count, taker)
    }

    /// Sleeps until the permits are taken. `None` if it is over for another reason.
    pub(super) fn take(&self, count: usize, taker: Taker, until: Until) -> Option<Taken> {
        let mut state = self.lock();
        loop {
            if let Some(taken) = self.take_from(&mut state, count, taker) {
                return Some(taken);
            }
            if until.is_over(&state) {
                return None;
            }
            state.sleepers.count(count, until, 1);
            state = self.sleep(state, until);
            state.sleepers.count(count, until, -1);
        }
    }

    /// Permits come back from a guard, which has them no more. `stamp` makes a stamp of the last one.
    pub(super) fn give_back(&self, count: usize, stamp: impl FnOnce(Stamp) -> Stamp) {
        let mut state = self.lock();
        state.stamp = stamp(state.stamp);
        state.free += count;
        state.are_with_one = false;
        self.wake(&state, count);
    }

    /// Whether so many new ones make more than there were at the beginning, if nobody forgets any
    /// meanwhile.
    pub(super) fn would_grow(&self, count: usize) -> bool {
        !self.is_bounded && self.lock().all.saturating_add(count) > self.first
    }

    /// New permits, or such as were forgotten. Nothing is changed if they are too many. Returns whether
    /// there are more than at the beginning for the first time.
    pub(super) fn give(
        &self,
        count: usize,
        stamp: impl FnOnce(Stamp) -> Stamp,
    ) -> Result<bool, TooMany> {
        let mut state = self.lock();
        let all = state.all.checked_add(count).ok_or(TooMany::ToCount)?;
        if self.is_beyond(all) {
            return Err(TooMany::ForBound);
        }
        state.all = all;
        let is_first = all > self.first && !state.have_grown;
        state.have_grown |= is_first;
        state.stamp = stamp(state.stamp);
        state.free += count;
        self.wake(&state, count);
        Ok(is_first)
    }

    /// A guard is gone, and its permits with it.
    pub(super) fn forget(&self, count: usize) {
        let mut state = self.lock();
        state.all -= count;
        self.are_now_with_one(&mut state, false);
    }

    fn take_from(&self, state: &mut State, count: usize, taker: Taker) -> Option<Taken> {
        state.free = state.free.checked_sub(count)?;
        let are_all = count == self.first && count > 0 && !state.have_grown;
        let are_with_one = are_all && self.is_bounded && taker == Taker::Thread;
        if count > 0 {
            self.are_now_with_one(state, are_with_one);
        }
        Some(Taken { are_all, stamp: state.stamp })
    }

    /// Those who sleep for another reason are to look again.
    fn are_now_with_one(&self, state: &mut State, are_with_one: bool) {
        state.are_with_one = are_with_one;
        state.have_been_with_one |= are_with_one;
        let Sleepers { for_one_thread, for_anybody, .. } = state.sleepers;
        if if are_with_one { for_anybody } else { for_one_thread } > 0 {
            self.changed.notify_all();
        }
    }

    fn wake(&self, state: &State, count: usize) {
        if state.sleepers.for_several > 0 {
            self.changed.notify_all();
        } else {
            (0..count.min(state.sleepers.all)).for_each(|_| self.changed.notify_one());
        }
    }

    fn sleep<'a>(&self, state: MutexGuard<'a, State>, until: Until) -> MutexGuard<'a, State> {
        let Until::Time(Some(end)) = until else {
            return self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        };
        let left = end.saturating_duration_since(Instant::now());
        self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
    }

    /// Never left half changed by a panic: there is none while it is locked.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Until {
    fn is_over(self, state: &State) -> bool {
        match self {
            Until::OneThread => !state.are_with_one,
            Until::Anybody => state.are_with_one,
            Until::Time(end) => end.is_some_and(|end| end <= Instant::now()),
        }
    }
}

impl Sleepers {
    /// One that wants `count` permits begins to sleep (1), or has slept (-1).
    fn count(&mut self, count: usize, until: Until, change: isize) {
        let change_in = |number: &mut usize| *number = number.wrapping_add_signed(change);
        change_in(&mut self.all);
        if count > 1 {
            change_in(&mut self.for_several);
        }
        match until {
            Until::OneThread => change_in(&mut self.for_one_thread),
            Until::Anybody => change_in(&mut self.for_anybody),
            Until::Time(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;

    fn until_asleep(permits: &Permits, count: usize) {
        while permits.lock().sleepers.all < count {
            thread::yield_now();
        }
    }

    #[test]
    fn one_that_wants_several_does_not_swallow_the_wake_up_of_another() {
        let permits = Permits::new(0, false);
        let in_time = || Until::Time(Some(Instant::now() + Duration::from_secs(60)));
        let take = |count| permits.take(count, Taker::Thread, in_time()).is_some();
        thread::scope(|scope| {
            // Who sleeps first is woken first.
            let several = scope.spawn(|| take(2));
            until_asleep(&permits, 1);
            let one = scope.spawn(|| take(1));
            until_asleep(&permits, 2);
            assert_eq!(permits.give(1, |last| last), Ok(true));
            assert!(one.join().expect("it does not panic"));
            assert_eq!(permits.give(2, |last| last), Ok(false));
            assert!(several.join().expect("it does not panic"));
        });
        assert_eq!(permits.lock().sleepers.all, 0);
    }

    #[test]
    fn who_sleeps_looks_again_when_one_thread_gets_them_all_and_when_it_forgets_them() {
        let permits = Permits::new(1, true);
        assert!(permits.try_take(1, Taker::Anybody).is_some());
        let take = |until| permits.take(1, Taker::Thread, until).is_some();
        thread::scope(|scope| {
            let sleepers = [(); 2].map(|()| scope.spawn(|| take(Until::Anybody)));
            until_asleep(&permits, 2);
            permits.give_back(1, |last| last);
            let has_taken = sleepers.map(|sleeper| sleeper.join().expect("it does not panic"));
            assert!(has_taken.contains(&true) && has_taken.contains(&false));
            assert!(permits.are_with_one());

            let sleeper = scope.spawn(|| take(Until::OneThread));
            until_asleep(&permits, 1);
            permits.forget(1);
            assert!(!sleeper.join().expect("it does not panic"));
        });
    }
}
