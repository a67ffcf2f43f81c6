//! An order of numbered nodes that every edge goes up in, kept while edges are added.
//!
//! Nodes are `u32`s that the caller hands out and reuses; the caller also keeps the edges and
//! lends them as [`Edges`]. A *component* is a set of nodes that reach each other. Every
//! component has a rank, and an edge between two components goes from the lower to the higher.
//!
//! Pearce and Kelly, "A Dynamic Topological Sort Algorithm for Directed Acyclic Graphs" (2006),
//! with components merged where an edge closes a cycle, so that it goes on working on graphs that
//! are no longer acyclic:
//!
//! 1. An edge that goes up in rank, or stays within a component, costs O(1).
//! 2. One that goes down searches forward from its head and backward from its tail, only among
//!    the ranks between the two.
//! 3. What both searches met is one component now; the ranks met are dealt out anew.
//!
//! Removing a node never splits a component, so a component may be larger than it has to be. That
//! is harmless here: being in one component is a reason to search for a cycle, not a finding.
//!
//! No locking inside. Iterative, because it runs on the stack of the thread being observed.

use std::collections::HashMap;

use crate::slab::Hashing;

/// The edges as the caller keeps them.
pub(crate) trait Edges {
    /// Where edges from `node` lead.
    fn after(&self, node: u32) -> impl Iterator<Item = u32>;
    /// Where edges to `node` come from.
    fn before(&self, node: u32) -> impl Iterator<Item = u32>;
}

/// The ranks and components.
#[derive(Default)]
pub(crate) struct Order {
    /// By node: the node that stands for its component.
    leader: Vec<u32>,
    /// By node: the rank of the component that it stands for. A permutation.
    rank: Vec<u32>,
    /// By leader: the nodes, for components of more than one.
    members: HashMap<u32, Vec<u32>, Hashing>,
}

impl Order {
    /// A node without edges, alone in its component.
    pub(crate) fn add(&mut self, node: u32) {
        while self.leader.len() <= node as usize {
            let next = self.leader.len() as u32;
            self.leader.push(next);
            self.rank.push(next);
        }
        self.leader[node as usize] = node;
    }

    /// A node whose edges are gone.
    pub(crate) fn remove(&mut self, node: u32) {
        let leader = self.leader[node as usize];
        self.leader[node as usize] = node;
        let Some(mut members) = self.members.remove(&leader) else { return };
        members.retain(|member| *member != node);
        let heir = if leader == node { members[0] } else { leader };
        if heir != leader {
            self.rank.swap(heir as usize, leader as usize);
        }
        for member in &members {
            self.leader[*member as usize] = heir;
        }
        if members.len() > 1 {
            self.members.insert(heir, members);
        }
    }

    /// Whether two nodes are in one component. Every node is with itself.
    pub(crate) fn together(&self, a: u32, b: u32) -> bool {
        self.leader[a as usize] == self.leader[b as usize]
    }

    /// The nodes in the component of `node`.
    pub(crate) fn component(&self, node: u32) -> Vec<u32> {
        let leader = self.leader[node as usize];
        self.members.get(&leader).map_or_else(|| vec![node], Clone::clone)
    }

    /// An edge has been added; `edges` may or may not show it yet.
    pub(crate) fn insert(&mut self, from: u32, to: u32, edges: &impl Edges) {
        let (from, to) = (self.leader[from as usize], self.leader[to as usize]);
        if from == to || self.rank[from as usize] < self.rank[to as usize] {
            return;
        }
        let (low, high) = (self.rank[to as usize], self.rank[from as usize]);
        let ahead = self.search(to, |node, out| out.extend(edges.after(node)), |rank| rank <= high);
        let behind =
            self.search(from, |node, out| out.extend(edges.before(node)), |rank| rank >= low);
        self.deal_ranks(&ahead, &behind);
    }

    /// The leaders met from `start`, itself included, among the ranks `within`.
    fn search(
        &self,
        start: u32,
        next: impl Fn(u32, &mut Vec<u32>),
        within: impl Fn(u32) -> bool,
    ) -> Vec<u32> {
        let mut met = vec![start];
        let mut seen: HashMap<u32, (), Hashing> = HashMap::default();
        seen.insert(start, ());
        let mut around = Vec::new();
        let mut at = 0;
        while at < met.len() {
            let leader = met[at];
            at += 1;
            match self.members.get(&leader) {
                Some(members) => members.iter().for_each(|node| next(*node, &mut around)),
                None => next(leader, &mut around),
            }
            for node in around.drain(..) {
                let leader = self.leader[node as usize];
                if within(self.rank[leader as usize]) && seen.insert(leader, ()).is_none() {
                    met.push(leader);
                }
            }
        }
        met
    }

    fn deal_ranks(&mut self, ahead: &[u32], behind: &[u32]) {
        let in_ahead: HashMap<u32, (), Hashing> = ahead.iter().map(|node| (*node, ())).collect();
        let (cycle, mut below): (Vec<u32>, Vec<u32>) =
            behind.iter().partition(|node| in_ahead.contains_key(node));
        let in_cycle: HashMap<u32, (), Hashing> = cycle.iter().map(|node| (*node, ())).collect();
        let mut above: Vec<u32> =
            ahead.iter().copied().filter(|node| !in_cycle.contains_key(node)).collect();
        below.sort_unstable_by_key(|node| self.rank[*node as usize]);
        above.sort_unstable_by_key(|node| self.rank[*node as usize]);

        let all = below.iter().chain(&cycle).chain(&above);
        let mut ranks: Vec<u32> = all.map(|node| self.rank[*node as usize]).collect();
        ranks.sort_unstable();
        // Those below take the lowest ranks and those above the highest; between them the merged
        // component takes one, and its former leaders keep the others, which nobody looks at.
        let merged = self.merge(&cycle);
        let former = cycle.iter().copied().filter(|node| Some(*node) != merged);
        let order = below.iter().copied().chain(merged).chain(former).chain(above.iter().copied());
        for (node, rank) in order.zip(ranks) {
            self.rank[node as usize] = rank;
        }
    }

    /// Makes one component of several. Returns its leader.
    fn merge(&mut self, leaders: &[u32]) -> Option<u32> {
        let size = |leader: &u32| self.members.get(leader).map_or(1, Vec::len);
        let heir = leaders.iter().copied().max_by_key(size)?;
        let mut all = self.members.remove(&heir).unwrap_or_else(|| vec![heir]);
        for leader in leaders.iter().copied().filter(|leader| *leader != heir) {
            let others = self.members.remove(&leader).unwrap_or_else(|| vec![leader]);
            for node in &others {
                self.leader[*node as usize] = heir;
            }
            all.extend(others);
        }
        self.members.insert(heir, all);
        Some(heir)
    }

    /// Panics unless every edge goes up in rank or stays within a component.
    #[cfg(test)]
    pub(crate) fn check_invariants(&self, nodes: &[u32], edges: &impl Edges) {
        let mut ranks = self.rank.clone();
        ranks.sort_unstable();
        assert!(ranks.iter().zip(0..).all(|(rank, at)| *rank == at), "ranks are a permutation");
        for from in nodes {
            for to in edges.after(*from) {
                let (a, b) = (self.leader[*from as usize], self.leader[to as usize]);
                assert!(a == b || self.rank[a as usize] < self.rank[b as usize], "{from} -> {to}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use petgraph::algo::kosaraju_scc;
    use petgraph::graphmap::DiGraphMap;
    use proptest::prelude::*;

    use super::*;

    impl Edges for DiGraphMap<u32, ()> {
        fn after(&self, node: u32) -> impl Iterator<Item = u32> {
            self.neighbors_directed(node, petgraph::Outgoing)
        }
        fn before(&self, node: u32) -> impl Iterator<Item = u32> {
            self.neighbors_directed(node, petgraph::Incoming)
        }
    }

    fn components(graph: &DiGraphMap<u32, ()>) -> BTreeSet<BTreeSet<u32>> {
        kosaraju_scc(graph).into_iter().map(|scc| scc.into_iter().collect()).collect()
    }

    /// abseil's recipe: few nodes, many operations, and petgraph as the naive twin.
    fn check(operations: &[(u32, u32)]) {
        let mut order = Order::default();
        let mut graph = DiGraphMap::<u32, ()>::new();
        for node in 0..8 {
            order.add(node);
            graph.add_node(node);
        }
        let mut removed = false;
        for (from, to) in operations {
            if from == to {
                graph.remove_node(*from);
                order.remove(*from);
                graph.add_node(*from);
                order.add(*from);
                removed = true;
            } else {
                graph.add_edge(*from, *to, ());
                order.insert(*from, *to, &graph);
            }
            let nodes: Vec<u32> = (0..8).collect();
            order.check_invariants(&nodes, &graph);
            for component in components(&graph) {
                let first = component.first().expect("a component has a node");
                assert!(component.iter().all(|node| order.together(*first, *node)));
            }
            if !removed {
                let ours: BTreeSet<BTreeSet<u32>> =
                    (0..8).map(|node| order.component(node).into_iter().collect()).collect();
                assert_eq!(ours, components(&graph), "exact as long as nothing was removed");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn agrees_with_petgraph(operations in prop::collection::vec((0..8_u32, 0..8_u32), 1..60)) {
            check(&operations);
        }
    }

    #[test]
    fn a_ring_of_ten_thousand_needs_no_stack() {
        let mut order = Order::default();
        let mut graph = DiGraphMap::<u32, ()>::new();
        (0..10_000).for_each(|node| order.add(node));
        for node in (0..10_000).rev() {
            graph.add_edge(node, (node + 1) % 10_000, ());
            order.insert(node, (node + 1) % 10_000, &graph);
        }
        assert_eq!(order.component(5).len(), 10_000);
    }
}
