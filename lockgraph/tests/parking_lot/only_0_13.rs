//! What 0.12 does not have, or has otherwise.

use std::panic::catch_unwind;
use std::time::Instant;

use super::pl::lock_api::{RawMutex as _, RawRwLock as _};
use super::pl::{
    MappedRecursiveRwLockReadGuard, MappedRecursiveRwLockWriteGuard, Mutex, Once, OnceState,
    RawMutex, RawRwLock, RawRwLockRecursive, RecursiveRwLock, RecursiveRwLockReadGuard,
    RecursiveRwLockUpgradableReadGuard, RecursiveRwLockWriteGuard, RwLock,
};
use crate::{LONG, SHORT, elsewhere, until_taken};

static RWLOCK: RecursiveRwLock<i32> = RecursiveRwLock::new(1);

#[test]
fn parts() {
    static MUTEX: Mutex<i32> = Mutex::from_raw(RawMutex::INIT, 1);
    static LOCK: RwLock<i32> = RwLock::from_raw(RawRwLock::INIT, 2);
    static RECURSIVE: RecursiveRwLock<i32> = RecursiveRwLock::from_raw(RawRwLockRecursive::INIT, 3);
    assert_eq!((*MUTEX.lock(), *LOCK.read(), *RECURSIVE.read(), *RWLOCK.read()), (1, 2, 3, 1));
    assert_eq!(Mutex::new(4).into_inner_with_raw().1, 4);
    assert_eq!(RwLock::new(5).into_inner_with_raw().1, 5);
}

#[test]
fn a_read_of_a_recursive_lock_overtakes_a_waiting_writer() {
    let lock = RecursiveRwLock::new(1);
    let outer = lock.read();
    std::thread::scope(|scope| {
        scope.spawn(|| *lock.write() = 2);
        // Upgradable readers are shut out as soon as the writer waits.
        while elsewhere(|| lock.try_upgradable_read().is_some()) {
            std::thread::yield_now();
        }
        assert_eq!(*lock.read(), 1);
        drop(outer);
    });
    assert_eq!(*lock.read(), 2);
}

#[test]
fn recursive_locks_can_what_others_can() {
    let lock = RecursiveRwLock::new((1, 2));
    let write: RecursiveRwLockWriteGuard<'_, _> = lock.write();
    elsewhere(|| {
        assert!(lock.try_read_for(SHORT).is_none());
        assert!(lock.try_write_until(Instant::now() + SHORT).is_none());
    });
    let upgradable: RecursiveRwLockUpgradableReadGuard<'_, _> =
        RecursiveRwLockWriteGuard::downgrade_to_upgradable(write);
    assert!(elsewhere(|| lock.try_read_for(LONG).is_some()));
    let write = RecursiveRwLockUpgradableReadGuard::upgrade(upgradable);
    let mut read: RecursiveRwLockReadGuard<'_, _> = RecursiveRwLockWriteGuard::downgrade(write);
    until_taken(|| lock.write().0 += 1, || RecursiveRwLockReadGuard::bump(&mut read));
    let first: MappedRecursiveRwLockReadGuard<'_, i32> =
        RecursiveRwLockReadGuard::map(read, |pair| &pair.0);
    assert_eq!(*first, 2);
    drop(first);
    let second: MappedRecursiveRwLockWriteGuard<'_, i32> =
        RecursiveRwLockWriteGuard::map(lock.write(), |pair| &mut pair.1);
    assert_eq!(*second, 2);
    drop(second);
    assert!(!lock.is_locked());
}

#[test]
fn completion_of_a_once() {
    static DONE: Once = Once::new_completed();
    DONE.call_once(|| unreachable!());
    DONE.wait();
    let once = Once::new();
    assert!(!once.is_completed());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            once.wait();
            assert!(once.is_completed());
        });
        scope.spawn(|| once.wait_force());
        once.call_once(|| assert!(!once.is_completed()));
    });
    once.wait_force();
}

#[test]
fn waiting_for_a_once_that_panicked() {
    let once = Once::new();
    assert!(catch_unwind(|| once.call_once(|| panic!("on purpose"))).is_err());
    assert!(catch_unwind(|| once.wait()).is_err());
    std::thread::scope(|scope| {
        scope.spawn(|| once.wait_force());
        once.call_once_force(|state| {
            assert!(state.is_poisoned() && !state.is_completed());
        });
    });
    assert_eq!(once.state(), OnceState::Done);
}
