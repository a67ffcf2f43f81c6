//! The slow path of a blocked thread: publish, look, block, withdraw.
//!
//! One lock guards who is blocked. It is taken when a thread blocks and when it runs again, never
//! while it is blocked and never for a lock that was free.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use super::contention::{self, Figures, Over};
use super::identity::Identity;
use super::local::Local;
use super::stack;
use super::tag::{Site, Tag};
use super::{hold_time, local, locked, lookout, misuse, record, report, state};
use crate::config;
use crate::describe;
use crate::finding::{self, Finding, Held, Place};
use crate::held::Hold;
use crate::id::{LockId, LockKind, Mode, Signal, SiteId, ThreadId};
use crate::names::HoldNames;
use crate::wait::{Blocked, Servers, Target, WaitCycle, Waits, is_soft};

/// What is kept of a lock that is held or wanted: where that is, and enough to name it, because the
/// lock itself may be freed meanwhile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    pub(super) site: Site,
    pub(super) identity: Identity,
    /// How many releases by another thread there had been by then, see [`State::is_void`].
    pub(super) releases: u64,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) waits: Waits<Taken>,
    /// Locks that were given back by a thread that did not hold them, as long as they live: whoever
    /// has them among its holds is to forget them. With the count of such releases by then: holds
    /// that were taken later are good.
    foreign: HashMap<LockId, u64>,
    /// Who has given which signal.
    pub(super) servers: Servers,
    /// Who has notified a condition variable, the one that did so for the first time last, and where.
    pub(super) notified: HashMap<LockId, (ThreadId, Site)>,
    pub(super) contention: Figures,
    next_turn: u64,
}

impl State {
    /// Whether a hold that was taken after so many releases by another thread may be one that was
    /// given back so.
    fn is_void(&self, lock: LockId, releases: u64) -> bool {
        self.foreign.get(&lock).is_some_and(|by_then| releases < *by_then)
    }
}

pub(super) static STATE: LazyLock<Mutex<State>> = LazyLock::new(Mutex::default);
static FOREIGN: AtomicUsize = AtomicUsize::new(0);
/// How many locks were ever given back by a thread that did not hold them.
static FOREIGN_RELEASES: AtomicU64 = AtomicU64::new(0);
/// How many threads have left locks behind.
static LEFT: AtomicUsize = AtomicUsize::new(0);

/// A foreign release is remembered for so many locks at most.
const MOST_FOREIGN: usize = 1 << 16;

/// How long to wait before the second look, the third and the fourth, in milliseconds.
const LOOKS: [u64; 3] = [1, 10, 40];

/// A published wait. Dropping it withdraws it.
pub(super) struct Wait {
    thread: ThreadId,
    slot: record::Slot,
    /// Where it waits, by the number in the trace, if there is one.
    place: Option<SiteId>,
    /// It was seen to close no deadlock as it was published.
    is_clear: bool,
    looks: usize,
    last_seen: Option<(WaitCycle, Vec<u64>)>,
}

impl Wait {
    /// Publishes that this thread waits for a lock. `None` if the thread is not tracked.
    pub(super) fn for_lock(tag: &Tag, mode: Mode, is_upgrade: bool, site: Site) -> Option<Wait> {
        if tag.is_internal() {
            return None;
        }
        let lock = tag.known_id()?;
        let wanted = Taken { site, identity: tag.identity(), releases: 0 };
        let wait = Wait::publish(Target::Lock(lock, mode), is_upgrade, wanted)?;
        if wait.slot.is_some() {
            tag.mark_known();
        }
        Some(wait)
    }

    /// Publishes that this thread waits for others.
    pub(super) fn for_threads(target: Target, site: Site) -> Option<Wait> {
        let wanted = Taken { site, identity: Identity::NONE, releases: 0 };
        Wait::publish(target, false, wanted)
    }

    /// Publishes that this thread waits for another one to do something, at `tag` if it is done at
    /// an object; `mutex` must be had again too.
    pub(super) fn for_signal(
        signal: Signal,
        tag: Option<&Tag>,
        mutex: Option<&Tag>,
        site: Site,
    ) -> Option<Wait> {
        let object = tag.and_then(Tag::known_id);
        let identity = tag.map_or(Identity::NONE, Tag::identity);
        let wanted = Taken { site, identity, releases: 0 };
        let mutex = mutex.and_then(Tag::known_id);
        let wait = Wait::publish(Target::Signal(signal, object, mutex), false, wanted)?;
        if let Some(tag) = tag.filter(|_| wait.slot.is_some()) {
            tag.mark_known();
        }
        Some(wait)
    }

    /// As [`Wait::for_signal`], for one of several, of which this is the first.
    pub(super) fn for_any_signal(signal: Signal, tag: &Tag, site: Site) -> Option<Wait> {
        let wanted = Taken { site, identity: tag.identity(), releases: 0 };
        Wait::publish(Target::Any(signal, tag.known_id()?), false, wanted)
    }

    fn publish(target: Target, is_upgrade: bool, site: Taken) -> Option<Wait> {
        local::busy(|local| {
            purge_foreign(local);
            let stack = stack::capture_if_cheap();
            let slot = record::blocked(local, &target, &site, &stack);
            let place = slot.as_ref().and_then(|_| Some(local.told.as_ref()?.wait.site));
            if slot.is_some() {
                // The trace has heard of them, so it is to hear of their end.
                local.holds.mark_told();
            }
            let mut held = std::mem::take(&mut local.spare);
            held.extend(sure_holds(local));
            let has_returned = local.has_returned;
            let is_writer = is_writer(&target, &site);
            let (task, since) = (local.task, nanos());
            let mut state = locked(&STATE);
            // Once more, because a lock may have been given back since the purge.
            held.retain(|hold| !state.is_void(hold.lock, hold.site.releases));
            state.next_turn += 1;
            let turn = state.next_turn;
            let blocked = Blocked {
                target,
                site,
                held,
                is_writer,
                is_upgrade,
                has_returned,
                stack,
                turn,
                task,
                since,
            };
            state.waits.block(local.id, blocked);
            let is_clear = state.waits.deadlock(local.id).is_none();
            let are_all_blocked = state.waits.len() >= local::alive();
            drop(state);
            if are_all_blocked {
                lookout::call();
            } else if config::get().stall_after.is_some() {
                lookout::watch();
            }
            Wait { thread: local.id, slot, place, is_clear, looks: 0, last_seen: None }
        })
    }

    /// Looks for a deadlock that this wait has closed. A certain one is reported, and what the
    /// settings say is done. A doubtful one asks for another look after a pause.
    #[track_caller]
    pub(super) fn look(&mut self) -> Option<Duration> {
        if std::mem::take(&mut self.is_clear) {
            return None;
        }
        let found = local::untracked(|| self.judge());
        match found {
            Judged::Clear => None,
            Judged::Doubtful(pause) => Some(pause),
            Judged::Deadlock(finding) => {
                report::report(&finding);
                None
            }
        }
    }

    /// Looks until nothing is in doubt, where nothing can be tried meanwhile.
    #[track_caller]
    pub(super) fn look_until_sure(&mut self) {
        while let Some(pause) = self.look() {
            thread::sleep(pause);
        }
    }

    fn judge(&mut self) -> Judged {
        let state = locked(&STATE);
        let Some(cycle) = state.waits.deadlock(self.thread) else { return Judged::Clear };
        if is_soft(&cycle) {
            let turns = cycle.iter().filter_map(|(t, _)| state.waits.get(*t)).map(|b| b.turn);
            let seen = Some((cycle.clone(), turns.collect()));
            if self.last_seen != seen {
                self.last_seen = seen;
                self.looks = 0;
            }
            if let Some(pause) = LOOKS.get(self.looks) {
                self.looks += 1;
                return Judged::Doubtful(Duration::from_millis(*pause));
            }
        }
        let mut finding = describe::actual(&state.waits, &cycle, &Live);
        drop(state);
        if let Some(step) = finding.steps.iter_mut().find(|step| step.thread.id == self.thread.0) {
            step.addresses = stack::capture().as_ref().to_vec();
        }
        stack::resolve(&mut finding);
        Judged::Deadlock(Box::new(finding))
    }
}

/// Since the first wait of this process.
pub(super) fn nanos() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    u64::try_from(START.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX)
}

impl Drop for Wait {
    fn drop(&mut self) {
        let mut over = None;
        let now = self.place.map_or(0, |_| nanos());
        local::untracked(|| {
            let mut state = locked(&STATE);
            over = state.waits.unblock(self.thread);
            let counted = over.as_ref().zip(self.place).and_then(|(wait, site)| {
                let what = contention::awaited(&wait.target);
                let nanos = now.saturating_sub(wait.since);
                state.contention.add(Over { what, site, thread: self.thread, nanos })
            });
            drop(state);
            contention::tell(counted.as_slice());
        });
        record::unblocked(self.slot.take());
        // Its memory serves the next wait of this thread.
        if let Some(Blocked { mut held, .. }) = over {
            held.clear();
            local::busy_again(|local| local.spare = held);
        }
    }
}

/// Whether readers queue behind whoever waits for this.
fn is_writer(target: &Target, wanted: &Taken) -> bool {
    matches!(target, Target::Lock(_, Mode::Exclusive)) && wanted.identity.kind() == LockKind::RwLock
}

enum Judged {
    Clear,
    Doubtful(Duration),
    Deadlock(Box<Finding>),
}

/// What a thread holds for certain: a guard that may go to another thread proves nothing.
pub(super) fn sure_holds(local: &Local) -> impl Iterator<Item = Hold<Taken>> {
    let holds = local.holds.as_slice().iter().map(|hold| (hold, hold.identity()));
    let sure = holds.filter(|(_, identity)| !identity.is_sendable());
    sure.map(|(hold, identity)| {
        hold.shown(Taken { site: hold.site, identity, releases: hold.releases })
    })
}

/// A thread has ended. If it leaves locks taken, whoever waits for them waits for ever.
pub(super) fn thread_left(local: &Local) {
    if sure_holds(local).next().is_none() {
        return;
    }
    let mut state = locked(&STATE);
    let is_left = |hold: &Hold<Taken>| !state.is_void(hold.lock, hold.site.releases);
    let held: Vec<Hold<Taken>> = sure_holds(local).filter(is_left).collect();
    LEFT.fetch_add(1, Ordering::Relaxed);
    let stuck = state.waits.leave(local.id, &held);
    let findings: Vec<Finding> = stuck
        .into_iter()
        .filter_map(|thread| state.waits.deadlock(thread))
        .map(|cycle| describe::actual(&state.waits, &cycle, &Live))
        .collect();
    drop(state);
    if findings.is_empty() {
        misuse::left_behind(local.id, &held);
    }
    // The thread that is stuck cannot be reached, and this one has ended: a panic would help
    // nobody, so it is reported, and aborted if the settings say so.
    findings.iter().for_each(report::report_for_another);
}

/// A lock was given back by a thread that did not take it.
#[cold]
pub(super) fn released_by_another(tag: &Tag, lock: LockId) {
    local::busy(|_| {
        tag.mark_sendable();
        // Its destruction is to be told, so that the note below does not outlive it.
        tag.mark_known();
        let mut state = locked(&STATE);
        state.waits.clear_left(lock);
        state.waits.forget_hold(lock);
        if state.foreign.len() < MOST_FOREIGN || state.foreign.contains_key(&lock) {
            let releases = FOREIGN_RELEASES.fetch_add(1, Ordering::Relaxed) + 1;
            state.foreign.insert(lock, releases);
        }
        FOREIGN.store(state.foreign.len(), Ordering::Relaxed);
    });
}

/// A lock was given back at the very end of a thread that had left it behind: by a guard in a
/// thread-local that is destroyed late.
#[cold]
pub(super) fn released_after_the_end(lock: LockId) {
    if LEFT.load(Ordering::Relaxed) > 0 {
        local::untracked(|| locked(&STATE).waits.clear_left(lock));
    }
}

/// How many locks were ever given back by a thread that did not hold them.
pub(super) fn foreign_releases() -> u64 {
    FOREIGN_RELEASES.load(Ordering::Relaxed)
}

/// Forgets holds that another thread has given back.
pub(super) fn purge_foreign(local: &mut Local) {
    if FOREIGN.load(Ordering::Relaxed) == 0 {
        return;
    }
    let state = locked(&STATE);
    local.holds.forget(|hold| state.is_void(hold.lock(), hold.releases));
}

/// The lock is gone.
pub(super) fn forget_lock(lock: LockId) {
    let mut state = locked(&STATE);
    state.waits.clear_left(lock);
    for signal in Signal::ALL {
        state.servers.remove(&(lock, signal));
    }
    state.notified.remove(&lock);
    if state.foreign.remove(&lock).is_some() {
        FOREIGN.store(state.foreign.len(), Ordering::Relaxed);
    }
    let untold = state.contention.forget(lock);
    drop(state);
    contention::tell(&untold);
    hold_time::forget(lock);
}

/// The names of a live program.
pub(super) struct Live;

impl HoldNames<Taken> for Live {
    fn held(&self, hold: &Hold<Taken>) -> Held {
        Held {
            lock: state::lock(hold.lock, &hold.site.identity),
            mode: hold.mode,
            site: Some(state::place(hold.site.site)),
        }
    }

    fn wanted_lock(&self, lock: LockId, site: &Taken) -> finding::Lock {
        state::lock(lock, &site.identity)
    }

    fn place(&self, site: &Taken) -> Option<Place> {
        Some(state::place(site.site))
    }

    fn thread(&self, thread: ThreadId) -> finding::Thread {
        state::name_thread(thread)
    }
}
