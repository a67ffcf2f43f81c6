//! What every layout keeps to, on graphs of all sorts.

use std::collections::BTreeSet;

use petgraph::algo::kosaraju_scc;
use petgraph::graphmap::DiGraphMap;
use proptest::prelude::*;

use super::*;

/// A layout, if it is one.
fn check(nodes: usize, edges: &[(usize, usize)]) -> Layout {
    let layout = layout(nodes, edges);
    let graph: DiGraphMap<usize, ()> = edges.iter().map(|(from, to)| (*from, *to, ())).collect();
    let mut component: Vec<usize> = (0..nodes).collect();
    for members in kosaraju_scc(&graph) {
        members.iter().for_each(|node| component[*node] = nodes + members[0]);
    }
    for (number, &(from, to)) in edges.iter().enumerate() {
        let (above, below) = (layout.nodes[from].layer, layout.nodes[to].layer);
        let way = &layout.ways[number];
        if from == to {
            assert_eq!(way, &[from]);
            continue;
        }
        assert_ne!(above, below, "{from} -> {to} in one layer");
        assert_eq!(layout.leads_up[number], below < above, "{from} -> {to}");
        let goes_round = component[from] == component[to];
        assert!(above < below || goes_round, "{from} -> {to} leads up, and is in no cycle");
        let ends = [way[0], way[way.len() - 1]];
        assert_eq!(ends, if above < below { [from, to] } else { [to, from] });
        let bends_in_each = way.len() == above.abs_diff(below) + 1;
        assert!(bends_in_each || layout.layers.concat().len() + way.len() > BENDS);
    }
    let spots: BTreeSet<Spot> = layout.nodes.iter().copied().collect();
    assert_eq!(spots.len(), nodes, "two nodes in one place");
    let mut cells = layout.layers.concat();
    cells.sort_unstable();
    assert!(cells.iter().copied().eq(0..cells.len()), "a cell is missing, or there twice");
    layout
}

#[test]
fn small_graphs() {
    for (nodes, edges, layers) in [
        (0, &[][..], &[][..]),
        (2, &[], &[0, 0]),
        (1, &[(0, 0)], &[0]),
        (2, &[(0, 1)], &[0, 1]),
        (2, &[(1, 0)], &[1, 0]),
        // Below the lowest that leads there; and who is only held goes down to what is taken.
        (4, &[(0, 1), (1, 2), (0, 2), (3, 2)], &[0, 1, 2, 1]),
        (3, &[(0, 1), (0, 1), (1, 2), (2, 2)], &[0, 1, 2]),
    ] {
        let got: Vec<usize> = check(nodes, edges).nodes.iter().map(|spot| spot.layer).collect();
        assert_eq!(got, layers, "{edges:?}");
    }
}

#[test]
fn one_edge_of_a_ring_leads_up() {
    for size in [2, 3, 7] {
        let ring: Vec<(usize, usize)> = (0..size).map(|at| (at, (at + 1) % size)).collect();
        let up = check(size, &ring).leads_up.iter().filter(|up| **up).count();
        assert_eq!(up, 1, "{size}");
    }
}

#[test]
fn what_only_leads_to_a_cycle_is_never_turned() {
    // A dense cycle, and a long way into it and out of it.
    let mut edges: Vec<(usize, usize)> = (0..9).map(|at| (at, at + 1)).collect();
    edges.extend((3..7).flat_map(|a| (3..7).map(move |b| (a, b))).filter(|(a, b)| a != b));
    check(10, &edges);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_graph(edges in prop::collection::vec((0_usize..24, 0_usize..24), 0..80)) {
        prop_assert_eq!(check(24, &edges), layout(24, &edges), "another layout each time");
    }
}

/// A chain in which many also lead far down.
#[test]
fn bends_are_bounded() {
    let nodes = 600;
    let mut edges: Vec<(usize, usize)> = (1..nodes).map(|at| (at - 1, at)).collect();
    edges.extend((0..nodes - 400).map(|at| (at, at + 400)));
    // Each long edge has 399 bends: 150 of them fit.
    let cells: usize = check(nodes, &edges).layers.iter().map(Vec::len).sum();
    assert_eq!(cells, 600 + 150 * 399);
}

#[test]
fn five_thousand_nodes() {
    let mut seed = 7_u64;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((seed >> 33) % below) as usize
    };
    let edges: Vec<(usize, usize)> = (0..20_000).map(|_| (next(5000), next(5000))).collect();
    // A cell takes some 100 bytes: all of it stays below a few megabytes.
    let cells: usize = check(5000, &edges).layers.iter().map(Vec::len).sum();
    assert!(cells <= 5000 + BENDS, "{cells}");
}
