//! What 0.13 no longer has, or has otherwise.

use std::time::Instant;

use super::pl::lock_api::{RawMutex as _, RawRwLock as _};
use super::pl::{
    FairMutex, Mutex, RawMutex, RawRwLock, RawThreadId, ReentrantMutex, RwLock, RwLockReadGuard,
    const_fair_mutex, const_mutex, const_reentrant_mutex, const_rwlock,
};
use crate::{LONG, SHORT, elsewhere};

static MUTEX: Mutex<i32> = const_mutex(1);
static FAIR_MUTEX: FairMutex<i32> = const_fair_mutex(2);
static REENTRANT: ReentrantMutex<i32> = const_reentrant_mutex(3);
static RWLOCK: RwLock<i32> = const_rwlock(4);

#[test]
fn constants() {
    let values = (*MUTEX.lock(), *FAIR_MUTEX.lock(), *REENTRANT.lock(), *RWLOCK.read());
    assert_eq!(values, (1, 2, 3, 4));
}

#[test]
fn parts() {
    static MUTEX: Mutex<i32> = Mutex::const_new(RawMutex::INIT, 1);
    static RWLOCK: RwLock<i32> = RwLock::const_new(RawRwLock::INIT, 2);
    assert_eq!((*MUTEX.lock(), *RWLOCK.read()), (1, 2));
    assert_ne!(size_of::<ReentrantMutex<()>>(), size_of::<RawThreadId>());
}

#[test]
fn forced_releases() {
    let (mutex, lock) = (Mutex::new(1), RwLock::new(1));
    std::mem::forget((mutex.lock(), lock.read()));
    // SAFETY: both are held, and their guards are forgotten.
    unsafe {
        mutex.force_unlock();
        lock.force_unlock_read();
    }
    std::mem::forget((mutex.lock(), lock.write()));
    // SAFETY: as above.
    unsafe {
        mutex.force_unlock_fair();
        lock.force_unlock_write_fair();
    }
    assert!(!mutex.is_locked() && !lock.is_locked());
}

#[test]
fn recursive_reads() {
    let lock = RwLock::new(1);
    let reads: [RwLockReadGuard<'_, i32>; 4] = [
        lock.read_recursive(),
        lock.try_read_recursive().unwrap(),
        lock.try_read_recursive_for(LONG).unwrap(),
        lock.try_read_recursive_until(Instant::now() + LONG).unwrap(),
    ];
    assert!(elsewhere(|| lock.try_write().is_none()));
    drop(reads);
    let write = lock.write();
    elsewhere(|| {
        assert!(lock.try_read_recursive().is_none());
        assert!(lock.try_read_recursive_for(SHORT).is_none());
        assert!(lock.try_read_recursive_until(Instant::now() + SHORT).is_none());
    });
    drop(write);
}

#[test]
fn a_recursive_read_overtakes_a_waiting_writer() {
    let lock = RwLock::new(1);
    let outer = lock.read();
    std::thread::scope(|scope| {
        scope.spawn(|| *lock.write() = 2);
        // Other readers are shut out as soon as the writer waits.
        while elsewhere(|| lock.try_read().is_some()) {
            std::thread::yield_now();
        }
        assert_eq!(*lock.read_recursive(), 1);
        drop(outer);
    });
    assert_eq!(*lock.read(), 2);
}

#[cfg(feature = "arc_lock")]
#[test]
fn recursive_reads_that_keep_it_alive() {
    let lock = std::sync::Arc::new(RwLock::new(1));
    drop(lock.read_arc_recursive());
    drop(lock.try_read_recursive_arc().unwrap());
    drop(lock.try_read_arc_recursive_for(LONG).unwrap());
    drop(lock.try_read_arc_recursive_until(Instant::now() + LONG).unwrap());
    assert!(!lock.is_locked());
}
