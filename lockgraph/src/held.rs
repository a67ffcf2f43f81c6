//! What one thread holds: a stack of holds, and its hash, the chain.
//!
//! The chain is one 64-bit number for the whole stack, locks and modes in order (lockdep's idea).
//! A chain seen before means that every edge it implies is known, so the steady state is one
//! look-up and one push. Guards may be dropped in any order: a release from the middle hashes
//! anew what lies above it.
//!
//! Push and pop from the top are O(1), a release from the middle O(depth). No locking inside.

use crate::id::{LockId, Mode, SiteId};

/// One lock held.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Hold<S = SiteId> {
    /// Which.
    pub(crate) lock: LockId,
    /// How.
    pub(crate) mode: Mode,
    /// Taken how many times over (reentrant locks); 1 for others.
    pub(crate) depth: u32,
    /// Where it was taken.
    pub(crate) site: S,
    /// The chain below this hold.
    below: u64,
}

/// The locks that one thread holds, oldest first.
#[derive(Debug)]
pub(crate) struct Held<S = SiteId> {
    holds: Vec<Hold<S>>,
    chain: u64,
}

impl<S: Copy> Held<S> {
    /// Nothing held.
    pub(crate) const fn new() -> Held<S> {
        Held { holds: Vec::new(), chain: 0 }
    }

    /// Nothing held, with room for a few locks.
    pub(crate) fn with_room() -> Held<S> {
        Held { holds: Vec::with_capacity(16), chain: 0 }
    }

    /// Whether the next push will have to allocate.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.holds.len() == self.holds.capacity()
    }

    /// Makes room for the next pushes.
    pub(crate) fn reserve(&mut self) {
        self.holds.reserve(self.holds.len().max(16));
    }

    /// The same holds with other sites.
    pub(crate) fn with_sites<T>(&self, mut site: impl FnMut(&S) -> T) -> Vec<Hold<T>> {
        let hold = |h: &Hold<S>| Hold {
            lock: h.lock,
            mode: h.mode,
            depth: h.depth,
            site: site(&h.site),
            below: h.below,
        };
        self.holds.iter().map(hold).collect()
    }

    /// The holds, oldest first, for changes that leave lock and mode alone.
    pub(crate) fn sites_mut(&mut self) -> impl Iterator<Item = &mut S> {
        self.holds.iter_mut().map(|hold| &mut hold.site)
    }

    /// The holds, oldest first.
    pub(crate) fn holds(&self) -> &[Hold<S>] {
        &self.holds
    }

    /// The chain that taking `lock` now would make.
    #[inline]
    pub(crate) fn chain_with(&self, lock: LockId, mode: Mode) -> u64 {
        mix(self.chain, lock, mode)
    }

    /// Takes `lock`.
    #[inline]
    pub(crate) fn push(&mut self, lock: LockId, mode: Mode, site: S) {
        let below = self.chain;
        self.chain = mix(below, lock, mode);
        self.holds.push(Hold { lock, mode, depth: 1, site, below });
    }

    /// Takes a reentrant `lock` once more. False if it is not held yet.
    pub(crate) fn deepen(&mut self, lock: LockId) -> bool {
        match self.holds.iter_mut().rev().find(|hold| hold.lock == lock) {
            Some(hold) => {
                hold.depth += 1;
                true
            }
            None => false,
        }
    }

    /// Gives `lock` back, the latest hold of it first. Returns where it was taken, or `None` if
    /// it is not held.
    #[inline]
    pub(crate) fn release(&mut self, lock: LockId) -> Option<S> {
        match self.holds.last() {
            Some(top) if top.lock == lock && top.depth == 1 => {
                let site = top.site;
                self.chain = top.below;
                self.holds.pop();
                Some(site)
            }
            _ => self.release_below(lock),
        }
    }

    /// As [`Held::release`], the latest hold that is of `mode`, or is a reader's like it, first: a
    /// thread may hold one lock upgradably and as a reader at once.
    pub(crate) fn release_as(&mut self, lock: LockId, mode: Mode) -> Option<S> {
        let is_it = |hold: &Hold<S>| {
            hold.lock == lock && (hold.mode == mode || hold.mode.is_read() && mode.is_read())
        };
        let Some(at) = self.holds.iter().rposition(is_it) else { return self.release(lock) };
        let site = self.holds.remove(at).site;
        self.rehash(at);
        Some(site)
    }

    /// Forgets holds, however deep.
    pub(crate) fn forget(&mut self, mut is_void: impl FnMut(&Hold<S>) -> bool) {
        self.holds.retain(|hold| !is_void(hold));
        self.rehash(0);
    }

    /// Turns a hold into another mode (upgrade, downgrade). False if it is not held.
    pub(crate) fn change_mode(&mut self, lock: LockId, mode: Mode) -> bool {
        // Readers do not change: it is the writer's or the upgradable hold, if there is one.
        let is_it = |hold: &Hold<S>| hold.lock == lock && !hold.mode.is_read();
        let any = |hold: &Hold<S>| hold.lock == lock;
        let at = self.holds.iter().rposition(is_it).or_else(|| self.holds.iter().rposition(any));
        let Some(at) = at else { return false };
        self.holds[at].mode = mode;
        self.rehash(at);
        true
    }

    #[cold]
    fn release_below(&mut self, lock: LockId) -> Option<S> {
        let at = self.holds.iter().rposition(|hold| hold.lock == lock)?;
        let site = self.holds[at].site;
        if self.holds[at].depth > 1 {
            self.holds[at].depth -= 1;
        } else {
            self.holds.remove(at);
            self.rehash(at);
        }
        Some(site)
    }

    /// Hashes the stack anew from position `from` up.
    fn rehash(&mut self, from: usize) {
        let mut chain = match from.checked_sub(1).map(|at| &self.holds[at]) {
            Some(top) => mix(top.below, top.lock, top.mode),
            None => 0,
        };
        for hold in &mut self.holds[from..] {
            hold.below = chain;
            chain = mix(chain, hold.lock, hold.mode);
        }
        self.chain = chain;
    }
}

impl<S: Copy> Default for Held<S> {
    fn default() -> Held<S> {
        Held::new()
    }
}

/// One step of the chain hash. The mode is part of it: the same locks held in another mode are
/// another chain, with other edges.
#[inline]
fn mix(chain: u64, lock: LockId, mode: Mode) -> u64 {
    let step = (lock.0 << 2 | mode as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    let wide = u128::from(chain.rotate_left(23) ^ step) * 0xa076_1d64_78bd_642f;
    (wide >> 64) as u64 ^ wide as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(locks: &[u64]) -> u64 {
        let mut held = Held::new();
        for lock in locks {
            held.push(LockId(*lock), Mode::Exclusive, SiteId::UNKNOWN);
        }
        held.chain
    }

    #[test]
    fn dropping_in_any_order_leaves_the_chain_of_what_is_held() {
        for (drops, left) in [(vec![1], vec![2, 3]), (vec![2], vec![1, 3]), (vec![3, 1], vec![2])] {
            let mut held = Held::new();
            for lock in [1, 2, 3] {
                held.push(LockId(lock), Mode::Exclusive, SiteId::UNKNOWN);
            }
            for lock in drops {
                assert!(held.release(LockId(lock)).is_some());
            }
            assert_eq!(held.chain, chain(&left), "{left:?}");
        }
        assert_eq!(chain(&[]), 0);
    }

    #[test]
    fn order_and_mode_are_part_of_the_chain() {
        assert_ne!(chain(&[1, 2]), chain(&[2, 1]));
        let mut held = Held::new();
        held.push(LockId(1), Mode::Shared, SiteId::UNKNOWN);
        assert_ne!(held.chain, chain(&[1]));
        assert!(held.change_mode(LockId(1), Mode::Exclusive));
        assert_eq!(held.chain, chain(&[1]));
    }

    #[test]
    fn a_release_says_which_of_two_holds_of_one_lock_it_ends() {
        for (released, left) in
            [(Mode::Shared, Mode::Upgradable), (Mode::Upgradable, Mode::SharedRecursive)]
        {
            for modes in [
                [Mode::Upgradable, Mode::SharedRecursive],
                [Mode::SharedRecursive, Mode::Upgradable],
            ] {
                let mut held = Held::new();
                modes.into_iter().for_each(|mode| held.push(LockId(1), mode, SiteId::UNKNOWN));
                assert!(held.release_as(LockId(1), released).is_some());
                assert_eq!(held.holds().iter().map(|hold| hold.mode).collect::<Vec<_>>(), [left]);
                let mut alone = Held::new();
                alone.push(LockId(1), left, SiteId::UNKNOWN);
                assert_eq!(held.chain, alone.chain);
            }
        }
        let mut held = Held::new();
        held.push(LockId(1), Mode::Upgradable, SiteId::UNKNOWN);
        held.push(LockId(1), Mode::Shared, SiteId::UNKNOWN);
        assert!(held.change_mode(LockId(1), Mode::Exclusive));
        assert_eq!(held.holds()[0].mode, Mode::Exclusive);
    }

    #[test]
    fn a_reentrant_hold_ends_with_its_last_release() {
        let mut held = Held::new();
        held.push(LockId(7), Mode::Exclusive, SiteId::UNKNOWN);
        assert!(held.deepen(LockId(7)));
        assert!(held.release(LockId(7)).is_some());
        assert_eq!(held.holds().len(), 1);
        assert!(held.release(LockId(7)).is_some());
        assert!(held.release(LockId(7)).is_none());
    }
}
