//! Channels that several threads receive from, or that a choice is made between: all of a program
//! in one place, under one tracked mutex with one tracked condition variable.
//!
//! A thread that has to wait leaves an offer. At a channel without room sender and receiver must
//! meet, so whoever comes second takes up the offer of the first.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use lockgraph::sync::{Condvar, Mutex, MutexGuard};

use crate::hold::eternal_name;
use crate::program::Arm;

/// All such channels of a program.
pub(crate) struct Exchange {
    inside: Mutex<Inside>,
    changed: Condvar,
}

#[derive(Default)]
struct Inside {
    channels: BTreeMap<String, Channel>,
    offers: BTreeMap<usize, Offer>,
    next: usize,
}

/// One channel.
struct Channel {
    queued: usize,
    room: Option<usize>,
    closed: bool,
}

/// What a waiting thread would do, and what was done with it.
struct Offer {
    arms: Vec<Arm>,
    taken: bool,
}

impl Exchange {
    pub(crate) fn new(channels: impl Iterator<Item = (String, Option<usize>)>) -> Exchange {
        let channel = |(name, room)| (name, Channel { queued: 0, room, closed: false });
        let inside = Inside { channels: channels.map(channel).collect(), ..Inside::default() };
        let inside = lockgraph::named::mutex(eternal_name("exchange"), inside);
        Exchange { inside, changed: Condvar::new() }
    }

    /// Does one of `arms`, the first that is possible; nothing if none is and `otherwise`.
    pub(crate) fn select(&self, arms: &[Arm], otherwise: bool) {
        let mut inside = self.lock();
        if inside.attempt(arms) {
            self.changed.notify_all();
            return;
        }
        if otherwise {
            return;
        }
        let me = inside.next;
        inside.next += 1;
        inside.offers.insert(me, Offer { arms: arms.to_vec(), taken: false });
        while !inside.is_over(me, arms) {
            inside = self.changed.wait(inside).unwrap_or_else(PoisonError::into_inner);
        }
        self.changed.notify_all();
    }

    /// There are no senders any more.
    pub(crate) fn close(&self, channel: &str) {
        self.lock().channel(channel).closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn attempt(&mut self, arms: &[Arm]) -> bool {
        arms.iter().any(|arm| if arm.sends { self.send(arm) } else { self.receive(arm) })
    }

    /// Whether the offer `me` was taken up, or is not needed any more; it is gone then.
    fn is_over(&mut self, me: usize, arms: &[Arm]) -> bool {
        let Some(offer) = self.offers.remove(&me) else { return true };
        if offer.taken || self.attempt(arms) {
            return true;
        }
        self.offers.insert(me, offer);
        false
    }

    fn send(&mut self, arm: &Arm) -> bool {
        let channel = self.channel(&arm.channel);
        if channel.room.is_none_or(|room| channel.queued < room) {
            channel.queued += 1;
            return true;
        }
        channel.room == Some(0) && self.take_up(arm)
    }

    fn receive(&mut self, arm: &Arm) -> bool {
        let channel = self.channel(&arm.channel);
        if channel.queued > 0 {
            channel.queued -= 1;
            return true;
        }
        channel.closed || channel.room == Some(0) && self.take_up(arm)
    }

    /// Takes up the oldest offer of the other side.
    fn take_up(&mut self, mine: &Arm) -> bool {
        let fits = |arm: &Arm| arm.channel == mine.channel && arm.sends != mine.sends;
        let fits = |offer: &&mut Offer| !offer.taken && offer.arms.iter().any(fits);
        let offer = self.offers.values_mut().find(fits);
        offer.map(|offer| offer.taken = true).is_some()
    }

    fn channel(&mut self, name: &str) -> &mut Channel {
        self.channels.get_mut(name).expect("every shared channel is declared")
    }
}
