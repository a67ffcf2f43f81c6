//! The raw lock of [`ReentrantMutex`](super::ReentrantMutex): a [`RawMutex`] of
//! another kind. `lock_api` counts what the holder takes again; only the first acquisition and
//! the last release come here. Where the mutex is taken is told apart, see [`raw::placed`].

use std::time::{Duration, Instant};

use ::lock_api_0_5 as lock_api;

use super::raw_mutex::{Guard, RawMutex};
use crate::event::How;
use crate::id::LockKind;
use crate::raw;
use crate::runtime::Tag;

/// The raw lock of [`ReentrantMutex`](super::ReentrantMutex).
pub struct RawReentrantMutex(pub(super) RawMutex);

impl RawReentrantMutex {
    pub(super) const fn new(tag: Tag) -> RawReentrantMutex {
        RawReentrantMutex(RawMutex::new(tag))
    }
}

// SAFETY: every function is that of `RawMutex`, which keeps the promises.
unsafe impl lock_api::RawMutex for RawReentrantMutex {
    const INIT: RawReentrantMutex = RawReentrantMutex::new(Tag::unplaced(LockKind::Reentrant));

    type Guard = Guard;

    #[track_caller]
    fn lock(&self) -> Guard {
        self.0.take(raw::place())
    }

    #[track_caller]
    fn try_lock(&self) -> Option<Guard> {
        let guard = self.0.inner().try_lock();
        self.0.told(How::Try, raw::place(), guard)
    }

    unsafe fn unlock(&self, guard: Guard) {
        // SAFETY: the caller holds the lock by `guard`.
        unsafe { self.0.unlock(guard) }
    }

    fn is_locked(&self) -> bool {
        self.0.is_locked()
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawMutexFair for RawReentrantMutex {
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
unsafe impl lock_api::RawMutexTimed for RawReentrantMutex {
    type Duration = Duration;
    type Instant = Instant;

    #[track_caller]
    fn try_lock_for(&self, timeout: Duration) -> Option<Guard> {
        self.0.in_time(raw::place(), || self.0.inner().try_lock_for(timeout))
    }

    #[track_caller]
    fn try_lock_until(&self, timeout: Instant) -> Option<Guard> {
        self.0.in_time(raw::place(), || self.0.inner().try_lock_until(timeout))
    }
}
