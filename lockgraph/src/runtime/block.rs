//! The slow path of a blocked thread: publish, look, block, withdraw.
//!
//! One lock guards who is blocked. It is taken when a thread blocks and when it runs again, never
//! while it is blocked and never for a lock that was free.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use super::contention::{self, Figures, Over};
use super::identity::Identity;
use super::local::Local;
use super::stack;
use super::tag::{Site, Tag};
use super::victim::{self, Bell, Willing};
use super::{hold_time, local, locked, lookout, misuse, record, report, state, time_out, together};
use crate::config;
use crate::describe;
use crate::finding::{self, Finding, Held, Place};
use crate::held::Hold;
use crate::id::{LockId, LockKind, Mode, Signal, SiteId, ThreadId};
use crate::names::HoldNames;
use crate::slab::Hashing;
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
    /// Of those that are blocked, who can be told to give up.
    pub(super) willing: HashMap<ThreadId, Arc<Bell>, Hashing>,
    next_turn: u64,
}

impl State {
    /// Whether a hold that was taken after so many releases by another thread may be one that was
    /// given back so.
    fn is_void(&self, lock: LockId, releases: u64) -> bool {
        self.foreign.get(&lock).is_some_and(|by_then| releases < *by_then)
    }

    /// Whether a hold of a wait is still one, as far as is known.
    pub(super) fn is_sure(&self, hold: &Hold<Taken>) -> bool {
        !self.is_void(hold.lock, hold.site.releases)
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
    /// It can be told to give up.
    willing: Option<Willing>,
}

impl Wait {
    /// Publishes that this thread waits for a lock. `None` if the thread is not tracked.
    ///
    /// If it can `give_up`, it can be told to from now on: whoever finds it among those who wait finds that
    /// out too.
    pub(super) fn for_lock(
        tag: &Tag,
        mode: Mode,
        is_upgrade: bool,
        give_up: bool,
        site: Site,
    ) -> Option<Wait> {
        if tag.is_internal() {
            return None;
        }
        let lock = tag.known_id()?;
        let wanted = Taken { site, identity: tag.identity(), releases: 0 };
        // What it waits for may become something else meanwhile, and the original sees that.
        let may_change = tag.kind() == LockKind::Semaphore;
        let give_up = give_up && !may_change;
        let wait = Wait::publish(Target::Lock(lock, mode), is_upgrade, give_up, wanted)?;
        if wait.slot.is_some() {
            tag.mark_known();
        }
        Some(wait)
    }

    /// Publishes that this thread waits for others, as [`Wait::for_lock`] does.
    pub(super) fn for_threads(target: Target, give_up: bool, site: Site) -> Option<Wait> {
        let wanted = Taken { site, identity: Identity::NONE, releases: 0 };
        Wait::publish(target, false, give_up, wanted)
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
        let wait = Wait::publish(Target::Signal(signal, object, mutex), false, false, wanted)?;
        if let Some(tag) = tag.filter(|_| wait.slot.is_some()) {
            tag.mark_known();
        }
        Some(wait)
    }

    /// As [`Wait::for_signal`], for one of several, of which this is the first.
    pub(super) fn for_any_signal(signal: Signal, tag: &Tag, site: Site) -> Option<Wait> {
        let wanted = Taken { site, identity: tag.identity(), releases: 0 };
        Wait::publish(Target::Any(signal, tag.known_id()?), false, false, wanted)
    }

    fn publish(target: Target, is_upgrade: bool, give_up: bool, site: Taken) -> Option<Wait> {
        let is_writer = is_writer(&target, &site);
        let willing = give_up.then(|| Willing::of_wait(is_writer)).flatten();
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
            let (task, since) = (local.task, nanos());
            let mut state = locked(&STATE);
            // Once more, because a lock may have been given back since the purge.
            held.retain(|hold| state.is_sure(hold));
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
            if let Some(willing) = &willing {
                state.willing.insert(local.id, willing.bell());
            }
            let is_clear = state.waits.deadlock(local.id).is_none();
            let are_all_blocked = state.waits.len() >= local::alive();
            drop(state);
            if are_all_blocked {
                lookout::call();
            } else if config::get().stall_after.is_some() {
                lookout::watch();
            }
            Wait { thread: local.id, slot, place, is_clear, looks: 0, last_seen: None, willing }
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
            Judged::Victim(finding, bell) => {
                report::report_for_another(&finding);
                local::untracked(|| bell.tell(report::panic_message(&finding)));
                // There may be another circle, and a look finds one.
                Some(victim::AFTER_TELLING)
            }
        }
    }

    /// Looks until nothing is in doubt, where nothing can be tried meanwhile.
    #[track_caller]
    pub(super) fn look_until_sure(&mut self) {
        while let Some(pause) = self.look() {
            self.rest(pause);
        }
    }

    /// As long as it can be told to give up: tries, and rests in between, instead of waiting as always.
    #[track_caller]
    pub(super) fn try_while_willing<R>(
        &mut self,
        mut has_come: impl FnMut() -> Option<R>,
    ) -> Option<R> {
        while self.is_willing() {
            if let Some(come) = has_come() {
                return Some(come);
            }
            self.has_tried();
            self.rest_a_while();
        }
        None
    }

    #[track_caller]
    fn is_willing(&mut self) -> bool {
        if self.willing.as_ref().is_some_and(Willing::is_over) {
            self.be_unwilling();
        }
        self.willing.is_some()
    }

    /// It waits as always from now on, unless it has been told to give up already.
    #[track_caller]
    pub(super) fn be_unwilling(&mut self) {
        if let Some(willing) = self.willing.take() {
            local::untracked(|| {
                let mut state = locked(&STATE);
                state.willing.remove(&self.thread);
                if state.waits.len() >= local::alive() {
                    // It may have been chosen, and is not told any more.
                    lookout::call();
                }
            });
            willing.rest(Duration::ZERO);
        }
    }

    /// What it waits for was not there.
    pub(super) fn has_tried(&self) {
        if let Some(willing) = &self.willing {
            willing.has_tried();
        }
    }

    /// Until the next try.
    #[track_caller]
    fn rest_a_while(&self) {
        if let Some(willing) = &self.willing {
            willing.rest(willing.pause());
        }
    }

    /// Sleeps. Panics if it is told to give up.
    #[track_caller]
    pub(super) fn rest(&self, pause: Duration) {
        match &self.willing {
            Some(willing) => willing.rest(pause),
            None => thread::sleep(pause),
        }
    }

    fn judge(&mut self) -> Judged {
        let state = locked(&STATE);
        let Some(cycle) = state.waits.deadlock(self.thread) else { return Judged::Clear };
        let threads = || cycle.iter().map(|(thread, _)| *thread);
        if victim::is_breaking(&state, threads()) {
            return Judged::Doubtful(victim::AFTER_TELLING);
        }
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
        let victim = victim::of_circle(&state, threads());
        drop(state);
        if let Some(step) = finding.steps.iter_mut().find(|step| step.thread.id == self.thread.0) {
            step.addresses = stack::capture().as_ref().to_vec();
        }
        stack::resolve(&mut finding);
        match victim {
            None => Judged::Deadlock(Box::new(finding)),
            Some((thread, bell)) => {
                victim::name(&mut finding, thread);
                match thread == self.thread {
                    true => Judged::Deadlock(Box::new(finding)),
                    false => Judged::Victim(Box::new(finding), bell),
                }
            }
        }
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
            if self.willing.take().is_some() {
                state.willing.remove(&self.thread);
            }
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
pub(super) fn is_writer(target: &Target, wanted: &Taken) -> bool {
    matches!(target, Target::Lock(_, Mode::Exclusive)) && wanted.identity.kind() == LockKind::RwLock
}

enum Judged {
    Clear,
    Doubtful(Duration),
    Deadlock(Box<Finding>),
    /// One that another thread is to break, which is reached so.
    Victim(Box<Finding>, Arc<Bell>),
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
    let held: Vec<Hold<Taken>> = sure_holds(local).filter(|hold| state.is_sure(hold)).collect();
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
        time_out::released_by_another(lock);
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
    together::forget(local, |hold| state.is_void(hold.lock(), hold.releases));
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
    time_out::forget(lock);
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
