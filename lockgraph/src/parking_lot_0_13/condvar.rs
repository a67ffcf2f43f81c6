//! A condition variable.
//!
//! `lock_api` does not hand the place of the caller on to its raw half. Therefore this is a type of
//! ours around `lock_api`'s, whose methods leave the place where [`RawCondvar`] finds it. The loops
//! over a condition are here too, because each round is a wait of its own, and the condition may
//! take locks.

use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::time::{Duration, Instant};

use ::lock_api_0_5 as lock_api;
use lock_api::{RawCondvarTimed as _, WaitTimeoutResult};

use super::{MutexGuard, RawCondvar};
use crate::raw;
use crate::runtime::Site;

type Inner = lock_api::Condvar<RawCondvar>;

/// A condition variable. See `parking_lot::Condvar`.
///
/// # Panics
///
/// A wait panics if another thread waits with another mutex at the same time.
pub struct Condvar {
    inner: Inner,
}

impl Condvar {
    /// Makes a condition variable.
    pub const fn new() -> Condvar {
        Condvar { inner: Inner::new() }
    }

    /// Wakes one waiter. Returns whether there was one.
    #[track_caller]
    pub fn notify_one(&self) -> bool {
        raw::placed(Location::caller(), || self.inner.notify_one())
    }

    /// Wakes all waiters. Returns how many there were.
    #[track_caller]
    pub fn notify_all(&self) -> usize {
        raw::placed(Location::caller(), || self.inner.notify_all())
    }

    /// Gives the mutex back, waits to be woken, and takes the mutex again.
    #[track_caller]
    pub fn wait<T: ?Sized>(&self, mutex_guard: &mut MutexGuard<'_, T>) {
        raw::placed(Location::caller(), || self.inner.wait(mutex_guard));
    }

    /// As [`Condvar::wait`], until a point in time.
    #[track_caller]
    pub fn wait_until<T: ?Sized>(
        &self,
        mutex_guard: &mut MutexGuard<'_, T>,
        timeout: Instant,
    ) -> WaitTimeoutResult {
        raw::placed(Location::caller(), || self.inner.wait_until(mutex_guard, timeout))
    }

    /// As [`Condvar::wait`], for some time.
    #[track_caller]
    pub fn wait_for<T: ?Sized>(
        &self,
        mutex_guard: &mut MutexGuard<'_, T>,
        timeout: Duration,
    ) -> WaitTimeoutResult {
        raw::placed(Location::caller(), || self.inner.wait_for(mutex_guard, timeout))
    }

    /// Waits as long as `condition` is true.
    #[track_caller]
    pub fn wait_while<T, F>(&self, mutex_guard: &mut MutexGuard<'_, T>, mut condition: F)
    where
        T: ?Sized,
        F: FnMut(&mut T) -> bool,
    {
        while condition(mutex_guard) {
            self.wait(mutex_guard);
        }
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
        self.wait_while_at(mutex_guard, condition, timeout, Location::caller())
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
        let Some(at) = RawCondvar::checked_duration_to_instant(&timeout) else {
            self.wait_while(mutex_guard, condition);
            return self.in_time(mutex_guard);
        };
        self.wait_while_at(mutex_guard, condition, at, Location::caller())
    }

    fn wait_while_at<T: ?Sized>(
        &self,
        mutex_guard: &mut MutexGuard<'_, T>,
        mut condition: impl FnMut(&mut T) -> bool,
        timeout: Instant,
        site: Site,
    ) -> WaitTimeoutResult {
        // What the condition says after the last wait counts more than that its time was over.
        let mut last = None;
        while condition(mutex_guard) {
            if let Some(over) = last {
                return over;
            }
            let wait = || self.inner.wait_until(mutex_guard, timeout);
            last = Some(raw::placed(site, wait)).filter(|result| result.timed_out());
        }
        self.in_time(mutex_guard)
    }

    /// The result of a wait that did not time out, which only `lock_api` can make: it does not
    /// wait for a condition that is false.
    fn in_time<T: ?Sized>(&self, mutex_guard: &mut MutexGuard<'_, T>) -> WaitTimeoutResult {
        self.inner.wait_while_for(mutex_guard, |_| false, Duration::ZERO)
    }
}

impl Deref for Condvar {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.inner
    }
}

impl Default for Condvar {
    fn default() -> Condvar {
        Condvar::new()
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
