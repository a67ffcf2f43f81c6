//! A graph without circles, and the layers that it falls into.

use petgraph::algo::{greedy_feedback_arc_set, kosaraju_scc};
use petgraph::graph::{DiGraph, NodeIndex};

/// By edge: whether it is to be turned, so that nothing goes round. Greedy: Eades, Lin and Smyth, "A
/// Fast and Effective Heuristic for the Feedback Arc Set Problem" (1993), inside of each strongly
/// connected component.
pub(super) fn turned(nodes: usize, edges: &[(usize, usize)]) -> Vec<bool> {
    let component = components(nodes, edges);
    let is_inside = |(from, to): &(usize, usize)| from != to && component[*from] == component[*to];
    let inside = edges.iter().enumerate().filter(|(_, edge)| is_inside(edge));
    let graph = graph(nodes, inside.map(|(number, edge)| (*edge, number)));
    let mut turned = vec![false; edges.len()];
    for edge in greedy_feedback_arc_set(&graph) {
        turned[*edge.weight()] = true;
    }
    turned
}

/// By node: its strongly connected component.
fn components(nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let graph = graph(nodes, edges.iter().map(|edge| (*edge, ())));
    let mut component = vec![0; nodes];
    for (number, members) in kosaraju_scc(&graph).into_iter().enumerate() {
        members.into_iter().for_each(|node| component[node.index()] = number);
    }
    component
}

fn graph<E>(nodes: usize, edges: impl Iterator<Item = ((usize, usize), E)>) -> DiGraph<(), E> {
    let mut graph = DiGraph::new();
    for _ in 0..nodes {
        graph.add_node(());
    }
    edges.for_each(|((from, to), weight)| {
        graph.add_edge(NodeIndex::new(from), NodeIndex::new(to), weight);
    });
    graph
}

/// By node: its layer. Each edge leads at least one layer down; none goes round but from a node to
/// itself, which counts for nothing.
pub(super) fn layers(nodes: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    let mut waits_for = vec![0_usize; nodes];
    for (from, to) in edges.iter().filter(|(from, to)| from != to) {
        next[*from].push(*to);
        waits_for[*to] += 1;
    }
    let leads_in = waits_for.clone();
    let mut layer = vec![0_usize; nodes];
    let mut sorted: Vec<usize> = (0..nodes).filter(|node| waits_for[*node] == 0).collect();
    let mut at = 0;
    while let Some(node) = sorted.get(at).copied() {
        at += 1;
        for to in &next[node] {
            layer[*to] = layer[*to].max(layer[node] + 1);
            waits_for[*to] -= 1;
            if waits_for[*to] == 0 {
                sorted.push(*to);
            }
        }
    }
    // Who leads to more than leads to it moves down, so that edges are short.
    for node in sorted.into_iter().rev().filter(|node| next[*node].len() > leads_in[*node]) {
        let lowest = next[node].iter().map(|to| layer[*to] - 1).min();
        layer[node] = lowest.unwrap_or(layer[node]);
    }
    layer
}
