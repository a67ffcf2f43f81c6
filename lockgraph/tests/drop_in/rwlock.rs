//! `RwLock` and its guards.

use std::fmt::Display;

use super::{unwind_with, while_unwinding};
use crate::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard, TryLockError};
use crate::thread;

static LIMIT: RwLock<u64> = RwLock::new(7);

fn poisoned(value: i32) -> RwLock<i32> {
    let lock = RwLock::new(value);
    unwind_with(lock.write().unwrap());
    assert!(lock.is_poisoned());
    lock
}

#[test]
fn made_in_every_way() {
    let mut lock = RwLock::new(1);
    *lock.get_mut().unwrap() += 1;
    *lock.write().unwrap() += 1;
    assert_eq!(*lock.read().unwrap(), 3);
    assert_eq!(lock.into_inner().unwrap(), 3);
    assert_eq!(*RwLock::from("text").read().unwrap(), "text");
    assert_eq!(RwLock::<Vec<u8>>::default().into_inner().unwrap(), []);
    assert_eq!(*LIMIT.read().unwrap(), 7);
}

#[test]
fn readers_share_and_writers_do_not() {
    let lock = RwLock::new(1);
    let first = lock.read().unwrap();
    let second = lock.try_read().unwrap();
    assert!(matches!(lock.try_write(), Err(TryLockError::WouldBlock)));
    drop(first);
    assert!(lock.try_write().is_err());
    drop(second);
    let writer = lock.try_write().unwrap();
    assert!(matches!(lock.try_read(), Err(TryLockError::WouldBlock)));
    assert!(matches!(lock.try_write(), Err(TryLockError::WouldBlock)));
    drop(writer);
    assert_eq!(*lock.read().unwrap(), 1);
}

#[test]
fn a_writer_becomes_a_reader() {
    let lock = RwLock::new(1);
    let mut writer = lock.write().unwrap();
    *writer += 1;
    let reader = RwLockWriteGuard::downgrade(writer);
    assert_eq!(*reader, *lock.try_read().unwrap());
    assert!(lock.try_write().is_err());
    drop(reader);
    assert!(lock.try_write().is_ok());

    let lock = poisoned(5);
    let reader = RwLockWriteGuard::downgrade(lock.write().unwrap_err().into_inner());
    assert_eq!(*reader, 5);
}

#[test]
fn nobody_writes_between_a_writer_and_the_reader_it_becomes() {
    let lock = RwLock::new(0);
    let writer = lock.write().unwrap();
    thread::scope(|scope| {
        let other = scope.spawn(|| *lock.write().unwrap() = 9);
        let reader = RwLockWriteGuard::downgrade(writer);
        assert_eq!(*reader, 0);
        drop(reader);
        other.join().unwrap();
    });
    assert_eq!(*lock.read().unwrap(), 9);
}

#[test]
fn one_writer_at_a_time() {
    let lock = RwLock::new((0, 0));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..300 {
                    let mut pair = lock.write().unwrap();
                    pair.0 += 1;
                    thread::yield_now();
                    pair.1 += 1;
                }
            });
            scope.spawn(|| {
                for _ in 0..300 {
                    let pair = lock.read().unwrap();
                    assert_eq!(pair.0, pair.1);
                }
            });
        }
    });
    assert_eq!(lock.into_inner().unwrap(), (900, 900));
}

#[test]
fn unsized_values() {
    let slice: &RwLock<[i32]> = &RwLock::new([1, 2, 3]);
    slice.write().unwrap()[1] = 5;
    assert_eq!(*slice.read().unwrap(), [1, 5, 3]);
    let shown: Arc<RwLock<dyn Display>> = Arc::new(RwLock::new(12));
    assert_eq!(shown.try_read().unwrap().to_string(), "12");
}

#[test]
fn printed() {
    let lock = RwLock::new("x");
    let reader = lock.read().unwrap();
    assert_eq!(format!("{reader} {reader:?}"), r#"x "x""#);
    assert_eq!(format!("{lock:?}"), r#"RwLock { data: "x", poisoned: false, .. }"#);
    drop(reader);
    let writer = lock.write().unwrap();
    assert_eq!(format!("{writer} {writer:?}"), r#"x "x""#);
    assert_eq!(format!("{lock:?}"), "RwLock { data: <locked>, poisoned: false, .. }");
    drop(writer);
    assert_eq!(format!("{:?}", poisoned(3)), "RwLock { data: 3, poisoned: true, .. }");
}

#[test]
fn a_panic_of_a_writer_poisons() {
    let mut lock = poisoned(1);
    assert_eq!(*lock.read().unwrap_err().into_inner(), 1);
    **lock.write().unwrap_err().get_mut() += 1;
    assert!(
        matches!(lock.try_read(), Err(TryLockError::Poisoned(guard)) if **guard.get_ref() == 2)
    );
    assert!(matches!(lock.try_write(), Err(TryLockError::Poisoned(_))));
    assert_eq!(*lock.get_mut().unwrap_err().into_inner(), 2);
    *lock.write().unwrap_or_else(PoisonError::into_inner) = 3;
    assert!(lock.is_poisoned());
    lock.clear_poison();
    assert!(!lock.is_poisoned());
    assert_eq!(*lock.write().unwrap(), 3);
    assert_eq!(poisoned(4).into_inner().unwrap_err().into_inner(), 4);
}

#[test]
fn other_panics_do_not_poison() {
    let lock = RwLock::new(1);
    unwind_with(lock.read().unwrap());
    unwind_with(lock.try_read().unwrap());
    unwind_with(RwLockWriteGuard::downgrade(lock.write().unwrap()));
    while_unwinding(|| *lock.write().unwrap() += 1);
    while_unwinding(|| *lock.try_write().unwrap() += 1);
    assert!(!lock.is_poisoned());
    assert_eq!(*lock.read().unwrap(), 3);
}
