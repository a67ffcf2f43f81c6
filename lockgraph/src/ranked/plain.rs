//! Locks with a rank in builds that are not instrumented: the originals, which have none.

use crate::rank::Rank;
use crate::sync::{Mutex, RwLock};

pub(super) const fn mutex<T>(_rank: &'static Rank, value: T) -> Mutex<T> {
    Mutex::new(value)
}

pub(super) const fn rwlock<T>(_rank: &'static Rank, value: T) -> RwLock<T> {
    RwLock::new(value)
}

pub(super) fn mutex_by<T>(_rank: &'static Rank, _key: u64, value: T) -> Mutex<T> {
    Mutex::new(value)
}

pub(super) fn rwlock_by<T>(_rank: &'static Rank, _key: u64, value: T) -> RwLock<T> {
    RwLock::new(value)
}
