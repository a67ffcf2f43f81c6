//! How far every thread is, and what every object is like.

use std::collections::BTreeSet;

use super::Rule;
use super::code::{Code, Mode, Step};

/// What a thread is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Status {
    Absent,
    /// In the queue of a pool, as the how-manieth.
    Queued(usize, usize),
    /// About to do its next step.
    Ready,
    /// Has begun its step, and cannot go on.
    Blocked,
    /// Waits for a notification.
    InWait,
    /// Notified, and wants its mutex back.
    Woken,
    /// Has come to a barrier.
    AtBarrier,
    Done,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Thread {
    pub(super) at: usize,
    pub(super) status: Status,
    pub(super) tokens: usize,
    /// Locks in the order in which they were taken; false if it was refused.
    pub(super) holds: Vec<(usize, bool)>,
    /// Permits in the order in which they were taken: of which semaphore, how many, and whether it
    /// was not refused.
    pub(super) permits: Vec<(usize, usize, bool)>,
    /// On which pool it runs.
    pub(super) pool: Option<usize>,
}

/// Who has a lock: threads, `usize::MAX` for nobody that will give it back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Lock {
    pub(super) holders: Vec<(usize, Mode)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Once {
    New,
    Running,
    Over,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct State {
    pub(super) without: Option<Rule>,
    pub(super) threads: Vec<Thread>,
    pub(super) locks: Vec<Lock>,
    pub(super) flags: Vec<bool>,
    /// How many messages, and whether it is closed.
    pub(super) channels: Vec<(usize, bool)>,
    pub(super) permits: Vec<usize>,
    pub(super) groups: Vec<usize>,
    pub(super) onces: Vec<Once>,
    pub(super) events: Vec<bool>,
    pub(super) submitted: usize,
}

impl std::hash::Hash for Rule {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        (*self as usize).hash(state);
    }
}

impl State {
    pub(super) fn first(code: &Code, without: Option<Rule>) -> State {
        let thread = |_| Thread {
            at: 0,
            status: Status::Absent,
            tokens: 0,
            holds: Vec::new(),
            permits: Vec::new(),
            pool: None,
        };
        let mut state = State {
            without,
            threads: (0..code.threads.len()).map(thread).collect(),
            locks: vec![Lock::default(); code.locks],
            flags: code.flags.clone(),
            channels: vec![(0, false); code.rooms.len()],
            permits: code.permits.clone(),
            groups: code.groups.clone(),
            onces: vec![Once::New; code.onces],
            events: vec![false; code.events],
            submitted: 0,
        };
        for &thread in &code.first {
            state.threads[thread].status = Status::Ready;
        }
        for &(job, pool) in &code.queued {
            state.submit(pool, job);
        }
        state
    }

    /// Whether the rule holds.
    pub(super) fn has(&self, rule: Rule) -> bool {
        self.without != Some(rule)
    }

    /// Gives back the latest permit that is one for as many, else gives what nobody took.
    pub(super) fn release(&mut self, thread: usize, semaphore: usize, count: usize) {
        let permits = &mut self.threads[thread].permits;
        let is_it = |&(of, taken, is_taken): &(usize, usize, bool)| {
            of == semaphore && (taken == count || !is_taken)
        };
        let at = permits.iter().rposition(is_it);
        let (_, _, gives) = at.map_or((semaphore, count, true), |at| permits.remove(at));
        if gives {
            self.permits[semaphore] += count;
        }
    }

    pub(super) fn submit(&mut self, pool: usize, job: usize) {
        self.threads[job].status = Status::Queued(pool, self.submitted);
        self.submitted += 1;
    }

    /// The step that a thread is at.
    pub(super) fn step<'a>(&self, code: &'a Code, thread: usize) -> &'a Step {
        let steps = &code.threads[thread];
        let mut at = self.threads[thread].at;
        while let Step::Jump(to) = &steps[at.min(steps.len() - 1)] {
            at = *to;
        }
        &steps[at.min(steps.len() - 1)]
    }

    /// Lets a thread go to the step after the one that it is at.
    pub(super) fn advance(&mut self, code: &Code, thread: usize) {
        let steps = &code.threads[thread];
        let mut at = self.threads[thread].at;
        while let Some(Step::Jump(to)) = steps.get(at) {
            at = *to;
        }
        self.go(thread, at.min(steps.len() - 1) + 1);
    }

    pub(super) fn go(&mut self, thread: usize, at: usize) {
        self.threads[thread].at = at;
        self.threads[thread].status = Status::Ready;
    }

    /// The threads that have not ended and should.
    pub(super) fn stuck(&self, code: &Code) -> BTreeSet<String> {
        let is_stuck = |&at: &usize| {
            let status = self.threads[at].status;
            let began = !matches!(status, Status::Absent | Status::Done | Status::Queued(..));
            began && !code.endless[at]
        };
        (0..self.threads.len()).filter(is_stuck).map(|at| code.names[at].clone()).collect()
    }
}
