//! As `recovery`, where everybody is blocked and one waits for a message: that is certain only in a
//! process without a thread that nobody knows, such as that of a test harness. So this has none.

mod process;

use std::sync::Arc;
use std::time::{Duration, Instant};

use lockgraph::finding::Verdict;
use lockgraph::sync::{Mutex, mpsc};
use lockgraph::thread;

use process::Case;

const CASES: &[Case] = &[("message", message)];

/// Long enough for what does not hang, once the deadlock is told.
const HANGS: Duration = Duration::from_secs(1);

/// Who waits for a message cannot be told, but who would send it waits for a lock.
fn message() {
    let lock = Arc::new(Mutex::new(0));
    let (sender, receiver) = mpsc::channel::<()>();
    let own = Arc::clone(&lock);
    let guard = lock.lock().expect("not poisoned");
    let least = thread::spawn(move || {
        let _sender = sender;
        *own.lock().expect("not poisoned") += 1;
    });
    assert!(receiver.recv().is_err(), "the sender is gone");
    drop(guard);
    assert!(least.join().is_err());
    assert_eq!(*lock.lock().expect("not poisoned"), 0);
}

fn main() {
    let is_listed = std::env::args().any(|argument| argument == "--list");
    let is_instrumented = cfg!(any(debug_assertions, feature = "instrument"));
    if process::is_child(CASES) || is_listed || !is_instrumented {
        return;
    }
    let ended = process::run("", "message", &[("LOCKGRAPH_ON_DEADLOCK", "victim")]);
    assert!(ended.ended_well(), "{}", ended.stderr);
    assert!(ended.stderr.contains("is the victim: its wait ends in a panic"), "{}", ended.stderr);
    let report = &[("LOCKGRAPH_ON_DEADLOCK", "report")];
    let mut told = None;
    let has_hung = |stderr: &str| {
        let is_told = told.is_some() || stderr.contains("verdict: actual");
        is_told && told.get_or_insert_with(Instant::now).elapsed() > HANGS
    };
    let hung = process::run_until(has_hung, "", "message", report);
    let is_found = hung.found().iter().any(|(_, verdict)| *verdict == Verdict::Actual);
    assert!(is_found && !hung.ended_well(), "{}", hung.stderr);
}
