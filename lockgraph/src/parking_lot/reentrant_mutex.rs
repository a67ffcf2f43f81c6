//! A mutex that its holder may take again.
//!
//! `lock_api` does not hand the place of the caller on to the raw lock of this one, and so every
//! reentrant mutex would seem to be taken, and to come, from one line of `lock_api`. Therefore
//! this is a type of ours around `lock_api`'s, whose methods leave the place where the raw lock
//! finds it. The guards are `lock_api`'s, and what is not here comes through `Deref`.

use std::fmt;
use std::ops::Deref;
use std::panic::Location;
use std::time::{Duration, Instant};
#[cfg(feature = "arc_lock")]
use std::{mem::ManuallyDrop, sync::Arc};

use ::lock_api_0_4 as lock_api;

use super::{RawReentrantMutex, RawThreadId, ReentrantMutexGuard};
use crate::raw;

type Inner<T> = lock_api::ReentrantMutex<RawReentrantMutex, RawThreadId, T>;

#[cfg(feature = "arc_lock")]
type ArcGuard<T> = lock_api::ArcReentrantMutexGuard<RawReentrantMutex, RawThreadId, T>;

/// A mutex that its holder may take again. See `parking_lot::ReentrantMutex`.
///
/// It gives out shared references only; put a `RefCell` inside to change the value.
#[repr(transparent)]
pub struct ReentrantMutex<T: ?Sized> {
    inner: Inner<T>,
}

impl<T> ReentrantMutex<T> {
    /// Makes one that is not held.
    pub const fn new(val: T) -> ReentrantMutex<T> {
        ReentrantMutex { inner: Inner::new(val) }
    }

    /// Makes one of its parts.
    pub const fn from_raw(raw: RawReentrantMutex, id: RawThreadId, val: T) -> ReentrantMutex<T> {
        ReentrantMutex { inner: Inner::from_raw(raw, id, val) }
    }

    /// As [`ReentrantMutex::from_raw`].
    pub const fn const_new(raw: RawReentrantMutex, id: RawThreadId, val: T) -> ReentrantMutex<T> {
        ReentrantMutex::from_raw(raw, id, val)
    }

    /// The value.
    pub fn into_inner(self) -> T {
        self.inner.into_inner()
    }
}

impl<T: ?Sized> ReentrantMutex<T> {
    /// The value, which nobody else can see.
    pub fn get_mut(&mut self) -> &mut T {
        self.inner.get_mut()
    }

    /// Takes the mutex, and waits for it if another thread holds it.
    #[track_caller]
    pub fn lock(&self) -> ReentrantMutexGuard<'_, T> {
        raw::placed(Location::caller(), || self.inner.lock())
    }

    /// Takes the mutex unless another thread holds it.
    #[track_caller]
    pub fn try_lock(&self) -> Option<ReentrantMutexGuard<'_, T>> {
        raw::placed(Location::caller(), || self.inner.try_lock())
    }

    /// Takes the mutex, and waits for it for some time if another thread holds it.
    #[track_caller]
    pub fn try_lock_for(&self, timeout: Duration) -> Option<ReentrantMutexGuard<'_, T>> {
        raw::placed(Location::caller(), || self.inner.try_lock_for(timeout))
    }

    /// Takes the mutex, and waits for it until a point in time if another thread holds it.
    #[track_caller]
    pub fn try_lock_until(&self, timeout: Instant) -> Option<ReentrantMutexGuard<'_, T>> {
        raw::placed(Location::caller(), || self.inner.try_lock_until(timeout))
    }
}

#[cfg(feature = "arc_lock")]
impl<T: ?Sized> ReentrantMutex<T> {
    /// As [`ReentrantMutex::lock`], with a guard that keeps the mutex alive.
    #[track_caller]
    pub fn lock_arc(self: &Arc<Self>) -> ArcGuard<T> {
        raw::placed(Location::caller(), || inner_arc(self).lock_arc())
    }

    /// As [`ReentrantMutex::try_lock`], with a guard that keeps the mutex alive.
    #[track_caller]
    pub fn try_lock_arc(self: &Arc<Self>) -> Option<ArcGuard<T>> {
        raw::placed(Location::caller(), || inner_arc(self).try_lock_arc())
    }

    /// As [`ReentrantMutex::try_lock_for`], with a guard that keeps the mutex alive.
    #[track_caller]
    pub fn try_lock_arc_for(self: &Arc<Self>, timeout: Duration) -> Option<ArcGuard<T>> {
        raw::placed(Location::caller(), || inner_arc(self).try_lock_arc_for(timeout))
    }

    /// As [`ReentrantMutex::try_lock_until`], with a guard that keeps the mutex alive.
    #[track_caller]
    pub fn try_lock_arc_until(self: &Arc<Self>, timeout: Instant) -> Option<ArcGuard<T>> {
        raw::placed(Location::caller(), || inner_arc(self).try_lock_arc_until(timeout))
    }
}

/// The same `Arc`, seen as one of `lock_api`'s type. It is not counted, and must not be dropped.
#[cfg(feature = "arc_lock")]
fn inner_arc<T: ?Sized>(mutex: &Arc<ReentrantMutex<T>>) -> ManuallyDrop<Arc<Inner<T>>> {
    let inner = Arc::as_ptr(mutex) as *const Inner<T>;
    // SAFETY: `ReentrantMutex` is a transparent struct around `Inner`, so the two have the same
    // layout, and `mutex` keeps the value alive as long as the result is used.
    ManuallyDrop::new(unsafe { Arc::from_raw(inner) })
}

impl<T: ?Sized> Deref for ReentrantMutex<T> {
    type Target = Inner<T>;

    fn deref(&self) -> &Inner<T> {
        &self.inner
    }
}

impl<T: Default> Default for ReentrantMutex<T> {
    fn default() -> ReentrantMutex<T> {
        ReentrantMutex::new(T::default())
    }
}

impl<T> From<T> for ReentrantMutex<T> {
    fn from(val: T) -> ReentrantMutex<T> {
        ReentrantMutex::new(val)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for ReentrantMutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
