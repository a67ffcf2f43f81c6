//! Lanes as the page reads them.

use lockgraph::check::{self, Options};
use lockgraph::trace::{Trace, read_bytes};
use proptest::prelude::*;

use super::*;
use crate::staged;
use crate::workspace::Workspace;

/// A bar as the page reads it: beginning, length, kind, depth, lock, place and by whom, plus 1 each.
type Read = [u64; 7];

/// The reader of the page.
fn decoded(bytes: &[u8]) -> Vec<Read> {
    let mut bytes = bytes.iter();
    let mut number = move || -> Option<u64> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = *bytes.next()?;
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return Some(number);
            }
        }
    };
    let (mut bars, mut from) = (Vec::new(), 0);
    while let Some(more) = number() {
        from += more;
        let mut bar = [from, 0, 0, 0, 0, 0, 0];
        bar[1..6].fill_with(|| number().expect("six numbers"));
        if bar[2] == 2 || bar[2] == 3 {
            bar[6] = number().expect("a wait has seven");
        }
        bars.push(bar);
    }
    bars
}

fn timeline(trace: &Trace, most: usize, findings: &[(usize, &Finding)]) -> (Run, Vec<Vec<Read>>) {
    let mut timeline = Timeline::of_at_most(most);
    trace.events.iter().for_each(|event| timeline.step(event));
    let files = Files::of(&Workspace::default());
    let node = |lock: &Lock| (lock.id == 2).then_some(7);
    let told = Told { name: "a.lgt", seen: "bank", files: &files, node: &node, findings };
    let (run, lanes) = timeline.finish(trace, &told);
    let lanes = lanes.iter().map(|bytes| decoded(bytes)).collect();
    (run, lanes)
}

/// Two threads that take two locks in different orders, until both wait.
const ABBA: &str =
    "T1|acq(A)|a.rs:1:5\nT2|acq(B)|a.rs:2:5\nT1|req(B)|a.rs:3:5\nT2|req(A)|a.rs:4:5\n";

#[test]
fn a_deadlock_is_two_holds_and_two_waits_to_the_right_edge() {
    let trace = read_bytes("staged", ABBA.as_bytes()).expect("STD text");
    let report = check::check(&trace, &Options::default());
    let findings: Vec<(usize, &Finding)> = report.findings.iter().map(|it| (4, it)).collect();
    let (run, lanes) = timeline(&trace, 100, &findings);
    assert_eq!(run.threads, ["thread 1", "thread 2"]);
    let locks: Vec<(&str, Option<usize>)> =
        run.locks.iter().map(|lock| (lock.name.as_str(), lock.node)).collect();
    assert_eq!(locks, [("A", None), ("B", Some(7))]);
    let lines: Vec<u32> = run.places.iter().map(|place| place.line).collect();
    assert_eq!(lines, [3, 4, 1, 2]);
    assert_eq!((run.events, run.left_out), (4, 0));
    // T1 holds A from 0 for all 4, and from 2 waits for B, which T2 has.
    assert_eq!(lanes[0], [[0, 4, 4, 0, 1, 3, 0], [2, 2, 3, 1, 2, 1, 2]]);
    assert_eq!(lanes[1], [[1, 3, 4, 0, 2, 4, 0], [3, 1, 3, 1, 1, 2, 1]]);
    let marks: Vec<(u64, &str, usize)> =
        run.marks.iter().map(|mark| (mark.event, mark.text.as_str(), mark.finding)).collect();
    let (one, two) =
        ("thread 1 holds `A` and waits for `B`", "thread 2 holds `B` and waits for `A`");
    assert_eq!(marks, [(2, one, 4), (3, two, 4)]);
}

#[test]
fn a_schedule_is_marked_where_its_steps_took_their_locks() {
    let text = "T1|acq(A)|a.rs:1:5\nT1|acq(B)|a.rs:2:5\nT1|rel(B)|?\nT1|rel(A)|?\n\
                T2|acq(B)|a.rs:3:5\nT2|acq(A)|a.rs:4:5\nT2|rel(A)|?\nT2|rel(B)|?\n";
    let trace = read_bytes("staged", text.as_bytes()).expect("STD text");
    let report = check::check(&trace, &Options::default());
    let findings: Vec<(usize, &Finding)> = report.findings.iter().map(|it| (0, it)).collect();
    let (run, _) = timeline(&trace, 100, &findings);
    let marks: Vec<(u64, &str)> =
        run.marks.iter().map(|mark| (mark.event, mark.text.as_str())).collect();
    let (one, two) = ("thread 1 holds `A` and wants `B`", "thread 2 holds `B` and wants `A`");
    assert_eq!(marks, [(1, one), (5, two)]);
}

#[test]
fn what_ended_first_is_left_out() {
    // Ten short holds under a long one, in 22 events.
    let short = "T1|acq(L1)|?\nT1|rel(L1)|?\n".repeat(10);
    let text = format!("T1|acq(L2)|?\n{short}T1|rel(L2)|?\n");
    let trace = read_bytes("staged", text.as_bytes()).expect("STD text");
    let (run, lanes) = timeline(&trace, 4, &[]);
    // Holds ended at 2, 4 .. 20, and 21: four are left from 16 on, were they all that begin there.
    assert_eq!((run.events, run.left_out), (22, 15));
    let ends: Vec<(u64, u64)> = lanes[0].iter().map(|bar| (bar[0], bar[0] + bar[1])).collect();
    assert_eq!(ends, [(0, 21), (15, 16), (17, 18), (19, 20)]);
}

#[test]
fn the_page_reads_lanes_as_they_are_named() {
    let (run, _) = timeline(&staged::trace(), 10, &[]);
    let lanes = inlined(&[vec![1, 2, 3], Vec::new()]);
    let run = serde_json::to_value(Run { lanes, ..run }).expect("it has only text and numbers");
    assert_eq!(run["lanes"], serde_json::json!([{"base64": "AQID"}, {"base64": ""}]));
    let url = LaneBytes::Url("/lane/0".into());
    let url = serde_json::to_value(url).expect("it is text");
    assert_eq!(url, serde_json::json!({"url": "/lane/0"}));
}

#[test]
fn threads_of_one_name_are_told_apart() {
    let mut trace = read_bytes("staged", ABBA.as_bytes()).expect("STD text");
    trace.threads.values_mut().for_each(|thread| thread.name = Some("worker".into()));
    let (run, _) = timeline(&trace, 10, &[]);
    assert_eq!(run.threads, ["worker (thread 1)", "worker (thread 2)"]);
}

proptest! {
    /// Whatever the events are: lanes are read to their ends, in the order of beginnings, no two bars
    /// of one depth overlap, positions are in the lists, and the bound is kept.
    #[test]
    fn any_events_make_lanes(events in staged::events(4, 3), most in 1..80_usize) {
        let trace = Trace { events, ..staged::trace() };
        let (run, lanes) = timeline(&trace, most, &[]);
        prop_assert_eq!(run.threads.len(), lanes.len());
        let has_ended = |bar: &&Read| bar[0] + bar[1] < run.events;
        prop_assert!(lanes.iter().flatten().filter(has_ended).count() <= most);
        for lane in &lanes {
            prop_assert!(lane.is_sorted_by_key(|bar| bar[0]));
            for [from, length, kind, _, lock, place, by] in lane {
                prop_assert!(from + length <= run.events && from + length >= run.left_out);
                prop_assert!(*kind < 10 && *lock <= run.locks.len() as u64);
                prop_assert!(*place <= run.places.len() as u64 && *by <= lanes.len() as u64);
            }
            let mut rows = lane.clone();
            rows.sort_by_key(|bar| (bar[3], bar[0], bar[1]));
            for pair in rows.windows(2) {
                let is_one_row = pair[0][3] == pair[1][3];
                prop_assert!(!is_one_row || pair[0][0] + pair[0][1] <= pair[1][0], "{pair:?}");
            }
        }
    }
}
