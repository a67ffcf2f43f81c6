//! `OnceLock`.

use super::panic_message;
use crate::sync::{Arc, OnceLock, mpsc};
use crate::thread;

static HOST: OnceLock<String> = OnceLock::new();

#[test]
fn written_once() {
    let mut cell = OnceLock::new();
    assert_eq!(cell.get(), None);
    assert_eq!(cell.get_mut(), None);
    assert_eq!(cell.set(1), Ok(()));
    assert_eq!(cell.set(2), Err(2));
    assert_eq!(*cell.get_or_init(|| unreachable!()), 1);
    assert_eq!(*cell.wait(), 1);
    *cell.get_mut().unwrap() += 4;
    assert_eq!(cell.take(), Some(5));
    assert_eq!(cell.take(), None);
    assert_eq!(*cell.get_or_init(|| 6), 6);
    assert_eq!(cell.into_inner(), Some(6));
    assert_eq!(OnceLock::<u8>::new().into_inner(), None);
}

#[test]
fn the_others_wait_for_it() {
    let (started, is_started) = mpsc::channel();
    let (go, may_go) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            HOST.get_or_init(|| {
                started.send(()).unwrap();
                may_go.recv().unwrap();
                "here".to_string()
            });
        });
        is_started.recv().unwrap();
        assert_eq!(HOST.get(), None);
        let waits = [
            || HOST.get_or_init(|| unreachable!()).clone(),
            || HOST.wait().clone(),
            || HOST.set("there".to_string()).map_or_else(|_| "here".to_string(), |()| panic!()),
        ];
        let waiting = waits.map(|wait| scope.spawn(wait));
        go.send(()).unwrap();
        for thread in waiting {
            assert_eq!(thread.join().unwrap(), "here");
        }
    });
}

#[test]
fn a_panic_leaves_it_empty() {
    let cell = OnceLock::new();
    assert_eq!(panic_message(|| *cell.get_or_init(|| -> i32 { panic!("no value") })), "no value");
    assert_eq!(cell.get(), None);
    assert_eq!(*cell.get_or_init(|| 3), 3);
}

#[test]
fn made_compared_and_printed() {
    let full = OnceLock::from(3);
    let empty = OnceLock::default();
    assert_eq!(full, full.clone());
    assert_eq!(empty, empty.clone());
    assert_ne!(full, empty);
    assert_ne!(full, OnceLock::from(4));
    assert_eq!(format!("{full:?} {empty:?}"), "OnceLock(3) OnceLock(<uninit>)");
    fn is_eq<T: Eq>(_: &T) {}
    is_eq(&full);
}

#[test]
fn values_are_dropped_once() {
    let value = Arc::new(());
    let cell = OnceLock::from(Arc::clone(&value));
    assert!(cell.set(Arc::clone(&value)).is_err());
    assert_eq!(Arc::strong_count(&value), 2);
    drop(cell);
    assert_eq!(Arc::strong_count(&value), 1);
}

#[test]
fn a_value_may_borrow_what_dies_with_it() {
    // Compiles only if dropping the cell is known not to look at what is borrowed.
    struct Pair<'a>(String, OnceLock<&'a String>);
    let pair = Pair("x".to_string(), OnceLock::new());
    pair.1.set(&pair.0).unwrap();
    assert_eq!(**pair.1.get().unwrap(), "x");
}
