//! Sets of held locks, shared: a chain is a hold on top of another chain.
//!
//! Threads take locks one on another, so what they hold overlaps from bottom to top. As a tree of
//! holds, 2,000 locks held at once and each of the sets on the way there cost 2,000 nodes, not
//! two million. Nodes are counted and go when nobody names them.
//!
//! Interning is O(depth); a node costs 24 bytes and its place in the index. No locking inside.

use crate::id::{LockId, Mode, SiteId};
use crate::index::{self, Index};
use crate::slab::Slab;

/// A chain; [`Chains::EMPTY`] holds nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct ChainId(u32);

/// One hold of a chain.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) lock: LockId,
    pub(crate) mode: Mode,
    pub(crate) site: SiteId,
    below: ChainId,
    /// The links on top of this one, and the witnesses that name it.
    users: u32,
}

const _: () = assert!(size_of::<Option<Link>>() == 24);

#[derive(Default)]
pub(crate) struct Chains {
    links: Slab<Link>,
    index: Index,
}

impl Chains {
    pub(crate) const EMPTY: ChainId = ChainId(u32::MAX);

    /// The chain of these holds, oldest first, counted once more.
    pub(crate) fn retain(&mut self, holds: &[(LockId, Mode, SiteId)]) -> ChainId {
        let mut top = Chains::EMPTY;
        for (lock, mode, site) in holds.iter().copied() {
            let link = Link { lock, mode, site, below: top, users: 0 };
            top = self.find(&link).unwrap_or_else(|| self.add(link));
        }
        self.count_up(top);
        top
    }

    /// One user less.
    pub(crate) fn release(&mut self, chain: ChainId) {
        let mut top = chain;
        while top != Chains::EMPTY {
            let link = &mut self.links[top.0];
            link.users -= 1;
            if link.users > 0 {
                return;
            }
            let link = *link;
            let links = &self.links;
            self.index.remove(top.0, link.hash(), |at| links[at].hash());
            self.links.remove(top.0);
            top = link.below;
        }
    }

    /// The holds, latest first.
    pub(crate) fn holds(&self, chain: ChainId) -> impl Iterator<Item = &Link> {
        let mut top = chain;
        std::iter::from_fn(move || {
            let link = (top != Chains::EMPTY).then(|| &self.links[top.0])?;
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
        assert_eq!(self.links.len(), self.index.len());
        self.links.len()
    }

    fn find(&self, link: &Link) -> Option<ChainId> {
        self.index.find(link.hash(), |at| self.links[at].is_like(link)).map(ChainId)
    }

    fn add(&mut self, link: Link) -> ChainId {
        let at = self.links.insert(link);
        let links = &self.links;
        self.index.insert(at, link.hash(), |at| links[at].hash());
        // The new link counts as a user of the one below it.
        self.count_up(link.below);
        ChainId(at)
    }

    fn count_up(&mut self, chain: ChainId) {
        if chain != Chains::EMPTY {
            self.links[chain.0].users += 1;
        }
    }
}

impl Link {
    fn hash(&self) -> u64 {
        let below = u64::from(self.below.0) << 32;
        index::hash([self.lock.0 << 2 | self.mode as u64, below | u64::from(self.site.0)])
    }

    fn is_like(&self, other: &Link) -> bool {
        let what = |link: &Link| (link.lock, link.mode, link.site, link.below);
        what(self) == what(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(locks: &[(u64, Mode)]) -> Vec<(LockId, Mode, SiteId)> {
        locks.iter().map(|(lock, mode)| (LockId(*lock), *mode, SiteId::UNKNOWN)).collect()
    }

    #[test]
    fn chains_share_what_is_below_and_go_when_unused() {
        let mut chains = Chains::default();
        let (x, s) = (Mode::Exclusive, Mode::Shared);
        let ab = chains.retain(&held(&[(1, x), (2, x)]));
        let abc = chains.retain(&held(&[(1, x), (2, x), (3, s)]));
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
            let (a, b) = (chains.retain(&held(&a)), chains.retain(&held(&b)));
            assert_eq!(chains.gate(a, b).map(|lock| lock.0), gate);
        }
    }
}
