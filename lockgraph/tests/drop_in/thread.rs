//! `thread`: spawn, builder, scope and the handles.

use std::panic;

use super::panic_message;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::mpsc;
use crate::thread::{self, Builder};

#[test]
fn a_thread_returns_or_panics() {
    let answer = thread::spawn(|| 42);
    assert_eq!(answer.thread().name(), None);
    assert_eq!(format!("{answer:?}"), "JoinHandle { .. }");
    assert_eq!(answer.join().unwrap(), 42);

    let (done, is_done) = mpsc::channel::<()>();
    let failing = thread::spawn(move || {
        is_done.recv().unwrap_err();
        panic::resume_unwind(Box::new("failed"));
    });
    assert!(!failing.is_finished());
    drop(done);
    while !failing.is_finished() {
        thread::yield_now();
    }
    let payload: Box<dyn std::any::Any + Send> = failing.join().unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"failed"));
}

#[test]
fn a_thread_not_joined_runs_on() {
    let (done, is_done) = mpsc::channel();
    drop(thread::spawn(move || done.send(1).unwrap()));
    assert_eq!(is_done.recv().unwrap(), 1);
}

#[test]
fn built() {
    let builder = Builder::new().name("teller".to_string()).stack_size(128 * 1024);
    let shown = r#"Builder { name: Some("teller"), stack_size: Some(131072), no_hooks: false }"#;
    assert_eq!(format!("{builder:?}"), shown);
    let teller = builder.spawn(|| thread::current().name().map(str::to_string)).unwrap();
    assert_eq!(teller.thread().name(), Some("teller"));
    assert_eq!(teller.join().unwrap().as_deref(), Some("teller"));
    let message = panic_message(|| Builder::new().name("a\0b".to_string()).spawn(|| ()));
    assert!(message.starts_with("thread name may not contain interior null bytes"), "{message}");
}

#[test]
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
fn a_thread_that_cannot_begin() {
    let huge = || Builder::new().stack_size(1 << 60);
    assert!(huge().spawn(|| ()).is_err());
    thread::scope(|scope| {
        assert!(huge().spawn_scoped(scope, || ()).is_err());
        assert!(scope.spawn(|| ()).join().is_ok());
    });
    assert!(thread::spawn(|| ()).join().is_ok());
}

#[test]
fn unchecked() {
    let mut count = 1;
    // SAFETY: the thread is joined while `count`, which it borrows, is alive.
    let thread = unsafe { Builder::new().spawn_unchecked(|| count += 1) }.unwrap();
    thread.join().unwrap();
    assert_eq!(count, 2);
}

#[test]
fn a_scope_waits_for_its_threads() {
    let ended = AtomicUsize::new(0);
    let mut numbers = vec![1, 2, 3];
    let sum = thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| ended.fetch_add(1, Ordering::SeqCst));
        }
        // Begun by a child, while the scope may be waiting already.
        scope.spawn(|| {
            scope.spawn(|| {
                thread::yield_now();
                scope.spawn(|| ended.fetch_add(1, Ordering::SeqCst));
            });
        });
        let named = Builder::new().name("sum".to_string());
        let sum = named.spawn_scoped(scope, || numbers.iter().sum::<i32>()).unwrap();
        assert_eq!(sum.thread().name(), Some("sum"));
        assert_eq!(format!("{sum:?}"), "ScopedJoinHandle { .. }");
        while !sum.is_finished() {
            thread::yield_now();
        }
        sum.join().unwrap()
    });
    assert_eq!((sum, ended.into_inner()), (6, 4));
    numbers.push(4);
}

#[test]
fn scopes_within_scopes_and_without_threads() {
    assert_eq!(thread::scope(|_| 1), 1);
    let total = AtomicUsize::new(0);
    thread::scope(|outer| {
        outer.spawn(|| {
            thread::scope(|inner| {
                outer.spawn(|| total.fetch_add(1, Ordering::SeqCst));
                inner.spawn(|| total.fetch_add(1, Ordering::SeqCst));
            });
            assert!(total.load(Ordering::SeqCst) >= 1);
        });
        thread::scope(|inner| inner.spawn(|| total.fetch_add(1, Ordering::SeqCst)).join().unwrap());
    });
    assert_eq!(total.into_inner(), 3);
}

#[test]
fn a_scope_passes_panics_on() {
    let unjoined = || {
        thread::scope(|scope| {
            scope.spawn(|| panic::resume_unwind(Box::new("lost")));
        });
    };
    assert_eq!(panic_message(unjoined), "a scoped thread panicked");

    let joined = thread::scope(|scope| {
        let failing = scope.spawn(|| panic::resume_unwind(Box::new("seen")));
        failing.join().unwrap_err().downcast_ref::<&str>().copied()
    });
    assert_eq!(joined, Some("seen"));

    let ended = AtomicUsize::new(0);
    let own = || {
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::yield_now();
                ended.fetch_add(1, Ordering::SeqCst);
            });
            panic!("own");
        });
    };
    assert_eq!(panic_message(own), "own");
    assert_eq!(ended.load(Ordering::SeqCst), 1);
}

#[test]
fn a_scope_is_printed() {
    let shown = thread::scope(|scope| format!("{scope:?}"));
    assert!(shown.starts_with("Scope { num_running_threads: 0, a_thread_panicked: false, "));
}

#[test]
fn the_rest_is_there() {
    let id: thread::ThreadId = thread::current().id();
    assert_ne!(thread::spawn(|| thread::current().id()).join().unwrap(), id);
    assert!(!thread::panicking());
    assert!(thread::available_parallelism().unwrap().get() >= 1);
    thread::sleep(std::time::Duration::ZERO);
    let parked: thread::Thread = thread::current();
    parked.unpark();
    thread::park();
    thread_local!(static COUNT: u8 = const { 1 });
    let count: &thread::LocalKey<u8> = &COUNT;
    assert_eq!(count.try_with(|count| *count), Ok::<u8, thread::AccessError>(1));
    let result: thread::Result<u8> = thread::spawn(|| 1).join();
    assert_eq!(result.unwrap(), 1);
}

/// A token that was given before makes the next `park` return, once, however often it was given;
/// whoever may give it: the thread itself, and those who have a handle of it.
#[test]
fn a_token_is_kept_for_the_next_park() {
    thread::current().unpark();
    thread::current().unpark();
    thread::park();
    let start = std::time::Instant::now();
    thread::park_timeout(std::time::Duration::from_millis(1));
    assert!(start.elapsed() < std::time::Duration::from_secs(60));

    let (is_told, has_parked) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        let body = || {
            while is_told.load(Ordering::Acquire) == 0 {
                thread::park();
            }
            has_parked.fetch_add(1, Ordering::Release);
        };
        let scoped: thread::ScopedJoinHandle<'_, ()> = scope.spawn(body);
        let named = Builder::new().name("sleeper".to_owned());
        let built: thread::ScopedJoinHandle<'_, ()> = named.spawn_scoped(scope, body).unwrap();
        is_told.store(1, Ordering::Release);
        scoped.thread().unpark();
        let other: thread::Thread = built.thread().clone();
        thread::spawn(move || other.unpark()).join().unwrap();
    });
    assert_eq!(has_parked.into_inner(), 2);

    let spawned = thread::spawn(thread::park);
    spawned.thread().unpark();
    spawned.join().unwrap();
}

#[test]
#[cfg(unix)]
fn the_handle_of_the_system() {
    use std::os::unix::thread::JoinHandleExt;

    let (done, is_done) = mpsc::channel::<()>();
    let thread = thread::spawn(move || is_done.recv().is_err());
    let shown = thread.as_pthread_t();
    assert_eq!(shown, thread.as_pthread_t());
    drop(done);
    assert!(thread.join().unwrap());
}
