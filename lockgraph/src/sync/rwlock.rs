//! A reader-writer lock: a tag beside the original.
//!
//! The original lets a reader queue behind a waiting writer, and so readers are announced as
//! [`Mode::Shared`]. No unsafe code.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::{LockResult, TryLockError, TryLockResult};
use std::time::Instant;

use super::hold::{self, ExclusiveHold, SharedHold};
use crate::event::How;
use crate::id::{LockKind, Mode};
use crate::polling::poll;
use crate::runtime::{self, Site, Tag};

/// A reader-writer lock. See [`std::sync::RwLock`].
///
/// Its class is the place of the call that made it, or its name if
/// [`named::rwlock`](crate::named::rwlock) made it. It is poisoned by writers that begin to panic,
/// with the one exemption told at [`Mutex`](super::Mutex#poisoning).
///
/// # Examples
///
/// ```
/// use lockgraph::sync::{RwLock, RwLockWriteGuard};
///
/// let prices = RwLock::new(vec![3, 4]);
/// let mut writer = prices.write().unwrap();
/// writer.push(5);
/// let reader = RwLockWriteGuard::downgrade(writer);
/// assert_eq!(*reader, *prices.read().unwrap());
/// ```
pub struct RwLock<T: ?Sized> {
    tag: Tag,
    inner: std::sync::RwLock<T>,
}

/// Holds an [`RwLock`] for reading until it is dropped. See [`std::sync::RwLockReadGuard`].
#[must_use = "if unused the RwLock will immediately unlock"]
#[clippy::has_significant_drop]
pub struct RwLockReadGuard<'rwlock, T: ?Sized + 'rwlock> {
    // Dropped first: the detector is told before the lock is free.
    hold: SharedHold<'rwlock>,
    inner: std::sync::RwLockReadGuard<'rwlock, T>,
}

/// Holds an [`RwLock`] for writing until it is dropped. See [`std::sync::RwLockWriteGuard`].
#[must_use = "if unused the RwLock will immediately unlock"]
#[clippy::has_significant_drop]
pub struct RwLockWriteGuard<'rwlock, T: ?Sized + 'rwlock> {
    // Dropped first: the detector is told before the lock is free.
    hold: ExclusiveHold<'rwlock>,
    inner: std::sync::RwLockWriteGuard<'rwlock, T>,
}

impl<T> RwLock<T> {
    /// A lock that is free, with `t` in it.
    #[inline]
    #[track_caller]
    pub const fn new(t: T) -> RwLock<T> {
        RwLock::tagged(Tag::here(LockKind::RwLock), t)
    }

    pub(crate) const fn tagged(tag: Tag, value: T) -> RwLock<T> {
        RwLock { tag, inner: std::sync::RwLock::new(value) }
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Takes the lock for reading, waiting for it if it must. A reader waits for a writer that
    /// waits, too, so reading again while reading may deadlock.
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
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        let attempt = runtime::acquiring(&self.tag, Mode::Shared, Location::caller());
        let inner = match self.read_at_once() {
            Some(inner) => inner,
            None => {
                let block = || hold::taken(self.inner.read());
                runtime::contended(attempt, || self.read_at_once(), block)
            }
        };
        attempt.acquired();
        self.read_guard(inner)
    }

    /// Takes the lock for reading if it can be had at once.
    ///
    /// # Errors
    ///
    /// It cannot be had at once (`WouldBlock`), or it is poisoned; then the error holds the guard.
    #[inline]
    #[track_caller]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        self.read_politely(self.read_at_once(), How::Try, Location::caller())
    }

    /// As [`RwLock::try_read`], tried again until `end`.
    #[track_caller]
    pub(crate) fn read_within(
        &self,
        end: Option<Instant>,
    ) -> TryLockResult<RwLockReadGuard<'_, T>> {
        let site = Location::caller();
        let _waiting = runtime::limited(&self.tag, Mode::Shared, site);
        let inner = poll(end, || self.read_at_once());
        self.read_politely(inner, How::Timed, site)
    }

    #[inline]
    fn read_politely<'a>(
        &'a self,
        inner: Option<std::sync::RwLockReadGuard<'a, T>>,
        how: How,
        site: Site,
    ) -> TryLockResult<RwLockReadGuard<'a, T>> {
        match inner {
            Some(inner) => {
                runtime::acquired_politely(&self.tag, Mode::Shared, how, site);
                Ok(self.read_guard(inner)?)
            }
            None => {
                runtime::refused(&self.tag, Mode::Shared, how, site);
                Err(TryLockError::WouldBlock)
            }
        }
    }

    /// Takes the lock for writing, waiting for it if it must.
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
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        let attempt = runtime::acquiring_to_write(&self.tag, Location::caller());
        let inner = match self.write_at_once() {
            Some(inner) => inner,
            None => {
                let block = || hold::taken(self.inner.write());
                runtime::contended(attempt, || self.write_at_once(), block)
            }
        };
        attempt.acquired();
        self.write_guard(inner)
    }

    /// Takes the lock for writing if it is free.
    ///
    /// # Errors
    ///
    /// The lock is taken (`WouldBlock`), or it is poisoned; then the error holds the guard.
    #[inline]
    #[track_caller]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        self.write_politely(self.write_at_once(), How::Try, Location::caller())
    }

    /// As [`RwLock::try_write`], tried again until `end`.
    #[track_caller]
    pub(crate) fn write_within(
        &self,
        end: Option<Instant>,
    ) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        let site = Location::caller();
        let _waiting = runtime::limited(&self.tag, Mode::Exclusive, site);
        let inner = poll(end, || self.write_at_once());
        self.write_politely(inner, How::Timed, site)
    }

    #[inline]
    fn write_politely<'a>(
        &'a self,
        inner: Option<std::sync::RwLockWriteGuard<'a, T>>,
        how: How,
        site: Site,
    ) -> TryLockResult<RwLockWriteGuard<'a, T>> {
        match inner {
            Some(inner) => {
                runtime::acquired_politely(&self.tag, Mode::Exclusive, how, site);
                Ok(self.write_guard(inner)?)
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

    /// The value, the lock being gone.
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

    /// The value, without locking: nobody else has the lock.
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

    /// Gives the lock its number, if nobody writes. No writer can meanwhile.
    #[track_caller]
    pub(crate) fn number_at_once(&self) -> bool {
        let held = self.read_at_once();
        if held.is_some() {
            runtime::give_place(&self.tag, Location::caller());
        }
        held.is_some()
    }

    #[inline]
    fn read_at_once(&self) -> Option<std::sync::RwLockReadGuard<'_, T>> {
        hold::taken_at_once(self.inner.try_read())
    }

    #[inline]
    fn write_at_once(&self) -> Option<std::sync::RwLockWriteGuard<'_, T>> {
        hold::taken_at_once(self.inner.try_write())
    }

    #[inline]
    fn read_guard<'a>(
        &'a self,
        inner: std::sync::RwLockReadGuard<'a, T>,
    ) -> LockResult<RwLockReadGuard<'a, T>> {
        hold::judge(&self.tag, RwLockReadGuard { hold: SharedHold::new(&self.tag), inner })
    }

    #[inline]
    fn write_guard<'a>(
        &'a self,
        inner: std::sync::RwLockWriteGuard<'a, T>,
    ) -> LockResult<RwLockWriteGuard<'a, T>> {
        hold::judge(&self.tag, RwLockWriteGuard { hold: ExclusiveHold::new(&self.tag), inner })
    }
}

impl<'rwlock, T: ?Sized> RwLockWriteGuard<'rwlock, T> {
    /// Turns the writer into a reader, without letting another writer in between.
    pub fn downgrade(s: RwLockWriteGuard<'rwlock, T>) -> RwLockReadGuard<'rwlock, T> {
        RwLockReadGuard {
            hold: s.hold.downgrade(),
            inner: std::sync::RwLockWriteGuard::downgrade(s.inner),
        }
    }
}

impl<T> From<T> for RwLock<T> {
    #[track_caller]
    fn from(t: T) -> RwLock<T> {
        RwLock::new(t)
    }
}

impl<T: Default> Default for RwLock<T> {
    #[track_caller]
    fn default() -> RwLock<T> {
        RwLock::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    // The value's own `Debug` runs under the lock and may take others, so this is an acquisition
    // like any other.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("RwLock");
        match self.try_read() {
            Ok(guard) => fields.field("data", &&*guard),
            Err(TryLockError::Poisoned(error)) => fields.field("data", &&**error.get_ref()),
            Err(TryLockError::WouldBlock) => fields.field("data", &format_args!("<locked>")),
        };
        fields.field("poisoned", &self.is_poisoned());
        fields.finish_non_exhaustive()
    }
}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.hold.reads();
        &self.inner
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.hold.reads();
        &self.inner
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.hold.writes();
        &mut self.inner
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
