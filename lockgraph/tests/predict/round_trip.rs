//! The schedule of every finding is a trace in which the deadlock happens.

use lockgraph::check::{Options, check, confirm};
use lockgraph::event::Event;
use lockgraph::trace;

use crate::families::random::{self, MIXES};
use crate::families::small;
use crate::std_text::std_text;

/// How many random traces of each mix.
const TRACES: u64 = 300;
const LONGEST: u64 = 40;

/// Puts each schedule to the proof; how many there were.
fn confirmed(name: &str, events: &[Event]) -> usize {
    let text = std_text(events);
    let trace = trace::read_bytes(name, text.as_bytes()).expect("it is STD");
    let report = check(&trace, &Options::default());
    let witnesses = report.findings.iter().filter_map(|finding| finding.witness.as_ref());
    let check = |witness| {
        let confirmed = confirm(witness);
        assert!(confirmed.is_ok(), "{name}: {:?} of {witness:#?} in\n{text}", confirmed.err());
    };
    witnesses.map(check).count()
}

#[test]
fn of_every_family() {
    let confirmed: usize =
        small(1).iter().map(|(name, trace)| confirmed(name, &trace.events)).sum();
    assert!(confirmed >= 14, "{confirmed}");
}

#[test]
fn of_random_traces() {
    for (name, mix) in MIXES {
        let of = |seed: u64| {
            let name = format!("{name}, seed {seed}");
            confirmed(&name, &random::events(mix, LONGEST, seed))
        };
        let confirmed: usize = (1..=TRACES).map(of).sum();
        assert!(confirmed > 0, "{name}: no schedule in {TRACES} traces");
    }
}
