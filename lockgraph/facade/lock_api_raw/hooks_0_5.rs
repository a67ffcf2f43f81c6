//! The hooks of `lock_api` 0.5, whose raw locks return a guard of their own when they are taken
//! and want it back; and of its condition variables.

use core::cell::Cell;
use core::ptr;

use super::{At, Raw, runtime, tag_here};
use crate::{
    RawCondvar, RawCondvarTimed, RawMutex, RawMutexFair, RawMutexTimed, RawRwLock,
    RawRwLockDowngrade, RawRwLockFair, RawRwLockTimed, RawRwLockUpgrade, RawRwLockUpgradeDowngrade,
    RawRwLockUpgradeFair, RawRwLockUpgradeTimed,
};
use runtime::{CondvarTag, How, LockKind, Mode, Site, Tag};

/// A guard must stay in its thread if it is `GuardNoSend`. What other types promise cannot be
/// asked.
fn is_sendable<Guard>() -> bool {
    !core::any::type_name::<Guard>().ends_with("::GuardNoSend")
}

fn is_either_sendable<R: RawRwLock>() -> bool {
    is_sendable::<R::SharedGuard>() || is_sendable::<R::ExclusiveGuard>()
}

impl<R> At<'_, R> {
    #[inline]
    fn told<G>(&self, mode: Mode, how: How, taken: Option<G>) -> Option<G> {
        self.tell(mode, how, taken.is_some());
        taken
    }

    fn told_upgrade<G, U>(&self, how: How, upgraded: Result<G, U>) -> Result<G, U> {
        self.tell_upgrade(how, upgraded.is_ok());
        upgraded
    }
}

impl<R: RawMutex> At<'_, R> {
    #[inline]
    pub(crate) fn lock(self) -> R::Guard {
        self.lock.meet(is_sendable::<R::Guard>);
        let raw = &self.lock.raw;
        self.take(Mode::Exclusive, || raw.try_lock(), || raw.lock())
    }

    #[inline]
    pub(crate) fn try_lock(self) -> Option<R::Guard> {
        self.lock.meet(is_sendable::<R::Guard>);
        let taken = self.lock.raw.try_lock();
        self.told(Mode::Exclusive, How::Try, taken)
    }
}

impl<R: RawMutex> Raw<R> {
    #[inline]
    pub(crate) unsafe fn unlock(&self, guard: R::Guard) {
        self.give_back();
        // SAFETY: the caller holds the lock by `guard`.
        unsafe { self.raw.unlock(guard) }
    }
}

impl<R: RawMutexFair> Raw<R> {
    pub(crate) unsafe fn unlock_fair(&self, guard: R::Guard) {
        self.give_back();
        // SAFETY: the caller holds the lock by `guard`.
        unsafe { self.raw.unlock_fair(guard) }
    }
}

// Here and below: a bump gives the lock back and takes it again in full, because that is what
// happens if anybody waits. If the acquisition panics, the process is aborted, so that nobody
// sees the guard which was moved out.
impl<R: RawMutexFair> At<'_, R> {
    pub(crate) unsafe fn bump(self, guard: &mut R::Guard) {
        // SAFETY: the caller holds the lock by `guard`, which is replaced below.
        unsafe { self.lock.unlock_fair(ptr::read(guard)) };
        let taken = self.lock.again(self.site).lock();
        // SAFETY: `guard` was moved out above.
        unsafe { ptr::write(guard, taken) };
    }
}

impl<R: RawMutexTimed> At<'_, R> {
    pub(crate) fn try_lock_for(self, timeout: R::Duration) -> Option<R::Guard> {
        self.lock.meet(is_sendable::<R::Guard>);
        let _waiting = self.limited(Mode::Exclusive);
        let taken = self.lock.raw.try_lock_for(timeout);
        self.told(Mode::Exclusive, How::Timed, taken)
    }

    pub(crate) fn try_lock_until(self, timeout: R::Instant) -> Option<R::Guard> {
        self.lock.meet(is_sendable::<R::Guard>);
        let _waiting = self.limited(Mode::Exclusive);
        let taken = self.lock.raw.try_lock_until(timeout);
        self.told(Mode::Exclusive, How::Timed, taken)
    }
}

impl<R: RawRwLock> At<'_, R> {
    #[inline]
    pub(crate) fn lock_shared(self) -> R::SharedGuard {
        self.lock.meet(is_either_sendable::<R>);
        let raw = &self.lock.raw;
        self.take(self.lock.reader(), || raw.try_lock_shared(), || raw.lock_shared())
    }

    #[inline]
    pub(crate) fn try_lock_shared(self) -> Option<R::SharedGuard> {
        self.lock.meet(is_either_sendable::<R>);
        let taken = self.lock.raw.try_lock_shared();
        self.told(self.lock.reader(), How::Try, taken)
    }

    #[inline]
    pub(crate) fn lock_exclusive(self) -> R::ExclusiveGuard {
        self.lock.meet(is_either_sendable::<R>);
        let raw = &self.lock.raw;
        self.take(Mode::Exclusive, || raw.try_lock_exclusive(), || raw.lock_exclusive())
    }

    #[inline]
    pub(crate) fn try_lock_exclusive(self) -> Option<R::ExclusiveGuard> {
        self.lock.meet(is_either_sendable::<R>);
        let taken = self.lock.raw.try_lock_exclusive();
        self.told(Mode::Exclusive, How::Try, taken)
    }
}

impl<R: RawRwLock> Raw<R> {
    #[inline]
    pub(crate) unsafe fn unlock_shared(&self, guard: R::SharedGuard) {
        self.give_back_as(self.reader());
        // SAFETY: the caller holds the lock by `guard`.
        unsafe { self.raw.unlock_shared(guard) }
    }

    #[inline]
    pub(crate) unsafe fn unlock_exclusive(&self, guard: R::ExclusiveGuard) {
        self.give_back();
        // SAFETY: the caller holds the lock by `guard`.
        unsafe { self.raw.unlock_exclusive(guard) }
    }
}

impl<R: RawRwLockFair> Raw<R> {
    pub(crate) unsafe fn unlock_shared_fair(&self, guard: R::SharedGuard) {
        self.give_back_as(self.reader());
        // SAFETY: the caller holds the lock by `guard`.
        unsafe { self.raw.unlock_shared_fair(guard) }
    }

    pub(crate) unsafe fn unlock_exclusive_fair(&self, guard: R::ExclusiveGuard) {
        self.give_back();
        // SAFETY: the caller holds the lock by `guard`.
        unsafe { self.raw.unlock_exclusive_fair(guard) }
    }
}

impl<R: RawRwLockFair> At<'_, R> {
    pub(crate) unsafe fn bump_shared(self, guard: &mut R::SharedGuard) {
        // SAFETY: the caller holds the lock by `guard`, which is replaced below.
        unsafe { self.lock.unlock_shared_fair(ptr::read(guard)) };
        let taken = self.lock.again(self.site).lock_shared();
        // SAFETY: `guard` was moved out above.
        unsafe { ptr::write(guard, taken) };
    }

    pub(crate) unsafe fn bump_exclusive(self, guard: &mut R::ExclusiveGuard) {
        // SAFETY: the caller holds the lock by `guard`, which is replaced below.
        unsafe { self.lock.unlock_exclusive_fair(ptr::read(guard)) };
        let taken = self.lock.again(self.site).lock_exclusive();
        // SAFETY: `guard` was moved out above.
        unsafe { ptr::write(guard, taken) };
    }
}

impl<R: RawRwLockTimed> At<'_, R> {
    pub(crate) fn try_lock_shared_for(self, timeout: R::Duration) -> Option<R::SharedGuard> {
        self.lock.meet(is_either_sendable::<R>);
        let _waiting = self.limited(self.lock.reader());
        let taken = self.lock.raw.try_lock_shared_for(timeout);
        self.told(self.lock.reader(), How::Timed, taken)
    }

    pub(crate) fn try_lock_shared_until(self, timeout: R::Instant) -> Option<R::SharedGuard> {
        self.lock.meet(is_either_sendable::<R>);
        let _waiting = self.limited(self.lock.reader());
        let taken = self.lock.raw.try_lock_shared_until(timeout);
        self.told(self.lock.reader(), How::Timed, taken)
    }

    pub(crate) fn try_lock_exclusive_for(self, timeout: R::Duration) -> Option<R::ExclusiveGuard> {
        self.lock.meet(is_either_sendable::<R>);
        let _waiting = self.limited(Mode::Exclusive);
        let taken = self.lock.raw.try_lock_exclusive_for(timeout);
        self.told(Mode::Exclusive, How::Timed, taken)
    }

    pub(crate) fn try_lock_exclusive_until(self, timeout: R::Instant) -> Option<R::ExclusiveGuard> {
        self.lock.meet(is_either_sendable::<R>);
        let _waiting = self.limited(Mode::Exclusive);
        let taken = self.lock.raw.try_lock_exclusive_until(timeout);
        self.told(Mode::Exclusive, How::Timed, taken)
    }
}

impl<R: RawRwLockDowngrade> Raw<R> {
    pub(crate) unsafe fn downgrade(&self, guard: R::ExclusiveGuard) -> R::SharedGuard {
        self.change_mode(self.reader());
        // SAFETY: the caller holds the lock by `guard`.
        unsafe { self.raw.downgrade(guard) }
    }
}

impl<R: RawRwLockUpgrade> Raw<R> {
    pub(crate) unsafe fn unlock_upgradable(&self, guard: R::UpgradableGuard) {
        self.give_back_as(Mode::Upgradable);
        // SAFETY: the caller holds the lock by `guard`.
        unsafe { self.raw.unlock_upgradable(guard) }
    }
}

impl<R: RawRwLockUpgrade> At<'_, R> {
    pub(crate) fn lock_upgradable(self) -> R::UpgradableGuard {
        self.lock.meet(is_either_sendable::<R>);
        let raw = &self.lock.raw;
        self.take(Mode::Upgradable, || raw.try_lock_upgradable(), || raw.lock_upgradable())
    }

    pub(crate) fn try_lock_upgradable(self) -> Option<R::UpgradableGuard> {
        self.lock.meet(is_either_sendable::<R>);
        let taken = self.lock.raw.try_lock_upgradable();
        self.told(Mode::Upgradable, How::Try, taken)
    }

    pub(crate) unsafe fn upgrade(self, guard: R::UpgradableGuard) -> R::ExclusiveGuard {
        let upgrading = Upgrading { lock: self.lock, hold: Cell::new(Some(guard)) };
        self.take_upgrade(|| upgrading.try_raw(), || upgrading.block())
    }

    pub(crate) unsafe fn try_upgrade(
        self,
        guard: R::UpgradableGuard,
    ) -> Result<R::ExclusiveGuard, R::UpgradableGuard> {
        // SAFETY: the caller has the upgradable hold by `guard`.
        let upgraded = unsafe { self.lock.raw.try_upgrade(guard) };
        self.told_upgrade(How::Try, upgraded)
    }
}

/// An upgradable hold that waits to be upgraded. Dropped with the hold, it gives it back: that is
/// when the upgrade panics.
struct Upgrading<'a, R: RawRwLockUpgrade> {
    lock: &'a Raw<R>,
    hold: Cell<Option<R::UpgradableGuard>>,
}

impl<R: RawRwLockUpgrade> Upgrading<'_, R> {
    fn try_raw(&self) -> Option<R::ExclusiveGuard> {
        let hold = self.hold.take()?;
        // SAFETY: `hold` is the guard of the upgradable hold.
        match unsafe { self.lock.raw.try_upgrade(hold) } {
            Ok(upgraded) => Some(upgraded),
            Err(hold) => {
                self.hold.set(Some(hold));
                None
            }
        }
    }

    fn block(&self) -> R::ExclusiveGuard {
        let hold = self.hold.take().expect("the hold stays here until an upgrade succeeds");
        // SAFETY: `hold` is the guard of the upgradable hold.
        unsafe { self.lock.raw.upgrade(hold) }
    }
}

impl<R: RawRwLockUpgrade> Drop for Upgrading<'_, R> {
    fn drop(&mut self) {
        if let Some(hold) = self.hold.take() {
            // SAFETY: `hold` is the guard of the upgradable hold.
            unsafe { self.lock.unlock_upgradable(hold) }
        }
    }
}

impl<R: RawRwLockUpgradeFair> Raw<R> {
    pub(crate) unsafe fn unlock_upgradable_fair(&self, guard: R::UpgradableGuard) {
        self.give_back_as(Mode::Upgradable);
        // SAFETY: the caller holds the lock by `guard`.
        unsafe { self.raw.unlock_upgradable_fair(guard) }
    }
}

impl<R: RawRwLockUpgradeFair> At<'_, R> {
    pub(crate) unsafe fn bump_upgradable(self, guard: &mut R::UpgradableGuard) {
        // SAFETY: the caller holds the lock by `guard`, which is replaced below.
        unsafe { self.lock.unlock_upgradable_fair(ptr::read(guard)) };
        let taken = self.lock.again(self.site).lock_upgradable();
        // SAFETY: `guard` was moved out above.
        unsafe { ptr::write(guard, taken) };
    }
}

impl<R: RawRwLockUpgradeDowngrade> Raw<R> {
    pub(crate) unsafe fn downgrade_upgradable(&self, guard: R::UpgradableGuard) -> R::SharedGuard {
        self.change_mode(self.reader());
        // SAFETY: the caller holds the lock by `guard`.
        unsafe { self.raw.downgrade_upgradable(guard) }
    }

    pub(crate) unsafe fn downgrade_to_upgradable(
        &self,
        guard: R::ExclusiveGuard,
    ) -> R::UpgradableGuard {
        self.change_mode(Mode::Upgradable);
        // SAFETY: the caller holds the lock by `guard`.
        unsafe { self.raw.downgrade_to_upgradable(guard) }
    }
}

impl<R: RawRwLockUpgradeTimed> At<'_, R> {
    pub(crate) fn try_lock_upgradable_for(
        self,
        timeout: R::Duration,
    ) -> Option<R::UpgradableGuard> {
        self.lock.meet(is_either_sendable::<R>);
        let _waiting = self.limited(Mode::Upgradable);
        let taken = self.lock.raw.try_lock_upgradable_for(timeout);
        self.told(Mode::Upgradable, How::Timed, taken)
    }

    pub(crate) fn try_lock_upgradable_until(
        self,
        timeout: R::Instant,
    ) -> Option<R::UpgradableGuard> {
        self.lock.meet(is_either_sendable::<R>);
        let _waiting = self.limited(Mode::Upgradable);
        let taken = self.lock.raw.try_lock_upgradable_until(timeout);
        self.told(Mode::Upgradable, How::Timed, taken)
    }

    pub(crate) unsafe fn try_upgrade_for(
        self,
        guard: R::UpgradableGuard,
        timeout: R::Duration,
    ) -> Result<R::ExclusiveGuard, R::UpgradableGuard> {
        let _waiting = self.limited(Mode::Exclusive);
        // SAFETY: the caller has the upgradable hold by `guard`.
        let upgraded = unsafe { self.lock.raw.try_upgrade_for(guard, timeout) };
        self.told_upgrade(How::Timed, upgraded)
    }

    pub(crate) unsafe fn try_upgrade_until(
        self,
        guard: R::UpgradableGuard,
        timeout: R::Instant,
    ) -> Result<R::ExclusiveGuard, R::UpgradableGuard> {
        let _waiting = self.limited(Mode::Exclusive);
        // SAFETY: the caller has the upgradable hold by `guard`.
        let upgraded = unsafe { self.lock.raw.try_upgrade_until(guard, timeout) };
        self.told_upgrade(How::Timed, upgraded)
    }
}

/// A raw condition variable and which it is.
pub(crate) struct Condition<C> {
    tag: CondvarTag,
    raw: C,
}

impl<C> Condition<C> {
    #[track_caller]
    pub(crate) const fn new(raw: C) -> Condition<C> {
        Condition { tag: CondvarTag::new(tag_here(LockKind::Condvar)), raw }
    }

    #[inline]
    pub(crate) fn untracked(&self) -> &C {
        &self.raw
    }

    #[inline]
    pub(crate) fn at(&self, site: Site) -> ConditionAt<'_, C> {
        ConditionAt { condition: self, site }
    }
}

/// A raw condition variable at the moment of being used.
pub(crate) struct ConditionAt<'a, C> {
    condition: &'a Condition<C>,
    site: Site,
}

type MutexGuardOf<C> = <<C as RawCondvar>::RawMutex as RawMutex>::Guard;

impl<'a, C: RawCondvar> ConditionAt<'a, C> {
    /// While a thread waits, its mutex counts as given back.
    fn begin(&self, mutex: &'a Raw<C::RawMutex>, how: How) -> Option<runtime::CondWait<'a>> {
        let tag = &self.condition.tag;
        mutex.is_tracked().then(|| runtime::cond_waiting(tag, &mutex.tag, how, self.site))
    }

    pub(crate) unsafe fn wait(self, mutex: &'a Raw<C::RawMutex>, guard: &mut MutexGuardOf<C>) {
        let _waiting = self.begin(mutex, How::Blocking);
        // SAFETY: the caller holds `mutex` by `guard`.
        unsafe { self.condition.raw.wait(&mutex.raw, guard) }
    }

    pub(crate) fn notify_one(self) -> bool {
        let _notifying = runtime::notifying(&self.condition.tag, self.site);
        self.condition.raw.notify_one()
    }

    pub(crate) fn notify_all(self) -> usize {
        let _notifying = runtime::notifying(&self.condition.tag, self.site);
        self.condition.raw.notify_all()
    }
}

impl<'a, C: RawCondvarTimed> ConditionAt<'a, C>
where
    C::RawMutex: RawMutexTimed,
{
    pub(crate) unsafe fn wait_until(
        self,
        mutex: &'a Raw<C::RawMutex>,
        guard: &mut MutexGuardOf<C>,
        timeout: &<C::RawMutex as RawMutexTimed>::Instant,
    ) -> bool {
        let _waiting = self.begin(mutex, How::Timed);
        // SAFETY: the caller holds `mutex` by `guard`.
        unsafe { self.condition.raw.wait_until(&mutex.raw, guard, timeout) }
    }

    pub(crate) unsafe fn wait_for(
        self,
        mutex: &'a Raw<C::RawMutex>,
        guard: &mut MutexGuardOf<C>,
        timeout: &<C::RawMutex as RawMutexTimed>::Duration,
    ) -> bool {
        let _waiting = self.begin(mutex, How::Timed);
        // SAFETY: the caller holds `mutex` by `guard`.
        unsafe { self.condition.raw.wait_for(&mutex.raw, guard, timeout) }
    }
}
