//! The panic by which the detector breaks a deadlock poisons nothing; other panics still do.
//!
//! Each case runs in a child process with a time limit, since it hangs if it is not broken. A
//! thread that waits for itself is a deadlock that needs no staging.
#![cfg(any(debug_assertions, feature = "instrument"))]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use lockgraph::sync::{Condvar, LazyLock, Mutex, Once, OnceLock, RwLock};

const CASES: [(&str, fn()); 7] = [
    ("mutex", mutex),
    ("rwlock", rwlock),
    ("once", once),
    ("once_lock", once_lock),
    ("lazy_lock", lazy_lock),
    ("condition", condition),
    ("poisoned_before", poisoned_before),
];

/// Ends, but not well: whoever closes this deadlock, the scope fails. If it is the scope itself,
/// the process is aborted, because a scope waits for its threads even while it unwinds.
const LOST: (&str, fn()) = ("scope_end", scope_end);

/// Not yet: the runtime takes a thread for a victim until it waits again, also when the unwinding
/// has long been caught.
const NOT_YET: (&str, fn()) = ("panic_afterwards", panic_afterwards);

const CASE: &str = "LOCKGRAPH_VICTIM_CASE";
const LIMIT: Duration = Duration::from_secs(60);

/// Runs `f`, which waits for itself until the detector panics.
fn broken(f: impl FnOnce()) {
    let message = panic_message(f);
    assert!(message.starts_with("lockgraph: "), "{message}");
}

fn panic_message(f: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("it panics");
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_string());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).expect("with a message")
}

fn mutex() {
    let mutex = Mutex::new(1);
    broken(|| {
        let _guard = mutex.lock();
        let _again = mutex.lock();
    });
    assert!(!mutex.is_poisoned());
    assert_eq!(*mutex.lock().expect("not poisoned"), 1);
    assert_eq!(mutex.into_inner().expect("not poisoned"), 1);
}

fn rwlock() {
    let lock = RwLock::new(1);
    broken(|| {
        let _writer = lock.write();
        let _reader = lock.read();
    });
    broken(|| {
        let _reader = lock.read();
        let _writer = lock.write();
    });
    assert!(!lock.is_poisoned());
    assert_eq!(*lock.try_write().expect("given back, and not poisoned"), 1);
}

fn once() {
    let once = Once::new();
    broken(|| once.call_once(|| once.call_once(|| ())));
    let mut has_run = false;
    once.call_once(|| has_run = true);
    assert!(has_run && once.is_completed());
}

fn once_lock() {
    let cell = OnceLock::new();
    broken(|| assert_eq!(*cell.get_or_init(|| *cell.get_or_init(|| 1)), 0));
    assert_eq!(*cell.get_or_init(|| 2), 2);
}

fn lazy_lock() {
    static LAZY: LazyLock<u8> = LazyLock::new(|| *LAZY);
    broken(|| assert_eq!(*LAZY, 0));
    // Its initialiser is gone, so this one is poisoned, and says so.
    let message = panic_message(|| assert_eq!(*LAZY, 0));
    assert_eq!(message, "LazyLock instance has previously been poisoned");
}

fn condition() {
    let (mutex, condvar) = (Mutex::new(1), Condvar::new());
    broken(|| {
        let guard = mutex.lock().expect("not poisoned");
        // A condition runs with the mutex held.
        drop(condvar.wait_while(guard, |_| *mutex.lock().expect("never") == 1));
    });
    assert_eq!(*mutex.try_lock().expect("given back, and not poisoned"), 1);
}

fn poisoned_before() {
    let mutex = Mutex::new(1);
    poison(&mutex);
    broken(|| {
        let _guard = mutex.lock();
        let _again = mutex.lock();
    });
    assert!(mutex.is_poisoned(), "poison that was there stays");
}

fn panic_afterwards() {
    mutex();
    let other = Mutex::new(1);
    poison(&other);
    assert!(other.lock().is_err());
    let once = Once::new();
    let unwinding = || once.call_once(|| resume_unwind(Box::new(())));
    assert!(catch_unwind(AssertUnwindSafe(unwinding)).is_err());
    let late = catch_unwind(AssertUnwindSafe(|| once.call_once(|| ())));
    assert!(late.is_err(), "an ordinary panic has poisoned it");
}

fn scope_end() {
    let mutex = Mutex::new(1);
    let _guard = mutex.lock();
    lockgraph::thread::scope(|scope| {
        scope.spawn(|| drop(mutex.lock()));
    });
}

fn poison(mutex: &Mutex<i32>) {
    let unwinding = || {
        let _guard = mutex.lock();
        resume_unwind(Box::new(()));
    };
    assert!(catch_unwind(AssertUnwindSafe(unwinding)).is_err());
    assert!(mutex.is_poisoned(), "an ordinary panic poisons");
}

#[test]
fn every_case_ends_in_time() {
    if let Ok(case) = env::var(CASE) {
        let mut cases = CASES.iter().chain([&LOST, &NOT_YET]);
        let (_, run) = cases.find(|(name, _)| *name == case).expect("a case of the table");
        return run();
    }
    for (case, _) in CASES {
        let said = check(case, true);
        // The place in the panic's message is where the program wanted the lock.
        let is_placed = said.contains("panicked at lockgraph/tests/victim.rs:");
        assert!(is_placed || !["mutex", "rwlock", "once"].contains(&case), "{case}: {said}");
    }
    check(LOST.0, false);
}

#[test]
fn a_victim_that_was_caught_is_one_no_more() {
    check(NOT_YET.0, true);
}

/// Runs a case, which must end in time, and well or not as expected. Returns what it said.
fn check(case: &str, well: bool) -> String {
    let mut child = Command::new(env::current_exe().expect("this binary has a path"))
        .args(["--exact", "every_case_ends_in_time", "--nocapture"])
        .env(CASE, case)
        // So that what it says fits into the pipe.
        .env("RUST_BACKTRACE", "0")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("this binary runs");
    let start = Instant::now();
    while child.try_wait().expect("the child is ours").is_none() {
        if start.elapsed() > LIMIT {
            child.kill().expect("the child is ours");
            break;
        }
        thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().expect("the child is ours");
    let said = String::from_utf8_lossy(&output.stderr);
    let has_failed_by_itself = output.status.code().is_some() || said.contains("aborting");
    let is_as_expected = if well { output.status.success() } else { has_failed_by_itself };
    assert!(is_as_expected && output.status.success() == well, "{case}: {}\n{said}", output.status);
    said.into_owned()
}
