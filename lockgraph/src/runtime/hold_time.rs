//! How long locks are held, if the settings ask for it.
//!
//! That takes two looks at the clock for every hold, so it is on request: then every push and every
//! pop goes the slow way (see `holds`), and comes by here. What a thread holds again while it holds
//! it counts from the first time to the last release; a wait on a condition variable gives the mutex
//! back, and takes it anew; so does whatever turns a hold into one of another mode.
//!
//! A hold longer than the limit is reported, once for each place, before the lock is given back. The
//! longest hold of each lock goes into the trace: when it is the first, when it has doubled, when
//! the lock is gone, and when the process ends. Each thread remembers what it has told of the locks
//! it used last, so that the common lock is taken for a new longest hold only.
//!
//! O(holds of the thread). A guard that is dropped by another thread ends no hold here: how long that
//! was is not known. At most [`MOST`] locks are kept.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex, Once};
use std::time::Duration;

use super::block::{self, nanos};
use super::holds::Holds;
use super::identity::Identity;
use super::local::Local;
use super::tag::{Site, Tag};
use super::{local, locked, record, report, stack, state, sys};
use crate::config;
use crate::explain;
use crate::finding::{Blocks, Finding, Held, Kind, Step, Stranger, Verdict};
use crate::id::{LockId, LockKind, Mode, ThreadId};
use crate::slab::Hashing;

/// So many locks at a time have a longest hold.
const MOST: usize = 65_536;
/// So many of them are remembered by a thread.
const REMEMBERED: usize = 64;

/// The locks that a thread holds, each once, with since when.
pub(crate) struct Times {
    holds: Vec<Timed>,
    /// By number: locks, and a hold of them that the others have heard of.
    known: [(LockId, u64); REMEMBERED],
}

#[derive(Clone, Copy)]
struct Timed {
    lock: LockId,
    mode: Mode,
    site: Site,
    since: u64,
}

/// A hold that is about to end.
#[derive(Clone, Copy)]
pub(super) struct Ended {
    pub(super) mode: Mode,
    pub(super) site: Site,
    pub(super) thread: ThreadId,
    pub(super) nanos: u64,
    is_longest: bool,
}

/// The longest hold of a lock.
#[derive(Clone, Copy)]
struct Longest {
    identity: Identity,
    hold: Ended,
    /// As long as the trace knows it to be.
    told: u64,
}

static LONGEST: LazyLock<Mutex<HashMap<LockId, Longest, Hashing>>> = LazyLock::new(Mutex::default);

/// Some thread times its holds, so all that began later do. A load, where the settings would be
/// several.
static IS_ON: AtomicBool = AtomicBool::new(false);

#[inline]
fn is_on() -> bool {
    IS_ON.load(Ordering::Relaxed)
}

fn limit(mode: Mode) -> Option<Duration> {
    let settings = config::get();
    if mode.is_read() { settings.long_hold_shared } else { settings.long_hold }
}

impl Times {
    /// Nothing held, if holds are timed.
    pub(super) fn if_wanted() -> Option<Box<Times>> {
        let settings = config::get();
        settings.long_hold.or(settings.long_hold_shared)?;
        IS_ON.store(true, Ordering::Relaxed);
        let known = [(LockId(0), 0); REMEMBERED];
        Some(Box::new(Times { holds: Vec::with_capacity(16), known }))
    }

    /// A hold has begun, which is among `holds` by now. False if there is no room for it.
    fn begin(&mut self, holds: &Holds, hold: Timed) -> bool {
        let is_it = |timed: &Timed| timed.lock == hold.lock;
        match self.holds.iter().position(is_it) {
            Some(_) if is_held_twice(holds, hold.lock) => {}
            // Somebody else has given it back meanwhile.
            Some(stale) => self.holds[stale] = hold,
            None if self.holds.len() == self.holds.capacity() => return false,
            None => self.holds.push(hold),
        }
        true
    }

    /// A hold is about to end, which is among `holds` yet.
    fn end(&mut self, holds: &Holds, thread: ThreadId, lock: LockId, now: u64) -> Option<Ended> {
        let at = self.holds.iter().rposition(|timed| timed.lock == lock)?;
        if is_held_twice(holds, lock) {
            return None;
        }
        let Timed { mode, site, since, .. } = self.holds.swap_remove(at);
        let nanos = now.saturating_sub(since);
        let (known, longest) = &mut self.known[lock.0 as usize % REMEMBERED];
        let is_longest = *known != lock || nanos > *longest;
        if is_longest {
            (*known, *longest) = (lock, nanos);
        }
        Some(Ended { mode, site, thread, nanos, is_longest })
    }
}

fn is_held_twice(holds: &Holds, lock: LockId) -> bool {
    holds.as_slice().iter().filter(|hold| hold.lock() == lock).nth(1).is_some()
}

/// This thread has taken a lock.
#[inline]
pub(super) fn begun(tag: &Tag, mode: Mode, site: Site) {
    if is_on() {
        begin(tag, mode, site);
    }
}

/// This thread is about to give a lock back. Returns where it took it, if that was its only hold.
#[inline]
pub(super) fn ending(tag: &Tag) -> Option<Site> {
    if is_on() { end(tag) } else { None }
}

#[cold]
fn begin(tag: &Tag, mode: Mode, site: Site) {
    let Some(lock) = tag.known_id() else { return };
    if tag.word().is_sendable() {
        local::busy(block::purge_foreign);
    }
    let hold = Timed { lock, mode, site, since: nanos() };
    let begin = |local: &mut Local| {
        let Local { holds, times, .. } = local;
        times.as_mut().is_none_or(|times| times.begin(holds, hold))
    };
    if local::hot(begin) == Some(false) {
        local::busy(|local| {
            local.times.iter_mut().for_each(|times| times.holds.reserve(16));
            begin(local);
        });
    }
}

#[cold]
fn end(tag: &Tag) -> Option<Site> {
    let lock = tag.known_id()?;
    let now = nanos();
    let ended = local::hot(|local| {
        let Local { holds, times, id, .. } = local;
        times.as_mut()?.end(holds, *id, lock, now)
    });
    let ended = ended.flatten()?;
    if ended.is_longest && config::get().trace.is_some() {
        // Its destruction is to be told, so that it does not stay among those that live.
        tag.mark_known();
        local::untracked(|| keep(lock, tag.identity(), ended));
    }
    let limit = limit(ended.mode).filter(|limit| Duration::from_nanos(ended.nanos) > *limit);
    if let Some(limit) = limit.filter(|_| is_to_be_short(tag.identity().kind(), ended.mode)) {
        let finding = local::untracked(|| finding(lock, &tag.identity(), ended, limit));
        finding.iter().for_each(report::report_misuse);
    }
    Some(ended.site)
}

/// A hold of this thread turns into one of another mode.
pub(super) fn changing(tag: &Tag, mode: Mode, change: impl FnOnce()) {
    let site = ending(tag);
    change();
    if let Some(site) = site {
        begun(tag, mode, site);
    }
}

/// Whether others need the lock soon. A permit is something to have.
fn is_to_be_short(kind: LockKind, mode: Mode) -> bool {
    kind != LockKind::Semaphore || mode == Mode::Exclusive
}

fn keep(lock: LockId, identity: Identity, hold: Ended) {
    static FIRST: Once = Once::new();
    static FULL: Once = Once::new();
    FIRST.call_once(|| sys::at_exit(at_exit));
    let mut all = locked(&LONGEST);
    if all.len() >= MOST && !all.contains_key(&lock) {
        drop(all);
        let text = format!("of more than {MOST} locks at a time the longest holds are not kept");
        FULL.call_once(|| report::warn(&text));
        return;
    }
    let longest = all.entry(lock).or_insert(Longest { identity, hold, told: 0 });
    if hold.nanos > longest.hold.nanos {
        longest.hold = hold;
    }
    let untold = longest.untold(2);
    drop(all);
    untold.iter().for_each(|longest| longest.tell(lock));
}

impl Longest {
    /// This one, if it is so many times as long as the trace knows it to be.
    fn untold(&mut self, times: u64) -> Option<Longest> {
        let is_due = self.hold.nanos > self.told.saturating_mul(times);
        is_due.then(|| {
            self.told = self.hold.nanos;
            *self
        })
    }

    fn tell(&self, lock: LockId) {
        record::held(lock, &self.identity, &self.hold);
    }
}

/// The lock is gone.
pub(super) fn forget(lock: LockId) {
    if is_on() {
        let gone = locked(&LONGEST).remove(&lock);
        let untold = gone.and_then(|mut longest| longest.untold(1));
        untold.iter().for_each(|longest| longest.tell(lock));
    }
}

extern "C" fn at_exit() {
    if local::is_fork() {
        return;
    }
    local::untracked(|| {
        let mut all = locked(&LONGEST);
        let untold = all.iter_mut().map(|(lock, longest)| (*lock, longest.untold(1)));
        let untold: Vec<_> = untold.collect();
        drop(all);
        for (lock, longest) in untold {
            longest.iter().for_each(|longest| longest.tell(lock));
        }
    });
}

/// `None`: it has been reported.
fn finding(lock: LockId, identity: &Identity, hold: Ended, limit: Duration) -> Option<Finding> {
    let thread = state::name_thread(hold.thread);
    let held = Held {
        lock: state::lock(lock, identity),
        mode: hold.mode,
        site: Some(state::place(hold.site)),
    };
    let limit = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
    let does =
        format!("held it for {}; the limit is {}", explain::time(hold.nanos), explain::time(limit));
    let step = Step {
        thread: thread.clone(),
        blocks: Blocks::Holds(held),
        wants: None,
        site: None,
        through: None,
        stack: Vec::new(),
        addresses: Vec::new(),
        also_holds: Vec::new(),
    };
    let mut finding = Finding {
        strangers: vec![Stranger { thread, does }],
        ..Finding::new(Kind::LongHold, Verdict::Possible, vec![step])
    };
    if report::is_known(&finding) {
        return None;
    }
    // Where it is given back: a drop has no place, but a stack.
    finding.steps[0].addresses = stack::capture().as_ref().to_vec();
    stack::resolve(&mut finding);
    Some(finding)
}

#[cfg(test)]
mod tests;
