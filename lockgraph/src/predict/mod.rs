//! Prediction: from one run that went well to the schedule that hangs.
//!
//! A run is read once, event by event ([`History`]); then [`predict`] finds the abstract deadlock
//! patterns, and for each of them whether some reordering of the run ends in it.
//!
//! # Patterns
//!
//! An *attempt* is a blocking acquisition, a request that was not granted when the run ended, or a
//! join. Abstractly, it is a thread, what it wants, and what it holds. One attempt blocks another
//! one, of another thread,
//!
//! 1. that wants a lock which it holds, in a mode that conflicts,
//! 2. that waits for the end of its thread,
//! 3. that wants to read a lock, or to take it upgradably, which it waits to write itself: readers
//!    queue behind writers. The writer's own blocker then holds the lock as a plain reader.
//!
//! A *pattern* is a circle of abstract attempts with different threads and held sets that do not
//! conflict. No two want the same, but for neighbours by rule 3.
//!
//! # Schedules
//!
//! A pattern is *witnessed* if there is a correct reordering of the run, a schedule, after which
//! all of its threads stand right before their attempts. A reordering is correct if it is a prefix
//! of every thread, a thread begins after it was spawned and is joined after its end, signals are
//! heard after they were given, every read sees the same write, and critical sections on one
//! lock, if they conflict, do not overlap and are in the order of the run (it *preserves
//! synchronisation*). There may be schedules that change that order, which are not found.
//!
//! Tunc, Mathur, Pavlogiannis and Viswanathan, "Sound Dynamic Deadlock Prediction in Linear Time"
//! (PLDI 2023), with modes of locks, queues and joins added. Patterns are found by a pruned
//! depth-first search with a budget, exponential in the worst case; the closure is linear in the
//! run for all instances of a pattern together. Everything is iterative and deterministic.

mod attempts;
mod circles;
mod closure;
mod history;
mod life;
mod lost;
mod nodes;
mod numbers;
mod schedule;
mod search;
mod sets;
mod signals;
mod strong;
mod whole;

use crate::finding::Verdict;
use crate::id::{LockId, Mode, SiteId, ThreadId};

pub use circles::{Circles, Judged};
pub use history::History;
pub use lost::Lost;
pub use schedule::{Act, Move, Schedule};

/// A lock in a mode, as numbers of a history.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Claim(u64);

impl Claim {
    fn new(lock: u32, mode: Mode) -> Claim {
        Claim(u64::from(lock) << 2 | mode as u64)
    }

    fn lock(self) -> u32 {
        (self.0 >> 2) as u32
    }

    fn mode(self) -> Mode {
        Mode::ALL[(self.0 & 3) as usize]
    }
}

/// How much to look for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// The most threads in a pattern.
    pub max_length: usize,
    /// How many candidates for a pattern are looked at, for each group of locks that hang together,
    /// plus the locks that are held in those that are one; and how many critical sections (times 16)
    /// while patterns are judged.
    pub budget: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { max_length: usize::MAX, budget: 4_000_000 }
    }
}

/// What a run could have come to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Prediction {
    /// The patterns, short ones first within a group of locks.
    pub patterns: Vec<Pattern>,
    /// The limits were reached: there may be more patterns, or more of them may be witnessed.
    pub is_cut: bool,
    /// Notifications that could have come before the waits that they ended.
    pub lost: Vec<Lost>,
}

/// An abstract deadlock pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern {
    /// Each is blocked by the next one, the last by the first. The one that comes first in their
    /// order is the first. Their sites are those of the instances that the verdict is about.
    pub steps: Vec<Step>,
    /// [`Verdict::Proved`]: witnessed. [`Verdict::Feasible`]: witnessed if reads may see other
    /// writes, or none were recorded. [`Verdict::Possible`]: the threads can meet, but no schedule
    /// was found. [`Verdict::Excluded`]: spawns, joins and signals keep them apart.
    pub verdict: Verdict,
    /// What keeps its threads apart, for [`Verdict::Excluded`].
    pub ordered: Option<Ordered>,
    /// In how many ways the instances of its attempts can be combined.
    pub instances: u64,
    /// A schedule that ends in it, if it is witnessed.
    pub witness: Option<Witness>,
}

impl Pattern {
    /// Whether some schedule ends in it in which every read that was recorded sees what it saw.
    pub fn is_witnessed(&self) -> bool {
        self.witness.as_ref().is_some_and(|witness| witness.changed_reads == 0)
    }
}

/// One step of a pattern is over before another one can begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ordered {
    /// The step that is over, by its place in the pattern.
    pub first: usize,
    /// The step that comes later.
    pub second: usize,
    /// It takes signals to tell, and not spawns and joins alone.
    pub by_signal: bool,
}

/// An attempt of a pattern.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Step {
    /// Who.
    pub thread: ThreadId,
    /// What it waits for.
    pub want: Want,
    /// What it holds, sorted.
    pub held: Vec<(LockId, Mode)>,
    /// Where it waits.
    pub site: SiteId,
}

/// What is waited for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Want {
    /// A lock.
    Lock(LockId, Mode),
    /// The end of a thread.
    End(ThreadId),
}

/// How far each thread goes in a schedule that ends in a pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Witness {
    /// So many steps of these threads.
    prefixes: Vec<life::Point>,
    /// For each attempt of the pattern: as the how many-th step of its thread it was made.
    attempts: Vec<u32>,
    /// How many reads see another write than they did.
    pub changed_reads: u64,
}

/// The patterns of a run.
pub fn predict(history: &History, limits: &Limits) -> Prediction {
    let circles = Circles::find(history, limits);
    let judged = (0..Circles::PARTS).map(|part| circles.judge(part)).collect();
    circles.gather(judged)
}
