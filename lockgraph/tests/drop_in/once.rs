//! `Once`.

use std::cell::Cell;
use std::panic;

use super::panic_message;
use crate::sync::{Once, mpsc};
use crate::thread;

static START: Once = Once::new();

const POISONED: &str = "Once instance has previously been poisoned";

fn poisoned() -> Once {
    let once = Once::new();
    assert_eq!(panic_message(|| once.call_once(|| panic!("no start"))), "no start");
    once
}

#[test]
fn one_initialiser_runs() {
    let runs = Cell::new(0);
    let once = Once::new();
    assert!(!once.is_completed());
    once.call_once(|| runs.set(runs.get() + 1));
    assert!(once.is_completed());
    once.call_once(|| runs.set(runs.get() + 1));
    once.call_once_force(|_| runs.set(runs.get() + 1));
    once.wait();
    once.wait_force();
    assert_eq!(runs.get(), 1);
}

#[test]
fn the_others_wait_for_it() {
    let (started, is_started) = mpsc::channel();
    let (go, may_go) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            START.call_once(|| {
                started.send(()).unwrap();
                may_go.recv().unwrap();
            });
        });
        is_started.recv().unwrap();
        let waits = [
            || START.call_once(|| unreachable!()),
            || START.call_once_force(|_| unreachable!()),
            || START.wait(),
            || START.wait_force(),
        ];
        let waiting = waits.map(|wait| {
            scope.spawn(move || {
                wait();
                assert!(START.is_completed());
            })
        });
        assert!(!START.is_completed());
        go.send(()).unwrap();
        for thread in waiting {
            thread.join().unwrap();
        }
    });
}

#[test]
fn a_panic_poisons_until_forced() {
    let once = poisoned();
    assert!(!once.is_completed());
    assert_eq!(panic_message(|| once.call_once(|| unreachable!())), POISONED);
    assert_eq!(panic_message(|| once.wait()), POISONED);
    assert_eq!(panic_message(|| once.call_once_force(|_| panic!("again"))), "again");
    assert_eq!(panic_message(|| once.call_once(|| unreachable!())), POISONED);
    once.call_once_force(|state| {
        assert!(state.is_poisoned());
        assert_eq!(format!("{state:?}"), "OnceState { poisoned: true }");
    });
    assert!(once.is_completed());
    once.call_once(|| unreachable!());
    once.wait();

    let fresh = Once::new();
    fresh.call_once_force(|state| assert!(!state.is_poisoned()));
    assert!(fresh.is_completed());
}

#[test]
fn one_that_waits_finds_the_poison() {
    // In most rounds it waits; in others it comes when all is over, which is to look the same.
    for _ in 0..50 {
        let once = Once::new();
        let (started, is_started) = mpsc::channel();
        thread::scope(|scope| {
            let once = &once;
            let failing = scope.spawn(move || {
                once.call_once(|| {
                    started.send(()).unwrap();
                    (0..20).for_each(|_| thread::yield_now());
                    panic::resume_unwind(Box::new(()));
                });
            });
            is_started.recv().unwrap();
            assert_eq!(panic_message(|| once.call_once(|| unreachable!())), POISONED);
            assert!(failing.join().is_err());
        });
    }
}

#[test]
fn poison_is_found_at_the_line_of_the_caller() {
    thread_local!(static FILE: Cell<Option<String>> = const { Cell::new(None) });
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |report| {
        FILE.set(report.location().map(|location| location.file().to_string()));
        usual(report);
    }));
    let once = poisoned();
    assert_eq!(panic_message(|| once.call_once(|| unreachable!())), POISONED);
    assert!(FILE.take().unwrap().ends_with("drop_in/once.rs"));
}

#[test]
fn one_initialisation_within_another() {
    let (outer, inner) = (Once::new(), Once::new());
    outer.call_once(|| inner.call_once(|| ()));
    assert!(outer.is_completed() && inner.is_completed());
}

#[test]
#[expect(deprecated, reason = "part of the shape")]
fn the_old_constant() {
    static OLD: Once = crate::sync::ONCE_INIT;
    OLD.call_once(|| ());
    assert!(OLD.is_completed());
    assert_eq!(format!("{OLD:?}"), "Once { .. }");
}
