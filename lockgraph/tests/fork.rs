//! The child of a fork locks untracked, and leaves the parent's trace alone.
#![cfg(all(unix, any(debug_assertions, feature = "instrument")))]

use std::os::unix::process::CommandExt;
use std::process::Command;

use lockgraph::sync::Mutex;
use lockgraph::trace::Level;
use lockgraph::{Config, thread};

static A: Mutex<u32> = Mutex::new(0);
static B: Mutex<u32> = Mutex::new(0);

fn nested(first: &Mutex<u32>, second: &Mutex<u32>) {
    let mut outer = first.lock().expect("nobody panics");
    *outer += 1;
    *second.lock().expect("nobody panics") += 1;
}

/// The only test of its process, because settings are fixed at the first lock.
#[test]
fn the_child_is_not_tracked_and_the_parents_trace_stays_whole() {
    let dir = tempfile::tempdir().expect("a directory for the trace");
    let trace = Some(dir.path().to_owned());
    Config { trace, level: Level::Full, ..Config::default() }.install().expect("no lock was used");
    thread::spawn(|| nested(&A, &B)).join().expect("it does not panic");

    let mut command = Command::new("true");
    // SAFETY: the child locks, allocates at most as the detector would, and begins no thread; the
    // parent's only other thread has been joined, so no lock of the allocator is taken.
    unsafe {
        command.pre_exec(|| {
            for _ in 0..1_000 {
                nested(&B, &A);
            }
            // Would be a violation, were it tracked: the parent's thread took A before B.
            if lockgraph::findings().is_empty() {
                Ok(())
            } else {
                Err(std::io::ErrorKind::Other.into())
            }
        });
    }
    assert!(command.status().expect("the child ran to its exec").success());
    nested(&A, &B);

    let files: Vec<_> = std::fs::read_dir(dir.path()).expect("the trace is there").collect();
    assert_eq!(files.len(), 1, "the child wrote no file of its own");
    let file = files[0].as_ref().expect("its entry can be read").path();
    let trace = lockgraph::trace::read(&file).expect("the trace can be read");
    assert_eq!(trace.problems, []);
    let report = lockgraph::check::check(&trace, &lockgraph::check::Options::default());
    assert_eq!(report.findings, []);
    assert_eq!(report.summary.acquisitions, 4, "two by the thread, two by the parent");
}
