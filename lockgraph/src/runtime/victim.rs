//! Waits that can be told to give up, and who is told.
//!
//! A thread that sleeps in a raw lock cannot be reached. Where a deadlock is to be broken at the
//! cheapest place, and not where it was closed, contended acquisitions and joins wait here instead:
//! they try, and sleep on a bell of their own between two tries, for an eighth of the time that they
//! have waited so far. So what is told to them arrives at once, and what they wait for at most that
//! much later than elsewhere. Nobody queues meanwhile: a lock goes to whoever comes when it is free,
//! and readers do not wait for a writer. A writer, which readers could keep out for ever so, waits as
//! always after a while, and is no victim any more.
//!
//! | who | tells |
//! |---|---|
//! | the thread that closes a circle | the one of it that holds least |
//! | the lookout, when everybody is blocked | the one that holds least, but something |
//! | a watchdog | the same, of those that have waited too long |
//!
//! What is told reaches one wait only: if that is over by then, nobody hears it.

use std::cmp::Reverse;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::block::{STATE, State};
use super::{inescapable, local, locked};
use crate::config::{self, OnDeadlock};
use crate::finding::{Finding, Stranger, Thread};
use crate::id::ThreadId;

/// The shortest and the longest sleep between two tries.
const SHORTEST: Duration = Duration::from_micros(50);
const LONGEST: Duration = Duration::from_millis(10);
/// After so long a writer waits as always.
const WRITER: Duration = Duration::from_secs(1);
/// After somebody was told to give up, until the next look.
pub(super) const AFTER_TELLING: Duration = Duration::from_millis(1);

/// How many watchdogs may want a victim.
static RECOVERING: AtomicUsize = AtomicUsize::new(0);

/// By which a waiting thread is reached.
#[derive(Default)]
pub(super) struct Bell {
    told: Mutex<Option<String>>,
    rings: Condvar,
    tries: AtomicU64,
}

impl Bell {
    /// Its thread is to panic with this.
    pub(super) fn tell(&self, message: String) {
        locked(&self.told).get_or_insert(message);
        self.rings.notify_all();
    }

    pub(super) fn is_told(&self) -> bool {
        locked(&self.told).is_some()
    }

    fn ring(&self) {
        let _told = locked(&self.told);
        self.rings.notify_all();
    }

    /// Sleeps until it rings, but no longer than `pause`. Returns what was told.
    fn sleep(&self, pause: Duration) -> Option<String> {
        let told = locked(&self.told);
        if told.is_some() {
            return told.clone();
        }
        let rung = self.rings.wait_timeout(told, pause);
        rung.unwrap_or_else(PoisonError::into_inner).0.clone()
    }
}

/// A wait that can be told to give up.
pub(super) struct Willing {
    bell: Arc<Bell>,
    since: Instant,
    limit: Option<Duration>,
}

impl Willing {
    /// For a wait of this thread that begins now. `None`: nobody would tell it, or it must not unwind.
    pub(super) fn of_wait(is_writer: bool) -> Option<Willing> {
        if !is_wanted() || inescapable::is_inescapable() || std::thread::panicking() {
            return None;
        }
        let bell = local::untracked(Arc::<Bell>::default);
        let limit = is_writer.then_some(WRITER);
        Some(Willing { bell, since: Instant::now(), limit })
    }

    /// What others ring, to be published with the wait.
    pub(super) fn bell(&self) -> Arc<Bell> {
        Arc::clone(&self.bell)
    }

    /// What was waited for was not there.
    pub(super) fn has_tried(&self) {
        self.bell.tries.fetch_add(1, Ordering::Release);
    }

    /// Whether it is to wait as always from now on.
    pub(super) fn is_over(&self) -> bool {
        self.limit.is_some_and(|limit| self.since.elapsed() >= limit)
    }

    /// Until the next try.
    pub(super) fn pause(&self) -> Duration {
        (self.since.elapsed() / 8).clamp(SHORTEST, LONGEST)
    }

    /// Sleeps for so long at most. Panics if it is told to give up.
    #[track_caller]
    pub(super) fn rest(&self, pause: Duration) {
        if let Some(message) = self.bell.sleep(pause) {
            local::hot(|local| local.holds.mark_spared());
            panic!("{message}");
        }
    }
}

/// Whether deadlocks are to be broken by a victim.
pub(super) fn is_asked_for() -> bool {
    config::get().on_deadlock == OnDeadlock::Victim
}

fn is_wanted() -> bool {
    is_asked_for() || RECOVERING.load(Ordering::Relaxed) > 0
}

/// The thread of these, of those that can be told, that comes first by `order`, of it and of how much
/// it holds; then the one that holds least, then the youngest.
fn least<K: Ord>(
    state: &State,
    threads: impl Iterator<Item = ThreadId>,
    order: impl Fn(ThreadId, usize) -> K,
) -> Option<(ThreadId, Arc<Bell>)> {
    let candidates = threads.filter_map(|thread| {
        let held = state.waits.get(thread)?.held.len();
        Some((thread, held, state.willing.get(&thread)?))
    });
    let rank =
        |(thread, held, _): &(ThreadId, usize, _)| (order(*thread, *held), *held, Reverse(*thread));
    candidates.min_by_key(rank).map(|(thread, _, bell)| (thread, Arc::clone(bell)))
}

/// Who of a circle is to give up, if the settings ask for a victim.
pub(super) fn of_circle(
    state: &State,
    threads: impl Iterator<Item = ThreadId>,
) -> Option<(ThreadId, Arc<Bell>)> {
    is_asked_for().then(|| least(state, threads, |_, _| ())).flatten()
}

/// Whether one of these has been told already, and will be gone in a moment.
pub(super) fn is_breaking(state: &State, mut threads: impl Iterator<Item = ThreadId>) -> bool {
    threads.any(|thread| state.willing.get(&thread).is_some_and(|bell| bell.is_told()))
}

/// Who is to give up when all of these are blocked: one of the steps of `finding` before others, and
/// one that holds something before one that does not, for that helps nobody but by its end.
pub(super) fn of_standstill(
    threads: &[ThreadId],
    finding: &Finding,
) -> Option<(ThreadId, Arc<Bell>)> {
    let state = locked(&STATE);
    let is_shown = |thread: ThreadId| finding.steps.iter().any(|step| step.thread.id == thread.0);
    let order = |thread: ThreadId, held: usize| (!is_shown(thread), held == 0);
    least(&state, threads.iter().copied(), order)
}

/// While it lives, waits that begin can be told to give up.
pub(crate) struct Recovering;

impl Recovering {
    pub(crate) fn begin() -> Recovering {
        RECOVERING.fetch_add(1, Ordering::Relaxed);
        Recovering
    }
}

impl Drop for Recovering {
    fn drop(&mut self) {
        RECOVERING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Who is to give up.
pub(super) struct Chosen {
    thread: ThreadId,
    bell: Arc<Bell>,
}

impl Chosen {
    /// Tells the thread, with the reason, and says who it is.
    pub(super) fn give_up(self, why: &str) -> Thread {
        let told = format!(
            "lockgraph: this wait is given up so that others go on: {why}; what this thread held is \
             given back as it unwinds, and it can begin again"
        );
        self.bell.tell(told);
        super::state::name_thread(self.thread)
    }
}

/// Who of these, which have waited too long, is to give up. The finding that shows it says so.
pub(super) fn of_long(threads: &[ThreadId], findings: &mut [Finding]) -> Option<Chosen> {
    let state = locked(&STATE);
    let (thread, bell) = least(&state, threads.iter().copied(), |_, held| held == 0)?;
    drop(state);
    let shows = |finding: &&mut Finding| finding.steps.iter().any(|s| s.thread.id == thread.0);
    if let Some(finding) = findings.iter_mut().find(shows) {
        name(finding, thread);
    }
    Some(Chosen { thread, bell })
}

/// The finding says who is the victim.
pub(super) fn name(finding: &mut Finding, victim: ThreadId) {
    let thread = super::state::name_thread(victim);
    let does = "is the victim: its wait ends in a panic, so that the others go on".to_owned();
    finding.strangers.push(Stranger { thread, does });
}

/// Has all that are willing try again, so that whoever is still blocked then cannot go on. Their
/// numbers in the system. `None`: not all have done so in time.
pub(super) fn try_again() -> Option<Vec<u32>> {
    let state = locked(&STATE);
    let of = |(thread, bell): (&ThreadId, &Arc<Bell>)| {
        let task = state.waits.get(*thread)?.task;
        Some((task, bell.tries.load(Ordering::Acquire), Arc::clone(bell)))
    };
    let willing: Vec<_> = state.willing.iter().filter_map(of).collect();
    drop(state);
    // The first one to end after that may have begun before.
    let has_tried = |(_, before, bell): &(u32, u64, Arc<Bell>)| {
        bell.tries.load(Ordering::Acquire) >= before + 2
    };
    let end = Instant::now() + LONGEST * 5;
    while !willing.iter().all(has_tried) {
        if Instant::now() > end {
            return None;
        }
        willing.iter().filter(|one| !has_tried(one)).for_each(|(_, _, bell)| bell.ring());
        std::thread::sleep(SHORTEST * 4);
    }
    Some(willing.into_iter().map(|(task, _, _)| task).collect())
}
