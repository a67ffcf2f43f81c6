//! Who waited for whom when the run stopped, and who could go on, step by step: `Snapshot` of the
//! page's model.
//!
//! Of all that waited, a finding gets its own threads, those that wait for one of them in the end,
//! and all that these wait for. Nothing fails; linear in threads and needs.

use lockgraph::check::{Standing, Standstill, State, StillNeeds};
use lockgraph::explain::{self, Spelling};
use lockgraph::finding::{Finding, Place as Site, Verdict, Wanted};
use lockgraph::id::LockKind;
use serde::Serialize;

use super::columns::object;
use super::place::Place;

#[derive(Serialize, PartialEq, Eq, Debug)]
pub(crate) struct Snapshot {
    pub(crate) threads: Vec<Waiter>,
    pub(crate) rounds: Vec<Round>,
    pub(crate) stuck: Vec<usize>,
}

#[derive(Serialize, PartialEq, Eq, Debug)]
pub(crate) struct Waiter {
    pub(crate) name: String,
    pub(crate) state: &'static str,
    pub(crate) waits: String,
    pub(crate) place: Option<Place>,
    pub(crate) holds: Vec<String>,
    pub(crate) needs: Vec<Need>,
}

#[derive(Serialize, PartialEq, Eq, Debug)]
pub(crate) struct Need {
    pub(crate) count: usize,
    pub(crate) of: Vec<usize>,
    pub(crate) text: String,
}

#[derive(Serialize, PartialEq, Eq, Debug)]
pub(crate) struct Round {
    pub(crate) freed: Vec<usize>,
    pub(crate) text: String,
}

/// The part of `standstill` that has to do with `finding`, in the numbers of the same trace; `place`
/// gives a place as the page has it. `None` if it did not happen, or its threads do not wait any more.
pub(crate) fn snapshot(
    standstill: &Standstill,
    finding: &Finding,
    place: &dyn Fn(&Site) -> Place,
) -> Option<Snapshot> {
    let has_happened = matches!(finding.verdict, Verdict::Actual | Verdict::Stalled);
    let steps = finding.steps.iter().filter(|step| step.wants.is_some());
    let own: Option<Vec<usize>> = steps.map(|step| waiting(standstill, step.thread.id)).collect();
    let own = own.filter(|own| has_happened && !own.is_empty())?;
    let members = concerned(standstill, &own);
    let spell = spelling(standstill, &members);
    let shown = Shown { standstill, members, spell };
    let text = |round: &Vec<usize>| {
        let freed = shown.positions(round);
        let texts: Vec<String> = round
            .iter()
            .filter(|thread| shown.members.contains(thread))
            .map(|thread| shown.why_free(&standstill.threads[*thread]))
            .collect();
        (!freed.is_empty()).then(|| Round { freed, text: texts.join("; ") })
    };
    Some(Snapshot {
        threads: shown.members.iter().map(|at| shown.waiter(*at, place)).collect(),
        rounds: standstill.rounds.iter().filter_map(text).collect(),
        stuck: shown.positions(&standstill.stuck),
    })
}

/// Where a thread is that waits.
fn waiting(standstill: &Standstill, thread: u32) -> Option<usize> {
    let is_it = |it: &Standing| it.thread.id == thread && it.state == State::Waits;
    standstill.threads.iter().position(is_it)
}

/// These, who waits for them in the end, and whom all of those wait for; in order.
fn concerned(standstill: &Standstill, own: &[usize]) -> Vec<usize> {
    let needed = |at: usize| standstill.threads[at].needs.iter().flat_map(|need| &need.of).copied();
    let mut waiters = vec![Vec::new(); standstill.threads.len()];
    for at in 0..standstill.threads.len() {
        needed(at).for_each(|of| waiters[of].push(at));
    }
    let before = reached(own, waiters.len(), |at| waiters[at].clone());
    reached(&before, waiters.len(), |at| needed(at).collect())
}

/// All that can be reached from `start`, in order.
fn reached(start: &[usize], count: usize, next: impl Fn(usize) -> Vec<usize>) -> Vec<usize> {
    let mut is_seen = vec![false; count];
    let mut left = start.to_vec();
    while let Some(at) = left.pop() {
        if !std::mem::replace(&mut is_seen[at], true) {
            left.extend(next(at));
        }
    }
    (0..count).filter(|at| is_seen[*at]).collect()
}

fn spelling(standstill: &Standstill, members: &[usize]) -> Spelling {
    let threads = || members.iter().map(|at| &standstill.threads[*at]);
    let wanted = threads().flat_map(|it| {
        let needs = it.needs.iter().filter_map(|need| need.what.as_ref());
        it.wants.iter().chain(needs).filter_map(object)
    });
    let held = threads().flat_map(|it| it.holds.iter().map(|held| &held.lock));
    let ends = threads().filter_map(|it| match &it.wants {
        Some(Wanted::End(thread)) => Some(thread),
        _ => None,
    });
    Spelling::of_all(wanted.chain(held), threads().map(|it| &it.thread).chain(ends), [])
}

/// What is shown of a standstill, and how it is spelled.
struct Shown<'a> {
    standstill: &'a Standstill,
    members: Vec<usize>,
    spell: Spelling,
}

impl Shown<'_> {
    /// Positions among those that are shown.
    fn positions(&self, all: &[usize]) -> Vec<usize> {
        all.iter().filter_map(|at| self.members.binary_search(at).ok()).collect()
    }

    fn waiter(&self, at: usize, place: &dyn Fn(&Site) -> Place) -> Waiter {
        let it = &self.standstill.threads[at];
        let waits = it.wants.as_ref().map(|wanted| explain::goal(&self.spell, wanted));
        let need = |need: &StillNeeds| Need {
            count: need.count,
            of: self.positions(&need.of),
            text: self.need(need),
        };
        Waiter {
            name: self.spell.thread(&it.thread),
            state: match it.state {
                State::Waits => "waits",
                State::Runs => "runs",
                State::Gone => "gone",
            },
            waits: waits.map_or_else(String::new, |goal| format!("waits {goal}")),
            place: it.site.as_ref().map(place),
            holds: it.holds.iter().map(|held| self.spell.label(&held.lock)).collect(),
            needs: it.needs.iter().map(need).collect(),
        }
    }

    /// What has to happen, in a sentence.
    fn need(&self, need: &StillNeeds) -> String {
        let who = || self.names(&need.of);
        match &need.what {
            None => "what it waits for is not seen".to_string(),
            Some(Wanted::Lock(lock, _)) => {
                let lock_name = self.spell.lock(lock);
                match lock.kind {
                    LockKind::Semaphore => {
                        format!("{} must give permits of {lock_name} back", who())
                    }
                    LockKind::Once => format!("{} must have set up {lock_name}", who()),
                    _ => format!("{} must give {lock_name} back", who()),
                }
            }
            Some(Wanted::End(thread)) => format!("{} must end", self.spell.thread(thread)),
            Some(Wanted::Signal(signal, object)) => {
                let deed = explain::deed(&self.spell, *signal, object.as_ref());
                match need.of.as_slice() {
                    [] => format!("somebody must {deed}, and nobody is left to"),
                    [_] => format!("{} must {deed}", who()),
                    _ => format!("one of {} must {deed}", who()),
                }
            }
        }
    }

    /// Why a thread can go on, as its needs are met.
    fn why_free(&self, it: &Standing) -> String {
        let who = self.spell.thread(&it.thread);
        let mut of: Vec<usize> = it.needs.iter().flat_map(|need| need.of.iter().copied()).collect();
        of.retain(|at| !self.standstill.stuck.contains(at));
        of.sort_unstable();
        of.dedup();
        if of.is_empty() {
            return format!("{who} can go on: nobody is known to keep it from that");
        }
        let run = of.iter().all(|at| self.standstill.threads[*at].state == State::Runs);
        let (one, more) = if run { ("runs", "run") } else { ("can go on", "can go on") };
        let does = if of.len() == 1 { one } else { more };
        format!("{who} can go on, as {} {does}", self.names(&of))
    }

    /// "thread `a`", "threads `a`, `b` and 3 more".
    fn names(&self, threads: &[usize]) -> String {
        const NAMED: usize = 4;
        let name = |at: &usize| self.spell.thread(&self.standstill.threads[*at].thread);
        let mut names: Vec<String> = threads.iter().take(NAMED).map(name).collect();
        if threads.len() > NAMED {
            names.push(format!("{} more", threads.len() - NAMED));
        }
        let last = names.pop().unwrap_or_else(|| "somebody".to_string());
        if names.is_empty() { last } else { format!("{} and {last}", names.join(", ")) }
    }
}

#[cfg(test)]
mod tests;
