//! Notifications that could have come before the waits that they ended: told, and nothing else is.

use std::time::Duration;

use lockgraph::check::{Options, check};
use lockgraph::finding::{Finding, Kind, Verdict};
use lockgraph::sync::atomic::{AtomicBool, Ordering};
use lockgraph::sync::mpsc;
use lockgraph::trace::{self, Trace};
use lockgraph::{named, thread};

mod recorded;

/// The trace is said to have a notification that could be lost.
const LOST: bool = true;
const NOT: bool = false;

/// A run in shortened STD (`1 a b; 2 c` for `T1|a`, `T1|b`, `T2|c`; `+L1` takes, `-L1` gives
/// back), and whether its notification can be lost.
const RUNS: &[(&str, bool, &str)] = &[
    ("nobody looks", LOST, "1 +L1 -L1 wait(C1); 2 notify(C1); 1 woken(C1) +L1 -L1"),
    (
        "nobody looks at what is written under the mutex",
        LOST,
        "1 +L1 -L1 wait(C1); 2 +L1 w(V1) notify(C1) -L1; 1 woken(C1) +L1 -L1",
    ),
    (
        "looks under the mutex",
        NOT,
        "1 +L1 r(V1) -L1 wait(C1); 2 +L1 w(V1) notify(C1) -L1; 1 woken(C1) +L1 r(V1) -L1",
    ),
    (
        "looks under the mutex, notified after it",
        NOT,
        "1 +L1 r(V1) -L1 wait(C1); 2 +L1 w(V1) -L1 notify(C1); 1 woken(C1) +L1 r(V1) -L1",
    ),
    (
        "looks at what was written before, too",
        NOT,
        "3 +L1 w(V1) -L1; 1 +L1 r(V1) -L1 wait(C1); 2 +L1 w(V1) -L1 notify(C1); \
         1 woken(C1) +L1 r(V1) -L1",
    ),
    (
        "looks, and writes itself",
        NOT,
        "1 +L1 r(V1) w(V1) -L1 wait(C1); 2 +L1 w(V1) -L1 notify(C1); 1 woken(C1) +L1 r(V1) -L1",
    ),
    (
        "looks at something else",
        LOST,
        "1 +L1 r(V2) -L1 wait(C1); 2 +L1 w(V1) -L1 notify(C1); 1 woken(C1) +L1 r(V2) -L1",
    ),
    (
        "looks under the mutex, written without it",
        LOST,
        "1 +L1 r(V1) -L1 wait(C1); 2 w(V1) notify(C1); 1 woken(C1) +L1 r(V1) -L1",
    ),
    (
        "looks before the mutex",
        LOST,
        "1 r(V1) +L1 -L1 wait(C1); 2 +L1 w(V1) -L1 notify(C1); 1 woken(C1) +L1 -L1",
    ),
    (
        "written without the mutex, which is then taken for a moment",
        NOT,
        "1 +L1 r(V1) -L1 wait(C1); 2 w(V1) +L1 -L1 notify(C1); 1 woken(C1) +L1 r(V1) -L1",
    ),
    (
        "what it looks at may not be in the run",
        NOT,
        "1 +L1 -L1 wait(C1); 2 +L1 notify(C1) -L1; 1 woken(C1) +L1 -L1",
    ),
    (
        "written after the notification, under the mutex",
        NOT,
        "1 +L1 r(V1) -L1 wait(C1); 2 +L1 w(V2) notify(C1) w(V1) -L1; 1 woken(C1) +L1 r(V1) -L1",
    ),
    (
        "two notifications",
        NOT,
        "1 +L1 -L1 wait(C1); 2 notify(C1); 2 notify(C1); 1 woken(C1) +L1 -L1",
    ),
    ("one more later", NOT, "1 +L1 -L1 wait(C1); 2 notify(C1); 1 woken(C1) +L1 -L1; 3 notify(C1)"),
    (
        "one before, which nobody heard",
        LOST,
        "2 notify(C1); 1 +L1 -L1 wait(C1); 2 notify(C1); 1 woken(C1) +L1 -L1",
    ),
    ("for a time", NOT, "1 +L1 -L1 timedwait(C1); 2 notify(C1); 1 woken(C1) +L1 -L1"),
    ("not notified", NOT, "1 +L1 -L1 wait(C1) woken(C1) +L1 -L1"),
    (
        "the notifier is begun under the mutex",
        NOT,
        "1 +L1 fork(T2) -L1 wait(C1); 2 +L1 w(V1) notify(C1) -L1; 1 woken(C1) +L1 -L1",
    ),
    (
        "the notifier is begun under the mutex, and does not take it",
        LOST,
        "1 +L1 fork(T2) -L1 wait(C1); 2 w(V1) notify(C1); 1 woken(C1) +L1 -L1",
    ),
    (
        "the notifier read under the mutex that somebody waits",
        NOT,
        "1 +L1 w(V2) -L1 wait(C1); 2 +L1 r(V2) w(V1) -L1 notify(C1); 1 woken(C1) +L1 -L1",
    ),
    (
        "the notifier was sent a message under the mutex, and then takes it",
        NOT,
        "1 +L1 send(H1) -L1 wait(C1); 2 recv(H1) +L1 w(V1) -L1 notify(C1); 1 woken(C1) +L1 -L1",
    ),
    (
        "another one had the mutex for the notifier",
        NOT,
        "1 +L1 r(V1) -L1 wait(C1); 3 +L1 w(V1) -L1 send(H1); 2 recv(H1) notify(C1); \
         1 woken(C1) +L1 r(V1) -L1",
    ),
    (
        "under an outer lock, which the notifier has had before",
        LOST,
        "2 +L2 -L2; 1 +L2 +L1 -L1 wait(C1); 2 notify(C1); 1 woken(C1) +L1 -L1 -L2",
    ),
    (
        "both woken by one",
        LOST,
        "1 +L1 -L1 wait(C1); 3 +L1 r(V1) -L1 wait(C1); 2 +L1 w(V1) notify(C1) -L1; \
         1 woken(C1) +L1 -L1; 3 woken(C1) +L1 r(V1) -L1",
    ),
];

fn run(text: &str) -> Trace {
    let mut lines = String::new();
    for turn in text.split(';') {
        let mut words = turn.split_whitespace();
        let thread = words.next().expect("a thread");
        for (at, word) in words.enumerate() {
            let op = match word.split_at(1) {
                ("+", lock) => format!("acq({lock})"),
                ("-", lock) => format!("rel({lock})"),
                _ => word.to_string(),
            };
            lines.push_str(&format!("T{thread}|{op}|a.rs:{thread}{at}\n"));
        }
    }
    trace::read_bytes("run", lines.as_bytes()).expect("it is STD")
}

fn lost(trace: &Trace) -> Vec<Finding> {
    let found = check(trace, &Options::default()).findings;
    found.into_iter().filter(|finding| finding.kind == Kind::LostNotification).collect()
}

#[test]
fn a_notification_that_can_come_first_is_told() {
    for (name, expected, text) in RUNS {
        let trace = run(text);
        assert_eq!(trace.problems, [], "{name}");
        let found = lost(&trace);
        assert_eq!(found.len(), usize::from(*expected), "{name}: {found:?}");
        assert!(found.iter().all(|it| it.verdict == Verdict::Possible), "{name}");
    }
}

#[test]
fn who_waits_and_who_notifies_is_told() {
    let found = lost(&run(RUNS[0].2));
    let threads: Vec<u32> = found[0].steps.iter().map(|step| step.thread.id).collect();
    assert_eq!(threads, [1, 2]);
    let lines = found[0].steps.iter().map(|step| step.site.as_ref().expect("it has one").line);
    assert_eq!(lines.collect::<Vec<_>>(), [12, 20]);
}

/// Has `waits` wait in a thread of its own, and then calls `notifies`, which takes the mutex that
/// `waits` gives back: so it does what it does after the wait has begun.
fn beside(waits: impl FnOnce(Began) + Send, notifies: impl FnOnce()) {
    let (began, has_begun) = std::sync::mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || waits(Began(began)));
        has_begun.recv().expect("the other thread says so");
        notifies();
    });
}

/// Tells the other thread, by what no trace has, that the mutex is held.
struct Began(std::sync::mpsc::Sender<()>);

impl Began {
    fn tell(&self) {
        self.0.send(()).expect("the other thread waits");
    }
}

/// A name, whether its notification can be lost, and a program.
type Program = (&'static str, bool, fn());

const PROGRAMS: &[Program] = &[
    ("nobody looks at what is changed", LOST, || {
        let (m, c) = (named::mutex(&"m", false), named::condvar(&"c"));
        let waits = |began: Began| {
            let guard = m.lock().expect("nobody panics");
            began.tell();
            drop(c.wait(guard));
        };
        beside(waits, || {
            *m.lock().expect("nobody panics") = true;
            c.notify_one();
        });
    }),
    ("notified under the mutex", LOST, || {
        let (m, c) = (named::mutex(&"m", false), named::condvar(&"c"));
        let waits = |began: Began| {
            let guard = m.lock().expect("nobody panics");
            began.tell();
            drop(c.wait(guard));
        };
        beside(waits, || {
            let mut done = m.lock().expect("nobody panics");
            *done = true;
            c.notify_one();
        });
    }),
    ("looks at an atomic variable before the mutex", LOST, || {
        let (m, c) = (named::mutex(&"m", 0), named::condvar(&"c"));
        let done = AtomicBool::new(false);
        let waits = |began: Began| {
            if !done.load(Ordering::Acquire) {
                let guard = m.lock().expect("nobody panics");
                began.tell();
                drop(c.wait(guard));
            }
        };
        beside(waits, || {
            let mut guard = m.lock().expect("nobody panics");
            done.store(true, Ordering::Release);
            *guard += 1;
            c.notify_one();
        });
    }),
    ("flag under the mutex, in a loop", NOT, || {
        let (m, c) = (named::mutex(&"m", false), named::condvar(&"c"));
        let waits = |began: Began| {
            let mut done = m.lock().expect("nobody panics");
            began.tell();
            while !*done {
                done = c.wait(done).expect("nobody panics");
            }
        };
        beside(waits, || {
            *m.lock().expect("nobody panics") = true;
            c.notify_all();
        });
    }),
    ("wait_while", NOT, || {
        let (m, c) = (named::mutex(&"m", false), named::condvar(&"c"));
        let waits = |began: Began| {
            let guard = m.lock().expect("nobody panics");
            began.tell();
            drop(c.wait_while(guard, |done| !*done));
        };
        beside(waits, || {
            let mut done = m.lock().expect("nobody panics");
            *done = true;
            c.notify_one();
        });
    }),
    ("an atomic variable under the mutex", NOT, || {
        let (m, c) = (named::mutex(&"m", ()), named::condvar(&"c"));
        let done = AtomicBool::new(false);
        let waits = |began: Began| {
            let mut guard = m.lock().expect("nobody panics");
            began.tell();
            while !done.load(Ordering::Acquire) {
                guard = c.wait(guard).expect("nobody panics");
            }
        };
        beside(waits, || {
            let _guard = m.lock().expect("nobody panics");
            done.store(true, Ordering::Release);
            c.notify_one();
        });
    }),
    ("a variable that is not tracked, under the mutex", NOT, || {
        let (m, c) = (named::mutex(&"m", ()), named::condvar(&"c"));
        let done = std::sync::atomic::AtomicBool::new(false);
        let waits = |began: Began| {
            let mut guard = m.lock().expect("nobody panics");
            began.tell();
            while !done.load(Ordering::Acquire) {
                guard = c.wait(guard).expect("nobody panics");
            }
        };
        beside(waits, || {
            done.store(true, Ordering::Release);
            drop(m.lock());
            c.notify_one();
        });
    }),
    ("for a time", NOT, || {
        let (m, c) = (named::mutex(&"m", false), named::condvar(&"c"));
        let waits = |began: Began| {
            let guard = m.lock().expect("nobody panics");
            began.tell();
            drop(c.wait_timeout(guard, Duration::from_secs(3600)));
        };
        beside(waits, || {
            *m.lock().expect("nobody panics") = true;
            c.notify_one();
        });
    }),
    ("notified again later", NOT, || {
        let (m, c) = (named::mutex(&"m", false), named::condvar(&"c"));
        let waits = |began: Began| {
            let guard = m.lock().expect("nobody panics");
            began.tell();
            drop(c.wait(guard));
        };
        beside(waits, || {
            *m.lock().expect("nobody panics") = true;
            c.notify_one();
        });
        c.notify_one();
    }),
    ("a message under the mutex says that somebody waits", NOT, || {
        let (m, c) = (named::mutex(&"m", false), named::condvar(&"c"));
        let (asks, asked) = mpsc::channel();
        let waits = |began: Began| {
            let guard = m.lock().expect("nobody panics");
            asks.send(()).expect("the other thread receives");
            began.tell();
            drop(c.wait(guard));
        };
        beside(waits, || {
            asked.recv().expect("the other thread sends");
            *m.lock().expect("nobody panics") = true;
            c.notify_one();
        });
    }),
    ("what remembers: an event", NOT, || {
        let (m, done) = (named::mutex(&"m", 0), named::event(&"done"));
        let waits = |began: Began| {
            began.tell();
            done.wait();
        };
        beside(waits, || {
            *m.lock().expect("nobody panics") += 1;
            done.set();
        });
    }),
];

#[test]
fn of_programs_too() {
    if let Some(child) = recorded::case() {
        let (.., run) = PROGRAMS.iter().find(|(case, ..)| *case == child).expect("a case of ours");
        return run();
    }
    for (name, expected, _) in PROGRAMS {
        let trace = recorded::trace_of("of_programs_too", name);
        assert_eq!(trace.problems, [], "{name}");
        assert_eq!(trace.data_gap(), None, "{name}");
        let found = lost(&trace);
        assert_eq!(found.len(), usize::from(*expected), "{name}: {found:?}");
    }
}
