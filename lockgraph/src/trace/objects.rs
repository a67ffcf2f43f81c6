//! In which order things are done to what is no lock, while events are put in order.
//!
//! An atomic variable, a condition variable or a barrier counts what is done to it: by these turns.
//! Whoever heard something comes after everybody who told it.
//!
//! O(1) for an event, but for the turns ([`Turns`]). Where turns are missing, because events were
//! lost, the next one there is goes on.

use std::collections::HashMap;

use super::turns::Turns;
use crate::event::Op;

/// What an event can wait for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Awaited {
    /// This turn at this object may be the next one.
    Turn(u64, u64),
    /// All that this object was told.
    Told(u64),
}

/// What is still to come.
#[derive(Default)]
pub(super) struct Objects {
    coming: HashMap<u64, Turns>,
    to_tell: HashMap<u64, u64>,
}

impl Objects {
    /// There is such an event.
    pub(super) fn note(&mut self, op: Op, turn: u64) {
        if let Some(object) = turned(op, turn) {
            self.coming.entry(object).or_default().note(turn);
        } else if let Op::Tell(object) = op {
            *self.to_tell.entry(object).or_default() += 1;
        }
    }

    /// All events have been noted.
    pub(super) fn seal(&mut self) {
        self.coming.values_mut().for_each(Turns::seal);
    }

    /// What must happen before this event.
    pub(super) fn obstacle(&self, op: Op, turn: u64) -> Option<Awaited> {
        if let Some(object) = turned(op, turn) {
            let next = self.coming.get(&object)?.next()?;
            return (next < turn).then_some(Awaited::Turn(object, turn));
        }
        let Op::Hear(object) = op else { return None };
        self.to_tell.contains_key(&object).then_some(Awaited::Told(object))
    }

    /// An event takes effect. `wake` is told what need not be waited for any more.
    pub(super) fn pass(&mut self, op: Op, turn: u64, mut wake: impl FnMut(Awaited)) {
        if let Some(object) = turned(op, turn) {
            self.pass_turn(object, turn, wake);
        } else if let Op::Tell(object) = op
            && let Some(left) = self.to_tell.get_mut(&object)
        {
            *left -= 1;
            if *left == 0 {
                self.to_tell.remove(&object);
                wake(Awaited::Told(object));
            }
        }
    }

    fn pass_turn(&mut self, object: u64, turn: u64, mut wake: impl FnMut(Awaited)) {
        let Some(coming) = self.coming.get_mut(&object) else { return };
        // Those before it are left if a thread was forced on: who was overtaken need not wait.
        while let Some(next) = coming.next().filter(|next| *next <= turn) {
            coming.pop();
            if next == turn {
                break;
            }
            wake(Awaited::Turn(object, next));
        }
        if let Some(next) = coming.next() {
            wake(Awaited::Turn(object, next));
        }
    }
}

/// The object at which an event has this turn, if it has one.
fn turned(op: Op, turn: u64) -> Option<u64> {
    match op {
        Op::Read(object)
        | Op::Write(object)
        | Op::Wait(object)
        | Op::TimedWait(object)
        | Op::Woken(object)
        | Op::Notify(object)
        | Op::Arrive(object)
        | Op::Leave(object) => (turn != 0).then_some(object),
        _ => None,
    }
}
