//! What is held and waited for, with who holds it.

use std::collections::HashMap;

use lockgraph::finding::{Class, Lock};
use lockgraph::id::{LockId, LockKind, Mode};
use lockgraph::trace::{Source, Trace};

use super::{LaneId, ThingId};

/// What can be held, waited for or told. In traces of others, each sort has numbers of its own.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Thing {
    Lock(LockId),
    Condvar(u64),
    Barrier(u64),
    Channel(u64),
    /// A semaphore, an event, a token, a banker.
    Object(u64),
}

impl Thing {
    /// What it is in this trace.
    pub(crate) fn lock(self, trace: &Trace) -> Lock {
        let (number, kind) = match self {
            Thing::Lock(lock) => return trace.lock(lock),
            Thing::Condvar(number) => (number, LockKind::Condvar),
            Thing::Barrier(number) => (number, LockKind::Barrier),
            Thing::Channel(number) => (number, LockKind::Channel),
            Thing::Object(number) => (number, LockKind::Event),
        };
        match trace.source {
            // In our own traces they are numbered as locks are, and in their table.
            Source::Native(_) => trace.lock(LockId(number)),
            _ => Lock { id: number, kind, class: Class::Unknown, made_for: None },
        }
    }
}

/// All of them.
#[derive(Default)]
pub(super) struct Things {
    numbers: HashMap<Thing, ThingId>,
    all: Vec<Thing>,
    /// By number: who holds it, the latest last, once for each hold.
    holders: Vec<Vec<(LaneId, Mode)>>,
}

impl Things {
    pub(super) fn number(&mut self, thing: Thing) -> ThingId {
        let Things { numbers, all, holders } = self;
        *numbers.entry(thing).or_insert_with(|| {
            all.push(thing);
            holders.push(Vec::new());
            ThingId(all.len() as u32 - 1)
        })
    }

    pub(super) fn find(&self, thing: Thing) -> Option<ThingId> {
        self.numbers.get(&thing).copied()
    }

    pub(super) fn all(&self) -> &[Thing] {
        &self.all
    }

    pub(super) fn add_holder(&mut self, thing: ThingId, lane: LaneId, mode: Mode) {
        self.holders[thing.0 as usize].push((lane, mode));
    }

    pub(super) fn remove_holder(&mut self, thing: ThingId, lane: LaneId, mode: Mode) {
        let holders = &mut self.holders[thing.0 as usize];
        if let Some(at) = holders.iter().rposition(|holder| *holder == (lane, mode)) {
            holders.remove(at);
        }
    }

    pub(super) fn change_holder(&mut self, thing: ThingId, lane: LaneId, from: Mode, to: Mode) {
        let holders = &mut self.holders[thing.0 as usize];
        if let Some(holder) = holders.iter_mut().rfind(|holder| **holder == (lane, from)) {
            holder.1 = to;
        }
    }

    /// Nobody holds it any more. Returns who did.
    pub(super) fn take_holders(&mut self, thing: ThingId) -> Vec<(LaneId, Mode)> {
        std::mem::take(&mut self.holders[thing.0 as usize])
    }

    pub(super) fn latest_holder(&self, thing: ThingId) -> Option<LaneId> {
        self.holders[thing.0 as usize].last().map(|(lane, _)| *lane)
    }

    /// Who of the holders a lane waits for that wants it in this mode.
    pub(super) fn in_the_way(&self, thing: ThingId, lane: LaneId, mode: Mode) -> Option<LaneId> {
        let holders = &self.holders[thing.0 as usize];
        let shuts_out = |(_, held): &&(LaneId, Mode)| mode.waits_for(*held);
        let other = holders.iter().rev().find(|it| it.0 != lane && shuts_out(it));
        let any = other.or_else(|| holders.iter().rev().find(shuts_out));
        // Those who share it are in the way of who queues behind a writer.
        any.or(holders.last()).map(|(lane, _)| *lane)
    }
}
