//! Small random programs, run by a random scheduler until they end, are stuck, or are long enough.
//!
//! What comes out is a run that can have been: locks keep their holders, messages are received
//! after they were sent, and who waits at the end has asked for what it waits for.

mod act;
mod objects;
mod run;

use lockgraph::event::Event;
use lockgraph::id::Mode;

use super::dice::Dice;
use run::Run;

/// What the threads of a program use, beside mutexes and forks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mix {
    /// How locks are taken, but for exclusively.
    pub(crate) modes: &'static [Mode],
    /// They upgrade and downgrade.
    pub(crate) changes: bool,
    /// They join each other.
    pub(crate) joins: bool,
    /// They read and write variables.
    pub(crate) variables: bool,
    /// They try, and give up after a time.
    pub(crate) tries: bool,
    /// They send messages, through channels with room for none, one, two or all.
    pub(crate) channels: bool,
    /// They wait for notifications.
    pub(crate) condvars: bool,
    /// They meet at barriers.
    pub(crate) barriers: bool,
    /// They give and take permits, or whatever else is told and heard.
    pub(crate) signals: bool,
    /// They initialise something once.
    pub(crate) onces: bool,
}

const RECURSIVE: &[Mode] = &[Mode::SharedRecursive];
const FAIR: &[Mode] = &[Mode::Shared, Mode::Shared, Mode::SharedRecursive, Mode::Upgradable];
const NONE: Mix = Mix {
    modes: &[],
    changes: false,
    joins: false,
    variables: true,
    tries: true,
    channels: false,
    condvars: false,
    barriers: false,
    signals: false,
    onces: false,
};

/// The mixes that are tested, by name.
pub(crate) const MIXES: &[(&str, Mix)] = &[
    ("mutex", NONE),
    ("join", Mix { joins: true, ..NONE }),
    ("rw", Mix { modes: RECURSIVE, ..NONE }),
    ("fair", Mix { modes: FAIR, ..NONE }),
    ("changes", Mix { modes: FAIR, changes: true, ..NONE }),
    ("fair, join", Mix { modes: FAIR, joins: true, ..NONE }),
    ("channels", Mix { joins: true, channels: true, ..NONE }),
    ("condvars", Mix { joins: true, condvars: true, barriers: true, ..NONE }),
    ("semaphores", Mix { joins: true, signals: true, ..NONE }),
    ("once", Mix { joins: true, onces: true, ..NONE }),
    (
        "all",
        Mix {
            modes: FAIR,
            changes: true,
            joins: true,
            variables: true,
            tries: true,
            channels: true,
            condvars: true,
            barriers: true,
            signals: true,
            onces: true,
        },
    ),
];

/// The events of a random program: 2 to 4 threads, 2 to 4 locks, at most `longest` events.
pub(crate) fn events(mix: &Mix, longest: u64, seed: u64) -> Vec<Event> {
    let mut dice = Dice::new(seed);
    let threads = dice.pick(&[2, 2, 3, 3, 4]);
    let locks = dice.pick(&[2, 2, 3, 4]);
    let length = longest / 3 + dice.below(longest * 2 / 3 + 1);
    let mut run = Run::new(*mix, threads, locks, length as usize, dice);
    while run.step() {}
    run.finish();
    run.events
}
