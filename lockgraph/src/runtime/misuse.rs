//! Primitives that are used wrongly, where no thread need wait for it to be seen.
//!
//! | what | seen by |
//! |---|---|
//! | a condition variable with two mutexes | the second of two threads that wait, before it does |
//! | a bounded semaphore that is released too often | that release |
//! | a thread that ends and leaves a lock taken | its end |
//! | a lock that is destroyed while it is taken | its destructor, in the thread that has it |
//!
//! What else could be done wrongly elsewhere does not compile in Rust: giving back a lock that one
//! does not have, destroying what another thread has or waits for, using what is not made yet.
//!
//! A wait of a condition variable takes one lock of ours at each end, and looks at all threads that
//! wait for condition variables then; the rest costs nothing until it is too late. Nothing here
//! panics: each is reported once for a place, and the program goes on.

use std::sync::{LazyLock, Mutex};

use super::block::{Live, Taken};
use super::hook::event;
use super::identity::Identity;
use super::tag::{Site, Tag};
use super::{local, locked, report, stack, state};
use crate::event::Op;
use crate::finding::{Blocks, Finding, Held, Kind, Step, Verdict, Wanted};
use crate::held::Hold;
use crate::id::{LockId, Mode, Signal, ThreadId};
use crate::names::HoldNames;

/// A thread that waits for a condition variable.
#[derive(Clone, Copy)]
struct Waiter {
    thread: ThreadId,
    condvar: LockId,
    mutex: LockId,
    /// Of the mutex, which is not gone while it is waited for.
    identity: Identity,
    site: Site,
}

static WAITERS: LazyLock<Mutex<Vec<Waiter>>> = LazyLock::new(Mutex::default);

/// A thread among those that wait for condition variables. Dropping it takes it away.
pub(super) struct Pairing(ThreadId);

/// This thread is about to wait for `condvar` with `mutex`. If another one waits for it with
/// another mutex, that is reported.
pub(super) fn waits_with(condvar: &Tag, mutex: &Tag, site: Site) -> Option<Pairing> {
    let (pairing, finding) = local::busy(|local| {
        let waiter = Waiter {
            thread: local.id,
            condvar: condvar.id(site),
            mutex: mutex.known_id()?,
            identity: mutex.identity(),
            site,
        };
        let mut waiters = locked(&WAITERS);
        let is_other =
            |other: &&Waiter| other.condvar == waiter.condvar && other.mutex != waiter.mutex;
        let other = waiters.iter().find(is_other).copied();
        waiters.push(waiter);
        drop(waiters);
        let finding = other.map(|other| {
            let steps = [other, waiter].map(|waiter| waiter.step(condvar));
            found(Kind::CondvarWithTwoMutexes, steps.into())
        });
        Some((Pairing(local.id), finding))
    })??;
    finding.iter().for_each(report::report_misuse);
    Some(pairing)
}

impl Waiter {
    fn step(&self, condvar: &Tag) -> Step {
        let mutex = state::lock(self.mutex, &self.identity);
        let held = Held { lock: mutex, mode: Mode::Exclusive, site: None };
        let condvar = state::lock(self.condvar, &condvar.identity());
        let wants = Some(Wanted::Signal(Signal::Notify, Some(condvar)));
        Step { wants, ..step(self.thread, Blocks::Holds(held), Some(self.site)) }
    }
}

impl Drop for Pairing {
    fn drop(&mut self) {
        local::untracked(|| {
            let mut waiters = locked(&WAITERS);
            if let Some(at) = waiters.iter().rposition(|waiter| waiter.thread == self.0) {
                waiters.swap_remove(at);
            }
        });
    }
}

/// More permits were given to a bounded semaphore than it began with, to no effect.
#[cold]
pub(crate) fn over_released(tag: &Tag, site: Site) {
    let finding = local::busy(|local| {
        let semaphore = state::lock(tag.id(site), &tag.identity());
        let blocks = Blocks::CannotServe(Signal::Permits, Some(semaphore));
        let mut step = step(local.id, blocks, Some(site));
        step.addresses = stack::capture().as_ref().to_vec();
        found(Kind::SemaphoreOverRelease, vec![step])
    });
    finding.iter().for_each(report::report_misuse);
}

/// A thread has ended and left these locks taken; nobody waits for them.
pub(super) fn left_behind(thread: ThreadId, held: &[Hold<Taken>]) {
    // The guards of a thread that was begun elsewhere may lie in thread-locals that are older than
    // ours, and so outlive it.
    let is_ours = state::with_thread(thread, |known| known.is_some_and(|it| it.origin.is_some()));
    for hold in held.iter().filter(|_| is_ours) {
        let step = step(thread, Blocks::LeftBehind(Live.held(hold)), None);
        let finding = found(Kind::ThreadEndedHolding, vec![step]);
        report::report_misuse(&Finding { verdict: Verdict::Possible, ..finding });
    }
}

/// A lock is being destroyed. If this thread still has it, that is reported, and the hold
/// forgotten. Returns whether the graph or the trace has heard of the lock by that hold.
#[cold]
pub(super) fn destroyed(lock: LockId) -> bool {
    let release = || local::hot(|local| local.holds.release(lock)).flatten();
    let Some(hold) = release() else { return false };
    let mut is_told = hold.is_told();
    while let Some(again) = release() {
        is_told |= again.is_told();
    }
    event(Op::Release(lock), None);
    let finding = local::busy(|local| {
        let (site, identity) = (hold.site, hold.identity());
        let hold = hold.shown(Taken { site, identity, releases: hold.releases });
        let mut step = step(local.id, Blocks::Holds(Live.held(&hold)), None);
        step.addresses = stack::capture().as_ref().to_vec();
        // A guard may be leaked on purpose, for a reference that lasts.
        let finding = found(Kind::DestroyedWhileLocked, vec![step]);
        Finding { verdict: Verdict::Possible, ..finding }
    });
    finding.iter().for_each(report::report_misuse);
    is_told
}

fn found(kind: Kind, steps: Vec<Step>) -> Finding {
    let mut finding = Finding::new(kind, Verdict::Actual, steps);
    stack::resolve(&mut finding);
    finding
}

fn step(thread: ThreadId, blocks: Blocks, site: Option<Site>) -> Step {
    Step {
        thread: state::name_thread(thread),
        blocks,
        wants: None,
        site: site.map(state::place),
        through: None,
        stack: Vec::new(),
        addresses: Vec::new(),
        also_holds: Vec::new(),
    }
}
