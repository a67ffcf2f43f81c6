//! A mutex: a tag beside the original.
//!
//! An acquisition that finds the lock free is one call down, one try of the original and one call
//! up. All that waits is in the runtime. No unsafe code.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::{LockResult, TryLockError, TryLockResult};
use std::time::Instant;

use super::hold::{self, ExclusiveHold};
use crate::event::How;
use crate::id::{LockKind, Mode};
use crate::polling::poll;
use crate::runtime::{self, Site, Tag};

/// A mutual exclusion lock. See [`std::sync::Mutex`].
///
/// The class of a mutex, by which reports call it, is the place of the call that made it (`new`,
/// `default`, `from`), or its name if [`named::mutex`](crate::named::mutex) made it.
///
/// # Poisoning
///
/// As with the original: a mutex is poisoned when its holder begins to panic. One panic is
/// exempt, the one by which the detector breaks a deadlock. It unwinds a thread that was only
/// waiting, and the other threads of that deadlock are to go on.
///
/// # Examples
///
/// ```
/// use lockgraph::sync::Mutex;
///
/// static VISITORS: Mutex<Vec<&str>> = Mutex::new(Vec::new());
///
/// VISITORS.lock().unwrap().push("Ada");
/// assert_eq!(VISITORS.lock().unwrap().len(), 1);
/// ```
pub struct Mutex<T: ?Sized> {
    tag: Tag,
    inner: std::sync::Mutex<T>,
}

/// Holds a [`Mutex`] until it is dropped. See [`std::sync::MutexGuard`].
#[must_use = "if unused the Mutex will immediately unlock"]
#[clippy::has_significant_drop]
pub struct MutexGuard<'a, T: ?Sized + 'a> {
    // Dropped first: the detector is told before the lock is free.
    pub(super) hold: ExclusiveHold<'a>,
    pub(super) inner: std::sync::MutexGuard<'a, T>,
}

impl<T> Mutex<T> {
    /// A mutex that is free, with `t` in it.
    #[inline]
    #[track_caller]
    pub const fn new(t: T) -> Mutex<T> {
        Mutex::tagged(Tag::here(LockKind::Mutex), t)
    }

    pub(crate) const fn tagged(tag: Tag, value: T) -> Mutex<T> {
        Mutex { tag, inner: std::sync::Mutex::new(value) }
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Takes the lock, waiting for it if it must.
    ///
    /// # Errors
    ///
    /// The lock is poisoned. The error holds the guard.
    ///
    /// # Panics
    ///
    /// If waiting would close a deadlock, and the detector is set to panic then.
    #[cfg_attr(any(debug_assertions, lockgraph_facade), inline)]
    #[cfg_attr(not(any(debug_assertions, lockgraph_facade)), inline(always))]
    #[track_caller]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let attempt = runtime::acquiring(&self.tag, Mode::Exclusive, Location::caller());
        let inner = match self.take_at_once() {
            Some(inner) => inner,
            None => {
                let block = || hold::taken(self.inner.lock());
                runtime::contended(attempt, || self.take_at_once(), block)
            }
        };
        attempt.acquired();
        self.guard(inner)
    }

    /// Takes the lock if it is free.
    ///
    /// # Errors
    ///
    /// The lock is taken (`WouldBlock`), or it is poisoned; then the error holds the guard.
    #[inline]
    #[track_caller]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        self.lock_politely(self.take_at_once(), How::Try, Location::caller())
    }

    /// As [`Mutex::try_lock`], tried again until `end`.
    #[track_caller]
    pub(crate) fn lock_within(&self, end: Option<Instant>) -> TryLockResult<MutexGuard<'_, T>> {
        let site = Location::caller();
        let _waiting = runtime::limited(&self.tag, Mode::Exclusive, site);
        let inner = poll(end, || self.take_at_once());
        self.lock_politely(inner, How::Timed, site)
    }

    #[inline]
    fn lock_politely<'a>(
        &'a self,
        inner: Option<std::sync::MutexGuard<'a, T>>,
        how: How,
        site: Site,
    ) -> TryLockResult<MutexGuard<'a, T>> {
        match inner {
            Some(inner) => {
                runtime::acquired_politely(&self.tag, Mode::Exclusive, how, site);
                Ok(self.guard(inner)?)
            }
            None => {
                runtime::refused(&self.tag, Mode::Exclusive, how, site);
                Err(TryLockError::WouldBlock)
            }
        }
    }

    /// Whether the lock is poisoned. Another thread may poison it right after.
    #[inline]
    pub fn is_poisoned(&self) -> bool {
        hold::is_poisoned(&self.tag)
    }

    /// Makes the lock count as not poisoned.
    #[inline]
    pub fn clear_poison(&self) {
        hold::clear_poison(&self.tag);
    }

    /// The value, the mutex being gone.
    ///
    /// # Errors
    ///
    /// The lock was poisoned. The error holds the value.
    #[track_caller]
    pub fn into_inner(self) -> LockResult<T>
    where
        T: Sized,
    {
        hold::used_alone(&self.tag);
        hold::judge(&self.tag, hold::taken(self.inner.into_inner()))
    }

    /// The value, without locking: nobody else has the mutex.
    ///
    /// # Errors
    ///
    /// The lock is poisoned. The error holds the reference.
    #[track_caller]
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        hold::used_alone(&self.tag);
        hold::judge(&self.tag, hold::taken(self.inner.get_mut()))
    }

    pub(crate) fn tag(&self) -> &Tag {
        &self.tag
    }

    /// Gives the lock its number, if it is free. Nobody else can meanwhile.
    #[track_caller]
    pub(crate) fn number_at_once(&self) -> bool {
        let held = self.take_at_once();
        if held.is_some() {
            runtime::give_place(&self.tag, Location::caller());
        }
        held.is_some()
    }

    #[inline]
    fn take_at_once(&self) -> Option<std::sync::MutexGuard<'_, T>> {
        hold::taken_at_once(self.inner.try_lock())
    }

    #[inline]
    fn guard<'a>(&'a self, inner: std::sync::MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        hold::judge(&self.tag, MutexGuard { hold: ExclusiveHold::new(&self.tag), inner })
    }
}

impl<T> From<T> for Mutex<T> {
    #[track_caller]
    fn from(t: T) -> Mutex<T> {
        Mutex::new(t)
    }
}

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Mutex<T> {
        Mutex::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    // The value's own `Debug` runs under the lock and may take others, so this is an acquisition
    // like any other.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Mutex");
        match self.try_lock() {
            Ok(guard) => fields.field("data", &&*guard),
            Err(TryLockError::Poisoned(error)) => fields.field("data", &&**error.get_ref()),
            Err(TryLockError::WouldBlock) => fields.field("data", &"<locked>"),
        };
        fields.field("poisoned", &self.is_poisoned());
        fields.finish_non_exhaustive()
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.hold.shares::<T>();
        &self.inner
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.hold.writes();
        &mut self.inner
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
