//! The raw lock of [`Mutex`](super::Mutex): a tag beside `parking_lot`'s raw mutex.
//!
//! Nothing here is generic, nor in a build with debug assertions inlined into the user's crate, so
//! that it is compiled optimised whatever the profile of that crate. An acquisition may unwind where the runtime breaks a
//! deadlock; the lock is not taken then. What `lock_api` keeps in a guard for us is what it keeps
//! there for `parking_lot`.

use std::panic::Location;
use std::ptr;
use std::time::{Duration, Instant};

use ::lock_api_0_5 as lock_api;
use ::parking_lot_0_13 as parking_lot;
use lock_api::RawMutex as _;

use crate::event::How;
use crate::id::{LockKind, Mode};
use crate::raw;
use crate::runtime::{self, Site, Tag};

/// The raw lock of [`Mutex`](super::Mutex).
pub struct RawMutex {
    tag: Tag,
    inner: parking_lot::RawMutex,
}

/// What `parking_lot` keeps in a guard, which its features decide.
pub(super) type Guard = <parking_lot::RawMutex as lock_api::RawMutex>::Guard;

impl RawMutex {
    pub(super) const fn new(tag: Tag) -> RawMutex {
        RawMutex { tag, inner: parking_lot::RawMutex::INIT }
    }

    pub(super) fn tag(&self) -> &Tag {
        &self.tag
    }

    /// The mutex behind this one, for a condition variable to wait with.
    pub(super) fn inner(&self) -> &parking_lot::RawMutex {
        &self.inner
    }

    #[cfg_attr(not(debug_assertions), inline)]
    pub(super) fn take(&self, site: Site) -> Guard {
        let inner = &self.inner;
        raw::take(&self.tag, Mode::Exclusive, site, || inner.try_lock(), || inner.lock())
    }

    /// An acquisition with a time limit.
    pub(super) fn in_time(
        &self,
        site: Site,
        take: impl FnOnce() -> Option<Guard>,
    ) -> Option<Guard> {
        let _waiting = runtime::limited(&self.tag, Mode::Exclusive, site);
        self.told(How::Timed, site, take())
    }

    /// Tells how a try or timed acquisition ended, and returns it.
    pub(super) fn told(&self, how: How, site: Site, guard: Option<Guard>) -> Option<Guard> {
        raw::took_politely(&self.tag, Mode::Exclusive, how, site, guard.is_some());
        guard
    }
}

// SAFETY: the lock is `parking_lot`'s; every function that says it is taken or given back has
// done just that with it.
unsafe impl lock_api::RawMutex for RawMutex {
    const INIT: RawMutex = RawMutex::new(raw::unplaced::<Guard>(LockKind::Mutex));

    type Guard = Guard;

    #[cfg_attr(not(debug_assertions), inline)]
    #[track_caller]
    fn lock(&self) -> Guard {
        self.take(Location::caller())
    }

    #[track_caller]
    fn try_lock(&self) -> Option<Guard> {
        let guard = self.inner.try_lock();
        self.told(How::Try, Location::caller(), guard)
    }

    unsafe fn unlock(&self, guard: Guard) {
        runtime::released(&self.tag);
        // SAFETY: the caller holds the lock by `guard`.
        unsafe { self.inner.unlock(guard) }
    }

    fn is_locked(&self) -> bool {
        raw::looked_at(self.inner.is_locked())
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawMutexFair for RawMutex {
    unsafe fn unlock_fair(&self, guard: Guard) {
        runtime::released(&self.tag);
        // SAFETY: the caller holds the lock by `guard`.
        unsafe { self.inner.unlock_fair(guard) }
    }

    // Given back and taken again in full, because that is what happens if anybody waits.
    #[track_caller]
    unsafe fn bump(&self, guard: &mut Guard) {
        let site = Location::caller();
        // SAFETY: the caller holds the lock by `guard`, which is not used until it is written
        // again below. Nothing unwinds in between.
        raw::take_again(|| unsafe {
            self.unlock_fair(ptr::read(guard));
            ptr::write(guard, self.take(site));
        });
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawMutexTimed for RawMutex {
    type Duration = Duration;
    type Instant = Instant;

    #[track_caller]
    fn try_lock_for(&self, timeout: Duration) -> Option<Guard> {
        self.in_time(Location::caller(), || self.inner.try_lock_for(timeout))
    }

    #[track_caller]
    fn try_lock_until(&self, timeout: Instant) -> Option<Guard> {
        self.in_time(Location::caller(), || self.inner.try_lock_until(timeout))
    }
}
