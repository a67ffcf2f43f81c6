//! The locks of `std` itself with an end: tried again and again, as all that has no timed wait.

use std::sync::{
    Mutex, MutexGuard, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError, TryLockResult,
};
use std::time::Instant;

use crate::polling::poll;

/// A mutex of `std` with an end, by the name that ours have for it.
pub(super) trait LockWithin<T: ?Sized> {
    fn lock_within(&self, end: Option<Instant>) -> TryLockResult<MutexGuard<'_, T>>;
}

impl<T: ?Sized> LockWithin<T> for Mutex<T> {
    fn lock_within(&self, end: Option<Instant>) -> TryLockResult<MutexGuard<'_, T>> {
        within(end, || self.try_lock())
    }
}

/// The same of a reader-writer lock.
pub(super) trait ReadWriteWithin<T: ?Sized> {
    fn read_within(&self, end: Option<Instant>) -> TryLockResult<RwLockReadGuard<'_, T>>;
    fn write_within(&self, end: Option<Instant>) -> TryLockResult<RwLockWriteGuard<'_, T>>;
}

impl<T: ?Sized> ReadWriteWithin<T> for RwLock<T> {
    fn read_within(&self, end: Option<Instant>) -> TryLockResult<RwLockReadGuard<'_, T>> {
        within(end, || self.try_read())
    }

    fn write_within(&self, end: Option<Instant>) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        within(end, || self.try_write())
    }
}

fn within<G>(
    end: Option<Instant>,
    mut attempt: impl FnMut() -> TryLockResult<G>,
) -> TryLockResult<G> {
    let had = poll(end, || match attempt() {
        Err(TryLockError::WouldBlock) => None,
        had => Some(had),
    });
    had.unwrap_or(Err(TryLockError::WouldBlock))
}
