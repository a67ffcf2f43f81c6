//! At level full: everything that a running program does is in its trace, and in its order.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lockgraph::Config;
use lockgraph::event::{How, Op};
use lockgraph::finding::Class;
use lockgraph::id::LockId;
use lockgraph::sync::{Mutex, RwLock};
use lockgraph::thread;
use lockgraph::trace::{self, Level, Trace};

const THREADS: usize = 3;
/// More than a chunk has room for.
const ROUNDS: usize = 70_000;

fn only_file(dir: &Path) -> PathBuf {
    let mut files = std::fs::read_dir(dir).expect("a directory of our own");
    files.next().expect("there is a trace").expect("it can be listed").path()
}

/// The locks that were made at this line.
fn made_at(trace: &Trace, line: u32) -> Vec<LockId> {
    let is_it = |class: &Class| matches!(class, Class::Made(place) if place.line == line);
    trace.locks.iter().filter(|(_, lock)| is_it(&lock.class)).map(|(id, _)| *id).collect()
}

/// How often which step was taken on the locks that were made at this line.
fn steps(trace: &Trace, line: u32) -> BTreeMap<String, usize> {
    let locks = made_at(trace, line);
    let mut steps = BTreeMap::new();
    for event in &trace.events {
        let name = match event.op {
            Op::Acquire(id, mode, how) if locks.contains(&id) => format!("{mode:?} {how:?}"),
            Op::Refused(id, mode, How::Try) if locks.contains(&id) => format!("{mode:?} refused"),
            Op::Release(id) if locks.contains(&id) => "release".to_owned(),
            _ => continue,
        };
        *steps.entry(name).or_default() += 1;
    }
    steps
}

fn check(trace: &Trace, line: u32, expected: &[(&str, usize)]) {
    let expected = expected.iter().map(|(step, count)| (step.to_string(), *count)).collect();
    assert_eq!(steps(trace, line), expected, "the locks of line {line}");
}

#[test]
fn every_step_is_there_in_its_order() {
    let dir = tempfile::tempdir().expect("a directory");
    let config =
        Config { trace: Some(dir.path().to_owned()), level: Level::Full, ..Config::from_env() };
    config.install().expect("no lock has been used");

    let (order, order_line) = (Mutex::new(Vec::new()), line!());
    let (inner, inner_line) = (Mutex::new(0), line!());
    let (table, table_line) = (RwLock::new(0), line!());
    let (many, many_line) = ([(); 100].map(|()| Mutex::new(0)), line!());
    thread::scope(|scope| {
        for name in ["one", "two", "three"] {
            let (order, inner, table, many) = (&order, &inner, &table, &many);
            let body = move || {
                for round in 0..ROUNDS {
                    let mut order = order.lock().expect("nobody panics");
                    order.push(name);
                    if round % 16 == 0 {
                        *inner.lock().expect("nobody panics") += 1;
                        assert!(inner.try_lock().is_ok());
                        let _held = inner.lock().expect("nobody panics");
                        assert!(inner.try_lock().is_err());
                    }
                    drop(order);
                    let mut sum = *table.read().expect("nobody panics");
                    if round % 64 == 0 {
                        *table.write().expect("nobody panics") += 1;
                        *many[round / 64 % 100].lock().expect("nobody panics") += 1;
                        sum += 1;
                    }
                    assert!(sum <= THREADS * ROUNDS);
                }
            };
            let thread = thread::Builder::new().name(name.to_owned());
            thread.spawn_scoped(scope, body).expect("a thread can begin");
        }
    });

    let file = only_file(dir.path());
    let trace = trace::read(&file).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(trace.problems, []);
    let all = THREADS * ROUNDS;
    let (some, few) = (all / 16, THREADS * ROUNDS.div_ceil(64));
    let blocking = "Exclusive Blocking";
    check(&trace, order_line, &[(blocking, all), ("release", all)]);
    let refused = ("Exclusive refused", some);
    let politely = ("Exclusive Try", some);
    check(&trace, inner_line, &[(blocking, 2 * some), politely, refused, ("release", 3 * some)]);
    let reads = ("Shared Blocking", all);
    check(&trace, table_line, &[(blocking, few), reads, ("release", all + few)]);
    check(&trace, many_line, &[(blocking, few), ("release", few)]);

    // The order in which the lock was really taken.
    let locks = made_at(&trace, order_line);
    let took = trace.events.iter().filter_map(|event| {
        let is_it = matches!(event.op, Op::Acquire(id, ..) if locks.contains(&id));
        is_it.then(|| trace.thread(event.thread).name.expect("it was given one"))
    });
    assert!(took.eq(order.into_inner().expect("nobody panics")), "another order");
    let bytes = std::fs::metadata(file).expect("it is there").len();
    assert!(bytes < trace.events.len() as u64 * 8, "{bytes} bytes for {}", trace.events.len());
}
