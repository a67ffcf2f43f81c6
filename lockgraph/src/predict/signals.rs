//! Signals: what one thread does and another one hears of, so that it must come first.
//!
//! | what happens | comes after |
//! |---|---|
//! | hears at an object | all that was told there before |
//! | leaves a barrier | all arrivals so far |
//! | woken by a condition variable | the notifications since its own wait began |
//! | k-th receive of a channel | the k-th send, and the receive before it |
//! | k-th send | the send before it; in a channel with room for n, the receive number k - n |
//! | what follows a send without room | whatever precedes its receive; without one it cannot be |
//!
//! Where one of several would have been enough all of them are asked for: a schedule may be
//! missed for that, but none is wrong. Memory follows objects and the threads that tell there, and
//! messages that are under way.

use std::collections::{HashMap, VecDeque};

use super::life::Point;
use crate::event::Op;
use crate::slab::Hashing;

/// All objects at which signals were seen.
#[derive(Default)]
pub(super) struct Signals {
    objects: HashMap<u64, Told, Hashing>,
    barriers: HashMap<u64, Told, Hashing>,
    condvars: HashMap<u64, Condvar, Hashing>,
    channels: HashMap<u64, Channel, Hashing>,
}

/// What was told at an object: by thread, when last.
#[derive(Default)]
struct Told(Vec<Point>);

#[derive(Default)]
struct Condvar {
    /// Since somebody waits.
    notifications: Vec<Point>,
    /// By waiting thread: how many of these there were when it began.
    waiting: HashMap<u32, usize, Hashing>,
}

struct Channel {
    room: Option<u32>,
    /// Not received yet: where it was sent, and which link of the sender waits for its receive.
    under_way: VecDeque<(Point, Option<usize>)>,
    last_send: Option<Point>,
    last_receive: Option<Point>,
    /// The receives that the sends to come have to wait for, if the room has an end.
    made_room: VecDeque<Point>,
    sent: u64,
}

/// What happens to a message for which there is no room.
pub(super) enum Handed {
    /// Whatever its sender does next waits for its receive: see [`Signals::waits`].
    Over,
    /// It was received. This link of the sender was waiting for that.
    Taken(u32, usize),
}

impl Signals {
    /// Tells `after` of each point that `op` at `here` comes after.
    pub(super) fn step(&mut self, op: Op, here: Point, after: impl FnMut(Point)) -> Option<Handed> {
        match op {
            Op::Tell(object) => self.objects.entry(object).or_default().tell(here),
            Op::Hear(object) => hear(&self.objects, object, after),
            Op::Arrive(barrier) => self.barriers.entry(barrier).or_default().tell(here),
            Op::Leave(barrier) => hear(&self.barriers, barrier, after),
            Op::Wait(condvar) | Op::TimedWait(condvar) => {
                self.condvars.entry(condvar).or_default().wait(here);
            }
            Op::Notify(condvar) => {
                let condvar = self.condvars.entry(condvar).or_default();
                if !condvar.waiting.is_empty() {
                    condvar.notifications.push(here);
                }
            }
            Op::Woken(condvar) => {
                self.condvars.entry(condvar).or_default().wake(here, after);
            }
            Op::Channel(channel, room) => {
                self.channels.insert(channel, Channel::new(Some(room)));
            }
            Op::Send(channel) => return self.channel(channel).send(here, after),
            Op::Receive(channel) => return self.channel(channel).receive(here, after),
            _ => {}
        }
        None
    }

    /// This link of the thread that sent to a channel last waits for the receive.
    pub(super) fn waits(&mut self, channel: u64, link: usize) {
        if let Some((_, waiting)) = self.channel(channel).under_way.back_mut() {
            *waiting = Some(link);
        }
    }

    fn channel(&mut self, number: u64) -> &mut Channel {
        self.channels.entry(number).or_insert_with(|| Channel::new(None))
    }
}

fn hear(objects: &HashMap<u64, Told, Hashing>, object: u64, after: impl FnMut(Point)) {
    objects.get(&object).into_iter().flat_map(|told| &told.0).copied().for_each(after);
}

impl Told {
    fn tell(&mut self, here: Point) {
        match self.0.iter_mut().find(|point| point.thread == here.thread) {
            Some(point) => *point = here,
            None => self.0.push(here),
        }
    }
}

impl Condvar {
    fn wait(&mut self, here: Point) {
        self.waiting.insert(here.thread, self.notifications.len());
    }

    fn wake(&mut self, here: Point, after: impl FnMut(Point)) {
        let Some(from) = self.waiting.remove(&here.thread) else { return };
        self.notifications[from..].iter().copied().for_each(after);
        if self.waiting.is_empty() {
            self.notifications.clear();
        }
    }
}

impl Channel {
    fn new(room: Option<u32>) -> Channel {
        Channel {
            room,
            under_way: VecDeque::new(),
            last_send: None,
            last_receive: None,
            made_room: VecDeque::new(),
            sent: 0,
        }
    }

    fn send(&mut self, here: Point, mut after: impl FnMut(Point)) -> Option<Handed> {
        self.last_send.replace(here).into_iter().for_each(&mut after);
        self.under_way.push_back((here, None));
        self.sent += 1;
        let room = self.room?;
        if room > 0 && self.sent > room.into() {
            self.made_room.pop_front().into_iter().for_each(after);
        }
        (room == 0).then_some(Handed::Over)
    }

    fn receive(&mut self, here: Point, after: impl FnMut(Point)) -> Option<Handed> {
        let taken = self.under_way.pop_front();
        let send = taken.map(|(send, _)| send);
        self.last_receive.replace(here).into_iter().chain(send).for_each(after);
        if self.room.is_some_and(|room| room > 0) {
            self.made_room.push_back(here);
        }
        let (send, waiting) = taken?;
        Some(Handed::Taken(send.thread, waiting?))
    }
}
