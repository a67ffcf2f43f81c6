//! What the analysis says, in the words of the oracle.

use std::collections::BTreeSet;

use lockgraph::event::Event;
use lockgraph::finding::Verdict;
use lockgraph::predict::{self, History, Limits, Schedule};

use crate::oracle::{Attempt, Pattern, Want};

/// The patterns that it finds.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) patterns: BTreeSet<Pattern>,
    pub(crate) witnessed: BTreeSet<Pattern>,
    pub(crate) feasible: BTreeSet<Pattern>,
    /// Of all of them.
    pub(crate) instances: u64,
    pub(crate) is_cut: bool,
    /// The whole ones.
    pub(crate) schedules: Vec<(Pattern, Schedule)>,
    /// Those that are shown.
    pub(crate) short: Vec<(Pattern, Schedule)>,
}

/// What is found in `events`, however long that takes.
pub(crate) fn found(events: &[Event]) -> Found {
    let found = found_within(events, u64::MAX);
    assert!(!found.is_cut, "nothing was to be cut");
    found
}

/// What is found in `events` within so many steps of the search.
pub(crate) fn found_within(events: &[Event], budget: u64) -> Found {
    let mut history = History::default();
    for event in events {
        history.step(event);
    }
    let limits = Limits { max_length: usize::MAX, budget };
    let prediction = predict::predict(&history, &limits);
    let mut found = Found { is_cut: prediction.is_cut, ..Found::default() };
    for pattern in &prediction.patterns {
        add(&mut found, &history, pattern);
    }
    found
}

fn add(found: &mut Found, history: &History, pattern: &predict::Pattern) {
    let own = own(pattern);
    found.instances = found.instances.saturating_add(pattern.instances);
    // Where no data was recorded, what is witnessed is not proved.
    if pattern.is_witnessed() {
        assert!(matches!(pattern.verdict, Verdict::Proved | Verdict::Feasible), "{pattern:?}");
        found.witnessed.insert(own.clone());
    } else {
        assert_ne!(pattern.verdict, Verdict::Proved, "{pattern:?}");
    }
    if matches!(pattern.verdict, Verdict::Proved | Verdict::Feasible) {
        found.feasible.insert(own.clone());
    }
    found.schedules.extend(history.schedule(pattern).map(|schedule| (own.clone(), schedule)));
    found.short.extend(history.short_schedule(pattern).map(|schedule| (own.clone(), schedule)));
    assert!(found.patterns.insert(own), "told twice: {pattern:?}");
}

fn own(pattern: &predict::Pattern) -> Pattern {
    let steps = pattern.steps.iter().map(|step| Attempt {
        thread: step.thread.0,
        want: want(step.want),
        held: step.held.iter().map(|(lock, mode)| (lock.0, *mode)).collect(),
    });
    steps.collect()
}

/// The same in the words of the oracle.
pub(crate) fn want(want: predict::Want) -> Want {
    match want {
        predict::Want::Lock(lock, mode) => Want::Lock(lock.0, mode),
        predict::Want::End(thread) => Want::End(thread.0),
    }
}
