//! Families in which nothing can happen.

use lockgraph::id::Mode;

use super::circles::noise;
use super::dice::Dice;
use super::script::Script;
use super::{Trace, Truth};

/// Random pairs of locks, all in one order, with shared data inside.
pub(crate) fn clean(threads: u32, locks: u64, rounds: u64, seed: u64) -> Trace {
    let mut dice = Dice::new(seed);
    let events = Script::of(threads, 8 * rounds as usize, |script| {
        for _ in 0..rounds {
            let thread = dice.below(threads.into()) as u32 + 1;
            let variable = dice.below(locks);
            noise(script, &mut dice, thread, locks, variable);
        }
    });
    Trace { events, truth: Truth::none().instances(0) }
}

/// What is around the pairs of [`guarded`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Gate {
    /// Nothing.
    None,
    /// A lock that one thread has at a time.
    Exclusive,
    /// A lock that all have at a time, which keeps nobody out.
    Read,
}

/// Random pairs of locks in random order, all under one gate. Under an exclusive one nothing can
/// happen; one held by readers changes nothing, and what happens without a gate is not known.
pub(crate) fn guarded(threads: u32, locks: u64, rounds: u64, gate: Gate, seed: u64) -> Trace {
    let mut dice = Dice::new(seed);
    let gate_mode = match gate {
        Gate::None => None,
        Gate::Exclusive => Some(Mode::Exclusive),
        Gate::Read => Some(Mode::Shared),
    };
    let events = Script::of(threads, 9 * rounds as usize, |script| {
        for _ in 0..rounds {
            let thread = dice.below(threads.into()) as u32 + 1;
            let (outer, inner) = dice.two_below(locks);
            if let Some(mode) = gate_mode {
                script.take(thread, 0, mode, 9);
            }
            script.nest(thread, outer + 1, inner + 1, 10);
            if gate_mode.is_some() {
                script.unlock(thread, 0);
            }
        }
    });
    let truth = match gate {
        Gate::Exclusive => Truth::none().instances(0),
        Gate::None | Gate::Read => Truth::default(),
    };
    Trace { events, truth }
}

/// Under one hub, `leaves` locks that are made and taken once: a huge graph without a circle.
pub(crate) fn hedc_like(threads: u32, leaves: u64) -> Trace {
    let hub = 0;
    let events = Script::of(threads, 16 * leaves as usize, |script| {
        for leaf in 1..=leaves {
            let thread = (leaf % u64::from(threads)) as u32 + 1;
            script.lock(thread, hub, 10);
            for _ in 0..3 {
                script.lock(thread, leaf, 11);
                script.write(thread, leaf);
                script.unlock(thread, leaf);
            }
            script.unlock(thread, hub);
        }
    });
    Trace { events, truth: Truth::none().instances(0) }
}
