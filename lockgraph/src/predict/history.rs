//! What is kept of a run for its prediction: a pass over its events, one at a time.
//!
//! O(1) expected for each event, but for sets of held locks that were not met before. Memory
//! follows threads, locks, variables, acquisitions, signals and reads that see another thread's
//! write for the first time.

use std::collections::{HashMap, HashSet};

use super::Claim;
use super::life::{Bond, Hold, Life, Link, NEVER, Point, Waiting};
use super::lost::{LostOnes, Notifier, Waiter};
use super::nodes::Nodes;
use super::numbers::Numbers;
use super::sets::{SetId, Sets};
use super::signals::{Handed, Signals};
use crate::event::{Event, How, Op};
use crate::id::{LockId, Mode, SiteId, ThreadId};
use crate::slab::Hashing;

/// A lock, and who took it last.
#[derive(Clone, Copy, Default)]
struct Lock {
    turns: u32,
    last: Option<u32>,
}

impl Lock {
    fn next_turn(&mut self) -> u32 {
        let turn = self.turns;
        self.turns += 1;
        turn
    }
}

/// What is kept of a run.
#[derive(Default)]
pub struct History {
    pub(super) events: u64,
    /// How many steps there were.
    clock: u32,
    pub(super) has_data: bool,
    /// Whether all data is there, if somebody has said.
    pub(super) is_whole: Option<bool>,
    pub(super) threads: Numbers,
    pub(super) lives: Vec<Life>,
    pub(super) locks: Numbers,
    states: Vec<Lock>,
    pub(super) nodes: Nodes,
    pub(super) sets: Sets,
    variables: Numbers,
    /// By variable: the last write.
    writes: Vec<Option<Point>>,
    signals: Signals,
    pub(super) lost: LostOnes,
    /// Locks that were given back by another thread than took them: what a thread holds of these
    /// is not known.
    pub(super) travelling: HashSet<u32, Hashing>,
    /// Of sections that another thread ended: where.
    pub(super) ended_by: HashMap<(u32, u32), Point, Hashing>,
}

impl History {
    /// The next event of the run.
    #[inline]
    pub fn step(&mut self, event: &Event) {
        self.events += 1;
        let thread = self.thread(event.thread);
        match event.op {
            Op::Read(variable) => self.read(thread, variable),
            Op::Write(variable) => self.write(thread, variable),
            Op::Request(lock, mode) => self.request(thread, lock, mode, event.site),
            Op::Acquire(lock, mode, how) => self.acquire(thread, lock, mode, how, event.site),
            Op::Release(lock) => self.release(thread, lock),
            Op::Refused(lock, mode, _) => self.refuse(thread, lock, mode),
            Op::Fork(child) => self.fork(thread, child),
            Op::Join(child) => self.join(thread, child, event.site),
            Op::Joining(child) => self.joining(thread, child, event.site),
            Op::Begin | Op::End | Op::Branch | Op::Destroy(_) => {}
            op => self.signal(thread, op, event.site),
        }
    }

    /// Somebody wants a lock while holding others, at a time that is not known. Such an attempt
    /// makes patterns, but no schedules.
    pub fn dependency(
        &mut self,
        thread: ThreadId,
        held: &[(LockId, Mode)],
        want: LockId,
        mode: Mode,
    ) {
        let thread = self.thread(thread);
        let mut set = SetId::EMPTY;
        for (lock, mode) in held {
            let lock = self.lock(*lock);
            set = self.sets.with(set, Claim::new(lock, *mode));
        }
        let want = Claim::new(self.lock(want), mode);
        self.nodes.waits(thread, want, set);
    }

    /// How many events there were.
    pub fn events(&self) -> u64 {
        self.events
    }

    #[inline]
    fn thread(&mut self, id: ThreadId) -> u32 {
        let thread = self.threads.of(id.0.into());
        if thread as usize == self.lives.len() {
            // Its beginning.
            let mut life = Life::default();
            life.advance(&mut self.clock);
            self.lives.push(life);
        }
        thread
    }

    #[inline]
    fn lock(&mut self, id: LockId) -> u32 {
        let lock = self.locks.of(id.0);
        if lock as usize == self.states.len() {
            self.states.push(Lock::default());
        }
        lock
    }

    fn read(&mut self, thread: u32, variable: u64) {
        self.has_data = true;
        let variable = self.variables.of(variable);
        let write = self.writes.get(variable as usize).copied().flatten();
        let life = &mut self.lives[thread as usize];
        if !life.held.is_empty() {
            life.looks.read(variable, write, life.steps);
        }
        if let Some(write) = write {
            life.depend(thread, write, Bond::Data);
        }
    }

    fn write(&mut self, thread: u32, variable: u64) {
        self.has_data = true;
        let life = &mut self.lives[thread as usize];
        life.settle(&mut self.clock);
        life.looks.wrote = life.steps;
        let point = Point { thread, steps: life.steps };
        let variable = self.variables.of(variable) as usize;
        if variable >= self.writes.len() {
            self.writes.resize(variable + 1, None);
        }
        self.writes[variable] = Some(point);
    }

    fn request(&mut self, thread: u32, lock: LockId, mode: Mode, site: SiteId) {
        let lock = self.lock(lock);
        let life = &mut self.lives[thread as usize];
        life.settle(&mut self.clock);
        let set = life.set(&mut self.nodes, &mut self.sets);
        let node = self.nodes.asks(thread, Claim::new(lock, mode), set);
        life.request = Some(Waiting { at: life.steps + 1, node, site });
    }

    fn acquire(&mut self, thread: u32, lock: LockId, mode: Mode, how: How, site: SiteId) {
        let lock = self.lock(lock);
        let life = &mut self.lives[thread as usize];
        let requested = life.request.take();
        if let Some(at) = life.held.iter().rposition(|hold| hold.lock == lock) {
            let hold = &mut life.held[at];
            if hold.mode.is_reentered(mode) {
                hold.depth += 1;
                return;
            }
            if how.changes(hold.mode, mode) {
                let waits = how == How::Blocking || requested.is_some();
                self.change(thread, at, mode, waits, site);
                return;
            }
        }
        life.settle(&mut self.clock);
        if life.held.is_empty() {
            life.looks.begin();
        }
        let set = life.set(&mut self.nodes, &mut self.sets);
        let claim = Claim::new(lock, mode);
        let node = match how {
            How::Blocking => self.nodes.waits(thread, claim, set),
            How::Try | How::Timed => self.nodes.tries(thread, claim, set),
        };
        let state = &mut self.states[lock as usize];
        let section = life.enter(node, state.next_turn(), site, &mut self.clock);
        state.last = Some(thread);
        life.held.push(Hold { lock, mode, depth: 1, section, before: set, after: None });
        if let Some(condvar) = life.looks.woken_by {
            self.took_again(thread, condvar);
        }
    }

    /// A thread that waited has its lock back.
    #[cold]
    fn took_again(&mut self, thread: u32, condvar: u64) {
        self.lives[thread as usize].looks.woken_by = None;
        self.lost.took_again(condvar, thread, &self.writes);
    }

    /// A hold goes on in another mode: one section ends where the next begins.
    fn change(&mut self, thread: u32, at: usize, mode: Mode, waits: bool, site: SiteId) {
        let life = &mut self.lives[thread as usize];
        life.settle(&mut self.clock);
        let hold = life.held[at];
        let set = life.set(&mut self.nodes, &mut self.sets);
        let claim = Claim::new(hold.lock, mode);
        let node = match waits {
            true => self.nodes.waits(thread, claim, set),
            false => self.nodes.tries(thread, claim, set),
        };
        let turn = self.states[hold.lock as usize].next_turn();
        let section = life.enter(node, turn, site, &mut self.clock);
        life.sections[hold.section as usize].until = life.steps;
        life.held[at] = Hold { mode, section, ..hold };
        life.recount(at, &mut self.sets);
    }

    fn release(&mut self, thread: u32, lock: LockId) {
        let lock = self.lock(lock);
        let life = &mut self.lives[thread as usize];
        let Some(at) = life.held.iter().rposition(|hold| hold.lock == lock) else {
            return self.release_of_another(thread, lock);
        };
        let hold = &mut life.held[at];
        if hold.depth > 1 {
            hold.depth -= 1;
            return;
        }
        life.settle(&mut self.clock);
        life.advance(&mut self.clock);
        let hold = life.held.remove(at);
        life.sections[hold.section as usize].until = life.steps;
        life.looks.gave_back = Some(hold.section);
        if at < life.held.len() {
            life.recount(at, &mut self.sets);
        }
    }

    /// A guard was sent to the thread that drops it.
    fn release_of_another(&mut self, thread: u32, lock: u32) {
        let Some(taker) = self.states[lock as usize].last else { return };
        let life = &mut self.lives[taker as usize];
        let Some(at) = life.held.iter().rposition(|hold| hold.lock == lock) else { return };
        let hold = life.held.remove(at);
        life.recount(at, &mut self.sets);
        self.travelling.insert(lock);
        let life = &mut self.lives[thread as usize];
        life.settle(&mut self.clock);
        life.advance(&mut self.clock);
        let steps = life.steps;
        self.ended_by.insert((taker, hold.section), Point { thread, steps });
    }

    /// An attempt failed because somebody holds the lock, so it comes after those acquisitions. It
    /// comes before the releases too, if they are there at all: so it does in the order of the run.
    fn refuse(&mut self, thread: u32, lock: LockId, mode: Mode) {
        let lock = self.lock(lock);
        self.lives[thread as usize].request = None;
        let is_in_the_way = |hold: &&Hold| hold.lock == lock && mode.waits_for(hold.mode);
        let mut taken: Vec<Point> = Vec::new();
        for (other, life) in (0..).zip(&self.lives).filter(|(other, _)| *other != thread) {
            let holds = life.held.iter().filter(is_in_the_way);
            let steps = |hold: &Hold| life.sections[hold.section as usize].at;
            taken.extend(holds.map(|hold| Point { thread: other, steps: steps(hold) }));
        }
        let life = &mut self.lives[thread as usize];
        for point in taken {
            life.depend(thread, point, Bond::Signal);
        }
        life.settle(&mut self.clock);
    }

    fn fork(&mut self, thread: u32, child: ThreadId) {
        let child = self.thread(child);
        let life = &mut self.lives[thread as usize];
        life.settle(&mut self.clock);
        life.advance(&mut self.clock);
        let after = Point { thread, steps: life.steps };
        let life = &mut self.lives[child as usize];
        if child != thread && life.steps == 1 && life.links.is_empty() {
            // It begins only now.
            life.turns[0] = self.clock;
            self.clock = self.clock.saturating_add(1);
            life.links.push(Link { at: 1, after, bond: Bond::Life });
        }
    }

    fn join(&mut self, thread: u32, child: ThreadId, site: SiteId) {
        let Some(child) = self.threads.find(child.0.into()).filter(|child| *child != thread) else {
            return;
        };
        let life = &mut self.lives[child as usize];
        life.settle(&mut self.clock);
        let after = Point { thread: child, steps: life.steps };
        let life = &mut self.lives[thread as usize];
        life.request = None;
        life.settle(&mut self.clock);
        let set = life.set(&mut self.nodes, &mut self.sets);
        let node = self.nodes.joins(thread, child, set);
        life.advance(&mut self.clock);
        life.joins.push(Waiting { at: life.steps, node, site });
        life.link(thread, after, Bond::Life);
    }

    fn joining(&mut self, thread: u32, child: ThreadId, site: SiteId) {
        let child = self.thread(child);
        let life = &mut self.lives[thread as usize];
        if child != thread {
            life.settle(&mut self.clock);
            let set = life.set(&mut self.nodes, &mut self.sets);
            let node = self.nodes.joins(thread, child, set);
            life.request = Some(Waiting { at: life.steps + 1, node, site });
        }
    }

    fn signal(&mut self, thread: u32, op: Op, site: SiteId) {
        let life = &mut self.lives[thread as usize];
        life.settle(&mut self.clock);
        life.advance(&mut self.clock);
        let here = Point { thread, steps: life.steps };
        self.lost_by(here, op, site);
        let life = &mut self.lives[thread as usize];
        let handed = self.signals.step(op, here, |after| life.link(thread, after, Bond::Signal));
        match (handed, op) {
            (Some(Handed::Over), Op::Send(channel)) => {
                // That the message was taken is a step of its own.
                self.signals.waits(channel, life.links.len());
                life.advance(&mut self.clock);
                life.links.push(Link { at: life.steps, after: NEVER, bond: Bond::Signal });
            }
            (Some(Handed::Taken(sender, waiting)), _) if sender != thread => {
                let before = Point { thread, steps: here.steps - 1 };
                self.lives[sender as usize].links[waiting].after = before;
            }
            _ => {}
        }
    }

    /// What an event says of notifications that may be lost.
    fn lost_by(&mut self, here: Point, op: Op, site: SiteId) {
        let life = &mut self.lives[here.thread as usize];
        match op {
            Op::Wait(condvar) => {
                if let Some(waiter) = Waiter::new(life, here, &self.nodes, site, &self.writes) {
                    self.lost.waits(condvar, waiter);
                }
            }
            Op::Notify(condvar) => {
                let notifier = Notifier { life, here, nodes: &self.nodes, site };
                self.lost.notifies(condvar, &notifier);
            }
            Op::Woken(condvar) => life.looks.woken_by = self.lost.wakes(condvar, here.thread),
            _ => {}
        }
    }
}
