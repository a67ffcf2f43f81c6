//! The raw lock of [`FairMutex`](super::FairMutex): a [`RawMutex`] that goes to
//! whoever waited longest.

use std::time::{Duration, Instant};

use ::lock_api_0_4 as lock_api;
use lock_api::RawMutexFair as _;

use super::raw_mutex::{GuardMarker, RawMutex};
use crate::id::LockKind;
use crate::raw;
use crate::runtime::Tag;

/// The raw lock of [`FairMutex`](super::FairMutex).
pub struct RawFairMutex(pub(super) RawMutex);

impl RawFairMutex {
    pub(super) const fn new(tag: Tag) -> RawFairMutex {
        RawFairMutex(RawMutex::new(tag))
    }
}

// SAFETY: every function is that of `RawMutex`, which keeps the promises.
unsafe impl lock_api::RawMutex for RawFairMutex {
    const INIT: RawFairMutex = RawFairMutex::new(raw::unplaced::<GuardMarker>(LockKind::Mutex));

    type GuardMarker = GuardMarker;

    #[track_caller]
    fn lock(&self) {
        self.0.lock();
    }

    #[track_caller]
    fn try_lock(&self) -> bool {
        self.0.try_lock()
    }

    unsafe fn unlock(&self) {
        // SAFETY: the caller holds the lock.
        unsafe { self.0.unlock_fair() }
    }

    fn is_locked(&self) -> bool {
        self.0.is_locked()
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawMutexFair for RawFairMutex {
    unsafe fn unlock_fair(&self) {
        // SAFETY: the caller holds the lock.
        unsafe { self.0.unlock_fair() }
    }

    #[track_caller]
    unsafe fn bump(&self) {
        // SAFETY: the caller holds the lock.
        unsafe { self.0.bump() }
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawMutexTimed for RawFairMutex {
    type Duration = Duration;
    type Instant = Instant;

    #[track_caller]
    fn try_lock_for(&self, timeout: Duration) -> bool {
        self.0.try_lock_for(timeout)
    }

    #[track_caller]
    fn try_lock_until(&self, timeout: Instant) -> bool {
        self.0.try_lock_until(timeout)
    }
}
