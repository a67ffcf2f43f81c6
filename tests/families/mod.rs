//! Families of traces of which it is known what is in them, for tests and benchmarks.
//!
//! Each is a function from sizes (and a seed, where chance has a part) to a [`Trace`]: the events,
//! and what must be found in them. Nothing is read, and nothing is used but `lockgraph`'s events,
//! so that any crate can take this directory in with `#[path]`.
//!
//! | file | what is in it |
//! |---|---|
//! | `dice`, `script` | chance; threads that take locks, written down |
//! | `circles` | families with patterns: philosophers, pingpong, mixed, many private pairs ... |
//! | `quiet` | families without: order kept, gates, huge graphs |
//! | `shapes` | small ones, each of which needs one rule of the analysis |
//! | `random` | small random programs, run by a random scheduler |
//! | `rapid_bin` | the events as a RapidBin file |
//!
//! All fork every thread from thread 0 and join them at the end, and write a request before each
//! blocking acquisition that can wait.

pub(crate) mod circles;
pub(crate) mod dice;
pub(crate) mod quiet;
pub(crate) mod random;
pub(crate) mod rapid_bin;
pub(crate) mod script;
pub(crate) mod shapes;

use lockgraph::event::Event;

/// A trace, with what is in it.
pub(crate) struct Trace {
    /// What happened.
    pub(crate) events: Vec<Event>,
    /// What must be found.
    pub(crate) truth: Truth,
}

/// What must be found in a trace, as far as that is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Truth {
    /// How many abstract patterns.
    pub(crate) patterns: Option<u64>,
    /// How many of these have a schedule in which every read sees what it saw.
    pub(crate) witnessed: Option<u64>,
    /// How many have a schedule if reads may see anything.
    pub(crate) feasible: Option<u64>,
    /// In how many ways they can be put together of acquisitions; at most `u64::MAX`.
    pub(crate) instances: Option<u64>,
}

impl Truth {
    /// So many patterns, of which so many have a schedule that keeps what was read, and one that
    /// does not.
    pub(crate) fn new(patterns: u64, witnessed: u64, feasible: u64) -> Truth {
        let [patterns, witnessed, feasible] = [patterns, witnessed, feasible].map(Some);
        Truth { patterns, witnessed, feasible, instances: None }
    }

    /// So many patterns, each of which has a schedule.
    pub(crate) fn all(patterns: u64) -> Truth {
        Truth::new(patterns, patterns, patterns)
    }

    /// Nothing to find.
    pub(crate) fn none() -> Truth {
        Truth::all(0)
    }

    /// The same, with the number of instances.
    pub(crate) fn instances(self, instances: u64) -> Truth {
        Truth { instances: Some(instances), ..self }
    }
}

/// Every family in a small size, by name.
pub(crate) fn small(seed: u64) -> Vec<(&'static str, Trace)> {
    use quiet::Gate;
    use shapes::Reads;
    vec![
        ("philosophers", circles::philosophers(5, 3)),
        ("ordered", circles::ordered(3, 4)),
        ("pingpong", circles::pingpong(4, false)),
        ("pingpong, real", circles::pingpong(4, true)),
        ("mixed", circles::mixed(6, 20, 300, 5, seed)),
        ("dbcp-like", circles::dbcp_like(9, 30, 4, seed)),
        ("stack-like", circles::stack_like(8, 30)),
        ("transfers", circles::transfers(8, 4, 60, seed)),
        ("clean", quiet::clean(6, 20, 300, seed)),
        ("guarded", quiet::guarded(4, 5, 40, Gate::Exclusive, seed)),
        ("hedc-like", quiet::hedc_like(4, 40)),
        ("join-gate", shapes::join_gate()),
        ("lifetime", shapes::lifetime()),
        ("recursive-read, fair", shapes::recursive_read(Reads::Fair)),
        ("recursive-read, recursive", shapes::recursive_read(Reads::Recursive)),
        ("rw-chain, closed", shapes::rw_chain(4, Reads::Recursive, false)),
        ("rw-chain, open", shapes::rw_chain(4, Reads::Recursive, true)),
        ("rw-chain, open, a writer queues", shapes::rw_chain(4, Reads::Fair, true)),
        ("condvar-handshake", shapes::condvar_handshake(true)),
        ("condvar-handshake without its notification", shapes::condvar_handshake(false)),
        ("nested-monitor", shapes::nested_monitor()),
        ("reentrant", shapes::reentrant()),
        ("open-cs", shapes::open_section()),
        ("first-event", shapes::first_event()),
        ("sp-miss", shapes::swapped_sections()),
    ]
}
