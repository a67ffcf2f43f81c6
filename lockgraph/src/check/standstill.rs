//! Who waited for whom where the trace ends, and how far the reduction gets.
//!
//! What is not known of others is on their side: whoever is not blocked goes on, and a signal that
//! nobody is known to give comes from anybody. Not so for threads of which a finding says that they
//! wait for ever: whoever was to end their waits is blocked too, or there is nobody. Nor if nobody of
//! the process is left who runs.
//!
//! Linear in threads, holds and findings.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::Judge;
use crate::finding::{self, Blocks, Finding, Held, Place, Step, Verdict, Wanted};
use crate::held::Hold;
use crate::id::{LockId, Mode, Signal, SiteId, ThreadId};
use crate::names::{HoldNames, Names};
use crate::slab::Hashing;
use crate::trace::Source;
use crate::wait::{Blocked, Need, Servers, Target, reduce};

/// The wait-for graph at the end of a trace, and its reduction.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Standstill {
    /// Who waits, and whom they wait for, by number.
    pub threads: Vec<Standing>,
    /// Who of them, by position, goes on in each round, because of those who went on before.
    pub rounds: Vec<Vec<usize>>,
    /// Who is left.
    pub stuck: Vec<usize>,
}

/// A thread in it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Standing {
    /// Which.
    pub thread: finding::Thread,
    /// What has become of it.
    pub state: State,
    /// What it waits for.
    pub wants: Option<Wanted>,
    /// Where.
    pub site: Option<Place>,
    /// What it holds, as far as that is known.
    pub holds: Vec<Held>,
    /// What has to happen before it goes on: all of it.
    pub needs: Vec<StillNeeds>,
}

/// What a thread does at the end of the trace.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum State {
    /// It is blocked.
    Waits,
    /// As far as is known it is not.
    Runs,
    /// It has ended, or leaked a guard, and left a lock taken.
    Gone,
}

impl State {
    /// Every one.
    pub const ALL: [State; 3] = [State::Waits, State::Runs, State::Gone];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            State::Waits => "waits",
            State::Runs => "runs",
            State::Gone => "gone",
        }
    }
}

/// So many of some threads must go on.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct StillNeeds {
    /// What for; nothing, if it does not go on for a reason that is not seen.
    pub what: Option<Wanted>,
    /// How many.
    pub count: usize,
    /// Of whom, by position. If there are fewer, it never happens.
    pub of: Vec<usize>,
}

/// What one thread needs, before threads have positions.
struct Needed {
    what: Option<Wanted>,
    count: usize,
    of: BTreeSet<ThreadId>,
}

/// What the graph of blocked threads does not have.
struct Others {
    /// By lock: who is gone and left it taken.
    left: BTreeMap<LockId, Vec<(ThreadId, Held)>>,
    gone: HashSet<ThreadId, Hashing>,
    /// Who does not go on, for a reason that is not seen.
    unseen: BTreeSet<ThreadId>,
    /// By lock: who runs and holds it.
    holders: BTreeMap<LockId, Vec<(ThreadId, Mode)>>,
    servers: Servers,
    /// Of whom a finding says that they wait for ever.
    told: HashSet<ThreadId, Hashing>,
    /// Whether nobody is left who runs.
    are_all_blocked: bool,
}

impl Judge<'_> {
    /// `None` if nobody waits.
    pub(super) fn standstill(&self, findings: &[Finding]) -> Option<Standstill> {
        if self.waits.len() == 0 {
            return None;
        }
        let mut others = self.others(findings);
        let mut needs = self.all_needs(&others);
        if others.are_all_blocked && !reduced(self.needs_of(&needs, &others)).0.is_empty() {
            // Somebody goes on all the same, and may do anything.
            others.are_all_blocked = false;
            needs = self.all_needs(&others);
        }
        let (rounds, stuck) = reduced(self.needs_of(&needs, &others));
        let mut threads: BTreeSet<ThreadId> = needs.keys().copied().collect();
        threads.extend(needs.values().flatten().flat_map(|need| need.of.iter().copied()));
        let threads: Vec<ThreadId> = threads.into_iter().collect();
        let position = |thread: &ThreadId| threads.partition_point(|other| other < thread);
        let positions = |list: &Vec<ThreadId>| {
            let mut positions: Vec<usize> = list.iter().map(position).collect();
            positions.sort_unstable();
            positions
        };
        let standing = |thread: &ThreadId| {
            let needs = needs.remove(thread).unwrap_or_default().into_iter();
            let needs = needs.map(|Needed { what, count, of }| StillNeeds {
                what,
                count,
                of: of.iter().map(position).collect(),
            });
            self.standing(*thread, needs.collect(), &others)
        };
        Some(Standstill {
            rounds: rounds.iter().map(positions).collect(),
            stuck: positions(&stuck),
            threads: threads.iter().map(standing).collect(),
        })
    }

    fn others(&self, findings: &[Finding]) -> Others {
        let is_sure =
            |finding: &&Finding| matches!(finding.verdict, Verdict::Actual | Verdict::Stalled);
        let steps: Vec<&Step> =
            findings.iter().filter(is_sure).flat_map(|finding| &finding.steps).collect();
        let is_native = matches!(self.trace.source, Source::Native(_));
        let has_ended = |thread: &ThreadId| {
            is_native && self.replay.threads.get(thread).is_some_and(|it| it.has_ended)
        };
        let mut others = Others {
            left: BTreeMap::new(),
            gone: HashSet::default(),
            unseen: BTreeSet::new(),
            holders: BTreeMap::new(),
            servers: Servers::default(),
            told: steps.iter().map(|step| ThreadId(step.thread.id)).collect(),
            are_all_blocked: is_native
                && self.replay.has_events()
                && self.trace.threads.keys().all(|it| self.is_blocked(*it) || has_ended(it)),
        };
        for meeting in self.trace.meetings.iter().filter(|it| !it.waits && !has_ended(&it.thread)) {
            others.serves(meeting.thread, (meeting.object, meeting.signal));
        }
        for step in steps {
            let thread = ThreadId(step.thread.id);
            match &step.blocks {
                Blocks::LeftBehind(held) => others.leaves(thread, held.clone()),
                Blocks::CannotServe(signal, Some(object)) => {
                    others.serves(thread, (LockId(object.id), *signal));
                }
                Blocks::Holds(held) if step.wants.is_none() && !self.is_blocked(thread) => {
                    others.unseen.insert(thread);
                    others.holds(thread, LockId(held.lock.id), held.mode);
                }
                _ => {}
            }
        }
        for (thread, progress) in &self.replay.threads {
            for hold in progress.held.holds().iter().filter(|_| !self.is_blocked(*thread)) {
                match has_ended(thread) {
                    true => others.leaves(*thread, self.names.held(hold)),
                    false => others.holds(*thread, hold.lock, hold.mode),
                }
            }
        }
        others
    }

    fn is_blocked(&self, thread: ThreadId) -> bool {
        self.waits.get(thread).is_some()
    }

    fn all_needs(&self, others: &Others) -> BTreeMap<ThreadId, Vec<Needed>> {
        let needs = |(thread, blocked)| (thread, self.needs(thread, blocked, others));
        let unseen = || vec![Needed { what: None, count: 1, of: BTreeSet::new() }];
        let unseen = others.unseen.iter().map(|thread| (*thread, unseen()));
        self.waits.iter().map(needs).chain(unseen).collect()
    }

    /// What keeps a blocked thread from going on.
    fn needs(&self, thread: ThreadId, blocked: &Blocked<SiteId>, others: &Others) -> Vec<Needed> {
        match &blocked.target {
            Target::Lock(lock, mode) => {
                self.needs_lock(thread, *lock, *mode, others).into_iter().collect()
            }
            Target::Ends(threads) | Target::Returns(threads) => {
                let end = |end: &ThreadId| Needed {
                    what: Some(Wanted::End(Names::thread(&self.names, *end))),
                    count: 1,
                    of: [*end].into(),
                };
                threads.iter().map(end).collect()
            }
            Target::Signal(signal, object, mutex) => {
                let known = object.and_then(|object| others.servers.get(&(object, *signal)));
                let mut of: BTreeSet<ThreadId> = known.into_iter().flatten().copied().collect();
                of.remove(&thread);
                if others.told.contains(&thread) {
                    of.retain(|server| self.is_blocked(*server));
                }
                let is_hopeless = others.are_all_blocked || others.told.contains(&thread);
                let object = object.map(|object| self.names.lock(object));
                let what = Some(Wanted::Signal(*signal, object));
                let signal = Needed { what, count: 1, of };
                let signal = Some(signal).filter(|it| !it.of.is_empty() || is_hopeless);
                let mutex =
                    mutex.and_then(|it| self.needs_lock(thread, it, Mode::Exclusive, others));
                signal.into_iter().chain(mutex).collect()
            }
            Target::Any(..) => Vec::new(),
        }
    }

    fn needs_lock(
        &self,
        thread: ThreadId,
        lock: LockId,
        mode: Mode,
        others: &Others,
    ) -> Option<Needed> {
        let certain = self.waits.waits_for(thread).into_iter().map(|(other, _)| other);
        let left = others.left.get(&lock).into_iter().flatten();
        let left = left.filter(|(_, held)| mode.waits_for(held.mode)).map(|(gone, _)| *gone);
        let holders = others.holders.get(&lock).into_iter().flatten();
        let holders = holders.filter(|(_, held)| mode.waits_for(*held)).map(|(other, _)| *other);
        let of: BTreeSet<ThreadId> = certain.chain(left).chain(holders).collect();
        let what = Some(Wanted::Lock(self.names.lock(lock), mode));
        (!of.is_empty()).then_some(Needed { what, count: of.len(), of })
    }

    /// The same as the reduction has it: who runs has gone on already, and who is gone never will.
    fn needs_of(
        &self,
        needs: &BTreeMap<ThreadId, Vec<Needed>>,
        others: &Others,
    ) -> Vec<(ThreadId, Vec<Need>)> {
        let need = |need: &Needed| {
            let is_stopped = |thread: &&ThreadId| {
                let is_stopped = others.gone.contains(*thread) || others.unseen.contains(*thread);
                is_stopped || self.is_blocked(**thread)
            };
            let of: Vec<ThreadId> = need.of.iter().filter(is_stopped).copied().collect();
            let missing = need.count.saturating_sub(need.of.len() - of.len());
            Need { missing, of }
        };
        needs.iter().map(|(thread, needs)| (*thread, needs.iter().map(need).collect())).collect()
    }

    fn standing(&self, thread: ThreadId, needs: Vec<StillNeeds>, others: &Others) -> Standing {
        let blocked = self.waits.get(thread);
        let state = match blocked {
            Some(_) => State::Waits,
            None if others.unseen.contains(&thread) => State::Waits,
            None if others.gone.contains(&thread) => State::Gone,
            None => State::Runs,
        };
        let known = self.replay.threads.get(&thread).map(|progress| progress.held.holds());
        let held = |holds: &[Hold]| holds.iter().map(|hold| self.names.held(hold)).collect();
        let mut holds: Vec<Held> =
            blocked.map_or_else(|| held(known.unwrap_or_default()), |it| held(&it.held));
        if holds.is_empty() {
            let left = others.left.values().flatten().filter(|(gone, _)| *gone == thread);
            holds.extend(left.map(|(_, held)| held.clone()));
        }
        Standing {
            thread: Names::thread(&self.names, thread),
            state,
            wants: blocked.and_then(|blocked| self.target(&blocked.target)),
            site: blocked.and_then(|blocked| Names::place(&self.names, blocked.site)),
            holds,
            needs,
        }
    }

    fn target(&self, target: &Target) -> Option<Wanted> {
        let object = |object: &LockId| self.names.lock(*object);
        match target {
            Target::Lock(lock, mode) => Some(Wanted::Lock(self.names.lock(*lock), *mode)),
            Target::Ends(threads) | Target::Returns(threads) => {
                threads.first().map(|end| Wanted::End(Names::thread(&self.names, *end)))
            }
            Target::Signal(signal, at, _) => Some(Wanted::Signal(*signal, at.as_ref().map(object))),
            Target::Any(signal, at) => Some(Wanted::Signal(*signal, Some(object(at)))),
        }
    }
}

/// Who goes on in each round, and who never does.
fn reduced(needs: Vec<(ThreadId, Vec<Need>)>) -> (Vec<Vec<ThreadId>>, Vec<ThreadId>) {
    let mut rounds = Vec::new();
    let stuck = reduce(needs, &mut |freed| rounds.push(freed.to_vec()));
    (rounds, stuck)
}

impl Others {
    fn serves(&mut self, thread: ThreadId, what: (LockId, Signal)) {
        self.servers.entry(what).or_default().push(thread);
    }

    fn leaves(&mut self, thread: ThreadId, held: Held) {
        let left = self.left.entry(LockId(held.lock.id)).or_default();
        if !left.iter().any(|(gone, _)| *gone == thread) {
            left.push((thread, held));
        }
        self.gone.insert(thread);
    }

    fn holds(&mut self, thread: ThreadId, lock: LockId, mode: Mode) {
        let holders = self.holders.entry(lock).or_default();
        if !holders.contains(&(thread, mode)) {
            holders.push((thread, mode));
        }
    }
}

#[cfg(test)]
mod tests;
