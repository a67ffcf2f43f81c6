//! How much is found in traces about which that is known.

use std::path::PathBuf;

use lockgraph::event::Event;
use lockgraph::trace;

use crate::analysis::{self, Found};
use crate::families::circles;
use crate::families::quiet::{self, Gate};
use crate::families::{Truth, rapid_bin, small};
use crate::oracle::{self, Answer, Explorer};

/// File; abstract patterns, concrete ones, those with a sync-preserving instance, and how many have
/// one when what is read does not matter.
const REAL: [(&str, [u64; 4]); 11] = [
    ("Deadlock.data", [1, 1, 0, 1]),
    ("Bensalem_dlf.data", [2, 2, 2, 2]),
    ("Bensalem.data", [2, 2, 1, 2]),
    ("Transfer.data", [1, 1, 0, 1]),
    ("StringBuffer.data", [1, 6, 1, 1]),
    ("DiningPhil.data", [1, 3125, 1, 1]),
    ("Account.data", [3, 12, 0, 3]),
    ("Dbcp1.data", [2, 3, 1, 1]),
    ("Dbcp2.data", [1, 4, 0, 1]),
    ("cache4j_dlf.data", [0, 0, 0, 0]),
    ("jigsaw.data", [112, 398, 10, 89]),
];

fn real(name: &str) -> Vec<Event> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/traces").join(name);
    trace::read(&path).expect("the fixtures are there").events
}

#[test]
fn the_real_traces_have_the_counts_of_their_readme() {
    for (name, expected) in REAL {
        let found = analysis::found(&real(name));
        let counts =
            [&found.patterns, &found.witnessed, &found.feasible].map(|set| set.len() as u64);
        let [patterns, witnessed, feasible] = counts;
        assert_eq!([patterns, found.instances, witnessed, feasible], expected, "{name}");
    }
}

#[test]
fn small_real_traces_are_what_the_oracle_says() {
    let mut explorer = Explorer::new();
    let mut explored = 0;
    for (name, [patterns, _, witnessed, feasible]) in REAL {
        let events = real(name);
        if oracle::fits(&events, 1 << 33) {
            explored += 1;
            let answer = oracle::answer(&events, &mut explorer);
            let expected = Truth::new(patterns, witnessed, feasible);
            told(name, 0, counts_of(&answer), expected);
            agrees(name, &analysis::found(&events), &answer);
        }
    }
    assert!(explored >= 5, "{explored}");
}

#[test]
fn the_families_have_what_they_were_made_to_have() {
    for seed in 1..=5 {
        for (name, trace) in small(seed) {
            let found = analysis::found(&trace.events);
            told(name, seed, counts(&found), trace.truth);
        }
    }
}

#[test]
fn what_is_known_of_the_families_is_what_the_oracle_says() {
    let mut explorer = Explorer::new();
    let mut explored = 0;
    for (name, trace) in small(1) {
        if oracle::fits(&trace.events, 1 << 22) {
            explored += 1;
            let answer = oracle::answer(&trace.events, &mut explorer);
            told(name, 1, counts_of(&answer), Truth { instances: None, ..trace.truth });
            agrees(name, &analysis::found(&trace.events), &answer);
        }
    }
    assert!(explored >= 16, "{explored}");
}

#[test]
fn large_families_too() {
    for (name, trace) in [
        ("philosophers", circles::philosophers(1000, 20)),
        ("ordered", circles::ordered(50, 50)),
        ("pingpong", circles::pingpong(2000, true)),
        ("mixed", circles::mixed(16, 500, 20_000, 50, 7)),
        ("dbcp-like", circles::dbcp_like(800, 71, 200, 7)),
        ("stack-like", circles::stack_like(16, 6250)),
        ("clean", quiet::clean(16, 1000, 20_000, 7)),
        ("hedc-like", quiet::hedc_like(60, 5000)),
    ] {
        told(name, 7, counts(&analysis::found(&trace.events)), trace.truth);
    }
}

#[test]
fn a_gate_of_readers_is_none() {
    for seed in 1..=20 {
        let of = |gate| {
            let trace = quiet::guarded(4, 4, 24, gate, seed);
            let [patterns, witnessed, feasible, _] = counts(&analysis::found(&trace.events));
            [patterns, witnessed, feasible]
        };
        assert_eq!(of(Gate::Read), of(Gate::None), "seed {seed}");
        assert!(of(Gate::None)[0] > 0, "seed {seed}: nothing to find");
    }
}

#[test]
fn a_search_that_is_cut_says_so() {
    let trace = circles::dense(8, 12, 24, 1);
    let found = analysis::found_within(&trace.events, 1000);
    assert!(found.is_cut);
    assert!(!found.patterns.is_empty());
}

#[test]
fn families_survive_the_way_through_rapid_bin() {
    for trace in [circles::pingpong(3, true), quiet::clean(4, 10, 50, 1)] {
        let mut bytes = Vec::new();
        rapid_bin::write(&mut bytes, &trace.events).expect("it has a form");
        let read = trace::read_bytes("family", &bytes).expect("it is RapidBin");
        assert!(read.problems.is_empty(), "{:?}", read.problems);
        let ops = |events: &[Event]| -> Vec<_> {
            events.iter().map(|event| (event.thread, event.op)).collect()
        };
        assert_eq!(ops(&read.events), ops(&trace.events));
    }
}

fn counts(found: &Found) -> [u64; 4] {
    let sets = [&found.patterns, &found.witnessed, &found.feasible];
    let [patterns, witnessed, feasible] = sets.map(|set| set.len() as u64);
    [patterns, witnessed, feasible, found.instances]
}

/// The oracle does not count instances.
fn counts_of(answer: &Answer) -> [u64; 4] {
    let sets = [&answer.patterns, &answer.witnessed, &answer.feasible];
    let [patterns, witnessed, feasible] = sets.map(|set| set.len() as u64);
    [patterns, witnessed, feasible, 0]
}

/// Whether the counts are the truth as far as it is known.
fn told(name: &str, seed: u64, counts: [u64; 4], truth: Truth) {
    let Truth { patterns, witnessed, feasible, instances } = truth;
    let known = [patterns, witnessed, feasible, instances];
    let expected: Vec<u64> =
        known.iter().zip(counts).map(|(known, count)| known.unwrap_or(count)).collect();
    assert_eq!(counts.to_vec(), expected, "{name}, seed {seed}");
}

fn agrees(name: &str, found: &Found, answer: &Answer) {
    assert_eq!(found.patterns, answer.patterns, "{name}: patterns");
    assert_eq!(found.witnessed, answer.witnessed, "{name}: witnessed");
    assert_eq!(found.feasible, answer.feasible, "{name}: feasible");
}
