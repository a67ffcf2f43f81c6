//! Is there a cycle that can deadlock? The judge of the order graph.
//!
//! A cycle is a list of witnesses, each blocked by the next and the last by the first. One is
//! blocked by another that holds what it wants in a mode that shuts it out, or, as a reader of a
//! fair lock, by one that wants to write the same lock and stands before it in the queue. It can
//! deadlock only if all its threads can be where the witnesses saw them at the same time:
//!
//! - they are different threads,
//! - no two hold the same lock in modes that exclude each other (a gate),
//! - no more of them hold permits of a semaphore than it has,
//! - no two spans are ordered by spawn, join or messages.
//!
//! So a reader behind a reader needs a writer that was seen, and the search treats the writer as
//! a thread of the cycle. This is the abstract deadlock pattern of Tunc, Mathur, Pavlogiannis and
//! Viswanathan (PLDI 2023), with modes and queues.
//!
//! The search looks for the shortest cycle through one given witness, by depth-first search with
//! a growing bound, guided by the distance in the lock graph. Exponential in the worst case, so
//! it has a budget, and says when that is spent. Iterative; no locking inside.

use std::collections::{HashMap, HashSet};

use crate::graph::{Graph, Witness, WitnessId};
use crate::id::{LockId, Mode, ThreadId};
use crate::order::Edges;
use crate::slab::Hashing;
use crate::span::Ordered;

/// How many witnesses one search may look at.
const BUDGET: u32 = 20_000;

/// How a witness blocks the one before it in the cycle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Via {
    /// It holds the lock.
    Holds(LockId),
    /// It wants to write the lock, and readers queue behind it.
    Queues(LockId),
}

/// A cycle: each witness blocks the one before it, the first one the last.
pub(crate) type Cycle = Vec<(WitnessId, Via)>;

/// What a search found.
pub(crate) enum Search {
    /// A cycle that can deadlock.
    Found(Cycle),
    /// There is none.
    Clear,
    /// The budget was spent.
    Cut,
}

/// Why two witnesses cannot be in one deadlock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Apart {
    SameThread(ThreadId),
    Gate(LockId),
    Ordered(Ordered),
}

/// What keeps two witnesses from being blocked at the same time, if anything does.
pub(crate) fn apart(graph: &Graph, a: &Witness<'_>, b: &Witness<'_>) -> Option<Apart> {
    if a.thread == b.thread {
        return Some(Apart::SameThread(a.thread));
    }
    if let Some(gate) = graph.chains.gate(a.held, b.held) {
        return Some(Apart::Gate(gate));
    }
    graph.spans.ordered(a.span, b.span).map(Apart::Ordered)
}

/// The shortest cycle through `start` that can deadlock.
pub(crate) fn search(graph: &Graph, start: WitnessId) -> Search {
    Searcher::new(graph, start, true).run()
}

/// The shortest cycle through `start`, whether it can deadlock or not: threads, gates, spawns and
/// modes are not looked at.
pub(crate) fn search_any(graph: &Graph, start: WitnessId) -> Search {
    Searcher::new(graph, start, false).run()
}

struct Searcher<'a> {
    graph: &'a Graph,
    start: WitnessId,
    strict: bool,
    /// By node: how many edges to a lock that `start` holds, or waits to write.
    distance: HashMap<u32, u32, Hashing>,
    path: Cycle,
    budget: u32,
    /// A candidate was left out only because of the bound.
    bounded: bool,
}

impl<'a> Searcher<'a> {
    fn new(graph: &'a Graph, start: WitnessId, strict: bool) -> Searcher<'a> {
        Searcher {
            graph,
            start,
            strict,
            distance: distances(graph, &graph.witness(start)),
            path: Vec::new(),
            budget: BUDGET,
            bounded: false,
        }
    }

    fn run(mut self) -> Search {
        let first = self.graph.witness(self.start).node;
        let Some(shortest) = self.distance.get(&first).copied() else { return Search::Clear };
        let mut bound = shortest.max(1);
        loop {
            self.bounded = false;
            if self.is_found_within(bound) {
                return Search::Found(self.path);
            }
            if self.budget == 0 {
                return Search::Cut;
            }
            if !self.bounded {
                return Search::Clear;
            }
            bound += 1;
        }
    }

    /// Depth-first search for a cycle of at most `bound` witnesses beside `start`.
    fn is_found_within(&mut self, bound: u32) -> bool {
        // How the start blocks the last one is known only when the cycle closes.
        self.path = vec![(self.start, Via::Holds(LockId(0)))];
        let mut levels = vec![self.candidates(bound)];
        while let Some(level) = levels.last_mut() {
            let Some(candidate) = level.pop() else {
                levels.pop();
                self.path.pop();
                continue;
            };
            self.path.push(candidate);
            if let Some(via) = self.closes() {
                self.path[0].1 = via;
                return true;
            }
            let left = bound.saturating_sub(self.path.len() as u32 - 1);
            levels.push(self.candidates(left));
        }
        false
    }

    /// Who can block the last witness of the path, worst first; `left` more may be added.
    fn candidates(&mut self, left: u32) -> Vec<(WitnessId, Via)> {
        let graph = self.graph;
        let Some((last, via)) = self.path.last() else { return Vec::new() };
        let (last, is_queued) = (graph.witness(*last), matches!(via, Via::Queues(_)));
        let node = last.node;
        let lock = graph.lock(node);
        let mut found: Vec<(u32, (WitnessId, Via))> = Vec::new();
        for next in graph.after(node) {
            let Some(distance) = self.distance.get(&next).copied() else { continue };
            for witness in graph.between(node, next) {
                if self.budget == 0 {
                    return Vec::new();
                }
                self.budget -= 1;
                let holder = graph.witness(witness);
                let blocks = !self.strict
                    || shuts_out(graph, &holder, &last, lock)
                        && (!is_queued || reads(graph, &holder, lock));
                if !blocks || !self.fits(witness) {
                    continue;
                }
                // The distance counts edges from the lock that the new witness wants.
                if distance < left {
                    found.push((distance, (witness, Via::Holds(lock))));
                } else {
                    self.bounded = true;
                }
            }
        }
        if last.mode.queues_behind_writers()
            && let Some(distance) = self.distance.get(&node)
        {
            for writer in graph.writers(node) {
                self.budget = self.budget.saturating_sub(1);
                if !self.fits(writer) {
                    continue;
                }
                if *distance < left {
                    found.push((*distance, (writer, Via::Queues(lock))));
                } else {
                    self.bounded = true;
                }
            }
        }
        found.sort_by_key(|(distance, _)| std::cmp::Reverse(*distance));
        found.into_iter().map(|(_, candidate)| candidate).collect()
    }

    /// Whether `witness` can be part of the path.
    fn fits(&self, witness: WitnessId) -> bool {
        let new = self.graph.witness(witness);
        self.path.iter().all(|(on_path, _)| {
            let old = self.graph.witness(*on_path);
            *on_path != witness && (!self.strict || apart(self.graph, &old, &new).is_none())
        }) && (!self.strict || self.has_permits(&new))
    }

    /// Whether there are permits for `new` beside those that the path holds.
    fn has_permits(&self, new: &Witness<'_>) -> bool {
        let held = self.path.iter().map(|(on_path, _)| self.graph.witness(*on_path).held);
        self.graph.full(held.chain([new.held])).is_none()
    }

    /// How the first witness of the path blocks the last one, if it does.
    fn closes(&self) -> Option<Via> {
        let first = self.graph.witness(self.start);
        let last = self.graph.witness(self.path.last()?.0);
        let lock = self.graph.lock(last.node);
        let is_queued = matches!(self.path.last()?.1, Via::Queues(_));
        if !self.strict && self.path.len() > 1 && holds(self.graph, &first, lock) {
            return Some(Via::Holds(lock));
        }
        if shuts_out(self.graph, &first, &last, lock)
            && (!is_queued || reads(self.graph, &first, lock))
        {
            return Some(Via::Holds(lock));
        }
        let queues = last.node == first.node
            && last.mode.queues_behind_writers()
            && first.mode == Mode::Exclusive
            && reads(self.graph, &self.graph.witness(self.path.get(1)?.0), lock);
        queues.then_some(Via::Queues(lock))
    }
}

fn holds(graph: &Graph, holder: &Witness<'_>, lock: LockId) -> bool {
    graph.chains.holds(holder.held).any(|hold| hold.lock == lock)
}

/// Whether `holder` holds `lock` in a mode that shuts `wanter` out.
pub(crate) fn shuts_out(
    graph: &Graph,
    holder: &Witness<'_>,
    wanter: &Witness<'_>,
    lock: LockId,
) -> bool {
    let mut held = graph.chains.holds(holder.held);
    held.any(|hold| hold.lock == lock && wanter.mode.waits_for(hold.mode))
}

/// Whether `holder` holds `lock` as a reader. A writer stops other readers only while it waits
/// for readers to leave: one that waits for an upgradable hold does not yet.
fn reads(graph: &Graph, holder: &Witness<'_>, lock: LockId) -> bool {
    let mut held = graph.chains.holds(holder.held).filter(|hold| hold.lock == lock).peekable();
    held.peek().is_some() && held.all(|hold| hold.mode.is_read())
}

/// By node of the component: how many edges lead from it to a lock that `start` holds, or, if
/// `start` is a writer, to the lock that it wants.
fn distances(graph: &Graph, start: &Witness<'_>) -> HashMap<u32, u32, Hashing> {
    let component: HashSet<u32, Hashing> = graph.component(start.node).into_iter().collect();
    let held = graph.chains.holds(start.held).filter_map(|hold| graph.find(hold.lock));
    let queue_of = (start.mode == Mode::Exclusive).then_some(start.node);
    let goals = held.chain(queue_of).filter(|node| component.contains(node));
    let mut distance: HashMap<u32, u32, Hashing> = HashMap::default();
    let mut queue: Vec<u32> = Vec::new();
    for goal in goals {
        if distance.insert(goal, 0).is_none() {
            queue.push(goal);
        }
    }
    let mut at = 0;
    while at < queue.len() {
        let node = queue[at];
        at += 1;
        let next = distance[&node] + 1;
        for before in graph.before(node) {
            if component.contains(&before) && !distance.contains_key(&before) {
                distance.insert(before, next);
                queue.push(before);
            }
        }
    }
    distance
}

#[cfg(test)]
mod tests;
