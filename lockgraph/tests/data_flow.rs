//! At level full: who reads and writes what, and who hears of what from whom. Each case is a small
//! program in a process of its own, and what its trace must say of each thread, in order.

use std::collections::BTreeMap;
use std::time::Duration;

use lockgraph::event::{How, Op};
use lockgraph::finding::Class;
use lockgraph::id::{LockId, Mode, ThreadId};
use lockgraph::named;
use lockgraph::sync::{
    Barrier, Condvar, Event, LazyLock, Mutex, Once, OnceLock, RwLock, RwLockWriteGuard, Semaphore,
    mpsc,
};
use lockgraph::thread;
use lockgraph::trace::{self, Trace};

mod process;

type Expected = (&'static str, fn(), &'static [(&'static str, &'static str)]);

/// Names for what is in a trace: that of the program, or a letter and a number by the order in which
/// they are met.
#[derive(Default)]
struct Names {
    numbers: BTreeMap<(char, u64), usize>,
}

impl Names {
    fn of(&mut self, trace: &Trace, letter: char, number: u64) -> String {
        if let Class::Named(name) = trace.lock(LockId(number)).class {
            return name;
        }
        let next = self.numbers.keys().filter(|(other, _)| *other == letter).count() + 1;
        format!("{letter}{}", self.numbers.entry((letter, number)).or_insert(next))
    }

    fn thread(&mut self, trace: &Trace, thread: ThreadId) -> String {
        trace.thread(thread).name.unwrap_or_else(|| self.of(trace, 'T', thread.0.into()))
    }

    fn op(&mut self, trace: &Trace, op: Op) -> Option<String> {
        let mode = |mode| match mode {
            Mode::Exclusive => "",
            Mode::Shared => "s",
            Mode::Upgradable => "u",
            Mode::SharedRecursive => "sr",
        };
        let mut of = |letter, number| self.of(trace, letter, number);
        Some(match op {
            Op::Acquire(lock, with, How::Blocking) => format!("{}acq {}", mode(with), of('L', lock.0)),
            Op::Acquire(lock, with, _) => format!("{}try {}", mode(with), of('L', lock.0)),
            Op::Release(lock) => format!("rel {}", of('L', lock.0)),
            Op::Read(variable) => format!("r {}", of('V', variable)),
            Op::Write(variable) => format!("w {}", of('V', variable)),
            Op::Wait(object) => format!("wait {}", of('C', object)),
            Op::Woken(object) => format!("woken {}", of('C', object)),
            Op::Notify(object) => format!("notify {}", of('C', object)),
            Op::Arrive(object) => format!("arrive {}", of('C', object)),
            Op::Leave(object) => format!("leave {}", of('C', object)),
            Op::Tell(object) => format!("tell {}", of('O', object)),
            Op::Hear(object) => format!("hear {}", of('O', object)),
            _ => return None,
        })
    }
}

/// What each thread with a name did, in its order; objects are numbered in the order of all.
fn scripts(trace: &Trace) -> BTreeMap<String, String> {
    let mut names = Names::default();
    let mut scripts: BTreeMap<String, String> = BTreeMap::new();
    for event in &trace.events {
        let Some(op) = names.op(trace, event.op) else { continue };
        let thread = names.thread(trace, event.thread);
        let script = scripts.entry(thread).or_default();
        if !script.is_empty() {
            script.push_str(", ");
        }
        script.push_str(&op);
    }
    scripts
}

/// Begins a thread with this name, and waits for its end.
fn alone(name: &str, body: impl FnOnce() + Send) {
    together([(name, Box::new(body) as Box<dyn FnOnce() + Send + '_>)]);
}

fn together<'a, const N: usize>(threads: [(&str, Box<dyn FnOnce() + Send + 'a>); N]) {
    thread::scope(|scope| {
        for (name, body) in threads {
            let builder = thread::Builder::new().name(name.to_owned());
            builder.spawn_scoped(scope, body).expect("a thread can begin");
        }
    });
}

const CASES: &[Expected] = &[];

#[test]
fn show() {
    let cases: &[process::Case] = &[("a", || {
        let m = named::mutex(&"m", 0);
        *m.lock().unwrap() += 1;
        let c = m.lock().unwrap();
        let _ = *c;
        drop(c);
        let (s, r) = mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(|| s.send(1));
            r.recv().unwrap();
        });
        drop(m.into_inner());
    })];
    if process::is_child(cases) {
        return;
    }
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().to_str().expect("its name is text");
    let ended = process::run("show", "a", &[("LOCKGRAPH_LEVEL", "full"), ("LOCKGRAPH_TRACE", path)]);
    for file in std::fs::read_dir(path).unwrap() {
        let trace = trace::read(&file.unwrap().path()).unwrap();
        println!("{:?} {:?} {:?} {:#?}", trace.problems, trace.data_gap(), trace.locks, scripts(&trace));
    }
    panic!("{}", ended.stderr);
}
