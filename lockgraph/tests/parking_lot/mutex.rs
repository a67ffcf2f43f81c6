//! Every method of `Mutex` and `FairMutex`, which are one type over two raw locks.

#[cfg(feature = "arc_lock")]
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::pl::lock_api::{self, MappedMutexGuard, MutexGuard, RawMutexFair, RawMutexTimed};
use super::pl::{self, FairMutex, Mutex};
use crate::{LONG, SHORT, elsewhere, until_taken};

/// What both raw locks can do.
trait Raw: RawMutexFair + RawMutexTimed<Duration = Duration, Instant = Instant> + Send + Sync {}
impl Raw for pl::RawMutex {}
impl Raw for pl::RawFairMutex {}

static MUTEX: Mutex<Vec<i32>> = Mutex::new(Vec::new());
static FAIR_MUTEX: FairMutex<Vec<i32>> = FairMutex::new(Vec::new());

#[test]
fn a_static_mutex() {
    MUTEX.lock().push(1);
    FAIR_MUTEX.lock().push(1);
    assert_eq!((&*MUTEX.lock(), &*FAIR_MUTEX.lock()), (&vec![1], &vec![1]));
}

#[test]
fn taking_it() {
    check_taking(&Mutex::new(0));
    check_taking(&FairMutex::new(0));
}

fn check_taking<R: Raw>(mutex: &lock_api::Mutex<R, i32>) {
    *mutex.lock() += 1;
    *mutex.try_lock().unwrap() += 1;
    *mutex.try_lock_for(LONG).unwrap() += 1;
    *mutex.try_lock_until(Instant::now() + LONG).unwrap() += 1;
    let guard = mutex.lock();
    assert_eq!(*guard, 4);
    assert!(mutex.is_locked());
    elsewhere(|| {
        assert!(mutex.try_lock().is_none());
        assert!(mutex.try_lock_for(SHORT).is_none());
        assert!(mutex.try_lock_until(Instant::now() + SHORT).is_none());
    });
    drop(guard);
    assert!(!mutex.is_locked());
    assert_eq!(elsewhere(|| *mutex.lock()), 4);
}

#[test]
fn waiting_for_it() {
    check_waiting(&Mutex::new(0));
    check_waiting(&FairMutex::new(0));
}

fn check_waiting<R: Raw>(mutex: &lock_api::Mutex<R, i32>) {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..1000).for_each(|_| *mutex.lock() += 1));
        }
    });
    assert_eq!(*mutex.lock(), 4000);
}

#[test]
fn giving_way() {
    check_giving_way(&Mutex::new(0));
    check_giving_way(&FairMutex::new(0));
}

fn check_giving_way<R: Raw>(mutex: &lock_api::Mutex<R, i32>) {
    let take = || *mutex.lock() += 1;
    let mut guard = mutex.lock();
    until_taken(take, || MutexGuard::bump(&mut guard));
    until_taken(take, || MutexGuard::unlocked(&mut guard, std::thread::yield_now));
    until_taken(take, || MutexGuard::unlocked_fair(&mut guard, std::thread::yield_now));
    assert_eq!(*guard, 3);
    assert!(elsewhere(|| mutex.try_lock().is_none()));
    MutexGuard::unlock_fair(guard);
    assert_eq!(MutexGuard::unlocked(&mut mutex.lock(), || elsewhere(|| *mutex.lock())), 3);
    assert!(!mutex.is_locked());
}

#[test]
fn guards_of_a_part() {
    check_mapped(&Mutex::new((1, 2)));
    check_mapped(&FairMutex::new((1, 2)));
}

fn check_mapped<R: Raw>(mutex: &lock_api::Mutex<R, (i32, i32)>) {
    let mut first = MutexGuard::map(mutex.lock(), |pair| &mut pair.0);
    *first = 3;
    let first = MappedMutexGuard::map(first, |first| first);
    assert!(elsewhere(|| mutex.try_lock().is_none()));
    MappedMutexGuard::unlock_fair(first);
    let Err(guard) = MutexGuard::try_map(mutex.lock(), |_| None::<&mut i32>) else {
        panic!("mapped to nothing")
    };
    let Ok(second) = MutexGuard::try_map(guard, |pair| Some(&mut pair.1)) else {
        panic!("not mapped")
    };
    let Err(second) = MappedMutexGuard::try_map(second, |_| None::<&mut i32>) else {
        panic!("mapped to nothing")
    };
    assert_eq!(*second, 2);
    assert!(elsewhere(|| mutex.try_lock().is_none()));
    drop(second);
    assert_eq!(*mutex.lock(), (3, 2));
}

#[test]
fn the_whole_of_it() {
    check_whole(Mutex::new(1), "Mutex { data: 1 }", "Mutex { data: <locked> }");
    check_whole(FairMutex::new(1), "Mutex { data: 1 }", "Mutex { data: <locked> }");
}

fn check_whole<R: Raw>(mut mutex: lock_api::Mutex<R, i32>, free: &str, held: &str) {
    assert_eq!(format!("{mutex:?}"), free);
    let guard = mutex.lock();
    assert_eq!(format!("{mutex:?} {guard:?} {guard}"), format!("{held} 1 1"));
    assert!(std::ptr::eq(MutexGuard::mutex(&guard), &mutex));
    drop(guard);
    *mutex.get_mut() += 1;
    *MutexGuard::leak(mutex.lock()) += 1;
    assert!(mutex.is_locked());
    // SAFETY: the mutex is not held by anybody else, and borrowed mutably.
    assert_eq!(unsafe { *mutex.data_ptr() }, 3);
    assert_eq!(mutex.into_inner(), 3);
    assert_eq!(lock_api::Mutex::<R, i32>::default().into_inner(), 0);
    assert_eq!(lock_api::Mutex::<R, i32>::from(1).into_inner(), 1);
    assert_eq!(lock_api::Mutex::<R, i32>::from_raw(R::INIT, 2).into_inner(), 2);
}

#[test]
fn a_value_without_a_size() {
    let mutex: &Mutex<[i32]> = &Mutex::new([1, 2]);
    mutex.lock()[0] = 3;
    assert_eq!(*mutex.lock(), [3, 2]);
}

#[cfg(feature = "arc_lock")]
#[test]
fn guards_that_keep_it_alive() {
    check_arc(Arc::new(Mutex::new(0)));
    check_arc(Arc::new(FairMutex::new(0)));
}

#[cfg(feature = "arc_lock")]
fn check_arc<R: Raw>(mutex: Arc<lock_api::Mutex<R, i32>>) {
    *mutex.lock_arc() += 1;
    *mutex.try_lock_arc().unwrap() += 1;
    *mutex.try_lock_arc_for(LONG).unwrap() += 1;
    *mutex.try_lock_arc_until(Instant::now() + LONG).unwrap() += 1;
    let mut guard: pl::ArcMutexGuard<R, i32> = mutex.lock_arc();
    elsewhere(|| {
        assert!(mutex.try_lock_arc().is_none());
        assert!(mutex.try_lock_arc_for(SHORT).is_none());
        assert!(mutex.try_lock_arc_until(Instant::now() + SHORT).is_none());
    });
    let take = || *mutex.lock() += 1;
    until_taken(take, || pl::ArcMutexGuard::bump(&mut guard));
    until_taken(take, || pl::ArcMutexGuard::unlocked(&mut guard, std::thread::yield_now));
    until_taken(take, || pl::ArcMutexGuard::unlocked_fair(&mut guard, std::thread::yield_now));
    assert!(Arc::ptr_eq(pl::ArcMutexGuard::mutex(&guard), &mutex));
    pl::ArcMutexGuard::unlock_fair(guard);
    drop(pl::ArcMutexGuard::into_arc(mutex.lock_arc()));
    drop(pl::ArcMutexGuard::into_arc_fair(mutex.lock_arc()));
    let guard = mutex.lock_arc();
    drop(mutex);
    assert_eq!(*guard, 7);
}

#[test]
fn names_of_the_types() {
    let mutex = Mutex::new(1);
    let guard: pl::MutexGuard<'_, i32> = mutex.lock();
    let _mapped: pl::MappedMutexGuard<'_, i32> = pl::MutexGuard::map(guard, |value| value);
    let mutex = FairMutex::new(1);
    let guard: pl::FairMutexGuard<'_, i32> = mutex.lock();
    let _mapped: pl::MappedFairMutexGuard<'_, i32> = pl::FairMutexGuard::map(guard, |value| value);
}
