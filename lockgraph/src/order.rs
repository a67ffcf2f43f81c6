//! An order of numbered nodes that every edge goes up in, kept while edges are added.
//!
//! Nodes are `u32`s that the caller hands out and reuses; the caller also keeps the edges and
//! lends them as [`Edges`]. A *component* is a set of nodes that reach each other. Its nodes have
//! one rank, which no other component has, and an edge between two components goes from the lower
//! to the higher.
//!
//! Pearce and Kelly, "A Dynamic Topological Sort Algorithm for Directed Acyclic Graphs" (2006),
//! with components merged where an edge closes a cycle, so that it goes on working on graphs that
//! are no longer acyclic:
//!
//! 1. An edge that goes up in rank, or stays within a component, costs two loads.
//! 2. One that goes down searches forward from its head and backward from its tail, only among
//!    the ranks between the two.
//! 3. What both searches met is one component now; the ranks met are dealt out anew.
//!
//! A new node has a wish, its lock's number: locks are mostly taken for the first time in the order
//! in which they are nested. Where its first edges want it elsewhere, it comes first or last.
//!
//! Removing a node never splits a component, so a component may be larger than it has to be. That
//! is harmless here: being in one component is a reason to search for a cycle, not a finding.
//!
//! No locking inside. Iterative, because it runs on the stack of the thread being observed.

use std::collections::HashMap;

use crate::slab::Hashing;

/// The edges as the caller keeps them. They may lead to nodes that were removed, but not yet to
/// one that was added again under the same number.
pub(crate) trait Edges {
    /// Where edges from `node` lead.
    fn after(&self, node: u32) -> impl Iterator<Item = u32>;
    /// Where edges to `node` come from.
    fn before(&self, node: u32) -> impl Iterator<Item = u32>;
}

/// The ranks and components.
#[derive(Default)]
pub(crate) struct Order {
    /// By node: the rank of its component.
    rank: Vec<i64>,
    /// How many nodes were added first, and how many last. Their ranks lie below and above all
    /// wishes.
    firsts: i64,
    lasts: i64,
    /// The greatest wish of those that were removed.
    past_wishes: i64,
    /// By rank: the nodes, for components of more than one.
    members: HashMap<i64, Vec<u32>, Hashing>,
    search: Search,
}

/// What the searches have met. Kept for the next ones, so that they allocate seldom.
#[derive(Default)]
struct Search {
    /// By node: the latest search that met it.
    marks: Vec<u32>,
    /// The mark of the latest search. Each edge takes [`MARKS`] of them.
    latest: u32,
    ahead: Vec<u32>,
    behind: Vec<u32>,
    cycle: Vec<u32>,
    ranks: Vec<i64>,
}

/// All wishes are less.
const WISHES: i64 = 1 << 60;

/// The rank of a node that was removed.
const GONE: i64 = i64::MAX;

/// One for the search forward, one for the search backward, one for what both have met.
const MARKS: u32 = 3;

impl Order {
    /// A node that is to have an edge to `after`, and no other yet.
    pub(crate) fn add_before(&mut self, node: u32, after: u32, wish: i64) {
        if self.may_have(wish) && wish < self.rank[after as usize] {
            self.set_rank(node, wish);
        } else {
            self.add_first(node);
        }
    }

    /// A node that is to have edges from `before`, and no others yet.
    pub(crate) fn add_after(
        &mut self,
        node: u32,
        mut before: impl Iterator<Item = u32>,
        wish: i64,
    ) {
        if self.may_have(wish) && before.all(|before| self.rank[before as usize] < wish) {
            self.set_rank(node, wish);
        } else {
            self.add_last(node);
        }
    }

    /// Whether nobody else can have the rank `wish`: it is a rank that only one lock wishes for, and
    /// that lock was not here before, in which case others may have got it meanwhile.
    fn may_have(&self, wish: i64) -> bool {
        (self.past_wishes + 1..WISHES).contains(&wish)
    }

    /// A node without edges, before all others.
    pub(crate) fn add_first(&mut self, node: u32) {
        self.firsts += 1;
        self.set_rank(node, -self.firsts);
    }

    /// A node without edges, after all others.
    pub(crate) fn add_last(&mut self, node: u32) {
        self.lasts += 1;
        self.set_rank(node, WISHES + self.lasts);
    }

    /// A node whose edges are gone, and its wish. It may be met, but not asked for, until it is added
    /// again.
    pub(crate) fn remove(&mut self, node: u32, wish: i64) {
        self.past_wishes = self.past_wishes.max(wish);
        let rank = std::mem::replace(&mut self.rank[node as usize], GONE);
        let Some(members) = self.members.get_mut(&rank) else { return };
        members.retain(|member| *member != node);
        if members.len() < 2 {
            self.members.remove(&rank);
        }
    }

    /// Whether two nodes are in one component. Every node is with itself.
    pub(crate) fn together(&self, a: u32, b: u32) -> bool {
        self.rank[a as usize] == self.rank[b as usize]
    }

    /// Whether the component of `node` has others.
    pub(crate) fn has_company(&self, node: u32) -> bool {
        !self.members.is_empty() && self.members.contains_key(&self.rank[node as usize])
    }

    /// The nodes in the component of `node`.
    pub(crate) fn component(&self, node: u32) -> Vec<u32> {
        self.members.get(&self.rank[node as usize]).map_or_else(|| vec![node], Clone::clone)
    }

    /// An edge has been added; `edges` may or may not show it yet.
    #[inline]
    pub(crate) fn insert(&mut self, from: u32, to: u32, edges: &impl Edges) {
        if self.rank[from as usize] > self.rank[to as usize] {
            self.reorder(from, to, edges);
        }
    }

    #[inline(never)]
    fn reorder(&mut self, from: u32, to: u32, edges: &impl Edges) {
        let (low, high) = (self.rank[to as usize], self.rank[from as usize]);
        let mut search = std::mem::take(&mut self.search);
        search.begin(self.rank.len());
        self.search_forward(&mut search, to, high, edges);
        self.search_backward(&mut search, from, low, edges);
        self.deal_ranks(&mut search);
        self.search = search;
    }

    /// Meets what `start` reaches, itself included, up to the rank `high`.
    fn search_forward(&self, search: &mut Search, start: u32, high: i64, edges: &impl Edges) {
        let mark = search.latest - 2;
        let Search { marks, ahead, .. } = search;
        let meet = |node: u32, ahead: &mut Vec<u32>, marks: &mut [u32]| {
            if marks[node as usize] != mark {
                self.each_member(node, |member| {
                    marks[member as usize] = mark;
                    ahead.push(member);
                });
            }
        };
        meet(start, ahead, marks);
        let mut at = 0;
        while at < ahead.len() {
            for node in edges.after(ahead[at]) {
                if self.rank[node as usize] <= high {
                    meet(node, ahead, marks);
                }
            }
            at += 1;
        }
    }

    /// Meets what reaches `start`, itself included, down to the rank `low`.
    fn search_backward(&self, search: &mut Search, start: u32, low: i64, edges: &impl Edges) {
        let (forward, mark, both) = (search.latest - 2, search.latest - 1, search.latest);
        let Search { marks, behind, .. } = search;
        let meet = |node: u32, behind: &mut Vec<u32>, marks: &mut [u32]| {
            if marks[node as usize] < mark {
                self.each_member(node, |member| {
                    let before = &mut marks[member as usize];
                    *before = if *before == forward { both } else { mark };
                    behind.push(member);
                });
            }
        };
        meet(start, behind, marks);
        let mut at = 0;
        while at < behind.len() {
            for node in edges.before(behind[at]) {
                if (low..GONE).contains(&self.rank[node as usize]) {
                    meet(node, behind, marks);
                }
            }
            at += 1;
        }
    }

    /// Deals the ranks that were met: the lowest to what is only behind, the highest to what is
    /// only ahead, and one between to what is both, which is one component now.
    fn deal_ranks(&mut self, search: &mut Search) {
        let Search { marks, latest, ahead, behind, cycle, ranks } = search;
        ranks.extend(ahead.iter().chain(&*behind).map(|node| self.rank[*node as usize]));
        ranks.sort_unstable();
        ranks.dedup();
        let is_both = |node: &u32| marks[*node as usize] == *latest;
        cycle.extend(behind.iter().copied().filter(is_both));
        ahead.retain(|node| !is_both(node));
        behind.retain(|node| !is_both(node));
        ahead.sort_unstable_by_key(|node| self.rank[*node as usize]);
        behind.sort_unstable_by_key(|node| self.rank[*node as usize]);

        let mut moved: Vec<(i64, Vec<u32>)> = Vec::new();
        self.deal(behind.iter().copied(), ranks.iter().copied(), &mut moved);
        self.deal(ahead.iter().rev().copied(), ranks.iter().rev().copied(), &mut moved);
        if !cycle.is_empty() {
            // The components that are merged leave one rank at least between the two.
            let rank = ranks[self.components(behind)];
            self.merge(cycle, rank, &mut moved);
        }
        self.members.extend(moved);
    }

    /// Gives each component of `nodes`, which are in order, the next of `ranks`.
    fn deal(
        &mut self,
        nodes: impl Iterator<Item = u32>,
        mut ranks: impl Iterator<Item = i64>,
        moved: &mut Vec<(i64, Vec<u32>)>,
    ) {
        let mut before = None;
        let mut rank = 0;
        for node in nodes {
            let old = self.rank[node as usize];
            if before != Some(old) {
                before = Some(old);
                rank = ranks.next().unwrap_or(old);
                if let Some(members) = self.members.remove(&old) {
                    moved.push((rank, members));
                }
            }
            self.rank[node as usize] = rank;
        }
    }

    /// How many components `nodes` are, which are in order.
    fn components(&self, nodes: &[u32]) -> usize {
        nodes.chunk_by(|a, b| self.together(*a, *b)).count()
    }

    /// Makes one component of `nodes`.
    fn merge(&mut self, nodes: &[u32], rank: i64, moved: &mut Vec<(i64, Vec<u32>)>) {
        for node in nodes {
            self.members.remove(&self.rank[*node as usize]);
            self.rank[*node as usize] = rank;
        }
        moved.push((rank, nodes.to_vec()));
    }

    fn set_rank(&mut self, node: u32, rank: i64) {
        if self.rank.len() <= node as usize {
            self.rank.resize(node as usize + 1, rank);
        }
        self.rank[node as usize] = rank;
    }

    fn each_member(&self, node: u32, mut each: impl FnMut(u32)) {
        if !self.members.is_empty()
            && let Some(members) = self.members.get(&self.rank[node as usize])
        {
            members.iter().copied().for_each(each);
        } else {
            each(node);
        }
    }

    /// Panics unless every edge goes up in rank or stays within a component, and each component has a
    /// rank of its own.
    #[cfg(test)]
    pub(crate) fn check_invariants(&self, nodes: &[u32], edges: &impl Edges) {
        for (at, a) in nodes.iter().enumerate() {
            for b in nodes[..at].iter().filter(|b| self.together(**b, *a)) {
                let members = self.members.get(&self.rank[*a as usize]);
                assert!(members.is_some_and(|m| m.contains(a) && m.contains(b)), "{a} and {b}");
            }
        }
        for from in nodes {
            let from_rank = self.rank[*from as usize];
            assert!((-self.firsts..=WISHES + self.lasts).contains(&from_rank));
            for to in edges.after(*from).filter(|to| self.rank[*to as usize] != GONE) {
                assert!(from_rank <= self.rank[to as usize], "{from} -> {to}");
            }
            let with: Vec<u32> =
                nodes.iter().copied().filter(|node| self.together(*node, *from)).collect();
            let mut members = self.component(*from);
            members.sort_unstable();
            assert_eq!(members, with, "the component of {from}");
            assert_eq!(self.has_company(*from), with.len() > 1);
        }
        assert!(self.members.values().all(|members| members.len() > 1));
    }
}

impl Search {
    fn begin(&mut self, nodes: usize) {
        self.ahead.clear();
        self.behind.clear();
        self.cycle.clear();
        self.ranks.clear();
        if self.latest > u32::MAX - MARKS {
            self.marks.clear();
            self.latest = 0;
        }
        self.latest += MARKS;
        self.marks.resize(nodes, 0);
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
            match node {
                4.. => order.add_after(node, (0..4).filter(|_| false), i64::from(node) + 1),
                _ => order.add_last(node),
            }
            graph.add_node(node);
        }
        let mut removed = false;
        for (from, to) in operations {
            if from == to {
                graph.remove_node(*from);
                order.remove(*from, i64::from(*from) + 1);
                graph.add_node(*from);
                // Every time the same wish, which must not be granted when others may have it.
                let wish = i64::from(*from) + 1;
                match from % 4 {
                    0 => order.add_first(*from),
                    1 => order.add_last(*from),
                    2 => order.add_before(*from, *from ^ 1, wish),
                    _ => order.add_after(*from, [*from ^ 1].into_iter(), wish),
                }
                removed = true;
            } else {
                graph.add_edge(*from, *to, ());
                order.insert(*from, *to, &graph);
            }
            if operations.len().is_multiple_of(2) {
                // The marks are about to run out.
                order.search.latest = order.search.latest.max(u32::MAX - 2 * MARKS);
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
        (0..10_000).for_each(|node| order.add_last(node));
        for node in (0..10_000).rev() {
            graph.add_edge(node, (node + 1) % 10_000, ());
            order.insert(node, (node + 1) % 10_000, &graph);
        }
        assert_eq!(order.component(5).len(), 10_000);
    }
}
