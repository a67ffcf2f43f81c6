//! Locks that are not had within their time limits, over and over: who is told of them, with whom in
//! the way, and who is not.
//!
//! Each case runs in a child process with a time limit, and its findings are read from its trace.
#![cfg(any(debug_assertions, feature = "instrument"))]

mod asleep;
mod process;
#[path = "time_outs/staged.rs"]
mod staged;

use std::sync::{Arc, Barrier};
use std::time::Duration;

use lockgraph::banker::Banker;
use lockgraph::finding::{Blocks, Finding, Held, Step, Verdict, Wanted};
use lockgraph::named;
use lockgraph::sync::{Mutex, Semaphore, mpsc};
use lockgraph::timed::{TimedMutex, TimedRwLock};
use lockgraph::{Again, Limits, retry};

use asleep::Sleeper;
use process::{Case, Ended};
use staged::{a, holder, in_step, sleeping, spawned, until_told};

/// What a process does, and its findings: for each step who holds and wants what.
const TOLD: &[(Case, &[&[&str]])] = &[
    (("livelock", || livelock(30, overlapping)), CIRCLE),
    (("with_retry", with_retry), CIRCLE),
    (("one_waits_for_ever", one_waits_for_ever), CIRCLE),
    (("itself", itself), &[&["main: a -> a"]]),
    (("behind_a_holder", behind_a_holder), &[&["main: - -> a", "holder: a -> -"]]),
    (("behind_a_receiver", behind_a_receiver), &[&["main: - -> a", "holder: a -> message"]]),
    (("in_turns", in_turns), &[&["last: - -> a", "holder: a -> -"]]),
    (("to_write", to_write), &[&["main: - -> table", "holder: table -> -"]]),
    (("permits", permits), &[&["main: slots -> slots"]]),
    (("owned_permits", owned_permits), &[&["main: - -> slots"]]),
    (("units", units), &[&["main: - -> ?"]]),
    (("left_behind", left_behind), &[&["main: - -> a", "holder: a (left) -> -"]]),
    #[cfg(feature = "parking_lot")]
    (("of_parking_lot", parking_lot::livelock), CIRCLE),
    #[cfg(feature = "parking_lot")]
    (("upgrade", parking_lot::upgrade), &[&["main: - -> table", "holder: table -> -"]]),
];

const CIRCLE: &[&[&str]] = &[&["left: a -> b", "right: b -> a"]];

const SILENT: &[(Case, &[(&str, &str)])] = &[
    (("success_in_between", || polls(&[9, 9, 9])), &[]),
    (("below_the_limit", || polls(&[9])), &[]),
    (("try_lock", tries), &[]),
    (("another_place", other_places), &[]),
    (("another_lock", other_locks), &[]),
    (("switched_off", || livelock(25, short)), &[("LOCKGRAPH_REPEATED_TIMEOUT", "0")]),
    (("higher_limit", || livelock(12, short)), &[("LOCKGRAPH_REPEATED_TIMEOUT", "13")]),
    (("no_detector", || livelock(12, short)), &[("LOCKGRAPH", "off")]),
];

const SHORT: Duration = Duration::from_millis(3);

fn short() -> Duration {
    SHORT
}

/// Until something is told, so long that two threads in step do wait at the same time.
fn overlapping() -> Duration {
    if lockgraph::findings().is_empty() { Duration::from_millis(150) } else { SHORT }
}

fn time_out(lock: &Mutex<()>) {
    assert!(lock.lock_for(SHORT).is_err(), "somebody has it");
}

fn livelock(rounds: u32, limit: fn() -> Duration) {
    in_step(rounds, move |own, other, both| {
        let _held = own.lock().expect("as staged");
        both.wait();
        assert!(other.lock_for(limit()).is_err(), "the other one has it");
        both.wait();
    });
}

fn with_retry() {
    in_step(1, |own, other, both| {
        let limits = Limits { attempts: 30, total: Duration::MAX, ..Limits::default() };
        let gave_up = retry(&limits, |_| {
            let _held = own.lock().map_err(|_| Again)?;
            both.wait();
            let had = other.lock_for(overlapping()).map(drop).map_err(Again::from);
            both.wait();
            had
        });
        assert_eq!(gave_up.expect_err("they are in step").attempts, 30);
    });
}

/// Only one of the two has a time limit.
fn one_waits_for_ever() {
    let (a, b) = (a(), Arc::new(named::mutex(&"b", ())));
    let shared = Arc::new((Barrier::new(2), Sleeper::default()));
    let own = (Arc::clone(&a), Arc::clone(&b), Arc::clone(&shared));
    let right = spawned("right", move || {
        let _held = own.1.lock().expect("as staged");
        own.2.0.wait();
        own.2.1.is_here();
        drop(own.0.lock().expect("as staged"));
    });
    let left = spawned("left", move || {
        let _held = a.lock().expect("as staged");
        shared.0.wait();
        shared.1.wait();
        (0..20).for_each(|_| time_out(&b));
    });
    left.join().expect("it ends");
    right.join().expect("it ends");
}

fn itself() {
    named_main(|| {
        let a = a();
        let _held = a.lock().expect("as staged");
        (0..12).for_each(|_| time_out(&a));
    });
}

/// Runs `f` on a thread that is called as the first one of a program is.
fn named_main(f: impl FnOnce() + Send + 'static) {
    spawned("main", f).join().expect("it ends");
}

fn behind_a_holder() {
    named_main(|| {
        let (a, (until, tell)) = (a(), until_told());
        let holder = holder(&a, until);
        (0..40).for_each(|_| time_out(&a));
        tell();
        holder.join().expect("it ends");
    });
}

fn behind_a_receiver() {
    named_main(|| {
        let a = a();
        let (sender, receiver) = mpsc::channel::<()>();
        let holder = holder(&a, move || receiver.recv().expect("it is sent"));
        (0..20).for_each(|_| time_out(&a));
        sender.send(()).expect("it is there");
        holder.join().expect("it ends");
    });
}

/// Threads one after the other, the first of which time out too seldom to be told.
fn in_turns() {
    let (a, (until, tell)) = (a(), until_told());
    let holder = holder(&a, until);
    for name in ["first", "second", "last"] {
        let a = Arc::clone(&a);
        let times = if name == "last" { 30 } else { 4 };
        spawned(name, move || (0..times).for_each(|_| time_out(&a))).join().expect("it ends");
    }
    tell();
    holder.join().expect("it ends");
}

fn to_write() {
    named_main(|| {
        let table = Arc::new(named::rwlock(&"table", ()));
        let (own, (until, tell)) = (Arc::clone(&table), until_told());
        let holder = sleeping(move |sleeper| {
            let _read = own.read().expect("as staged");
            sleeper.is_here();
            until();
        });
        for _ in 0..40 {
            assert!(table.read_for(SHORT).is_ok(), "readers share it");
            assert!(table.write_for(SHORT).is_err(), "somebody reads");
        }
        tell();
        holder.join().expect("it ends");
    });
}

fn permits() {
    named_main(|| {
        let slots = named::semaphore(&"slots", 1);
        let _permit = slots.acquire();
        (0..12).for_each(|_| assert!(slots.acquire_timeout(SHORT).is_none()));
    });
}

/// Whoever has such a permit is not known.
fn owned_permits() {
    named_main(|| {
        let slots: Arc<Semaphore> = Arc::new(named::semaphore(&"slots", 1));
        let _permit = slots.acquire_owned();
        (0..20).for_each(|_| assert!(slots.acquire_timeout_owned(SHORT).is_none()));
    });
}

fn units() {
    named_main(|| {
        let banker = Banker::new(&[1]);
        let customer = || banker.customer(&[1]).expect("it is no more than there is");
        let (one, other) = (customer(), customer());
        let _grant = one.request(&[1]).expect("it is within the claim");
        (0..20).for_each(|_| assert!(other.request_timeout(&[1], SHORT).is_err()));
    });
}

fn left_behind() {
    named_main(|| {
        let a = a();
        let own = Arc::clone(&a);
        let leaks = move || std::mem::forget(own.lock());
        spawned("holder", leaks).join().expect("it ends");
        (0..12).for_each(|_| time_out(&a));
    });
}

/// So many time-outs, a success, so many more.
fn polls(times: &[u32]) {
    let a = a();
    for times in times {
        let (until, tell) = until_told();
        let holder = holder(&a, until);
        time_outs_and_a_success(&a, *times, move || {
            tell();
            holder.join().expect("it ends");
        });
    }
}

fn time_outs_and_a_success(lock: &Mutex<()>, times: u32, free: impl FnOnce()) {
    let mut free = Some(free);
    for at in 0..=times {
        if at == times {
            free.take().expect("the last one comes once")();
        }
        assert_eq!(lock.lock_for(SHORT).is_ok(), at == times);
    }
}

fn tries() {
    let (a, (until, tell)) = (a(), until_told());
    let holder = holder(&a, until);
    (0..50).for_each(|_| assert!(a.try_lock().is_err()));
    tell();
    holder.join().expect("it ends");
}

fn other_places() {
    let (a, (until, tell)) = (a(), until_told());
    let holder = holder(&a, until);
    (0..9).for_each(|_| assert!(a.lock_for(SHORT).is_err()));
    (0..9).for_each(|_| assert!(a.lock_for(SHORT).is_err()));
    tell();
    holder.join().expect("it ends");
}

fn other_locks() {
    let locks: Vec<Mutex<()>> = (0..5).map(|_| Mutex::new(())).collect();
    let _held: Vec<_> = locks.iter().map(|lock| lock.lock().expect("as staged")).collect();
    (0..9).for_each(|_| locks.iter().for_each(time_out));
}

#[cfg(feature = "parking_lot")]
#[path = "time_outs/parking_lot.rs"]
mod parking_lot;

fn name(lock: &lockgraph::finding::Lock) -> String {
    match &lock.class {
        lockgraph::finding::Class::Named(name) => name.clone(),
        _ => "?".to_owned(),
    }
}

/// "left: a -> b".
fn in_short(step: &Step) -> String {
    let thread = step.thread.name.as_deref().unwrap_or("?");
    let held = match &step.blocks {
        Blocks::Holds(Held { lock, .. }) => name(lock),
        Blocks::LeftBehind(Held { lock, .. }) => format!("{} (left)", name(lock)),
        Blocks::Nobody => "-".to_owned(),
        other => panic!("{other:?}"),
    };
    let wants = match &step.wants {
        None => "-".to_owned(),
        Some(Wanted::Lock(lock, _)) => name(lock),
        Some(Wanted::Signal(..)) => "message".to_owned(),
        Some(other) => panic!("{other:?}"),
    };
    format!("{thread}: {held} -> {wants}")
}

fn repeated(ended: &Ended) -> Vec<&Finding> {
    ended.findings.iter().filter(|finding| finding.kind.name() == "repeated-timeout").collect()
}

const TOLD_TEST: &str = "what_times_out_over_and_over_is_told_once_with_who_is_in_the_way";

#[test]
fn what_times_out_over_and_over_is_told_once_with_who_is_in_the_way() {
    let cases: Vec<Case> = TOLD.iter().map(|(case, _)| *case).collect();
    if process::is_child(&cases) {
        return;
    }
    for ((case, _), want) in TOLD {
        for level in ["graph", "full"] {
            let ended = process::run(TOLD_TEST, case, &[("LOCKGRAPH_LEVEL", level)]);
            assert!(ended.ended_well(), "{case}: {}", ended.stderr);
            let found = repeated(&ended);
            // Who begins the circle is whoever came first.
            let steps = found.iter().map(|finding| {
                assert_eq!(finding.verdict, Verdict::Possible, "{case}");
                assert!(finding.has_places(), "{case}: {finding:?}");
                let mut steps: Vec<String> = finding.steps.iter().map(in_short).collect();
                if *want == CIRCLE {
                    steps.sort_unstable();
                }
                steps
            });
            assert_eq!(steps.collect::<Vec<_>>(), *want, "{case}: {}", ended.stderr);
            let told = ended.stderr.matches("warning[repeated-timeout]: ").count();
            assert_eq!(told, 1, "{case}: {}", ended.stderr);
        }
    }
}

#[test]
fn what_is_had_now_and_then_is_not_told() {
    let cases: Vec<Case> = SILENT.iter().map(|(case, _)| *case).collect();
    if process::is_child(&cases) {
        return;
    }
    for ((case, _), environment) in SILENT {
        let ended = process::run("what_is_had_now_and_then_is_not_told", case, environment);
        assert!(ended.ended_well(), "{case}: {}", ended.stderr);
        assert_eq!(repeated(&ended).len(), 0, "{case}: {}", ended.stderr);
        assert!(!ended.stderr.contains("repeated-timeout"), "{case}: {}", ended.stderr);
    }
}

/// So many threads that want it once each, one after the other.
fn once_each() {
    let (a, (until, tell)) = (a(), until_told());
    let holder = holder(&a, until);
    for number in 0..16 {
        let a = Arc::clone(&a);
        spawned(&format!("poller-{number}"), move || time_out(&a)).join().expect("it ends");
    }
    tell();
    holder.join().expect("it ends");
}

#[test]
fn the_headline_is_about_the_place_and_not_about_one_of_many_threads() {
    let test = "the_headline_is_about_the_place_and_not_about_one_of_many_threads";
    if process::is_child(&[("once_each", once_each)]) {
        return;
    }
    let ended = process::run(test, "once_each", &[]);
    assert_eq!(ended.found(), [("repeated-timeout", Verdict::Possible)]);
    let headline = ended.stderr.lines().find(|line| line.starts_with("warning[repeated"));
    let headline = headline.expect("it is told");
    assert!(headline.contains(" waits in a row timed out at "), "{headline}");
    assert!(headline.contains("time_outs.rs:"), "{headline}");
    assert!(headline.ends_with(", for `a`, which thread `holder` holds"), "{headline}");
    assert!(!ended.stderr.contains("` timed out"), "{}", ended.stderr);
}

/// A writer that has a row already tries on and on while somebody reads in vain.
fn behind_a_polling_writer() {
    named_main(|| {
        let table = Arc::new(named::rwlock(&"table", ()));
        let (own, (until, tell)) = (Arc::clone(&table), until_told());
        let holder = sleeping(move |sleeper| {
            let _held = own.write().expect("as staged");
            sleeper.is_here();
            until();
        });
        let has_a_row = Arc::new(Barrier::new(2));
        let own = (Arc::clone(&table), Arc::clone(&has_a_row));
        let writer = spawned("writer", move || {
            for at in 0..=20 {
                if at == 20 {
                    own.1.wait();
                }
                let limit = if at == 20 { Duration::from_secs(60) } else { SHORT };
                assert_eq!(own.0.write_for(limit).is_ok(), at == 20);
            }
        });
        has_a_row.wait();
        (0..40).for_each(|_| assert!(table.read_for(SHORT).is_err(), "somebody writes"));
        tell();
        holder.join().expect("it ends");
        writer.join().expect("it ends");
    });
}

#[test]
fn a_reader_is_not_behind_a_writer_that_does_not_queue() {
    let test = "a_reader_is_not_behind_a_writer_that_does_not_queue";
    if process::is_child(&[("behind_a_polling_writer", behind_a_polling_writer)]) {
        return;
    }
    let ended = process::run(test, "behind_a_polling_writer", &[]);
    let steps = |finding: &&Finding| finding.steps.iter().map(in_short).collect::<Vec<_>>();
    let told: Vec<Vec<String>> = repeated(&ended).iter().map(steps).collect();
    let want =
        [["writer: - -> table", "holder: table -> -"], ["main: - -> table", "holder: table -> -"]];
    assert_eq!(told, want, "{}", ended.stderr);
}

/// What a report says, by the settings.
#[test]
fn the_report_says_how_often_and_both_sides() {
    let test = "the_report_says_how_often_and_both_sides";
    let cases: &[Case] = &[("livelock", || livelock(30, overlapping))];
    if process::is_child(cases) {
        return;
    }
    let of_three = [("LOCKGRAPH_REPEATED_TIMEOUT", "3"), ("LOCKGRAPH_ON_VIOLATION", "panic")];
    let ended = process::run(test, "livelock", &of_three);
    assert!(ended.ended_well(), "{}", ended.stderr);
    assert_eq!(ended.found(), [("repeated-timeout", Verdict::Possible)]);
    for part in [
        "each hold what the other one wants, and ",
        "only time limits part them: 3 waits in a row timed out at ",
        "thread `left` holds `a` and wants `b`",
        "thread `right` holds `b` and wants `a`",
        "thread `left` waits for thread `right` to drop `b`",
        "end the circle no longer than until all begin again",
        "`lockgraph::retry`",
    ] {
        assert!(ended.stderr.contains(part), "{part}: {}", ended.stderr);
    }
    let ignored = [("LOCKGRAPH_ON_VIOLATION", "ignore")];
    let ended = process::run(test, "livelock", &ignored);
    assert_eq!((repeated(&ended).len(), ended.stderr.contains("repeated-timeout")), (1, false));
    let ended = process::run(test, "livelock", &[("LOCKGRAPH_REPEATED_TIMEOUT", "often")]);
    let said = "LOCKGRAPH_REPEATED_TIMEOUT=\"often\" is ignored: it is not a whole number; write how \
                often, such as 10, or 0 for never";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
    assert_eq!(repeated(&ended).len(), 1);
}
