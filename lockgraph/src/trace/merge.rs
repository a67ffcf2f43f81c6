//! One order for the events of all threads.
//!
//! Each thread's events are in its own order. Between threads:
//!
//! 1. acquisitions of one lock go by their turns, those of one turn (readers) in any order, and each
//!    comes after the release of every hold that excludes it;
//! 2. a lock's destruction comes after all its acquisitions and releases;
//! 3. a thread's first event comes after its fork, its join after its last event.
//!
//! Among threads that can go on, the one whose last known time is earliest does. If none can,
//! something was lost or damaged: the earliest goes on anyway, and the trace says so.
//!
//! O(n log t) for n events of t threads. A thread that cannot go on sleeps until what it waits
//! for has happened.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::holders::Holders;
use super::read::{Position, Trace};
use crate::event::{Event, Op};
use crate::id::{LockId, LockKind, Mode, ThreadId};

/// An event as a thread wrote it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Logged {
    pub(super) event: Event,
    /// The turn of an acquisition; 0 if that is not known.
    pub(super) turn: u64,
    /// When, if a time was written.
    pub(super) nanos: Option<u64>,
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
}

struct Stream {
    thread: ThreadId,
    events: std::vec::IntoIter<Logged>,
    /// The last known time.
    nanos: u64,
    begun: bool,
}

#[derive(Default)]
struct LockState {
    /// Turns that are in the trace, each as often as it is taken, largest first: the last is next.
    coming: Vec<u64>,
    /// Acquisitions that are still to come, numbered or not.
    to_take: usize,
    /// Releases that are still to come.
    to_release: usize,
}

struct Merge<'a> {
    streams: Vec<Stream>,
    locks: HashMap<LockId, LockState>,
    holders: Holders,
    /// Threads whose fork is still to come.
    unforked: BTreeSet<ThreadId>,
    /// Threads with events still to come.
    alive: BTreeSet<ThreadId>,
    /// Streams that may be able to go on, by time.
    ready: BTreeSet<(u64, usize)>,
    /// Streams that cannot.
    asleep: BTreeSet<(u64, usize)>,
    sleepers: HashMap<Until, Vec<usize>>,
    trace: &'a mut Trace,
    forced: u64,
}

/// Appends the events of all threads to those of `trace`.
pub(super) fn merge(events: BTreeMap<ThreadId, Vec<Logged>>, trace: &mut Trace) {
    if events.is_empty() {
        return;
    }
    let mut merge = Merge::new(events, trace);
    merge.run();
    if merge.forced > 0 {
        let what = format!(
            "{} events wait for something that is not in the trace; their order is a guess",
            merge.forced
        );
        trace.problem(Position::File, what);
    }
}

impl<'a> Merge<'a> {
    fn new(events: BTreeMap<ThreadId, Vec<Logged>>, trace: &'a mut Trace) -> Merge<'a> {
        let mut locks: HashMap<LockId, LockState> = HashMap::new();
        let mut unforked = BTreeSet::new();
        for logged in events.values().flatten() {
            match logged.event.op {
                Op::Acquire(lock, ..) => {
                    let state = locks.entry(lock).or_default();
                    state.to_take += 1;
                    if logged.turn != 0 {
                        state.coming.push(logged.turn);
                    }
                }
                Op::Release(lock) => locks.entry(lock).or_default().to_release += 1,
                Op::Fork(child) => {
                    unforked.insert(child);
                }
                _ => {}
            }
        }
        for state in locks.values_mut() {
            state.coming.sort_unstable_by(|a, b| b.cmp(a));
        }
        let alive = events.keys().copied().collect();
        let streams: Vec<Stream> = events
            .into_iter()
            .map(|(thread, events)| Stream {
                thread,
                events: events.into_iter(),
                nanos: 0,
                begun: false,
            })
            .collect();
        let ready = (0..streams.len()).map(|index| (0, index)).collect();
        Merge {
            streams,
            locks,
            holders: Holders::default(),
            unforked,
            alive,
            ready,
            asleep: BTreeSet::new(),
            sleepers: HashMap::new(),
            trace,
            forced: 0,
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
            let Some(next) = stream.events.as_slice().first().copied() else {
                let thread = stream.thread;
                self.alive.remove(&thread);
                self.wake(Until::Ended(thread));
                return;
            };
            stream.nanos = stream.nanos.max(next.nanos.unwrap_or(0));
            let key = (stream.nanos, index);
            if let Some(until) = self.obstacle(index, &next) {
                self.asleep.insert(key);
                self.sleepers.entry(until).or_default().push(index);
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
    fn obstacle(&self, index: usize, next: &Logged) -> Option<Until> {
        let stream = &self.streams[index];
        if !stream.begun && self.unforked.contains(&stream.thread) {
            return Some(Until::Forked(stream.thread));
        }
        let thread = stream.thread;
        match next.event.op {
            Op::Acquire(lock, mode, _) => {
                let state = self.locks.get(&lock)?;
                if next.turn != 0 && state.coming.last().is_some_and(|before| *before < next.turn) {
                    return Some(Until::Turn(lock, next.turn));
                }
                self.holders.exclude(lock, thread, mode).then_some(Until::Free(lock))
            }
            Op::Release(lock) => {
                // A guard that was sent here: the thread that took the lock is still to come.
                let early = !self.holders.is_held(lock) && self.locks.get(&lock)?.to_take > 0;
                early.then_some(Until::Taken(lock))
            }
            Op::Destroy(lock) => {
                (!self.locks.get(&lock)?.is_over()).then_some(Until::LastUse(lock))
            }
            Op::Join(child) if child != thread => {
                self.alive.contains(&child).then_some(Until::Ended(child))
            }
            _ => None,
        }
    }

    /// The next event of a stream takes effect.
    fn emit(&mut self, index: usize) {
        let stream = &mut self.streams[index];
        stream.begun = true;
        let Some(Logged { event, turn, nanos }) = stream.events.next() else { return };
        if let Some(nanos) = nanos {
            self.trace.times.push((self.trace.events.len(), nanos));
        }
        self.trace.events.push(event);
        match event.op {
            Op::Acquire(lock, mode, _) => self.take(lock, event.thread, mode, turn),
            Op::Release(lock) => self.release(lock, event.thread),
            Op::Fork(child) => {
                self.unforked.remove(&child);
                self.wake(Until::Forked(child));
            }
            _ => {}
        }
    }

    fn take(&mut self, lock: LockId, thread: ThreadId, mode: Mode, turn: u64) {
        let reentrant =
            self.trace.locks.get(&lock).is_some_and(|lock| lock.kind == LockKind::Reentrant);
        self.holders.take(lock, thread, mode, reentrant);
        let state = self.locks.entry(lock).or_default();
        state.to_take = state.to_take.saturating_sub(1);
        if state.is_over() {
            self.wake(Until::LastUse(lock));
        }
        // A downgrade lets readers in.
        self.wake(Until::Free(lock));
        self.wake(Until::Taken(lock));
        // Those before it are left if a thread was forced on: who was overtaken need not wait.
        let mut is_own_left = true;
        while let Some(state) = self.locks.get_mut(&lock)
            && let Some(next) =
                state.coming.pop_if(|next| *next < turn || *next == turn && is_own_left)
        {
            is_own_left &= next != turn;
            self.wake(Until::Turn(lock, next));
        }
        if let Some(next) = self.locks.get(&lock).and_then(|state| state.coming.last()) {
            self.wake(Until::Turn(lock, *next));
        }
    }

    fn release(&mut self, lock: LockId, thread: ThreadId) {
        self.holders.release_or_sent(lock, thread);
        let state = self.locks.entry(lock).or_default();
        state.to_release = state.to_release.saturating_sub(1);
        if state.is_over() {
            self.wake(Until::LastUse(lock));
        }
        self.wake(Until::Free(lock));
    }

    fn wake(&mut self, until: Until) {
        for index in self.sleepers.remove(&until).into_iter().flatten() {
            let key = (self.streams[index].nanos, index);
            // One that was forced on is no longer asleep, or for another reason.
            if self.asleep.remove(&key) {
                self.ready.insert(key);
            }
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
