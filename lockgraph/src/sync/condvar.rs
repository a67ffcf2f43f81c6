//! A condition variable: a tag beside the original.
//!
//! While a thread waits, the detector counts its mutex as given back. The guard's hold outlives
//! the wait, so the mutex is given back once, also when the original panics. A condition runs with
//! the mutex held, so `wait_while` and kin are loops over single waits, as the original's are.

use std::fmt;
use std::panic::Location;
use std::sync::{LockResult, PoisonError, WaitTimeoutResult};
use std::time::{Duration, Instant};

use super::MutexGuard;
use super::hold;
use crate::event::How;
use crate::id::LockKind;
use crate::runtime::{self, CondvarTag, Site, Tag};

/// A condition variable. See [`std::sync::Condvar`].
///
/// # Examples
///
/// ```
/// use lockgraph::sync::{Condvar, Mutex};
/// use lockgraph::thread;
///
/// let (ready, woken) = (Mutex::new(false), Condvar::new());
/// thread::scope(|scope| {
///     scope.spawn(|| {
///         *ready.lock().unwrap() = true;
///         woken.notify_one();
///     });
///     let guard = woken.wait_while(ready.lock().unwrap(), |ready| !*ready).unwrap();
///     assert!(*guard);
/// });
/// ```
pub struct Condvar {
    tag: CondvarTag,
    inner: std::sync::Condvar,
}

impl Condvar {
    /// A condition variable that nobody waits for.
    #[must_use]
    #[inline]
    #[track_caller]
    pub const fn new() -> Condvar {
        Condvar::tagged(Tag::here(LockKind::Condvar))
    }

    pub(crate) const fn tagged(tag: Tag) -> Condvar {
        Condvar { tag: CondvarTag::new(tag), inner: std::sync::Condvar::new() }
    }

    /// Gives the mutex back, waits to be woken, and takes the mutex again. May wake for nothing.
    ///
    /// # Errors
    ///
    /// The mutex is poisoned. The error holds the guard.
    ///
    /// # Panics
    ///
    /// If waiting would close a deadlock, and the detector is set to panic then; and where the
    /// original panics, if two mutexes are used with one condition variable.
    #[track_caller]
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        let wait = |inner| (hold::taken(self.inner.wait(inner)), ());
        let (guard, ()) = self.pause(guard, How::Blocking, Location::caller(), wait);
        hold::judge(guard.hold.tag(), guard)
    }

    /// Waits for as long as `condition` returns true.
    ///
    /// # Errors
    ///
    /// As [`Condvar::wait`].
    ///
    /// # Panics
    ///
    /// As [`Condvar::wait`].
    #[track_caller]
    pub fn wait_while<'a, T, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut condition: F,
    ) -> LockResult<MutexGuard<'a, T>>
    where
        F: FnMut(&mut T) -> bool,
    {
        runtime::cond_could_wait(&self.tag, guard.hold.tag(), Location::caller());
        while condition(&mut *guard) {
            guard = self.wait(guard)?;
        }
        Ok(guard)
    }

    /// Waits as [`Condvar::wait_timeout`] does. The `bool` is false if the time was over.
    ///
    /// # Errors
    ///
    /// As [`Condvar::wait`]. The error holds the result too.
    ///
    /// # Panics
    ///
    /// As [`Condvar::wait`].
    #[track_caller]
    #[deprecated(since = "0.1.0", note = "replaced by `Condvar::wait_timeout`, as in `std`")]
    pub fn wait_timeout_ms<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        ms: u32,
    ) -> LockResult<(MutexGuard<'a, T>, bool)> {
        match self.wait_timeout(guard, Duration::from_millis(u64::from(ms))) {
            Ok((guard, result)) => Ok((guard, !result.timed_out())),
            Err(error) => {
                let (guard, result) = error.into_inner();
                Err(PoisonError::new((guard, !result.timed_out())))
            }
        }
    }

    /// Waits as [`Condvar::wait`] does, but for about `dur` at most.
    ///
    /// # Errors
    ///
    /// As [`Condvar::wait`]. The error holds the result too.
    ///
    /// # Panics
    ///
    /// As [`Condvar::wait`].
    #[track_caller]
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        dur: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let wait = |inner| hold::taken(self.inner.wait_timeout(inner, dur));
        let (guard, result) = self.pause(guard, How::Timed, Location::caller(), wait);
        hold::judge(guard.hold.tag(), (guard, result))
    }

    /// Waits for as long as `condition` returns true, but for about `dur` at most.
    ///
    /// # Errors
    ///
    /// As [`Condvar::wait`]. The error holds the result too.
    ///
    /// # Panics
    ///
    /// As [`Condvar::wait`].
    #[track_caller]
    pub fn wait_timeout_while<'a, T, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        dur: Duration,
        mut condition: F,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>
    where
        F: FnMut(&mut T) -> bool,
    {
        let start = Instant::now();
        loop {
            if !condition(&mut *guard) {
                return Ok((guard, timeout_result(false)));
            }
            let Some(left) = dur.checked_sub(start.elapsed()) else {
                return Ok((guard, timeout_result(true)));
            };
            guard = self.wait_timeout(guard, left)?.0;
        }
    }

    /// Wakes one thread that waits, if there is one.
    #[track_caller]
    pub fn notify_one(&self) {
        let _notifying = runtime::notifying(&self.tag, Location::caller());
        self.inner.notify_one();
    }

    /// Wakes all threads that wait.
    #[track_caller]
    pub fn notify_all(&self) {
        let _notifying = runtime::notifying(&self.tag, Location::caller());
        self.inner.notify_all();
    }

    /// Lets the original wait, the mutex counting as given back meanwhile.
    #[track_caller]
    fn pause<'a, T, R>(
        &self,
        guard: MutexGuard<'a, T>,
        how: How,
        site: Site,
        wait: impl FnOnce(std::sync::MutexGuard<'a, T>) -> (std::sync::MutexGuard<'a, T>, R),
    ) -> (MutexGuard<'a, T>, R) {
        let MutexGuard { mut hold, inner } = guard;
        let pause = runtime::cond_waiting(&self.tag, hold.tag(), how, site);
        let (inner, result) = wait(inner);
        drop(pause);
        hold.begin_again();
        (MutexGuard { hold, inner }, result)
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

/// A result that says `timed_out`.
///
/// Only the original can make one: it does, without waiting, for a condition that is false, and
/// for a time that is over.
fn timeout_result(timed_out: bool) -> WaitTimeoutResult {
    let mutex = std::sync::Mutex::new(());
    let guard = hold::taken(mutex.lock());
    let condvar = std::sync::Condvar::new();
    hold::taken(condvar.wait_timeout_while(guard, Duration::ZERO, |()| timed_out)).1
}
