//! The order graph: `from -> to` means that some thread wanted `to` while holding `from`.
//!
//! Nodes are lock instances. An edge keeps *witnesses*: who wanted what while holding what, from
//! where. A deadlock needs several threads in one cycle with nothing that keeps them apart, so an
//! edge keeps up to [`WITNESSES`] of them that differ in thread, span or gates; one that another
//! of the same thread makes redundant is not kept.
//!
//! Edges start at every held lock, not only the latest: the one between may be destroyed, and
//! with it the path that implied the older edge. Reads and writes make edges alike, because
//! [`crate::order`] only says where a cycle may be; [`crate::cycle`] looks at modes.
//!
//! Observing costs O(held locks) when nothing is new. Destroying a lock costs O(its edges),
//! amortised. No locking inside. Nothing here recurses.

use std::collections::HashMap;

use crate::chain::{ChainId, Chains};
use crate::held::Hold;
use crate::id::{LockId, LockKind, Mode, SiteId, ThreadId};
use crate::order::{Edges, Order};
use crate::slab::{Hashing, Slab};
use crate::span::{SpanId, Spans};

/// How many witnesses one edge keeps. A cycle takes one thread per edge, so more threads than
/// this over one edge add nothing unless the cycle is longer and all its edges have the same ones.
pub(crate) const WITNESSES: usize = 8;

/// A witness, as long as the graph keeps it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct WitnessId(pub(crate) u32);

/// Somebody wanted a lock, and was ready to wait for it as long as it takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Want {
    pub(crate) thread: ThreadId,
    pub(crate) lock: LockId,
    pub(crate) kind: LockKind,
    pub(crate) mode: Mode,
    pub(crate) site: SiteId,
}

/// The evidence for an edge: a want, and what was held then.
pub(crate) struct Witness<S> {
    pub(crate) thread: ThreadId,
    pub(crate) span: SpanId,
    pub(crate) held: ChainId,
    pub(crate) node: u32,
    pub(crate) mode: Mode,
    pub(crate) site: SiteId,
    pub(crate) stack: S,
    listed: u32,
}

struct Node {
    lock: LockId,
    out: Vec<Arrow>,
    into: Vec<Arrow>,
    /// Who wanted to write: readers queue behind them.
    writers: List,
    /// Arrows whose other end is gone.
    stale: usize,
}

/// One end of an edge. Stale if its node has been reused since.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Arrow {
    node: u32,
    age: u32,
}

#[derive(Clone, Copy, Default)]
struct List {
    /// The newest, plus one; 0 for none.
    head: u32,
    len: u32,
}

struct Item {
    witness: u32,
    next: u32,
}

/// The locks, the edges between them, and the evidence for each. `S` is what a stack is here.
pub(crate) struct Graph<S> {
    nodes: Slab<Node>,
    /// By node: how often it has been reused.
    ages: Vec<u32>,
    index: HashMap<LockId, u32, Hashing>,
    edges: HashMap<(u32, u32), List, Hashing>,
    witnesses: Slab<Witness<S>>,
    items: Slab<Item>,
    order: Order,
    pub(crate) chains: Chains,
    pub(crate) spans: Spans,
    /// Witnesses that were not kept because their edge had enough.
    pub(crate) left_out: u64,
}

impl<S> Default for Graph<S> {
    fn default() -> Graph<S> {
        Graph {
            nodes: Slab::new(),
            ages: Vec::new(),
            index: HashMap::default(),
            edges: HashMap::default(),
            witnesses: Slab::new(),
            items: Slab::new(),
            order: Order::default(),
            chains: Chains::default(),
            spans: Spans::default(),
            left_out: 0,
        }
    }
}

impl<S> Graph<S> {
    /// Takes note of a want. Returns the new witness, or `None` if it tells nothing new.
    ///
    /// `stack` is asked for only if it does.
    pub(crate) fn observe(
        &mut self,
        held: &[Hold],
        want: Want,
        stack: impl FnOnce() -> S,
    ) -> Option<WitnessId> {
        let is_writer = want.kind == LockKind::RwLock && want.mode == Mode::Exclusive;
        if held.is_empty() && !is_writer {
            return None;
        }
        let span = self.spans.current(want.thread);
        let mut sorted: Vec<(LockId, Mode)> = held.iter().map(|h| (h.lock, h.mode)).collect();
        sorted.sort_unstable();
        sorted.dedup();

        let to = self.node(want.lock);
        let mut from: Vec<u32> = Vec::new();
        for (lock, mode) in &sorted {
            // Taking a lock again that one has exclusively is no matter of order.
            if *lock == want.lock && *mode == Mode::Exclusive {
                continue;
            }
            let node = self.node(*lock);
            let list = self.edges.get(&(node, to)).copied().unwrap_or_default();
            if !from.contains(&node) && !self.is_covered(list, span, want.mode, &sorted) {
                from.push(node);
            }
        }
        let is_new_writer =
            is_writer && !self.is_covered(self.nodes[to].writers, span, want.mode, &sorted);
        if from.is_empty() && !is_new_writer {
            return None;
        }
        self.keep(held, want, span, stack(), to, &from, is_new_writer)
    }

    /// Whether a cycle may go through `witness`.
    pub(crate) fn may_close(&self, witness: WitnessId) -> bool {
        let witness = &self.witnesses[witness.0];
        let to = witness.node;
        let mut held = self.chains.holds(witness.held);
        held.any(|hold| {
            self.index.get(&hold.lock).is_some_and(|from| self.order.together(*from, to))
        }) || self.order.component(to).len() > 1
            || self.edges.contains_key(&(to, to))
    }

    /// The lock is gone for good.
    pub(crate) fn destroy(&mut self, lock: LockId) {
        let Some(node) = self.index.remove(&lock) else { return };
        let Some(Node { mut out, mut into, writers, .. }) = self.nodes.remove(node) else { return };
        out.retain(|arrow| self.is_fresh(*arrow));
        self.ages[node as usize] += 1;
        into.retain(|arrow| self.is_fresh(*arrow));
        for arrow in out {
            self.drop_edge(node, arrow.node);
            if arrow.node != node {
                self.one_more_stale(arrow.node);
            }
        }
        for arrow in into {
            self.drop_edge(arrow.node, node);
            self.one_more_stale(arrow.node);
        }
        self.drop_list(writers);
        self.order.remove(node);
    }

    /// A witness that is still kept.
    pub(crate) fn witness(&self, witness: WitnessId) -> &Witness<S> {
        &self.witnesses[witness.0]
    }

    /// The lock of a node.
    pub(crate) fn lock(&self, node: u32) -> LockId {
        self.nodes[node].lock
    }

    /// The node of a lock, if it has one.
    pub(crate) fn find(&self, lock: LockId) -> Option<u32> {
        self.index.get(&lock).copied()
    }

    /// The nodes that `node` reaches and that reach it.
    pub(crate) fn component(&self, node: u32) -> Vec<u32> {
        self.order.component(node)
    }

    /// The witnesses of the edge between two nodes, newest first.
    pub(crate) fn between(&self, from: u32, to: u32) -> impl Iterator<Item = WitnessId> {
        self.list(self.edges.get(&(from, to)).copied().unwrap_or_default()).map(WitnessId)
    }

    /// Who wanted to write the lock of `node`, newest first.
    pub(crate) fn writers(&self, node: u32) -> impl Iterator<Item = WitnessId> {
        self.list(self.nodes[node].writers).map(WitnessId)
    }

    #[expect(clippy::too_many_arguments, reason = "one caller, which has them all at hand")]
    fn keep(
        &mut self,
        held: &[Hold],
        want: Want,
        span: SpanId,
        stack: S,
        to: u32,
        from: &[u32],
        is_new_writer: bool,
    ) -> Option<WitnessId> {
        let held = self.chains.retain(held);
        self.spans.retain(span);
        let witness = self.witnesses.insert(Witness {
            thread: want.thread,
            span,
            held,
            node: to,
            mode: want.mode,
            site: want.site,
            stack,
            // Counted once for this function, so that evictions below cannot drop it.
            listed: 1,
        });
        for from in from {
            self.list_on_edge(witness, *from, to);
        }
        if is_new_writer {
            let mut writers = self.nodes[to].writers;
            self.add(&mut writers, witness);
            self.nodes[to].writers = writers;
        }
        if self.witnesses[witness].listed == 1 {
            self.left_out += 1;
            self.unlist(witness);
            return None;
        }
        self.witnesses[witness].listed -= 1;
        Some(WitnessId(witness))
    }

    fn list_on_edge(&mut self, witness: u32, from: u32, to: u32) {
        let known = self.edges.get(&(from, to)).copied();
        let mut list = known.unwrap_or_default();
        self.add(&mut list, witness);
        self.edges.insert((from, to), list);
        if known.is_none() {
            let (out, into) = (self.arrow(to), self.arrow(from));
            self.nodes[from].out.push(out);
            self.nodes[to].into.push(into);
            let arrows = Arrows { nodes: &self.nodes, ages: &self.ages };
            self.order.insert(from, to, &arrows);
        }
    }

    /// Whether a witness on `list` makes another of the same span with these holds redundant: it
    /// wants the same, and holds no more.
    fn is_covered(&self, list: List, span: SpanId, mode: Mode, held: &[(LockId, Mode)]) -> bool {
        self.list(list).any(|witness| {
            let witness = &self.witnesses[witness];
            witness.span == span
                && witness.mode == mode
                && self
                    .chains
                    .holds(witness.held)
                    .all(|hold| held.binary_search(&(hold.lock, hold.mode)).is_ok())
        })
    }

    /// Puts `witness` on a list. On a full one it takes the place of an older one of its own
    /// thread, of one whose thread has ended, or of one with more gates; else it is left out.
    fn add(&mut self, list: &mut List, witness: u32) {
        if list.len as usize >= WITNESSES {
            let thread = self.witnesses[witness].thread;
            let mut old: Vec<u32> = self.list(*list).collect();
            let own = old.iter().rposition(|at| self.witnesses[*at].thread == thread);
            let at = own
                .or_else(|| {
                    old.iter().rposition(|at| self.spans.has_ended(self.witnesses[*at].thread))
                })
                .or_else(|| old.iter().rposition(|at| self.is_wider(*at, witness)));
            let Some(at) = at else { return };
            self.remove_from(list, old.remove(at));
        }
        let item = self.items.insert(Item { witness, next: list.head });
        list.head = item + 1;
        list.len += 1;
        self.witnesses[witness].listed += 1;
    }

    /// Whether the first witness wants the same as the second while holding more: more gates that
    /// keep it out of a deadlock.
    fn is_wider(&self, first: u32, second: u32) -> bool {
        let (first, second) = (&self.witnesses[first], &self.witnesses[second]);
        let holds = |chain| self.chains.holds(chain).map(|hold| (hold.lock, hold.mode));
        let wide: Vec<_> = holds(first.held).collect();
        first.mode == second.mode
            && wide.len() > holds(second.held).count()
            && holds(second.held).all(|hold| wide.contains(&hold))
    }

    fn remove_from(&mut self, list: &mut List, witness: u32) {
        let mut before = 0;
        let mut at = list.head;
        while at != 0 && self.items[at - 1].witness != witness {
            before = at;
            at = self.items[at - 1].next;
        }
        let Some(item) = at.checked_sub(1).and_then(|item| self.items.remove(item)) else { return };
        match before {
            0 => list.head = item.next,
            _ => self.items[before - 1].next = item.next,
        }
        list.len -= 1;
        self.unlist(witness);
    }

    fn drop_edge(&mut self, from: u32, to: u32) {
        if let Some(list) = self.edges.remove(&(from, to)) {
            self.drop_list(list);
        }
    }

    fn drop_list(&mut self, list: List) {
        let mut at = list.head;
        while at != 0 {
            let Some(item) = self.items.remove(at - 1) else { return };
            at = item.next;
            self.unlist(item.witness);
        }
    }

    fn unlist(&mut self, witness: u32) {
        self.witnesses[witness].listed -= 1;
        if self.witnesses[witness].listed == 0
            && let Some(gone) = self.witnesses.remove(witness)
        {
            self.chains.release(gone.held);
            self.spans.release(gone.span);
        }
    }

    /// One more arrow of `node` is stale. Forgets them once they are the greater part.
    fn one_more_stale(&mut self, node: u32) {
        let ages = &self.ages;
        let node = &mut self.nodes[node];
        node.stale += 1;
        if node.stale * 2 > node.out.len() + node.into.len() {
            let fresh = |arrow: &Arrow| ages[arrow.node as usize] == arrow.age;
            node.out.retain(fresh);
            node.into.retain(fresh);
            node.stale = 0;
        }
    }

    fn list(&self, list: List) -> impl Iterator<Item = u32> {
        let mut at = list.head;
        std::iter::from_fn(move || {
            let item = &self.items[at.checked_sub(1)?];
            at = item.next;
            Some(item.witness)
        })
    }

    fn node(&mut self, lock: LockId) -> u32 {
        if let Some(node) = self.index.get(&lock) {
            return *node;
        }
        let node = self.nodes.insert(Node {
            lock,
            out: Vec::new(),
            into: Vec::new(),
            writers: List::default(),
            stale: 0,
        });
        if self.ages.len() <= node as usize {
            self.ages.push(0);
        }
        self.order.add(node);
        self.index.insert(lock, node);
        node
    }

    fn arrow(&self, node: u32) -> Arrow {
        Arrow { node, age: self.ages[node as usize] }
    }

    fn is_fresh(&self, arrow: Arrow) -> bool {
        self.ages[arrow.node as usize] == arrow.age
    }
}

impl<S> Edges for Graph<S> {
    fn after(&self, node: u32) -> impl Iterator<Item = u32> {
        Arrows { nodes: &self.nodes, ages: &self.ages }.fresh(&self.nodes[node].out)
    }
    fn before(&self, node: u32) -> impl Iterator<Item = u32> {
        Arrows { nodes: &self.nodes, ages: &self.ages }.fresh(&self.nodes[node].into)
    }
}

struct Arrows<'a> {
    nodes: &'a Slab<Node>,
    ages: &'a [u32],
}

impl<'a> Arrows<'a> {
    fn fresh(&self, arrows: &'a [Arrow]) -> impl Iterator<Item = u32> + use<'a> {
        let ages = self.ages;
        arrows.iter().filter(|a| ages[a.node as usize] == a.age).map(|a| a.node)
    }
}

impl Edges for Arrows<'_> {
    fn after(&self, node: u32) -> impl Iterator<Item = u32> {
        self.fresh(&self.nodes[node].out)
    }
    fn before(&self, node: u32) -> impl Iterator<Item = u32> {
        self.fresh(&self.nodes[node].into)
    }
}

#[cfg(test)]
mod tests;
