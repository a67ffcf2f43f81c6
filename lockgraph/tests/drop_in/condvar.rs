//! `Condvar`.

use std::panic;
use std::time::Duration;

use super::panic_message;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use crate::thread;

static WOKEN: Condvar = Condvar::new();

const LONG: Duration = Duration::from_secs(600);
const SHORT: Duration = Duration::from_millis(1);

/// Waits for `state` to be `wanted`, in one of the ways there are.
type Wait = for<'a> fn(&Condvar, MutexGuard<'a, u8>, u8) -> MutexGuard<'a, u8>;

const WAITS: [Wait; 4] = [
    |condvar, mut state, wanted| {
        while *state != wanted {
            state = condvar.wait(state).unwrap();
        }
        state
    },
    |condvar, state, wanted| condvar.wait_while(state, |state| *state != wanted).unwrap(),
    |condvar, mut state, wanted| {
        while *state != wanted {
            state = condvar.wait_timeout(state, LONG).unwrap().0;
        }
        state
    },
    |condvar, state, wanted| {
        let waited = condvar.wait_timeout_while(state, LONG, |state| *state != wanted);
        let (state, result) = waited.unwrap();
        assert!(!result.timed_out());
        state
    },
];

#[test]
fn two_threads_take_turns() {
    for wait in WAITS {
        for notify in [Condvar::notify_one, Condvar::notify_all] {
            let (state, turn) = (Mutex::new(0), Condvar::default());
            let play = |mine: u8| {
                for round in 0..20 {
                    let mut state = wait(&turn, state.lock().unwrap(), 2 * round + mine);
                    *state += 1;
                    notify(&turn);
                }
            };
            thread::scope(|scope| {
                scope.spawn(|| play(0));
                scope.spawn(|| play(1));
            });
            assert_eq!(state.into_inner().unwrap(), 40);
        }
    }
}

#[test]
fn all_are_woken() {
    let state = Mutex::new(0);
    thread::scope(|scope| {
        let (waiting, all_waiting) = mpsc::channel();
        for _ in 0..3 {
            let (state, waiting) = (&state, waiting.clone());
            scope.spawn(move || {
                let guard = state.lock().unwrap();
                waiting.send(()).unwrap();
                // Sent with the mutex held: whoever takes it next finds this thread waiting.
                drop(WOKEN.wait_while(guard, |state| *state == 0).unwrap());
            });
        }
        assert_eq!(all_waiting.iter().take(3).count(), 3);
        *state.lock().unwrap() = 1;
        WOKEN.notify_all();
    });
}

#[test]
fn a_condition_that_is_false_is_not_waited_for() {
    let (state, condvar) = (Mutex::new(5), Condvar::new());
    let mut asked = 0;
    let no = |state: &mut i32| {
        asked += 1;
        *state += 1;
        false
    };
    let guard = condvar.wait_while(state.lock().unwrap(), no).unwrap();
    assert_eq!((*guard, asked), (6, 1));
    let (guard, result) = condvar.wait_timeout_while(guard, Duration::ZERO, |_| false).unwrap();
    assert_eq!((*guard, result.timed_out()), (6, false));
}

#[test]
#[expect(deprecated, reason = "the oldest of them is part of the shape")]
fn time_runs_out() {
    let (state, condvar) = (Mutex::new(5), Condvar::new());
    // A wait may end for nothing, so each is repeated until it ends for want of time.
    let mut guard = state.lock().unwrap();
    let mut result;
    loop {
        (guard, result) = condvar.wait_timeout(guard, SHORT).unwrap();
        if result.timed_out() {
            break;
        }
    }
    let waited = condvar.wait_timeout_while(guard, SHORT, |_| true);
    let (guard, result) = waited.unwrap();
    assert_eq!((*guard, result.timed_out()), (5, true));
    assert_eq!(format!("{result:?}"), "WaitTimeoutResult(true)");
    let (mut guard, mut is_woken) = condvar.wait_timeout_ms(guard, 1).unwrap();
    while is_woken {
        (guard, is_woken) = condvar.wait_timeout_ms(guard, 1).unwrap();
    }
    assert!(state.try_lock().is_err());
    drop(guard);
    assert!(state.try_lock().is_ok());
}

#[test]
fn a_mutex_poisoned_meanwhile_is_an_error() {
    let (state, condvar) = (Mutex::new(0), Condvar::new());
    thread::scope(|scope| {
        let guard = state.lock().unwrap();
        let other = scope.spawn(|| {
            let mut guard = state.lock().unwrap();
            *guard = 1;
            condvar.notify_one();
            panic::resume_unwind(Box::new(()));
        });
        let waited = condvar.wait_while(guard, |state| *state == 0);
        // Spurious or not, a wait that ends after the panic finds the poison.
        assert_eq!(*waited.unwrap_err().into_inner(), 1);
        assert!(other.join().is_err());
    });
    let guard = || state.lock().unwrap_or_else(PoisonError::into_inner);
    let error = condvar.wait_timeout(guard(), SHORT).unwrap_err();
    assert_eq!(*error.into_inner().0, 1);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                condvar.notify_all();
                thread::yield_now();
            }
        });
        let error = condvar.wait_timeout_while(guard(), LONG, |_| true).unwrap_err();
        assert!(!error.into_inner().1.timed_out());
        is_over.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_condition_that_panics_poisons_the_mutex_and_gives_it_back() {
    type Run = fn(&Condvar, MutexGuard<'_, i32>);
    let runs: [Run; 2] = [
        |condvar, guard| drop(condvar.wait_while(guard, |_| panic!("no condition"))),
        |condvar, guard| {
            drop(condvar.wait_timeout_while(guard, LONG, |_| panic!("no condition")));
        },
    ];
    for run in runs {
        let (state, condvar) = (Mutex::new(5), Condvar::new());
        let message = panic_message(|| run(&condvar, state.lock().unwrap()));
        assert_eq!(message, "no condition");
        assert!(state.is_poisoned());
        state.clear_poison();
        assert!(state.try_lock().is_ok());
    }
}

#[test]
fn printed() {
    assert_eq!(format!("{:?}", Condvar::new()), "Condvar { .. }");
    WOKEN.notify_one();
}
