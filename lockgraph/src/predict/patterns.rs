//! Abstract deadlock patterns: every way in which the acquisitions of a run could wait in a
//! circle, whatever the schedule.
//!
//! Nodes are abstract acquires: a thread that wants a lock while holding a set of locks. One
//! blocks another if it holds what the other wants. A pattern is a circle of them with different
//! threads, different wanted locks and held sets that do not exclude each other (Tunc, Mathur,
//! Pavlogiannis and Viswanathan, PLDI 2023). Spawn and join order is not looked at.
//!
//! Only nodes within one component of the lock graph are looked at. The search is depth-first
//! from each node over later ones, so every circle is met once; exponential in the worst case,
//! and so bounded by a budget of steps. Iterative.

use std::collections::HashMap;

use crate::id::{LockId, Mode, ThreadId};
use crate::order::{Edges, Order};
use crate::slab::Hashing;

/// A thread that wants a lock while it holds others.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Acquire {
    /// Who.
    pub thread: ThreadId,
    /// What it wants.
    pub want: LockId,
    /// How.
    pub mode: Mode,
    /// What it holds, sorted.
    pub held: Vec<(LockId, Mode)>,
}

/// The patterns of a run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Patterns {
    /// Each as indices into the acquires: each acquire is blocked by the next, the last by the
    /// first.
    pub found: Vec<Vec<usize>>,
    /// The budget was spent: there may be more.
    pub is_cut: bool,
}

/// All patterns among `acquires`, which must differ from each other; `budget` is the number of
/// candidates to look at.
pub fn patterns(acquires: &[Acquire], budget: u64) -> Patterns {
    let nodes = LockGraph::new(acquires);
    let candidates: Vec<usize> = (0..acquires.len()).filter(|at| nodes.is_on_cycle(*at)).collect();
    let mut holders: HashMap<LockId, Vec<usize>, Hashing> = HashMap::default();
    for at in &candidates {
        for (lock, _) in &acquires[*at].held {
            holders.entry(*lock).or_default().push(*at);
        }
    }
    let mut search = Search { acquires, holders, budget, patterns: Patterns::default() };
    for start in candidates {
        search.from(start);
    }
    search.patterns
}

struct Search<'a> {
    acquires: &'a [Acquire],
    /// By lock: the acquires that hold it, in order.
    holders: HashMap<LockId, Vec<usize>, Hashing>,
    budget: u64,
    patterns: Patterns,
}

impl Search<'_> {
    fn from(&mut self, start: usize) {
        let mut path = vec![start];
        // How far each member of the path has gone through those that can block it.
        let mut next = vec![0];
        while let (Some(last), Some(at)) = (path.last().copied(), next.last_mut()) {
            let blockers = self.holders.get(&self.acquires[last].want);
            let Some(blocker) = blockers.and_then(|list| list.get(*at)).copied() else {
                path.pop();
                next.pop();
                continue;
            };
            *at += 1;
            if self.budget == 0 {
                self.patterns.is_cut = true;
                return;
            }
            self.budget -= 1;
            if blocker == start && path.len() > 1 && self.blocks(start, last) {
                self.patterns.found.push(path.clone());
            } else if blocker > start && self.blocks(blocker, last) && self.fits(blocker, &path) {
                path.push(blocker);
                next.push(0);
            }
        }
    }

    /// Whether `holder` holds what `wanter` wants in a mode that shuts it out.
    fn blocks(&self, holder: usize, wanter: usize) -> bool {
        let wanter = &self.acquires[wanter];
        let mut held = self.acquires[holder].held.iter();
        held.any(|(lock, mode)| *lock == wanter.want && wanter.mode.waits_for(*mode))
    }

    fn fits(&self, new: usize, path: &[usize]) -> bool {
        let new = &self.acquires[new];
        path.iter().map(|at| &self.acquires[*at]).all(|old| {
            old.thread != new.thread && old.want != new.want && !exclude(&old.held, &new.held)
        })
    }
}

/// Whether two sorted sets of holds cannot be held at the same time.
fn exclude(a: &[(LockId, Mode)], b: &[(LockId, Mode)]) -> bool {
    let (mut i, mut j) = (0, 0);
    while let (Some((x, held_x)), Some((y, held_y))) = (a.get(i), b.get(j)) {
        match x.cmp(y) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal if held_x.waits_for(*held_y) => return true,
            std::cmp::Ordering::Equal => {
                i += 1;
                j += 1;
            }
        }
    }
    false
}

/// Which locks lie on cycles of `held -> wanted`.
struct LockGraph {
    order: Order,
    /// By acquire: the wanted lock, and the held ones.
    ends: Vec<(u32, Vec<u32>)>,
}

impl LockGraph {
    fn new(acquires: &[Acquire]) -> LockGraph {
        let mut numbers: HashMap<LockId, u32, Hashing> = HashMap::default();
        let mut arrows = Arrows::default();
        let mut order = Order::default();
        let mut ends = Vec::with_capacity(acquires.len());
        let mut number = |lock: LockId, arrows: &mut Arrows, order: &mut Order| {
            let next = numbers.len() as u32;
            *numbers.entry(lock).or_insert_with(|| {
                order.add_last(next);
                arrows.out.push(Vec::new());
                arrows.into.push(Vec::new());
                next
            })
        };
        for acquire in acquires {
            let to = number(acquire.want, &mut arrows, &mut order);
            let from: Vec<u32> = acquire
                .held
                .iter()
                .map(|(lock, _)| number(*lock, &mut arrows, &mut order))
                .collect();
            ends.push((to, from));
        }
        let mut edges: Vec<(u32, u32)> =
            ends.iter().flat_map(|(to, from)| from.iter().map(|from| (*from, *to))).collect();
        edges.sort_unstable();
        edges.dedup();
        for (from, to) in edges {
            arrows.out[from as usize].push(to);
            arrows.into[to as usize].push(from);
            order.insert(from, to, &arrows);
        }
        LockGraph { order, ends }
    }

    fn is_on_cycle(&self, acquire: usize) -> bool {
        let (to, from) = &self.ends[acquire];
        from.iter().any(|from| from != to && self.order.together(*from, *to))
    }
}

#[derive(Default)]
struct Arrows {
    out: Vec<Vec<u32>>,
    into: Vec<Vec<u32>>,
}

impl Edges for Arrows {
    fn after(&self, node: u32) -> impl Iterator<Item = u32> {
        self.out[node as usize].iter().copied()
    }
    fn before(&self, node: u32) -> impl Iterator<Item = u32> {
        self.into[node as usize].iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Edges as acquires, each by a thread of its own: `(held, wanted)`.
    fn acquires(edges: &[(u64, u64)]) -> Vec<Acquire> {
        let acquire = |(thread, (from, to)): (u32, &(u64, u64))| Acquire {
            thread: ThreadId(thread),
            want: LockId(*to),
            mode: Mode::Exclusive,
            held: vec![(LockId(*from), Mode::Exclusive)],
        };
        (0..).zip(edges).map(acquire).collect()
    }

    /// The scenarios of JCarder's cycle detector, with its counts.
    #[test]
    fn every_cycle_of_a_multigraph_is_met_once() {
        for (name, edges, cycles) in [
            ("none", vec![(1, 2), (2, 3), (1, 3), (3, 4)], 0),
            ("small", vec![(1, 2), (2, 1)], 1),
            ("one of three", vec![(1, 2), (2, 3), (3, 4), (4, 2), (4, 5)], 1),
            ("two paths", vec![(1, 2), (2, 3), (3, 4), (2, 4), (4, 2)], 2),
            (
                "two times two, large",
                vec![(1, 2), (2, 3), (3, 4), (3, 4), (4, 5), (5, 6), (6, 1), (6, 1)],
                4,
            ),
            ("two times two, small", vec![(1, 2), (2, 1), (1, 2), (2, 1)], 4),
            (
                "two alternate ways",
                vec![(1, 2), (1, 3), (2, 4), (3, 4), (4, 5), (4, 6), (5, 1), (6, 1)],
                4,
            ),
            (
                "complex",
                vec![
                    (1, 2),
                    (2, 3),
                    (3, 4),
                    (4, 3),
                    (3, 5),
                    (5, 7),
                    (7, 2),
                    (2, 6),
                    (6, 5),
                    (5, 8),
                    (8, 9),
                    (9, 5),
                ],
                4,
            ),
            ("lots", vec![(1, 2), (1, 3), (1, 4), (2, 1), (2, 3), (3, 2), (3, 4), (4, 2)], 6),
            ("complex again", vec![(2, 3), (3, 5), (5, 7), (7, 2), (2, 6), (6, 5)], 2),
            ("two separate", vec![(1, 2), (2, 1), (3, 4), (4, 3), (4, 5)], 2),
            ("two connected", vec![(1, 2), (2, 1), (2, 3), (3, 2), (2, 4), (3, 4)], 2),
            ("duplicated", vec![(1, 2), (1, 2), (2, 1), (3, 4), (4, 5), (4, 5)], 2),
        ] {
            assert_eq!(patterns(&acquires(&edges), 1_000).found.len(), cycles, "{name}");
        }
    }

    #[test]
    fn a_spent_budget_is_told() {
        let cut = patterns(&acquires(&[(1, 2), (2, 1)]), 1);
        assert!(cut.is_cut && cut.found.is_empty());
    }

    #[test]
    fn gates_and_threads_are_respected() {
        let mut gated = acquires(&[(1, 2), (2, 1)]);
        for acquire in &mut gated {
            acquire.held.push((LockId(9), Mode::Exclusive));
        }
        assert_eq!(patterns(&gated, 1_000).found.len(), 0);
        gated.iter_mut().for_each(|acquire| acquire.held[1].1 = Mode::Shared);
        assert_eq!(patterns(&gated, 1_000).found.len(), 1);
        gated.iter_mut().for_each(|acquire| acquire.thread = ThreadId(0));
        assert_eq!(patterns(&gated, 1_000).found.len(), 0);
    }
}
