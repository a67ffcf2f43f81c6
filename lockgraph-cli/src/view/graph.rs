//! The order graph of a page: classes of locks, and which was wanted while which was held.
//!
//! Traces give the edges. The order of classes, as reports have it, gives those that no trace
//! here has, and to all of them names, functions and tests. Locks of which nothing is known are
//! nodes of their own. Places have their names in the report.
//!
//! Memory follows classes and edges, and the locks of the traces. Nothing fails.

mod groups;
mod matched;
mod named;

use std::collections::{BTreeSet, HashMap};

use lockgraph::check::Report;
use lockgraph::explain::visible;
use lockgraph::finding::Lock;
use serde::Serialize;

use crate::check::Found;
use crate::graph::{self, OrderGraph};
use crate::order::Order;
use crate::places::origin;
use crate::view::layout;
use crate::view::place::Place;
use crate::workspace::Files;
use named::Labels;

/// How many locks are listed of a class.
const INSTANCES: usize = 100;
/// How many threads, tests and functions are named at an edge.
const NAMED: usize = 20;

/// `Graph` of the page's model; so are the names of all that follows.
#[derive(Serialize, Default, Debug)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<GraphNode>,
    pub(crate) edges: Vec<GraphEdge>,
    /// Positions of the nodes of each cycle.
    pub(crate) cycles: Vec<Vec<usize>>,
    pub(crate) groups: Vec<Group>,
}

/// Nodes that are shown as one while they are folded.
#[derive(Serialize, PartialEq, Eq, Debug)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) nodes: Vec<usize>,
}

#[derive(Serialize, Debug)]
pub(crate) struct GraphNode {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) place: Option<Place>,
    #[serde(rename = "crate")]
    pub(crate) krate: String,
    pub(crate) module: String,
    pub(crate) layer: usize,
    pub(crate) order: usize,
    pub(crate) cycle: Option<usize>,
    pub(crate) group: Option<usize>,
    pub(crate) instance_count: u64,
    pub(crate) instances: Vec<Instance>,
}

/// A lock of a class.
#[derive(Serialize, PartialEq, Eq, Debug)]
pub(crate) struct Instance {
    pub(crate) id: u64,
    pub(crate) run: String,
    pub(crate) acquisitions: u64,
    pub(crate) contended: u64,
}

#[derive(Serialize, Debug)]
pub(crate) struct GraphEdge {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) count: u64,
    pub(crate) is_in_cycle: bool,
    pub(crate) threads: Vec<String>,
    pub(crate) tests: Vec<String>,
    pub(crate) functions: Vec<String>,
    pub(crate) held_at: Option<Place>,
    pub(crate) wanted_at: Option<Place>,
    /// Which findings have this edge, by position.
    pub(crate) findings: Vec<usize>,
}

/// What traces and orders tell of the graph so far.
pub(crate) struct GraphBuilder {
    order: OrderGraph,
    runs: Vec<Run>,
    /// By run and number: how often a lock was taken, and how often somebody had to wait for it.
    uses: HashMap<(usize, u64), (u64, u64)>,
    /// What reports say beside the traces.
    named: Order,
}

/// Where edges were seen.
struct Run {
    name: String,
    tests: Vec<String>,
}

impl GraphBuilder {
    pub(crate) fn new() -> GraphBuilder {
        GraphBuilder {
            order: OrderGraph::new(true),
            runs: Vec::new(),
            uses: HashMap::new(),
            named: Order::default(),
        }
    }

    /// Adds the edges of a trace, judged with its tables. Its name is that in [`Found::traces`]. Returns
    /// its number, for [`GraphBuilder::node_of`].
    pub(crate) fn add(&mut self, run_name: &str, tests: &[String], report: &Report) -> usize {
        let run = self.runs.len();
        self.runs.push(Run { name: run_name.to_string(), tests: tests.to_vec() });
        self.order.add(run, report);
        for row in &report.locks {
            self.uses.insert((run, row.lock.id), (row.acquisitions, row.contended));
        }
        run
    }

    /// Adds the order of a report. Edges that a trace has too are counted there.
    pub(crate) fn add_order(&mut self, order: &Order) {
        self.named.add(order.clone());
    }

    /// The node that a lock of the trace with this number has, and keeps when all is put together. Places
    /// are those of the trace.
    pub(crate) fn node_of(&self, run: usize, lock: &Lock) -> Option<usize> {
        self.order.of_lock(run, lock)
    }

    /// The graph, with the findings that its edges belong to, by their positions in `findings`.
    /// Places get the names that `files` has for them.
    pub(crate) fn finish(mut self, findings: &[Found], files: &Files) -> Graph {
        self.order.rename(&mut |place| files.rename_place(place));
        let of_order = self.join_order();
        self.order.find_cycles();
        let labels = Labels::of(&self.order, &of_order, files);
        let in_findings = matched::findings(&self.order, findings, &|run| {
            self.runs.get(run).map_or("", |run| run.name.as_str())
        });
        let ends: Vec<(usize, usize)> =
            self.order.edges.iter().map(|edge| (edge.from, edge.to)).collect();
        let spots = layout::layout(self.order.nodes.len(), &ends).nodes;
        let groups = groups::groups(&labels.modules);
        let mut group_of: Vec<Option<usize>> = vec![None; self.order.nodes.len()];
        for (group, Group { nodes, .. }) in groups.iter().enumerate() {
            nodes.iter().for_each(|node| group_of[*node] = Some(group));
        }
        let nodes = self.order.nodes.iter().enumerate().map(|(at, node)| GraphNode {
            name: labels.names[at].clone(),
            kind: node.lock.kind.name(),
            place: origin(&node.lock.class).map(Place::of),
            krate: labels.modules[at].krate.clone(),
            module: labels.modules[at].path.clone(),
            layer: spots[at].layer,
            order: spots[at].order,
            cycle: node.cycle,
            group: group_of[at],
            instance_count: of_order
                .most
                .get(&at)
                .copied()
                .unwrap_or(0)
                .max(node.locks.len() as u64),
            instances: self.instances(node),
        });
        let edges = self.order.edges.iter().enumerate().map(|(at, edge)| {
            let functions = labels.functions.get(&at).into_iter().flatten();
            let (held_at, wanted_at) = edge.sites.first().cloned().unwrap_or_default();
            GraphEdge {
                from: edge.from,
                to: edge.to,
                count: edge.count,
                is_in_cycle: edge.is_in_cycle,
                threads: threads(edge),
                tests: self.tests(edge, of_order.tests.get(&at)),
                functions: functions.take(NAMED).map(|name| visible(name)).collect(),
                held_at: held_at.as_ref().map(Place::of),
                wanted_at: wanted_at.as_ref().map(Place::of),
                findings: in_findings.get(&at).into_iter().flatten().copied().collect(),
            }
        });
        Graph {
            nodes: nodes.collect(),
            edges: edges.collect(),
            cycles: self.order.cycles.clone(),
            groups,
        }
    }

    /// Adds to the edges of the traces what only the order has.
    fn join_order(&mut self) -> OfOrder {
        let mut of_order = OfOrder::default();
        let no_run = self.runs.len();
        let mut nodes: HashMap<&str, usize> = HashMap::new();
        for (number, (name, known)) in (0..).zip(&self.named.classes) {
            let (class, made_for) = (known.class.clone(), known.made_for.clone());
            // A trace does not say for whom its locks were made, and is not to be told twice.
            let of_trace = self.order.of_class(&class, None);
            let lock = Lock { id: number, kind: known.kind, class, made_for };
            let node = of_trace.unwrap_or_else(|| self.order.node(no_run, &lock));
            nodes.insert(name, node);
            let most = of_order.most.entry(node).or_default();
            *most = known.most.max(*most);
            of_order.names.entry(node).or_insert_with(|| name.clone());
        }
        for ((from, to), edge) in &self.named.edges {
            let (Some(from), Some(to)) = (nodes.get(from.as_str()), nodes.get(to.as_str())) else {
                continue;
            };
            let at = self.order.between(*from, *to);
            let known = &mut self.order.edges[at];
            if known.threads.is_empty() {
                known.count = known.count.saturating_add(edge.count);
                let example = &edge.example;
                known.sites.insert((example.held.clone(), example.wanted.clone()));
            }
            of_order.functions.entry(at).or_default().extend(edge.within.iter().cloned());
            let tests = edge.seen.iter().map(|seen| seen.name().to_string());
            of_order.tests.entry(at).or_default().extend(tests);
        }
        of_order
    }

    /// The first locks of a class. A report has none.
    fn instances(&self, node: &graph::Node) -> Vec<Instance> {
        let instance = |(run, id): &(usize, u64)| {
            let (acquisitions, contended) =
                self.uses.get(&(*run, *id)).copied().unwrap_or_default();
            let run = self.runs.get(*run).map(|run| visible(&run.name)).unwrap_or_default();
            Instance { id: *id, run, acquisitions, contended }
        };
        node.locks.iter().take(INSTANCES).map(instance).collect()
    }

    fn tests(&self, edge: &graph::Edge, of_order: Option<&BTreeSet<String>>) -> Vec<String> {
        let runs: BTreeSet<usize> = edge.threads.keys().map(|(run, _)| *run).collect();
        let tests =
            runs.into_iter().filter_map(|run| self.runs.get(run)).flat_map(|run| &run.tests);
        let tests: BTreeSet<&String> = tests.chain(of_order.into_iter().flatten()).collect();
        tests.into_iter().take(NAMED).map(|test| visible(test)).collect()
    }
}

/// What the order of reports says of nodes and edges, by position.
#[derive(Default)]
struct OfOrder {
    names: HashMap<usize, String>,
    /// The most locks of the class that a run had.
    most: HashMap<usize, u64>,
    functions: HashMap<usize, BTreeSet<String>>,
    tests: HashMap<usize, BTreeSet<String>>,
}

fn threads(edge: &graph::Edge) -> Vec<String> {
    let name = |thread: &lockgraph::finding::Thread| match &thread.name {
        Some(name) => visible(name),
        None => format!("thread {}", thread.id),
    };
    let names: BTreeSet<String> = edge.threads.values().map(name).collect();
    names.into_iter().take(NAMED).collect()
}

#[cfg(test)]
mod tests;
