//! Ends of threads, and who waits for them while holding locks.
//!
//! A join lasts for ever if the thread still needs a lock that the joiner holds. So what a thread
//! took in its life is kept when it ends, and compared with what is held by whoever joins it; either
//! may come first, because a scope ends before its threads have.
//!
//! Bounded: the lives of the last [`KEPT`] threads that ended without being joined.

use std::collections::{HashMap, VecDeque};

use crate::held::Hold;
use crate::id::ThreadId;
use crate::slab::Hashing;

/// Lives that are kept for a join.
const KEPT: usize = 1024;

/// A lock that was taken, and the last segment that was closed by then: it is over for whoever
/// knows that a later one is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Take<S> {
    pub(crate) hold: Hold<S>,
    pub(crate) after: Option<u32>,
}

/// A join by a thread that holds locks.
#[derive(Clone, Debug)]
pub(crate) struct Join<S> {
    pub(crate) thread: ThreadId,
    pub(crate) site: S,
    pub(crate) held: Vec<Hold<S>>,
    /// What is known to be over of the joined thread when its end is waited for.
    pub(crate) knows: Option<u32>,
}

/// A join that can last for ever: the thread takes what is held, at that place, meanwhile.
#[derive(Clone, Debug)]
pub(crate) struct StuckJoin<S> {
    pub(crate) join: Join<S>,
    pub(crate) child: ThreadId,
    pub(crate) hold: usize,
    pub(crate) need: Hold<S>,
}

/// Threads that ended or are joined, where the other half is still to come.
pub(crate) struct Ends<S> {
    lives: HashMap<ThreadId, Vec<Take<S>>, Hashing>,
    order: VecDeque<ThreadId>,
    joins: HashMap<ThreadId, Join<S>, Hashing>,
}

impl<S> Default for Ends<S> {
    fn default() -> Ends<S> {
        Ends { lives: HashMap::default(), order: VecDeque::new(), joins: HashMap::default() }
    }
}

impl<S: Copy> Ends<S> {
    /// `child` has ended, and took this in its life.
    pub(crate) fn ended(&mut self, child: ThreadId, life: Vec<Take<S>>) -> Option<StuckJoin<S>> {
        if let Some(join) = self.joins.remove(&child) {
            return stuck(join, child, &life);
        }
        if !life.is_empty() {
            self.lives.insert(child, life);
            self.order.push_back(child);
            if self.order.len() > KEPT
                && let Some(oldest) = self.order.pop_front()
            {
                self.lives.remove(&oldest);
            }
        }
        None
    }

    /// `child` was waited for.
    pub(crate) fn joined(&mut self, child: ThreadId, join: Join<S>) -> Option<StuckJoin<S>> {
        if let Some(life) = self.lives.remove(&child) {
            return stuck(join, child, &life);
        }
        if !join.held.is_empty() && self.joins.len() < KEPT {
            self.joins.insert(child, join);
        }
        None
    }
}

fn stuck<S: Copy>(join: Join<S>, child: ThreadId, life: &[Take<S>]) -> Option<StuckJoin<S>> {
    let (hold, need) = join.held.iter().enumerate().find_map(|(at, held)| {
        let is_it = |take: &&Take<S>| {
            let is_over = join.knows > take.after;
            take.hold.lock == held.lock && take.hold.mode.waits_for(held.mode) && !is_over
        };
        Some((at, life.iter().find(is_it)?.hold))
    })?;
    Some(StuckJoin { join, child, hold, need })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{LockId, Mode};

    const CHILD: ThreadId = ThreadId(2);

    fn hold(lock: u64, mode: Mode) -> Hold<()> {
        Hold::new(LockId(lock), mode, ())
    }

    fn take(lock: u64, mode: Mode, after: Option<u32>) -> Vec<Take<()>> {
        vec![Take { hold: hold(lock, mode), after }]
    }

    fn join(held: &[(u64, Mode)], knows: Option<u32>) -> Join<()> {
        let held = held.iter().map(|(lock, mode)| hold(*lock, *mode)).collect();
        Join { thread: ThreadId(1), site: (), held, knows }
    }

    #[test]
    fn a_join_lasts_if_the_thread_needs_what_is_held() {
        let (x, s) = (Mode::Exclusive, Mode::Shared);
        for (life, join, want) in [
            (take(7, x, None), join(&[(7, x)], None), Some(7)),
            (take(7, x, None), join(&[(6, x), (7, x)], None), Some(7)),
            (take(7, x, None), join(&[(6, x)], None), None),
            (take(7, x, None), join(&[], None), None),
            (take(7, s, None), join(&[(7, s)], None), None),
            (take(7, s, None), join(&[(7, x)], None), Some(7)),
            // Over before: the joiner has heard of a segment that was closed later.
            (take(7, x, None), join(&[(7, x)], Some(0)), None),
            (take(7, x, Some(3)), join(&[(7, x)], Some(3)), Some(7)),
            (take(7, x, Some(3)), join(&[(7, x)], Some(4)), None),
        ] {
            let mut ends = Ends::default();
            assert!(ends.ended(CHILD, life.clone()).is_none());
            let found = ends.joined(CHILD, join.clone()).map(|stuck| stuck.need.lock.0);
            assert_eq!(found, want, "{life:?} {join:?}");
            let mut ends = Ends::default();
            assert!(ends.joined(CHILD, join).is_none());
            let found = ends.ended(CHILD, life).map(|stuck| stuck.need.lock.0);
            assert_eq!(found, want, "a scope ends first");
        }
    }

    #[test]
    fn threads_that_nobody_joins_are_forgotten() {
        let mut ends = Ends::default();
        for thread in 0..100_000 {
            ends.ended(ThreadId(thread), take(7, Mode::Exclusive, None));
            ends.joined(ThreadId(thread + 1_000_000), join(&[], None));
        }
        assert!(ends.lives.len() <= KEPT && ends.order.len() <= KEPT && ends.joins.is_empty());
    }
}
