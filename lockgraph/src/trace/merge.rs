//! One order for the events of all threads.
//!
//! Each thread's events are in its own order. Between threads:
//!
//! 1. acquisitions of one lock go by their turns, those of one turn (readers) in any order, and each
//!    comes after the release of every hold that excludes it;
//! 2. a lock's destruction comes after all its acquisitions and releases;
//! 3. a thread's first event comes after its fork, its join after its last event;
//! 4. what is done to one atomic variable, condition variable or barrier goes by its turns, and what
//!    was heard comes after all that was told there ([`super::objects`]).
//!
//! Among threads that can go on, the one whose last known time is earliest does. If none can,
//! something was lost or damaged: the earliest goes on anyway, and the trace says so.
//!
//! O(n log t) for n events of t threads. A thread that cannot go on sleeps until what it waits
//! for has happened. Events come from iterators, one from each thread at a time, so what is kept
//! of them is the [`Plan`]: counts and turns of each lock.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::iter::Peekable;

use super::dense::Rows;
use super::holders::{Holds, Others};
use super::objects::{Awaited, Objects};
use super::turns::Turns;
use crate::event::{Event, Op};
use crate::finding::Lock;
use crate::id::{LockId, LockKind, Mode, ThreadId};

/// An event as a thread wrote it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Logged {
    pub(super) event: Event,
    /// The turn at the lock or object; 0 if that is not known or it has none.
    pub(super) turn: u64,
    /// When, if a time was written.
    pub(super) nanos: Option<u64>,
}

/// What must be known of all events before they can be put in order.
#[derive(Default)]
pub(super) struct Plan {
    locks: Rows<LockState>,
    objects: Objects,
    /// Threads whose fork is still to come.
    unforked: BTreeSet<ThreadId>,
    /// How many events there are.
    pub(super) count: u64,
}

#[derive(Default)]
struct LockState {
    /// Turns of acquisitions that are still to come.
    coming: Turns,
    /// Acquisitions that are still to come, numbered or not.
    to_take: u64,
    /// Releases that are still to come.
    to_release: u64,
    holds: Holds,
    is_reentrant: bool,
    /// Streams that sleep until something happens to it.
    sleepers: usize,
}

/// What a thread can wait for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Until {
    /// An acquisition with this turn may be the next one.
    Turn(LockId, u64),
    /// Somebody takes the lock.
    Taken(LockId),
    /// Somebody gives the lock back.
    Free(LockId),
    /// All acquisitions and releases of the lock have been.
    LastUse(LockId),
    Forked(ThreadId),
    Ended(ThreadId),
    Object(Awaited),
}

struct Stream<I: Iterator<Item = Logged>> {
    thread: ThreadId,
    events: Peekable<I>,
    /// The last known time.
    nanos: u64,
    begun: bool,
}

struct Merge<'a, I: Iterator<Item = Logged>> {
    streams: Vec<Stream<I>>,
    locks: Rows<LockState>,
    objects: Objects,
    others: Others,
    unforked: BTreeSet<ThreadId>,
    /// Threads with events still to come.
    alive: BTreeSet<ThreadId>,
    /// Streams that may be able to go on, by time.
    ready: BTreeSet<(u64, usize)>,
    /// Streams that cannot.
    asleep: BTreeSet<(u64, usize)>,
    sleepers: HashMap<Until, Vec<usize>>,
    take: &'a mut dyn FnMut(Event, Option<u64>),
    forced: u64,
    /// Memory for what one event lets go on.
    passed: Vec<Awaited>,
}

/// Hands the events of all threads to `take`, in one order, each with its time if that is known.
/// `plan` has noted every one of them, and is sealed. Returns how many had to come before something that they
/// wait for.
pub(super) fn merge<I: Iterator<Item = Logged>>(
    lives: BTreeMap<ThreadId, I>,
    plan: Plan,
    take: &mut dyn FnMut(Event, Option<u64>),
) -> u64 {
    let mut merge = Merge::new(lives, plan, take);
    merge.run();
    merge.forced
}

impl Plan {
    /// One more event.
    pub(super) fn note(&mut self, op: Op, turn: u64) {
        self.count += 1;
        match op {
            Op::Acquire(lock, ..) => {
                let state = self.locks.row(lock.0);
                state.to_take += 1;
                if turn != 0 {
                    state.coming.note(turn);
                }
            }
            Op::Release(lock) => self.locks.row(lock.0).to_release += 1,
            Op::Fork(child) => {
                self.unforked.insert(child);
            }
            _ => self.objects.note(op, turn),
        }
    }

    /// All events have been noted, and these are the locks.
    pub(super) fn seal(&mut self, tables: &BTreeMap<LockId, Lock>) {
        self.objects.seal();
        for (number, state) in self.locks.iter_mut() {
            let kind = tables.get(&LockId(number)).map(|lock| lock.kind);
            state.is_reentrant = kind == Some(LockKind::Reentrant);
            state.coming.seal();
        }
    }
}

impl<'a, I: Iterator<Item = Logged>> Merge<'a, I> {
    fn new(
        lives: BTreeMap<ThreadId, I>,
        plan: Plan,
        take: &'a mut dyn FnMut(Event, Option<u64>),
    ) -> Merge<'a, I> {
        let Plan { locks, objects, unforked, .. } = plan;
        let alive = lives.keys().copied().collect();
        let stream = |(thread, events): (_, I)| Stream {
            thread,
            events: events.peekable(),
            nanos: 0,
            begun: false,
        };
        let streams: Vec<Stream<I>> = lives.into_iter().map(stream).collect();
        let ready = (0..streams.len()).map(|index| (0, index)).collect();
        Merge {
            streams,
            locks,
            objects,
            others: Others::default(),
            unforked,
            alive,
            ready,
            asleep: BTreeSet::new(),
            sleepers: HashMap::new(),
            take,
            forced: 0,
            passed: Vec::new(),
        }
    }

    fn run(&mut self) {
        loop {
            if let Some((_, index)) = self.ready.pop_first() {
                self.advance(index);
            } else if let Some((_, index)) = self.asleep.pop_first() {
                self.forced += 1;
                self.emit(index);
                self.advance(index);
            } else {
                return;
            }
        }
    }

    /// Emits events of one stream until it must wait, or another one is earlier.
    fn advance(&mut self, index: usize) {
        loop {
            let stream = &mut self.streams[index];
            if !stream.begun && self.unforked.contains(&stream.thread) {
                // Nothing is decoded of a thread before it begins.
                let until = Until::Forked(stream.thread);
                self.sleep(index, until);
                return;
            }
            let Some(next) = stream.events.peek().copied() else {
                let thread = stream.thread;
                self.alive.remove(&thread);
                self.wake(Until::Ended(thread));
                return;
            };
            stream.nanos = stream.nanos.max(next.nanos.unwrap_or(0));
            let key = (stream.nanos, index);
            if let Some(until) = self.obstacle(&next) {
                self.sleep(index, until);
                return;
            }
            if self.ready.first().is_some_and(|earliest| *earliest < key) {
                self.ready.insert(key);
                return;
            }
            self.emit(index);
        }
    }

    /// What must happen before `next`.
    fn obstacle(&self, next: &Logged) -> Option<Until> {
        let thread = next.event.thread;
        match next.event.op {
            Op::Acquire(lock, mode, _) => {
                let state = self.locks.get(lock.0)?;
                if next.turn != 0 && state.coming.next().is_some_and(|before| before < next.turn) {
                    return Some(Until::Turn(lock, next.turn));
                }
                let is_excluded = state.holds.exclude(&self.others, lock, thread, mode);
                is_excluded.then_some(Until::Free(lock))
            }
            Op::Release(lock) => {
                // A guard that was sent here: the thread that took the lock is still to come.
                let state = self.locks.get(lock.0)?;
                let is_early = !state.holds.are_any() && state.to_take > 0;
                is_early.then_some(Until::Taken(lock))
            }
            Op::Destroy(lock) => {
                (!self.locks.get(lock.0)?.is_over()).then_some(Until::LastUse(lock))
            }
            Op::Join(child) if child != thread => {
                self.alive.contains(&child).then_some(Until::Ended(child))
            }
            op => self.objects.obstacle(op, next.turn).map(Until::Object),
        }
    }

    /// The next event of a stream takes effect.
    fn emit(&mut self, index: usize) {
        let stream = &mut self.streams[index];
        stream.begun = true;
        let Some(Logged { event, turn, nanos }) = stream.events.next() else { return };
        (self.take)(event, nanos);
        match event.op {
            Op::Acquire(lock, mode, _) => self.take(lock, event.thread, mode, turn),
            Op::Release(lock) => self.release(lock, event.thread),
            Op::Fork(child) => {
                self.unforked.remove(&child);
                self.wake(Until::Forked(child));
            }
            op => {
                let mut passed = std::mem::take(&mut self.passed);
                self.objects.pass(op, turn, |awaited| passed.push(awaited));
                passed.drain(..).for_each(|awaited| self.wake(Until::Object(awaited)));
                self.passed = passed;
            }
        }
    }

    fn take(&mut self, lock: LockId, thread: ThreadId, mode: Mode, turn: u64) {
        let state = self.locks.row(lock.0);
        state.holds.take(&mut self.others, lock, thread, mode, state.is_reentrant);
        state.to_take = state.to_take.saturating_sub(1);
        let (is_over, has_sleepers) = (state.is_over(), state.sleepers > 0);
        // Those before it are left if a thread was forced on: who was overtaken need not wait.
        let mut is_own_left = turn != 0;
        while let Some(next) = self.locks.row(lock.0).coming.next()
            && (next < turn || next == turn && is_own_left)
        {
            is_own_left &= next != turn;
            self.locks.row(lock.0).coming.pop();
            self.wake(Until::Turn(lock, next));
        }
        if !has_sleepers {
            return;
        }
        if is_over {
            self.wake(Until::LastUse(lock));
        }
        // A downgrade lets readers in.
        self.wake(Until::Free(lock));
        self.wake(Until::Taken(lock));
        if let Some(next) = self.locks.row(lock.0).coming.next() {
            self.wake(Until::Turn(lock, next));
        }
    }

    fn release(&mut self, lock: LockId, thread: ThreadId) {
        let state = self.locks.row(lock.0);
        state.holds.release_or_sent(&mut self.others, lock, thread);
        state.to_release = state.to_release.saturating_sub(1);
        if state.is_over() {
            self.wake(Until::LastUse(lock));
        }
        self.wake(Until::Free(lock));
    }

    fn sleep(&mut self, index: usize, until: Until) {
        self.asleep.insert((self.streams[index].nanos, index));
        self.sleepers.entry(until).or_default().push(index);
        if let Some(lock) = until.lock() {
            self.locks.row(lock.0).sleepers += 1;
        }
    }

    fn wake(&mut self, until: Until) {
        // Nobody sleeps, mostly: then nothing is hashed.
        if until.lock().is_some_and(|lock| self.locks.row(lock.0).sleepers == 0) {
            return;
        }
        let Some(sleepers) = self.sleepers.remove(&until) else { return };
        if let Some(lock) = until.lock() {
            self.locks.row(lock.0).sleepers -= sleepers.len();
        }
        for index in sleepers {
            let key = (self.streams[index].nanos, index);
            // One that was forced on is no longer asleep, or for another reason.
            if self.asleep.remove(&key) {
                self.ready.insert(key);
            }
        }
    }
}

impl Until {
    fn lock(self) -> Option<LockId> {
        match self {
            Until::Turn(lock, _)
            | Until::Taken(lock)
            | Until::Free(lock)
            | Until::LastUse(lock) => Some(lock),
            Until::Forked(_) | Until::Ended(_) | Until::Object(_) => None,
        }
    }
}

impl LockState {
    fn is_over(&self) -> bool {
        self.to_take + self.to_release == 0
    }
}

#[cfg(test)]
mod tests;
