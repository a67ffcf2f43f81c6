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
//! An edge costs 12 bytes, some 10 at its ends and its place in an index (5 to 11), a witness 16,
//! a lock some 100; chains, stacks and what else witnesses have in common are shared. Observing
//! costs O(held locks): taking n locks one on another makes n * n / 2 edges, and each is a record.
//! Destroying a lock costs O(its edges), amortised. No locking inside. Nothing here recurses, and
//! observing allocates only to grow.

mod ends;
mod lists;
mod moments;
mod nodes;
mod witness;

use std::collections::HashMap;
use std::num::NonZeroU32;

use crate::chain::{ChainId, Chains};
use crate::id::{LockId, LockKind, Mode, SiteId, ThreadId};
use crate::order::{Edges, Order};
use crate::slab::{Hashing, Slab};
use crate::span::{SpanId, Spans};
use crate::stacks::Stacks;
use lists::{List, Lists};
use moments::{Moment, Moments};
use nodes::Nodes;
use witness::Kept;
pub(crate) use witness::Witness;

/// How many witnesses one edge keeps. A cycle takes one thread per edge, so more threads than
/// this over one edge add nothing unless the cycle is longer and all its edges have the same ones.
pub(crate) const WITNESSES: usize = 8;

/// How many edges, and how many witnesses, there can be. What would be more is left out.
const MOST: usize = 1 << 30;

/// A witness, as long as the graph keeps it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct WitnessId(pub(crate) u32);

/// A lock that is held: which, how, and where it was taken.
pub(crate) type Holding = (LockId, Mode, SiteId);

/// Somebody wanted a lock, and was ready to wait for it as long as it takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Want {
    pub(crate) thread: ThreadId,
    pub(crate) lock: LockId,
    pub(crate) kind: LockKind,
    pub(crate) mode: Mode,
    pub(crate) site: SiteId,
}

/// The locks, the edges between them, and the evidence for each.
#[derive(Default)]
pub(crate) struct Graph {
    nodes: Nodes,
    witnesses: Slab<Kept>,
    moments: Moments,
    lists: Lists,
    order: Order,
    stacks: Stacks,
    pub(crate) chains: Chains,
    pub(crate) spans: Spans,
    /// Of semaphores with several permits: how many.
    permits: HashMap<LockId, u32, Hashing>,
    scratch: Scratch,
    /// Witnesses that were not kept because their edge had enough.
    pub(crate) left_out: u64,
}

/// Kept from one call to the next, so that they do not allocate.
#[derive(Default)]
struct Scratch {
    held: Vec<(LockId, Mode)>,
    news: Vec<News>,
    /// The nodes that the last call has made.
    met: Vec<u32>,
    dropped: Vec<List>,
}

/// A held lock with something new to tell: the edge, or a witness of it.
struct News {
    lock: LockId,
    node: Option<u32>,
    edge: Option<u32>,
}

/// One look at the graph: what is wanted, and by whom.
struct Look<'a> {
    want: Want,
    span: SpanId,
    /// Sorted, each once.
    held: &'a [(LockId, Mode)],
    /// The chain that was compared with `held` last, and whether it holds no more.
    compared: Option<(ChainId, bool)>,
}

impl Graph {
    /// Takes note of a want by a thread that holds `held`, oldest first. Returns the new witness,
    /// or `None` if it tells nothing new.
    ///
    /// `stack` is asked for only if it does.
    pub(crate) fn observe<T: AsRef<[u64]>>(
        &mut self,
        held: &[Holding],
        want: Want,
        stack: impl FnOnce() -> T,
    ) -> Option<WitnessId> {
        self.scratch.met.clear();
        let is_writer = want.kind == LockKind::RwLock && want.mode == Mode::Exclusive;
        if held.is_empty() && !is_writer {
            return None;
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.held.clear();
        scratch.held.extend(held.iter().map(|(lock, mode, _)| (*lock, *mode)));
        scratch.held.sort_unstable();
        scratch.held.dedup();
        let span = self.spans.current(want.thread);
        let mut look = Look { want, span, held: &scratch.held, compared: None };
        scratch.news.clear();
        let to = self.nodes.find(want.lock);
        self.compare(to, &mut look, &mut scratch.news);
        let is_new_writer = is_writer && {
            let writers = to.map(|to| self.nodes.writers(to)).unwrap_or_default();
            !self.is_covered(writers, &mut look)
        };
        let witness = (!scratch.news.is_empty() || is_new_writer)
            .then(|| self.keep(held, &want, span, stack().as_ref(), &mut scratch, is_new_writer))
            .flatten();
        self.scratch = scratch;
        witness
    }

    /// The locks that the last call of [`Graph::observe`] was the first to hear of, as nodes.
    pub(crate) fn met(&self) -> &[u32] {
        &self.scratch.met
    }

    /// Whether a cycle may go through `witness`.
    pub(crate) fn may_close(&self, witness: WitnessId) -> bool {
        let witness = &self.witnesses[witness.0];
        let to = witness.node;
        // Another node that is with `to` would be its company.
        self.order.has_company(to) || self.nodes.is_looped(to) || {
            let lock = self.nodes.lock(to);
            self.chains.holds(witness.held).any(|hold| hold.lock == lock)
        }
    }

    /// So many threads can hold permits of this semaphore at once.
    pub(crate) fn let_in(&mut self, semaphore: LockId, permits: u32) {
        self.permits.insert(semaphore, permits);
    }

    /// Who wanted something while holding this lock.
    pub(crate) fn holding(&self, lock: LockId) -> Vec<WitnessId> {
        let Some(node) = self.find(lock) else { return Vec::new() };
        self.after(node).flat_map(|next| self.between(node, next)).collect()
    }

    /// A semaphore that is held in more of these chains than it has permits, with their number. A
    /// chain counts once, however many it took: one that took fewer may stand for it.
    pub(crate) fn full(&self, chains: impl Iterator<Item = ChainId>) -> Option<(LockId, u32)> {
        if self.permits.is_empty() {
            return None;
        }
        let mut taken: HashMap<LockId, u32, Hashing> = HashMap::default();
        for chain in chains {
            let mut counted: Vec<LockId> = Vec::new();
            for hold in self.chains.holds(chain) {
                let Some(permits) = self.permits.get(&hold.lock).copied() else { continue };
                if counted.contains(&hold.lock) {
                    continue;
                }
                counted.push(hold.lock);
                let threads = taken.entry(hold.lock).or_default();
                *threads += 1;
                if *threads > permits {
                    return Some((hold.lock, permits));
                }
            }
        }
        None
    }

    /// The lock is gone for good.
    pub(crate) fn destroy(&mut self, lock: LockId) {
        self.permits.remove(&lock);
        let Some(node) = self.nodes.find(lock) else { return };
        let mut dropped = std::mem::take(&mut self.scratch.dropped);
        self.nodes.remove(node, &mut dropped);
        self.order.remove(node, wish(lock));
        for list in dropped.drain(..) {
            for witness in self.lists.remove(list) {
                self.unlist(witness);
            }
        }
        self.scratch.dropped = dropped;
    }

    /// A witness that is still kept.
    pub(crate) fn witness(&self, witness: WitnessId) -> Witness<'_> {
        let kept = &self.witnesses[witness.0];
        let Moment { span, mode, site, stack } = *self.moments.get(kept.moment);
        Witness {
            thread: self.spans.get(span).thread,
            span,
            held: kept.held,
            node: kept.node,
            mode,
            site,
            stack: self.stacks.get(stack),
        }
    }

    /// The lock of a node.
    pub(crate) fn lock(&self, node: u32) -> LockId {
        self.nodes.lock(node)
    }

    /// The node of a lock, if it has one.
    pub(crate) fn find(&self, lock: LockId) -> Option<u32> {
        self.nodes.find(lock)
    }

    /// The nodes that `node` reaches and that reach it.
    pub(crate) fn component(&self, node: u32) -> Vec<u32> {
        self.order.component(node)
    }

    /// The witnesses of the edge between two nodes, newest first.
    pub(crate) fn between(&self, from: u32, to: u32) -> impl Iterator<Item = WitnessId> {
        let edge = self.nodes.between(from, to);
        let list = edge.map(|edge| self.nodes.witnesses(edge)).unwrap_or_default();
        self.lists.of(list).map(WitnessId)
    }

    /// Who wanted to write the lock of `node`, newest first.
    pub(crate) fn writers(&self, node: u32) -> impl Iterator<Item = WitnessId> {
        self.lists.of(self.nodes.writers(node)).map(WitnessId)
    }

    /// Finds the held locks with something new to tell.
    fn compare(&self, to: Option<u32>, look: &mut Look<'_>, news: &mut Vec<News>) {
        let mut before = None;
        for (lock, mode) in look.held {
            // Taking a lock again that one has exclusively is no matter of order, and neither is
            // one more permit of a semaphore. One that is held twice, in two modes, has one edge.
            let is_again = *lock == look.want.lock
                && (*mode == Mode::Exclusive || look.want.kind == LockKind::Semaphore);
            if is_again || before.replace(*lock) == Some(*lock) {
                continue;
            }
            let node = self.nodes.find(*lock);
            let edge = node.zip(to).and_then(|(from, to)| self.nodes.between(from, to));
            let list = edge.map(|edge| self.nodes.witnesses(edge)).unwrap_or_default();
            if !self.is_covered(list, look) {
                news.push(News { lock: *lock, node, edge });
            }
        }
    }

    /// Whether a witness on `list` makes another of the same span with these holds redundant: it
    /// wants the same, and holds no more.
    fn is_covered(&self, list: List, look: &mut Look<'_>) -> bool {
        self.lists.of(list).any(|witness| {
            let witness = &self.witnesses[witness];
            let moment = self.moments.get(witness.moment);
            moment.span == look.span
                && moment.mode == look.want.mode
                && self.holds_no_more(witness.held, look)
        })
    }

    /// Whether all holds of `chain` are held now. The edges of one look mostly come from the same
    /// few witnesses, so the latest answer is kept.
    fn holds_no_more(&self, chain: ChainId, look: &mut Look<'_>) -> bool {
        if let Some((compared, answer)) = look.compared
            && compared == chain
        {
            return answer;
        }
        let is_held =
            |hold: &crate::chain::Link| look.held.binary_search(&(hold.lock, hold.mode)).is_ok();
        let answer = self.chains.holds(chain).all(is_held);
        look.compared = Some((chain, answer));
        answer
    }

    /// Keeps a witness, on the edges from what has news and, if it is a new one, among the writers.
    fn keep(
        &mut self,
        held: &[Holding],
        want: &Want,
        span: SpanId,
        stack: &[u64],
        scratch: &mut Scratch,
        is_new_writer: bool,
    ) -> Option<WitnessId> {
        let Scratch { news, met, .. } = scratch;
        if self.witnesses.len() >= MOST || !self.nodes.has_room(news.len() + 1, news.len(), MOST) {
            self.left_out += 1;
            return None;
        }
        let from = news.iter().filter_map(|news| news.node);
        let node = self.node(want.lock, met, |order, node, wish| order.add_after(node, from, wish));
        let held = self.chains.retain(held);
        let stack = self.stacks.retain(stack);
        let moment = Moment { span, mode: want.mode, site: want.site, stack };
        let (moment, is_new) = self.moments.retain(moment);
        if is_new {
            self.spans.retain(span);
        } else {
            // The moment names its stack once.
            self.stacks.release(stack);
        }
        // On a list of this function's, so that evictions below cannot drop it.
        let lists = NonZeroU32::MIN;
        let witness = self.witnesses.insert(Kept { moment, held, node, lists });
        for News { lock, node: from, edge } in &*news {
            let rank = |order: &mut Order, from, wish| order.add_before(from, node, wish);
            let from = from.unwrap_or_else(|| self.node(*lock, met, rank));
            let edge = edge.unwrap_or_else(|| self.connect(from, node));
            let list = self.add(self.nodes.witnesses(edge), witness);
            self.nodes.set_witnesses(edge, list);
        }
        if is_new_writer {
            let writers = self.add(self.nodes.writers(node), witness);
            self.nodes.set_writers(node, writers);
        }
        let is_listed = self.witnesses[witness].lists.get() > 1;
        self.left_out += u64::from(!is_listed);
        self.unlist(witness);
        is_listed.then_some(WitnessId(witness))
    }

    fn node(
        &mut self,
        lock: LockId,
        met: &mut Vec<u32>,
        rank: impl FnOnce(&mut Order, u32, i64),
    ) -> u32 {
        self.nodes.find(lock).unwrap_or_else(|| {
            let node = self.nodes.add(lock);
            met.push(node);
            rank(&mut self.order, node, wish(lock));
            node
        })
    }

    fn connect(&mut self, from: u32, to: u32) -> u32 {
        let edge = self.nodes.connect(from, to);
        self.order.insert(from, to, &self.nodes);
        edge
    }

    /// Puts `witness` on a list. On a full one it takes the place of an older one of its own
    /// thread, of one whose thread has ended, or of one with more gates; else it is left out.
    fn add(&mut self, list: List, witness: u32) -> List {
        let list = if self.lists.is_full(list) {
            let Some(old) = self.dispensable(list, witness) else { return list };
            self.lists.replace(list, old, witness);
            self.unlist(old);
            list
        } else {
            self.lists.push(list, witness)
        };
        let lists = &mut self.witnesses[witness].lists;
        *lists = lists.saturating_add(1);
        list
    }

    /// A witness that a full list is to lose for `witness`, the oldest of several.
    fn dispensable(&self, list: List, witness: u32) -> Option<u32> {
        let thread = |witness: u32| self.witness(WitnessId(witness)).thread;
        let oldest =
            |is_it: &dyn Fn(u32) -> bool| self.lists.of(list).filter(|at| is_it(*at)).last();
        oldest(&|at| thread(at) == thread(witness))
            .or_else(|| oldest(&|at| self.spans.has_ended(thread(at))))
            .or_else(|| oldest(&|at| self.is_wider(at, witness)))
    }

    /// Whether the first witness wants the same as the second while holding more: more gates that
    /// keep it out of a deadlock.
    fn is_wider(&self, first: u32, second: u32) -> bool {
        let (first, second) = (&self.witnesses[first], &self.witnesses[second]);
        let holds = |chain| self.chains.holds(chain).map(|hold| (hold.lock, hold.mode));
        let wide: Vec<_> = holds(first.held).collect();
        self.moments.get(first.moment).mode == self.moments.get(second.moment).mode
            && wide.len() > holds(second.held).count()
            && holds(second.held).all(|hold| wide.contains(&hold))
    }

    /// A witness is on one list less. The last one takes it along.
    fn unlist(&mut self, witness: u32) {
        let lists = &mut self.witnesses[witness].lists;
        if let Some(fewer) = NonZeroU32::new(lists.get() - 1) {
            *lists = fewer;
        } else if let Some(gone) = self.witnesses.remove(witness) {
            self.chains.release(gone.held);
            if let Some(moment) = self.moments.release(gone.moment) {
                self.spans.release(moment.span);
                self.stacks.release(moment.stack);
            }
        }
    }
}

/// The rank that a lock wishes for: its number.
fn wish(lock: LockId) -> i64 {
    lock.0.cast_signed()
}

impl Edges for Graph {
    fn after(&self, node: u32) -> impl Iterator<Item = u32> {
        self.nodes.after(node)
    }
    fn before(&self, node: u32) -> impl Iterator<Item = u32> {
        self.nodes.before(node)
    }
}

#[cfg(test)]
mod tests;
