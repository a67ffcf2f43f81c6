//! What can become of a small program: all interleavings, by a model of each primitive that shares
//! nothing with the detector but the notation.
//!
//! A program is a list of steps for each thread ([`code`]). A state says how far each thread is and
//! what every object is like ([`state`]). One step of one thread leads from state to state
//! ([`turn`]); a thread that cannot go on blocks in a step of its own, since others see that it
//! waits. States are remembered, so the search takes each once: memory and time go with their number,
//! which [`LIMIT`] bounds.

pub(crate) mod code;
pub(crate) mod generate;
pub(crate) mod schedule;
mod state;
mod turn;

use std::collections::{BTreeSet, HashSet};

use self::code::Code;
use self::state::State;

/// More states than this are not looked at.
const LIMIT: usize = 400_000;

/// A rule of the model, which a test can take away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    HoldersExclude,
    ReadersShare,
    ReadersQueue,
    EndReleases,
    TryGivesUp,
    WaitReleases,
    WaitTakesAgain,
    NotifyIsLost,
    NotifyWakesOne,
    RoomIsBounded,
    MeetingNeedsBoth,
    CloseWakes,
    PermitsAreCounted,
    BarrierWaitsForAll,
    OnceRunsOnce,
    EventStays,
    TokenStays,
    TokenIsOne,
    JoinWaits,
    GroupCounts,
    WorkersAreFew,
}

/// What can become of a program.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Fate {
    pub(crate) states: usize,
    /// Every set of threads that can be stuck in the end.
    pub(crate) stuck: BTreeSet<BTreeSet<String>>,
    /// Some run ends well.
    pub(crate) can_end: bool,
}

impl Fate {
    pub(crate) fn never_stuck(&self) -> bool {
        self.stuck.is_empty() && self.can_end
    }

    pub(crate) fn always_stuck(&self) -> bool {
        !self.stuck.is_empty() && !self.can_end
    }
}

/// Looks at everything that can become of `code`, without the rule `without`. `None`: too much.
pub(crate) fn explore(code: &Code, without: Option<Rule>) -> Option<Fate> {
    let mut fate = Fate::default();
    let first = State::first(code, without);
    let mut seen = HashSet::from([first.clone()]);
    let mut open = vec![first];
    while let Some(state) = open.pop() {
        let next = turn::all(code, &state);
        if next.is_empty() {
            let stuck = state.stuck(code);
            fate.can_end |= stuck.is_empty();
            if !stuck.is_empty() {
                fate.stuck.insert(stuck);
            }
        }
        for state in next {
            if seen.insert(state.clone()) {
                open.push(state);
            }
        }
        if seen.len() > LIMIT {
            return None;
        }
    }
    fate.states = seen.len();
    Some(fate)
}
