//! `Mutex` and `MutexGuard`.

use std::any::Any;
use std::error::Error;
use std::fmt::Display;

use super::{unwind_with, while_unwinding};
use crate::sync::{Arc, Mutex, PoisonError, TryLockError};
use crate::thread;

static TOTAL: Mutex<u64> = Mutex::new(7);
static MANY: [Mutex<u8>; 3] = [const { Mutex::new(1) }; 3];

fn poisoned(value: i32) -> Mutex<i32> {
    let mutex = Mutex::new(value);
    unwind_with(mutex.lock().unwrap());
    assert!(mutex.is_poisoned());
    mutex
}

#[test]
fn made_in_every_way() {
    let mut mutex = Mutex::new(1);
    *mutex.get_mut().unwrap() += 1;
    *mutex.lock().unwrap() += 1;
    assert_eq!(mutex.into_inner().unwrap(), 3);
    assert_eq!(*Mutex::from("text").lock().unwrap(), "text");
    assert_eq!(Mutex::<Vec<u8>>::default().into_inner().unwrap(), []);
    assert_eq!(*TOTAL.lock().unwrap(), 7);
    assert_eq!(MANY.iter().map(|mutex| *mutex.lock().unwrap()).sum::<u8>(), 3);
    assert!(["a", "b"].map(Mutex::new).iter().all(|mutex| mutex.try_lock().is_ok()));
}

#[test]
fn one_holder_at_a_time() {
    let mutex = Mutex::new(0);
    let guard = mutex.lock().unwrap();
    assert!(matches!(mutex.try_lock(), Err(TryLockError::WouldBlock)));
    drop(guard);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..500 {
                    let mut count = mutex.lock().unwrap();
                    let seen = *count;
                    thread::yield_now();
                    *count = seen + 1;
                }
            });
        }
    });
    assert_eq!(*mutex.try_lock().unwrap(), 2000);
}

#[test]
fn guards_go_in_any_order() {
    let (first, second) = (Mutex::new(1), Mutex::new(2));
    let outer = first.lock().unwrap();
    let inner = second.lock().unwrap();
    drop(outer);
    assert!(first.try_lock().is_ok());
    assert!(second.try_lock().is_err());
    drop(inner);
    assert!(second.try_lock().is_ok());
}

#[test]
fn unsized_values() {
    let slice: &Mutex<[i32]> = &Mutex::new([1, 2, 3]);
    slice.lock().unwrap()[1] = 5;
    assert_eq!(*slice.try_lock().unwrap(), [1, 5, 3]);
    let shown: Box<Mutex<dyn Display>> = Box::new(Mutex::new(12));
    assert_eq!(shown.lock().unwrap().to_string(), "12");
    let any: Arc<Mutex<dyn Any + Send>> = Arc::new(Mutex::new(1_u8));
    assert_eq!(any.lock().unwrap().downcast_ref::<u8>(), Some(&1));
    assert_eq!(format!("{slice:?}"), "Mutex { data: [1, 5, 3], poisoned: false, .. }");
}

#[test]
fn printed() {
    let mutex = Mutex::new("x");
    let guard = mutex.lock().unwrap();
    assert_eq!(format!("{guard} {guard:?} {guard:>3}"), r#"x "x"   x"#);
    assert_eq!(format!("{mutex:?}"), r#"Mutex { data: "<locked>", poisoned: false, .. }"#);
    drop(guard);
    assert_eq!(format!("{mutex:?}"), r#"Mutex { data: "x", poisoned: false, .. }"#);
    assert_eq!(
        format!("{:#?}", poisoned(3)),
        "Mutex {\n    data: 3,\n    poisoned: true,\n    ..\n}"
    );
}

#[test]
fn a_panic_poisons() {
    let mut mutex = poisoned(1);
    assert_eq!(**mutex.lock().unwrap_err().get_ref(), 1);
    let Err(TryLockError::Poisoned(mut error)) = mutex.try_lock() else { panic!("not poisoned") };
    **error.get_mut() += 1;
    assert_eq!(*error.into_inner(), 2);
    assert_eq!(*mutex.get_mut().unwrap_err().into_inner(), 2);

    // A holder that returns leaves the poison where it is.
    *mutex.lock().unwrap_or_else(PoisonError::into_inner) = 3;
    assert!(mutex.is_poisoned());
    mutex.clear_poison();
    assert!(!mutex.is_poisoned());
    assert_eq!(*mutex.lock().unwrap(), 3);
    assert_eq!(poisoned(4).into_inner().unwrap_err().into_inner(), 4);
}

#[test]
fn a_panic_of_another_thread_poisons() {
    let mutex = Arc::new(Mutex::new(1));
    let other = Arc::clone(&mutex);
    let holder = thread::spawn(move || {
        let _guard = other.lock().unwrap();
        std::panic::resume_unwind(Box::new(()));
    });
    assert!(holder.join().is_err());
    assert!(mutex.lock().is_err());
}

#[test]
fn a_panic_under_way_does_not_poison() {
    let mutex = Mutex::new(1);
    while_unwinding(|| *mutex.lock().unwrap() += 1);
    while_unwinding(|| *mutex.try_lock().unwrap() += 1);
    assert_eq!(*mutex.lock().unwrap(), 3);
    // Nor does one that is caught while the guard lives.
    let guard = mutex.lock().unwrap();
    unwind_with(());
    drop(guard);
    assert!(!mutex.is_poisoned());
}

#[test]
fn errors_say_what_they_are() {
    let mutex = poisoned(0);
    let error = mutex.lock().unwrap_err();
    assert_eq!(format!("{error}, {error:?}"), {
        "poisoned lock: another task failed inside, PoisonError { .. }"
    });
    assert!(error.source().is_none());
    let error = TryLockError::from(error);
    assert_eq!(format!("{error}, {error:?}"), {
        "poisoned lock: another task failed inside, \"Poisoned(..)\""
    });
    let blocked = mutex.try_lock().unwrap_err();
    assert_eq!(format!("{blocked}, {blocked:?}"), {
        "try_lock failed because the operation would block, \"WouldBlock\""
    });
}
