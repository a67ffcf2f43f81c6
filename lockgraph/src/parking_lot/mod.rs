//! The locks of `parking_lot` 0.12, instrumented. Replace `use parking_lot::..` by
//! `use lockgraph::parking_lot::..`.
//!
//! `Mutex`, `RwLock` and their kin are `lock_api`'s types over raw locks of ours, so every method
//! and guard is the original. `ReentrantMutex`, `Condvar` and `Once` are types of ours over the
//! originals. All else is re-exported. In builds that are not instrumented, every name here is the
//! original.
//!
//! `lock_api` makes its locks by constants, so the class of a lock is the place where it is first
//! taken. [`named`] gives a lock a name instead.

#[cfg(any(debug_assertions, feature = "instrument"))]
mod alias;
#[cfg(any(debug_assertions, feature = "instrument"))]
mod condvar;
#[cfg(any(debug_assertions, feature = "instrument"))]
mod once;
#[cfg(any(debug_assertions, feature = "instrument"))]
mod raw_fair_mutex;
#[cfg(any(debug_assertions, feature = "instrument"))]
mod raw_mutex;
#[cfg(any(debug_assertions, feature = "instrument"))]
mod raw_reentrant_mutex;
#[cfg(any(debug_assertions, feature = "instrument"))]
mod raw_rwlock;
#[cfg(any(debug_assertions, feature = "instrument"))]
mod reentrant_mutex;
#[cfg(all(test, any(debug_assertions, feature = "instrument")))]
mod sites;
#[cfg(any(debug_assertions, feature = "instrument"))]
pub(crate) mod tagged;

pub mod named;
pub mod ranked;

// What is ours shadows what comes by the glob; the rest of `parking_lot` is handed on, whatever
// features it is built with.
pub use ::parking_lot_0_12::*;

#[cfg(any(debug_assertions, feature = "instrument"))]
pub use self::{
    alias::{
        FairMutex, FairMutexGuard, MappedFairMutexGuard, MappedMutexGuard,
        MappedReentrantMutexGuard, MappedRwLockReadGuard, MappedRwLockWriteGuard, Mutex,
        MutexGuard, ReentrantMutexGuard, RwLock, RwLockReadGuard, RwLockUpgradableReadGuard,
        RwLockWriteGuard, const_fair_mutex, const_mutex, const_reentrant_mutex, const_rwlock,
    },
    condvar::{Condvar, WaitTimeoutResult},
    once::Once,
    raw_fair_mutex::RawFairMutex,
    raw_mutex::RawMutex,
    raw_reentrant_mutex::RawReentrantMutex,
    raw_rwlock::RawRwLock,
    reentrant_mutex::ReentrantMutex,
};
