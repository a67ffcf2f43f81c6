//! How much of what is found is told.

use lockgraph::check::{Options, Replay, Report, check, conclude};
use lockgraph::event::Event;
use lockgraph::predict::Limits;
use lockgraph::trace;

use crate::families::circles;
use crate::known;
use crate::std_text::std_text;

fn checked(events: &[Event], options: &Options) -> Report {
    let trace = trace::read_bytes("told", std_text(events).as_bytes()).expect("it is STD");
    check(&trace, options)
}

#[test]
fn of_too_many_patterns_some_are_told_and_that_there_are_more() {
    let events = circles::mixed(4, 10, 2100, 1010, 1).events;
    let default = Limits::default().budget;
    for (budget, told, cut) in [(default, 1000, 1), (2 * default, 1010, 0)] {
        let limits = Limits { budget, ..Limits::default() };
        let report = checked(&events, &Options { limits, ..Options::default() });
        assert_eq!(report.summary.patterns, 1010);
        assert_eq!((report.findings.len(), report.summary.searches_cut), (told, cut));
    }
}

#[test]
fn without_tables_all_else_is_the_same() {
    for text in
        ["1 +L1 +L2 -L2 -L1; 2 +L2 +L1 -L1 -L2", "1 +L1 +L2 +L3; 2 +L4; 1 req(L4); 2 req(L3)"]
    {
        let events = known::events(text);
        let whole = checked(&events, &Options::default());
        let bare = checked(&events, &Options { without_tables: true, ..Options::default() });
        assert_eq!(whole.summary.edges, whole.edges.len() as u64, "{text}");
        assert!(bare.edges.is_empty() && bare.locks.is_empty() && bare.threads.is_empty());
        assert_eq!((bare.summary, bare.findings), (whole.summary, whole.findings), "{text}");
    }
}

#[test]
fn in_two_threads_all_is_the_same() {
    let events = circles::mixed(4, 10, 2100, 50, 1).events;
    let trace = trace::read_bytes("told", std_text(&events).as_bytes()).expect("it is STD");
    let options = Options { all: true, order: true, ..Options::default() };
    let (replay, fed) = Replay::in_two_threads(&options, |take| {
        // More batches than may be underway.
        let batches = trace.events.chunks(100);
        let count = batches.len();
        batches.for_each(take);
        count
    });
    assert_eq!(fed, trace.events.len().div_ceil(100));
    let report = conclude(&trace, replay, &options);
    assert_eq!(report, check(&trace, &options));
    assert_eq!((report.summary.patterns, report.order.len()), (50, report.edges.len()));
    assert!(!report.order.is_empty());
}
