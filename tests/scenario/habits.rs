//! How the detector behaves in a program that it should not disturb.

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use lockgraph::sync::{Condvar, Mutex};
use lockgraph::{named, thread};

use crate::detector;

/// A real deadlock that ends by the panic of one thread: the other one goes on, and no lock is
/// poisoned.
pub(super) fn victim() {
    detector::tell_at_once();
    let pair = Arc::new((named::mutex(&"left", 0_u32), named::mutex(&"right", 0_u32)));
    let met = Arc::new(Barrier::new(2));
    let run = |first: usize| {
        let (pair, met) = (Arc::clone(&pair), Arc::clone(&met));
        thread::spawn(move || {
            let (mine, theirs) = if first == 0 { (&pair.0, &pair.1) } else { (&pair.1, &pair.0) };
            let mut mine = mine.lock().expect("not poisoned");
            met.wait();
            let mut theirs = theirs.lock().expect("not poisoned by the victim");
            *mine += 1;
            *theirs += 1;
        })
    };
    let ends = [run(0), run(1)].map(thread::JoinHandle::join);
    let panicked = ends.iter().filter(|end| end.is_err()).count();
    assert_eq!(panicked, 1, "one thread is the victim, the other goes on");
    assert!(!pair.0.is_poisoned() && !pair.1.is_poisoned(), "a victim poisons nothing");
    assert_eq!(*pair.0.lock().expect("not poisoned"), 1, "the other thread did its work");
}

/// Locks taken while a thread's locals are destroyed, before and after the detector's own.
pub(super) fn tls_destructor() {
    static FIRST: Mutex<u32> = Mutex::new(0);
    static SECOND: Mutex<u32> = Mutex::new(0);
    struct Last;
    impl Drop for Last {
        fn drop(&mut self) {
            let mut first = FIRST.lock().expect("nobody panics");
            *SECOND.lock().expect("nobody panics") += 1;
            *first += 1;
        }
    }
    thread_local!(static EARLY: RefCell<Option<Last>> = const { RefCell::new(None) });
    thread_local!(static LATE: RefCell<Option<Last>> = const { RefCell::new(None) });
    detector::tell_at_once();
    for locks_before in [false, true] {
        let user = thread::spawn(move || {
            EARLY.with(|last| *last.borrow_mut() = locks_before.then(|| Last));
            drop(FIRST.lock().expect("nobody panics"));
            LATE.with(|last| *last.borrow_mut() = Some(Last));
        });
        user.join().expect("nobody panics");
    }
    assert_eq!(*SECOND.lock().expect("nobody panics"), 3, "every destructor has run");
}

/// A callback that takes tracked locks itself, in both orders.
pub(super) fn callback_takes_locks() {
    static ONE: Mutex<u32> = Mutex::new(0);
    static TWO: Mutex<u32> = Mutex::new(0);
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    lockgraph::on_finding(|finding| {
        let call = CALLS.fetch_add(1, Ordering::SeqCst);
        let (first, second) = if call.is_multiple_of(2) { (&ONE, &TWO) } else { (&TWO, &ONE) };
        let _first = first.lock().expect("nobody panics");
        let _second = second.lock().expect("nobody panics");
        detector::tell(finding);
    });
    super::order::two_mistakes_untold();
    assert!(CALLS.load(Ordering::SeqCst) >= 2, "both mistakes reached the callback");
}

/// A program without mistakes: nothing may be printed.
pub(super) fn quiet() {
    let pair = Arc::new((Mutex::new(0), Mutex::new(0)));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    let mut outer = pair.0.lock().expect("nobody panics");
                    *pair.1.lock().expect("nobody panics") += *outer;
                    *outer += 1;
                }
            });
        }
    });
}

/// `wait_while` waits as long as the predicate is true, and looks before it waits.
pub(super) fn wait_while() {
    detector::tell_at_once();
    let shared = Arc::new((Mutex::new(true), Condvar::new()));
    let is_false = Mutex::new(false);
    drop(shared.1.wait_while(is_false.lock().expect("nobody panics"), |wait| *wait));
    let other = Arc::clone(&shared);
    let waiter = thread::spawn(move || {
        let guard = other.0.lock().expect("nobody panics");
        let guard = other.1.wait_while(guard, |wait| *wait).expect("nobody panics");
        assert!(!*guard, "it comes back when the predicate is false");
    });
    *shared.0.lock().expect("nobody panics") = false;
    shared.1.notify_all();
    waiter.join().expect("nobody panics");
}

/// Two threads hand a turn to and fro; a lost wake-up would hang.
pub(super) fn wakeups() {
    const ROUNDS: u32 = 2000;
    detector::tell_at_once();
    let shared = Arc::new((Mutex::new(0_u32), Condvar::new()));
    let play = |parity: u32| {
        let shared = Arc::clone(&shared);
        thread::spawn(move || {
            for _ in 0..ROUNDS {
                let mut turn = shared.0.lock().expect("nobody panics");
                while *turn % 2 != parity {
                    turn = shared.1.wait(turn).expect("nobody panics");
                }
                *turn += 1;
                shared.1.notify_one();
            }
        })
    };
    let players = [play(0), play(1)];
    for player in players {
        player.join().expect("nobody panics");
    }
    assert_eq!(*shared.0.lock().expect("nobody panics"), 2 * ROUNDS);
}

/// The lock still excludes, and what it guards is seen by the next holder.
pub(super) fn counter() {
    detector::tell_at_once();
    let count = Mutex::new(0_u64);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..20_000 {
                    *count.lock().expect("nobody panics") += 1;
                }
            });
        }
    });
    assert_eq!(count.into_inner().expect("nobody panics"), 80_000);
}
