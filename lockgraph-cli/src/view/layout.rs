//! Where the nodes of an order graph are drawn: layers from the top, and the order in each layer.
//!
//! 1. Edges that go round are turned, as few as a greedy search finds (`forward`), and only edges
//!    that lie in a cycle: all others lead down, always.
//! 2. Each node goes one layer below the lowest that leads to it (`forward`).
//! 3. What hangs together stands together. An edge over several layers bends in each one between, so that nothing is drawn across a
//!    node. Sweeps down and up put each node and bend at the mean of those that it hangs on; the
//!    order with the fewest crossings stays (`crossings`).
//! 4. Who draws, and so knows how wide names are, gets coordinates too (`spread`).
//!
//! Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System Structures"
//! (1981). Linear in nodes, edges and bends, but for the sorting in each of a few sweeps. Bends are
//! bounded: an edge that would need more goes straight. The same graph gets the same layout each
//! time. Nothing fails.
//!
//! By hand, because of what there is. At 500 nodes and 5,000 edges neither `rust-sugiyama` 0.4.0 nor
//! `dagre` 0.1.2 ends within 90 seconds as they come. Without its exchange of neighbours
//! `rust-sugiyama` does: seconds of processor time, coordinates included, on one machine:
//!
//! | nodes / edges | 500 / 1,320 | 500 / 5,000 | 5,000 / 20,000 |
//! |---|---|---|---|
//! | this | 0.01 | 0.2 | 0.4 |
//! | `rust-sugiyama`, its fast settings | 0.09 | 1.0 | 4.3 |
//! | `dagre`, its fast ranker (wall time) | 5.6 | > 90 | > 90 |
//!
//! But it gives another layout each time, and does not say where edges bend.

mod crossings;
mod forward;
mod spread;

use std::collections::HashMap;

use petgraph::unionfind::UnionFind;

pub(crate) use spread::Widths;

/// So many bends at most.
const BENDS: usize = 60_000;

/// Where a node is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub(crate) struct Spot {
    /// From the top.
    pub(crate) layer: usize,
    /// From the left, among the nodes of the layer.
    pub(crate) order: usize,
}

/// What is in a layer: a node with its number, or a bend with one from the count of nodes on.
pub(crate) type Cell = usize;

/// A graph in layers.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Layout {
    /// By number.
    pub(crate) nodes: Vec<Spot>,
    /// Cells from left to right.
    pub(crate) layers: Vec<Vec<Cell>>,
    /// By edge: its cells from the top to the bottom, both ends among them. Of an edge from a node
    /// to itself, that node alone.
    pub(crate) ways: Vec<Vec<Cell>>,
    /// By edge: whether it leads up.
    pub(crate) leads_up: Vec<bool>,
}

/// Lays out so many nodes with these edges, by number.
pub(crate) fn layout(nodes: usize, edges: &[(usize, usize)]) -> Layout {
    let leads_up = forward::turned(nodes, edges);
    let down: Vec<(usize, usize)> = edges
        .iter()
        .zip(&leads_up)
        .map(|(&(a, b), up)| if *up { (b, a) } else { (a, b) })
        .collect();
    let layer_of = forward::layers(nodes, &down);
    let (ways, bends) = ways(&down, &layer_of);
    let mut layers: Vec<Vec<Cell>> = Vec::new();
    for (cell, layer) in layer_of.iter().chain(&bends).enumerate() {
        layers.resize_with(layers.len().max(layer + 1), Vec::new);
        layers[*layer].push(cell);
    }
    let links = crossings::Links::of(nodes + bends.len(), &ways);
    let layers = crossings::ordered(layers, &links, &parts(nodes + bends.len(), &ways));
    let mut spots = vec![Spot::default(); nodes];
    for (layer, cells) in layers.iter().enumerate() {
        for (order, cell) in cells.iter().filter(|cell| **cell < nodes).enumerate() {
            spots[*cell] = Spot { layer, order };
        }
    }
    Layout { nodes: spots, layers, ways, leads_up }
}

/// By cell: the part of the graph that it is in. Parts have no edges between them.
pub(crate) fn parts(cells: usize, ways: &[Vec<Cell>]) -> Vec<usize> {
    let mut parts: UnionFind<usize> = UnionFind::new(cells);
    for pair in ways.iter().flat_map(|way| way.windows(2)) {
        parts.union(pair[0], pair[1]);
    }
    let mut numbers: HashMap<usize, usize> = HashMap::new();
    let number = |part| {
        let next = numbers.len();
        *numbers.entry(part).or_insert(next)
    };
    parts.into_labeling().into_iter().map(number).collect()
}

/// The cells of each edge, and the layer of each bend. Long edges are the first to have none.
fn ways(edges: &[(usize, usize)], layer_of: &[usize]) -> (Vec<Vec<Cell>>, Vec<usize>) {
    let span = |edge: usize| layer_of[edges[edge].1].saturating_sub(layer_of[edges[edge].0]);
    let mut shortest_first: Vec<usize> = (0..edges.len()).collect();
    shortest_first.sort_by_key(|edge| span(*edge));
    let mut ways: Vec<Vec<Cell>> = vec![Vec::new(); edges.len()];
    let mut bends: Vec<usize> = Vec::new();
    for edge in shortest_first {
        let (from, to) = edges[edge];
        let way = &mut ways[edge];
        way.push(from);
        if bends.len() + span(edge) <= BENDS {
            for layer in layer_of[from] + 1..layer_of[to] {
                way.push(layer_of.len() + bends.len());
                bends.push(layer);
            }
        }
        if from != to {
            way.push(to);
        }
    }
    (ways, bends)
}

#[cfg(test)]
mod tests;
