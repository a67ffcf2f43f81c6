//! How long threads waited and how long they held, in traces of processes that ended, or did not
//! come to that.
#![cfg(any(debug_assertions, feature = "instrument"))]

#[expect(dead_code, reason = "what is in the traces is read here")]
mod process;

use std::path::Path;
use std::sync::PoisonError;
use std::time::{Duration, Instant};
use std::{env, fs};

use lockgraph::finding::{Class, Verdict};
use lockgraph::id::Signal;
use lockgraph::sync::{Barrier, Condvar, Mutex, RwLock};
use lockgraph::trace::{self, Awaited, Contention, Trace};
use lockgraph::{named, thread};

use process::{Case, Ended};

static ACCOUNTS: Mutex<()> = named::mutex(&"accounts", ());
static AUDIT: Mutex<bool> = named::mutex(&"audit", false);
static CACHE: RwLock<()> = named::rwlock(&"cache", ());
static READY: Condvar = Condvar::new();

/// Longer than the limit where there is to be something to find.
const LONG: Duration = Duration::from_millis(30);
const LIMIT: (&str, &str) = ("LOCKGRAPH_LONG_HOLD", "10");
/// The same where a second hold is to stay below the limit, even if its thread is stopped for a while.
const LONGER: Duration = Duration::from_millis(2100);
const LIMIT_OF_TWO: (&str, &str) = ("LOCKGRAPH_LONG_HOLD", "2000");
/// Never reached.
const HIGH: &str = "1e9";

/// Runs a case and returns its end and its trace, if it had anything to say.
fn run(test: &str, case: &str, environment: &[(&str, &str)]) -> (Ended, Option<Trace>) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().to_str().expect("a name in UTF-8");
    let ended = process::run(test, case, &[environment, &[("LOCKGRAPH_TRACE", path)]].concat());
    (ended, only_trace(directory.path()))
}

fn only_trace(directory: &Path) -> Option<Trace> {
    let file = fs::read_dir(directory).ok()?.next()?.ok()?.path();
    trace::read(&file).ok()
}

/// In a child: until another thread waits.
fn until_one_waits() {
    let directory = env::var_os("LOCKGRAPH_TRACE").expect("the test has set it");
    while only_trace(Path::new(&directory)).is_none_or(|trace| trace.waits.is_empty()) {
        thread::yield_now();
    }
}

/// In a child: makes `times` waits for the lock, one after the other.
fn contend(times: usize) {
    for _ in 0..times {
        let guard = ACCOUNTS.lock();
        thread::scope(|scope| {
            let waiter = thread::Builder::new().name("waiter".to_owned());
            let body = || drop(ACCOUNTS.lock());
            waiter.spawn_scoped(scope, body).expect("a thread can begin");
            until_one_waits();
            std::thread::sleep(Duration::from_millis(1));
            drop(guard);
        });
    }
}

const WAITING: &str = "waits_are_counted";

const WAITS: &[Case] = &[
    ("exits", || contend(3)),
    ("dies", || {
        contend(3);
        std::process::abort();
    }),
    ("polls", || {
        let _guard = ACCOUNTS.lock();
        let polls = || assert!(ACCOUNTS.try_lock().is_err());
        thread::spawn(polls).join().expect("it does not panic");
    }),
    ("notified", || {
        let waiter = || {
            let guard = AUDIT.lock().unwrap_or_else(PoisonError::into_inner);
            drop(READY.wait_while(guard, |ready| !*ready));
        };
        let waiter = thread::spawn(waiter);
        until_one_waits();
        *AUDIT.lock().unwrap_or_else(PoisonError::into_inner) = true;
        READY.notify_one();
        waiter.join().expect("it does not panic");
    }),
    ("short_lived", || {
        // The barrier is gone when the process ends.
        for _ in 0..3 {
            let barrier = Barrier::new(2);
            thread::scope(|scope| {
                scope.spawn(|| barrier.wait());
                until_one_waits();
                barrier.wait();
            });
        }
    }),
];

/// The figures of all waits that are not for the ends of threads.
fn waits(trace: &Trace) -> Vec<&Contention> {
    trace.contention.iter().filter(|figures| figures.what != Awaited::Ends).collect()
}

/// Whether this place of this file is known.
fn is_here(trace: &Trace, figures: &Contention) -> bool {
    let place = trace.place(figures.site).expect("it is told");
    place.file.ends_with("figures.rs")
}

#[test]
fn waits_are_counted() {
    if process::is_child(WAITS) {
        return;
    }
    let counted = |case, ends_well| {
        let (ended, trace) = run(WAITING, case, &[]);
        let trace = trace.expect("a thread was begun");
        assert_eq!(ended.ended_well(), ends_well, "{}", ended.stderr);
        assert!(trace.problems.is_empty(), "{:?}", trace.problems);
        trace
    };
    // After the second wait nothing has doubled yet, so the third is told by the end.
    for (case, ends_well, least) in [("exits", true, 3), ("dies", false, 2)] {
        let trace = counted(case, ends_well);
        let [figures] = waits(&trace)[..] else { panic!("{:?}", trace.contention) };
        let Awaited::Lock(lock) = figures.what else { panic!("{figures:?}") };
        assert_eq!(trace.lock(lock).class, Class::Named("accounts".to_owned()));
        assert!((least..=3).contains(&figures.waits), "{figures:?}");
        assert!(is_here(&trace, figures));
        assert_eq!(trace.thread(figures.thread).name.as_deref(), Some("waiter"));
        let millisecond = Duration::from_millis(1).as_nanos() as u64;
        assert!(figures.longest_nanos >= millisecond, "{figures:?}");
        assert!(figures.total_nanos >= figures.waits * millisecond, "{figures:?}");
        assert!(figures.total_nanos <= figures.waits * figures.longest_nanos, "{figures:?}");
    }
    assert_eq!(waits(&counted("polls", true)), Vec::<&Contention>::new());
    let trace = counted("notified", true);
    let for_notice =
        |figures: &&&Contention| matches!(figures.what, Awaited::Signal(Signal::Notify, Some(_)));
    let notified: Vec<u64> =
        waits(&trace).iter().filter(for_notice).map(|figures| figures.waits).collect();
    assert_eq!(notified, [1]);
    assert!(trace.contention.iter().any(|figures| figures.what == Awaited::Ends), "the join");
    let trace = counted("short_lived", true);
    let arrivals = waits(&trace).iter().map(|figures| figures.waits).sum::<u64>();
    assert!(arrivals >= 3, "{:?}", trace.contention);
}

const HOLDING: &str = "holds_are_timed";

const HOLDS: &[Case] = &[
    ("mutex", || hold(ACCOUNTS.lock())),
    ("twice", || (0..2).for_each(|_| hold(ACCOUNTS.lock()))),
    ("writer", || hold(CACHE.write())),
    ("reader", || hold(CACHE.read())),
    ("read_again", || {
        let first = CACHE.read();
        let again = CACHE.read();
        drop(first);
        hold(again);
    }),
    ("out_of_order", || {
        let first = ACCOUNTS.lock();
        let second = AUDIT.lock();
        drop(first);
        std::thread::sleep(LONGER);
        drop(second);
    }),
    ("condvar", || {
        let start = Instant::now();
        let guard = AUDIT.lock().unwrap_or_else(PoisonError::into_inner);
        let (guard, _) = READY.wait_timeout(guard, LONG).unwrap_or_else(PoisonError::into_inner);
        drop(guard);
        eprintln!("took {} ns", start.elapsed().as_nanos());
    }),
    #[cfg(feature = "parking_lot")]
    ("reentrant", || {
        let lock = lockgraph::parking_lot::named::reentrant_mutex(&"deep", ());
        let outer = lock.lock();
        drop(lock.lock());
        hold(outer);
    }),
    #[cfg(feature = "parking_lot")]
    ("downgraded", || {
        let lock = lockgraph::parking_lot::named::rwlock(&"wide", ());
        let writer = lock.write();
        std::thread::sleep(LONG);
        drop(lockgraph::parking_lot::RwLockWriteGuard::downgrade(writer));
    }),
    #[cfg(feature = "parking_lot")]
    ("read_on", || {
        let lock = lockgraph::parking_lot::named::rwlock(&"wide", ());
        hold(lockgraph::parking_lot::RwLockWriteGuard::downgrade(lock.write()));
    }),
    ("short_lived", || {
        // Locks that were made and dropped are told of too.
        let lock = named::rwlock(&"short-lived", ());
        hold(lock.write());
    }),
];

/// Holds for long enough to be told of.
fn hold<T>(guard: T) {
    std::thread::sleep(LONG);
    drop(guard);
}

/// The locks of the findings, sorted, which are all long holds; and those with a longest hold.
fn long_and_known(case: &str, environment: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
    let (ended, trace) = run(HOLDING, case, environment);
    assert!(ended.ended_well(), "{}", ended.stderr);
    let Some(trace) = trace else { return Default::default() };
    let name = |class: &Class| match class {
        Class::Named(name) => name.clone(),
        class => panic!("{class:?}"),
    };
    let mut long = Vec::new();
    for finding in &trace.findings {
        assert_eq!((finding.kind.name(), finding.verdict), ("long-hold", Verdict::Possible));
        let lock = finding.locks()[0];
        long.push(name(&lock.class));
        let place = finding.sites().next().expect("where it was taken");
        assert!(place.file.ends_with("figures.rs"), "{place:?}");
    }
    assert_eq!(
        ended.stderr.matches("warning[long-hold]: ").count(),
        long.len(),
        "{}",
        ended.stderr
    );
    long.sort_unstable();
    let known = trace.longest_holds.iter().map(|hold| name(&trace.lock(hold.lock).class)).collect();
    (long, known)
}

#[test]
fn holds_are_timed() {
    if process::is_child(HOLDS) {
        return;
    }
    let shared = |limit| ("LOCKGRAPH_LONG_HOLD_SHARED", limit);
    let high = ("LOCKGRAPH_LONG_HOLD", HIGH);
    let check = |case, environment: &[_], long: &[&str], known: &[&str]| {
        let got = long_and_known(case, environment);
        assert_eq!((got.0, got.1), (strings(long), strings(known)), "{case} {environment:?}");
    };
    check("mutex", &[], &[], &[]);
    check("mutex", &[LIMIT], &["accounts"], &["accounts"]);
    check("mutex", &[("LOCKGRAPH_LONG_HOLD", "0")], &[], &[]);
    check("mutex", &[high], &[], &["accounts"]);
    check("mutex", &[LIMIT, ("LOCKGRAPH_LEVEL", "full")], &["accounts"], &["accounts"]);
    check("mutex", &[LIMIT, ("LOCKGRAPH_ON_VIOLATION", "panic")], &["accounts"], &["accounts"]);
    check("twice", &[LIMIT], &["accounts"], &["accounts"]);
    // DRD's hold_lock_1, which has a limit for exclusive holds, and hold_lock_2, for shared ones.
    check("writer", &[LIMIT, shared("0")], &["cache"], &["cache"]);
    check("reader", &[LIMIT, shared("0")], &[], &["cache"]);
    check("writer", &[shared("10")], &[], &["cache"]);
    check("reader", &[shared("10")], &["cache"], &["cache"]);
    check("reader", &[LIMIT], &["cache"], &["cache"]);
    check("reader", &[LIMIT, shared(HIGH)], &[], &["cache"]);
    check("read_again", &[LIMIT], &["cache"], &["cache"]);
    check("out_of_order", &[LIMIT_OF_TWO], &["audit"], &["accounts", "audit"]);
    check("short_lived", &[LIMIT], &["short-lived"], &["short-lived"]);
    #[cfg(feature = "parking_lot")]
    {
        check("reentrant", &[LIMIT], &["deep"], &["deep"]);
        check("downgraded", &[LIMIT, shared(HIGH)], &["wide"], &["wide"]);
        check("read_on", &[high, shared("10")], &["wide"], &["wide"]);
    }
}

/// What is not held while it waits does not count, whatever else is slow.
#[test]
fn a_wait_gives_the_mutex_back() {
    if process::is_child(HOLDS) {
        return;
    }
    let (ended, trace) =
        run("a_wait_gives_the_mutex_back", "condvar", &[("LOCKGRAPH_LONG_HOLD", HIGH)]);
    let took =
        ended.stderr.lines().find_map(|line| line.strip_prefix("took ")?.strip_suffix(" ns"));
    let took: u64 = took.expect("the child says it").parse().expect("a number");
    let trace = trace.expect("holds were timed");
    let [hold] = trace.longest_holds[..] else { panic!("{:?}", trace.longest_holds) };
    assert!(hold.nanos + LONG.as_nanos() as u64 <= took, "{hold:?} of {took} ns");
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}
