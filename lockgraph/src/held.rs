//! What one thread of a trace holds: a stack of holds.
//!
//! Guards may be dropped in any order. Push and pop from the top are O(1), a release from the
//! middle O(depth). No locking inside. A live thread has the runtime's own stack, which is faster.

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
}

impl<S> Hold<S> {
    /// Taken once.
    pub(crate) fn new(lock: LockId, mode: Mode, site: S) -> Hold<S> {
        Hold { lock, mode, depth: 1, site }
    }
}

/// The locks that one thread holds, oldest first.
#[derive(Debug)]
pub(crate) struct Held<S = SiteId> {
    holds: Vec<Hold<S>>,
}

impl<S: Copy> Held<S> {
    /// Nothing held.
    pub(crate) const fn new() -> Held<S> {
        Held { holds: Vec::new() }
    }

    /// The holds, oldest first.
    pub(crate) fn holds(&self) -> &[Hold<S>] {
        &self.holds
    }

    /// Takes `lock`.
    pub(crate) fn push(&mut self, lock: LockId, mode: Mode, site: S) {
        self.holds.push(Hold::new(lock, mode, site));
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
    pub(crate) fn release(&mut self, lock: LockId) -> Option<S> {
        let at = self.holds.iter().rposition(|hold| hold.lock == lock)?;
        let site = self.holds[at].site;
        if self.holds[at].depth > 1 {
            self.holds[at].depth -= 1;
        } else {
            self.holds.remove(at);
        }
        Some(site)
    }

    /// Turns a hold into another mode (upgrade, downgrade). False if it is not held.
    pub(crate) fn change_mode(&mut self, lock: LockId, mode: Mode) -> bool {
        // Readers do not change: it is the writer's or the upgradable hold, if there is one.
        let is_it = |hold: &Hold<S>| hold.lock == lock && !hold.mode.is_read();
        let any = |hold: &Hold<S>| hold.lock == lock;
        let at = self.holds.iter().rposition(is_it).or_else(|| self.holds.iter().rposition(any));
        let Some(at) = at else { return false };
        self.holds[at].mode = mode;
        true
    }
}

impl<S: Copy> Default for Held<S> {
    fn default() -> Held<S> {
        Held::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn the_writer_changes_its_mode_and_not_the_reader() {
        let mut held = Held::new();
        held.push(LockId(1), Mode::Upgradable, SiteId::UNKNOWN);
        held.push(LockId(1), Mode::Shared, SiteId::UNKNOWN);
        assert!(held.change_mode(LockId(1), Mode::Exclusive));
        assert_eq!(held.holds()[0].mode, Mode::Exclusive);
        assert!(!held.change_mode(LockId(2), Mode::Exclusive));
    }
}
