//! What the lookout sees where the kernel makes it hard: too few descriptors to ask it, too many
//! threads to ask of, threads that sleep in calls to the system for ever.
#![cfg(all(target_os = "linux", any(debug_assertions, feature = "instrument")))]

mod process;

use std::fs::File;
use std::time::Duration;

use lockgraph::finding::Verdict;
use lockgraph::sync::{Condvar, Mutex, mpsc};
use lockgraph::thread;

use process::Case;

const TEST: &str = "what_is_asleep_is_told_from_what_is_not";

const STALL: &[(&str, Verdict)] = &[("stall", Verdict::Stalled)];

/// What a process does, and what is found in it.
const CASES: &[(Case, &[(&str, Verdict)])] = &[
    (("few_descriptors", few_descriptors), &[]),
    (("many_threads", many_threads), STALL),
    (("beside_a_sleeper", beside_a_sleeper), STALL),
];

/// One descriptor is enough to list the threads, and not enough to ask of any of them.
fn few_descriptors() {
    const DESCRIPTORS: i32 = 7;

    #[repr(C)]
    struct Limit([usize; 2]);

    unsafe extern "C" {
        fn setrlimit(resource: i32, limit: *const Limit) -> i32;
    }

    // SAFETY: `struct rlimit` is two words, which are only read.
    unsafe { setrlimit(DESCRIPTORS, &Limit([64, 64])) };
    for left in 0..4 {
        let (sender, receiver) = mpsc::channel();
        let mut open: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
        open.truncate(open.len() - left);
        // Not tracked until it sends.
        let slow = std::thread::spawn(move || {
            thread::sleep(Duration::from_millis(300));
            sender.send(()).expect("it is waited for");
        });
        receiver.recv().expect("it is sent");
        slow.join().expect("it does not panic");
    }
}

fn many_threads() {
    let (lock, never) = (Mutex::new(()), Condvar::new());
    thread::scope(|scope| {
        for _ in 0..1000 {
            let wait = || drop(never.wait(lock.lock().expect("nobody panics")));
            let small = thread::Builder::new().stack_size(64 << 10);
            small.spawn_scoped(scope, wait).expect("a thread can begin");
        }
    });
}

/// All that are tracked are blocked, and one that is not might still do something for them.
fn beside_a_sleeper() {
    std::thread::spawn(|| thread::sleep(Duration::from_secs(3600)));
    let lock = Mutex::new(());
    let (_sender, receiver) = mpsc::channel::<()>();
    let _held = lock.lock().expect("nobody panics");
    let _ = receiver.recv();
}

#[test]
fn what_is_asleep_is_told_from_what_is_not() {
    let cases: Vec<Case> = CASES.iter().map(|(case, _)| *case).collect();
    if process::is_child(&cases) {
        return;
    }
    for ((name, _), found) in CASES {
        // Without the watchdog, which would tell of the threads that are many too.
        let after = if *name == "beside_a_sleeper" { "0.5" } else { "0" };
        let environment = [("LOCKGRAPH_ON_STALL", "abort"), ("LOCKGRAPH_STALL_AFTER", after)];
        let ended = process::run(TEST, name, &environment);
        assert_eq!(ended.found(), *found, "{name}: {}", ended.stderr);
        assert_eq!(ended.ended_well(), found.is_empty(), "{name}: {}", ended.stderr);
    }
}
