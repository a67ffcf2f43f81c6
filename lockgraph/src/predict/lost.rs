//! Lost notifications: could the one that ended a wait have come before the wait began?
//!
//! A notification that finds nobody waiting is gone. So a wait that only one notification ended,
//! the last one of its condition variable, is for ever if that one comes first. It can, if
//!
//! 1. the run can be reordered so that it comes while the waiting thread has not begun to wait: is
//!    on the point of it, or has yet to take the mutex, or a lock around it;
//! 2. from there the waiting thread goes on to wait as it did: nothing that it has yet to read
//!    before that was written by the time it had the mutex again. A thread that looks, under the
//!    mutex, at what the other one changes under it, finds it changed, and does not wait.
//!
//! If the notifier takes the mutex first, it may have done so for a variable that is not in the
//! run. So then it must have been seen to write one that the waiting thread did not read.
//!
//! | waits | notifies | |
//! |---|---|---|
//! | `lock; look; wait` | `change; notify` | can be lost: between look and wait |
//! | `look; lock; wait` | `lock; change; notify` | can be lost: between look and lock |
//! | `lock; wait` | `lock; change; notify` | can be lost: before `lock` |
//! | `lock; look; wait` | `lock; change`, `notify` | cannot |
//!
//! Waits for a time end by themselves. O(1) for each event, one closure of the run for each wait
//! that is judged, of which there are at most [`ALIKE`] at the same places.

use std::collections::{BTreeMap, HashMap};

use super::closure::Closure;
use super::history::History;
use super::life::{Life, OPEN, Point, Section};
use super::nodes::Nodes;
use crate::id::{SiteId, ThreadId};
use crate::slab::Hashing;

/// A notification that could have come before the wait that it ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lost {
    /// Of what.
    pub condvar: u64,
    /// Who waits.
    pub waiter: ThreadId,
    /// Where.
    pub waits_at: SiteId,
    /// Who notifies.
    pub notifier: ThreadId,
    /// Where.
    pub notifies_at: SiteId,
}

/// So many waits are judged for each pair of places.
const ALIKE: u32 = 8;
/// So many variables are remembered that a thread read under locks.
const VARIABLES: usize = 16;
/// So many of a notifier's sections are looked through for the mutex.
const SECTIONS: usize = 64;

/// What a thread looked at since it began to hold something, and the like.
#[derive(Default)]
pub(super) struct Looks {
    reads: Vec<Look>,
    are_too_many: bool,
    /// At which of its steps it wrote last.
    pub(super) wrote: u32,
    /// The last section that it ended itself.
    pub(super) gave_back: Option<u32>,
    /// What it was woken by, if it takes its mutex again next.
    pub(super) woken_by: Option<u64>,
}

#[derive(Clone, Copy)]
struct Look {
    variable: u32,
    saw: Option<Point>,
    steps: u32,
}

impl Looks {
    /// Nothing was held.
    #[inline]
    pub(super) fn begin(&mut self) {
        self.reads.clear();
        self.are_too_many = false;
    }

    #[inline]
    pub(super) fn read(&mut self, variable: u32, saw: Option<Point>, steps: u32) {
        if self.are_too_many {
            return;
        }
        let look = Look { variable, saw, steps };
        match self.reads.iter().rposition(|read| read.variable == variable) {
            Some(at) => self.reads[at] = look,
            None if self.reads.len() < VARIABLES => self.reads.push(look),
            None => self.are_too_many = true,
        }
    }
}

/// A thread that waits without a time limit.
pub(super) struct Waiter {
    begun: Point,
    site: SiteId,
    mutex: u32,
    /// The section that it interrupts.
    section: Section,
    /// The steps at which it took the locks that it has, the mutex among them; the latest first.
    takes: Vec<u32>,
    reads: Vec<Look>,
    are_too_many: bool,
    /// The one notification since.
    by: Option<Notice>,
    /// There was more than one.
    is_by_many: bool,
    /// After which step of its own it read what was changed meanwhile, if anything was.
    changed: Option<u32>,
}

#[derive(Clone, Copy)]
struct Notice {
    at: Point,
    site: SiteId,
    /// It had the mutex since the wait began, and wrote something under it.
    has_written: bool,
}

fn latest(writes: &[Option<Point>], variable: u32) -> Option<Point> {
    writes.get(variable as usize).copied().flatten()
}

impl Waiter {
    /// At `begun`, having given a mutex back. `None` if it did not.
    pub(super) fn new(
        life: &Life,
        begun: Point,
        nodes: &Nodes,
        site: SiteId,
        writes: &[Option<Point>],
    ) -> Option<Waiter> {
        let section = life.sections[life.looks.gave_back? as usize];
        let mut takes: Vec<u32> =
            life.held.iter().map(|hold| life.sections[hold.section as usize].at).collect();
        takes.push(section.at);
        takes.sort_unstable_by(|a, b| b.cmp(a));
        let mut reads = life.looks.reads.clone();
        for read in &mut reads {
            // What it changed itself after that is no news to it.
            let own = latest(writes, read.variable).filter(|write| write.thread == begun.thread);
            read.saw = own.or(read.saw);
        }
        (section.until + 1 == begun.steps).then(|| Waiter {
            begun,
            site,
            mutex: nodes.claim(section.node).lock(),
            section,
            takes,
            reads,
            are_too_many: life.looks.are_too_many,
            by: None,
            is_by_many: false,
            changed: None,
        })
    }
}

/// A thread that notifies.
pub(super) struct Notifier<'a> {
    pub(super) life: &'a Life,
    pub(super) here: Point,
    pub(super) nodes: &'a Nodes,
    pub(super) site: SiteId,
}

impl Notifier<'_> {
    /// As `waiter` sees it.
    fn notice(&self, waiter: &Waiter) -> Notice {
        let sections = self.life.sections.iter().rev().take(SECTIONS);
        let on_mutex = |section: &&Section| {
            self.nodes.claim(section.node).lock() == waiter.mutex
                && section.turn > waiter.section.turn
        };
        let wrote = self.life.looks.wrote;
        let is_in = |section: &Section| {
            section.at <= wrote && (section.until == OPEN || wrote < section.until)
        };
        let has_written = sections.filter(on_mutex).any(is_in);
        Notice { at: self.here, site: self.site, has_written }
    }
}

/// Who waits, and who was woken by the last notification so far; by condition variable.
#[derive(Default)]
pub(super) struct LostOnes(HashMap<u64, Condvar, Hashing>);

#[derive(Default)]
struct Condvar {
    waiting: Vec<Waiter>,
    woken: Vec<Waiter>,
}

impl LostOnes {
    pub(super) fn waits(&mut self, condvar: u64, waiter: Waiter) {
        let condvar = self.0.entry(condvar).or_default();
        condvar.waiting.retain(|other| other.begun.thread != waiter.begun.thread);
        condvar.waiting.push(waiter);
    }

    pub(super) fn notifies(&mut self, condvar: u64, notifier: &Notifier<'_>) {
        let Some(condvar) = self.0.get_mut(&condvar) else { return };
        // If what woke them is lost, this one may do.
        condvar.woken.clear();
        for waiter in &mut condvar.waiting {
            waiter.is_by_many |= waiter.by.is_some();
            waiter.by = Some(notifier.notice(waiter));
        }
    }

    /// The condition variable, if the thread was woken by one notification of it.
    pub(super) fn wakes(&mut self, number: u64, thread: u32) -> Option<u64> {
        let condvar = self.0.get_mut(&number)?;
        let at = condvar.waiting.iter().position(|waiter| waiter.begun.thread == thread)?;
        let waiter = condvar.waiting.swap_remove(at);
        if waiter.by.is_none() || waiter.is_by_many {
            return None;
        }
        condvar.woken.push(waiter);
        Some(number)
    }

    /// A thread that was woken has its mutex again: is what it looked at as it was?
    pub(super) fn took_again(&mut self, condvar: u64, thread: u32, writes: &[Option<Point>]) {
        let woken = self.0.get_mut(&condvar).into_iter().flat_map(|condvar| &mut condvar.woken);
        for waiter in woken.filter(|waiter| waiter.begun.thread == thread) {
            let is_changed = |read: &&Look| latest(writes, read.variable) != read.saw;
            waiter.changed = waiter.reads.iter().filter(is_changed).map(|read| read.steps).max();
            waiter.reads = Vec::new();
        }
    }
}

/// The notifications of a run that could have come too early.
pub(super) fn judge(history: &History, closure: &mut Closure<'_>) -> Vec<Lost> {
    let condvars: BTreeMap<u64, &Condvar> =
        history.lost.0.iter().map(|(number, condvar)| (*number, condvar)).collect();
    let mut judged: HashMap<(SiteId, SiteId), u32> = HashMap::new();
    let mut found: Vec<Lost> = Vec::new();
    for (number, condvar) in condvars {
        for waiter in &condvar.woken {
            let Some(notice) = waiter.by else { continue };
            let places = (waiter.site, notice.site);
            let count = judged.entry(places).or_default();
            if *count == ALIKE && waiter.site != SiteId::UNKNOWN {
                continue;
            }
            *count += 1;
            if can_be_lost(waiter, &notice, closure) {
                *count = ALIKE;
                found.push(Lost {
                    condvar: number,
                    waiter: ThreadId(history.threads.own(waiter.begun.thread) as u32),
                    waits_at: waiter.site,
                    notifier: ThreadId(history.threads.own(notice.at.thread) as u32),
                    notifies_at: notice.site,
                });
            }
        }
    }
    found
}

/// Whether the notification can come while the thread has not begun to wait, and it then does.
fn can_be_lost(waiter: &Waiter, notice: &Notice, closure: &mut Closure<'_>) -> bool {
    let thread = waiter.begun.thread;
    // To wait and to give the mutex back is one step.
    let begins = Point { thread, steps: waiter.section.until };
    let mut can_stand_before =
        |step: u32| closure.can_precede([notice.at, Point { thread, steps: step - 1 }], begins);
    if can_stand_before(begins.steps) {
        return true;
    }
    let Some(take) = waiter.takes.iter().copied().find(|take| can_stand_before(*take)) else {
        return false;
    };
    notice.has_written && !waiter.are_too_many && waiter.changed.is_none_or(|read| read < take)
}
