//! Which findings an edge belongs to.
//!
//! A step of a finding holds one lock and wants another, and so has an edge: the one between their
//! classes. Where a finding has other classes than the graph (it may know the field that a derived
//! constructor makes), the two places tell. Locks without a class are known by their numbers in
//! the traces of the finding.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use lockgraph::finding::{Blocks, Class, Lock, Place, Step, Wanted};

use crate::check::Found;
use crate::graph::OrderGraph;

/// The edges of a graph, as findings may know them.
struct Known<'a> {
    order: &'a OrderGraph,
    by_class: HashMap<(&'a Class, &'a Class), Vec<usize>>,
    by_site: HashMap<(&'a Place, &'a Place), Vec<usize>>,
}

/// For each edge that some finding has: the positions of those.
pub(super) fn findings<'a>(
    order: &'a OrderGraph,
    findings: &[Found],
    run: &dyn Fn(usize) -> &'a str,
) -> BTreeMap<usize, BTreeSet<usize>> {
    let known = Known::of(order);
    let mut edges: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (number, found) in findings.iter().enumerate() {
        let is_in = |trace: usize| found.traces.contains(run(trace));
        for step in &found.finding.steps {
            for edge in known.of_step(step, &is_in) {
                edges.entry(edge).or_default().insert(number);
            }
        }
    }
    edges
}

impl<'a> Known<'a> {
    fn of(order: &'a OrderGraph) -> Known<'a> {
        let mut known = Known { order, by_class: HashMap::new(), by_site: HashMap::new() };
        for (at, edge) in order.edges.iter().enumerate() {
            let class = |node: usize| &order.nodes[node].lock.class;
            known.by_class.entry((class(edge.from), class(edge.to))).or_default().push(at);
            for (held, wanted) in &edge.sites {
                if let (Some(held), Some(wanted)) = (held, wanted) {
                    known.by_site.entry((held, wanted)).or_default().push(at);
                }
            }
        }
        known
    }

    fn of_step(&self, step: &Step, is_in: &dyn Fn(usize) -> bool) -> Vec<usize> {
        let Some(Wanted::Lock(wanted, _)) = &step.wants else { return Vec::new() };
        let (held, held_at) = match &step.blocks {
            Blocks::Holds(held) | Blocks::LeftBehind(held) => (&held.lock, held.site.as_ref()),
            Blocks::QueuesBefore(lock) => (lock, None),
            Blocks::HasNotEnded | Blocks::CannotServe(..) | Blocks::Nobody => return Vec::new(),
        };
        let by_class = self.by_class.get(&(&held.class, &wanted.class));
        let same = by_class.map(|edges| self.same_locks(edges, [held, wanted], is_in));
        if let Some(same) = same.filter(|same| !same.is_empty()) {
            return same;
        }
        let wanted_at = step.through.as_ref().or(step.site.as_ref());
        let sites = held_at.zip(wanted_at);
        sites.and_then(|sites| self.by_site.get(&sites)).cloned().unwrap_or_default()
    }

    /// Those of the edges between these classes that are between these locks: made for the same, or
    /// the very same where nothing is known of them.
    fn same_locks(
        &self,
        edges: &[usize],
        locks: [&Lock; 2],
        is_in: &dyn Fn(usize) -> bool,
    ) -> Vec<usize> {
        let nodes = |edge: usize| {
            let edge = &self.order.edges[edge];
            [edge.from, edge.to].map(|node| &self.order.nodes[node]).into_iter().zip(locks)
        };
        let may_be = |edge: &usize| {
            nodes(*edge).all(|(node, lock)| {
                let is_it = |(run, id): &(usize, u64)| *id == lock.id && is_in(*run);
                lock.class != Class::Unknown || node.locks.iter().any(is_it)
            })
        };
        let edges: Vec<usize> = edges.iter().copied().filter(may_be).collect();
        let is_made_for =
            |edge: &usize| nodes(*edge).all(|(node, lock)| node.lock.made_for == lock.made_for);
        let exact: Vec<usize> = edges.iter().copied().filter(is_made_for).collect();
        if exact.is_empty() { edges } else { exact }
    }
}
