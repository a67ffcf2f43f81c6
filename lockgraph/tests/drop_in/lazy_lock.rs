//! `LazyLock`.

use std::collections::HashMap;

use super::panic_message;
use crate::sync::atomic::{AtomicU32, Ordering};
use crate::sync::{Arc, LazyLock, mpsc};
use crate::thread;

static PORTS: LazyLock<HashMap<&str, u16>> = LazyLock::new(|| HashMap::from([("http", 80)]));

const POISONED: &str = "LazyLock instance has previously been poisoned";

#[test]
fn made_when_needed() {
    let runs = AtomicU32::new(0);
    let mut lazy = LazyLock::new(|| runs.fetch_add(1, Ordering::SeqCst) + 10);
    assert_eq!(LazyLock::get(&lazy), None);
    assert_eq!(LazyLock::get_mut(&mut lazy), None);
    assert_eq!(format!("{lazy:?}"), "LazyLock(<uninit>)");
    assert_eq!(*lazy, 10);
    assert_eq!(*LazyLock::force(&lazy), 10);
    *lazy += 1;
    *LazyLock::force_mut(&mut lazy) += 1;
    *LazyLock::get_mut(&mut lazy).unwrap() += 1;
    assert_eq!(LazyLock::get(&lazy), Some(&13));
    assert_eq!(format!("{lazy:?}"), "LazyLock(13)");
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert_eq!(PORTS["http"], 80);
    assert_eq!(*LazyLock::<Vec<u8>>::default(), []);
}

#[test]
fn made_without_locking() {
    let mut lazy = LazyLock::new(|| 3);
    assert_eq!(*LazyLock::force_mut(&mut lazy), 3);
    assert_eq!(*lazy, 3);
    let mut lazy = LazyLock::new(|| vec![1]);
    lazy.push(2);
    assert_eq!(*lazy, [1, 2]);
}

#[test]
fn the_others_wait_for_it() {
    let (started, is_started) = mpsc::channel();
    let (go, may_go) = mpsc::channel::<()>();
    let lazy = Arc::new(LazyLock::new(move || {
        started.send(()).unwrap();
        may_go.recv().unwrap();
        4
    }));
    let first = Arc::clone(&lazy);
    let first = thread::spawn(move || **first);
    is_started.recv().unwrap();
    let second = Arc::clone(&lazy);
    let second = thread::spawn(move || **second);
    assert_eq!(LazyLock::get(&lazy), None);
    go.send(()).unwrap();
    assert_eq!((first.join().unwrap(), second.join().unwrap()), (4, 4));
}

#[test]
fn a_panic_poisons_for_good() {
    let mut lazy = LazyLock::new(|| -> i32 { panic!("no value") });
    assert_eq!(panic_message(|| *lazy), "no value");
    assert_eq!(panic_message(|| *LazyLock::force(&lazy)), POISONED);
    assert_eq!(panic_message(|| *LazyLock::force_mut(&mut lazy)), POISONED);
    assert_eq!(LazyLock::get(&lazy), None);
    assert_eq!(format!("{lazy:?}"), "LazyLock(<uninit>)");

    let mut lazy = LazyLock::new(|| -> i32 { panic!("no value") });
    assert_eq!(panic_message(|| *LazyLock::force_mut(&mut lazy)), "no value");
    assert_eq!(panic_message(|| *lazy), POISONED);
}

#[test]
fn values_and_initialisers_are_dropped_once() {
    let value = Arc::new(());
    let make = {
        let value = Arc::clone(&value);
        move || Arc::clone(&value)
    };
    drop(LazyLock::new(make.clone()));
    assert_eq!(Arc::strong_count(&value), 2);
    let lazy = LazyLock::new(make);
    assert_eq!(Arc::strong_count(&value), 2);
    LazyLock::force(&lazy);
    // The initialiser is gone, the value is there.
    assert_eq!(Arc::strong_count(&value), 2);
    drop(lazy);
    assert_eq!(Arc::strong_count(&value), 1);
}
