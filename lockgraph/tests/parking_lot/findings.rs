//! A finding over these locks names the lines of the user, not those of `lock_api`.

use std::cell::Cell;

use super::pl::{Condvar, Mutex, ReentrantMutex, RwLock, RwLockUpgradableReadGuard, named};
use crate::elsewhere;

// The findings of the two versions would be the same, and counted once, but for these.
const MUTEX: &str = concat!(module_path!(), " mutex");
const RWLOCK: &str = concat!(module_path!(), " rwlock");
const WAITING: &str = concat!(module_path!(), " waiting");

/// Runs both in turn, and expects one more finding over a lock called `name`, all of whose places
/// are in this file.
fn check_places(name: &str, there: impl FnOnce() + Send, back: impl FnOnce() + Send) {
    elsewhere(there);
    elsewhere(back);
    let named = |step: &lockgraph::finding::Step| format!("{step:?}").contains(name);
    let findings = lockgraph::findings();
    let found: Vec<_> = findings.iter().filter(|found| found.steps.iter().any(named)).collect();
    assert_eq!(found.len(), 1, "findings over {name}: {found:#?}");
    for step in &found[0].steps {
        let place = step.site.as_ref().expect("a step has a place");
        assert_eq!(place.file, file!(), "{name}: {step:#?}");
    }
}

#[test]
fn mutex_and_reentrant_mutex() {
    let (a, b) = (named::mutex(&MUTEX, 0), ReentrantMutex::new(Cell::new(0)));
    let a_then_b = || {
        let a = a.lock();
        b.lock().set(*a);
    };
    let b_then_a = || {
        let b = b.lock();
        b.set(*a.lock());
    };
    check_places(MUTEX, a_then_b, b_then_a);
}

#[test]
fn rwlock_and_upgradable_read() {
    let (a, b) = (named::rwlock(&RWLOCK, 0), Mutex::new(0));
    let a_then_b = || {
        let a = RwLockUpgradableReadGuard::upgrade(a.upgradable_read());
        *b.lock() = *a;
    };
    let b_then_a = || {
        let mut b = b.lock();
        *b = *a.upgradable_read();
    };
    check_places(RWLOCK, a_then_b, b_then_a);
}

#[test]
fn a_mutex_is_held_while_a_condvar_asks_its_condition() {
    let (a, b) = (named::mutex(&WAITING, 0), RwLock::new(0));
    let condvar = Condvar::new();
    let a_then_b = || {
        condvar.wait_while(&mut a.lock(), |_| {
            drop(b.read());
            false
        });
    };
    let b_then_a = || {
        let mut b = b.write();
        *b = *a.lock();
    };
    check_places(WAITING, a_then_b, b_then_a);
}
