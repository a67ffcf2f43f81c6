//! Every method of `Once` that both versions have.

use std::panic::catch_unwind;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::sync::mpsc;

use super::pl::{Once, OnceState};

static ONCE: Once = Once::new();

#[test]
fn a_static_once() {
    let runs = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                ONCE.call_once(|| _ = runs.fetch_add(1, SeqCst));
                assert_eq!(runs.load(SeqCst), 1);
            });
        }
    });
    ONCE.call_once_force(|_| unreachable!());
}

#[test]
fn states() {
    let once = Once::default();
    assert_eq!(format!("{once:?}"), "Once { state: New }");
    once.call_once(|| assert_eq!(once.state(), OnceState::InProgress));
    assert_eq!(once.state(), OnceState::Done);
    assert!(once.state().done());
    once.call_once(|| unreachable!());
}

#[test]
fn an_initialiser_that_panics() {
    let once = Once::new();
    assert!(catch_unwind(|| once.call_once(|| panic!("on purpose"))).is_err());
    assert!(once.state().poisoned());
    assert!(catch_unwind(|| once.call_once(|| ())).is_err());
    once.call_once_force(|state| assert_eq!(state, OnceState::Poisoned));
    once.call_once(|| unreachable!());
}

#[test]
fn waiting_for_the_one_who_runs() {
    let once = Once::new();
    let (inside, is_inside) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel();
    std::thread::scope(|scope| {
        let initialise = move || {
            inside.send(()).unwrap();
            may_go_on.recv().unwrap();
        };
        scope.spawn(|| once.call_once(initialise));
        is_inside.recv().unwrap();
        scope.spawn(|| {
            once.call_once(|| unreachable!());
            assert!(once.state().done());
        });
        go_on.send(()).unwrap();
    });
}
