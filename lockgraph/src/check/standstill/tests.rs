//! Standstills of staged waits.

use super::*;
use crate::check::{Options, check};
use crate::finding::Kind;
use crate::id::{LockKind, Signal};
use crate::trace::{Trace, WaitSlot, Waiting, read_bytes};

const A: LockId = LockId(1);
const C: LockId = LockId(9);

/// A trace of ours with nobody in it.
fn trace() -> Trace {
    let mut bytes = Vec::new();
    let moves = vec![finding::Move {
        thread: finding::Thread { id: 0, name: None },
        act: finding::Act::Tells(0),
        site: None,
    }];
    let witness = finding::Witness { moves, changed_reads: 0 };
    crate::trace::write_witness(&mut bytes, &witness).expect("memory is written to");
    let mut trace = read_bytes("staged", &bytes).expect("STD text");
    trace.events.clear();
    trace
}

fn waiting(thread: u32, wants: Waiting, held: &[LockId]) -> WaitSlot {
    WaitSlot {
        thread: ThreadId(thread),
        wants,
        site: SiteId::UNKNOWN,
        since_nanos: 0,
        held: held.iter().map(|lock| (*lock, Mode::Exclusive, SiteId::UNKNOWN)).collect(),
        held_count: held.len() as u32,
        stack: Vec::new(),
    }
}

fn lock() -> Waiting {
    Waiting::Lock(A, Mode::Exclusive)
}

fn notify() -> Waiting {
    Waiting::Signal(Signal::Notify, Some(C), None)
}

fn step(thread: u32, blocks: Blocks, wants: Option<Wanted>) -> Step {
    Step {
        thread: finding::Thread { id: thread, name: None },
        blocks,
        wants,
        site: None,
        through: None,
        stack: Vec::new(),
        addresses: Vec::new(),
        also_holds: Vec::new(),
    }
}

fn held() -> Held {
    Held { lock: trace().lock(A), mode: Mode::Exclusive, site: None }
}

/// Each thread's number, state and needs; the rounds; who is stuck.
fn check_of(waits: Vec<WaitSlot>, found: Option<(Verdict, Vec<Step>)>, want: &str) {
    let findings = found.map(|(verdict, steps)| Finding::new(Kind::Stall, verdict, steps));
    let trace = Trace { waits, findings: findings.into_iter().collect(), ..trace() };
    let still = check(&trace, &Options::default()).standstill.expect("somebody waits");
    let told = |it: &Standing| {
        let needs = it.needs.iter().map(|need| format!(" {} of {:?}", need.count, need.of));
        format!("{} {:?}{}", it.thread.id, it.state, needs.collect::<String>())
    };
    let threads: Vec<String> = still.threads.iter().map(told).collect();
    let got = format!("{}; {:?}; {:?}", threads.join(", "), still.rounds, still.stuck);
    assert_eq!(got, want);
}

#[test]
fn what_is_not_known_is_on_the_side_of_who_waits() {
    // Anybody may notify, and then the holder gives the lock back.
    check_of(
        vec![waiting(1, notify(), &[A]), waiting(2, lock(), &[])],
        None,
        "1 Waits, 2 Waits 1 of [0]; [[0], [1]]; []",
    );
    let ends = Waiting::Ends { threads: vec![ThreadId(7)], count: 1 };
    check_of(vec![waiting(1, ends, &[])], None, "1 Waits 1 of [1], 7 Runs; [[0]]; []");
}

#[test]
fn what_a_finding_says_of_its_threads_counts() {
    let object = || Some(finding::Lock { kind: LockKind::Condvar, ..trace().lock(C) });
    let wants = || Some(Wanted::Signal(Signal::Notify, object()));
    // Who would notify waits for the lock of who waits for it.
    let serves = Blocks::CannotServe(Signal::Notify, object());
    let steps = vec![step(1, Blocks::Holds(held()), wants()), step(2, serves, None)];
    check_of(
        vec![waiting(1, notify(), &[A]), waiting(2, lock(), &[])],
        Some((Verdict::Stalled, steps)),
        "1 Waits 1 of [1], 2 Waits 1 of [0]; []; [0, 1]",
    );
    // Nobody is left to notify.
    check_of(
        vec![waiting(1, notify(), &[])],
        Some((Verdict::Actual, vec![step(1, Blocks::Nobody, wants())])),
        "1 Waits 1 of []; []; [0]",
    );
    // Its holder is gone, or waits for what is not seen.
    let wants = || Some(Wanted::Lock(trace().lock(A), Mode::Exclusive));
    for (blocks, want) in [
        (Blocks::LeftBehind(held()), "1 Waits 1 of [1], 2 Gone; []; [0]"),
        (Blocks::Holds(held()), "1 Waits 1 of [1], 2 Waits 1 of []; []; [0, 1]"),
    ] {
        let steps = vec![step(1, Blocks::Nobody, wants()), step(2, blocks, None)];
        check_of(vec![waiting(1, lock(), &[])], Some((Verdict::Stalled, steps)), want);
    }
}

#[test]
fn nobody_waits_where_nobody_does() {
    assert_eq!(check(&trace(), &Options::default()).standstill, None);
}
