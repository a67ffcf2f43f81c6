//! Where a finding was seen, in how many runs, and by whom.

use std::collections::BTreeSet;

use super::few::Few;
use crate::seen::Seen;

/// Some of the runs in which something was seen. Adding two of them is associative and commutative.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Sightings {
    /// In how many ways the runs had it.
    pub(crate) instances: u64,
    /// In how many traces it was seen.
    pub(crate) trace_count: u64,
    pub(crate) traces: Few<String>,
    /// Who ran.
    pub(crate) seen: Few<Seen>,
    /// Whether nobody of the workspace ever had a part in it.
    pub(crate) is_inside: bool,
}

/// The sightings of a finding, where some of them were less sure than it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Parts {
    /// Those with its verdict.
    pub(crate) surest: Sightings,
    /// Those of the same circle with less certainty.
    pub(crate) less_sure: Sightings,
}

impl Sightings {
    pub(crate) fn join(&mut self, other: Sightings) {
        self.instances = self.instances.saturating_add(other.instances);
        self.trace_count = self.trace_count.saturating_add(other.trace_count);
        self.traces.join(other.traces);
        self.seen.join(other.seen);
        // Hidden only if nobody of ours was ever on the way to it.
        self.is_inside &= other.is_inside;
    }

    /// One run, in which it was seen in `file` by `seen`.
    pub(crate) fn once(
        instances: u64,
        file: &str,
        seen: BTreeSet<Seen>,
        is_inside: bool,
    ) -> Sightings {
        Sightings {
            instances,
            trace_count: 1,
            traces: Few::of([file.to_string()].into()),
            seen: Few::of(seen),
            is_inside,
        }
    }

    /// Adds what may be nothing.
    pub(crate) fn join_all(&mut self, others: Option<Sightings>) {
        others.into_iter().for_each(|other| self.join(other));
    }
}
