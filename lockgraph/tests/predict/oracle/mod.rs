//! What can happen instead of a run that was seen, by trying all of it.
//!
//! A *reordering* takes a first part of each thread and puts the steps in any order that keeps to
//! the rules (`model`); `explore` walks through all of them as a graph of states, `circle` says
//! which wants make a circle. Nothing here is clever and nothing is shared with the analysis,
//! which it is held against: not even the question who waits for whom.
//!
//! For traces with at most 8 threads, 250 steps of each, 8 variables and 250 writes of each:
//! others panic. The time is the product of the threads' lengths at worst.

mod circle;
mod explore;
mod model;
mod rule;

use std::collections::{BTreeSet, HashMap};

use lockgraph::event::{Event, Op};
use lockgraph::id::Mode;

pub(crate) use explore::Explorer;
pub(crate) use model::{Model, State};
pub(crate) use rule::{Rule, Rules};

/// Something that a thread may wait for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Want {
    Lock(u64, Mode),
    /// The end of a thread.
    End(u32),
}

impl Want {
    /// Lets writers that wait go first.
    pub(crate) fn is_queueing(self) -> bool {
        matches!(self, Want::Lock(_, Mode::Shared | Mode::Upgradable))
    }

    pub(crate) fn is_writing(self) -> bool {
        matches!(self, Want::Lock(_, Mode::Exclusive))
    }
}

/// A thread that wants something while it holds something; whenever it does.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Attempt {
    pub(crate) thread: u32,
    pub(crate) want: Want,
    /// In order, each once.
    pub(crate) held: Vec<(u64, Mode)>,
}

/// Each waits for the next, the last for the first; the lowest thread comes first.
pub(crate) type Pattern = Vec<Attempt>;

/// The patterns of a trace.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Answer {
    /// All of them.
    pub(crate) patterns: BTreeSet<Pattern>,
    /// Those at which a reordering ends, with every read seeing what it saw.
    pub(crate) witnessed: BTreeSet<Pattern>,
    /// The same, whatever reads see.
    pub(crate) feasible: BTreeSet<Pattern>,
}

/// Whether everything can be tried, where so many states are not too many.
pub(crate) fn fits(events: &[Event], most: u64) -> bool {
    let shared = model::shared(events);
    let mut steps: HashMap<u32, u64> = HashMap::new();
    let mut writes: HashMap<u64, u64> = HashMap::new();
    for event in events {
        let steps_of = steps.entry(event.thread.0).or_default();
        match event.op {
            Op::Read(variable) | Op::Write(variable) if !shared.contains(&variable) => continue,
            Op::Begin | Op::End | Op::Branch | Op::Request(..) => continue,
            Op::Write(variable) => *writes.entry(variable).or_default() += 1,
            _ => {}
        }
        *steps_of += 1;
        if let Op::Fork(child) = event.op {
            steps.entry(child.0).or_default();
        }
    }
    let product = |numbers: &mut dyn Iterator<Item = &u64>| {
        numbers.fold(1, |all: u64, number| all.saturating_mul(number + 1))
    };
    let states = product(&mut steps.values());
    steps.len() <= model::THREADS
        && writes.len() <= model::VARIABLES
        && steps.values().chain(writes.values()).all(|number| *number < 250)
        && states < most
        && states.saturating_mul(product(&mut writes.values())) < u64::MAX / 2
}

/// What can happen instead of `events`.
pub(crate) fn answer(events: &[Event], explorer: &mut Explorer) -> Answer {
    answer_by(Rules::default(), events, explorer)
}

/// The same by these rules.
pub(crate) fn answer_by(rules: Rules, events: &[Event], explorer: &mut Explorer) -> Answer {
    let model = Model::by(rules, events);
    let patterns = circle::all(rules, &model.attempts);
    let ways: Vec<_> = patterns.iter().map(|pattern| model.numbers(pattern)).collect();
    let keeps_reads = rules.has(Rule::ReadsSeeTheSame);
    let reached = explorer.reach(&model, &ways, keeps_reads);
    let loose = match model.has_reads && keeps_reads && reached.contains(&false) {
        true => explorer.reach(&model, &ways, false),
        false => reached.clone(),
    };
    let those = |which: &[bool]| {
        let those = patterns.iter().zip(which).filter(|(_, is_reached)| **is_reached);
        those.map(|(pattern, _)| pattern.clone()).collect()
    };
    Answer { witnessed: those(&reached), feasible: those(&loose), patterns }
}

/// Whether who holds a lock in the one mode keeps out who wants it in the other.
fn keeps_out(rules: Rules, held: Mode, wanted: Mode) -> bool {
    match (held, wanted) {
        (Mode::Exclusive, _) | (_, Mode::Exclusive) => true,
        (held, wanted) if rules.has(Rule::ReadersShare) => !is_reader(held) && !is_reader(wanted),
        _ => true,
    }
}

fn is_reader(mode: Mode) -> bool {
    matches!(mode, Mode::Shared | Mode::SharedRecursive)
}
