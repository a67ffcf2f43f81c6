//! Strongly connected components of a fixed graph.
//!
//! Tarjan, "Depth-First Search and Linear Graph Algorithms" (1972), without recursion. O(nodes +
//! edges).

/// A graph as lists of successors, one list after the other.
pub(super) struct Successors {
    /// Where the list of each node begins; one more for the end.
    starts: Vec<u32>,
    to: Vec<u32>,
}

const UNSEEN: u32 = u32::MAX;

impl Successors {
    /// The graph with `nodes` nodes and these edges, which are asked for twice.
    pub(super) fn new<I: Iterator<Item = (u32, u32)>>(
        nodes: usize,
        edges: impl Fn() -> I,
    ) -> Successors {
        let mut starts = vec![0; nodes + 1];
        edges().for_each(|(from, _)| starts[from as usize + 1] += 1);
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }
        let mut next = starts.clone();
        let mut to = vec![0; starts[nodes] as usize];
        for (from, end) in edges() {
            let at = &mut next[from as usize];
            to[*at as usize] = end;
            *at += 1;
        }
        Successors { starts, to }
    }

    /// By node: the number of its component.
    pub(super) fn components(&self) -> Vec<u32> {
        let nodes = self.starts.len() - 1;
        let mut search = Search {
            graph: self,
            rank: vec![UNSEEN; nodes],
            low: vec![0; nodes],
            component: vec![UNSEEN; nodes],
            open: Vec::new(),
            ranks: 0,
            components: 0,
        };
        (0..nodes as u32).for_each(|node| search.from(node));
        search.component
    }
}

struct Search<'a> {
    graph: &'a Successors,
    /// By node: as the how many-th it was met.
    rank: Vec<u32>,
    /// By node: the lowest rank that is reached from it and still open.
    low: Vec<u32>,
    component: Vec<u32>,
    /// Nodes that were met and have no component yet.
    open: Vec<u32>,
    ranks: u32,
    components: u32,
}

impl Search<'_> {
    fn from(&mut self, root: u32) {
        if self.rank[root as usize] != UNSEEN {
            return;
        }
        let mut path = vec![self.meet(root)];
        while let Some((node, next)) = path.last_mut() {
            let node = *node;
            if *next == self.graph.starts[node as usize + 1] {
                path.pop();
                self.leave(node);
                if let Some((above, _)) = path.last() {
                    self.lower(*above, self.low[node as usize]);
                }
                continue;
            }
            let to = self.graph.to[*next as usize];
            *next += 1;
            if self.rank[to as usize] == UNSEEN {
                path.push(self.meet(to));
            } else if self.component[to as usize] == UNSEEN {
                self.lower(node, self.rank[to as usize]);
            }
        }
    }

    /// The node, and where its successors begin.
    fn meet(&mut self, node: u32) -> (u32, u32) {
        self.rank[node as usize] = self.ranks;
        self.low[node as usize] = self.ranks;
        self.ranks += 1;
        self.open.push(node);
        (node, self.graph.starts[node as usize])
    }

    fn leave(&mut self, node: u32) {
        if self.low[node as usize] != self.rank[node as usize] {
            return;
        }
        while let Some(member) = self.open.pop() {
            self.component[member as usize] = self.components;
            if member == node {
                break;
            }
        }
        self.components += 1;
    }

    fn lower(&mut self, node: u32, low: u32) {
        let own = &mut self.low[node as usize];
        *own = low.min(*own);
    }
}

#[cfg(test)]
mod tests {
    use petgraph::algo::kosaraju_scc;
    use petgraph::graph::DiGraph;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn as_petgraph_finds_them(edges in prop::collection::vec((0..12u32, 0..12u32), 0..40)) {
            let components = Successors::new(12, || edges.iter().copied()).components();
            let mut graph: DiGraph<(), ()> = DiGraph::from_edges(&edges);
            while graph.node_count() < 12 {
                graph.add_node(());
            }
            let mut theirs = [0; 12];
            for (number, members) in kosaraju_scc(&graph).into_iter().enumerate() {
                members.into_iter().for_each(|member| theirs[member.index()] = number);
            }
            for a in 0..12 {
                for b in 0..12 {
                    prop_assert_eq!(components[a] == components[b], theirs[a] == theirs[b]);
                }
            }
        }
    }
}
