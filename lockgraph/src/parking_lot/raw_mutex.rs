//! The raw lock of [`Mutex`](super::Mutex): a tag beside `parking_lot`'s mutex.
//!
//! Nothing here is generic, nor in a build with debug assertions inlined into the user's crate, so
//! that it is compiled optimised whatever the profile of that crate. An acquisition may unwind where the runtime breaks a
//! deadlock; the lock is not taken then.

use std::panic::{Location, RefUnwindSafe};
use std::time::{Duration, Instant};

use ::lock_api_0_4 as lock_api;
use ::parking_lot_0_12 as parking_lot;
use lock_api::RawMutex as _;

use crate::event::How;
use crate::id::{LockKind, Mode};
use crate::raw;
use crate::runtime::{self, Site, Tag};

/// The raw lock of [`Mutex`](super::Mutex).
pub struct RawMutex {
    tag: Tag,
    // The whole mutex and not its raw lock, because `parking_lot`'s condvar wants a guard.
    inner: parking_lot::Mutex<()>,
}

// `parking_lot`'s raw mutex is, and there is nothing in `()` that a panic could leave half done.
impl RefUnwindSafe for RawMutex {}

impl RawMutex {
    pub(super) const fn new(tag: Tag) -> RawMutex {
        RawMutex { tag, inner: parking_lot::Mutex::new(()) }
    }

    pub(super) fn tag(&self) -> &Tag {
        &self.tag
    }

    /// The mutex behind this one, for a condition variable to wait with.
    pub(super) fn inner(&self) -> &parking_lot::Mutex<()> {
        &self.inner
    }

    #[cfg_attr(not(debug_assertions), inline)]
    pub(super) fn take(&self, site: Site) {
        let raw = self.raw();
        let try_raw = || raw.try_lock().then_some(());
        raw::take(&self.tag, Mode::Exclusive, site, try_raw, || raw.lock());
    }

    /// An acquisition with a time limit.
    pub(super) fn in_time(&self, site: Site, take: impl FnOnce() -> bool) -> bool {
        let _waiting = runtime::limited(&self.tag, Mode::Exclusive, site);
        self.told(How::Timed, site, take())
    }

    /// Tells how a try or timed acquisition ended, and returns it.
    pub(super) fn told(&self, how: How, site: Site, taken: bool) -> bool {
        raw::took_politely(&self.tag, Mode::Exclusive, how, site, taken);
        taken
    }

    #[cfg_attr(not(debug_assertions), inline)]
    pub(super) fn raw(&self) -> &parking_lot::RawMutex {
        // SAFETY: the raw lock is given back only in the `unlock` functions below, whose callers
        // promise to hold it. No guard of `inner` lives at that time: the condvar forgets its own.
        unsafe { self.inner.raw() }
    }
}

/// What `parking_lot`'s guards are marked with, which its features decide.
pub(super) type GuardMarker = <parking_lot::RawMutex as lock_api::RawMutex>::GuardMarker;

// SAFETY: the lock is `parking_lot`'s; every function that says it is taken or given back has
// done just that with it.
unsafe impl lock_api::RawMutex for RawMutex {
    const INIT: RawMutex = RawMutex::new(raw::unplaced::<GuardMarker>(LockKind::Mutex));

    type GuardMarker = GuardMarker;

    #[cfg_attr(not(debug_assertions), inline)]
    #[track_caller]
    fn lock(&self) {
        self.take(Location::caller());
    }

    #[track_caller]
    fn try_lock(&self) -> bool {
        let taken = self.raw().try_lock();
        self.told(How::Try, Location::caller(), taken)
    }

    #[cfg_attr(not(debug_assertions), inline)]
    unsafe fn unlock(&self) {
        runtime::released(&self.tag);
        // SAFETY: the caller holds the lock.
        unsafe { self.raw().unlock() }
    }

    fn is_locked(&self) -> bool {
        raw::looked_at(self.raw().is_locked())
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawMutexFair for RawMutex {
    unsafe fn unlock_fair(&self) {
        runtime::released(&self.tag);
        // SAFETY: the caller holds the lock.
        unsafe { self.raw().unlock_fair() }
    }

    // Given back and taken again in full, because that is what happens if anybody waits.
    #[track_caller]
    unsafe fn bump(&self) {
        let site = Location::caller();
        // SAFETY: the caller holds the lock, and holds it again below.
        unsafe { self.unlock_fair() };
        raw::take_again(|| self.take(site));
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawMutexTimed for RawMutex {
    type Duration = Duration;
    type Instant = Instant;

    #[track_caller]
    fn try_lock_for(&self, timeout: Duration) -> bool {
        self.in_time(Location::caller(), || self.raw().try_lock_for(timeout))
    }

    #[track_caller]
    fn try_lock_until(&self, timeout: Instant) -> bool {
        self.in_time(Location::caller(), || self.raw().try_lock_until(timeout))
    }
}
