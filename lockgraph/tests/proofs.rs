//! What a full trace proves: two locks that are taken in opposite orders can deadlock, unless a thread
//! has seen or heard of the other before.

use lockgraph::check::{Options, check};
use lockgraph::finding::{Finding, Verdict};
use lockgraph::sync::atomic::{AtomicUsize, Ordering};
use lockgraph::sync::{Event, Mutex, OnceLock, Semaphore, mpsc};
use lockgraph::{named, thread};

mod recorded;

/// Two threads that take two locks in opposite orders, one after the other. Nothing that is tracked
/// says so, but what `first` does last and `second` first.
fn crossed(
    first: impl FnOnce(&Mutex<u32>, &Mutex<u32>) + Send,
    second: impl FnOnce(&Mutex<u32>, &Mutex<u32>) + Send,
) {
    let (a, b) = (named::mutex(&"a", 0), named::mutex(&"b", 0));
    let (done, is_done) = std::sync::mpsc::channel();
    thread::scope(|scope| {
        let (a, b) = (&a, &b);
        scope.spawn(move || {
            first(a, b);
            done.send(()).expect("the other thread waits");
        });
        scope.spawn(move || {
            is_done.recv().expect("the other thread ends well");
            second(a, b);
        });
    });
}

/// Takes both, and uses neither.
fn take(outer: &Mutex<u32>, inner: &Mutex<u32>) {
    let _outer = outer.lock().expect("nobody panics");
    let _inner = inner.lock().expect("nobody panics");
}

/// A name, a program, and what is to be said of its crossed locks, at best.
type Crossed = (&'static str, fn(), Verdict);

const CROSSED: &[Crossed] = &[
    ("nothing between", || crossed(take, |a, b| take(b, a)), Verdict::Proved),
    (
        "used when both are held",
        || {
            let add = |outer: &Mutex<u32>, inner: &Mutex<u32>| {
                let (mut outer, inner) = (outer.lock().expect("free"), inner.lock().expect("free"));
                *outer += *inner;
            };
            crossed(add, move |a, b| add(b, a));
        },
        Verdict::Proved,
    ),
    (
        "seen in what a lock guards",
        || {
            let flag = named::mutex(&"flag", false);
            let write = |a: &Mutex<u32>, b: &Mutex<u32>| {
                take(a, b);
                *flag.lock().expect("nobody panics") = true;
            };
            crossed(write, |a, b| {
                if *flag.lock().expect("nobody panics") {
                    take(b, a);
                }
            });
        },
        Verdict::Feasible,
    ),
    (
        "seen in an atomic variable",
        || {
            let flag = AtomicUsize::new(0);
            let write = |a: &Mutex<u32>, b: &Mutex<u32>| {
                take(a, b);
                flag.store(1, Ordering::Release);
            };
            crossed(write, |a, b| {
                if flag.load(Ordering::Acquire) == 1 {
                    take(b, a);
                }
            });
        },
        Verdict::Feasible,
    ),
    (
        "a message",
        || {
            let (sender, receiver) = mpsc::channel();
            let tell = move |a: &Mutex<u32>, b: &Mutex<u32>| {
                take(a, b);
                sender.send(()).expect("there is a receiver");
            };
            crossed(tell, move |a, b| {
                receiver.recv().expect("there is a message");
                take(b, a);
            });
        },
        Verdict::Excluded,
    ),
    (
        "an event",
        || {
            let event = Event::new();
            let tell = |a: &Mutex<u32>, b: &Mutex<u32>| {
                take(a, b);
                event.set();
            };
            crossed(tell, |a, b| {
                event.wait();
                take(b, a);
            });
        },
        Verdict::Excluded,
    ),
    (
        "a permit",
        || {
            let permits = Semaphore::new(0);
            let tell = |a: &Mutex<u32>, b: &Mutex<u32>| {
                take(a, b);
                permits.release(1);
            };
            crossed(tell, |a, b| {
                permits.acquire().forget();
                take(b, a);
            });
        },
        Verdict::Excluded,
    ),
    (
        "an initialisation",
        || {
            let cell = OnceLock::new();
            let tell = |a: &Mutex<u32>, b: &Mutex<u32>| {
                take(a, b);
                cell.set(1).expect("it is empty");
            };
            crossed(tell, |a, b| {
                assert_eq!(cell.get(), Some(&1));
                take(b, a);
            });
        },
        Verdict::Excluded,
    ),
];

#[test]
fn what_was_seen_and_heard_is_no_schedule() {
    if let Some(child) = recorded::case() {
        let (_, run, _) = CROSSED.iter().find(|(case, ..)| *case == child).expect("a case of ours");
        return run();
    }
    for (case, _, expected) in CROSSED {
        let trace = recorded::trace_of("what_was_seen_and_heard_is_no_schedule", case);
        let options = Options { all: true, ..Options::default() };
        let findings = check(&trace, &options).findings;
        let is_crossed = |finding: &&Finding| finding.locks().len() == 2;
        let verdict = findings.iter().filter(is_crossed).map(|finding| finding.verdict).min();
        assert_eq!(verdict, Some(*expected), "{case}: {findings:#?}");
    }
}
