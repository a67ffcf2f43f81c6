//! Signals: what one thread does and another one hears of, so that it must come first.
//!
//! | what happens | comes after |
//! |---|---|
//! | hears at an object | all that was told there before |
//! | leaves a barrier | all arrivals so far |
//! | woken by a condition variable | the notifications since its own wait began |
//! | k-th receive of a channel | the k-th send, and the receive before it |
//! | k-th send | the send before it; in a channel with room for n, the receive number k - n |
//! | what follows a send without room | whatever precedes its receive |
//!
//! Where one of several would have been enough all of them are asked for: a schedule may be
//! missed for that, but none is wrong. Memory follows objects and the threads that tell there, and
//! messages that are under way.

use std::collections::{HashMap, VecDeque};

use super::history::Point;
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
    /// Not received yet.
    under_way: VecDeque<Point>,
    last_send: Option<Point>,
    last_receive: Option<Point>,
    /// The receives that the sends to come have to wait for, if the room has an end.
    made_room: VecDeque<Point>,
    sent: u64,
}

impl Signals {
    /// What `op` at `here` comes after, each told by `link(of, after)`: the step `of`, or whatever
    /// another thread does next.
    pub(super) fn step(&mut self, op: Op, here: Point, mut link: impl FnMut(Point, Point)) {
        let mut after = |point| link(here, point);
        match op {
            Op::Tell(object) => self.objects.entry(object).or_default().tell(here),
            Op::Hear(object) => hear(&self.objects, object, after),
            Op::Arrive(barrier) => self.barriers.entry(barrier).or_default().tell(here),
            Op::Leave(barrier) => hear(&self.barriers, barrier, after),
            Op::Wait(condvar) => self.condvars.entry(condvar).or_default().wait(here),
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
            Op::Send(channel) => self.channel(channel).send(here, &mut after),
            Op::Receive(channel) => self.channel(channel).receive(here, &mut link),
            _ => {}
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

    fn send(&mut self, here: Point, after: &mut impl FnMut(Point)) {
        self.last_send.replace(here).into_iter().for_each(&mut *after);
        self.under_way.push_back(here);
        self.sent += 1;
        if self.room.is_some_and(|room| room > 0 && self.sent > room.into()) {
            self.made_room.pop_front().into_iter().for_each(after);
        }
    }

    fn receive(&mut self, here: Point, link: &mut impl FnMut(Point, Point)) {
        let send = self.under_way.pop_front();
        let before = self.last_receive.replace(here);
        before.into_iter().chain(send).for_each(|point| link(here, point));
        match self.room {
            None => {}
            Some(0) => {
                if let Some(send) = send {
                    // Its latest step, which may be past the send.
                    let of = Point { steps: 0, ..send };
                    link(of, Point { steps: here.steps - 1, ..here });
                }
            }
            Some(_) => self.made_room.push_back(here),
        }
    }
}
