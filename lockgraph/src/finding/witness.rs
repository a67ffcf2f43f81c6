//! The schedule that shows how a deadlock comes about.

use std::collections::HashSet;

use super::{Lock, Place, Thread, Wanted};
use crate::id::Mode;

/// A schedule that ends in a deadlock: steps of the run that was seen, in an order in which they
/// can be taken. The last ones are requests that are never granted.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Witness {
    /// What is done, one after the other.
    pub moves: Vec<Move>,
    /// Reads in the schedule that would see something else than they did, for
    /// [`Verdict::Feasible`](super::Verdict::Feasible) in a trace that has reads.
    pub changed_reads: u64,
}

/// One step of a schedule.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Move {
    /// Who.
    pub thread: Thread,
    /// Does what.
    pub act: Act,
    /// Where, if that is known.
    pub site: Option<Place>,
}

/// What a thread does in a schedule.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Act {
    /// Takes a lock.
    Takes(Lock, Mode),
    /// Gives a lock back.
    GivesBack(Lock),
    /// Begins a thread.
    Begins(Thread),
    /// Has waited for the end of a thread.
    Joins(Thread),
    /// Does something that others need to have been done: the number is named by those.
    Tells(u64),
    /// Goes on only because of what another thread told.
    Hears(u64),
    /// Asks for something that it never gets.
    Wants(Wanted),
}

impl Witness {
    /// Who takes part, in the order of their first moves.
    pub fn threads(&self) -> Vec<&Thread> {
        let mut seen = HashSet::new();
        let threads = self.moves.iter().map(|step| &step.thread);
        threads.filter(|thread| seen.insert(thread.id)).collect()
    }
}
