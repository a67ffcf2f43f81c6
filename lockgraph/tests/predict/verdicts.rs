//! What is told of a pattern that has no schedule: what keeps its threads apart, if that is known.
//! And whether everything was looked for.

use lockgraph::event::Event;
use lockgraph::finding::Verdict;
use lockgraph::id::{LockId, Mode, ThreadId};
use lockgraph::predict::{self, History, Limits, Pattern, Prediction};

use crate::families::circles;
use crate::known::events;

/// A trace with one pattern; its verdict, and of who is over before whom by a signal or without.
type Told = (&'static str, Verdict, Option<(u32, u32, bool)>);

const ALL: &[Told] = &[
    ("1 +L1 +L2 -L2 -L1 fork(T2); 2 +L2 +L1 -L1 -L2", Verdict::Excluded, Some((1, 2, false))),
    ("1 +L1 +L2 -L2 -L1; 2 join(T1) +L2 +L1 -L1 -L2", Verdict::Excluded, Some((1, 2, false))),
    (
        "2 +L2 +L1 -L1 -L2 send(H1); 1 recv(H1) +L1 +L2 -L2 -L1",
        Verdict::Excluded,
        Some((2, 1, true)),
    ),
    (
        "2 wait(C1); 1 +L1 +L2 -L2 -L1 notify(C1); 2 woken(C1) +L2 +L1 -L1 -L2",
        Verdict::Excluded,
        Some((1, 2, true)),
    ),
    ("1 +L1 +L2 -L2 -L1 w(V1); 2 r(V1) +L2 +L1 -L1 -L2", Verdict::Feasible, None),
    ("1 +L3 +L1 +L2 -L2 -L1 -L3; 2 +L3 -L3 +L2 +L1 -L1 -L2", Verdict::Possible, None),
    // Once it is too late, but not always.
    (
        "1 +L1 +L2 -L2 -L1 send(H1); 2 recv(H1) +L2 +L1 -L1 -L2; 1 +L1 +L2 -L2 -L1",
        Verdict::Feasible,
        None,
    ),
];

/// Traces in which there is nothing to search for, whatever the budget.
const ORDERLY: &[(&str, &str)] = &[
    ("one order", "1 +L1 +L2 -L2 -L1; 2 +L1 +L2 -L2 -L1"),
    ("one thread", "1 +L1 +L2 -L2 -L1 +L2 +L1 -L1 -L2"),
    ("a gate", "1 +L3 +L1 +L2 -L2 -L1 -L3; 2 +L3 +L2 +L1 -L1 -L2 -L3"),
    (
        "one order, and what is held asked for again",
        "1 +L1 +L2 req(L1) +L1 -L1 -L2 -L1; 2 +L2 +L3 req(L2) +L2 -L2 -L3 -L2",
    ),
];

/// Whether all data is said to be there.
const WHOLE: &[(&str, Option<bool>, Verdict)] = &[
    ("1 +L1 +L2 -L2 -L1; 2 +L2 +L1 -L1 -L2", None, Verdict::Feasible),
    ("1 +L1 +L2 -L2 -L1; 2 +L2 +L1 -L1 -L2", Some(true), Verdict::Proved),
    ("1 w(V1) +L1 +L2 -L2 -L1; 2 +L2 +L1 -L1 -L2", None, Verdict::Proved),
    ("1 w(V1) +L1 +L2 -L2 -L1; 2 +L2 +L1 -L1 -L2", Some(false), Verdict::Feasible),
];

fn predicted(events: &[Event], limits: &Limits) -> Prediction {
    let mut history = History::default();
    events.iter().for_each(|event| history.step(event));
    predict::predict(&history, limits)
}

#[test]
fn what_keeps_threads_apart_is_told() {
    for (text, verdict, apart) in ALL {
        let prediction = predicted(&events(text), &Limits::default());
        let [pattern] = &prediction.patterns[..] else { panic!("{text}: {prediction:?}") };
        let told = |pattern: &Pattern| {
            let thread = |step: usize| pattern.steps[step].thread.0;
            let ordered = pattern.ordered?;
            Some((thread(ordered.first), thread(ordered.second), ordered.by_signal))
        };
        assert_eq!((pattern.verdict, told(pattern)), (*verdict, *apart), "{text}");
    }
}

#[test]
fn only_with_all_data_it_is_proved() {
    for (text, is_whole, verdict) in WHOLE {
        let mut history = History::default();
        events(text).iter().for_each(|event| history.step(event));
        is_whole.iter().for_each(|is_whole| history.set_whole(*is_whole));
        let prediction = predict::predict(&history, &Limits::default());
        let verdicts: Vec<Verdict> = prediction.patterns.iter().map(|one| one.verdict).collect();
        assert_eq!(verdicts, [*verdict], "{text}: {is_whole:?}");
    }
}

#[test]
fn what_has_no_time_is_not_excluded() {
    let mut history = History::default();
    let [a, b] = [LockId(1), LockId(2)];
    for (thread, held, want) in [(1, a, b), (2, b, a)] {
        let held = [(held, Mode::Exclusive)];
        history.dependency(ThreadId(thread), &held, want, Mode::Exclusive);
    }
    let prediction = predict::predict(&history, &Limits::default());
    let [pattern] = &prediction.patterns[..] else { panic!("{prediction:?}") };
    assert_eq!((pattern.verdict, pattern.ordered), (Verdict::Possible, None));
}

#[test]
fn what_is_excluded_needs_no_budget() {
    let apart = " +L9 -L9".repeat(100);
    for (and, verdict) in [(" fork(T2)", Verdict::Excluded), ("", Verdict::Possible)] {
        let text = format!("1 +L1 +L2 -L2 -L1{and}; 2 {apart} +L2 +L1 -L1 -L2");
        let limits = Limits { budget: 20, ..Limits::default() };
        let prediction = predicted(&events(&text), &limits);
        let [pattern] = &prediction.patterns[..] else { panic!("{prediction:?}") };
        assert_eq!((pattern.verdict, prediction.is_cut), (verdict, true), "{and}");
    }
}

#[test]
fn what_is_in_order_is_not_searched() {
    let limits = Limits { budget: 1, ..Limits::default() };
    for (name, text) in ORDERLY {
        assert!(!predicted(&events(text), &limits).is_cut, "{name}");
    }
    let readers = "1 racq(L1) racq(L2) -L2 -L1; 2 racq(L2) racq(L1) -L1 -L2";
    assert!(predicted(&events(readers), &limits).is_cut, "these have to be searched");
}

#[test]
fn a_length_that_was_not_looked_for_is_told() {
    let events = circles::philosophers(6, 1).events;
    for (max_length, expected) in [(2, 0), (5, 0), (6, 1), (7, 1)] {
        let limits = Limits { max_length, ..Limits::default() };
        let prediction = predicted(&events, &limits);
        let told = (prediction.patterns.len(), prediction.is_cut);
        assert_eq!(told, (expected, expected == 0), "at most {max_length}");
    }
}
