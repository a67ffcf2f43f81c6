//! Lanes of small traces, told in words, and of any events.

use lockgraph::id::{LockId, Mode, ThreadId};
use lockgraph::trace::{Trace, read_bytes};
use proptest::prelude::*;

use super::*;
use crate::staged::events;

/// The bars of a trace in STD text, which has an event in every word.
fn drawn(trace: &Trace) -> (Lanes, Vec<Bar>) {
    let mut bars = Vec::new();
    let mut lanes = Lanes::default();
    trace.events.iter().for_each(|event| lanes.step(event, &mut |bar| bars.push(bar)));
    lanes.end(trace, &mut |bar| bars.push(bar));
    (lanes, bars)
}

/// "T1 held L1 0..3 on 0", in the order in which they end.
fn check(steps: &str, want: &[&str]) {
    let text: String = steps.split_whitespace().map(|step| format!("{step}|?\n")).collect();
    let trace = read_bytes("staged", text.as_bytes()).expect("STD text");
    let (lanes, bars) = drawn(&trace);
    let threads: Vec<ThreadId> = lanes.threads().collect();
    let thread = |lane: LaneId| format!("T{}", threads[lane.0 as usize].0);
    let told = |bar: &Bar| {
        let Bar { lane, kind, from, to, level, thing, by, .. } = *bar;
        let thing = thing.map(|thing| match lanes.things()[thing.0 as usize] {
            Thing::Lock(lock) => format!(" L{}", lock.0),
            Thing::Condvar(number) => format!(" C{number}"),
            Thing::Barrier(number) => format!(" B{number}"),
            Thing::Channel(number) => format!(" H{number}"),
            Thing::Object(number) => format!(" O{number}"),
        });
        let by = by.map(|by| format!(" by {}", thread(by.lane))).unwrap_or_default();
        let (lane, thing) = (thread(lane), thing.unwrap_or_default());
        format!("{lane} {kind:?}{thing} {from}..{to} on {level}{by}")
    };
    let got: Vec<String> = bars.iter().map(told).collect();
    assert_eq!(got, want, "{steps}");
}

#[test]
fn holds_lie_on_each_other_and_end_in_any_order() {
    check(
        "T1|acq(L1) T1|acq(L2) T1|rel(L1) T1|acq(L3) T1|rel(L3) T1|rel(L2)",
        &["T1 Held L1 0..2 on 0", "T1 Held L3 3..4 on 0", "T1 Held L2 1..5 on 1"],
    );
}

#[test]
fn a_reentrant_lock_is_held_once() {
    check("T1|acq(L1) T1|acq(L1) T1|rel(L1) T1|rel(L1)", &["T1 Held L1 0..3 on 0"]);
}

#[test]
fn readers_share_and_a_reader_may_read_twice() {
    check(
        "T1|racq(L1) T2|racq(L1) T1|racq(L1) T1|rel(L1) T1|rel(L1) T2|rel(L1)",
        &["T1 HeldShared L1 2..3 on 1", "T1 HeldShared L1 0..4 on 0", "T2 HeldShared L1 1..5 on 0"],
    );
}

#[test]
fn a_hold_that_changes_its_mode_is_two_bars_on_one_level() {
    check(
        "T1|uacq(L1) T1|acq(L1) T1|rtry(L1) T1|rel(L1) T1|rel(L1)",
        &["T1 HeldShared L1 0..1 on 0", "T1 Held L1 1..2 on 0", "T1 HeldShared L1 2..3 on 0"],
    );
    // What cannot be told apart is one.
    check("T1|uacq(L1) T1|rtry(L1) T1|rel(L1)", &["T1 HeldShared L1 0..2 on 0"]);
}

#[test]
fn a_wait_tells_who_had_the_lock() {
    check(
        "T1|acq(L1) T2|req(L1) T1|rel(L1) T2|acq(L1) T2|rel(L1)",
        &["T1 Held L1 0..2 on 0", "T2 Waited L1 1..3 on 0 by T1", "T2 Held L1 3..4 on 0"],
    );
    // Of two readers and a writer the writer is in the way of a reader, if only by its turn.
    check(
        "T1|racq(L1) T3|rreq(L1) T1|rel(L1) T3|racq(L1) T3|rel(L1)",
        &[
            "T1 HeldShared L1 0..2 on 0",
            "T3 Waited L1 1..3 on 0 by T1",
            "T3 HeldShared L1 3..4 on 0",
        ],
    );
}

#[test]
fn a_request_that_nobody_is_in_the_way_of_is_no_wait() {
    check("T1|req(L1) T1|acq(L1) T1|rel(L1)", &["T1 Held L1 1..2 on 0"]);
    check("T1|acq(L1) T2|req(L1) T2|tryfail(L1) T1|rel(L1)", {
        &["T2 Waited L1 1..2 on 0 by T1", "T1 Held L1 0..3 on 0"]
    });
}

#[test]
fn what_does_not_end_ends_with_the_trace() {
    check(
        "T1|acq(L1) T2|acq(L2) T1|req(L2) T2|req(L1)",
        &[
            "T1 WaitsForEver L2 2..4 on 1 by T2",
            "T2 WaitsForEver L1 3..4 on 1 by T1",
            "T1 HeldForEver L1 0..4 on 0",
            "T2 HeldForEver L2 1..4 on 0",
        ],
    );
    check(
        "T1|acq(L1) T1|req(L1)",
        &["T1 WaitsForEver L1 1..2 on 1 by T1", { "T1 HeldForEver L1 0..2 on 0" }],
    );
    // Who has the lock at the end is who counts.
    check(
        "T1|acq(L1) T2|req(L1) T1|rel(L1) T3|acq(L1)",
        &[
            "T1 Held L1 0..2 on 0",
            "T2 WaitsForEver L1 1..4 on 0 by T3",
            "T3 HeldForEver L1 3..4 on 0",
        ],
    );
}

#[test]
fn waits_for_signals_and_ends() {
    check(
        "T1|wait(C1) T2|notify(C1) T1|woken(C1) T1|timedwait(C1)",
        &["T2 Tells C1 1..1 on 0", "T1 Waited C1 0..2 on 0", "T1 Waited C1 3..4 on 0"],
    );
    check("T1|arrive(B1) T1|leave(B1) T1|wait(C1)", {
        &["T1 Waited B1 0..1 on 0", "T1 WaitsForEver C1 2..3 on 0"]
    });
    check(
        "T1|fork(T2) T2|begin T2|end T1|join(T2)",
        &[
            "T1 Forks 0..0 on 0",
            "T2 Begins 1..1 on 0",
            "T2 Ends 2..2 on 0",
            "T1 Waited 1..3 on 0 by T2",
            "T1 Joins 3..3 on 0",
        ],
    );
    // It had ended before.
    check("T2|end T1|begin T1|join(T2)", {
        &["T2 Ends 0..0 on 0", "T1 Begins 1..1 on 0", "T1 Joins 2..2 on 0"]
    });
    check("T1|joining(T2) T2|end T1|join(T2)", {
        &["T2 Ends 1..1 on 0", "T1 Waited 0..2 on 0 by T2", "T1 Joins 2..2 on 0"]
    });
    check("T1|joining(T2) T2|begin", {
        &["T2 Begins 1..1 on 0", "T1 WaitsForEver 0..2 on 0 by T2"]
    });
    check("T1|send(H1) T1|tell(O7)", &["T1 Tells H1 0..0 on 0", "T1 Tells O7 1..1 on 0"]);
}

#[test]
fn a_hold_ends_by_another_thread_and_with_its_lock() {
    check("T1|acq(L1) T2|rel(L1) T2|rel(L1) T1|rel(L1)", &["T1 Held L1 0..1 on 0"]);
    check(
        "T1|acq(L1) T1|acq(L2) T1|destroy(L1) T1|rel(L1) T1|rel(L2)",
        &["T1 Held L1 0..2 on 0", "T1 Held L2 1..4 on 1"],
    );
    check("T1|rel(L1) T1|destroy(L1)", &[]);
    // The wait for the end of the other began after the hold that it had from this one.
    check(
        "T2|acq(L1) T1|rel(L1) T1|end T2|join(T1)",
        &[
            "T2 Held L1 0..1 on 0",
            "T1 Ends 2..2 on 0",
            "T2 Waited 2..3 on 0 by T1",
            "T2 Joins 3..3 on 0",
        ],
    );
}

proptest! {
    /// Whatever the events are: bars end in the order in which they are told, lie within the trace,
    /// and no two of one level overlap.
    #[test]
    fn bars_of_one_level_do_not_overlap(events in events(4, 3)) {
        let trace = Trace { events, ..crate::staged::trace() };
        let (lanes, mut bars) = drawn(&trace);
        prop_assert_eq!(lanes.events(), trace.events.len() as u64);
        prop_assert!(bars.is_sorted_by_key(|bar| bar.to));
        prop_assert!(bars.iter().all(|bar| bar.from <= bar.to && bar.to <= lanes.events()));
        prop_assert!(bars.iter().all(|bar| (bar.from < bar.to) == (bar.kind < Kind::Begins)));
        bars.sort_by_key(|bar| (bar.lane, bar.level, bar.from, bar.to));
        for pair in bars.windows(2) {
            let is_one_row = (pair[0].lane, pair[0].level) == (pair[1].lane, pair[1].level);
            prop_assert!(!is_one_row || pair[0].to <= pair[1].from, "{:?}", pair);
        }
    }

    /// Plain mutexes that are given back by who took them: one bar a pair, and a hold lies on no more
    /// others than its thread has.
    #[test]
    fn every_acquisition_is_one_bar(choices in prop::collection::vec((0..3_u32, 0..5_u64), 0..200)) {
        let mut owners: [Option<(u32, usize)>; 5] = [None; 5];
        let (mut events, mut want) = (Vec::new(), Vec::new());
        for (thread, lock) in choices {
            let owner = &mut owners[lock as usize];
            let (thread, op) = match *owner {
                None => {
                    *owner = Some((thread, events.len()));
                    (thread, Op::Acquire(LockId(lock), Mode::Exclusive, How::Blocking))
                }
                Some((thread, from)) => {
                    *owner = None;
                    want.push((thread, lock, from as u64, events.len() as u64));
                    (thread, Op::Release(LockId(lock)))
                }
            };
            events.push(Event { thread: ThreadId(thread), op, site: SiteId::UNKNOWN });
        }
        let trace = Trace { events, ..crate::staged::trace() };
        let (lanes, bars) = drawn(&trace);
        let threads: Vec<ThreadId> = lanes.threads().collect();
        let held = bars.iter().filter(|bar| bar.kind == Kind::Held);
        let got = held.map(|bar| {
            let Some(Thing::Lock(lock)) = bar.thing.map(|it| lanes.things()[it.0 as usize]) else {
                panic!("{bar:?}")
            };
            (threads[bar.lane.0 as usize].0, lock.0, bar.from, bar.to)
        });
        prop_assert_eq!(got.collect::<Vec<_>>(), want);
        let open = owners.iter().flatten().count();
        prop_assert_eq!(bars.iter().filter(|it| it.kind == Kind::HeldForEver).count(), open);
        for bar in &bars {
            let under = bars.iter().filter(|it| it.lane == bar.lane && it.from < bar.from);
            let under = under.filter(|it| it.to > bar.from).count();
            prop_assert!(bar.level as usize <= under, "{bar:?} on {under}");
        }
    }
}
