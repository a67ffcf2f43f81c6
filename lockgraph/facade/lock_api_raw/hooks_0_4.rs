//! The hooks of `lock_api` 0.4, whose raw locks return nothing when they are taken, and mark by a
//! type what their guards promise.

use super::{At, Raw, runtime};
use crate::{
    RawMutex, RawMutexFair, RawMutexTimed, RawRwLock, RawRwLockDowngrade, RawRwLockFair,
    RawRwLockRecursive, RawRwLockRecursiveTimed, RawRwLockTimed, RawRwLockUpgrade,
    RawRwLockUpgradeDowngrade, RawRwLockUpgradeFair, RawRwLockUpgradeTimed,
};
use runtime::{How, Mode};

/// The marker of a guard that must stay in its thread has the size of the pointer in it.
fn is_sendable<Marker>() -> bool {
    size_of::<Marker>() == 0
}

impl<R: RawMutex> At<'_, R> {
    #[inline]
    pub(crate) fn lock(self) {
        self.lock.meet(is_sendable::<R::GuardMarker>);
        let raw = &self.lock.raw;
        self.take(Mode::Exclusive, || raw.try_lock().then_some(()), || raw.lock());
    }

    #[inline]
    pub(crate) fn try_lock(self) -> bool {
        self.lock.meet(is_sendable::<R::GuardMarker>);
        let taken = self.lock.raw.try_lock();
        self.told(Mode::Exclusive, How::Try, taken)
    }
}

impl<R> At<'_, R> {
    #[inline]
    fn told(&self, mode: Mode, how: How, taken: bool) -> bool {
        self.tell(mode, how, taken);
        taken
    }

    fn told_upgrade(&self, how: How, upgraded: bool) -> bool {
        self.tell_upgrade(how, upgraded);
        upgraded
    }
}

impl<R: RawMutex> Raw<R> {
    #[inline]
    pub(crate) unsafe fn unlock(&self) {
        self.give_back();
        // SAFETY: the caller holds the lock.
        unsafe { self.raw.unlock() }
    }
}

impl<R: RawMutexFair> Raw<R> {
    pub(crate) unsafe fn unlock_fair(&self) {
        self.give_back();
        // SAFETY: the caller holds the lock.
        unsafe { self.raw.unlock_fair() }
    }
}

// Here and below: a bump gives the lock back and takes it again in full, because that is what
// happens if anybody waits.
impl<R: RawMutexFair> At<'_, R> {
    pub(crate) unsafe fn bump(self) {
        // SAFETY: the caller holds the lock, and holds it again below.
        unsafe { self.lock.unlock_fair() };
        self.lock.again(self.site).lock();
    }
}

impl<R: RawMutexTimed> At<'_, R> {
    pub(crate) fn try_lock_for(self, timeout: R::Duration) -> bool {
        self.lock.meet(is_sendable::<R::GuardMarker>);
        let _waiting = self.limited(Mode::Exclusive);
        let taken = self.lock.raw.try_lock_for(timeout);
        self.told(Mode::Exclusive, How::Timed, taken)
    }

    pub(crate) fn try_lock_until(self, timeout: R::Instant) -> bool {
        self.lock.meet(is_sendable::<R::GuardMarker>);
        let _waiting = self.limited(Mode::Exclusive);
        let taken = self.lock.raw.try_lock_until(timeout);
        self.told(Mode::Exclusive, How::Timed, taken)
    }
}

impl<R: RawRwLock> At<'_, R> {
    #[inline]
    pub(crate) fn lock_shared(self) {
        self.lock.meet(is_sendable::<R::GuardMarker>);
        let raw = &self.lock.raw;
        let mode = self.lock.reader();
        self.take(mode, || raw.try_lock_shared().then_some(()), || raw.lock_shared());
    }

    #[inline]
    pub(crate) fn try_lock_shared(self) -> bool {
        self.lock.meet(is_sendable::<R::GuardMarker>);
        let taken = self.lock.raw.try_lock_shared();
        self.told(self.lock.reader(), How::Try, taken)
    }

    #[inline]
    pub(crate) fn lock_exclusive(self) {
        self.lock.meet(is_sendable::<R::GuardMarker>);
        let raw = &self.lock.raw;
        let try_raw = || raw.try_lock_exclusive().then_some(());
        self.take(Mode::Exclusive, try_raw, || raw.lock_exclusive());
    }

    #[inline]
    pub(crate) fn try_lock_exclusive(self) -> bool {
        self.lock.meet(is_sendable::<R::GuardMarker>);
        let taken = self.lock.raw.try_lock_exclusive();
        self.told(Mode::Exclusive, How::Try, taken)
    }
}

impl<R: RawRwLock> Raw<R> {
    #[inline]
    pub(crate) unsafe fn unlock_shared(&self) {
        self.give_back_as(self.reader());
        // SAFETY: the caller holds the lock in this mode.
        unsafe { self.raw.unlock_shared() }
    }

    #[inline]
    pub(crate) unsafe fn unlock_exclusive(&self) {
        self.give_back();
        // SAFETY: the caller holds the lock in this mode.
        unsafe { self.raw.unlock_exclusive() }
    }
}

impl<R: RawRwLockFair> Raw<R> {
    pub(crate) unsafe fn unlock_shared_fair(&self) {
        self.give_back_as(self.reader());
        // SAFETY: the caller holds the lock in this mode.
        unsafe { self.raw.unlock_shared_fair() }
    }

    pub(crate) unsafe fn unlock_exclusive_fair(&self) {
        self.give_back();
        // SAFETY: the caller holds the lock in this mode.
        unsafe { self.raw.unlock_exclusive_fair() }
    }
}

impl<R: RawRwLockFair> At<'_, R> {
    pub(crate) unsafe fn bump_shared(self) {
        // SAFETY: the caller holds the lock in this mode, and holds it again below.
        unsafe { self.lock.unlock_shared_fair() };
        self.lock.again(self.site).lock_shared();
    }

    pub(crate) unsafe fn bump_exclusive(self) {
        // SAFETY: the caller holds the lock in this mode, and holds it again below.
        unsafe { self.lock.unlock_exclusive_fair() };
        self.lock.again(self.site).lock_exclusive();
    }
}

impl<R: RawRwLockTimed> At<'_, R> {
    pub(crate) fn try_lock_shared_for(self, timeout: R::Duration) -> bool {
        self.lock.meet(is_sendable::<R::GuardMarker>);
        let _waiting = self.limited(self.lock.reader());
        let taken = self.lock.raw.try_lock_shared_for(timeout);
        self.told(self.lock.reader(), How::Timed, taken)
    }

    pub(crate) fn try_lock_shared_until(self, timeout: R::Instant) -> bool {
        self.lock.meet(is_sendable::<R::GuardMarker>);
        let _waiting = self.limited(self.lock.reader());
        let taken = self.lock.raw.try_lock_shared_until(timeout);
        self.told(self.lock.reader(), How::Timed, taken)
    }

    pub(crate) fn try_lock_exclusive_for(self, timeout: R::Duration) -> bool {
        self.lock.meet(is_sendable::<R::GuardMarker>);
        let _waiting = self.limited(Mode::Exclusive);
        let taken = self.lock.raw.try_lock_exclusive_for(timeout);
        self.told(Mode::Exclusive, How::Timed, taken)
    }

    pub(crate) fn try_lock_exclusive_until(self, timeout: R::Instant) -> bool {
        self.lock.meet(is_sendable::<R::GuardMarker>);
        let _waiting = self.limited(Mode::Exclusive);
        let taken = self.lock.raw.try_lock_exclusive_until(timeout);
        self.told(Mode::Exclusive, How::Timed, taken)
    }
}

impl<R: RawRwLockRecursive> At<'_, R> {
    pub(crate) fn lock_shared_recursive(self) {
        self.lock.meet(is_sendable::<R::GuardMarker>);
        let raw = &self.lock.raw;
        let try_raw = || raw.try_lock_shared_recursive().then_some(());
        self.take(Mode::SharedRecursive, try_raw, || raw.lock_shared_recursive());
    }

    pub(crate) fn try_lock_shared_recursive(self) -> bool {
        self.lock.meet(is_sendable::<R::GuardMarker>);
        let taken = self.lock.raw.try_lock_shared_recursive();
        self.told(Mode::SharedRecursive, How::Try, taken)
    }
}

impl<R: RawRwLockRecursiveTimed> At<'_, R> {
    pub(crate) fn try_lock_shared_recursive_for(self, timeout: R::Duration) -> bool {
        self.lock.meet(is_sendable::<R::GuardMarker>);
        let _waiting = self.limited(Mode::SharedRecursive);
        let taken = self.lock.raw.try_lock_shared_recursive_for(timeout);
        self.told(Mode::SharedRecursive, How::Timed, taken)
    }

    pub(crate) fn try_lock_shared_recursive_until(self, timeout: R::Instant) -> bool {
        self.lock.meet(is_sendable::<R::GuardMarker>);
        let _waiting = self.limited(Mode::SharedRecursive);
        let taken = self.lock.raw.try_lock_shared_recursive_until(timeout);
        self.told(Mode::SharedRecursive, How::Timed, taken)
    }
}

impl<R: RawRwLockDowngrade> Raw<R> {
    pub(crate) unsafe fn downgrade(&self) {
        self.change_mode(self.reader());
        // SAFETY: the caller holds the lock in the mode to change.
        unsafe { self.raw.downgrade() }
    }
}

impl<R: RawRwLockUpgrade> Raw<R> {
    pub(crate) unsafe fn unlock_upgradable(&self) {
        self.give_back_as(Mode::Upgradable);
        // SAFETY: the caller holds the lock in this mode.
        unsafe { self.raw.unlock_upgradable() }
    }
}

impl<R: RawRwLockUpgrade> At<'_, R> {
    pub(crate) fn lock_upgradable(self) {
        self.lock.meet(is_sendable::<R::GuardMarker>);
        let raw = &self.lock.raw;
        let try_raw = || raw.try_lock_upgradable().then_some(());
        self.take(Mode::Upgradable, try_raw, || raw.lock_upgradable());
    }

    pub(crate) fn try_lock_upgradable(self) -> bool {
        self.lock.meet(is_sendable::<R::GuardMarker>);
        let taken = self.lock.raw.try_lock_upgradable();
        self.told(Mode::Upgradable, How::Try, taken)
    }

    pub(crate) unsafe fn upgrade(self) {
        let raw = &self.lock.raw;
        // SAFETY: the caller has the upgradable hold, and keeps it until one of these succeeds.
        let try_raw = || unsafe { raw.try_upgrade() }.then_some(());
        // SAFETY: as above.
        self.take_upgrade(try_raw, || unsafe { raw.upgrade() });
    }

    pub(crate) unsafe fn try_upgrade(self) -> bool {
        // SAFETY: the caller has the upgradable hold.
        let upgraded = unsafe { self.lock.raw.try_upgrade() };
        self.told_upgrade(How::Try, upgraded)
    }
}

impl<R: RawRwLockUpgradeFair> Raw<R> {
    pub(crate) unsafe fn unlock_upgradable_fair(&self) {
        self.give_back_as(Mode::Upgradable);
        // SAFETY: the caller holds the lock in this mode.
        unsafe { self.raw.unlock_upgradable_fair() }
    }
}

impl<R: RawRwLockUpgradeFair> At<'_, R> {
    pub(crate) unsafe fn bump_upgradable(self) {
        // SAFETY: the caller holds the lock in this mode, and holds it again below.
        unsafe { self.lock.unlock_upgradable_fair() };
        self.lock.again(self.site).lock_upgradable();
    }
}

impl<R: RawRwLockUpgradeDowngrade> Raw<R> {
    pub(crate) unsafe fn downgrade_upgradable(&self) {
        self.change_mode(self.reader());
        // SAFETY: the caller holds the lock in the mode to change.
        unsafe { self.raw.downgrade_upgradable() }
    }

    pub(crate) unsafe fn downgrade_to_upgradable(&self) {
        self.change_mode(Mode::Upgradable);
        // SAFETY: the caller holds the lock in the mode to change.
        unsafe { self.raw.downgrade_to_upgradable() }
    }
}

impl<R: RawRwLockUpgradeTimed> At<'_, R> {
    pub(crate) fn try_lock_upgradable_for(self, timeout: R::Duration) -> bool {
        self.lock.meet(is_sendable::<R::GuardMarker>);
        let _waiting = self.limited(Mode::Upgradable);
        let taken = self.lock.raw.try_lock_upgradable_for(timeout);
        self.told(Mode::Upgradable, How::Timed, taken)
    }

    pub(crate) fn try_lock_upgradable_until(self, timeout: R::Instant) -> bool {
        self.lock.meet(is_sendable::<R::GuardMarker>);
        let _waiting = self.limited(Mode::Upgradable);
        let taken = self.lock.raw.try_lock_upgradable_until(timeout);
        self.told(Mode::Upgradable, How::Timed, taken)
    }

    pub(crate) unsafe fn try_upgrade_for(self, timeout: R::Duration) -> bool {
        let _waiting = self.limited(Mode::Exclusive);
        // SAFETY: the caller has the upgradable hold.
        let upgraded = unsafe { self.lock.raw.try_upgrade_for(timeout) };
        self.told_upgrade(How::Timed, upgraded)
    }

    pub(crate) unsafe fn try_upgrade_until(self, timeout: R::Instant) -> bool {
        let _waiting = self.limited(Mode::Exclusive);
        // SAFETY: the caller has the upgradable hold.
        let upgraded = unsafe { self.lock.raw.try_upgrade_until(timeout) };
        self.told_upgrade(How::Timed, upgraded)
    }
}
