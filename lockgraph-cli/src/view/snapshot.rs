//! Who waited for whom when the run stopped, and who could go on, step by step: `Snapshot` of the
//! page's model. Nothing fails; linear in threads and needs.

use lockgraph::check::{Standing, Standstill, State, StillNeeds};
use lockgraph::explain::{self, Spelling};
use lockgraph::finding::Wanted;
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

/// What is shown of the part of a standstill that a finding is about.
pub(crate) fn snapshot(standstill: &Standstill) -> Snapshot {
    let mut is_stuck = vec![false; standstill.threads.len()];
    standstill.stuck.iter().for_each(|at| is_stuck[*at] = true);
    let shown = Shown { standstill, is_stuck, spell: spelling(standstill) };
    let round = |freed: &Vec<usize>| {
        let texts: Vec<String> =
            freed.iter().map(|at| shown.why_free(&standstill.threads[*at])).collect();
        Round { freed: freed.clone(), text: texts.join("; ") }
    };
    Snapshot {
        threads: standstill.threads.iter().map(|it| shown.waiter(it)).collect(),
        rounds: standstill.rounds.iter().map(round).collect(),
        stuck: standstill.stuck.clone(),
    }
}

fn spelling(standstill: &Standstill) -> Spelling {
    let threads = || standstill.threads.iter();
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
    /// Of each thread.
    is_stuck: Vec<bool>,
    spell: Spelling,
}

impl Shown<'_> {
    fn waiter(&self, it: &Standing) -> Waiter {
        let waits = it.wants.as_ref().map(|wanted| explain::goal(&self.spell, wanted));
        let need = |need: &StillNeeds| Need {
            count: need.count,
            of: need.of.clone(),
            text: self.need(need),
        };
        Waiter {
            name: self.spell.thread(&it.thread),
            state: it.state.name(),
            waits: waits.map_or_else(String::new, |goal| format!("waits {goal}")),
            place: it.site.as_ref().map(Place::of),
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
        of.retain(|at| !self.is_stuck[*at]);
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
