//! The raw lock of [`RwLock`](super::RwLock) and [`RecursiveRwLock`](super::RecursiveRwLock): a
//! tag beside `parking_lot`'s rwlock.
//!
//! | `lock_api` says | mode |
//! |---|---|
//! | exclusive | [`Mode::Exclusive`] |
//! | shared | [`Mode::Shared`], which queues behind waiting writers |
//! | shared, of a recursive lock | [`Mode::SharedRecursive`], which overtakes them |
//! | upgradable | [`Mode::Upgradable`] |
//!
//! Unwinding as [`RawMutex`](super::RawMutex). An upgrade that unwinds gives the upgradable hold
//! back, because `lock_api` has given its state away by then. Downgrades are told before they
//! happen, as releases are, and upgrades afterwards.

use std::cell::Cell;
use std::panic::Location;
use std::ptr;
use std::time::{Duration, Instant};

use ::lock_api_0_5 as lock_api;
use ::parking_lot_0_13 as parking_lot;
use lock_api::{RawRwLock as _, RawRwLockUpgrade as _};

use crate::event::How;
use crate::id::{LockKind, Mode};
use crate::raw;
use crate::runtime::{self, Site, Tag};

/// The raw lock of [`RwLock`](super::RwLock), and with `RECURSIVE` that of
/// [`RecursiveRwLock`](super::RecursiveRwLock).
pub struct RawRwLock<const RECURSIVE: bool = false> {
    tag: Tag,
    inner: parking_lot::RawRwLock<RECURSIVE>,
}

/// The raw lock of [`RecursiveRwLock`](super::RecursiveRwLock).
pub type RawRwLockRecursive = RawRwLock<true>;

/// What `parking_lot` keeps in a guard of any mode, which its features decide.
pub(super) type Guard = <parking_lot::RawRwLock as lock_api::RawRwLock>::SharedGuard;

impl<const RECURSIVE: bool> RawRwLock<RECURSIVE> {
    const SHARED: Mode = if RECURSIVE { Mode::SharedRecursive } else { Mode::Shared };

    pub(super) fn tag(&self) -> &Tag {
        &self.tag
    }

    pub(super) const fn new(tag: Tag) -> RawRwLock<RECURSIVE> {
        RawRwLock { tag, inner: parking_lot::RawRwLock::INIT }
    }

    #[cfg_attr(not(debug_assertions), inline)]
    fn take_exclusive(&self, site: Site) -> Guard {
        let inner = &self.inner;
        let try_raw = || inner.try_lock_exclusive();
        raw::take(&self.tag, Mode::Exclusive, site, try_raw, || inner.lock_exclusive())
    }

    #[cfg_attr(not(debug_assertions), inline)]
    fn take_shared(&self, site: Site) -> Guard {
        let inner = &self.inner;
        let try_raw = || inner.try_lock_shared();
        raw::take(&self.tag, Self::SHARED, site, try_raw, || inner.lock_shared())
    }

    #[cfg_attr(not(debug_assertions), inline)]
    fn take_upgradable(&self, site: Site) -> Guard {
        let inner = &self.inner;
        let try_raw = || inner.try_lock_upgradable();
        raw::take(&self.tag, Mode::Upgradable, site, try_raw, || inner.lock_upgradable())
    }

    /// An acquisition with a time limit.
    fn in_time(
        &self,
        mode: Mode,
        site: Site,
        take: impl FnOnce() -> Option<Guard>,
    ) -> Option<Guard> {
        let _waiting = runtime::limited_in_queue(&self.tag, mode, site);
        self.told(mode, How::Timed, site, take())
    }

    /// An upgrade with a time limit.
    fn upgraded_in_time(
        &self,
        site: Site,
        upgrade: impl FnOnce() -> Result<Guard, Guard>,
    ) -> Result<Guard, Guard> {
        let _waiting = runtime::limited_in_queue(&self.tag, Mode::Exclusive, site);
        self.told_upgrade(How::Timed, site, upgrade())
    }

    /// Tells how a try or timed acquisition ended, and returns it.
    fn told(&self, mode: Mode, how: How, site: Site, guard: Option<Guard>) -> Option<Guard> {
        raw::took_politely(&self.tag, mode, how, site, guard.is_some());
        guard
    }

    /// Tells how a try or timed upgrade ended, and returns it.
    fn told_upgrade(
        &self,
        how: How,
        site: Site,
        upgraded: Result<Guard, Guard>,
    ) -> Result<Guard, Guard> {
        raw::upgraded_politely(&self.tag, how, site, upgraded.is_ok());
        upgraded
    }
}

/// An upgradable hold that waits to be upgraded. Dropped with the hold, it gives it back.
struct Upgrading<'a, const RECURSIVE: bool> {
    lock: &'a RawRwLock<RECURSIVE>,
    hold: Cell<Option<Guard>>,
}

impl<const RECURSIVE: bool> Upgrading<'_, RECURSIVE> {
    fn try_raw(&self) -> Option<Guard> {
        let hold = self.hold.take()?;
        // SAFETY: `hold` is the state of the upgradable hold.
        match unsafe { self.lock.inner.try_upgrade(hold) } {
            Ok(upgraded) => Some(upgraded),
            Err(hold) => {
                self.hold.set(Some(hold));
                None
            }
        }
    }

    fn block(&self) -> Guard {
        let hold = self.hold.take().expect("the hold stays here until an upgrade succeeds");
        // SAFETY: `hold` is the state of the upgradable hold.
        unsafe { self.lock.inner.upgrade(hold) }
    }
}

impl<const RECURSIVE: bool> Drop for Upgrading<'_, RECURSIVE> {
    fn drop(&mut self) {
        if let Some(hold) = self.hold.take() {
            // SAFETY: `hold` is the state of the upgradable hold.
            unsafe { self.lock.unlock_upgradable(hold) }
        }
    }
}

// SAFETY: the lock is `parking_lot`'s; every function that says it is taken, changed or given
// back has done just that with it.
unsafe impl<const RECURSIVE: bool> lock_api::RawRwLock for RawRwLock<RECURSIVE> {
    const INIT: Self = RawRwLock::new(raw::unplaced::<Guard>(LockKind::RwLock));

    type SharedGuard = Guard;
    type ExclusiveGuard = Guard;

    #[cfg_attr(not(debug_assertions), inline)]
    #[track_caller]
    fn lock_shared(&self) -> Guard {
        self.take_shared(Location::caller())
    }

    #[track_caller]
    fn try_lock_shared(&self) -> Option<Guard> {
        let guard = self.inner.try_lock_shared();
        self.told(Self::SHARED, How::Try, Location::caller(), guard)
    }

    #[cfg_attr(not(debug_assertions), inline)]
    unsafe fn unlock_shared(&self, guard: Guard) {
        runtime::released_as(&self.tag, Mode::Shared);
        // SAFETY: the caller holds the lock in this mode by `guard`.
        unsafe { self.inner.unlock_shared(guard) }
    }

    #[cfg_attr(not(debug_assertions), inline)]
    #[track_caller]
    fn lock_exclusive(&self) -> Guard {
        self.take_exclusive(Location::caller())
    }

    #[track_caller]
    fn try_lock_exclusive(&self) -> Option<Guard> {
        let guard = self.inner.try_lock_exclusive();
        self.told(Mode::Exclusive, How::Try, Location::caller(), guard)
    }

    #[cfg_attr(not(debug_assertions), inline)]
    unsafe fn unlock_exclusive(&self, guard: Guard) {
        runtime::released(&self.tag);
        // SAFETY: the caller holds the lock in this mode by `guard`.
        unsafe { self.inner.unlock_exclusive(guard) }
    }

    fn is_locked(&self) -> bool {
        raw::looked_at(self.inner.is_locked())
    }

    fn is_locked_exclusive(&self) -> bool {
        raw::looked_at(self.inner.is_locked_exclusive())
    }
}

// SAFETY: as above.
unsafe impl<const RECURSIVE: bool> lock_api::RawRwLockFair for RawRwLock<RECURSIVE> {
    unsafe fn unlock_shared_fair(&self, guard: Guard) {
        runtime::released_as(&self.tag, Mode::Shared);
        // SAFETY: the caller holds the lock in this mode by `guard`.
        unsafe { self.inner.unlock_shared_fair(guard) }
    }

    unsafe fn unlock_exclusive_fair(&self, guard: Guard) {
        runtime::released(&self.tag);
        // SAFETY: the caller holds the lock in this mode by `guard`.
        unsafe { self.inner.unlock_exclusive_fair(guard) }
    }

    // Given back and taken again in full, because that is what happens if anybody waits.
    #[track_caller]
    unsafe fn bump_shared(&self, guard: &mut Guard) {
        let site = Location::caller();
        // SAFETY: the caller holds the lock in this mode by `guard`, which is not used until it is
        // written again. Nothing unwinds in between.
        raw::take_again(|| unsafe {
            self.unlock_shared_fair(ptr::read(guard));
            ptr::write(guard, self.take_shared(site));
        });
    }

    #[track_caller]
    unsafe fn bump_exclusive(&self, guard: &mut Guard) {
        let site = Location::caller();
        // SAFETY: the caller holds the lock in this mode by `guard`, which is not used until it is
        // written again. Nothing unwinds in between.
        raw::take_again(|| unsafe {
            self.unlock_exclusive_fair(ptr::read(guard));
            ptr::write(guard, self.take_exclusive(site));
        });
    }
}

// SAFETY: as above.
unsafe impl<const RECURSIVE: bool> lock_api::RawRwLockTimed for RawRwLock<RECURSIVE> {
    type Duration = Duration;
    type Instant = Instant;

    #[track_caller]
    fn try_lock_shared_for(&self, timeout: Duration) -> Option<Guard> {
        self.in_time(Self::SHARED, Location::caller(), || self.inner.try_lock_shared_for(timeout))
    }

    #[track_caller]
    fn try_lock_shared_until(&self, timeout: Instant) -> Option<Guard> {
        self.in_time(Self::SHARED, Location::caller(), || self.inner.try_lock_shared_until(timeout))
    }

    #[track_caller]
    fn try_lock_exclusive_for(&self, timeout: Duration) -> Option<Guard> {
        self.in_time(Mode::Exclusive, Location::caller(), || {
            self.inner.try_lock_exclusive_for(timeout)
        })
    }

    #[track_caller]
    fn try_lock_exclusive_until(&self, timeout: Instant) -> Option<Guard> {
        self.in_time(Mode::Exclusive, Location::caller(), || {
            self.inner.try_lock_exclusive_until(timeout)
        })
    }
}

// SAFETY: as above.
unsafe impl<const RECURSIVE: bool> lock_api::RawRwLockDowngrade for RawRwLock<RECURSIVE> {
    unsafe fn downgrade(&self, guard: Guard) -> Guard {
        runtime::changed_mode(&self.tag, Self::SHARED);
        // SAFETY: the caller holds the lock in the mode to change by `guard`.
        unsafe { self.inner.downgrade(guard) }
    }
}

// SAFETY: as above.
unsafe impl<const RECURSIVE: bool> lock_api::RawRwLockUpgrade for RawRwLock<RECURSIVE> {
    type UpgradableGuard = Guard;

    #[track_caller]
    fn lock_upgradable(&self) -> Guard {
        self.take_upgradable(Location::caller())
    }

    #[track_caller]
    fn try_lock_upgradable(&self) -> Option<Guard> {
        let guard = self.inner.try_lock_upgradable();
        self.told(Mode::Upgradable, How::Try, Location::caller(), guard)
    }

    unsafe fn unlock_upgradable(&self, guard: Guard) {
        runtime::released_as(&self.tag, Mode::Upgradable);
        // SAFETY: the caller holds the lock in this mode by `guard`.
        unsafe { self.inner.unlock_upgradable(guard) }
    }

    #[track_caller]
    unsafe fn upgrade(&self, guard: Guard) -> Guard {
        let upgrading = Upgrading { lock: self, hold: Cell::new(Some(guard)) };
        let attempt = runtime::upgrading(&self.tag, Location::caller());
        let upgraded = match upgrading.try_raw() {
            Some(upgraded) => upgraded,
            None => runtime::contended(attempt, || upgrading.try_raw(), || upgrading.block()),
        };
        attempt.upgraded();
        upgraded
    }

    #[track_caller]
    unsafe fn try_upgrade(&self, guard: Guard) -> Result<Guard, Guard> {
        // SAFETY: the caller has the upgradable hold by `guard`.
        let upgraded = unsafe { self.inner.try_upgrade(guard) };
        self.told_upgrade(How::Try, Location::caller(), upgraded)
    }
}

// SAFETY: as above.
unsafe impl<const RECURSIVE: bool> lock_api::RawRwLockUpgradeFair for RawRwLock<RECURSIVE> {
    unsafe fn unlock_upgradable_fair(&self, guard: Guard) {
        runtime::released_as(&self.tag, Mode::Upgradable);
        // SAFETY: the caller holds the lock in this mode by `guard`.
        unsafe { self.inner.unlock_upgradable_fair(guard) }
    }

    #[track_caller]
    unsafe fn bump_upgradable(&self, guard: &mut Guard) {
        let site = Location::caller();
        // SAFETY: the caller holds the lock in this mode by `guard`, which is not used until it is
        // written again. Nothing unwinds in between.
        raw::take_again(|| unsafe {
            self.unlock_upgradable_fair(ptr::read(guard));
            ptr::write(guard, self.take_upgradable(site));
        });
    }
}

// SAFETY: as above.
unsafe impl<const RECURSIVE: bool> lock_api::RawRwLockUpgradeDowngrade for RawRwLock<RECURSIVE> {
    unsafe fn downgrade_upgradable(&self, guard: Guard) -> Guard {
        runtime::changed_mode(&self.tag, Self::SHARED);
        // SAFETY: the caller holds the lock in the mode to change by `guard`.
        unsafe { self.inner.downgrade_upgradable(guard) }
    }

    unsafe fn downgrade_to_upgradable(&self, guard: Guard) -> Guard {
        runtime::changed_mode(&self.tag, Mode::Upgradable);
        // SAFETY: the caller holds the lock in the mode to change by `guard`.
        unsafe { self.inner.downgrade_to_upgradable(guard) }
    }
}

// SAFETY: as above.
unsafe impl<const RECURSIVE: bool> lock_api::RawRwLockUpgradeTimed for RawRwLock<RECURSIVE> {
    #[track_caller]
    fn try_lock_upgradable_for(&self, timeout: Duration) -> Option<Guard> {
        self.in_time(Mode::Upgradable, Location::caller(), || {
            self.inner.try_lock_upgradable_for(timeout)
        })
    }

    #[track_caller]
    fn try_lock_upgradable_until(&self, timeout: Instant) -> Option<Guard> {
        self.in_time(Mode::Upgradable, Location::caller(), || {
            self.inner.try_lock_upgradable_until(timeout)
        })
    }

    #[track_caller]
    unsafe fn try_upgrade_for(&self, guard: Guard, timeout: Duration) -> Result<Guard, Guard> {
        // SAFETY: the caller has the upgradable hold by `guard`.
        self.upgraded_in_time(Location::caller(), || unsafe {
            self.inner.try_upgrade_for(guard, timeout)
        })
    }

    #[track_caller]
    unsafe fn try_upgrade_until(&self, guard: Guard, timeout: Instant) -> Result<Guard, Guard> {
        // SAFETY: the caller has the upgradable hold by `guard`.
        self.upgraded_in_time(Location::caller(), || unsafe {
            self.inner.try_upgrade_until(guard, timeout)
        })
    }
}
