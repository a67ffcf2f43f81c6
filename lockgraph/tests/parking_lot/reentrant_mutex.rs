//! Every method of `ReentrantMutex`.

use std::cell::Cell;
#[cfg(feature = "arc_lock")]
use std::sync::Arc;
use std::time::Instant;

use super::pl::{
    MappedReentrantMutexGuard, RawThreadId, ReentrantMutex, ReentrantMutexGuard,
    lock_api::GetThreadId,
};
use crate::{LONG, SHORT, elsewhere, until_taken};

static MUTEX: ReentrantMutex<Cell<i32>> = ReentrantMutex::new(Cell::new(0));

#[test]
fn a_static_mutex() {
    MUTEX.lock().set(1);
    assert_eq!(MUTEX.lock().get(), 1);
}

#[test]
fn taking_it_again() {
    let mutex = ReentrantMutex::new(1);
    let outer = mutex.lock();
    let inner = [
        mutex.lock(),
        mutex.try_lock().unwrap(),
        mutex.try_lock_for(LONG).unwrap(),
        mutex.try_lock_until(Instant::now() + LONG).unwrap(),
    ];
    let refused = || {
        assert!(mutex.try_lock().is_none());
        assert!(mutex.try_lock_for(SHORT).is_none());
        assert!(mutex.try_lock_until(Instant::now() + SHORT).is_none());
        assert!(!mutex.is_owned_by_current_thread());
    };
    drop(outer);
    elsewhere(refused);
    assert!(mutex.is_locked());
    assert!(mutex.is_owned_by_current_thread());
    drop(inner);
    assert!(!mutex.is_locked());
    assert_eq!(elsewhere(|| *mutex.lock()), 1);
}

#[test]
fn waiting_for_it() {
    let mutex = ReentrantMutex::new(Cell::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..1000 {
                    let outer = mutex.lock();
                    mutex.lock().set(outer.get() + 1);
                }
            });
        }
    });
    assert_eq!(mutex.lock().get(), 4000);
}

#[test]
fn giving_way() {
    let mutex = ReentrantMutex::new(Cell::new(0));
    let take = || mutex.lock().set(mutex.lock().get() + 1);
    let mut guard = mutex.lock();
    until_taken(take, || ReentrantMutexGuard::bump(&mut guard));
    until_taken(take, || ReentrantMutexGuard::unlocked(&mut guard, std::thread::yield_now));
    until_taken(take, || ReentrantMutexGuard::unlocked_fair(&mut guard, std::thread::yield_now));
    assert_eq!(guard.get(), 3);
    assert!(elsewhere(|| mutex.try_lock().is_none()));
    ReentrantMutexGuard::unlock_fair(guard);
    assert!(!mutex.is_locked());
}

#[test]
fn guards_of_a_part() {
    let mutex = ReentrantMutex::new((1, 2));
    let first: MappedReentrantMutexGuard<'_, i32> =
        ReentrantMutexGuard::map(mutex.lock(), |pair| &pair.0);
    let first = MappedReentrantMutexGuard::map(first, |first| first);
    assert_eq!(*first, 1);
    assert!(elsewhere(|| mutex.try_lock().is_none()));
    MappedReentrantMutexGuard::unlock_fair(first);
    let Err(guard) = ReentrantMutexGuard::try_map(mutex.lock(), |_| None::<&i32>) else {
        panic!("mapped to nothing")
    };
    let Ok(second) = ReentrantMutexGuard::try_map(guard, |pair| Some(&pair.1)) else {
        panic!("not mapped")
    };
    assert_eq!(*second, 2);
    drop(second);
    assert!(!mutex.is_locked());
}

#[test]
fn the_whole_of_it() {
    let mut mutex = ReentrantMutex::new(1);
    let guard = mutex.lock();
    let debug = format!("{mutex:?} {guard:?} {guard}");
    assert_eq!(debug, "ReentrantMutex { data: 1 } 1 1");
    let held = elsewhere(|| format!("{mutex:?}"));
    assert_eq!(held, "ReentrantMutex { data: <locked> }");
    assert!(std::ptr::eq(ReentrantMutexGuard::remutex(&guard).data_ptr(), mutex.data_ptr()));
    drop(guard);
    *mutex.get_mut() += 1;
    assert_eq!(mutex.into_inner(), 2);
    assert_eq!(ReentrantMutex::<i32>::default().into_inner(), 0);
    assert_eq!(ReentrantMutex::from(1).into_inner(), 1);
    assert_ne!(RawThreadId.nonzero_thread_id(), elsewhere(|| RawThreadId.nonzero_thread_id()));
}

#[test]
fn a_value_without_a_size() {
    let mutex: &ReentrantMutex<[i32]> = &ReentrantMutex::new([1, 2]);
    assert_eq!(*mutex.lock(), [1, 2]);
}

#[cfg(feature = "arc_lock")]
#[test]
fn guards_that_keep_it_alive() {
    let mutex = Arc::new(ReentrantMutex::new(1));
    let outer: super::pl::ArcReentrantMutexGuard<_, _, i32> = mutex.lock_arc();
    let inner = [
        mutex.try_lock_arc().unwrap(),
        mutex.try_lock_arc_for(LONG).unwrap(),
        mutex.try_lock_arc_until(Instant::now() + LONG).unwrap(),
    ];
    drop(outer);
    elsewhere(|| {
        assert!(mutex.try_lock_arc().is_none());
        assert!(mutex.try_lock_arc_for(SHORT).is_none());
        assert!(mutex.try_lock_arc_until(Instant::now() + SHORT).is_none());
    });
    assert_eq!(Arc::strong_count(&mutex), 4);
    drop(mutex);
    assert_eq!(*inner[0], 1);
}
