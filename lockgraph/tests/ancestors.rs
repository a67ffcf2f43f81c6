//! A trace names the threads that a thread descends from, though they do nothing but begin others:
//! a test is known by its thread.
#![cfg(any(debug_assertions, feature = "instrument"))]

use lockgraph::sync::Mutex;
use lockgraph::{Config, thread};

static A: Mutex<u32> = Mutex::new(0);
static B: Mutex<u32> = Mutex::new(0);

fn nested() {
    let mut outer = A.lock().expect("nobody panics");
    *outer += *B.lock().expect("nobody panics");
}

/// The only test of its process, because settings are fixed at the first lock.
#[test]
fn a_thread_that_only_begins_another_is_named() {
    let dir = tempfile::tempdir().expect("a directory for the trace");
    Config { trace: Some(dir.path().to_owned()), ..Config::default() }
        .install()
        .expect("no lock was used");
    // As in libtest, whose threads are not of our making.
    let test = std::thread::Builder::new().name("tests::transfers".into());
    let test = test.spawn(|| thread::spawn(|| thread::spawn(nested))).expect("a thread begins");
    let parent = test.join().expect("it does not panic");
    let child = parent.join().expect("it does not panic");
    child.join().expect("it does not panic");

    let files: Vec<_> = std::fs::read_dir(dir.path()).expect("the trace is there").collect();
    let file = files[0].as_ref().expect("its entry can be read").path();
    let trace = lockgraph::trace::read(&file).expect("the trace can be read");
    let [dependency] = &trace.dependencies[..] else { panic!("{:?}", trace.dependencies) };
    let parent = |thread| trace.threads.get(&thread).and_then(|thread| thread.parent);
    let test = parent(dependency.thread).and_then(parent).expect("both are told");
    assert_eq!(trace.threads[&test].name.as_deref(), Some("tests::transfers"));
}
