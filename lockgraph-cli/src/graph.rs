//! `lockgraph graph`: the order graph, by lock or by class, with its cycles.
//!
//! By lock, the locks of different runs are different nodes. By class, runs are merged. A cycle
//! is a strongly connected component of more than one node, or a lock that was wanted by who held
//! it; an edge from a class to itself is none, for locks of one class may be taken in an order of
//! their own.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Write};
use std::path::PathBuf;

use lockgraph::check::{EdgeRow, Options, Report};
use lockgraph::finding::{Class, Lock, Place, Thread};
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::args::{Graph, GraphFormat};
use crate::load::Traces;
use crate::{Outcome, print};

/// The order graph.
#[derive(Default)]
pub(crate) struct OrderGraph {
    pub(crate) is_by_class: bool,
    pub(crate) nodes: Vec<Node>,
    pub(crate) edges: Vec<Edge>,
    /// The nodes of each cycle, by position.
    pub(crate) cycles: Vec<Vec<usize>>,
    index: HashMap<Key, usize>,
    between: HashMap<(usize, usize), usize>,
}

/// A lock or a class of locks.
pub(crate) struct Node {
    /// One of the locks.
    pub(crate) lock: Lock,
    /// The trace of it, by position.
    pub(crate) trace: usize,
    /// The locks, by trace and number.
    pub(crate) locks: BTreeSet<(usize, u64)>,
    /// Its cycle, by position.
    pub(crate) cycle: Option<usize>,
}

/// An edge, by the positions of its nodes.
pub(crate) struct Edge {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) count: u64,
    /// By trace and thread number, as a finding shows it.
    pub(crate) threads: BTreeMap<(usize, u32), Thread>,
    /// Where `from` was taken and `to` wanted, each pair once, sorted.
    pub(crate) sites: BTreeSet<(Option<Place>, Option<Place>)>,
    pub(crate) is_in_cycle: bool,
}

/// What makes two locks the same node.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Lock(usize, u64),
    /// With for whom the locks were made, where that is known.
    Class(Class, Option<Place>),
}

pub(crate) fn run(arguments: &Graph, out: &mut dyn Write) -> io::Result<Outcome> {
    let (graph, names, traces) = OrderGraph::read(&arguments.traces, arguments.classes);
    match arguments.format {
        GraphFormat::Dot => print::dot::graph(out, &graph)?,
        GraphFormat::Json => print::json::graph(out, &graph, &names, &traces.problems)?,
        GraphFormat::Svg => print::svg::graph(out, &graph)?,
    }
    Ok(traces.outcome())
}

impl OrderGraph {
    pub(crate) fn new(is_by_class: bool) -> OrderGraph {
        OrderGraph { is_by_class, ..OrderGraph::default() }
    }

    /// The graph of these traces, their names, and what is wrong with them.
    pub(crate) fn read(traces: &[PathBuf], is_by_class: bool) -> (OrderGraph, Vec<String>, Traces) {
        let mut graph = OrderGraph::new(is_by_class);
        let mut names: Vec<String> = Vec::new();
        let traces = Traces::each(traces, &Options::default(), |file, _, report| {
            graph.add(names.len(), &report);
            names.push(file.to_string());
        });
        graph.find_cycles();
        (graph, names, traces)
    }

    /// Adds the edges of a trace.
    pub(crate) fn add(&mut self, trace: usize, report: &Report) {
        report.edges.iter().for_each(|edge| self.edge(trace, edge));
    }

    fn edge(&mut self, trace: usize, row: &EdgeRow) {
        let (from, to) = (self.node(trace, &row.from), self.node(trace, &row.to));
        self.nodes[from].locks.insert((trace, row.from.id));
        self.nodes[to].locks.insert((trace, row.to.id));
        let at = self.between(from, to);
        let edge = &mut self.edges[at];
        edge.count = edge.count.saturating_add(row.count);
        edge.threads.extend(row.threads.iter().map(|t| ((trace, t.id), t.clone())));
        edge.sites.insert((row.from_site.clone(), row.to_site.clone()));
    }

    /// The edge between two nodes, by position; a new one that nobody went yet, if there is none.
    pub(crate) fn between(&mut self, from: usize, to: usize) -> usize {
        let next = self.edges.len();
        let at = *self.between.entry((from, to)).or_insert(next);
        if at == next {
            let (threads, sites) = (BTreeMap::new(), BTreeSet::new());
            self.edges.push(Edge { from, to, count: 0, threads, sites, is_in_cycle: false });
        }
        at
    }

    /// The node of a lock, by position; a new one that stands for no lock yet, if there is none.
    pub(crate) fn node(&mut self, trace: usize, lock: &Lock) -> usize {
        let next = self.nodes.len();
        let at = *self.index.entry(self.key(trace, lock)).or_insert(next);
        if at == next {
            let lock = lock.clone();
            self.nodes.push(Node { lock, trace, locks: BTreeSet::new(), cycle: None });
        }
        at
    }

    /// The node of a class of locks, if there is one.
    pub(crate) fn of_class(&self, class: &Class, made_for: Option<&Place>) -> Option<usize> {
        self.index.get(&Key::Class(class.clone(), made_for.cloned())).copied()
    }

    /// The node of a lock of a trace, if there is one.
    pub(crate) fn of_lock(&self, trace: usize, lock: &Lock) -> Option<usize> {
        self.index.get(&self.key(trace, lock)).copied()
    }

    fn key(&self, trace: usize, lock: &Lock) -> Key {
        // Nothing is known of what locks without a class have in common.
        match &lock.class {
            class if self.is_by_class && *class != Class::Unknown => {
                Key::Class(class.clone(), lock.made_for.clone())
            }
            _ => Key::Lock(trace, lock.id),
        }
    }

    /// Changes every place. Nodes stay apart, even if their places are the same then.
    pub(crate) fn rename(&mut self, change: &mut dyn FnMut(&mut Place)) {
        for node in &mut self.nodes {
            if let Class::Made(place) | Class::FirstTaken(place) = &mut node.lock.class {
                change(place);
            }
            node.lock.made_for.iter_mut().for_each(&mut *change);
        }
        for edge in &mut self.edges {
            let changed = |(mut from, mut to): (Option<Place>, Option<Place>)| {
                from.iter_mut().chain(&mut to).for_each(&mut *change);
                (from, to)
            };
            edge.sites = std::mem::take(&mut edge.sites).into_iter().map(changed).collect();
        }
        let keys = self.nodes.iter().enumerate().rev();
        self.index = keys.map(|(at, node)| (self.key(node.trace, &node.lock), at)).collect();
    }

    /// Marks the cycles, once all edges are in.
    pub(crate) fn find_cycles(&mut self) {
        let mut graph: DiGraph<(), ()> = DiGraph::new();
        for _ in &self.nodes {
            graph.add_node(());
        }
        for edge in &self.edges {
            graph.add_edge(NodeIndex::new(edge.from), NodeIndex::new(edge.to), ());
        }
        let mut cycles: Vec<Vec<usize>> = Vec::new();
        for component in kosaraju_scc(&graph) {
            let mut nodes: Vec<usize> = component.iter().map(|node| node.index()).collect();
            nodes.sort_unstable();
            if nodes.len() > 1 || self.wants_itself(nodes[0]) {
                cycles.push(nodes);
            }
        }
        cycles.sort_unstable();
        for (cycle, nodes) in cycles.iter().enumerate() {
            nodes.iter().for_each(|node| self.nodes[*node].cycle = Some(cycle));
        }
        for edge in &mut self.edges {
            let cycle = self.nodes[edge.from].cycle;
            let is_loop = edge.from == edge.to && self.is_by_class;
            edge.is_in_cycle = cycle.is_some() && cycle == self.nodes[edge.to].cycle && !is_loop;
        }
        self.cycles = cycles;
    }

    fn wants_itself(&self, node: usize) -> bool {
        !self.is_by_class && self.between.contains_key(&(node, node))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staged;

    /// Edges as pairs of lock numbers, 10 and up being of one class; the cycles by lock number.
    #[test]
    fn cycles() {
        for (edges, is_by_class, want) in [
            (&[(1, 2), (2, 3)][..], false, &[][..]),
            (&[(1, 2), (2, 1), (2, 3)], false, &[&[1, 2][..]]),
            (&[(1, 2), (2, 3), (3, 1), (4, 5), (5, 4)], false, &[&[1, 2, 3], &[4, 5]]),
            (&[(1, 1), (1, 2)], false, &[&[1]]),
            (&[(10, 11), (11, 12)], false, &[]),
            (&[(10, 11), (11, 12)], true, &[]),
            (&[(10, 1), (1, 11)], false, &[]),
            (&[(10, 1), (1, 11)], true, &[&[10, 1]]),
        ] {
            let mut graph = OrderGraph::new(is_by_class);
            graph.add(0, &staged::edges(edges));
            graph.find_cycles();
            let number = |node: &usize| graph.nodes[*node].lock.id;
            let got: Vec<Vec<u64>> =
                graph.cycles.iter().map(|nodes| nodes.iter().map(number).collect()).collect();
            assert_eq!(got, want, "{edges:?}");
            for edge in &graph.edges {
                let together = got.iter().any(|cycle| {
                    cycle.contains(&number(&edge.from)) && cycle.contains(&number(&edge.to))
                });
                assert_eq!(edge.is_in_cycle, together, "{edges:?}");
            }
        }
    }

    #[test]
    fn runs_are_merged_by_class_only() {
        for (is_by_class, nodes, edges, count) in [(false, 4, 2, 1), (true, 2, 1, 2)] {
            let mut graph = OrderGraph::new(is_by_class);
            graph.add(0, &staged::edges(&[(1, 2)]));
            graph.add(1, &staged::edges(&[(1, 2)]));
            assert_eq!((graph.nodes.len(), graph.edges.len()), (nodes, edges));
            assert_eq!(graph.edges[0].count, count);
        }
    }
}
