//! What a child can be told to do that the little language of `program` cannot say. Each scenario
//! is a function; a broken promise is a panic, which the parent sees as a bad exit.
//!
//! Threads are staged with `std` channels and barriers, which the detector does not see.

// Not in a directory of tests, for their locks are in no order.
#[path = "../../fixtures/declared.rs"]
mod declared;
mod habits;
mod load;
mod order;
mod producers;
mod shown;

pub(crate) use declared::NESTED;
pub(crate) use load::{Dice, RSS};

/// All scenarios by name.
const ALL: &[(&str, fn())] = &[
    ("abba", order::abba),
    ("two_mistakes", order::two_mistakes),
    ("thousand_times", order::thousand_times),
    ("at_a_barrier", order::at_a_barrier),
    ("back_off", order::back_off),
    ("slot_reuse", order::slot_reuse),
    ("ring_on_small_stacks", order::ring_on_small_stacks),
    ("declared", declared::nested),
    ("victim", habits::victim),
    ("tls_destructor", habits::tls_destructor),
    ("callback_takes_locks", habits::callback_takes_locks),
    ("quiet", habits::quiet),
    ("wait_while", habits::wait_while),
    ("wakeups", habits::wakeups),
    ("counter", habits::counter),
    ("heavy_values", load::heavy_values),
    ("growing_graph", load::growing_graph),
    ("one_raw_lock", order::one_raw_lock),
    ("producers", producers::many_runs),
    ("churn", load::churn),
    ("churn_on_small_stacks", load::churn_on_small_stacks),
    ("philosophers", || shown::dinner(false)),
    ("philosophers_ordered", || shown::dinner(true)),
    ("dinner_ordered", || shown::dinner_by(shown::Way::Ordered)),
    ("dinner_ranked", || shown::dinner_by(shown::Way::Ranked)),
    ("dinner_back_off", || shown::dinner_by(shown::Way::BackOff)),
    ("dinner_banker", || shown::dinner_by(shown::Way::Banker)),
    ("dinner_waiter", || shown::dinner_by(shown::Way::Waiter)),
    ("bank", || shown::transfers(false)),
    ("bank_ordered", || shown::transfers(true)),
];

/// Runs the scenario called `name`.
pub(crate) fn run(name: &str) {
    let known = ALL.iter().find(|(known, _)| *known == name);
    let (_, scenario) = known.unwrap_or_else(|| panic!("there is no scenario {name}"));
    scenario();
}
