//! The wait-for graph: who is blocked now, by whom.
//!
//! Only threads that are blocked, or gone, are in it, with what they hold. A thread that is not
//! in it runs, and a running thread may yet give back whatever it holds. A blocked thread stands
//! still, so what it holds is exact, and a cycle among blocked threads stays for ever.
//!
//! A thread waits for every holder that shuts it out, so each holder alone is enough for an edge.
//! A reader that queues behind waiting writers also waits for those (an edge that is *soft*: the
//! reader may just have been let in, so it needs a second look). A join waits for the end of a
//! thread, a wait for a signal for somebody to give it. Waits with a time limit end by themselves: those
//! who look for deadlocks keep them apart, in a graph of their own.
//!
//! The thread that blocks last closes the cycle, so it is enough to look from there: O(blocked
//! threads and their holds) at worst, nothing when it is first. That is exact for locks and joins.
//! Who can give a signal is not known for certain, so a wait for one is for ever only if nobody runs
//! at all ([`standstill`]), or is taken to be, as far as is known ([`reduce`]). No locking inside;
//! iterative.

mod groups;
mod reduce;
mod standstill;

pub(crate) use reduce::{Need, reduce};
pub(crate) use standstill::{Servers, Standstill};

use std::collections::{HashMap, HashSet};

use crate::held::Hold;
use crate::id::{LockId, Mode, Signal, ThreadId};
use crate::slab::Hashing;

/// What a blocked thread waits for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    /// A lock.
    Lock(LockId, Mode),
    /// The end of every one of these threads.
    Ends(Vec<ThreadId>),
    /// The return of every one of these threads from its closure: the end of a scope, which does
    /// not wait for thread-locals to be destroyed.
    Returns(Vec<ThreadId>),
    /// Something that another thread has to do at this object, or to this thread itself; and a
    /// mutex that must be had again before the wait is over.
    Signal(Signal, Option<LockId>, Option<LockId>),
    /// One of several such things, of which this is the first.
    Any(Signal, LockId),
}

/// A blocked thread. `S` is what a place in the source is here.
#[derive(Clone, Debug)]
pub(crate) struct Blocked<S> {
    pub(crate) target: Target,
    pub(crate) site: S,
    pub(crate) held: Vec<Hold<S>>,
    /// A reader-writer lock is wanted exclusively: readers queue behind it.
    pub(crate) is_writer: bool,
    /// The lock is held upgradably and wanted exclusively, in one step: an upgrade, which does
    /// not wait for its own hold.
    pub(crate) is_upgrade: bool,
    /// The thread's closure has returned: what it does now is destroy its thread-locals.
    pub(crate) has_returned: bool,
    /// The return addresses of the moment when it blocked, innermost first, if they are known.
    pub(crate) stack: Vec<u64>,
    /// Tells this wait from earlier ones of the same thread.
    pub(crate) turn: u64,
    /// The system's number of the thread, 0 if it is not known.
    pub(crate) task: u32,
    /// When it blocked, in nanoseconds of the shell's clock.
    pub(crate) since: u64,
}

/// Why one thread waits for another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Because {
    /// The other holds the lock.
    Holds(LockId),
    /// The other waits to write the lock, and readers queue behind it.
    Queues(LockId),
    /// The other has not ended.
    Runs,
    /// The other is gone, and left the lock taken.
    Left(LockId),
    /// The other gives this signal.
    Serves(Signal, Option<LockId>),
}

/// Threads that wait for each other: each stands in the way of the one before it for the reason
/// given, the first one in the way of the last. Where the second of two threads is gone, it is a
/// line instead: the first stands in nobody's way.
pub(crate) type WaitCycle = Vec<(ThreadId, Because)>;

/// Who is blocked.
#[derive(Clone)]
pub(crate) struct Waits<S> {
    blocked: HashMap<ThreadId, Blocked<S>, Hashing>,
    /// By lock: the blocked threads that hold it.
    holders: HashMap<LockId, Vec<ThreadId>, Hashing>,
    /// By lock: the blocked threads that want to write it.
    writers: HashMap<LockId, Vec<ThreadId>, Hashing>,
    /// By lock: threads that ended while holding it.
    left: HashMap<LockId, Vec<(ThreadId, Hold<S>)>, Hashing>,
    /// Lists that were emptied, so that a wait like others before allocates nothing.
    spare: Vec<Vec<ThreadId>>,
}

/// How many emptied lists are kept.
const MOST_SPARE: usize = 64;

impl<S> Default for Waits<S> {
    fn default() -> Waits<S> {
        Waits {
            blocked: HashMap::default(),
            holders: HashMap::default(),
            writers: HashMap::default(),
            left: HashMap::default(),
            spare: Vec::new(),
        }
    }
}

impl<S: Copy> Waits<S> {
    /// `thread` is blocked from now on.
    pub(crate) fn block(&mut self, thread: ThreadId, blocked: Blocked<S>) {
        self.unblock(thread);
        for hold in &blocked.held {
            put_in(&mut self.holders, hold.lock, thread, &mut self.spare);
        }
        if let (Target::Lock(lock, _), true) = (&blocked.target, blocked.is_writer) {
            put_in(&mut self.writers, *lock, thread, &mut self.spare);
        }
        self.blocked.insert(thread, blocked);
    }

    /// `thread` runs again. Returns its wait.
    pub(crate) fn unblock(&mut self, thread: ThreadId) -> Option<Blocked<S>> {
        let blocked = self.blocked.remove(&thread)?;
        for hold in &blocked.held {
            take_out(&mut self.holders, hold.lock, thread, &mut self.spare);
        }
        if let (Target::Lock(lock, _), true) = (&blocked.target, blocked.is_writer) {
            take_out(&mut self.writers, *lock, thread, &mut self.spare);
        }
        Some(blocked)
    }

    /// `thread` has ended and left `held` taken. Returns who waits for one of them, and now will
    /// for ever.
    pub(crate) fn leave(&mut self, thread: ThreadId, held: &[Hold<S>]) -> Vec<ThreadId> {
        for hold in held {
            self.left.entry(hold.lock).or_default().push((thread, *hold));
        }
        let stuck = |blocked: &Blocked<S>| {
            held.iter().any(|hold| match blocked.target {
                Target::Lock(lock, mode) => lock == hold.lock && mode.waits_for(hold.mode),
                _ => false,
            })
        };
        self.blocked.iter().filter(|(_, b)| stuck(b)).map(|(thread, _)| *thread).collect()
    }

    /// Somebody gave `lock` back on behalf of a thread that is gone, or the lock is destroyed.
    pub(crate) fn clear_left(&mut self, lock: LockId) {
        self.left.remove(&lock);
    }

    /// Somebody gave `lock` back on behalf of a blocked thread.
    pub(crate) fn forget_hold(&mut self, lock: LockId) {
        for holder in self.holders.remove(&lock).unwrap_or_default() {
            if let Some(blocked) = self.blocked.get_mut(&holder) {
                blocked.held.retain(|hold| hold.lock != lock);
            }
        }
    }

    /// The same if nobody queued behind writers: without the soft edges between the living.
    pub(crate) fn without_queues(&self) -> Waits<S> {
        Waits { writers: HashMap::default(), ..self.clone() }
    }

    /// A blocked thread.
    pub(crate) fn get(&self, thread: ThreadId) -> Option<&Blocked<S>> {
        self.blocked.get(&thread)
    }

    /// How many threads are blocked.
    pub(crate) fn len(&self) -> usize {
        self.blocked.len()
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ThreadId, &Blocked<S>)> {
        self.blocked.iter().map(|(thread, blocked)| (*thread, blocked))
    }

    /// How `thread`, now gone, held `lock`.
    pub(crate) fn left_behind(&self, thread: ThreadId, lock: LockId) -> Option<&Hold<S>> {
        let left = self.left.get(&lock)?;
        left.iter().find(|(who, _)| *who == thread).map(|(_, hold)| hold)
    }

    /// The shortest cycle that `start`, which has just blocked, has closed.
    pub(crate) fn deadlock(&self, start: ThreadId) -> Option<WaitCycle> {
        if self.waits_for(start).is_empty() {
            // Which is so almost always, and must cost nothing.
            return None;
        }
        let mut from: HashMap<ThreadId, (ThreadId, Because), Hashing> = HashMap::default();
        let mut seen: HashSet<ThreadId, Hashing> = HashSet::default();
        let mut queue = vec![start];
        let mut at = 0;
        while at < queue.len() {
            let thread = queue[at];
            at += 1;
            for (next, because) in self.waits_for(thread) {
                if next == start {
                    return Some(trace_back(&from, start, thread, because));
                }
                if let Because::Left(_) = because {
                    // Whoever waits behind somebody that waits for the gone was told of already.
                    if thread == start {
                        return Some(vec![(start, because), (next, because)]);
                    }
                } else if seen.insert(next) {
                    from.insert(next, (thread, because));
                    queue.push(next);
                }
            }
        }
        None
    }

    /// Whom `start` waits for, whom that one waits for, and so on: `start` first, with no reason of its
    /// own, each once.
    pub(crate) fn queue(&self, start: ThreadId) -> WaitCycle {
        let mut queue = vec![(start, Because::Runs)];
        let mut last = start;
        loop {
            let is_new = |next: &(ThreadId, Because)| queue.iter().all(|seen| seen.0 != next.0);
            let Some(next) = self.waits_for(last).into_iter().find(is_new) else { return queue };
            queue.push(next);
            last = next.0;
        }
    }

    /// Whom `thread` waits for, and why: blocked or gone threads only.
    pub(crate) fn waits_for(&self, thread: ThreadId) -> Vec<(ThreadId, Because)> {
        let Some(blocked) = self.blocked.get(&thread) else { return Vec::new() };
        match &blocked.target {
            Target::Ends(threads) => {
                let alive = threads.iter().filter(|end| self.blocked.contains_key(end));
                alive.map(|end| (*end, Because::Runs)).collect()
            }
            Target::Returns(threads) => {
                let runs = |end: &&ThreadId| {
                    self.blocked.get(end).is_some_and(|blocked| !blocked.has_returned)
                };
                threads.iter().filter(runs).map(|end| (*end, Because::Runs)).collect()
            }
            Target::Any(..) => Vec::new(),
            // Whatever comes, the mutex must be had too.
            Target::Signal(_, _, mutex) => mutex
                .map(|mutex| self.waits_for_lock(thread, mutex, Mode::Exclusive, false))
                .unwrap_or_default(),
            Target::Lock(lock, mode) => {
                self.waits_for_lock(thread, *lock, *mode, blocked.is_upgrade)
            }
        }
    }

    fn waits_for_lock(
        &self,
        thread: ThreadId,
        lock: LockId,
        mode: Mode,
        is_upgrade: bool,
    ) -> Vec<(ThreadId, Because)> {
        let mut found = Vec::new();
        for holder in self.holders.get(&lock).into_iter().flatten() {
            let held = self.blocked.get(holder).into_iter().flat_map(|blocked| &blocked.held);
            let mut modes = held.filter(|hold| hold.lock == lock).map(|hold| hold.mode);
            let own_upgrade = is_upgrade && *holder == thread;
            if modes.any(|held| mode.waits_for(held) && !(own_upgrade && held == Mode::Upgradable))
            {
                found.push((*holder, Because::Holds(lock)));
            }
        }
        for (gone, hold) in self.left.get(&lock).into_iter().flatten() {
            if mode.waits_for(hold.mode) {
                found.push((*gone, Because::Left(lock)));
            }
        }
        if mode.queues_behind_writers() {
            let writers = self.writers.get(&lock).into_iter().flatten();
            let others = writers.filter(|writer| **writer != thread);
            found.extend(others.map(|writer| (*writer, Because::Queues(lock))));
        }
        found
    }
}

/// Whether a cycle rests on what may have changed meanwhile: a reader's place in a queue, or a
/// guard left behind that a thread-local may still drop.
pub(crate) fn is_soft(cycle: &WaitCycle) -> bool {
    cycle.iter().any(|(_, because)| matches!(because, Because::Queues(_) | Because::Left(_)))
}

fn trace_back(
    from: &HashMap<ThreadId, (ThreadId, Because), Hashing>,
    start: ThreadId,
    last: ThreadId,
    closing: Because,
) -> WaitCycle {
    let mut cycle = Vec::new();
    let mut thread = last;
    while let Some((before, because)) = from.get(&thread) {
        cycle.push((thread, *because));
        thread = *before;
    }
    cycle.push((start, closing));
    cycle.reverse();
    cycle
}

type Lists = HashMap<LockId, Vec<ThreadId>, Hashing>;

fn put_in(lists: &mut Lists, lock: LockId, thread: ThreadId, spare: &mut Vec<Vec<ThreadId>>) {
    lists.entry(lock).or_insert_with(|| spare.pop().unwrap_or_default()).push(thread);
}

fn take_out(lists: &mut Lists, lock: LockId, thread: ThreadId, spare: &mut Vec<Vec<ThreadId>>) {
    let Some(list) = lists.get_mut(&lock) else { return };
    if let Some(at) = list.iter().position(|listed| *listed == thread) {
        list.swap_remove(at);
    }
    if list.is_empty()
        && let Some(list) = lists.remove(&lock)
        && spare.len() < MOST_SPARE
    {
        spare.push(list);
    }
}

#[cfg(test)]
mod tests;
