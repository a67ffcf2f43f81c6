//! At level full: who reads and writes what, and who hears of what from whom. Each case is a small
//! program in a process of its own, and what its trace must say of each thread, in order.

use lockgraph::event::{How, Op};
use lockgraph::finding::Class;
use lockgraph::id::{LockId, Mode, ThreadId};
use lockgraph::sync::atomic::{AtomicUsize, Ordering};
use lockgraph::sync::{
    Barrier, Condvar, Event, LazyLock, Once, OnceLock, RwLockWriteGuard, Semaphore, mpsc,
};
use lockgraph::trace::{self, Trace};
use lockgraph::{named, thread};
use std::collections::BTreeMap;
use std::time::Duration;

mod recorded;

const TEST: &str = "what_threads_do";

/// A name, a program, and for each thread with a name what it does. That of the test is `main`.
type Case = (&'static str, fn(), &'static [(&'static str, &'static str)]);

const CASES: &[Case] = &[
    (
        "guards",
        || {
            let (m, n) = (named::mutex(&"m", 1), named::mutex(&"n", 1));
            drop(m.lock());
            let guard = m.lock().expect("nobody panics");
            assert_eq!(*guard + *guard, 2);
            drop(guard);
            *m.lock().expect("nobody panics") += 1;
            let (mut guard, inner) = (m.lock().expect("free"), n.lock().expect("free"));
            assert_eq!(*guard, 2);
            *guard += *inner;
            *guard += *inner;
            drop(inner);
        },
        &[(
            "main",
            "acq m, rel m, acq m, r m, rel m, acq m, r m, w m, rel m, \
             acq m, acq n, r m, r n, w m, rel n, rel m",
        )],
    ),
    (
        "readers and writers",
        || {
            let table = named::rwlock(&"t", 1);
            assert_eq!(*table.read().expect("nobody panics"), 1);
            let mut writer = table.write().expect("nobody panics");
            *writer += 1;
            let reader = RwLockWriteGuard::downgrade(writer);
            assert_eq!(*reader, 2);
        },
        &[("main", "sacq t, r t, rel t, acq t, r t, w t, stry t, r t, rel t")],
    ),
    (
        "values without a lock",
        || {
            let mut m = named::mutex(&"m", 1);
            drop(m.lock());
            *m.get_mut().expect("nobody panics") += 1;
            assert_eq!(m.into_inner().expect("nobody panics"), 2);
        },
        &[("main", "acq m, rel m, try m, r m, w m, rel m, try m, r m, w m, rel m")],
    ),
    (
        "condition variable",
        || {
            let (m, woken) = (named::mutex(&"m", false), Condvar::new());
            thread::scope(|scope| {
                let guard = m.lock().expect("nobody panics");
                let waker = || {
                    *m.lock().expect("nobody panics") = true;
                    woken.notify_all();
                };
                let builder = thread::Builder::new().name("waker".to_owned());
                builder.spawn_scoped(scope, waker).expect("a thread can begin");
                drop(woken.wait_while(guard, |ready| !*ready));
            });
        },
        &[
            ("main", "acq m, r m, w m, rel m, wait C1, woken C1, acq m, r m, w m, rel m"),
            ("waker", "acq m, r m, w m, rel m, notify C1"),
        ],
    ),
    (
        "condition variable, for a time",
        || {
            let (m, woken) = (named::mutex(&"m", ()), Condvar::new());
            let guard = m.lock().expect("nobody panics");
            drop(woken.wait_timeout(guard, Duration::ZERO));
        },
        &[("main", "acq m, rel m, timedwait C1, woken C1, acq m, rel m")],
    ),
    (
        "channel",
        || {
            let (sender, receiver) = mpsc::channel();
            beside(
                "sender",
                move || [1, 2].map(|message| sender.send(message)),
                || {
                    assert_eq!((receiver.recv(), receiver.recv()), (Ok(1), Ok(2)));
                    assert!(receiver.recv().is_err());
                },
            );
            drop(receiver);
        },
        &[
            ("main", "hear sender1, hear sender2, hear sender3, tell main1"),
            ("sender", "tell sender1, tell sender2, tell sender3"),
        ],
    ),
    (
        "channel with room for one",
        || {
            let (sender, receiver) = mpsc::sync_channel(1);
            beside(
                "sender",
                move || [1, 2, 3].map(|message| sender.send(message)),
                || {
                    assert_eq!(receiver.iter().collect::<Vec<_>>(), [1, 2, 3]);
                },
            );
        },
        &[
            (
                "main",
                "tell main1, hear sender1, tell main2, hear sender2, tell main3, hear sender3, \
                 tell main4, hear sender4, tell main5",
            ),
            (
                "sender",
                "tell sender1, tell sender2, hear main1, tell sender3, hear main2, tell sender4",
            ),
        ],
    ),
    (
        "channel without room",
        || {
            let (sender, receiver) = mpsc::sync_channel(0);
            beside("sender", move || sender.send(1), || assert_eq!(receiver.recv(), Ok(1)));
        },
        &[
            ("main", "tell main1, hear sender1, tell main2"),
            ("sender", "tell sender1, hear main1, tell sender2"),
        ],
    ),
    (
        "event",
        || {
            let event = Event::new();
            beside("setter", || event.set(), || event.wait());
        },
        &[("main", "hear setter1"), ("setter", "tell setter1")],
    ),
    (
        "semaphore as a signal",
        || {
            let permits = Semaphore::new(0);
            beside("giver", || permits.release(1), || permits.acquire().forget());
        },
        &[("main", "hear giver1, sracq L1, rel L1"), ("giver", "tell giver1")],
    ),
    (
        "semaphore for two",
        || {
            let permits = Semaphore::bounded(2);
            for name in ["one", "two"] {
                alone(name, || drop(permits.acquire()));
            }
        },
        &[
            ("one", "sracq L1, rel L1, tell one1"),
            ("two", "hear one1, sracq L1, rel L1, hear one1, tell two1"),
        ],
    ),
    (
        "semaphore for one",
        || {
            let permits = Semaphore::bounded(1);
            for name in ["one", "two"] {
                alone(name, || drop(permits.acquire()));
            }
        },
        &[("one", "acq L1, rel L1"), ("two", "acq L1, rel L1")],
    ),
    (
        "barrier",
        || {
            let start = Barrier::new(2);
            beside("other", || start.wait(), || _ = start.wait());
        },
        &[("main", "arrive C1, leave C1"), ("other", "arrive C1, leave C1")],
    ),
    (
        "once",
        || {
            let once = Once::new();
            for name in ["one", "two"] {
                alone(name, || once.call_once(|| {}));
            }
        },
        &[("one", "acq L1, tell one1, rel L1, hear one1"), ("two", "hear one1")],
    ),
    (
        "cells",
        || {
            let (cell, lazy) = (OnceLock::new(), LazyLock::new(|| 2));
            alone("one", || assert_eq!(*cell.get_or_init(|| 1) + *lazy, 3));
            alone("two", || assert_eq!(cell.get(), Some(&1)));
            alone("three", || assert_eq!(*lazy + cell.get().copied().unwrap_or_default(), 3));
        },
        &[
            ("one", "acq L1, tell one1, rel L1, hear one1, acq L2, tell one2, rel L2, hear one2"),
            ("two", "hear one1"),
            ("three", "hear one2, hear one1"),
        ],
    ),
    (
        "atomic variables",
        || {
            let (x, y) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let order = Ordering::SeqCst;
            alone("one", || x.store(1, order));
            alone("two", || {
                assert_eq!(x.fetch_add(1, order) + y.load(order), 1);
                assert_eq!(x.compare_exchange(1, 3, order, order), Err(2));
                assert_eq!(x.compare_exchange(2, 3, order, order), Ok(2));
            });
        },
        &[("one", "w V1"), ("two", "r V1, w V1, r V2, r V1, r V1, w V1")],
    ),
    (
        "tokens",
        || {
            _ = named::mutex(&"m", 0).lock();
            // Not in a scope, whose end may take the token.
            let unparked_by = |name: &str| {
                let main = thread::current();
                let builder = thread::Builder::new().name(name.to_owned());
                let other = builder.spawn(move || main.unpark()).expect("a thread can begin");
                other.join().expect("it does not panic");
            };
            // Two make one token, and the next is another one.
            unparked_by("first");
            unparked_by("second");
            thread::park();
            unparked_by("third");
            thread::park();
            thread::park_timeout(Duration::ZERO);
        },
        &[
            ("first", "tell first1"),
            ("second", "tell first1"),
            ("third", "tell third1"),
            ("main", "acq m, rel m, hear first1, hear third1"),
        ],
    ),
];

/// Runs `body` in a thread with this name, and `main` in this one.
fn beside<R: Send>(name: &str, body: impl FnOnce() -> R + Send, main: impl FnOnce()) {
    thread::scope(|scope| {
        let builder = thread::Builder::new().name(name.to_owned());
        let body = move || _ = body();
        builder.spawn_scoped(scope, body).expect("a thread can begin");
        main();
    });
}

/// Runs `body` in a thread with this name, and waits for its end.
fn alone(name: &str, body: impl FnOnce() + Send) {
    beside(name, body, || {});
}

/// Names for what is in a trace: that of the program, who told of it first, or a letter and a number.
struct Names<'a> {
    trace: &'a Trace,
    numbers: BTreeMap<(char, u64), usize>,
    told: BTreeMap<u64, String>,
}

impl Names<'_> {
    fn thread(&self, thread: ThreadId) -> String {
        let name = self.trace.thread(thread).name.unwrap_or_default();
        if name == TEST { "main".to_owned() } else { name }
    }

    fn of(&mut self, letter: char, number: u64) -> String {
        if let Class::Named(name) = self.trace.lock(LockId(number)).class {
            return name;
        }
        let next = self.numbers.keys().filter(|(other, _)| *other == letter).count() + 1;
        format!("{letter}{}", self.numbers.entry((letter, number)).or_insert(next))
    }

    fn told(&mut self, object: u64, by: ThreadId) -> String {
        let by = self.thread(by);
        let next = self.told.values().filter(|name| name.starts_with(&by)).count() + 1;
        self.told.entry(object).or_insert(format!("{by}{next}")).clone()
    }

    fn op(&mut self, op: Op, thread: ThreadId) -> Option<String> {
        let (verb, object) = match op {
            Op::Acquire(lock, mode, how) => {
                let verb = if how == How::Blocking { "acq" } else { "try" };
                (format!("{}{verb}", short(mode)), self.of('L', lock.0))
            }
            Op::Release(lock) => ("rel".to_owned(), self.of('L', lock.0)),
            Op::Read(variable) => ("r".to_owned(), self.of('V', variable)),
            Op::Write(variable) => ("w".to_owned(), self.of('V', variable)),
            Op::Wait(object) => ("wait".to_owned(), self.of('C', object)),
            Op::TimedWait(object) => ("timedwait".to_owned(), self.of('C', object)),
            Op::Woken(object) => ("woken".to_owned(), self.of('C', object)),
            Op::Notify(object) => ("notify".to_owned(), self.of('C', object)),
            Op::Arrive(object) => ("arrive".to_owned(), self.of('C', object)),
            Op::Leave(object) => ("leave".to_owned(), self.of('C', object)),
            Op::Tell(object) => ("tell".to_owned(), self.told(object, thread)),
            Op::Hear(object) => ("hear".to_owned(), self.told(object, thread)),
            _ => return None,
        };
        Some(format!("{verb} {object}"))
    }
}

fn short(mode: Mode) -> &'static str {
    match mode {
        Mode::Exclusive => "",
        Mode::Shared => "s",
        Mode::Upgradable => "u",
        Mode::SharedRecursive => "sr",
    }
}

/// What each thread did, in its order.
fn scripts(trace: &Trace) -> BTreeMap<String, String> {
    let mut names = Names { trace, numbers: BTreeMap::new(), told: BTreeMap::new() };
    let mut scripts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event in &trace.events {
        if let Some(op) = names.op(event.op, event.thread) {
            scripts.entry(names.thread(event.thread)).or_default().push(op);
        }
    }
    scripts.into_iter().map(|(thread, ops)| (thread, ops.join(", "))).collect()
}

/// What was heard was told before, and who woke up was notified after it began to wait.
fn check_order(case: &str, trace: &Trace) {
    let at = |op: Op, before: usize| trace.events[..before].iter().rposition(|e| e.op == op);
    let all_before = |op: Op, before: usize| !trace.events[before..].iter().any(|e| e.op == op);
    for (position, event) in trace.events.iter().enumerate() {
        match event.op {
            Op::Hear(object) => {
                assert!(at(Op::Tell(object), position).is_some(), "{case}: {position}");
                assert!(all_before(Op::Tell(object), position), "{case}: {position}");
            }
            Op::Woken(object) => {
                if at(Op::TimedWait(object), position).is_some() {
                    continue;
                }
                let waited = at(Op::Wait(object), position);
                assert!(waited < at(Op::Notify(object), position), "{case}: {position}");
            }
            Op::Leave(object) => {
                assert!(all_before(Op::Arrive(object), position), "{case}: {position}");
            }
            _ => {}
        }
    }
}

#[test]
fn what_threads_do() {
    if let Some(child) = recorded::case() {
        let (_, run, _) = CASES.iter().find(|(case, ..)| *case == child).expect("a case of ours");
        return run();
    }
    for (case, _, expected) in CASES {
        let trace = recorded::trace_of(TEST, case);
        assert_eq!(trace.problems, [], "{case}");
        assert_eq!(trace.data_gap(), None, "{case}");
        check_order(case, &trace);
        let scripts = scripts(&trace);
        for (thread, script) in *expected {
            let found = scripts.get(*thread).map(String::as_str);
            assert_eq!(found, Some(*script), "{case}: {thread}");
        }
        let mut text = Vec::new();
        trace::write_std(&mut text, &trace).expect("there is memory");
        let again =
            trace::read_bytes(case, &text).unwrap_or_else(|error| panic!("{case}: {error}"));
        let ops = |trace: &Trace| trace.events.iter().map(|event| event.op).collect::<Vec<_>>();
        assert_eq!(ops(&again), ops(&trace), "{case}");
    }
}

const GAPS: &[(&str, fn(), &str)] = &[
    (
        "park",
        || {
            let main = std::thread::current();
            beside(
                "other",
                move || main.unpark(),
                || {
                    _ = named::mutex(&"m", 0).lock();
                    thread::park();
                },
            );
        },
        "a thread waited in `park`, and it is not seen who unparked it",
    ),
    (
        "park for a time",
        || {
            _ = named::mutex(&"m", 0).lock();
            thread::current().unpark();
            thread::park_timeout(Duration::from_secs(600));
        },
        "a thread waited in `park_timeout`, and it is not seen whether it was unparked",
    ),
    (
        "foreign threads",
        || {
            let m = named::mutex(&"m", 0);
            drop(m.lock());
            std::thread::scope(|scope| _ = scope.spawn(|| drop(m.lock())));
        },
        "threads were begun without lockgraph, so it is not known what was before them",
    ),
];

#[test]
fn what_is_not_seen_is_told() {
    if let Some(child) = recorded::case() {
        let (_, run, _) = GAPS.iter().find(|(case, ..)| *case == child).expect("a case of ours");
        return run();
    }
    for (case, _, why) in GAPS {
        assert_eq!(
            recorded::trace_of("what_is_not_seen_is_told", case).data_gap(),
            Some(*why),
            "{case}"
        );
    }
}
