//! Do the events make sense? Each one that does not is a problem with its number.
//!
//! Nothing is taken out: what follows a senseless event is still worth reading, and whoever
//! replays the events must stand them anyway (a release of what is not held, for one).

use std::collections::{HashMap, HashSet};

use super::holders::Holders;
use super::read::{Position, Source, Trace};
use crate::event::{Event, Op};
use crate::id::{LockId, LockKind, Mode, ThreadId};

/// What the events so far have led to.
#[derive(Default)]
struct State {
    holders: Holders,
    destroyed: HashSet<LockId>,
    /// Threads that did something between their begin and their end.
    ran: HashSet<ThreadId>,
    /// Begins without an end so far. Imported traces have several in a thread.
    begun: HashMap<ThreadId, u32>,
    ended: HashSet<ThreadId>,
    joined: HashSet<ThreadId>,
    known: HashSet<ThreadId>,
    /// In our own traces a guard may have been sent to the thread that drops it.
    guards_travel: bool,
}

/// Notes the problems of the events of `trace`.
pub(super) fn audit(trace: &mut Trace) {
    let mut state = State {
        guards_travel: matches!(trace.source, Source::Native(_)),
        known: known_threads(trace),
        ..State::default()
    };
    for index in 0..trace.events.len() {
        let event = trace.events[index];
        if let Some(what) = state.step(&event, trace) {
            trace.problem(Position::Event(index as u64 + 1), what);
        }
    }
}

/// Threads of which there is more than a join.
fn known_threads(trace: &Trace) -> HashSet<ThreadId> {
    if matches!(trace.source, Source::Native(_)) {
        return trace.threads.keys().copied().collect();
    }
    let forked = trace.events.iter().filter_map(|event| match event.op {
        Op::Fork(child) => Some(child),
        _ => None,
    });
    trace.events.iter().map(|event| event.thread).chain(forked).collect()
}

impl State {
    fn step(&mut self, event: &Event, trace: &Trace) -> Option<String> {
        let life = self.life(event);
        let own = match event.op {
            Op::Acquire(lock, mode, _) => self.acquire(event.thread, lock, mode, trace),
            Op::Release(lock) => self.release(event.thread, lock),
            Op::Destroy(lock) => {
                self.destroyed.insert(lock);
                None
            }
            Op::Fork(child) => self.fork(event.thread, child),
            Op::Join(child) => self.join(event.thread, child),
            _ => None,
        };
        life.or(own)
    }

    /// Whether the thread can do anything at this point of its life.
    fn life(&mut self, event: &Event) -> Option<String> {
        let thread = event.thread;
        match event.op {
            Op::Begin => {
                *self.begun.entry(thread).or_default() += 1;
                None
            }
            Op::End => {
                let begun = self.begun.entry(thread).or_default();
                *begun = begun.saturating_sub(1);
                if *begun == 0 {
                    self.ended.insert(thread);
                }
                None
            }
            _ => {
                self.ran.insert(thread);
                if self.ended.remove(&thread) {
                    Some(format!("thread {} goes on after its end", thread.0))
                } else if self.joined.remove(&thread) {
                    Some(format!("thread {} goes on after it was joined", thread.0))
                } else {
                    None
                }
            }
        }
    }

    fn acquire(
        &mut self,
        thread: ThreadId,
        lock: LockId,
        mode: Mode,
        trace: &Trace,
    ) -> Option<String> {
        let reentrant = trace.locks.get(&lock).is_some_and(|l| l.kind == LockKind::Reentrant);
        let gone = self.destroyed.remove(&lock);
        let excluded = self.holders.exclude(lock, thread, mode);
        let other = self.holders.latest(lock).filter(|_| excluded);
        self.holders.take(lock, thread, mode, reentrant);
        if gone {
            return Some(format!("thread {} takes lock {}, which is gone", thread.0, lock.0));
        }
        // If the thread itself was the last to take it, too.
        other.map(|other| match other == thread {
            true => format!("thread {} takes lock {}, which others hold too", thread.0, lock.0),
            false => {
                format!("thread {} takes lock {}, which thread {} holds", thread.0, lock.0, other.0)
            }
        })
    }

    fn release(&mut self, thread: ThreadId, lock: LockId) -> Option<String> {
        let held = if self.guards_travel {
            self.holders.release_or_sent(lock, thread)
        } else {
            self.holders.release(lock, thread)
        };
        let what =
            || format!("thread {} gives back lock {}, which it does not hold", thread.0, lock.0);
        (!held).then(what)
    }

    fn fork(&self, thread: ThreadId, child: ThreadId) -> Option<String> {
        let ran = child == thread || self.ran.contains(&child);
        ran.then(|| format!("thread {} begins thread {}, which has already run", thread.0, child.0))
    }

    fn join(&mut self, thread: ThreadId, child: ThreadId) -> Option<String> {
        if child == thread {
            return Some(format!("thread {} joins itself", thread.0));
        }
        self.joined.insert(child);
        let unknown = !self.known.contains(&child);
        unknown.then(|| format!("thread {} joins thread {}, which never was", thread.0, child.0))
    }
}
