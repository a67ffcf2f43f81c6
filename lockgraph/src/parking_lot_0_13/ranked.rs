//! Locks with a [`Rank`], as constants can make them. With keys they are made by
//! [`Ranked`](crate::Ranked).
//!
//! ```
//! use lockgraph::Rank;
//! use lockgraph::parking_lot_0_13::{Mutex, ranked};
//!
//! static ACCOUNTS_RANK: Rank = Rank::new("accounts");
//! static ACCOUNTS: Mutex<Vec<u64>> = ranked::mutex(&ACCOUNTS_RANK, Vec::new());
//! ACCOUNTS.lock().push(100);
//! ```
//!
//! In builds that are not instrumented the ranks go unused.

use super::{FairMutex, Mutex, RecursiveRwLock, RwLock};
#[cfg(any(debug_assertions, feature = "instrument"))]
use super::{RawFairMutex, RawMutex, RawRwLock, raw_mutex, raw_rwlock};
use crate::rank::Rank;
#[cfg(any(debug_assertions, feature = "instrument"))]
use crate::{id::LockKind, raw, runtime};

/// A mutex of this rank.
#[cfg(any(debug_assertions, feature = "instrument"))]
pub const fn mutex<T>(rank: &'static Rank, value: T) -> Mutex<T> {
    Mutex::from_raw(RawMutex::new(raw::ranked::<raw_mutex::Guard>(LockKind::Mutex, rank)), value)
}

#[cfg(any(debug_assertions, feature = "instrument"))]
#[track_caller]
pub(crate) fn mutex_by<T>(rank: &'static Rank, key: u64, value: T) -> Mutex<T> {
    let tag = runtime::keyed(raw::ranked::<raw_mutex::Guard>(LockKind::Mutex, rank), key);
    Mutex::from_raw(RawMutex::new(tag), value)
}

/// A fair mutex of this rank.
#[cfg(any(debug_assertions, feature = "instrument"))]
pub const fn fair_mutex<T>(rank: &'static Rank, value: T) -> FairMutex<T> {
    FairMutex::from_raw(
        RawFairMutex::new(raw::ranked::<raw_mutex::Guard>(LockKind::Mutex, rank)),
        value,
    )
}

#[cfg(any(debug_assertions, feature = "instrument"))]
#[track_caller]
pub(crate) fn fair_mutex_by<T>(rank: &'static Rank, key: u64, value: T) -> FairMutex<T> {
    let tag = runtime::keyed(raw::ranked::<raw_mutex::Guard>(LockKind::Mutex, rank), key);
    FairMutex::from_raw(RawFairMutex::new(tag), value)
}

/// A reader-writer lock of this rank.
#[cfg(any(debug_assertions, feature = "instrument"))]
pub const fn rwlock<T>(rank: &'static Rank, value: T) -> RwLock<T> {
    RwLock::from_raw(
        RawRwLock::new(raw::ranked::<raw_rwlock::Guard>(LockKind::RwLock, rank)),
        value,
    )
}

#[cfg(any(debug_assertions, feature = "instrument"))]
#[track_caller]
pub(crate) fn rwlock_by<T>(rank: &'static Rank, key: u64, value: T) -> RwLock<T> {
    let tag = runtime::keyed(raw::ranked::<raw_rwlock::Guard>(LockKind::RwLock, rank), key);
    RwLock::from_raw(RawRwLock::new(tag), value)
}

/// A reader-writer lock whose readers overtake waiting writers of this rank.
#[cfg(any(debug_assertions, feature = "instrument"))]
pub const fn recursive_rwlock<T>(rank: &'static Rank, value: T) -> RecursiveRwLock<T> {
    RecursiveRwLock::from_raw(
        RawRwLock::new(raw::ranked::<raw_rwlock::Guard>(LockKind::RwLock, rank)),
        value,
    )
}

#[cfg(any(debug_assertions, feature = "instrument"))]
#[track_caller]
pub(crate) fn recursive_rwlock_by<T>(
    rank: &'static Rank,
    key: u64,
    value: T,
) -> RecursiveRwLock<T> {
    let tag = runtime::keyed(raw::ranked::<raw_rwlock::Guard>(LockKind::RwLock, rank), key);
    RecursiveRwLock::from_raw(RawRwLock::new(tag), value)
}

/// A mutex; the rank is not used in this build.
#[cfg(not(any(debug_assertions, feature = "instrument")))]
pub const fn mutex<T>(_rank: &'static Rank, value: T) -> Mutex<T> {
    Mutex::new(value)
}

#[cfg(not(any(debug_assertions, feature = "instrument")))]
pub(crate) fn mutex_by<T>(_rank: &'static Rank, _key: u64, value: T) -> Mutex<T> {
    Mutex::new(value)
}

/// A fair mutex; the rank is not used in this build.
#[cfg(not(any(debug_assertions, feature = "instrument")))]
pub const fn fair_mutex<T>(_rank: &'static Rank, value: T) -> FairMutex<T> {
    FairMutex::new(value)
}

#[cfg(not(any(debug_assertions, feature = "instrument")))]
pub(crate) fn fair_mutex_by<T>(_rank: &'static Rank, _key: u64, value: T) -> FairMutex<T> {
    FairMutex::new(value)
}

/// A reader-writer lock; the rank is not used in this build.
#[cfg(not(any(debug_assertions, feature = "instrument")))]
pub const fn rwlock<T>(_rank: &'static Rank, value: T) -> RwLock<T> {
    RwLock::new(value)
}

#[cfg(not(any(debug_assertions, feature = "instrument")))]
pub(crate) fn rwlock_by<T>(_rank: &'static Rank, _key: u64, value: T) -> RwLock<T> {
    RwLock::new(value)
}

/// A reader-writer lock whose readers overtake waiting writers; the rank is not used in this build.
#[cfg(not(any(debug_assertions, feature = "instrument")))]
pub const fn recursive_rwlock<T>(_rank: &'static Rank, value: T) -> RecursiveRwLock<T> {
    RecursiveRwLock::new(value)
}

#[cfg(not(any(debug_assertions, feature = "instrument")))]
pub(crate) fn recursive_rwlock_by<T>(
    _rank: &'static Rank,
    _key: u64,
    value: T,
) -> RecursiveRwLock<T> {
    RecursiveRwLock::new(value)
}
