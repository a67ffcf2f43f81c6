//! How long threads waited, and how long they held: figures that grow.
//!
//! A program tells them when they are new, when they have doubled, and at its end. So there are
//! several records about the same, of which the one that says most counts: the others are older.

use std::collections::BTreeMap;

use crate::id::{LockId, Mode, Signal, SiteId, ThreadId};

/// What was waited for; `L` is what a lock is here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Awaited<L> {
    /// A lock.
    Lock(L),
    /// What another thread had to do, at an object or to the thread that waited.
    Signal(Signal, Option<L>),
    /// The ends of threads.
    Ends,
    /// All that came when there were too many figures to keep them apart.
    Others,
}

/// How often and how long threads waited for one thing at one place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Contention {
    /// For what.
    pub what: Awaited<LockId>,
    /// Where; of [`Awaited::Others`], where the longest wait was.
    pub site: SiteId,
    /// How many waits are over.
    pub waits: u64,
    /// All of them together, in nanoseconds.
    pub total_nanos: u64,
    /// The longest of them.
    pub longest_nanos: u64,
    /// Whose that was.
    pub thread: ThreadId,
}

/// The longest time for which a lock was held without a break.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LongestHold {
    /// Which lock.
    pub lock: LockId,
    /// How.
    pub mode: Mode,
    /// Where it was taken.
    pub site: SiteId,
    /// By whom.
    pub thread: ThreadId,
    /// For how many nanoseconds.
    pub nanos: u64,
}

impl<L> Awaited<L> {
    /// The lock or object, if there is one.
    pub fn object(self) -> Option<L> {
        match self {
            Awaited::Lock(lock) => Some(lock),
            Awaited::Signal(_, object) => object,
            Awaited::Ends | Awaited::Others => None,
        }
    }

    /// The same, borrowed.
    pub fn as_ref(&self) -> Awaited<&L> {
        match self {
            Awaited::Lock(lock) => Awaited::Lock(lock),
            Awaited::Signal(signal, object) => Awaited::Signal(*signal, object.as_ref()),
            Awaited::Ends => Awaited::Ends,
            Awaited::Others => Awaited::Others,
        }
    }

    /// The same with another sort of locks.
    pub fn map<M>(self, to: impl FnOnce(L) -> M) -> Awaited<M> {
        match self {
            Awaited::Lock(lock) => Awaited::Lock(to(lock)),
            Awaited::Signal(signal, object) => Awaited::Signal(signal, object.map(to)),
            Awaited::Ends => Awaited::Ends,
            Awaited::Others => Awaited::Others,
        }
    }
}

/// The latest figures of a trace that is being read.
#[derive(Default)]
pub(super) struct Latest {
    contention: BTreeMap<(Awaited<LockId>, SiteId), Contention>,
    holds: BTreeMap<LockId, LongestHold>,
}

impl Latest {
    pub(super) fn waited(&mut self, figures: Contention) {
        let site = if figures.what == Awaited::Others { SiteId::UNKNOWN } else { figures.site };
        let known = self.contention.entry((figures.what, site)).or_insert(figures);
        if known.waits < figures.waits {
            *known = figures;
        }
    }

    pub(super) fn held(&mut self, hold: LongestHold) {
        let known = self.holds.entry(hold.lock).or_insert(hold);
        if known.nanos < hold.nanos {
            *known = hold;
        }
    }

    /// All of them, in the order of what was waited for, and of the locks.
    pub(super) fn into_lists(self) -> (Vec<Contention>, Vec<LongestHold>) {
        (self.contention.into_values().collect(), self.holds.into_values().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_records_about_the_same_the_one_that_says_most_counts() {
        let lock = |number| Awaited::Lock(LockId(number));
        let waited = |what, site, waits| Contention {
            what,
            site: SiteId(site),
            waits,
            total_nanos: 10 * waits,
            longest_nanos: waits,
            thread: ThreadId(0),
        };
        let held = |lock, nanos| LongestHold {
            lock: LockId(lock),
            mode: Mode::Exclusive,
            site: SiteId(1),
            thread: ThreadId(0),
            nanos,
        };
        let mut latest = Latest::default();
        // Two threads may tell theirs in the wrong order.
        for (what, site, waits) in [
            (lock(1), 1, 1),
            (lock(1), 1, 4),
            (lock(1), 1, 2),
            (lock(1), 2, 3),
            (lock(2), 1, 1),
            (Awaited::Others, 5, 2),
            (Awaited::Others, 6, 7),
        ] {
            latest.waited(waited(what, site, waits));
        }
        for hold in [held(3, 5), held(3, 9), held(3, 7), held(4, 1)] {
            latest.held(hold);
        }
        let (contention, holds) = latest.into_lists();
        let want = [
            waited(lock(1), 1, 4),
            waited(lock(1), 2, 3),
            waited(lock(2), 1, 1),
            waited(Awaited::Others, 6, 7),
        ];
        assert_eq!(contention, want);
        assert_eq!(holds, [held(3, 9), held(4, 1)]);
    }
}
