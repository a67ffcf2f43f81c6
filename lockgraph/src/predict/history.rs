//! What is kept of a run for its prediction: a pass over its events, one at a time.
//!
//! Each thread's life is cut into *steps*, numbered from 1: its beginning, acquisitions, releases,
//! spawns, joins and signals. A read or write is none; a read that depends on another thread makes
//! the next thing done a step of its own. So a part of a run is a number of steps for each thread.
//!
//! Of an acquisition a [`Section`] is kept (20 bytes) that names an abstract attempt: thread, lock,
//! mode and held set, each once. What a step needs of other threads is a [`Link`] (16 bytes): a
//! spawn, an end, a signal, or a write that it reads. No clock is kept: the closure follows links.
//!
//! O(1) expected for each event, but for sets of held locks that were not met before. Memory
//! follows threads, locks, variables, acquisitions, signals and reads that see another thread's
//! write for the first time.

use std::collections::HashMap;

use super::Claim;
use super::nodes::Nodes;
use super::numbers::Numbers;
use super::sets::{SetId, Sets};
use super::signals::Signals;
use crate::event::{Event, How, Op};
use crate::id::{LockId, Mode, SiteId, ThreadId};
use crate::slab::Hashing;

/// Of a section: it is not over.
pub(super) const OPEN: u32 = u32::MAX;

/// A point in a run: so many steps of this thread.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Point {
    pub(super) thread: u32,
    pub(super) steps: u32,
}

/// Why a step needs another thread to have come to some point, the firmest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub(super) enum Bond {
    /// Spawn or join.
    #[default]
    Life,
    /// A signal was heard, or a message received.
    Signal,
    /// A write was read.
    Data,
}

/// The step `at` of a thread comes after `after`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) at: u32,
    pub(super) after: Point,
    pub(super) bond: Bond,
}

/// A critical section.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section {
    /// The step that took the lock.
    pub(super) at: u32,
    /// The step that gave it back, or [`OPEN`].
    pub(super) until: u32,
    /// Which abstract attempt it was.
    pub(super) node: u32,
    /// As the how many-th the lock was taken.
    pub(super) turn: u32,
    pub(super) site: SiteId,
}

/// A blocking operation that is no section: a join, or a request at the end of the run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) at: u32,
    pub(super) node: u32,
    pub(super) site: SiteId,
}

#[derive(Clone, Copy, Debug)]
struct Hold {
    lock: u32,
    mode: Mode,
    depth: u32,
    section: u32,
    /// What was held before.
    before: SetId,
    /// What is held with it, if somebody asked.
    after: Option<SetId>,
}

/// A thread's life.
#[derive(Default)]
pub(super) struct Life {
    /// How many steps there are.
    pub(super) steps: u32,
    /// In the order of their steps.
    pub(super) sections: Vec<Section>,
    /// In the order of their steps.
    pub(super) links: Vec<Link>,
    /// In the order of their steps.
    pub(super) joins: Vec<Waiting>,
    /// A lock that was asked for and not taken yet.
    pub(super) request: Option<Waiting>,
    held: Vec<Hold>,
    /// What the next step comes after.
    pending: Vec<(Point, Bond)>,
    /// What was linked last, by thread modulo [`KNOWN`]: it need not be again.
    known: [(Point, Bond); KNOWN],
}

const KNOWN: usize = 8;

impl Default for Point {
    fn default() -> Point {
        Point { thread: u32::MAX, steps: 0 }
    }
}

/// A lock, and who took it last.
#[derive(Clone, Copy, Default)]
struct Lock {
    turns: u32,
    last: Option<u32>,
}

/// What is kept of a run.
#[derive(Default)]
pub struct History {
    pub(super) events: u64,
    pub(super) has_data: bool,
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
    /// Locks that were given back by another thread than took them: what a thread holds of these
    /// is not known.
    pub(super) travelling: HashMap<u32, (), Hashing>,
    /// Of sections that another thread ended: where.
    pub(super) ended_by: HashMap<(u32, u32), Point, Hashing>,
    /// By lock: attempts that failed while it was held.
    refused: HashMap<u32, Vec<Point>, Hashing>,
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
            Op::Refused(lock, ..) => self.refuse(thread, lock),
            Op::Fork(child) => self.fork(thread, child),
            Op::Join(child) => self.join(thread, child, event.site),
            Op::Joining(child) => self.joining(thread, child, event.site),
            Op::Begin | Op::End | Op::Branch | Op::Destroy(_) => {}
            op => self.signal(thread, op),
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
            self.lives.push(Life { steps: 1, ..Life::default() });
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

    fn life(&mut self, thread: u32) -> &mut Life {
        &mut self.lives[thread as usize]
    }

    fn read(&mut self, thread: u32, variable: u64) {
        self.has_data = true;
        let variable = self.variables.of(variable) as usize;
        if let Some(Some(write)) = self.writes.get(variable).copied() {
            self.life(thread).depend(thread, write, Bond::Data);
        }
    }

    fn write(&mut self, thread: u32, variable: u64) {
        self.has_data = true;
        let life = self.life(thread);
        life.settle();
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
        if life.held.iter().any(|hold| hold.lock == lock && hold.is_reentered(mode)) {
            return;
        }
        life.settle();
        let set = life.set(&mut self.nodes, &mut self.sets);
        let node = self.nodes.waits(thread, Claim::new(lock, mode), set);
        life.request = Some(Waiting { at: life.steps + 1, node, site });
    }

    fn acquire(&mut self, thread: u32, lock: LockId, mode: Mode, how: How, site: SiteId) {
        let lock = self.lock(lock);
        let life = &mut self.lives[thread as usize];
        let requested = life.request.take();
        if let Some(at) = life.held.iter().rposition(|hold| hold.lock == lock) {
            let hold = &mut life.held[at];
            if hold.is_reentered(mode) {
                hold.depth += 1;
                return;
            }
            if hold.is_changed(mode, how) {
                let waits = how == How::Blocking || requested.is_some();
                self.change(thread, at, mode, waits, site);
                return;
            }
        }
        life.settle();
        let set = life.set(&mut self.nodes, &mut self.sets);
        let claim = Claim::new(lock, mode);
        let node = match how {
            How::Blocking => self.nodes.waits(thread, claim, set),
            How::Try | How::Timed => self.nodes.tries(thread, claim, set),
        };
        let state = &mut self.states[lock as usize];
        let section = life.enter(node, state, site);
        state.last = Some(thread);
        life.held.push(Hold { lock, mode, depth: 1, section, before: set, after: None });
    }

    /// A hold goes on in another mode: one section ends where the next begins.
    fn change(&mut self, thread: u32, at: usize, mode: Mode, waits: bool, site: SiteId) {
        let life = &mut self.lives[thread as usize];
        life.settle();
        let hold = life.held[at];
        let set = life.set(&mut self.nodes, &mut self.sets);
        let claim = Claim::new(hold.lock, mode);
        let node = match waits {
            true => self.nodes.waits(thread, claim, set),
            false => self.nodes.tries(thread, claim, set),
        };
        let section = life.enter(node, &mut self.states[hold.lock as usize], site);
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
        life.settle();
        life.steps += 1;
        let hold = life.held.remove(at);
        life.sections[hold.section as usize].until = life.steps;
        if at < life.held.len() {
            life.recount(at, &mut self.sets);
        }
        self.tell_refused(thread, lock);
    }

    /// A guard was sent to the thread that drops it.
    fn release_of_another(&mut self, thread: u32, lock: u32) {
        let Some(taker) = self.states[lock as usize].last else { return };
        let life = &mut self.lives[taker as usize];
        let Some(at) = life.held.iter().rposition(|hold| hold.lock == lock) else { return };
        let hold = life.held.remove(at);
        life.recount(at, &mut self.sets);
        self.travelling.insert(lock, ());
        let life = self.life(thread);
        life.settle();
        life.steps += 1;
        let steps = life.steps;
        self.ended_by.insert((taker, hold.section), Point { thread, steps });
        self.tell_refused(thread, lock);
    }

    /// An attempt failed because somebody holds the lock: it comes after that one's acquisition,
    /// and before its release.
    fn refuse(&mut self, thread: u32, lock: LockId) {
        let lock = self.lock(lock);
        self.lives[thread as usize].request = None;
        let Some(holder) = self.states[lock as usize].last.filter(|holder| *holder != thread)
        else {
            return;
        };
        let life = &self.lives[holder as usize];
        let Some(hold) = life.held.iter().rfind(|hold| hold.lock == lock) else { return };
        let taken = Point { thread: holder, steps: life.sections[hold.section as usize].at };
        let life = self.life(thread);
        life.depend(thread, taken, Bond::Signal);
        life.settle();
        let point = Point { thread, steps: life.steps };
        self.refused.entry(lock).or_default().push(point);
    }

    fn tell_refused(&mut self, thread: u32, lock: u32) {
        if self.refused.is_empty() {
            return;
        }
        let life = &mut self.lives[thread as usize];
        for point in self.refused.remove(&lock).unwrap_or_default() {
            life.link(thread, point, Bond::Signal);
        }
    }

    fn fork(&mut self, thread: u32, child: ThreadId) {
        let child = self.thread(child);
        let life = self.life(thread);
        life.settle();
        life.steps += 1;
        let after = Point { thread, steps: life.steps };
        let life = self.life(child);
        if child != thread && life.steps == 1 && life.links.is_empty() {
            life.links.push(Link { at: 1, after, bond: Bond::Life });
        }
    }

    fn join(&mut self, thread: u32, child: ThreadId, site: SiteId) {
        let Some(child) = self.threads.find(child.0.into()).filter(|child| *child != thread) else {
            return;
        };
        let life = self.life(child);
        life.settle();
        let after = Point { thread: child, steps: life.steps };
        let life = &mut self.lives[thread as usize];
        life.request = None;
        life.settle();
        let set = life.set(&mut self.nodes, &mut self.sets);
        let node = self.nodes.joins(thread, child, set);
        life.steps += 1;
        life.joins.push(Waiting { at: life.steps, node, site });
        life.link(thread, after, Bond::Life);
    }

    fn joining(&mut self, thread: u32, child: ThreadId, site: SiteId) {
        let child = self.thread(child);
        let life = &mut self.lives[thread as usize];
        if child != thread {
            life.settle();
            let set = life.set(&mut self.nodes, &mut self.sets);
            let node = self.nodes.joins(thread, child, set);
            life.request = Some(Waiting { at: life.steps + 1, node, site });
        }
    }

    fn signal(&mut self, thread: u32, op: Op) {
        let life = self.life(thread);
        life.settle();
        life.steps += 1;
        let here = Point { thread, steps: life.steps };
        let History { signals, lives, .. } = self;
        signals.step(op, here, |at, after| {
            let life = &mut lives[at.thread as usize];
            match at.steps == life.steps {
                true => life.link(at.thread, after, Bond::Signal),
                false => life.depend(at.thread, after, Bond::Signal),
            }
        });
    }
}

impl Hold {
    /// Whether to take the lock again in `mode` is to take a reentrant lock again.
    fn is_reentered(&self, mode: Mode) -> bool {
        self.mode == Mode::Exclusive && mode == Mode::Exclusive
    }

    /// Whether to take the lock again is to change the mode of this hold: an upgrade that waited,
    /// or whatever could not be a second hold.
    fn is_changed(&self, mode: Mode, how: How) -> bool {
        let is_upgrade = self.mode == Mode::Upgradable && mode == Mode::Exclusive;
        let are_reads = self.mode.is_read() && mode.is_read();
        is_upgrade || how == How::Try && !are_reads && mode != self.mode
    }
}

impl Life {
    /// Whatever is done next comes after `after`.
    #[inline]
    fn depend(&mut self, own: u32, after: Point, bond: Bond) {
        if self.is_news(own, after, bond) {
            self.pending.push((after, bond));
        }
    }

    /// The latest step comes after `after`.
    fn link(&mut self, own: u32, after: Point, bond: Bond) {
        if self.is_news(own, after, bond) || bond == Bond::Life {
            self.links.push(Link { at: self.steps, after, bond });
        }
    }

    /// Not, if a link as firm says as much: one that is left out with the data says nothing of a
    /// signal.
    #[inline]
    fn is_news(&mut self, own: u32, after: Point, bond: Bond) -> bool {
        let (known, by) = &mut self.known[after.thread as usize % KNOWN];
        let is_known = known.thread == after.thread && known.steps >= after.steps && *by <= bond;
        if is_known || own == after.thread {
            return false;
        }
        (*known, *by) = (after, bond);
        true
    }

    /// Makes a step of what was read since the last one, if it depends on others.
    #[inline]
    fn settle(&mut self) {
        if !self.pending.is_empty() {
            self.settle_pending();
        }
    }

    #[cold]
    fn settle_pending(&mut self) {
        self.steps += 1;
        let at = self.steps;
        let links = self.pending.drain(..).map(|(after, bond)| Link { at, after, bond });
        self.links.extend(links);
    }

    fn enter(&mut self, node: u32, lock: &mut Lock, site: SiteId) -> u32 {
        self.steps += 1;
        let section = Section { at: self.steps, until: OPEN, node, turn: lock.turns, site };
        lock.turns += 1;
        self.sections.push(section);
        self.sections.len() as u32 - 1
    }

    /// What is held.
    #[inline]
    fn set(&mut self, nodes: &mut Nodes, sets: &mut Sets) -> SetId {
        let Some(hold) = self.held.last_mut() else { return SetId::EMPTY };
        let node = self.sections[hold.section as usize].node;
        *hold.after.get_or_insert_with(|| nodes.after(node, sets))
    }

    /// What is held has changed from hold `at` on.
    fn recount(&mut self, at: usize, sets: &mut Sets) {
        let below = at.checked_sub(1).and_then(|below| self.held.get(below));
        let mut set = below.map_or(SetId::EMPTY, |below| {
            sets.with(below.before, Claim::new(below.lock, below.mode))
        });
        for hold in &mut self.held[at..] {
            hold.before = set;
            set = sets.with(set, Claim::new(hold.lock, hold.mode));
            hold.after = Some(set);
        }
    }
}
