//! What is said of one circle in many runs: told once, with the surest verdict.
//!
//! What deadlocked in one trace is a deadlock, though it only could have in others. So what is less
//! sure is no finding of its own: who saw it is added to what is surer. Those sightings are kept
//! apart, for they belong to the circle: if something surer comes, they go there, with those of what
//! was the surest before. So nothing depends on what was seen first.
//!
//! Two are never less sure: what was excluded was not seen, and is dropped where anything else was;
//! a stall was seen to happen, and stays beside a deadlock.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use lockgraph::check::Standstill;
use lockgraph::finding::{Finding, Kind, Verdict};

use super::sightings::Sightings;
use crate::check::Found;

/// One finding and the sightings of it alone.
pub(super) struct Single {
    /// Counts no instances: `sightings` does.
    finding: Finding,
    sightings: Sightings,
    /// Of the run that the finding is of.
    standstill: Option<Box<Standstill>>,
    witness_file: Option<String>,
}

/// All that is said of a circle.
#[derive(Default)]
pub(super) struct Circle {
    told: BTreeMap<(Verdict, Kind), Single>,
    less_sure: Option<Sightings>,
}

impl Single {
    /// The finding alone, and what else was seen of its circle.
    pub(super) fn of(mut found: Found) -> (Single, Option<Sightings>) {
        let (sightings, less_sure) = match found.parts.take() {
            Some(parts) => (parts.surest, Some(parts.less_sure)),
            None => (found.sightings(), None),
        };
        found.finding.instances = 0;
        let Found { finding, standstill, witness_file, .. } = found;
        (Single { finding, sightings, standstill, witness_file }, less_sure)
    }

    /// Adds the same finding in other runs.
    pub(super) fn join(&mut self, other: Single) {
        let is_other = is_better(&other, self);
        self.sightings.join(other.sightings);
        if is_other {
            (self.finding, self.standstill) = (other.finding, other.standstill);
        }
        self.witness_file = match (self.witness_file.take(), other.witness_file) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }

    /// Counts the one trace that all of it comes from.
    pub(super) fn count_once(&mut self) {
        self.sightings.trace_count = 1;
    }

    pub(super) fn into_found(self, less_sure: Option<Sightings>) -> Found {
        let Single { finding, sightings, standstill, witness_file } = self;
        Found { standstill, witness_file, ..Found::of(finding, sightings, less_sure) }
    }
}

impl Circle {
    pub(super) fn add(&mut self, single: Single, less_sure: Option<Sightings>) {
        self.add_less_sure(less_sure);
        let key = (single.finding.verdict, single.finding.kind);
        match self.told.get_mut(&key) {
            Some(same) => same.join(single),
            None => {
                self.told.insert(key, single);
            }
        }
    }

    pub(super) fn join(&mut self, other: Circle) {
        self.add_less_sure(other.less_sure);
        for single in other.told.into_values() {
            self.add(single, None);
        }
    }

    fn add_less_sure(&mut self, more: Option<Sightings>) {
        match &mut self.less_sure {
            Some(known) => known.join_all(more),
            None => self.less_sure = more,
        }
    }

    /// Adds what is less sure than the surest to the sightings of the circle.
    pub(super) fn fold(&mut self) {
        let Some(surest) = self.told.keys().next().map(|(verdict, _)| *verdict) else { return };
        let stays = |verdict| verdict == surest || verdict == Verdict::Stalled;
        let gone: Vec<(Verdict, Kind)> =
            self.told.keys().filter(|(verdict, _)| !stays(*verdict)).copied().collect();
        for key in gone {
            let single = self.told.remove(&key).filter(|_| key.0 != Verdict::Excluded);
            self.add_less_sure(single.map(|single| single.sightings));
        }
    }

    /// Counts the one trace that all of it comes from: at what was surest in it.
    pub(super) fn count_once(&mut self) {
        self.told.values_mut().for_each(Single::count_once);
        if let Some(less_sure) = &mut self.less_sure {
            less_sure.trace_count = 0;
        }
    }

    /// What it comes to: the first one has the sightings of what is less sure.
    pub(super) fn into_found(mut self) -> impl Iterator<Item = Found> {
        self.fold();
        let mut less_sure = self.less_sure;
        self.told.into_values().map(move |single| single.into_found(less_sure.take()))
    }
}

/// Whether `one` is shown rather than `other`: it has more stacks, or names, or is first by its
/// members; of the same, who knows who waited for whom. How often each was seen must not decide, for
/// that depends on the order.
fn is_better(one: &Single, other: &Single) -> bool {
    rank(one) < rank(other)
}

type Rank<'a> = (Reverse<(usize, bool)>, &'a Finding, bool, &'a Option<Box<Standstill>>);

fn rank(single: &Single) -> Rank<'_> {
    let Single { finding, standstill, .. } = single;
    let stacks = finding.steps.iter().filter(|step| !step.stack.is_empty()).count();
    let known = Reverse((stacks, finding.names.is_some()));
    (known, finding, standstill.is_none(), standstill)
}
