//! A condition variable: a tag beside `parking_lot`'s.
//!
//! `parking_lot`'s condvar wants a guard of `parking_lot`'s own mutex. Behind a mutex of ours lies
//! one, and a guard of it is made for the time of a wait and forgotten afterwards.
//!
//! While a thread waits, the runtime counts its mutex as given back. The wait is told apart for
//! each round of `wait_while`, because the condition runs with the mutex held.

use std::fmt;
use std::mem::ManuallyDrop;
use std::panic::Location;
use std::time::{Duration, Instant};

use ::parking_lot_0_12 as parking_lot;

use super::{MutexGuard, RawMutex};
use crate::event::How;
use crate::runtime::{self, CondvarTag, Site};

/// Whether a timed wait on a [`Condvar`] ended because its time was over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// Whether the time was over.
    #[inline]
    pub fn timed_out(self) -> bool {
        self.0
    }
}

/// A condition variable. See `parking_lot::Condvar`.
///
/// # Panics
///
/// A wait panics if another thread waits with another mutex at the same time.
pub struct Condvar {
    tag: CondvarTag,
    inner: parking_lot::Condvar,
}

impl Condvar {
    /// Makes a condition variable; its class is the place of the call.
    #[track_caller]
    pub const fn new() -> Condvar {
        Condvar { tag: CondvarTag::here(), inner: parking_lot::Condvar::new() }
    }

    /// Wakes one waiter. Returns whether there was one.
    #[track_caller]
    pub fn notify_one(&self) -> bool {
        let site = Location::caller();
        let _notifying = runtime::notifying(&self.tag, site);
        let was_there = self.inner.notify_one();
        if was_there {
            runtime::seen_changed(&self.tag, site);
        }
        was_there
    }

    /// Wakes all waiters. Returns how many there were.
    #[track_caller]
    pub fn notify_all(&self) -> usize {
        let site = Location::caller();
        let _notifying = runtime::notifying(&self.tag, site);
        let were_there = self.inner.notify_all();
        if were_there > 0 {
            runtime::seen_changed(&self.tag, site);
        }
        were_there
    }

    /// Gives the mutex back, waits to be woken, and takes the mutex again.
    #[track_caller]
    pub fn wait<T: ?Sized>(&self, mutex_guard: &mut MutexGuard<'_, T>) {
        self.wait_with(mutex_of(mutex_guard), None, Location::caller());
    }

    /// As [`Condvar::wait`], until a point in time.
    #[track_caller]
    pub fn wait_until<T: ?Sized>(
        &self,
        mutex_guard: &mut MutexGuard<'_, T>,
        timeout: Instant,
    ) -> WaitTimeoutResult {
        self.wait_with(mutex_of(mutex_guard), Some(timeout), Location::caller())
    }

    /// As [`Condvar::wait`], for some time.
    #[track_caller]
    pub fn wait_for<T: ?Sized>(
        &self,
        mutex_guard: &mut MutexGuard<'_, T>,
        timeout: Duration,
    ) -> WaitTimeoutResult {
        self.wait_with(mutex_of(mutex_guard), deadline(timeout), Location::caller())
    }

    /// Waits as long as `condition` is true.
    #[track_caller]
    pub fn wait_while<T, F>(&self, mutex_guard: &mut MutexGuard<'_, T>, condition: F)
    where
        T: ?Sized,
        F: FnMut(&mut T) -> bool,
    {
        self.wait_while_with(mutex_guard, condition, None, Location::caller());
    }

    /// Waits as long as `condition` is true, until a point in time.
    #[track_caller]
    pub fn wait_while_until<T, F>(
        &self,
        mutex_guard: &mut MutexGuard<'_, T>,
        condition: F,
        timeout: Instant,
    ) -> WaitTimeoutResult
    where
        T: ?Sized,
        F: FnMut(&mut T) -> bool,
    {
        self.wait_while_with(mutex_guard, condition, Some(timeout), Location::caller())
    }

    /// Waits as long as `condition` is true, for some time.
    #[track_caller]
    pub fn wait_while_for<T: ?Sized, F>(
        &self,
        mutex_guard: &mut MutexGuard<'_, T>,
        condition: F,
        timeout: Duration,
    ) -> WaitTimeoutResult
    where
        F: FnMut(&mut T) -> bool,
    {
        self.wait_while_with(mutex_guard, condition, deadline(timeout), Location::caller())
    }

    fn wait_while_with<T: ?Sized>(
        &self,
        mutex_guard: &mut MutexGuard<'_, T>,
        mut condition: impl FnMut(&mut T) -> bool,
        deadline: Option<Instant>,
        site: Site,
    ) -> WaitTimeoutResult {
        let mut result = WaitTimeoutResult(false);
        if deadline.is_none() {
            runtime::cond_could_wait(&self.tag, mutex_of(mutex_guard).tag(), site);
        }
        while !result.timed_out() && condition(mutex_guard) {
            result = self.wait_with(mutex_of(mutex_guard), deadline, site);
        }
        result
    }

    fn wait_with(
        &self,
        mutex: &RawMutex,
        deadline: Option<Instant>,
        site: Site,
    ) -> WaitTimeoutResult {
        let how = if deadline.is_some() { How::Timed } else { How::Blocking };
        // Whoever notifies learns whether somebody waits.
        runtime::changing(&self.tag, site);
        let _waiting = runtime::cond_waiting(&self.tag, mutex.tag(), how, site);
        // SAFETY: the caller has a guard of `mutex`, so the mutex behind it is locked. It is when
        // the wait is over too, even if the wait panics; this guard is never dropped.
        let guard = unsafe { mutex.inner().make_guard_unchecked() };
        let mut guard = ManuallyDrop::new(guard);
        match deadline {
            None => {
                self.inner.wait(&mut guard);
                WaitTimeoutResult(false)
            }
            Some(at) => WaitTimeoutResult(self.inner.wait_until(&mut guard, at).timed_out()),
        }
    }
}

impl Default for Condvar {
    #[track_caller]
    fn default() -> Condvar {
        Condvar::new()
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

fn mutex_of<'a, T: ?Sized>(guard: &MutexGuard<'a, T>) -> &'a RawMutex {
    // SAFETY: the raw lock is only handed to a wait, which leaves it as it found it.
    unsafe { MutexGuard::mutex(guard).raw() }
}

/// The point in time, or `None` if it is too far away to be told from never.
fn deadline(timeout: Duration) -> Option<Instant> {
    Instant::now().checked_add(timeout)
}
