//! The rules of a reordering, as questions about how far each thread has come.
//!
//! A thread is a list of points: its steps but for marks and requests that were granted. Each
//! point knows what must have been done before its thread comes to it (*arrives*) and before it is
//! done (*needs*), and which sections of other threads must be over (*clashes*).

mod build;
mod holds;
mod links;

pub(super) use build::shared;

use lockgraph::id::Mode;

use super::{Attempt, Pattern, Rule, Rules};

/// The number of no attempt.
pub(super) const NOTHING: usize = usize::MAX;
/// More steps than any thread has.
pub(super) const NEVER: u8 = u8::MAX;
pub(super) const THREADS: usize = 8;
pub(super) const VARIABLES: usize = 8;

/// So many steps of a thread.
pub(super) type Done = (usize, u8);

/// A section of another thread that keeps out: once it has begun, at point `begins`, its end must
/// have been passed, too.
#[derive(Clone, Copy, Debug)]
struct Clash {
    thread: usize,
    begins: u8,
    ends: u8,
}

/// What a point does to variables.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Touch {
    #[default]
    Nothing,
    /// Sees this write of a variable, 0 for none.
    Reads(usize, u8),
    /// Is this write of it.
    Writes(usize, u8),
}

/// A step of a thread.
#[derive(Clone, Debug, Default)]
pub(crate) struct Point {
    /// Its number in the trace.
    pub(crate) event: usize,
    /// What must have been done for its thread to be here.
    arrives: Vec<Done>,
    /// What must have been done before this is.
    needs: Vec<Done>,
    clashes: Vec<Clash>,
    touch: Touch,
    /// It tries a lock in vain: these sections, which kept it out, must have begun, and one of
    /// them must not be over, else it would have the lock.
    refusers: Vec<usize>,
    attempt: Option<usize>,
    /// A request that is never granted.
    is_stuck: bool,
}

/// A trace, as far as it matters.
#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) threads: Vec<Vec<Point>>,
    /// The threads' own numbers.
    pub(crate) names: Vec<u32>,
    /// All attempts, without those that are the same.
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) has_reads: bool,
    rules: Rules,
    sections: Vec<Section>,
    /// For each number of a state, one more than it can be.
    places: [u64; THREADS + VARIABLES],
}

/// How far each thread has come, and what was written last to each variable.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct State {
    done: [u8; THREADS],
    last: [u8; VARIABLES],
}

impl State {
    fn has(self, (thread, steps): Done) -> bool {
        self.done[thread] >= steps
    }
}

impl Model {
    fn next(&self, state: State, thread: usize) -> Option<&Point> {
        self.threads.get(thread)?.get(usize::from(state.done[thread]))
    }

    /// The same number only for the same state of this model.
    pub(super) fn key(&self, state: State) -> u64 {
        let numbers = state.done.iter().chain(&state.last);
        let places = numbers.zip(&self.places);
        places.fold(0, |key, (number, place)| key * place + u64::from(*number))
    }

    /// Whether an acquisition begins a critical section: not if the thread has the lock already.
    pub(crate) fn begins_section(&self, event: usize) -> bool {
        self.sections.iter().any(|section| section.event == event)
    }

    /// Whether a release ends one.
    pub(crate) fn ends_section(&self, event: usize) -> bool {
        self.sections.iter().any(|section| section.end == Some(event))
    }

    /// The event that a thread does next.
    pub(crate) fn next_event(&self, state: State, thread: usize) -> Option<usize> {
        self.next(state, thread).map(|point| point.event)
    }

    /// The attempt before which a thread stands.
    pub(crate) fn attempt_at(&self, state: State, thread: usize) -> Option<usize> {
        let point = self.next(state, thread)?;
        let is_first = state.done[thread] == 0 && !self.rules.has(Rule::FirstStepsToo);
        let has_arrived = is_first || point.arrives.iter().all(|done| state.has(*done));
        point.attempt.filter(|_| has_arrived)
    }

    /// Whether the next step of a thread can be taken now.
    pub(crate) fn can_step(&self, state: State, thread: usize, keeps_reads: bool) -> bool {
        let Some(point) = self.next(state, thread) else { return false };
        let is_over = |clash: &Clash| {
            state.done[clash.thread] <= clash.begins || state.done[clash.thread] > clash.ends
        };
        let sees_the_same = match point.touch {
            Touch::Reads(variable, write) => !keeps_reads || state.last[variable] == write,
            _ => true,
        };
        !point.is_stuck
            && sees_the_same
            && point.arrives.iter().chain(&point.needs).all(|done| state.has(*done))
            && point.clashes.iter().all(is_over)
            && self.is_refused(state, &point.refusers)
    }

    fn is_refused(&self, state: State, refusers: &[usize]) -> bool {
        let mut sections = refusers.iter().map(|section| self.sections[*section]);
        let has_begun = |section: Section| state.done[section.thread] > section.begins;
        let is_open = |section: Section| state.done[section.thread] <= section.ends;
        sections.clone().all(has_begun) && (refusers.is_empty() || sections.any(is_open))
    }

    /// The state after the next step of a thread.
    pub(crate) fn step(&self, mut state: State, thread: usize, keeps_reads: bool) -> State {
        if let Some(point) = self.next(state, thread) {
            state.done[thread] += 1;
            if let Touch::Writes(variable, write) = point.touch
                && keeps_reads
            {
                state.last[variable] = write;
            }
        }
        state
    }

    /// The state after the trace itself, or the number of the event that could not be taken there.
    pub(crate) fn replay(&self) -> Result<State, usize> {
        let points = self.threads.iter().enumerate();
        let mut order: Vec<(usize, usize)> = points
            .flat_map(|(thread, points)| points.iter().map(move |point| (point, thread)))
            .filter(|(point, _)| !point.is_stuck)
            .map(|(point, thread)| (point.event, thread))
            .collect();
        order.sort_unstable();
        order.into_iter().try_fold(State::default(), |state, (event, thread)| {
            let can = self.can_step(state, thread, true);
            if can { Ok(self.step(state, thread, true)) } else { Err(event) }
        })
    }

    /// The threads of a pattern, with the numbers of their attempts.
    pub(crate) fn numbers(&self, pattern: &Pattern) -> Vec<(usize, usize)> {
        let number = |attempt: &Attempt| {
            let thread = self.names.iter().position(|name| *name == attempt.thread);
            let number = self.attempts.iter().position(|other| other == attempt);
            thread.zip(number).expect("the pattern is of this trace")
        };
        pattern.iter().map(number).collect()
    }
}

/// A lock held from one point of a thread to another, exclusive of none.
#[derive(Clone, Copy, Debug)]
struct Section {
    thread: usize,
    lock: u64,
    mode: Mode,
    begins: u8,
    /// [`NEVER`] if it does not end.
    ends: u8,
    /// The acquisition's number in the trace.
    event: usize,
    /// The number of the event that ends it.
    end: Option<usize>,
}
