//! Schedules that real threads can be driven along: one thread after the other does its next step, and
//! what that sets free goes on by itself before the next one.
//!
//! Only steps with one outcome are taken, and only where at most one blocked thread can go on at a
//! time: who else would win is not in the driver's hands.

use std::collections::{BTreeSet, HashSet};

use super::code::Code;
use super::state::{State, Status};
use super::turn;
use crate::scenario::Dice;

/// More states than this are not looked at.
const LIMIT: usize = 20_000;

/// Which thread goes next, and who is stuck after the last step; nobody, if all have ended.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    pub(crate) turns: Vec<usize>,
    pub(crate) stuck: BTreeSet<String>,
}

/// Looks for a schedule that ends stuck, or well, as asked.
pub(crate) fn find(code: &Code, ends_stuck: bool, dice: &mut Dice) -> Option<Schedule> {
    let mut seen = HashSet::new();
    let mut open = vec![(settled(code, State::first(code, None))?, Vec::new())];
    while let Some((state, turns)) = open.pop() {
        let mut ready = ready(&state);
        let stuck = state.stuck(code);
        if ready.is_empty() && stuck.is_empty() != ends_stuck {
            return Some(Schedule { turns, stuck });
        }
        while !ready.is_empty() {
            let thread = ready.swap_remove(dice.below(ready.len()));
            let Some(next) = after(code, &state, thread) else { continue };
            if seen.insert(next.clone()) {
                let mut turns = turns.clone();
                turns.push(thread);
                open.push((next, turns));
            }
        }
        if seen.len() > LIMIT {
            return None;
        }
    }
    None
}

fn ready(state: &State) -> Vec<usize> {
    let is_ready = |at: &usize| state.threads[*at].status == Status::Ready;
    (0..state.threads.len()).filter(is_ready).collect()
}

fn after(code: &Code, state: &State, thread: usize) -> Option<State> {
    settled(code, only(turn::of(code, state, thread))?)
}

/// Lets blocked threads go on that can. `None` if it is not certain what happens then.
fn settled(code: &Code, mut state: State) -> Option<State> {
    loop {
        let goes_on = |at: &usize| {
            let waits = state.threads[*at].status != Status::Ready;
            waits && !turn::of(code, &state, *at).is_empty()
        };
        let free: Vec<usize> = (0..state.threads.len()).filter(goes_on).collect();
        match free[..] {
            [] => return Some(state),
            [thread] => state = only(turn::of(code, &state, thread))?,
            _ => return None,
        }
    }
}

fn only(mut states: Vec<State>) -> Option<State> {
    let state = states.pop()?;
    states.is_empty().then_some(state)
}
