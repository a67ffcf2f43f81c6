//! Locks with a name, which reports use instead of the place where a lock is first taken.
//!
//! ```
//! use lockgraph::parking_lot_0_13::{Mutex, named};
//!
//! static ACCOUNTS: Mutex<Vec<u64>> = named::mutex(&"accounts", Vec::new());
//! ACCOUNTS.lock().push(100);
//! ```
//!
//! In builds that are not instrumented the names go unused.

use super::{FairMutex, Mutex, RecursiveRwLock, ReentrantMutex, RwLock};

#[cfg(any(debug_assertions, feature = "instrument"))]
use super::{
    RawFairMutex, RawMutex, RawReentrantMutex, RawRwLock, RawThreadId, raw_mutex, raw_rwlock,
};
#[cfg(any(debug_assertions, feature = "instrument"))]
use crate::{id::LockKind, raw, runtime::Tag};

/// A mutex called `name`.
#[cfg(any(debug_assertions, feature = "instrument"))]
pub const fn mutex<T>(name: &'static &'static str, value: T) -> Mutex<T> {
    let tag = raw::named::<raw_mutex::Guard>(LockKind::Mutex, name);
    Mutex::from_raw(RawMutex::new(tag), value)
}

/// A fair mutex called `name`.
#[cfg(any(debug_assertions, feature = "instrument"))]
pub const fn fair_mutex<T>(name: &'static &'static str, value: T) -> FairMutex<T> {
    let tag = raw::named::<raw_mutex::Guard>(LockKind::Mutex, name);
    FairMutex::from_raw(RawFairMutex::new(tag), value)
}

/// A reentrant mutex called `name`.
#[cfg(any(debug_assertions, feature = "instrument"))]
pub const fn reentrant_mutex<T>(name: &'static &'static str, value: T) -> ReentrantMutex<T> {
    let tag = Tag::named(LockKind::Reentrant, name);
    ReentrantMutex::from_raw(RawReentrantMutex::new(tag), RawThreadId, value)
}

/// A reader-writer lock called `name`.
#[cfg(any(debug_assertions, feature = "instrument"))]
pub const fn rwlock<T>(name: &'static &'static str, value: T) -> RwLock<T> {
    let tag = raw::named::<raw_rwlock::Guard>(LockKind::RwLock, name);
    RwLock::from_raw(RawRwLock::new(tag), value)
}

/// A reader-writer lock called `name`, whose readers overtake waiting writers.
#[cfg(any(debug_assertions, feature = "instrument"))]
pub const fn recursive_rwlock<T>(name: &'static &'static str, value: T) -> RecursiveRwLock<T> {
    let tag = raw::named::<raw_rwlock::Guard>(LockKind::RwLock, name);
    RecursiveRwLock::from_raw(RawRwLock::new(tag), value)
}

/// A mutex; the name is not used in this build.
#[cfg(not(any(debug_assertions, feature = "instrument")))]
pub const fn mutex<T>(_name: &'static &'static str, value: T) -> Mutex<T> {
    Mutex::new(value)
}

/// A fair mutex; the name is not used in this build.
#[cfg(not(any(debug_assertions, feature = "instrument")))]
pub const fn fair_mutex<T>(_name: &'static &'static str, value: T) -> FairMutex<T> {
    FairMutex::new(value)
}

/// A reentrant mutex; the name is not used in this build.
#[cfg(not(any(debug_assertions, feature = "instrument")))]
pub const fn reentrant_mutex<T>(_name: &'static &'static str, value: T) -> ReentrantMutex<T> {
    ReentrantMutex::new(value)
}

/// A reader-writer lock; the name is not used in this build.
#[cfg(not(any(debug_assertions, feature = "instrument")))]
pub const fn rwlock<T>(_name: &'static &'static str, value: T) -> RwLock<T> {
    RwLock::new(value)
}

/// A reader-writer lock whose readers overtake waiting writers; the name is not used in this
/// build.
#[cfg(not(any(debug_assertions, feature = "instrument")))]
pub const fn recursive_rwlock<T>(_name: &'static &'static str, value: T) -> RecursiveRwLock<T> {
    RecursiveRwLock::new(value)
}
