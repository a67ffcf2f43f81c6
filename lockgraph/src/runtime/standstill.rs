//! What the lookout reads of who is blocked, and says of it.

use std::collections::HashSet;
use std::sync::MutexGuard;
use std::time::Duration;

use super::block::{Live, STATE, State, Taken, nanos};
use super::sys::Task;
use super::tag::{Site, Tag};
use super::{bystander, local, locked, lookout, state};
use crate::describe;
use crate::finding::{Finding, Place, Stranger, Thread};
use crate::id::{Signal, ThreadId};
use crate::names::HoldNames;
use crate::wait::{Blocked, Standstill, Target};

/// Who was blocked at a moment: the thread, the turn of its wait, and the system's number of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Snapshot(Vec<(ThreadId, u64, u32)>);

impl Snapshot {
    fn of(state: &State, is_wanted: impl Fn(ThreadId, &Blocked<Taken>) -> bool) -> Snapshot {
        let waits = state.waits.iter().filter(|(thread, blocked)| is_wanted(*thread, blocked));
        let mut list: Vec<_> = waits.map(|(thread, b)| (thread, b.turn, b.task)).collect();
        list.sort_unstable();
        Snapshot(list)
    }

    /// Whether this thread, by the system's number, is among them.
    pub(super) fn has_task(&self, task: u32) -> bool {
        self.0.iter().any(|(_, _, known)| *known == task)
    }

    /// Whether all of them are among these.
    pub(super) fn is_among(&self, tasks: &[Task]) -> bool {
        let listed: HashSet<u32> = tasks.iter().map(|task| task.id).collect();
        self.0.iter().all(|(_, _, task)| listed.contains(task))
    }

    /// Their turns.
    pub(super) fn turns(&self) -> impl Iterator<Item = u64> {
        self.0.iter().map(|(_, turn, _)| *turn)
    }

    fn only(&self, threads: &[ThreadId]) -> Snapshot {
        let waits = self.0.iter().filter(|(thread, _, _)| threads.contains(thread));
        Snapshot(waits.copied().collect())
    }

    /// Who they are.
    pub(super) fn threads(&self) -> Vec<ThreadId> {
        self.0.iter().map(|(thread, _, _)| *thread).collect()
    }
}

/// So many who give one signal, and then as many again, are looked through for those that live.
const MANY: usize = 64;

/// `thread` gives `signal` at `tag`, which has its number.
pub(super) fn note_server(thread: ThreadId, signal: Signal, tag: &Tag, site: Site) {
    let Some(object) = tag.known_id() else { return };
    // Its destruction is to be told, so that the note does not outlive it.
    tag.mark_known();
    let mut state = locked(&STATE);
    if signal == Signal::Notify {
        state.notified.insert(object, (thread, site));
    }
    let known = state.servers.entry((object, signal)).or_default();
    if !known.contains(&thread) {
        known.push(thread);
    }
    if known.len().is_multiple_of(MANY) {
        drop(state);
        let alive = bystander::alive();
        if let Some(known) = locked(&STATE).servers.get_mut(&(object, signal)) {
            known.retain(|server| alive.contains(server));
        }
    }
}

/// Who is blocked, and who of those that live serves them. Linear in all that is known.
fn state_of_the_living() -> MutexGuard<'static, State> {
    let alive = bystander::alive();
    let mut state = locked(&STATE);
    state.servers.values_mut().for_each(|known| known.retain(|server| alive.contains(server)));
    state
}

/// A thread has ended: if all others are blocked, nobody is left to say so.
pub(super) fn thread_ended() {
    let blocked = locked(&STATE).waits.len();
    if blocked > 0 && blocked >= local::alive() {
        lookout::call();
    }
}

/// Who is blocked, if those are all tracked threads.
pub(super) fn snapshot_if_all_are_blocked() -> Option<Snapshot> {
    let state = locked(&STATE);
    let blocked = state.waits.len();
    (blocked > 0 && blocked >= local::alive()).then(|| Snapshot::of(&state, |_, _| true))
}

/// What it comes to if all are blocked for ever as `snapshot` says. `None`: they are not any more.
pub(super) fn finding(snapshot: &Snapshot, strangers: Vec<Stranger>) -> Option<Finding> {
    let state = state_of_the_living();
    if Snapshot::of(&state, |_, _| true) != *snapshot {
        return None;
    }
    let standstill = state.waits.standstill(&state.servers);
    let is_certain = strangers.is_empty();
    let mut finding = describe::standstill(&state.waits, &standstill, strangers, &Live);
    if let (Standstill::Line(threads), true) = (&standstill, is_certain) {
        finding.strangers = threads.iter().filter_map(|thread| early(&state, *thread)).collect();
    }
    Some(finding)
}

/// Who has notified what this thread waits for, when nobody heard it.
fn early(state: &State, thread: ThreadId) -> Option<Stranger> {
    let Target::Signal(Signal::Notify, Some(object), _) = state.waits.get(thread)?.target else {
        return None;
    };
    let (server, site) = state.notified.get(&object)?;
    let Place { file, line, column } = state::place(site);
    let does = format!("notified it before, at {file}:{line}:{column}");
    Some(Stranger { thread: Live.thread(*server), does })
}

/// The waits of more than `limit` that have not been told and are news.
pub(super) fn long_waits(limit: Duration, told: &HashSet<u64>) -> Option<Snapshot> {
    let (now, limit) = (nanos(), u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX));
    let state = state_of_the_living();
    let stuck: HashSet<ThreadId> = state.waits.stuck(&state.servers).into_iter().collect();
    let long = Snapshot::of(&state, |thread, blocked| {
        let is_lock = matches!(blocked.target, Target::Lock(..));
        let is_news = is_lock || !blocked.held.is_empty() || stuck.contains(&thread);
        is_news && now.saturating_sub(blocked.since) >= limit && !told.contains(&blocked.turn)
    });
    (!long.0.is_empty()).then_some(long)
}

/// These waits, apart by whether they have anything to do with each other.
pub(super) fn apart(long: &Snapshot) -> Vec<Snapshot> {
    let state = state_of_the_living();
    let groups = state.waits.groups(&long.threads(), &state.servers);
    groups.iter().map(|group| long.only(group)).collect()
}

/// How long these threads have waited.
pub(super) fn waited(long: &Snapshot) -> Vec<Stranger> {
    let (now, state) = (nanos(), locked(&STATE));
    let waited = long.0.iter().filter_map(|(thread, _, _)| {
        let since = state.waits.get(*thread)?.since;
        let seconds = Duration::from_nanos(now.saturating_sub(since)).as_secs_f64();
        Some(Stranger { thread: Live.thread(*thread), does: format!("has waited {seconds:.1} s") })
    });
    waited.collect()
}

/// What waits that take long come to. `None`: one of them is over.
pub(super) fn stall(long: &Snapshot, strangers: Vec<Stranger>) -> Option<Finding> {
    let state = locked(&STATE);
    let is_there = |(thread, turn, _): &(ThreadId, u64, u32)| {
        state.waits.get(*thread).is_some_and(|blocked| blocked.turn == *turn)
    };
    long.0
        .iter()
        .all(is_there)
        .then(|| describe::stall(&state.waits, &long.threads(), strangers, &Live))
}

/// What the thread with this number of the system waits for, if it is blocked, and who it is.
pub(super) fn blocked_task(task: u32) -> Option<(Thread, String)> {
    let state = locked(&STATE);
    let (thread, blocked) = state.waits.iter().find(|(_, blocked)| blocked.task == task)?;
    let place = HoldNames::place(&Live, &blocked.site)?;
    let does = match &blocked.target {
        Target::Ends(_) | Target::Returns(_) => "waits for the end of threads",
        Target::Lock(..) => "waits for a lock",
        Target::Signal(..) | Target::Any(..) => "waits for a signal",
    };
    let does = format!("{does} at {}:{}:{}", place.file, place.line, place.column);
    Some((Live.thread(thread), does))
}
