//! Sets of held locks, shared: a chain is a hold on top of another chain.
//!
//! Threads take locks one on another, so what they hold overlaps from bottom to top. As a tree of
//! holds, 2,000 locks held at once and each of the sets on the way there cost 2,000 nodes, not
//! two million. Nodes are counted and go when nobody names them.
//!
//! Interning is O(depth). No locking inside.

use std::collections::HashMap;

use crate::held::Hold;
use crate::id::{LockId, Mode, SiteId};
use crate::slab::{Hashing, Slab};

/// A chain; [`Chains::EMPTY`] holds nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct ChainId(u32);

/// One hold of a chain.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Link {
    pub(crate) lock: LockId,
    pub(crate) mode: Mode,
    pub(crate) site: SiteId,
    below: ChainId,
}

#[derive(Default)]
pub(crate) struct Chains {
    links: Slab<(Link, u32)>,
    index: HashMap<Link, u32, Hashing>,
}

impl Chains {
    pub(crate) const EMPTY: ChainId = ChainId(u32::MAX);

    /// The chain of these holds, counted once more.
    pub(crate) fn retain(&mut self, holds: &[Hold]) -> ChainId {
        let mut top = Chains::EMPTY;
        for hold in holds {
            let link = Link { lock: hold.lock, mode: hold.mode, site: hold.site, below: top };
            let at = match self.index.get(&link) {
                Some(at) => *at,
                None => {
                    let at = self.links.insert((link, 0));
                    self.index.insert(link, at);
                    // The new link counts as a user of the one below it.
                    self.count_up(top);
                    at
                }
            };
            top = ChainId(at);
        }
        self.count_up(top);
        top
    }

    /// One user less.
    pub(crate) fn release(&mut self, chain: ChainId) {
        let mut top = chain;
        while top != Chains::EMPTY {
            let (link, users) = &mut self.links[top.0];
            *users -= 1;
            if *users > 0 {
                return;
            }
            let link = *link;
            self.index.remove(&link);
            self.links.remove(top.0);
            top = link.below;
        }
    }

    /// The holds, latest first.
    pub(crate) fn holds(&self, chain: ChainId) -> impl Iterator<Item = &Link> {
        let mut top = chain;
        std::iter::from_fn(move || {
            let link = (top != Chains::EMPTY).then(|| &self.links[top.0].0)?;
            top = link.below;
            Some(link)
        })
    }

    /// Whether two threads can be in these chains at the same time. If not, returns a lock that
    /// keeps one of them out.
    pub(crate) fn gate(&self, a: ChainId, b: ChainId) -> Option<LockId> {
        self.holds(a).find_map(|x| {
            let shut = self.holds(b).any(|y| x.lock == y.lock && x.mode.waits_for(y.mode));
            shut.then_some(x.lock)
        })
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.links.len()
    }

    fn count_up(&mut self, chain: ChainId) {
        if chain != Chains::EMPTY {
            self.links[chain.0].1 += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::held::Held;

    fn held(locks: &[(u64, Mode)]) -> Held {
        let mut held = Held::new();
        locks.iter().for_each(|(lock, mode)| held.push(LockId(*lock), *mode, SiteId::UNKNOWN));
        held
    }

    #[test]
    fn chains_share_what_is_below_and_go_when_unused() {
        let mut chains = Chains::default();
        let (x, s) = (Mode::Exclusive, Mode::Shared);
        let ab = chains.retain(held(&[(1, x), (2, x)]).holds());
        let abc = chains.retain(held(&[(1, x), (2, x), (3, s)]).holds());
        assert_eq!(chains.len(), 3);
        assert_eq!(chains.holds(abc).map(|link| link.lock.0).collect::<Vec<_>>(), [3, 2, 1]);
        chains.release(ab);
        assert_eq!(chains.len(), 3, "still below the other");
        chains.release(abc);
        assert_eq!(chains.len(), 0);
    }

    #[test]
    fn readers_are_no_gate_for_readers() {
        let mut chains = Chains::default();
        let (x, s) = (Mode::Exclusive, Mode::Shared);
        for (a, b, gate) in [
            (vec![(1, x)], vec![(1, x)], Some(1)),
            (vec![(1, s)], vec![(1, s)], None),
            (vec![(1, s)], vec![(2, x), (1, x)], Some(1)),
            (vec![(1, x)], vec![(2, x)], None),
            (vec![], vec![(2, x)], None),
        ] {
            let (a, b) = (chains.retain(held(&a).holds()), chains.retain(held(&b).holds()));
            assert_eq!(chains.gate(a, b).map(|lock| lock.0), gate);
        }
    }
}
