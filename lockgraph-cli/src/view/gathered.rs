//! What a page shows and a report does not: the order graph with its locks, and the recorded runs. It
//! is gathered while traces go by, beside the findings.
//!
//! Of a trace with events, the trace is kept without them until the page is made, because only then
//! is it known which finding is which. Nothing fails.

use std::collections::BTreeSet;

use lockgraph::check::Report;
use lockgraph::finding::Finding;
use lockgraph::trace::Trace;

use super::contention::Contention;
use super::graph::GraphBuilder;
use super::timeline::Timeline;
use crate::order::Order;
use crate::seen::{self, Seen};
use crate::workspace::Files;

/// So many runs of which only the order graph was recorded are named.
const FEW: usize = 20;

/// What was gathered so far.
pub(crate) struct Gathered {
    pub(super) graph: GraphBuilder,
    pub(super) runs: Vec<Recorded>,
    pub(super) contention: Contention,
}

/// A run with its events.
pub(super) struct Recorded {
    pub(super) name: String,
    /// Its number in the graph.
    pub(super) in_graph: usize,
    pub(super) seen: BTreeSet<Seen>,
    pub(super) trace: Trace,
    pub(super) timeline: Box<Timeline>,
    /// What was found in it, with the numbers that it has there, by fingerprint.
    pub(super) findings: Vec<(u64, Finding)>,
}

impl Default for Gathered {
    fn default() -> Gathered {
        Gathered { graph: GraphBuilder::new(), runs: Vec::new(), contention: Contention::default() }
    }
}

impl Gathered {
    /// Adds what a trace came to. `found` are its findings, as they are in it, by the fingerprints
    /// that they have in the report.
    pub(crate) fn add(
        &mut self,
        name: &str,
        trace: Trace,
        report: &Report,
        found: Vec<(u64, Finding)>,
        timeline: Option<Box<Timeline>>,
        files: &Files,
    ) {
        let threads: Vec<_> = trace.threads.keys().copied().collect();
        let seen = seen::of_threads(&threads, &trace).seen;
        let tests: Vec<String> = seen.iter().map(|seen| seen.name().to_string()).collect();
        let in_graph = self.graph.add(name, &tests, report);
        self.contention.add(name, report, files);
        let is_told = report.summary.events > 0 || self.runs.len() < FEW;
        if let Some(timeline) = timeline.filter(|_| is_told) {
            let (name, findings) = (name.to_string(), found);
            self.runs.push(Recorded { name, in_graph, seen, trace, timeline, findings });
        }
    }

    /// Adds the order of a report, which has no traces any more.
    pub(crate) fn add_order(&mut self, order: &Order) {
        self.graph.add_order(order);
    }
}
