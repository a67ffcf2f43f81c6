//! A counting semaphore: permits that threads take and give back.
//!
//! The standard library has none to stand beside, so this one is whole: the count and the sleeping
//! are in `permits`, the guards in `permit`. Each call that may wait for ever is announced as that
//! of a mutex is. What is held then depends on how much was taken: a permit that is all there is
//! shuts everybody else out, like a mutex, and any other leaves room for another thread, like a
//! reader. No unsafe code.
//!
//! A wait is one for the thread that has the permits, as with a mutex, if that is certain: the
//! semaphore is bounded and one borrowed guard has everything. Else it is one for anybody who may
//! give a permit.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::permit::{OwnedPermit, Permit};
use super::permits::{Permits, Taken, Taker, TooMany, Until};
use super::watch::{self, Attempt, Object, Site};
use crate::event::How;
use crate::id::Mode;

/// A counting semaphore. `std` has none.
///
/// [`Semaphore::acquire`] takes one permit, waiting for one if it must; the guard gives it back
/// when it is dropped. Permits may also be given without having been taken, by
/// [`Semaphore::release`]: that makes the semaphore a signal between threads. The guards of the
/// `_owned` methods keep the semaphore alive and can be sent to other threads; the others stay
/// with their thread, which tells the detector who has the permit.
///
/// Whoever comes may overtake whoever waits. A thread that waits for several permits waits until
/// as many are free at once, and can be kept waiting by others who take fewer again and again. A
/// wake-up is not lost: nobody sleeps for long while the permits that it waits for lie there.
///
/// There is no poison: a permit is given back by a panic as by any other end of its scope.
///
/// # Examples
///
/// ```
/// use lockgraph::sync::Semaphore;
/// use lockgraph::thread;
///
/// static CONNECTIONS: Semaphore = Semaphore::bounded(2);
///
/// thread::scope(|scope| {
///     for _ in 0..4 {
///         scope.spawn(|| {
///             let _permit = CONNECTIONS.acquire();
///             assert!(CONNECTIONS.available() < 2);
///         });
///     }
/// });
/// assert_eq!(CONNECTIONS.available(), 2);
/// ```
pub struct Semaphore {
    object: Object,
    permits: Permits,
}

impl Semaphore {
    /// A semaphore that begins with so many permits, and may be given more.
    #[must_use]
    #[inline]
    #[track_caller]
    pub const fn new(permits: usize) -> Semaphore {
        Semaphore { object: Object::semaphore(permits), permits: Permits::new(permits, false) }
    }

    /// A semaphore that never has more permits than at the beginning. One that is released too
    /// often is misused: the detector reports it, and the release has no effect.
    #[must_use]
    #[inline]
    #[track_caller]
    pub const fn bounded(permits: usize) -> Semaphore {
        let object = Object::semaphore(permits);
        Semaphore { object, permits: Permits::new(permits, true) }
    }

    pub(crate) const fn named(
        name: &'static &'static str,
        permits: usize,
        is_bounded: bool,
    ) -> Semaphore {
        let object = Object::semaphore_named(name, permits);
        Semaphore { object, permits: Permits::new(permits, is_bounded) }
    }

    /// Takes a permit, waiting for it if it must.
    ///
    /// # Panics
    ///
    /// If waiting would close a deadlock, and the detector is set to panic then.
    #[inline]
    #[track_caller]
    pub fn acquire(&self) -> Permit<'_> {
        self.acquire_many(1)
    }

    /// Takes `n` permits at once, waiting until as many are free.
    ///
    /// # Panics
    ///
    /// As [`Semaphore::acquire`]; and if the semaphore is bounded and never has as many.
    #[track_caller]
    pub fn acquire_many(&self, n: usize) -> Permit<'_> {
        let site = watch::here();
        let taken = self.take(n, Taker::Thread, site);
        self.lend(n, taken, How::Blocking, site)
    }

    /// Takes a permit if one is free.
    #[inline]
    #[track_caller]
    pub fn try_acquire(&self) -> Option<Permit<'_>> {
        self.try_acquire_many(1)
    }

    /// Takes `n` permits if as many are free.
    #[track_caller]
    pub fn try_acquire_many(&self, n: usize) -> Option<Permit<'_>> {
        let site = watch::here();
        let taken = self.permits.try_take(n, Taker::Thread);
        let taken = self.has_come(n, taken, How::Try, site)?;
        Some(self.lend(n, taken, How::Try, site))
    }

    /// Takes a permit, waiting for it for about `timeout` at most.
    #[inline]
    #[track_caller]
    pub fn acquire_timeout(&self, timeout: Duration) -> Option<Permit<'_>> {
        self.acquire_many_timeout(1, timeout)
    }

    /// Takes `n` permits at once, waiting for them for about `timeout` at most.
    #[track_caller]
    pub fn acquire_many_timeout(&self, n: usize, timeout: Duration) -> Option<Permit<'_>> {
        let site = watch::here();
        let _waiting = self.object.limited(site);
        let taken = self.permits.take(n, Taker::Thread, until(timeout));
        let taken = self.has_come(n, taken, How::Timed, site)?;
        Some(self.lend(n, taken, How::Timed, site))
    }

    /// As [`Semaphore::acquire`], with a guard that can be sent to other threads.
    ///
    /// # Panics
    ///
    /// As [`Semaphore::acquire`].
    #[inline]
    #[track_caller]
    pub fn acquire_owned(self: &Arc<Self>) -> OwnedPermit {
        self.acquire_many_owned(1)
    }

    /// As [`Semaphore::acquire_many`], with a guard that can be sent to other threads.
    ///
    /// # Panics
    ///
    /// As [`Semaphore::acquire_many`].
    #[track_caller]
    pub fn acquire_many_owned(self: &Arc<Self>, n: usize) -> OwnedPermit {
        let site = watch::here();
        self.take(n, Taker::Anybody, site);
        self.hand_out(n, site)
    }

    /// As [`Semaphore::try_acquire`], with a guard that can be sent to other threads.
    #[inline]
    #[track_caller]
    pub fn try_acquire_owned(self: &Arc<Self>) -> Option<OwnedPermit> {
        self.try_acquire_many_owned(1)
    }

    /// As [`Semaphore::try_acquire_many`], with a guard that can be sent to other threads.
    #[track_caller]
    pub fn try_acquire_many_owned(self: &Arc<Self>, n: usize) -> Option<OwnedPermit> {
        let site = watch::here();
        let taken = self.permits.try_take(n, Taker::Anybody);
        self.has_come(n, taken, How::Try, site).map(|_| self.hand_out(n, site))
    }

    /// As [`Semaphore::acquire_timeout`], with a guard that can be sent to other threads.
    #[inline]
    #[track_caller]
    pub fn acquire_timeout_owned(self: &Arc<Self>, timeout: Duration) -> Option<OwnedPermit> {
        self.acquire_many_timeout_owned(1, timeout)
    }

    /// As [`Semaphore::acquire_many_timeout`], with a guard that can be sent to other threads.
    #[track_caller]
    pub fn acquire_many_timeout_owned(
        self: &Arc<Self>,
        n: usize,
        timeout: Duration,
    ) -> Option<OwnedPermit> {
        let site = watch::here();
        let _waiting = self.object.limited(site);
        let taken = self.permits.take(n, Taker::Anybody, until(timeout));
        self.has_come(n, taken, How::Timed, site)?;
        self.object.had_in_time(site);
        Some(self.hand_out(n, site))
    }

    /// Gives `n` permits, which nobody need have taken. Those of guards that were forgotten can be
    /// made up for so.
    ///
    /// A bounded semaphore that would have more permits than at the beginning, those that guards
    /// have among them, stays as it is, and the detector reports the misuse.
    ///
    /// # Panics
    ///
    /// If there would be more permits than [`usize::MAX`]. The semaphore stays as it is.
    #[track_caller]
    pub fn release(&self, n: usize) {
        if n == 0 {
            return;
        }
        let site = watch::here();
        let stamp = self.object.serving(site);
        if self.permits.would_grow(n) {
            self.object.growing();
        }
        match self.permits.give(n, |last| self.object.giving(last, Some(stamp), site)) {
            Ok(has_grown) if has_grown => self.object.grown(),
            Ok(_) => {}
            Err(TooMany::ForBound) => self.object.over_released(site),
            Err(TooMany::ToCount) => panic!("a semaphore cannot count so many permits"),
        }
    }

    /// How many permits are free. It may be another number right after.
    pub fn available(&self) -> usize {
        Object::counted();
        self.permits.free()
    }

    /// Takes permits, waiting for them as long as it takes.
    #[track_caller]
    fn take(&self, n: usize, taker: Taker, site: Site) -> Taken {
        assert!(
            !self.permits.is_beyond(n),
            "{n} permits are wanted of a semaphore that never has as many"
        );
        if n == 0 {
            // Nobody ever waits for that.
            return Taken::NOTHING;
        }
        self.object.could_wait(site);
        let attempt = self.object.acquiring(site);
        let taken = self.permits.try_take(n, taker);
        let taken = taken.unwrap_or_else(|| self.wait(n, taker, attempt, site));
        self.object.awaited(taken.stamp, site);
        taken
    }

    /// The permits are not there. What is waited for may become something else meanwhile.
    #[cold]
    #[track_caller]
    fn wait(&self, n: usize, taker: Taker, attempt: Attempt<'_>, site: Site) -> Taken {
        loop {
            let taken = if self.permits.are_with_one() {
                let try_take = || self.permits.try_take(n, taker).map(Some);
                let block = || self.permits.take(n, taker, Until::OneThread);
                Object::contended(attempt, try_take, block)
            } else {
                let _waiting = self.object.awaiting(site);
                self.permits.take(n, taker, Until::Anybody)
            };
            if let Some(taken) = taken {
                return taken;
            }
        }
    }

    /// A guard of this thread's for permits that were taken.
    fn lend(&self, n: usize, taken: Taken, how: How, site: Site) -> Permit<'_> {
        let mode = if taken.are_all { Mode::Exclusive } else { Mode::SharedRecursive };
        if n > 0 {
            self.object.acquired(mode, how, site);
        }
        Permit::new(self, n, mode, site)
    }

    /// A guard of nobody's for permits that were taken.
    fn hand_out(self: &Arc<Self>, n: usize, site: Site) -> OwnedPermit {
        if watch::is_recorded() && self.permits.have_been_with_one() {
            self.object.taken_between();
        }
        OwnedPermit::new(Arc::clone(self), n, site)
    }

    /// Tells what became of a try or timed acquisition.
    fn has_come(&self, n: usize, taken: Option<Taken>, how: How, site: Site) -> Option<Taken> {
        match taken {
            Some(taken) if n > 0 => self.object.awaited(taken.stamp, site),
            Some(_) => {}
            None => self.object.refused(how, site),
        }
        taken
    }

    /// A guard of the thread that took them gives permits back.
    pub(super) fn give_back(&self, n: usize, mode: Mode, site: Site) {
        self.object.giving_back(mode, site);
        // Who had them all was alone, as with a mutex: its critical section says it.
        let is_told = mode != Mode::Exclusive || !self.permits.is_bounded();
        self.permits.give_back(n, |last| match is_told {
            true => self.object.giving(last, None, site),
            false => last,
        });
    }

    /// A guard that may have travelled gives permits back.
    pub(super) fn hand_back(&self, n: usize, site: Site) {
        let stamp = self.object.serving(site);
        self.permits.give_back(n, |last| self.object.giving(last, Some(stamp), site));
    }

    /// A guard of the thread that took them goes, and they with it.
    pub(super) fn forget(&self, n: usize, mode: Mode) {
        self.object.forgotten(mode);
        self.permits.forget(n);
    }

    pub(super) fn forget_handed_out(&self, n: usize) {
        self.permits.forget(n);
    }
}

fn until(timeout: Duration) -> Until {
    Until::Time(Instant::now().checked_add(timeout))
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore").field("available", &self.available()).finish_non_exhaustive()
    }
}
