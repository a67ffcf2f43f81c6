//! The raw lock of [`RwLock`](super::RwLock): a tag beside `parking_lot`'s rwlock.
//!
//! | `lock_api` says | mode |
//! |---|---|
//! | exclusive | [`Mode::Exclusive`] |
//! | shared | [`Mode::Shared`], which queues behind waiting writers |
//! | shared recursive | [`Mode::SharedRecursive`], which overtakes them |
//! | upgradable | [`Mode::Upgradable`] |
//!
//! Compiled and unwinding as [`RawMutex`](super::RawMutex). An upgrade that unwinds leaves the
//! upgradable hold as it was. Downgrades are told before they happen, as releases are, and
//! upgrades afterwards.

use std::panic::Location;
use std::time::{Duration, Instant};

use ::lock_api_0_4 as lock_api;
use ::parking_lot_0_12 as parking_lot;
use lock_api::{RawRwLock as _, RawRwLockUpgrade as _};

use crate::event::How;
use crate::id::{LockKind, Mode};
use crate::raw;
use crate::runtime::{self, Site, Tag};

/// The raw lock of [`RwLock`](super::RwLock).
pub struct RawRwLock {
    tag: Tag,
    inner: parking_lot::RawRwLock,
}

/// What `parking_lot`'s guards are marked with, which its features decide.
pub(super) type GuardMarker = <parking_lot::RawRwLock as lock_api::RawRwLock>::GuardMarker;

impl RawRwLock {
    pub(super) fn tag(&self) -> &Tag {
        &self.tag
    }

    pub(super) const fn new(tag: Tag) -> RawRwLock {
        RawRwLock { tag, inner: parking_lot::RawRwLock::INIT }
    }

    #[cfg_attr(not(debug_assertions), inline)]
    fn take(
        &self,
        mode: Mode,
        site: Site,
        try_raw: fn(&parking_lot::RawRwLock) -> bool,
        block: fn(&parking_lot::RawRwLock),
    ) {
        let inner = &self.inner;
        raw::take(&self.tag, mode, site, || try_raw(inner).then_some(()), || block(inner));
    }

    #[cfg_attr(not(debug_assertions), inline)]
    fn take_exclusive(&self, site: Site) {
        let (try_raw, block) =
            (parking_lot::RawRwLock::try_lock_exclusive, parking_lot::RawRwLock::lock_exclusive);
        self.take(Mode::Exclusive, site, try_raw, block);
    }

    #[cfg_attr(not(debug_assertions), inline)]
    fn take_shared(&self, site: Site) {
        let (try_raw, block) =
            (parking_lot::RawRwLock::try_lock_shared, parking_lot::RawRwLock::lock_shared);
        self.take(Mode::Shared, site, try_raw, block);
    }

    #[cfg_attr(not(debug_assertions), inline)]
    fn take_upgradable(&self, site: Site) {
        let (try_raw, block) =
            (parking_lot::RawRwLock::try_lock_upgradable, parking_lot::RawRwLock::lock_upgradable);
        self.take(Mode::Upgradable, site, try_raw, block);
    }

    /// An acquisition with a time limit.
    fn in_time(&self, mode: Mode, site: Site, take: impl FnOnce() -> bool) -> bool {
        let _waiting = runtime::limited_in_queue(&self.tag, mode, site);
        self.told(mode, How::Timed, site, take())
    }

    /// An upgrade with a time limit.
    fn upgraded_in_time(&self, site: Site, upgrade: impl FnOnce() -> bool) -> bool {
        let _waiting = runtime::limited_in_queue(&self.tag, Mode::Exclusive, site);
        self.told_upgrade(How::Timed, site, upgrade())
    }

    /// Tells how a try or timed acquisition ended, and returns it.
    fn told(&self, mode: Mode, how: How, site: Site, taken: bool) -> bool {
        raw::took_politely(&self.tag, mode, how, site, taken);
        taken
    }

    /// Tells how a try or timed upgrade ended, and returns it.
    fn told_upgrade(&self, how: How, site: Site, upgraded: bool) -> bool {
        raw::upgraded_politely(&self.tag, how, site, upgraded);
        upgraded
    }
}

// SAFETY: the lock is `parking_lot`'s; every function that says it is taken, changed or given
// back has done just that with it.
unsafe impl lock_api::RawRwLock for RawRwLock {
    const INIT: RawRwLock = RawRwLock::new(raw::unplaced::<GuardMarker>(LockKind::RwLock));

    type GuardMarker = GuardMarker;

    #[cfg_attr(not(debug_assertions), inline)]
    #[track_caller]
    fn lock_shared(&self) {
        self.take_shared(Location::caller());
    }

    #[track_caller]
    fn try_lock_shared(&self) -> bool {
        let taken = self.inner.try_lock_shared();
        self.told(Mode::Shared, How::Try, Location::caller(), taken)
    }

    #[cfg_attr(not(debug_assertions), inline)]
    unsafe fn unlock_shared(&self) {
        runtime::released_as(&self.tag, Mode::Shared);
        // SAFETY: the caller holds the lock in this mode.
        unsafe { self.inner.unlock_shared() }
    }

    #[cfg_attr(not(debug_assertions), inline)]
    #[track_caller]
    fn lock_exclusive(&self) {
        self.take_exclusive(Location::caller());
    }

    #[track_caller]
    fn try_lock_exclusive(&self) -> bool {
        let taken = self.inner.try_lock_exclusive();
        self.told(Mode::Exclusive, How::Try, Location::caller(), taken)
    }

    #[cfg_attr(not(debug_assertions), inline)]
    unsafe fn unlock_exclusive(&self) {
        runtime::released(&self.tag);
        // SAFETY: the caller holds the lock in this mode.
        unsafe { self.inner.unlock_exclusive() }
    }

    fn is_locked(&self) -> bool {
        raw::looked_at(self.inner.is_locked())
    }

    fn is_locked_exclusive(&self) -> bool {
        raw::looked_at(self.inner.is_locked_exclusive())
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawRwLockFair for RawRwLock {
    unsafe fn unlock_shared_fair(&self) {
        runtime::released_as(&self.tag, Mode::Shared);
        // SAFETY: the caller holds the lock in this mode.
        unsafe { self.inner.unlock_shared_fair() }
    }

    unsafe fn unlock_exclusive_fair(&self) {
        runtime::released(&self.tag);
        // SAFETY: the caller holds the lock in this mode.
        unsafe { self.inner.unlock_exclusive_fair() }
    }

    // Given back and taken again in full, because that is what happens if anybody waits.
    #[track_caller]
    unsafe fn bump_shared(&self) {
        let site = Location::caller();
        // SAFETY: the caller holds the lock in this mode, and holds it again below.
        unsafe { self.unlock_shared_fair() };
        raw::take_again(|| self.take_shared(site));
    }

    #[track_caller]
    unsafe fn bump_exclusive(&self) {
        let site = Location::caller();
        // SAFETY: the caller holds the lock in this mode, and holds it again below.
        unsafe { self.unlock_exclusive_fair() };
        raw::take_again(|| self.take_exclusive(site));
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawRwLockTimed for RawRwLock {
    type Duration = Duration;
    type Instant = Instant;

    #[track_caller]
    fn try_lock_shared_for(&self, timeout: Duration) -> bool {
        self.in_time(Mode::Shared, Location::caller(), || self.inner.try_lock_shared_for(timeout))
    }

    #[track_caller]
    fn try_lock_shared_until(&self, timeout: Instant) -> bool {
        self.in_time(Mode::Shared, Location::caller(), || self.inner.try_lock_shared_until(timeout))
    }

    #[track_caller]
    fn try_lock_exclusive_for(&self, timeout: Duration) -> bool {
        self.in_time(Mode::Exclusive, Location::caller(), || {
            self.inner.try_lock_exclusive_for(timeout)
        })
    }

    #[track_caller]
    fn try_lock_exclusive_until(&self, timeout: Instant) -> bool {
        self.in_time(Mode::Exclusive, Location::caller(), || {
            self.inner.try_lock_exclusive_until(timeout)
        })
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawRwLockRecursive for RawRwLock {
    #[track_caller]
    fn lock_shared_recursive(&self) {
        self.take(
            Mode::SharedRecursive,
            Location::caller(),
            parking_lot::RawRwLock::try_lock_shared_recursive,
            parking_lot::RawRwLock::lock_shared_recursive,
        );
    }

    #[track_caller]
    fn try_lock_shared_recursive(&self) -> bool {
        let taken = self.inner.try_lock_shared_recursive();
        self.told(Mode::SharedRecursive, How::Try, Location::caller(), taken)
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawRwLockRecursiveTimed for RawRwLock {
    #[track_caller]
    fn try_lock_shared_recursive_for(&self, timeout: Duration) -> bool {
        self.in_time(Mode::SharedRecursive, Location::caller(), || {
            self.inner.try_lock_shared_recursive_for(timeout)
        })
    }

    #[track_caller]
    fn try_lock_shared_recursive_until(&self, timeout: Instant) -> bool {
        self.in_time(Mode::SharedRecursive, Location::caller(), || {
            self.inner.try_lock_shared_recursive_until(timeout)
        })
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawRwLockDowngrade for RawRwLock {
    unsafe fn downgrade(&self) {
        runtime::changed_mode(&self.tag, Mode::Shared);
        // SAFETY: the caller holds the lock in the mode to change.
        unsafe { self.inner.downgrade() }
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawRwLockUpgrade for RawRwLock {
    #[track_caller]
    fn lock_upgradable(&self) {
        self.take_upgradable(Location::caller());
    }

    #[track_caller]
    fn try_lock_upgradable(&self) -> bool {
        let taken = self.inner.try_lock_upgradable();
        self.told(Mode::Upgradable, How::Try, Location::caller(), taken)
    }

    unsafe fn unlock_upgradable(&self) {
        runtime::released_as(&self.tag, Mode::Upgradable);
        // SAFETY: the caller holds the lock in this mode.
        unsafe { self.inner.unlock_upgradable() }
    }

    #[track_caller]
    unsafe fn upgrade(&self) {
        let attempt = runtime::upgrading(&self.tag, Location::caller());
        // SAFETY: the caller has the upgradable hold, and keeps it until one of these succeeds.
        let try_raw = || unsafe { self.inner.try_upgrade() };
        if !try_raw() {
            // SAFETY: as above.
            let block = || unsafe { self.inner.upgrade() };
            runtime::contended(attempt, || try_raw().then_some(()), block);
        }
        attempt.upgraded();
    }

    #[track_caller]
    unsafe fn try_upgrade(&self) -> bool {
        // SAFETY: the caller has the upgradable hold.
        let upgraded = unsafe { self.inner.try_upgrade() };
        self.told_upgrade(How::Try, Location::caller(), upgraded)
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawRwLockUpgradeFair for RawRwLock {
    unsafe fn unlock_upgradable_fair(&self) {
        runtime::released_as(&self.tag, Mode::Upgradable);
        // SAFETY: the caller holds the lock in this mode.
        unsafe { self.inner.unlock_upgradable_fair() }
    }

    #[track_caller]
    unsafe fn bump_upgradable(&self) {
        let site = Location::caller();
        // SAFETY: the caller holds the lock in this mode, and holds it again below.
        unsafe { self.unlock_upgradable_fair() };
        raw::take_again(|| self.take_upgradable(site));
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawRwLockUpgradeDowngrade for RawRwLock {
    unsafe fn downgrade_upgradable(&self) {
        runtime::changed_mode(&self.tag, Mode::Shared);
        // SAFETY: the caller holds the lock in the mode to change.
        unsafe { self.inner.downgrade_upgradable() }
    }

    unsafe fn downgrade_to_upgradable(&self) {
        runtime::changed_mode(&self.tag, Mode::Upgradable);
        // SAFETY: the caller holds the lock in the mode to change.
        unsafe { self.inner.downgrade_to_upgradable() }
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawRwLockUpgradeTimed for RawRwLock {
    #[track_caller]
    fn try_lock_upgradable_for(&self, timeout: Duration) -> bool {
        self.in_time(Mode::Upgradable, Location::caller(), || {
            self.inner.try_lock_upgradable_for(timeout)
        })
    }

    #[track_caller]
    fn try_lock_upgradable_until(&self, timeout: Instant) -> bool {
        self.in_time(Mode::Upgradable, Location::caller(), || {
            self.inner.try_lock_upgradable_until(timeout)
        })
    }

    #[track_caller]
    unsafe fn try_upgrade_for(&self, timeout: Duration) -> bool {
        // SAFETY: the caller has the upgradable hold.
        self.upgraded_in_time(Location::caller(), || unsafe { self.inner.try_upgrade_for(timeout) })
    }

    #[track_caller]
    unsafe fn try_upgrade_until(&self, timeout: Instant) -> bool {
        // SAFETY: the caller has the upgradable hold.
        self.upgraded_in_time(Location::caller(), || unsafe {
            self.inner.try_upgrade_until(timeout)
        })
    }
}
