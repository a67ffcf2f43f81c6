//! A finding with the spelling of its names, and its steps seen as waits: who waits for whom.

use super::spell::Spelling;
use crate::finding::{Blocks, Finding, Held, Lock, Step, Verdict, Wanted};
use crate::id::{LockKind, Mode};

/// How many members of a list are written out at each end.
const LISTED: usize = 3;

/// A finding and how to spell it.
pub(crate) struct Scene<'a> {
    pub(crate) finding: &'a Finding,
    pub(crate) spell: Spelling,
}

/// One wait of a cycle.
#[derive(Clone, Copy)]
pub(super) struct Wait<'a> {
    pub(super) waiter: &'a Step,
    pub(super) wanted: &'a Wanted,
    /// Who stands in the way.
    pub(super) blocker: &'a Step,
}

impl<'a> Scene<'a> {
    pub(crate) fn new(finding: &'a Finding) -> Scene<'a> {
        Scene { finding, spell: Spelling::of(finding) }
    }

    /// Whether it happened, rather than that it could.
    pub(super) fn is_actual(&self) -> bool {
        matches!(self.finding.verdict, Verdict::Actual | Verdict::Stalled)
    }

    /// The waits, in the order of the steps.
    pub(super) fn waits(&self) -> Vec<Wait<'a>> {
        let steps = &self.finding.steps;
        let next = steps.iter().cycle().skip(1);
        let pairs = steps.iter().zip(next);
        pairs
            .filter_map(|(waiter, blocker)| {
                let wanted = waiter.wants.as_ref()?;
                Some(Wait { waiter, wanted, blocker })
            })
            .collect()
    }

    pub(super) fn lock(&self, lock: &Lock) -> String {
        self.spell.lock(lock)
    }

    /// "`audit`", or of a semaphore "a permit of `slots`": what it is that is taken.
    pub(super) fn taken(&self, lock: &Lock) -> String {
        of_permit(lock, self.lock(lock))
    }

    /// "drop `audit`", "give back a permit of `slots`".
    pub(super) fn drop(&self, lock: &Lock) -> String {
        format!("{} {}", if is_permit(lock) { "give back" } else { "drop" }, self.taken(lock))
    }

    pub(super) fn thread(&self, step: &Step) -> String {
        self.spell.thread(&step.thread)
    }

    /// "at bank.rs:12:9", or nothing if that is not known; with a space before it.
    pub(super) fn at(&self, step: &Step) -> String {
        self.at_site(step.site.as_ref())
    }

    pub(super) fn at_site(&self, site: Option<&crate::finding::Place>) -> String {
        site.map_or_else(String::new, |place| format!(" at {}", self.spell.place(place)))
    }
}

fn is_permit(lock: &Lock) -> bool {
    lock.kind == LockKind::Semaphore
}

/// The lock's name, or who it is that has one of many.
pub(super) fn of_permit(lock: &Lock, name: String) -> String {
    if is_permit(lock) { format!("a permit of {name}") } else { name }
}

/// One has a permit; a lock is held.
pub(super) fn holds(lock: &Lock) -> &'static str {
    if is_permit(lock) { "has" } else { "holds" }
}

/// What gives it back when it is dropped.
pub(super) fn guard(lock: &Lock) -> &'static str {
    if is_permit(lock) { "permit" } else { "guard" }
}

/// The lock that a step holds in the way of the one before it.
pub(crate) fn held(step: &Step) -> Option<&Held> {
    match &step.blocks {
        Blocks::Holds(held) | Blocks::LeftBehind(held) => Some(held),
        _ => None,
    }
}

/// The lock that a step wants, and how.
pub(super) fn wanted_lock(step: &Step) -> Option<(&Lock, Mode)> {
    match &step.wants {
        Some(Wanted::Lock(lock, mode)) => Some((lock, *mode)),
        _ => None,
    }
}

/// "a, b and c"; the middle of a long list is only counted.
pub(super) fn series(mut members: Vec<String>) -> String {
    if members.len() > 2 * LISTED + 1 {
        let cut = members.len() - 2 * LISTED;
        members.splice(LISTED..LISTED + cut, [format!("{cut} more")]);
    }
    let last = members.pop().unwrap_or_default();
    if members.is_empty() { last } else { format!("{} and {last}", members.join(", ")) }
}

/// The same for whole sentences.
pub(super) fn sentences(mut members: Vec<String>) -> Vec<String> {
    if members.len() > LISTED + 1 {
        let cut = members.len() - LISTED;
        members.splice(LISTED - 1..LISTED - 1 + cut, [format!("... {cut} more ...")]);
    }
    members
}
