//! What a semaphore does, in every build: nothing here asks what the detector says.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use lockgraph::sync::{Arc, OwnedPermit, Permit, Semaphore};
use lockgraph::thread;

/// So short that it is over at once.
const SHORT: Duration = Duration::from_millis(1);

/// Unwinds while `held` is alive.
fn unwind_with<T>(held: T) {
    let unwinding = || {
        let _held = held;
        resume_unwind(Box::new(()));
    };
    assert!(catch_unwind(AssertUnwindSafe(unwinding)).is_err());
}

#[test]
fn permits_go_and_come_back() {
    static SEMAPHORE: Semaphore = Semaphore::new(3);
    let one = SEMAPHORE.acquire();
    let two = SEMAPHORE.acquire_many(2);
    assert_eq!((one.permits(), two.permits(), SEMAPHORE.available()), (1, 2, 0));
    assert!(SEMAPHORE.try_acquire().is_none() && SEMAPHORE.acquire_timeout(SHORT).is_none());
    drop(two);
    assert!(SEMAPHORE.try_acquire_many(3).is_none());
    assert!(SEMAPHORE.acquire_many_timeout(3, SHORT).is_none());
    assert_eq!(SEMAPHORE.try_acquire_many(2).map(|permit| permit.permits()), Some(2));
    unwind_with(one);
    assert_eq!(SEMAPHORE.acquire_many_timeout(3, SHORT).unwrap().permits(), 3);
    assert_eq!(SEMAPHORE.available(), 3);
}

#[test]
fn owned_permits_keep_the_semaphore_and_may_go_to_another_thread() {
    let semaphore = Arc::new(Semaphore::bounded(6));
    let all = [
        semaphore.acquire_owned(),
        semaphore.acquire_many_owned(1),
        semaphore.try_acquire_owned().unwrap(),
        semaphore.try_acquire_many_owned(1).unwrap(),
        semaphore.acquire_timeout_owned(SHORT).unwrap(),
        semaphore.acquire_many_timeout_owned(1, SHORT).unwrap(),
    ];
    assert!(semaphore.try_acquire_owned().is_none());
    assert!(semaphore.acquire_timeout_owned(SHORT).is_none());
    let weak = Arc::downgrade(&semaphore);
    drop(semaphore);
    let back = thread::spawn(move || {
        let [first, .., last] = all;
        first.forget();
        (last.permits(), last)
    });
    let (count, last) = back.join().unwrap();
    assert_eq!((count, weak.upgrade().unwrap().available()), (1, 4));
    drop(last);
    assert!(weak.upgrade().is_none());
}

#[test]
fn nothing_is_taken_at_once_and_gives_nothing_back() {
    let semaphore = Arc::new(Semaphore::bounded(0));
    semaphore.acquire_many(0).forget();
    drop(semaphore.acquire_many_owned(0));
    assert_eq!(semaphore.try_acquire_many(0).unwrap().permits(), 0);
    semaphore.release(0);
    assert_eq!(semaphore.available(), 0);
}

#[test]
fn what_is_forgotten_does_not_come_back_but_can_be_made_up_for() {
    let semaphore = Semaphore::bounded(2);
    semaphore.acquire_many(2).forget();
    assert!(semaphore.try_acquire().is_none());
    semaphore.release(1);
    assert!(semaphore.try_acquire_many(2).is_none());
    assert_eq!(semaphore.available(), 1);
    semaphore.release(1);
    assert_eq!(semaphore.acquire_many(2).permits(), 2);
}

#[test]
fn a_bounded_semaphore_has_never_more_and_an_unbounded_one_counts_to_the_end() {
    let bounded = Semaphore::bounded(2);
    bounded.release(1);
    let permit = bounded.acquire();
    // The permit that is out counts, and of two that are given, one is no better than none.
    bounded.release(1);
    assert_eq!(bounded.available(), 1);
    permit.forget();
    bounded.release(2);
    assert_eq!(bounded.available(), 1);
    let too_many = catch_unwind(AssertUnwindSafe(|| drop(bounded.acquire_many(3))));
    assert!(too_many.is_err() && bounded.available() == 1);

    let unbounded = Semaphore::new(1);
    let permit = unbounded.acquire();
    unbounded.release(usize::MAX - 1);
    assert!(catch_unwind(AssertUnwindSafe(|| unbounded.release(1))).is_err());
    assert_eq!(unbounded.available(), usize::MAX - 1);
    drop(permit);
    assert_eq!(unbounded.acquire_many(usize::MAX).permits(), usize::MAX);
}

#[test]
fn a_release_is_a_signal() {
    let (there, back) = (Semaphore::new(0), Semaphore::new(0));
    let turn = AtomicUsize::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            for at in 0..1000 {
                there.acquire().forget();
                assert_eq!(turn.swap(2 * at + 2, Ordering::Relaxed), 2 * at + 1);
                back.release(1);
            }
        });
        for at in 0..1000 {
            assert_eq!(turn.swap(2 * at + 1, Ordering::Relaxed), 2 * at);
            there.release(1);
            back.acquire().forget();
        }
    });
}

/// Sleepers of every sort wait for permits that come one by one, from all sides; none sleeps on.
#[test]
fn whoever_waits_is_woken_whatever_the_others_want() {
    let semaphore = Arc::new(Semaphore::bounded(4));
    for _ in 0..100 {
        let all = semaphore.acquire_many(4);
        thread::scope(|scope| {
            let semaphore = &semaphore;
            for count in [1, 3, 1, 4] {
                scope.spawn(|| drop(semaphore.acquire()));
                scope.spawn(|| drop(semaphore.acquire_owned()));
                scope.spawn(move || drop(semaphore.acquire_many(count)));
                let timed = || drop(semaphore.acquire_timeout(Duration::MAX).unwrap());
                scope.spawn(timed);
            }
            all.forget();
            (0..4).for_each(|_| semaphore.release(1));
        });
        assert_eq!(semaphore.available(), 4);
    }
}

/// Never more holders than permits, whoever takes them and however.
#[test]
fn eight_threads_never_have_more_permits_than_there_are() {
    const PERMITS: usize = 3;
    let semaphore = Arc::new(Semaphore::bounded(PERMITS));
    let taken = AtomicUsize::new(0);
    let enter = |count: usize| {
        let before = taken.fetch_add(count, Ordering::AcqRel);
        assert!(before + count <= PERMITS, "{before} and {count}");
        taken.fetch_sub(count, Ordering::AcqRel);
    };
    let with = |permit: Permit<'_>| enter(permit.permits());
    let with_owned = |permit: OwnedPermit| enter(permit.permits());
    let turn = |at: usize| match at % 8 {
        0 => with(semaphore.acquire()),
        1 => with(semaphore.acquire_many(1 + at % PERMITS)),
        2 => drop(semaphore.try_acquire().map(with)),
        3 => drop(semaphore.acquire_timeout(SHORT).map(with)),
        4 => with_owned(semaphore.acquire_owned()),
        5 => with_owned(semaphore.acquire_many_owned(1 + at % PERMITS)),
        6 => drop(semaphore.acquire_many_timeout(2, SHORT).map(with)),
        _ => {
            // One of another's making.
            let permit = semaphore.acquire();
            enter(1);
            permit.forget();
            semaphore.release(1);
        }
    };
    let turn = &turn;
    thread::scope(|scope| {
        for thread in 0..8 {
            scope.spawn(move || (0..5_000).for_each(|at| turn(thread + at * 7)));
        }
    });
    assert_eq!((semaphore.available(), taken.into_inner()), (PERMITS, 0));
}

#[test]
fn what_it_prints() {
    let semaphore = Arc::new(Semaphore::new(2));
    let (permit, owned) = (semaphore.acquire(), semaphore.acquire_owned());
    assert_eq!(format!("{semaphore:?}"), "Semaphore { available: 0, .. }");
    assert_eq!(format!("{permit:?}"), "Permit { permits: 1, .. }");
    assert_eq!(format!("{owned:?}"), "OwnedPermit { permits: 1, .. }");
}

/// A guard of a longer life serves where one of a shorter life is wanted.
#[test]
fn guards_are_covariant() {
    fn shorten<'a>(permit: Permit<'static>, _: &'a u8) -> Permit<'a> {
        permit
    }
    static SEMAPHORE: Semaphore = Semaphore::new(1);
    drop(shorten(SEMAPHORE.acquire(), &1));
    assert_eq!(SEMAPHORE.available(), 1);
}
