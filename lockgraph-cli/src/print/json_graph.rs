//! The order graph as JSON.

use serde::Serialize;

use super::json_finding::{self as finding, Lock, Place, Thread};
use crate::graph::{self, OrderGraph};

#[derive(Serialize)]
pub(super) struct Graph<'a> {
    by: &'static str,
    nodes: Vec<Node<'a>>,
    edges: Vec<Edge<'a>>,
    cycles: Vec<Vec<String>>,
}

#[derive(Serialize)]
struct Node<'a> {
    id: String,
    /// One of the locks, if the node is a class.
    lock: Lock<'a>,
    trace: &'a str,
    locks: usize,
    is_in_cycle: bool,
}

#[derive(Serialize)]
struct Edge<'a> {
    from: String,
    to: String,
    count: u64,
    threads: Vec<Thread<'a>>,
    sites: Vec<Sites<'a>>,
    is_in_cycle: bool,
}

#[derive(Serialize)]
struct Sites<'a> {
    from: Option<Place<'a>>,
    to: Option<Place<'a>>,
}

pub(super) fn graph<'a>(order: &'a OrderGraph, traces: &'a [String]) -> Graph<'a> {
    let node = |(number, node): (usize, &'a graph::Node)| Node {
        id: id(number),
        lock: finding::lock(&node.lock),
        trace: traces.get(node.trace).map_or("", String::as_str),
        locks: node.locks.len(),
        is_in_cycle: node.cycle.is_some(),
    };
    let ids = |cycle: &Vec<usize>| cycle.iter().map(|node| id(*node)).collect();
    Graph {
        by: if order.is_by_class { "class" } else { "lock" },
        nodes: order.nodes.iter().enumerate().map(node).collect(),
        edges: order.edges.iter().map(edge).collect(),
        cycles: order.cycles.iter().map(ids).collect(),
    }
}

fn id(node: usize) -> String {
    format!("n{node}")
}

fn edge(edge: &graph::Edge) -> Edge<'_> {
    let sites = edge.sites.iter().map(|(from, to)| Sites {
        from: from.as_ref().map(finding::place),
        to: to.as_ref().map(finding::place),
    });
    Edge {
        from: id(edge.from),
        to: id(edge.to),
        count: edge.count,
        threads: edge.threads.values().map(finding::thread).collect(),
        sites: sites.collect(),
        is_in_cycle: edge.is_in_cycle,
    }
}
