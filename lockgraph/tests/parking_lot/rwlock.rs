//! Every method of `RwLock` but the recursive reads of 0.12.

#[cfg(feature = "arc_lock")]
use std::sync::Arc;
use std::time::Instant;

use super::pl::{
    MappedRwLockReadGuard, MappedRwLockWriteGuard, RwLock, RwLockReadGuard,
    RwLockUpgradableReadGuard, RwLockWriteGuard,
};
use crate::{LONG, SHORT, elsewhere, until_taken};

static RWLOCK: RwLock<Vec<i32>> = RwLock::new(Vec::new());

#[test]
fn a_static_rwlock() {
    RWLOCK.write().push(1);
    assert_eq!(*RWLOCK.read(), [1]);
}

/// Who else may come in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Open {
    All,
    Readers,
    PlainReaders,
    Nobody,
}

/// Asks for the lock in every way that gives up.
fn check_open<T: Send + Sync>(lock: &RwLock<T>, expected: Open) {
    let soon = || Instant::now() + SHORT;
    elsewhere(|| {
        let reads = [
            is_given(lock.try_read()),
            is_given(lock.try_read_for(SHORT)),
            is_given(lock.try_read_until(soon())),
        ];
        let upgradable_reads = [
            is_given(lock.try_upgradable_read()),
            is_given(lock.try_upgradable_read_for(SHORT)),
            is_given(lock.try_upgradable_read_until(soon())),
        ];
        let writes = [
            is_given(lock.try_write()),
            is_given(lock.try_write_for(SHORT)),
            is_given(lock.try_write_until(soon())),
        ];
        let upgradable = matches!(expected, Open::All | Open::Readers);
        assert_eq!(reads, [expected != Open::Nobody; 3], "reads");
        assert_eq!(upgradable_reads, [upgradable; 3], "upgradable reads");
        assert_eq!(writes, [expected == Open::All; 3], "writes");
        assert_eq!(lock.is_locked(), expected != Open::All);
        assert_eq!(lock.is_locked_exclusive(), expected == Open::Nobody);
    });
}

/// Drops the guard, which would live to the end of the whole expression otherwise.
fn is_given<G>(guard: Option<G>) -> bool {
    let given = guard.is_some();
    drop(guard);
    given
}

#[test]
fn taking_it() {
    let lock = RwLock::new(1);
    check_open(&lock, Open::All);
    let far = || Instant::now() + LONG;
    let read = lock.read();
    check_open(&lock, Open::Readers);
    drop(read);
    drop(lock.try_read().unwrap());
    drop(lock.try_read_for(LONG).unwrap());
    drop(lock.try_read_until(far()).unwrap());
    let write = lock.write();
    check_open(&lock, Open::Nobody);
    drop(write);
    type Write = fn(&RwLock<i32>) -> Option<RwLockWriteGuard<'_, i32>>;
    let writes: [Write; 3] = [
        |lock| lock.try_write(),
        |lock| lock.try_write_for(LONG),
        |lock| lock.try_write_until(Instant::now() + LONG),
    ];
    for write in writes {
        let write = write(&lock).unwrap();
        check_open(&lock, Open::Nobody);
        drop(write);
    }
    let upgradable = lock.upgradable_read();
    check_open(&lock, Open::PlainReaders);
    drop(upgradable);
    drop(lock.try_upgradable_read().unwrap());
    drop(lock.try_upgradable_read_for(LONG).unwrap());
    drop(lock.try_upgradable_read_until(far()).unwrap());
    check_open(&lock, Open::All);
}

#[test]
fn waiting_for_it() {
    let lock = RwLock::new(0);
    let write = || *lock.write() += 1;
    let upgrade = || {
        let mut write = RwLockUpgradableReadGuard::upgrade(lock.upgradable_read());
        *write += 1;
    };
    std::thread::scope(|scope| {
        scope.spawn(|| (0..1000).for_each(|_| write()));
        scope.spawn(|| (0..1000).for_each(|_| upgrade()));
        scope.spawn(|| (0..1000).for_each(|_| assert!(*lock.read() <= 3000)));
        scope.spawn(|| (0..1000).for_each(|_| lock.upgradable_read().with_upgraded(|n| *n += 1)));
    });
    assert_eq!(*lock.read(), 3000);
}

#[test]
fn changing_the_mode() {
    let lock = RwLock::new(0);
    let read = RwLockWriteGuard::downgrade(lock.write());
    check_open(&lock, Open::Readers);
    drop(read);
    let upgradable = RwLockWriteGuard::downgrade_to_upgradable(lock.write());
    check_open(&lock, Open::PlainReaders);
    let write = RwLockUpgradableReadGuard::upgrade(upgradable);
    check_open(&lock, Open::Nobody);
    drop(write);
    let read = RwLockUpgradableReadGuard::downgrade(lock.upgradable_read());
    check_open(&lock, Open::Readers);
    drop(read);
    check_open(&lock, Open::All);
}

#[test]
fn upgrades_that_give_up() {
    type Upgradable<'a> = RwLockUpgradableReadGuard<'a, i32>;
    type Upgrade<'a> = fn(Upgradable<'a>) -> Result<RwLockWriteGuard<'a, i32>, Upgradable<'a>>;
    let lock = RwLock::new(0);
    let reader = lock.read();
    let upgrades: [Upgrade<'_>; 3] = [
        RwLockUpgradableReadGuard::try_upgrade,
        |guard| RwLockUpgradableReadGuard::try_upgrade_for(guard, SHORT),
        |guard| RwLockUpgradableReadGuard::try_upgrade_until(guard, Instant::now() + SHORT),
    ];
    let mut upgradable = lock.try_upgradable_read().unwrap();
    for upgrade in upgrades {
        upgradable = upgrade(upgradable).unwrap_err();
        check_open(&lock, Open::PlainReaders);
    }
    assert_eq!(upgradable.try_with_upgraded(|_| ()), None);
    assert_eq!(upgradable.try_with_upgraded_for(SHORT, |_| ()), None);
    assert_eq!(upgradable.try_with_upgraded_until(Instant::now() + SHORT, |_| ()), None);
    drop(reader);
    for upgrade in upgrades {
        let mut write = upgrade(upgradable).unwrap();
        check_open(&lock, Open::Nobody);
        *write += 1;
        upgradable = RwLockWriteGuard::downgrade_to_upgradable(write);
    }
    upgradable.with_upgraded(|n| *n += 1);
    assert!(upgradable.try_with_upgraded(|n| *n += 1).is_some());
    assert!(upgradable.try_with_upgraded_for(LONG, |n| *n += 1).is_some());
    assert!(upgradable.try_with_upgraded_until(Instant::now() + LONG, |n| *n += 1).is_some());
    assert_eq!(*upgradable, 7);
    drop(upgradable);
    check_open(&lock, Open::All);
}

#[test]
fn giving_way() {
    let lock = RwLock::new(0);
    let take = || *lock.write() += 1;
    let pause = std::thread::yield_now;

    let mut read = lock.read();
    until_taken(take, || RwLockReadGuard::bump(&mut read));
    until_taken(take, || RwLockReadGuard::unlocked(&mut read, pause));
    until_taken(take, || RwLockReadGuard::unlocked_fair(&mut read, pause));
    check_open(&lock, Open::Readers);
    RwLockReadGuard::unlock_fair(read);

    let mut write = lock.write();
    until_taken(take, || RwLockWriteGuard::bump(&mut write));
    until_taken(take, || RwLockWriteGuard::unlocked(&mut write, pause));
    until_taken(take, || RwLockWriteGuard::unlocked_fair(&mut write, pause));
    check_open(&lock, Open::Nobody);
    RwLockWriteGuard::unlock_fair(write);

    let mut upgradable = lock.upgradable_read();
    until_taken(take, || RwLockUpgradableReadGuard::bump(&mut upgradable));
    until_taken(take, || RwLockUpgradableReadGuard::unlocked(&mut upgradable, pause));
    until_taken(take, || RwLockUpgradableReadGuard::unlocked_fair(&mut upgradable, pause));
    check_open(&lock, Open::PlainReaders);
    RwLockUpgradableReadGuard::unlock_fair(upgradable);

    assert_eq!(*lock.read(), 9);
    check_open(&lock, Open::All);
}

#[test]
fn guards_of_a_part() {
    let lock = RwLock::new((1, 2));

    let first: MappedRwLockReadGuard<'_, i32> = RwLockReadGuard::map(lock.read(), |pair| &pair.0);
    let first = MappedRwLockReadGuard::map(first, |first| first);
    assert_eq!(*first, 1);
    check_open(&lock, Open::Readers);
    MappedRwLockReadGuard::unlock_fair(first);
    assert!(RwLockReadGuard::try_map(lock.read(), |_| None::<&i32>).is_err());
    assert!(RwLockReadGuard::try_map(lock.read(), |pair| Some(&pair.0)).is_ok());

    let mut second: MappedRwLockWriteGuard<'_, i32> =
        RwLockWriteGuard::map(lock.write(), |pair| &mut pair.1);
    *second = 3;
    let second = MappedRwLockWriteGuard::map(second, |second| second);
    check_open(&lock, Open::Nobody);
    MappedRwLockWriteGuard::unlock_fair(second);
    assert!(RwLockWriteGuard::try_map(lock.write(), |_| None::<&mut i32>).is_err());
    assert!(RwLockWriteGuard::try_map(lock.write(), |pair| Some(&mut pair.0)).is_ok());

    assert_eq!(*lock.read(), (1, 3));
    check_open(&lock, Open::All);
}

#[test]
fn the_whole_of_it() {
    let mut lock = RwLock::new(1);
    let read = lock.read();
    assert_eq!(format!("{lock:?} {read:?} {read}"), "RwLock { data: 1 } 1 1");
    assert!(std::ptr::eq(RwLockReadGuard::rwlock(&read), &lock));
    drop(read);
    let write = lock.write();
    assert_eq!(format!("{lock:?} {write:?} {write}"), "RwLock { data: <locked> } 1 1");
    assert!(std::ptr::eq(RwLockWriteGuard::rwlock(&write), &lock));
    drop(write);
    let upgradable = lock.upgradable_read();
    assert!(std::ptr::eq(RwLockUpgradableReadGuard::rwlock(&upgradable), &lock));
    drop(upgradable);
    *lock.get_mut() += 1;
    assert_eq!(lock.into_inner(), 2);
    assert_eq!(RwLock::<i32>::default().into_inner(), 0);
    assert_eq!(RwLock::from(1).into_inner(), 1);
}

#[test]
fn a_value_without_a_size() {
    let lock: &RwLock<[i32]> = &RwLock::new([1, 2]);
    lock.write()[0] = 3;
    assert_eq!(*lock.read(), [3, 2]);
}

#[cfg(feature = "arc_lock")]
#[test]
fn guards_that_keep_it_alive() {
    use super::pl::{ArcRwLockReadGuard, ArcRwLockUpgradableReadGuard, ArcRwLockWriteGuard};
    let lock = Arc::new(RwLock::new(0));
    let far = || Instant::now() + LONG;
    drop(lock.read_arc());
    drop(lock.try_read_arc().unwrap());
    drop(lock.try_read_arc_for(LONG).unwrap());
    drop(lock.try_read_arc_until(far()).unwrap());
    *lock.write_arc() += 1;
    *lock.try_write_arc().unwrap() += 1;
    *lock.try_write_arc_for(LONG).unwrap() += 1;
    *lock.try_write_arc_until(far()).unwrap() += 1;
    drop(lock.upgradable_read_arc());
    drop(lock.try_upgradable_read_arc().unwrap());
    drop(lock.try_upgradable_read_arc_for(LONG).unwrap());
    drop(lock.try_upgradable_read_arc_until(far()).unwrap());

    let read: ArcRwLockReadGuard<_, i32> = ArcRwLockWriteGuard::downgrade(lock.write_arc());
    check_open(&lock, Open::Readers);
    ArcRwLockReadGuard::unlock_fair(read);
    let upgradable: ArcRwLockUpgradableReadGuard<_, i32> =
        ArcRwLockWriteGuard::downgrade_to_upgradable(lock.write_arc());
    check_open(&lock, Open::PlainReaders);
    let mut write: ArcRwLockWriteGuard<_, i32> = ArcRwLockUpgradableReadGuard::upgrade(upgradable);
    check_open(&lock, Open::Nobody);
    until_taken(|| *lock.write() += 1, || ArcRwLockWriteGuard::bump(&mut write));
    drop(lock);
    assert_eq!(*write, 5);
}
