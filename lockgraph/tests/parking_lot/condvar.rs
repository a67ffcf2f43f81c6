//! Every method of `Condvar`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use super::pl::{Condvar, Mutex};
use crate::{LONG, SHORT, elsewhere};

static CONDVAR: Condvar = Condvar::new();
static READY: Mutex<bool> = Mutex::new(false);

#[test]
fn a_static_condvar() {
    std::thread::scope(|scope| {
        let mut ready = READY.lock();
        scope.spawn(|| {
            *READY.lock() = true;
            CONDVAR.notify_one();
        });
        CONDVAR.wait_while(&mut ready, |ready| !*ready);
        assert!(*ready);
    });
}

/// Waits with `wait`, is notified by another thread that can take the mutex meanwhile, and has
/// the mutex again.
fn check_woken(name: &str, wait: impl FnOnce(&Condvar, &mut super::pl::MutexGuard<'_, bool>)) {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(false));
    std::thread::scope(|scope| {
        let mut guard = mutex.lock();
        scope.spawn(|| {
            let mut guard = mutex.lock();
            *guard = true;
            assert!(condvar.notify_one(), "{name}: somebody waits");
            drop(guard);
        });
        wait(&condvar, &mut guard);
        assert!(*guard, "{name}");
        assert!(elsewhere(|| mutex.try_lock().is_none()), "{name}: held again");
    });
    assert!(!mutex.is_locked(), "{name}: given back once");
}

#[test]
fn being_woken() {
    check_woken("wait", |condvar, guard| condvar.wait(guard));
    check_woken("wait_for", |condvar, guard| {
        assert!(!condvar.wait_for(guard, LONG).timed_out());
    });
    check_woken("wait_until", |condvar, guard| {
        assert!(!condvar.wait_until(guard, Instant::now() + LONG).timed_out());
    });
    check_woken("wait_while", |condvar, guard| condvar.wait_while(guard, |ready| !*ready));
    check_woken("wait_while_for", |condvar, guard| {
        assert!(!condvar.wait_while_for(guard, |ready| !*ready, LONG).timed_out());
    });
    check_woken("wait_while_until", |condvar, guard| {
        let at = Instant::now() + LONG;
        assert!(!condvar.wait_while_until(guard, |ready| !*ready, at).timed_out());
    });
}

#[test]
fn waiting_in_vain() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(0));
    let mut guard = mutex.lock();
    let soon = || Instant::now() + SHORT;
    assert!(condvar.wait_for(&mut guard, SHORT).timed_out());
    assert!(condvar.wait_until(&mut guard, soon()).timed_out());
    assert!(condvar.wait_while_for(&mut guard, |_| true, SHORT).timed_out());
    assert!(condvar.wait_while_until(&mut guard, |_| true, soon()).timed_out());
    assert!(!condvar.wait_while_for(&mut guard, |_| false, SHORT).timed_out());
    condvar.wait_while(&mut guard, |_| false);
    assert!(elsewhere(|| mutex.try_lock().is_none()));
    assert!(!condvar.notify_one());
    assert_eq!(condvar.notify_all(), 0);
}

#[test]
fn waking_all() {
    let (condvar, mutex) = (Condvar::new(), Mutex::new(0));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut waiting = mutex.lock();
                *waiting += 1;
                condvar.wait(&mut waiting);
                *waiting -= 1;
            });
        }
        // A thread has begun to wait when it has counted itself and the mutex is free.
        while *mutex.lock() < 3 {
            std::thread::yield_now();
        }
        assert_eq!(condvar.notify_all(), 3);
    });
    assert_eq!(*mutex.lock(), 0);
}

#[test]
fn two_mutexes_at_once() {
    let (condvar, first, second) = (Condvar::new(), Mutex::new(false), Mutex::new(()));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut waiting = first.lock();
            *waiting = true;
            condvar.wait(&mut waiting);
        });
        while !*first.lock() {
            std::thread::yield_now();
        }
        let mut guard = second.lock();
        let wait = AssertUnwindSafe(|| condvar.wait(&mut guard));
        assert!(catch_unwind(wait).is_err());
        assert!(elsewhere(|| second.try_lock().is_none()), "held as before");
        drop(guard);
        condvar.notify_all();
    });
    assert!(!second.is_locked());
}

#[test]
fn the_whole_of_it() {
    let (condvar, mutex) = (Condvar::default(), Mutex::new(()));
    assert_eq!(format!("{condvar:?}"), "Condvar { .. }");
    let result = condvar.wait_for(&mut mutex.lock(), SHORT);
    assert_eq!(format!("{result:?}"), "WaitTimeoutResult(true)");
    let copy: super::pl::WaitTimeoutResult = result;
    assert_eq!(copy, result);
}
