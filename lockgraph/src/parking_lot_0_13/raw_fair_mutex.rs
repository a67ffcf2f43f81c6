//! The raw lock of [`FairMutex`](super::FairMutex): a [`RawMutex`] that goes to
//! whoever waited longest.

use std::time::{Duration, Instant};

use ::lock_api_0_5 as lock_api;
use lock_api::RawMutexFair as _;

use super::raw_mutex::{Guard, RawMutex};
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
    const INIT: RawFairMutex = RawFairMutex::new(raw::unplaced::<Guard>(LockKind::Mutex));

    type Guard = Guard;

    #[track_caller]
    fn lock(&self) -> Guard {
        self.0.lock()
    }

    #[track_caller]
    fn try_lock(&self) -> Option<Guard> {
        self.0.try_lock()
    }

    unsafe fn unlock(&self, guard: Guard) {
        // SAFETY: the caller holds the lock by `guard`.
        unsafe { self.0.unlock_fair(guard) }
    }

    fn is_locked(&self) -> bool {
        self.0.is_locked()
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawMutexFair for RawFairMutex {
    unsafe fn unlock_fair(&self, guard: Guard) {
        // SAFETY: the caller holds the lock by `guard`.
        unsafe { self.0.unlock_fair(guard) }
    }

    #[track_caller]
    unsafe fn bump(&self, guard: &mut Guard) {
        // SAFETY: the caller holds the lock by `guard`.
        unsafe { self.0.bump(guard) }
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawMutexTimed for RawFairMutex {
    type Duration = Duration;
    type Instant = Instant;

    #[track_caller]
    fn try_lock_for(&self, timeout: Duration) -> Option<Guard> {
        self.0.try_lock_for(timeout)
    }

    #[track_caller]
    fn try_lock_until(&self, timeout: Instant) -> Option<Guard> {
        self.0.try_lock_until(timeout)
    }
}
