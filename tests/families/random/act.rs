//! What a thread of a random program does when it is free to choose.

use lockgraph::event::{How, Op};
use lockgraph::id::{LockId, Mode};

use super::objects::Once;
use super::run::{ONCES, Run, State, id};

/// Most locks that a thread holds.
const DEEPEST: usize = 3;

#[derive(Clone, Copy)]
enum Choice {
    Take,
    Give,
    Read,
    Write,
    Fork,
    Join,
    Send,
    Receive,
    Wait,
    Notify,
    Tell,
    Hear,
    Meet,
    Once,
}

impl Run {
    /// One thing of its own choice. Where that is impossible, nothing.
    pub(super) fn act(&mut self, thread: usize) {
        if self.threads[thread].left == 0 {
            return self.wind_down(thread);
        }
        self.threads[thread].left -= 1;
        let choices = self.choices(thread);
        match self.dice.pick(&choices) {
            Choice::Take => self.take_something(thread),
            Choice::Give => self.give_something(thread),
            Choice::Read => self.on_variable(thread, Op::Read),
            Choice::Write => self.on_variable(thread, Op::Write),
            Choice::Fork => self.fork(thread),
            Choice::Join => self.join(thread),
            Choice::Send => self.offer(thread),
            Choice::Receive => self.receive(thread),
            Choice::Wait => self.wait(thread),
            Choice::Notify => self.notify(thread),
            Choice::Tell => self.emit(thread, Op::Tell(0)),
            Choice::Hear => self.emit(thread, Op::Hear(0)),
            Choice::Meet => {
                self.arrived += 1;
                self.emit(thread, Op::Arrive(0));
                self.threads[thread].state = State::Meets(0);
            }
            Choice::Once => self.once(thread),
        }
    }

    /// What there is to choose from, the likelier the more often.
    fn choices(&self, thread: usize) -> Vec<Choice> {
        let mix = self.mix;
        let [touch, signal] = self.stress;
        let holds = self.threads[thread].holds.len();
        let is_unborn = self.threads.iter().any(|other| other.state == State::Unborn);
        let of = |times: usize, is_there: bool, choice| {
            std::iter::repeat_n(choice, if is_there { times } else { 0 })
        };
        of(12, holds < DEEPEST, Choice::Take)
            .chain(of(2 + 2 * holds, holds > 0, Choice::Give))
            .chain(of(touch, mix.variables, Choice::Read))
            .chain(of(touch, mix.variables, Choice::Write))
            .chain(of(4, is_unborn, Choice::Fork))
            .chain(of(1, mix.joins, Choice::Join))
            .chain(of(2 * signal, mix.channels, Choice::Send))
            .chain(of(2 * signal, mix.channels, Choice::Receive))
            .chain(of(signal, mix.condvars && holds > 0, Choice::Wait))
            .chain(of(2 * signal, mix.condvars, Choice::Notify))
            .chain(of(signal, mix.signals, Choice::Tell))
            .chain(of(signal, mix.signals, Choice::Hear))
            .chain(of(signal, mix.barriers, Choice::Meet))
            .chain(of(2, mix.onces && holds < DEEPEST, Choice::Once))
            .collect()
    }

    fn wind_down(&mut self, thread: usize) {
        let this = &mut self.threads[thread];
        if this.holds.is_empty() || this.is_forgetful {
            this.state = State::Ended;
        } else {
            self.give_something(thread);
        }
    }

    fn take_something(&mut self, thread: usize) {
        // Half of the time each thread begins at another lock and goes round, as philosophers do.
        let lock = match self.dice.once_in(2) {
            true => (thread + self.threads[thread].holds.len()) as u64 % self.locks,
            false => self.dice.below(self.locks),
        };
        let mode = match self.mix.modes {
            [] => Mode::Exclusive,
            _ if self.dice.once_in(2) => Mode::Exclusive,
            modes => self.dice.pick(modes),
        };
        let own: Vec<Mode> = self.own_holds(thread, lock).collect();
        if self.mix.changes
            && let [held @ (Mode::Exclusive | Mode::Upgradable)] = own[..]
            && held != mode
            && lock < ONCES
        {
            return self.change_mode(thread, lock, held, mode);
        }
        if own.contains(&Mode::Exclusive) {
            if mode == Mode::Exclusive && self.dice.once_in(2) {
                self.take(thread, lock, mode, How::Blocking);
            }
        } else if !own.is_empty() && (mode == Mode::Exclusive || mode == Mode::Upgradable) {
            // It would wait for itself. Only at the end of what it does, and rarely.
            if self.dice.once_in(16) {
                self.emit(thread, Op::Request(LockId(lock), mode));
                self.threads[thread].state = State::Stuck;
            }
        } else if self.mix.tries && own.is_empty() && self.dice.once_in(8) {
            self.try_to_take(thread, lock, mode);
        } else {
            self.ask(thread, lock, mode);
        }
    }

    /// Upgrades, which may have to wait for readers, or downgrades.
    fn change_mode(&mut self, thread: usize, lock: u64, held: Mode, mode: Mode) {
        if held == Mode::Upgradable && mode == Mode::Exclusive {
            if !self.is_free(thread, lock, mode) {
                self.emit(thread, Op::Request(LockId(lock), mode));
            }
            self.threads[thread].state = State::Changes(lock, mode);
        } else if held == Mode::Exclusive || mode != Mode::Exclusive {
            self.change(thread, lock, mode);
        }
    }

    fn own_holds(&self, thread: usize, lock: u64) -> impl Iterator<Item = Mode> {
        let holds = self.threads[thread].holds.iter();
        holds.filter(move |(held, _)| *held == lock).map(|(_, mode)| *mode)
    }

    fn try_to_take(&mut self, thread: usize, lock: u64, mode: Mode) {
        let how = self.dice.pick(&[How::Try, How::Timed]);
        if self.is_free(thread, lock, mode) {
            self.take(thread, lock, mode, how);
        } else {
            self.emit(thread, Op::Refused(LockId(lock), mode, how));
        }
    }

    /// Mostly the latest hold; any other of a lock that is held once, too.
    fn give_something(&mut self, thread: usize) {
        let holds = &self.threads[thread].holds;
        let at = match self.dice.once_in(3) {
            true => self.dice.below(holds.len() as u64) as usize,
            false => holds.len() - 1,
        };
        // A release ends the latest hold of its lock.
        let lock = holds[at].0;
        let latest = holds.iter().rposition(|(held, _)| *held == lock).unwrap_or(at);
        self.threads[thread].holds.remove(latest);
        if let Some(once) = lock.checked_sub(ONCES)
            && self.onces[once as usize] == Once::Running
        {
            self.onces[once as usize] = Once::Done;
            self.emit(thread, Op::Tell(lock));
        }
        self.emit(thread, Op::Release(LockId(lock)));
    }

    fn on_variable(&mut self, thread: usize, op: impl Fn(u64) -> Op) {
        let variable = self.dice.below(2);
        self.emit(thread, op(variable));
    }

    fn fork(&mut self, thread: usize) {
        let unborn = self.threads.iter().position(|other| other.state == State::Unborn);
        if let Some(child) = unborn {
            self.threads[child].state = State::Ready;
            self.emit(thread, Op::Fork(id(child)));
        }
    }

    fn join(&mut self, thread: usize) {
        let other = self.dice.below(self.threads.len() as u64) as usize;
        let of = &mut self.threads[other];
        if other != thread && of.state != State::Unborn && !of.is_joined {
            of.is_joined = true;
            self.threads[thread].state = State::Joins(other);
        }
    }

    fn offer(&mut self, thread: usize) {
        let channel = self.dice.below(self.channels.len() as u64) as usize;
        self.threads[thread].state = State::Sends(channel);
    }

    fn receive(&mut self, thread: usize) {
        let channel = self.dice.below(self.channels.len() as u64) as usize;
        let is_hasty = self.dice.once_in(4);
        let of = &mut self.channels[channel];
        // Who waits for a message when there is none mostly waits for ever.
        if of.sent == of.received && of.room > 0 && !is_hasty {
            return;
        }
        if of.room > 0 || !of.has_taker {
            of.has_taker = true;
            self.threads[thread].state = State::Takes(channel);
        }
    }

    /// Gives a lock back that it holds once, and waits.
    fn wait(&mut self, thread: usize) {
        let holds = &self.threads[thread].holds;
        let (lock, mode) = self.dice.pick(holds);
        let once = holds.iter().filter(|(held, _)| *held == lock).count() == 1;
        if mode != Mode::Exclusive || !once || lock >= ONCES {
            return;
        }
        self.threads[thread].holds.retain(|(held, _)| *held != lock);
        self.emit(thread, Op::Release(LockId(lock)));
        self.emit(thread, Op::Wait(0));
        let is_notified = self.dice.once_in(16);
        self.threads[thread].state = State::Waits { condvar: 0, monitor: lock, is_notified };
    }

    fn notify(&mut self, thread: usize) {
        for other in &mut self.threads {
            if let State::Waits { is_notified, .. } = &mut other.state {
                *is_notified |= true;
            }
        }
        self.emit(thread, Op::Notify(0));
    }

    /// Initialises, waits for who does, or goes on after that.
    fn once(&mut self, thread: usize) {
        let once = self.dice.below(2);
        let lock = ONCES + once;
        if self.own_holds(thread, lock).next().is_some() {
            return;
        }
        match self.onces[once as usize] {
            Once::New => {
                self.onces[once as usize] = Once::Running;
                self.ask(thread, lock, Mode::Exclusive);
            }
            Once::Running => self.ask(thread, lock, Mode::Exclusive),
            Once::Done if self.dice.once_in(2) || !self.is_free(thread, lock, Mode::Exclusive) => {
                self.emit(thread, Op::Hear(lock));
            }
            Once::Done => {
                self.emit(thread, Op::Acquire(LockId(lock), Mode::Exclusive, How::Blocking));
                self.emit(thread, Op::Release(LockId(lock)));
                self.emit(thread, Op::Hear(lock));
            }
        }
    }
}
