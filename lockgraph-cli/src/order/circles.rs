//! Circles in the order that no single run had: of edges from different runs, or from a run and
//! the committed order.
//!
//! Nobody knows whether the locks would be the same ones and whether the runs' parts can meet, so
//! all that is found is `possible`. Left out is what one run had whole (its judge has seen the
//! locks themselves), what only readers do, and what a gate keeps apart: a lock that is the only
//! one of its class and held around more edges than can hold it at once.
//!
//! Simple circles, the shortest first, by a depth-first search in each strong component; each
//! circle once, from its first class by name. The search is bounded, and says so.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::kosaraju_scc;
use petgraph::graphmap::DiGraphMap;

use super::{Edge, Order, Pair};

/// Steps of the search.
const BUDGET: u64 = 1_000_000;
/// Circles that are told.
const MOST: usize = 1000;

/// What was found.
#[derive(Default, Debug)]
pub(crate) struct Circles {
    /// Edges, each from where the one before it leads.
    pub(crate) circles: Vec<Vec<Pair>>,
    /// Whether there may be more.
    pub(crate) is_cut: bool,
}

/// A search for circles of one length.
struct Search<'a> {
    order: &'a Order,
    next: BTreeMap<&'a str, Vec<&'a str>>,
    length: usize,
    budget: u64,
    path: Vec<&'a str>,
    found: Circles,
}

impl Order {
    /// The circles of at most so many edges that no single run had.
    pub(crate) fn circles(&self, max_length: usize) -> Circles {
        let graph: DiGraphMap<&str, ()> =
            self.edges.keys().map(|(from, to)| (from.as_str(), to.as_str(), ())).collect();
        let mut components = kosaraju_scc(&graph);
        components.retain(|nodes| nodes.len() > 1);
        let mut found = Circles::default();
        for nodes in &mut components {
            nodes.sort_unstable();
            let mut search = Search::new(self, nodes);
            // In a component of so many classes a circle may have as many edges.
            for length in 2..=max_length.min(nodes.len()) {
                search.length = length;
                nodes.iter().for_each(|first| search.from(first));
            }
            found.circles.append(&mut search.found.circles);
            found.is_cut |= search.found.is_cut;
        }
        found.circles.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
        found.is_cut |= found.circles.len() > MOST;
        found.circles.truncate(MOST);
        found
    }

    /// Whether some run may get stuck in this circle, as far as is known.
    fn could_deadlock(&self, circle: &[Pair]) -> bool {
        let edges: Vec<&Edge> = circle.iter().filter_map(|pair| self.edges.get(pair)).collect();
        let set: BTreeSet<Pair> = circle.iter().cloned().collect();
        if self.together.iter().any(|together| set.is_subset(together)) {
            return false;
        }
        // Where an edge leads, the next one begins: the lock in between is wanted and held.
        let next = edges.iter().cycle().skip(1);
        if edges.iter().zip(next).any(|(edge, next)| edge.are_reads.1 && next.are_reads.0) {
            return false;
        }
        let is_inside = |gate: &String| circle.iter().any(|(from, _)| from == gate);
        let is_only = |gate: &String| self.classes.get(gate).is_none_or(|known| known.most == 1);
        let is_gate = |gate: &String| {
            let lets_in = edges.iter().filter_map(|edge| edge.under.get(gate).copied());
            let most = lets_in.clone().max().unwrap_or_default();
            lets_in.count() as u64 > most && is_only(gate) && !is_inside(gate)
        };
        !edges.iter().flat_map(|edge| edge.under.keys()).any(is_gate)
    }
}

impl<'a> Search<'a> {
    fn new(order: &'a Order, nodes: &[&'a str]) -> Search<'a> {
        let inside: BTreeSet<&str> = nodes.iter().copied().collect();
        let mut next: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (from, to) in order.edges.keys() {
            if inside.contains(from.as_str()) && inside.contains(to.as_str()) {
                next.entry(from).or_default().push(to);
            }
        }
        let found = Circles::default();
        Search { order, next, length: 0, budget: BUDGET, path: Vec::new(), found }
    }

    /// Looks for circles whose least class is `first`. The depth is that of the length, which the
    /// caller bounds.
    fn from(&mut self, first: &'a str) {
        self.path.clear();
        self.path.push(first);
        let mut ways = vec![0_usize];
        while let Some(way) = ways.last_mut() {
            if self.budget == 0 || self.found.circles.len() > MOST {
                self.found.is_cut = true;
                return;
            }
            self.budget -= 1;
            let here = self.path[self.path.len() - 1];
            let Some(to) = self.next.get(here).and_then(|next| next.get(*way)).copied() else {
                ways.pop();
                self.path.pop();
                continue;
            };
            *way += 1;
            if to == first && self.path.len() == self.length {
                self.close();
            } else if to > first && self.path.len() < self.length && !self.path.contains(&to) {
                self.path.push(to);
                ways.push(0);
            }
        }
    }

    fn close(&mut self) {
        let next = self.path.iter().cycle().skip(1);
        let pair = |(from, to): (&&str, &&str)| ((*from).to_string(), (*to).to_string());
        let circle: Vec<Pair> = self.path.iter().zip(next).map(pair).collect();
        if self.order.could_deadlock(&circle) {
            self.found.circles.push(circle);
        }
    }
}
