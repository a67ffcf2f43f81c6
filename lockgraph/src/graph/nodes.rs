//! The nodes and edges of the order graph, without the evidence.
//!
//! An edge is a record of 12 bytes, and each of its ends has the number of the other. When a node
//! goes, its edges go with it, but its number stays behind with its neighbours, until such ghosts
//! are the greater part there; only then the number is given to another lock. Whoever walks from
//! neighbour to neighbour leaves ghosts out by what else it knows: they have no rank, and are in
//! no component.
//!
//! Finding a node or an edge costs O(1), removing a node O(its edges), amortised.

use std::num::NonZeroU32;

use super::ends::{Ends, Table};
use super::lists::List;
use crate::id::LockId;
use crate::index::{self, Index};
use crate::order::Edges;
use crate::slab::Slab;

struct Node {
    lock: LockId,
    /// Where edges lead, ghosts included.
    out: Ends,
    /// Where they come from, ghosts included.
    into: Ends,
    /// How many ghosts its neighbours are; of a ghost, how many neighbours it still has.
    ghosts: u32,
    /// Who wanted to write: readers queue behind them.
    writers: List,
    /// Has an edge to itself.
    is_looped: bool,
    /// Its lock is gone.
    is_ghost: bool,
}

struct Edge {
    from: u32,
    /// Plus one, so that a vacant record costs nothing.
    to: NonZeroU32,
    witnesses: List,
}

const _: () = assert!(size_of::<Option<Node>>() == 32);
const _: () = assert!(size_of::<Option<Edge>>() == 12);

#[derive(Default)]
pub(super) struct Nodes {
    nodes: Slab<Node>,
    by_lock: Index,
    edges: Slab<Edge>,
    by_ends: Index,
    table: Table,
    /// The neighbours of a node that is being removed. Kept, so that it does not allocate.
    around: Vec<u32>,
}

impl Nodes {
    /// The node of a lock.
    #[inline]
    pub(super) fn find(&self, lock: LockId) -> Option<u32> {
        self.by_lock.find(hash_of_lock(lock), |at| self.nodes[at].lock == lock)
    }

    /// A node for a lock that has none.
    pub(super) fn add(&mut self, lock: LockId) -> u32 {
        let node = self.nodes.insert(Node {
            lock,
            out: Ends::default(),
            into: Ends::default(),
            ghosts: 0,
            writers: List::default(),
            is_looped: false,
            is_ghost: false,
        });
        let nodes = &self.nodes;
        self.by_lock.insert(node, hash_of_lock(lock), |at| hash_of_lock(nodes[at].lock));
        node
    }

    pub(super) fn lock(&self, node: u32) -> LockId {
        self.nodes[node].lock
    }

    /// Whether the node has an edge to itself.
    pub(super) fn is_looped(&self, node: u32) -> bool {
        self.nodes[node].is_looped
    }

    pub(super) fn writers(&self, node: u32) -> List {
        self.nodes[node].writers
    }

    pub(super) fn set_writers(&mut self, node: u32, writers: List) {
        self.nodes[node].writers = writers;
    }

    /// The edge between two nodes.
    #[inline]
    pub(super) fn between(&self, from: u32, to: u32) -> Option<u32> {
        self.by_ends.find(hash_of_ends(from, to), |at| self.edges[at].ends() == (from, to))
    }

    pub(super) fn witnesses(&self, edge: u32) -> List {
        self.edges[edge].witnesses
    }

    pub(super) fn set_witnesses(&mut self, edge: u32, witnesses: List) {
        self.edges[edge].witnesses = witnesses;
    }

    /// Whether there may be so many nodes and edges more.
    pub(super) fn has_room(&self, nodes: usize, edges: usize, most: usize) -> bool {
        self.nodes.len() + nodes <= most && self.edges.len() + edges <= most
    }

    /// An edge between nodes that have none.
    pub(super) fn connect(&mut self, from: u32, to: u32) -> u32 {
        let witnesses = List::default();
        let edge =
            self.edges.insert(Edge { from, to: NonZeroU32::MIN.saturating_add(to), witnesses });
        let edges = &self.edges;
        self.by_ends.insert(edge, hash_of_ends(from, to), |at| edges[at].hash());
        let Node { out, is_looped, .. } = &mut self.nodes[from];
        self.table.push(out, to);
        *is_looped |= from == to;
        self.table.push(&mut self.nodes[to].into, from);
        edge
    }

    /// Removes a node and its edges, whose lists of witnesses go to `dropped`.
    pub(super) fn remove(&mut self, node: u32, dropped: &mut Vec<List>) {
        let gone = &mut self.nodes[node];
        gone.is_ghost = true;
        gone.ghosts = 0;
        dropped.push(std::mem::take(&mut gone.writers));
        let (out, into) = (std::mem::take(&mut gone.out), std::mem::take(&mut gone.into));
        let (lock, nodes) = (gone.lock, &self.nodes);
        self.by_lock.remove(node, hash_of_lock(lock), |at| hash_of_lock(nodes[at].lock));

        let mut around = std::mem::take(&mut self.around);
        around.extend_from_slice(self.table.of(&out));
        let split = around.len();
        around.extend_from_slice(self.table.of(&into));
        self.table.remove(&out);
        self.table.remove(&into);
        for (at, other) in around.iter().copied().enumerate() {
            self.part(node, other, if at < split { (node, other) } else { (other, node) }, dropped);
        }
        if self.nodes[node].ghosts == 0 {
            self.nodes.remove(node);
        }
        for other in around.drain(..) {
            self.lay_ghosts(other);
        }
        self.around = around;
    }

    /// Removes the edge that `ends` had, where one of them, `node`, is gone, and had the other on
    /// a list of its own.
    fn part(&mut self, node: u32, other: u32, ends: (u32, u32), dropped: &mut Vec<List>) {
        if other != node && self.nodes[other].is_ghost {
            self.lose_neighbour(other);
            return;
        }
        let Some(edge) = self.between(ends.0, ends.1) else { return };
        let edges = &self.edges;
        self.by_ends.remove(edge, hash_of_ends(ends.0, ends.1), |at| edges[at].hash());
        dropped.extend(self.edges.remove(edge).map(|edge| edge.witnesses));
        if other != node {
            self.nodes[other].ghosts += 1;
            self.nodes[node].ghosts += 1;
        }
    }

    /// A ghost has a neighbour less. Without any it is gone for good.
    fn lose_neighbour(&mut self, ghost: u32) {
        self.nodes[ghost].ghosts -= 1;
        if self.nodes[ghost].ghosts == 0 {
            self.nodes.remove(ghost);
        }
    }

    /// Takes the ghosts among the neighbours of a node away, if they are the greater part.
    fn lay_ghosts(&mut self, at: u32) {
        let Some(Node { out, into, ghosts, is_ghost: false, .. }) = self.nodes.get(at) else {
            return;
        };
        let edges = self.table.of(out).len() + self.table.of(into).len();
        if *ghosts as usize <= edges / 2 {
            return;
        }
        let node = &mut self.nodes[at];
        node.ghosts = 0;
        let (mut out, mut into) = (std::mem::take(&mut node.out), std::mem::take(&mut node.into));
        let mut laid = Vec::new();
        let is_ghost = |node: u32| self.nodes[node].is_ghost;
        self.table.take_if(&mut out, is_ghost, &mut laid);
        self.table.take_if(&mut into, is_ghost, &mut laid);
        (self.nodes[at].out, self.nodes[at].into) = (out, into);
        laid.into_iter().for_each(|ghost| self.lose_neighbour(ghost));
    }
}

impl Edges for Nodes {
    fn after(&self, node: u32) -> impl Iterator<Item = u32> {
        self.table.of(&self.nodes[node].out).iter().copied()
    }

    fn before(&self, node: u32) -> impl Iterator<Item = u32> {
        self.table.of(&self.nodes[node].into).iter().copied()
    }
}

impl Edge {
    #[inline]
    fn ends(&self) -> (u32, u32) {
        (self.from, self.to.get() - 1)
    }

    fn hash(&self) -> u64 {
        let (from, to) = self.ends();
        hash_of_ends(from, to)
    }
}

#[inline]
fn hash_of_lock(lock: LockId) -> u64 {
    index::hash([lock.0])
}

#[inline]
fn hash_of_ends(from: u32, to: u32) -> u64 {
    index::hash([u64::from(from) << 32 | u64::from(to)])
}

#[cfg(test)]
impl Nodes {
    /// How many nodes, ghosts included, and edges there are, and long lists of neighbours.
    pub(super) fn sizes(&self) -> [usize; 3] {
        [self.nodes.len(), self.edges.len(), self.table.len()]
    }

    /// All nodes but ghosts.
    pub(super) fn all(&self) -> Vec<u32> {
        self.nodes.full().filter(|node| !self.nodes[*node].is_ghost).collect()
    }

    /// All edges, by their ends.
    pub(super) fn edges(&self) -> Vec<(u32, u32)> {
        self.edges.full().map(|at| self.edges[at].ends()).collect()
    }

    /// Panics unless every edge is found, and by both of its ends, and ghosts are counted.
    pub(super) fn check_invariants(&self) {
        let edges: std::collections::BTreeSet<(u32, u32)> = self.edges().into_iter().collect();
        assert_eq!(edges.len(), self.edges.len(), "one edge for two ends");
        edges.iter().for_each(|(from, to)| assert!(self.between(*from, *to).is_some()));
        let is_ghost = |node: &u32| self.nodes[*node].is_ghost;
        let mut neighbours = std::collections::BTreeMap::<u32, u32>::new();
        let mut met = 0;
        for node in self.all() {
            assert_eq!(self.find(self.lock(node)), Some(node));
            assert_eq!(self.is_looped(node), edges.contains(&(node, node)));
            let (ghosts, live): (Vec<_>, Vec<_>) =
                self.after(node).chain(self.before(node)).partition(is_ghost);
            assert_eq!(self.nodes[node].ghosts as usize, ghosts.len());
            assert!(ghosts.len() <= live.len(), "ghosts are not the greater part");
            ghosts.iter().for_each(|ghost| *neighbours.entry(*ghost).or_default() += 1);
            let out = self.after(node).filter(|other| !is_ghost(other));
            met += out.inspect(|other| assert!(edges.contains(&(node, *other)))).count();
            let into = self.before(node).filter(|other| !is_ghost(other));
            met += into.inspect(|other| assert!(edges.contains(&(*other, node)))).count();
        }
        assert_eq!(met, 2 * edges.len(), "each edge is known at both ends, once");
        for ghost in self.nodes.full().filter(is_ghost) {
            assert_eq!(neighbours.get(&ghost), Some(&self.nodes[ghost].ghosts));
            assert_eq!((self.after(ghost).count(), self.before(ghost).count()), (0, 0));
        }
        assert_eq!(self.by_lock.len(), self.all().len());
        assert_eq!(self.by_ends.len(), edges.len());
    }
}
