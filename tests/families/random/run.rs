//! The scheduler of a random program: who can move, and what a move means.

use lockgraph::event::{Event, How, Op};
use lockgraph::id::{LockId, Mode, SiteId, ThreadId};

use super::super::dice::Dice;
use super::Mix;
use super::objects::{Channel, ENDLESS, Once};

/// Initialisations have locks and objects with numbers from here.
pub(super) const ONCES: u64 = 10;

/// What a thread is about to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum State {
    /// Nobody has begun it yet.
    Unborn,
    /// Whatever it likes.
    Ready,
    /// Take a lock.
    Wants(u64, Mode),
    /// Have a lock that it has in another mode.
    Changes(u64, Mode),
    /// Join a thread.
    Joins(usize),
    /// Wake up from a condition variable, and take its lock again.
    Waits { condvar: u64, monitor: u64, is_notified: bool },
    /// Send.
    Sends(usize),
    /// Go on when the message of this number is taken.
    Offers(usize, u32),
    /// Receive.
    Takes(usize),
    /// Leave the barrier.
    Meets(u64),
    /// Wait for itself, for ever.
    Stuck,
    /// Nothing more.
    Ended,
}

#[derive(Clone, Debug)]
pub(super) struct Thread {
    pub(super) state: State,
    pub(super) holds: Vec<(u64, Mode)>,
    /// How much it still does before it gives back what it holds.
    pub(super) left: u64,
    /// It ends with what it holds.
    pub(super) is_forgetful: bool,
    pub(super) is_joined: bool,
}

/// A program on its way.
pub(super) struct Run {
    pub(super) mix: Mix,
    pub(super) dice: Dice,
    pub(super) threads: Vec<Thread>,
    pub(super) locks: u64,
    pub(super) channels: Vec<Channel>,
    pub(super) onces: [Once; 2],
    pub(super) arrived: u32,
    /// How much more often than in other programs they read and write, and signal.
    pub(super) stress: [usize; 2],
    pub(super) events: Vec<Event>,
    length: usize,
}

impl Run {
    pub(super) fn new(mix: Mix, threads: usize, locks: u64, length: usize, dice: Dice) -> Run {
        let mut run = Run {
            mix,
            dice,
            threads: Vec::new(),
            locks,
            channels: Vec::new(),
            onces: [Once::New; 2],
            arrived: 0,
            stress: [0; 2],
            events: Vec::new(),
            length,
        };
        run.stress = [run.dice.pick(&[1, 1, 3]), run.dice.pick(&[1, 1, 2])];
        for number in 0..threads {
            let thread = run.thread(number, length / threads + 2);
            run.threads.push(thread);
        }
        if mix.channels {
            run.make_channels();
        }
        run
    }

    fn thread(&mut self, number: usize, share: usize) -> Thread {
        let dice = &mut self.dice;
        let is_unborn = number > 0 && dice.once_in(3);
        Thread {
            state: if is_unborn { State::Unborn } else { State::Ready },
            holds: Vec::new(),
            left: share as u64 / 2 + dice.below(share as u64),
            is_forgetful: dice.once_in(8),
            is_joined: false,
        }
    }

    fn make_channels(&mut self) {
        for number in 0..1 + self.dice.below(2) {
            let channel = Channel::new(&mut self.dice);
            if channel.room != ENDLESS || self.dice.once_in(2) {
                self.emit(0, Op::Channel(number, channel.room));
            }
            self.channels.push(channel);
        }
    }

    /// Who gave a message to somebody's hand may have gone on; then it is received, too. Who waits
    /// for the end of a thread may say so.
    pub(super) fn finish(&mut self) {
        for thread in 0..self.threads.len() {
            match self.threads[thread].state {
                State::Takes(_) if self.is_able(thread) => self.go(thread),
                State::Joins(other) if self.dice.once_in(2) => {
                    self.emit(thread, Op::Joining(id(other)));
                }
                _ => {}
            }
        }
    }

    /// Lets one thread move. False: none can, or it was enough.
    pub(super) fn step(&mut self) -> bool {
        let able: Vec<usize> = (0..self.threads.len()).filter(|of| self.is_able(*of)).collect();
        if able.is_empty() || self.events.len() >= self.length {
            return false;
        }
        let thread = self.dice.pick(&able);
        self.go(thread);
        true
    }

    fn is_able(&self, thread: usize) -> bool {
        match self.threads[thread].state {
            State::Unborn | State::Stuck | State::Ended => false,
            State::Ready => true,
            State::Wants(lock, mode) | State::Changes(lock, mode) => {
                self.is_free(thread, lock, mode)
            }
            State::Joins(other) => self.threads[other].state == State::Ended,
            State::Waits { is_notified, .. } => is_notified,
            State::Sends(channel) => self.channels[channel].has_room(),
            State::Offers(channel, number) => self.channels[channel].is_taken(number),
            State::Takes(channel) => self.channels[channel].sent > self.channels[channel].received,
            State::Meets(_) => self.arrived.is_multiple_of(2),
        }
    }

    /// Whether no other thread's hold is in the way.
    pub(super) fn is_free(&self, thread: usize, lock: u64, mode: Mode) -> bool {
        let others = self.threads.iter().enumerate().filter(|(other, _)| *other != thread);
        let mut holds = others.flat_map(|(_, other)| &other.holds);
        !holds.any(|(held, how)| *held == lock && excludes(*how, mode))
    }

    fn go(&mut self, thread: usize) {
        let state = self.threads[thread].state;
        self.threads[thread].state = State::Ready;
        match state {
            State::Ready => self.act(thread),
            State::Wants(lock, mode) => self.take(thread, lock, mode, How::Blocking),
            State::Changes(lock, mode) => self.change(thread, lock, mode),
            State::Joins(other) => self.emit(thread, Op::Join(id(other))),
            State::Waits { condvar, monitor, .. } => {
                self.emit(thread, Op::Woken(condvar));
                self.ask(thread, monitor, Mode::Exclusive);
            }
            State::Sends(channel) => self.send(thread, channel),
            State::Takes(channel) => {
                self.channels[channel].received += 1;
                self.channels[channel].has_taker = false;
                self.emit(thread, Op::Receive(channel as u64));
            }
            State::Meets(barrier) => self.emit(thread, Op::Leave(barrier)),
            State::Offers(..) | State::Unborn | State::Stuck | State::Ended => {}
        }
    }

    /// Asks for a lock, and takes it in a later move.
    pub(super) fn ask(&mut self, thread: usize, lock: u64, mode: Mode) {
        let must_wait = !self.is_free(thread, lock, mode);
        if must_wait && !self.dice.once_in(8) || self.dice.once_in(3) {
            self.emit(thread, Op::Request(LockId(lock), mode));
        }
        self.threads[thread].state = State::Wants(lock, mode);
    }

    pub(super) fn take(&mut self, thread: usize, lock: u64, mode: Mode, how: How) {
        self.threads[thread].holds.push((lock, mode));
        self.emit(thread, Op::Acquire(LockId(lock), mode, how));
    }

    /// A hold changes its mode, which is written as an attempt that went well.
    pub(super) fn change(&mut self, thread: usize, lock: u64, mode: Mode) {
        let holds = &mut self.threads[thread].holds;
        if let Some(hold) = holds.iter_mut().rfind(|(held, _)| *held == lock) {
            hold.1 = mode;
        }
        self.emit(thread, Op::Acquire(LockId(lock), mode, How::Try));
    }

    pub(super) fn send(&mut self, thread: usize, channel: usize) {
        self.channels[channel].sent += 1;
        let number = self.channels[channel].sent;
        self.emit(thread, Op::Send(channel as u64));
        self.threads[thread].state = State::Offers(channel, number);
    }

    pub(super) fn emit(&mut self, thread: usize, op: Op) {
        let site = SiteId(self.dice.below(3) as u32);
        self.events.push(Event { thread: id(thread), op, site });
    }
}

pub(super) fn id(thread: usize) -> ThreadId {
    ThreadId(thread as u32)
}

/// Whether who holds a lock in the one mode keeps out who wants it in the other.
fn excludes(held: Mode, wanted: Mode) -> bool {
    let is_reader = |mode: Mode| matches!(mode, Mode::Shared | Mode::SharedRecursive);
    held == Mode::Exclusive || wanted == Mode::Exclusive || !is_reader(held) && !is_reader(wanted)
}
