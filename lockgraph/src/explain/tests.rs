//! What is advised, and why a verdict is what it is.

use super::staged::{self, finding, holds, made, mutex, place, step, thread};
use super::*;
use crate::finding::{Blocks, Kind, Lock, Reason, Step, Stranger, Verdict, Wanted};
use crate::id::{LockKind, Mode, Signal};

#[test]
fn the_way_out_names_locks_and_places() {
    use ConditionName::{CircularWait, HoldAndWait};
    for (finding, breaks, want) in [
        (
            staged::lock_order_cycle(),
            CircularWait,
            "take `accounts` before `audit` at transfer.rs:8:28, as transfer.rs:2:34 does",
        ),
        (
            staged::same_code(),
            CircularWait,
            "put the locks in an order that does not depend on the caller before bank.rs:9:24 \
             takes the first: by a key of what they guard, or by address",
        ),
        (
            staged::self_deadlock(),
            HoldAndWait,
            "drop the guard of `map` made at one.rs:2:17 before taking it again at one.rs:2:45: a \
             temporary lives to the end of its statement",
        ),
        (
            staged::join_while_holding(),
            HoldAndWait,
            "drop the guard of `jobs` made at pool.rs:3:21 before the join at pool.rs:4:12",
        ),
        (
            staged::ring(4),
            CircularWait,
            "take `fork-0` before `fork-3` at dine.rs:13:9, so that the order is `fork-0`, \
             `fork-1`, `fork-2`, `fork-3` everywhere",
        ),
        (
            staged::initialiser(),
            CircularWait,
            "initialise the once-cell made at config.rs:3:26 before taking `log` at log.rs:5:17, \
             for instance at the start of the program",
        ),
        (joins_itself(), CircularWait, "join thread `main` at a.rs:9:9 from another thread"),
        (
            initialises_itself(),
            CircularWait,
            "do not use the once-cell made at a.rs:1:1 at a.rs:3:3 in its own initialiser",
        ),
        (
            finding(Kind::Deadlock, Verdict::Actual, Vec::new()),
            HoldAndWait,
            "give back what is \
             held before waiting",
        ),
    ] {
        let explained = explain(&finding);
        assert_eq!(explained.way_out.advice, want);
        assert_eq!(explained.way_out.breaks, breaks);
        let easiest: Vec<_> = explained.conditions.iter().filter(|it| it.is_easiest).collect();
        assert_eq!(easiest.len(), 1);
        assert_eq!(easiest[0].name, breaks);
    }
}

/// A semaphore is not held, nor dropped: one has a permit of it, and gives it back.
#[test]
fn of_a_semaphore_one_has_a_permit() {
    let [slots, audit] = [(1, "slots", LockKind::Semaphore), (2, "audit", LockKind::Mutex)]
        .map(|(id, name, kind)| Lock { kind, ..mutex(id, name) });
    let steps = |own: Mode| {
        let first = step(thread(1, "one"), holds(&slots, own, "a.rs:1:1"), &audit, own, "a.rs:2:2");
        let second =
            step(thread(2, "two"), holds(&audit, own, "a.rs:3:3"), &slots, own, "a.rs:4:4");
        vec![first, second]
    };
    for mode in [Mode::Exclusive, Mode::Shared] {
        let deadlock = finding(Kind::Deadlock, Verdict::Actual, steps(mode));
        let scene = Scene::new(&deadlock);
        let titles: Vec<String> = deadlock.steps.iter().map(|it| title(&scene, it)).collect();
        let has = "thread `one` has a permit of `slots` and waits ";
        assert!(titles[0].starts_with(has), "{}", titles[0]);
        assert!(titles[1].ends_with("and waits for a permit of `slots`"), "{}", titles[1]);
        let here = held_here(&scene, &deadlock.steps[0]);
        assert_eq!(here.as_deref(), Some("a permit of `slots` was taken here"));
        let explained = explain(&deadlock);
        let because = |at: usize| explained.conditions[at].because.join("; ");
        assert!(because(0).contains("permit of `slots`"), "{}", because(0));
        assert!(because(1).contains("keeps a permit of `slots`"), "{}", because(1));
        assert!(because(3).contains("to give back a permit of `slots`"), "{}", because(3));
        assert!(because(3).contains("to drop `audit`"), "{}", because(3));
    }
    let again = step(thread(1, "one"), holds(&slots, X, "a.rs:1:1"), &slots, X, "a.rs:2:2");
    let explained = explain(&finding(Kind::SelfDeadlock, Verdict::Actual, vec![again]));
    assert_eq!(
        explained.headline,
        "thread `one` waits for a permit of `slots`, which it has itself"
    );
    assert_eq!(
        explained.way_out.advice,
        "give back the permit of `slots` taken at a.rs:1:1 before taking it again at a.rs:2:2"
    );
}

#[test]
fn who_notified_too_early_is_told() {
    let condvar = Lock { kind: LockKind::Condvar, ..mutex(1, "changed") };
    let waiter = Step {
        wants: Some(Wanted::Signal(Signal::Notify, Some(condvar.clone()))),
        ..step(thread(1, "main"), Blocks::Nobody, &condvar, X, "a.rs:2:2")
    };
    let early = Stranger { thread: thread(3, ""), does: "notified it before, at x.rs:10:5".into() };
    let never = finding(Kind::NeverWoken, Verdict::Actual, vec![waiter]);
    for (strangers, told) in [(vec![early], true), (Vec::new(), false)] {
        let explained = explain(&Finding { strangers, ..never.clone() });
        let because = explained.conditions[3].because.iter();
        let lines = because.filter(|line| *line == "thread 3 notified it before, at x.rs:10:5");
        assert_eq!(lines.count(), usize::from(told));
    }
}

const X: Mode = Mode::Exclusive;

fn joins_itself() -> Finding {
    let main = thread(1, "main");
    let step = Step {
        thread: main.clone(),
        blocks: Blocks::HasNotEnded,
        wants: Some(Wanted::End(main)),
        site: Some(place("a.rs:9:9")),
        through: None,
        stack: Vec::new(),
        addresses: Vec::new(),
        also_holds: Vec::new(),
    };
    finding(Kind::SelfDeadlock, Verdict::Actual, vec![step])
}

/// Only threads that join each other wait for each other's end.
#[test]
fn the_headline_of_a_join_says_what_the_joined_thread_waits_for() {
    let jobs = made(1, LockKind::Channel, "a.rs:1:1");
    let mut finding = staged::join_while_holding();
    let (main, worker) = (finding.steps[0].thread.clone(), &mut finding.steps[1]);
    worker.wants = Some(Wanted::Signal(Signal::Message, Some(jobs)));
    assert_eq!(
        headline(&finding),
        "thread `main` waits for the end of thread `worker`, which waits for a message in the \
         channel made at a.rs:1:1"
    );
    finding.steps[1].wants = Some(Wanted::End(main));
    let want = "thread `main` and thread `worker` wait for each other's end";
    assert_eq!(headline(&finding), want);
}

#[test]
fn who_joins_receivers_is_to_drop_its_sender() {
    let jobs = made(1, LockKind::Channel, "a.rs:1:1");
    let mut finding = staged::join_while_holding();
    finding.steps[0].blocks = Blocks::CannotServe(Signal::Message, Some(jobs.clone()));
    finding.steps[1].wants = Some(Wanted::Signal(Signal::Message, Some(jobs)));
    let advice = explain(&finding).way_out.advice;
    let want = "drop the senders of the channel made at a.rs:1:1 that thread `main` still has";
    assert!(advice.starts_with(want), "{advice}");
}

fn initialises_itself() -> Finding {
    let once = made(1, LockKind::Once, "a.rs:1:1");
    let held = holds(&once, Mode::Exclusive, "a.rs:2:2");
    let step = step(thread(1, "main"), held, &once, Mode::Exclusive, "a.rs:3:3");
    finding(Kind::SelfDeadlock, Verdict::Actual, vec![step])
}

/// What there is between "it happened" and "it cannot".
#[test]
fn a_schedule_makes_it_surer() {
    let changed = |reads| {
        let mut finding = staged::scheduled(staged::lock_order_cycle());
        finding.verdict = Verdict::Feasible;
        finding.witness.as_mut().unwrap().changed_reads = reads;
        finding
    };
    let searched = Finding { instances: 3, ..staged::lock_order_cycle() };
    for (finding, headline, verdict) in [
        (
            staged::scheduled(staged::lock_order_cycle()),
            "are taken in both orders, and that can deadlock",
            "every read that was recorded sees in it what it saw",
        ),
        (changed(0), "are taken in both orders", "not `proved`, for what the threads read was not"),
        (changed(1), "are taken in both orders", "not `proved`, for one read in it sees"),
        (changed(2), "are taken in both orders", "not `proved`, for 2 reads in it see"),
        (searched, "are taken in both orders", "not `feasible`, for of the steps"),
        (staged::lock_order_cycle(), "are taken in both orders", "not `actual`, for that takes"),
    ] {
        let explained = explain(&finding);
        assert!(explained.headline.ends_with(headline), "{}", explained.headline);
        assert!(explained.verdict.contains(verdict), "{}", explained.verdict);
    }
}

#[test]
fn two_who_could_join_each_other() {
    let mut finding = staged::join_while_holding();
    let main = finding.steps[0].thread.clone();
    finding.steps[0].blocks = Blocks::HasNotEnded;
    finding.steps[1].wants = Some(Wanted::End(main));
    let finding = Finding { kind: Kind::JoinWhileHolding, verdict: Verdict::Proved, ..finding };
    let explained = explain(&finding);
    let want = "thread `main` and thread `worker` could wait for each other's end";
    assert_eq!(explained.headline, want);
    let want = "let thread `worker` end without joining the other at pool.rs:9:10";
    assert_eq!(explained.way_out.advice, want);
    assert_eq!(explained.way_out.breaks, ConditionName::CircularWait);
}

#[test]
fn an_excluded_cycle_says_why() {
    let (main, other) = (thread(1, "main"), thread(2, "other"));
    let cache = Lock { kind: LockKind::RwLock, ..mutex(3, "cache") };
    let seats = Lock { kind: LockKind::Semaphore, ..mutex(5, "seats") };
    for (reason, want) in [
        (Reason::OneThread(main.clone()), "needs a second thread running the same code"),
        (Reason::Gate(mutex(4, "gate")), "`gate` is held around more than one of the steps"),
        (
            Reason::SpawnJoin(main.clone(), other.clone()),
            "put the step of thread `main` before that of thread `other`",
        ),
        (
            Reason::Message(main, other, Some(LockKind::Condvar)),
            "over when thread `other` hears of it through a condition variable",
        ),
        (Reason::ReadersOnly(cache), "`cache` is only read in these steps"),
        (Reason::Permits(seats, 4), "`seats` has 4 permits, and more of these steps hold one"),
    ] {
        let finding = Finding { excluded: Some(reason), ..staged::excluded() };
        let got = explain(&finding).verdict;
        assert!(got.contains(want), "{got}");
    }
}

/// Which thread or lock is meant is plain even if names are shared.
#[test]
fn shared_names_get_numbers() {
    let mut finding = staged::deadlock();
    for (step, id) in finding.steps.iter_mut().zip(1..) {
        step.thread = thread(id, "worker");
    }
    assert_eq!(
        headline(&finding),
        "threads `worker` (thread 1) and `worker` (thread 2) wait for each other for ever"
    );
    let (a, b) = (mutex(1, "account"), mutex(2, "account"));
    let steps = [(1, &a, &b, "a.rs:1:1"), (2, &b, &a, "b.rs:1:1")].map(|(id, from, to, site)| {
        step(thread(id, ""), holds(from, Mode::Exclusive, site), to, Mode::Exclusive, site)
    });
    let cycle = finding_of(steps.into());
    assert_eq!(
        headline(&cycle),
        "`account` (lock 1) and `account` (lock 2) are taken in both orders"
    );
}

fn finding_of(steps: Vec<Step>) -> Finding {
    finding(Kind::LockOrderCycle, Verdict::Possible, steps)
}

#[test]
fn every_kind_has_a_page() {
    for kind in Kind::ALL {
        let page = page(kind);
        assert_eq!(page.kind, kind);
        assert!(page.what.len() > 80 && page.what.ends_with('.'), "{}", page.what);
        assert!(["lock()", "read()", "acquire()"].iter().any(|taken| page.example.contains(taken)));
        assert!(page.example.lines().all(|line| line.len() <= 90), "{}", page.example);
        assert!(page.ways_out.iter().all(|way| way.ends_with('.')));
    }
}

#[test]
fn the_polite_way_is_that_of_the_lock() {
    for (kind, mode, want) in [
        (LockKind::Mutex, Mode::Exclusive, "`try_lock`"),
        (LockKind::RwLock, Mode::Exclusive, "`try_write`"),
        (LockKind::RwLock, Mode::Shared, "`try_read`"),
    ] {
        let mut finding = staged::lock_order_cycle();
        for step in &mut finding.steps {
            let Some(Wanted::Lock(lock, wanted)) = &mut step.wants else { continue };
            (lock.kind, *wanted) = (kind, mode);
        }
        let alternatives = explain(&finding).way_out.alternatives;
        assert!(alternatives.iter().any(|text| text.contains(want)), "{alternatives:?}");
    }
}
