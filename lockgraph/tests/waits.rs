//! What the trace of a running program says of the threads that wait: every time, and for those
//! that have ended nothing.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use lockgraph::Config;
use lockgraph::finding::Class;
use lockgraph::sync::Mutex;
use lockgraph::thread;
use lockgraph::trace::{self, Trace, WaitSlot, Waiting};

/// The trace of this process, once there is one.
fn only_file(dir: &Path) -> Option<PathBuf> {
    let mut files = std::fs::read_dir(dir).expect("a directory of our own");
    let file = files.next()?.expect("it can be listed").path();
    assert!(files.next().is_none(), "one process writes one trace");
    Some(file)
}

fn read(dir: &Path) -> Trace {
    let file = only_file(dir).expect("there is a trace");
    trace::read(&file).unwrap_or_else(|error| panic!("{error}"))
}

/// The trace, once one thread waits in it, for another time than `before`.
fn until_one_waits(dir: &Path, before: Option<u64>) -> (Trace, WaitSlot) {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(60) {
        // A file that has just been made has no header yet.
        if let Some(Ok(trace)) = only_file(dir).map(|file| trace::read(&file))
            && let [wait] = &trace.waits[..]
            && before != Some(wait.since_nanos)
        {
            // What the wait names was written before it, but perhaps after that part was read.
            return (read(dir), wait.clone());
        }
        thread::yield_now();
    }
    panic!("no wait is shown: {:?}", read(dir).waits);
}

/// Whether `wait` is for the lock that was made at line `wanted`, with one made at `held` in hand,
/// and all places are told.
fn check(trace: &Trace, wait: &WaitSlot, wanted: u32, held: &[u32]) {
    let made = |lock| match trace.lock(lock).class {
        Class::Made(place) => place.line,
        class => panic!("{class:?}"),
    };
    let Waiting::Lock(lock, _) = wait.wants else { panic!("{:?}", wait.wants) };
    assert_eq!(made(lock), wanted);
    assert_eq!(wait.held.iter().map(|(lock, ..)| made(*lock)).collect::<Vec<_>>(), held);
    let sites = wait.held.iter().map(|(.., site)| *site).chain([wait.site]);
    sites.for_each(|site| assert!(trace.place(site).is_some(), "{site:?}"));
    assert_eq!(trace.thread(wait.thread).name.as_deref(), Some("waiter"));
}

#[test]
fn every_wait_is_shown_and_none_stays_behind() {
    let dir = tempfile::tempdir().expect("a directory");
    let config = Config { trace: Some(dir.path().to_owned()), ..Config::from_env() };
    config.install().expect("no lock has been used");
    let (outer, outer_line) = (Mutex::new(()), line!());
    let (wanted, wanted_line) = (Mutex::new(()), line!());
    let (other, other_line) = (Mutex::new(()), line!());
    // The second wait names what the first has told, the fourth something new.
    let rounds = [&wanted, &wanted, &wanted, &other, &wanted];
    let lines = [wanted_line, wanted_line, wanted_line, other_line, wanted_line];
    thread::scope(|scope| {
        let (go, started) = mpsc::channel::<()>();
        let (done, ended) = mpsc::channel::<()>();
        let outer = &outer;
        let waiter = thread::Builder::new().name("waiter".to_owned());
        let body = move || {
            for lock in rounds {
                started.recv().expect("the test goes on");
                let _outer = outer.lock();
                drop(lock.lock());
                done.send(()).expect("the test goes on");
            }
        };
        waiter.spawn_scoped(scope, body).expect("a thread can begin");
        let mut before = None;
        for (lock, line) in rounds.into_iter().zip(lines) {
            let guard = lock.lock();
            go.send(()).expect("the waiter is there");
            let (trace, wait) = until_one_waits(dir.path(), before);
            check(&trace, &wait, line, &[outer_line]);
            before = Some(wait.since_nanos);
            drop(guard);
            ended.recv().expect("the waiter goes on");
            let trace = read(dir.path());
            assert_eq!((trace.waits, trace.problems), (vec![], vec![]));
        }
    });

    // One after the other, each with a wait of its own.
    for _ in 0..300 {
        let guard = wanted.lock();
        thread::scope(|scope| {
            let waiter = thread::Builder::new().name("waiter".to_owned());
            let waiter = waiter.spawn_scoped(scope, || drop(wanted.lock()));
            let (trace, wait) = until_one_waits(dir.path(), None);
            check(&trace, &wait, wanted_line, &[]);
            drop(guard);
            waiter.expect("a thread can begin").join().expect("it does not panic");
        });
    }
    assert_eq!(read(dir.path()).waits, []);
    let file = only_file(dir.path()).expect("there is a trace");
    let len = std::fs::metadata(file).expect("it is there").len();
    assert!(len <= 2 * 65_536, "{len} bytes: the slots of ended threads are used again");
}
