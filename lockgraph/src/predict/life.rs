//! A thread's life, as far as a prediction needs it.
//!
//! It is cut into *steps*, numbered from 1: its beginning, acquisitions, releases, spawns, joins and
//! signals. A read or write is none; a read that depends on another thread makes what is done next
//! a step of its own. So a part of a run is a number of steps for each thread.
//!
//! Of an acquisition a [`Section`] is kept (20 bytes) that names an abstract attempt: thread, lock,
//! mode and held set, each once. What a step needs of other threads is a [`Link`] (16 bytes): a
//! spawn, an end, a signal, or a write that it reads. No clock is kept: the closure follows links.

use super::Claim;
use super::lost::Looks;
use super::nodes::Nodes;
use super::sets::{SetId, Sets};
use crate::id::{Mode, SiteId};

/// Of a section: it is not over.
pub(super) const OPEN: u32 = u32::MAX;

/// A point in a run: so many steps of this thread.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Point {
    pub(super) thread: u32,
    pub(super) steps: u32,
}

/// What is linked to this cannot be.
pub(super) const NEVER: Point = Point { thread: u32::MAX, steps: u32::MAX };

/// Why a step needs another thread to have come to some point, the firmest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub(super) enum Bond {
    /// Spawn or join.
    #[default]
    Life,
    /// A signal was heard, or a message received.
    Signal,
    /// A write was read.
    Data,
}

/// The step `at` of a thread comes after `after`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) at: u32,
    pub(super) after: Point,
    pub(super) bond: Bond,
}

/// A critical section.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section {
    /// The step that took the lock.
    pub(super) at: u32,
    /// The step that gave it back, or [`OPEN`].
    pub(super) until: u32,
    /// Which abstract attempt it was.
    pub(super) node: u32,
    /// As the how many-th the lock was taken.
    pub(super) turn: u32,
    pub(super) site: SiteId,
}

/// A blocking operation that is no section: a join, or a request at the end of the run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) at: u32,
    pub(super) node: u32,
    pub(super) site: SiteId,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Hold {
    pub(super) lock: u32,
    pub(super) mode: Mode,
    pub(super) depth: u32,
    pub(super) section: u32,
    /// What was held before.
    pub(super) before: SetId,
    /// What is held with it, if somebody asked.
    pub(super) after: Option<SetId>,
}

/// A thread's life.
#[derive(Default)]
pub(super) struct Life {
    /// How many steps there are.
    pub(super) steps: u32,
    /// Of each step: as the how many-th of the run it was.
    pub(super) turns: Vec<u32>,
    /// In the order of their steps.
    pub(super) sections: Vec<Section>,
    /// In the order of their steps.
    pub(super) links: Vec<Link>,
    /// In the order of their steps.
    pub(super) joins: Vec<Waiting>,
    /// A lock that was asked for and not taken yet.
    pub(super) request: Option<Waiting>,
    pub(super) held: Vec<Hold>,
    /// What it looked at under these.
    pub(super) looks: Looks,
    /// What the next step comes after.
    pending: Vec<(Point, Bond)>,
    /// What was linked last, by thread modulo [`KNOWN`]: it need not be again.
    known: [(Point, Bond); KNOWN],
}

const KNOWN: usize = 8;

impl Default for Point {
    fn default() -> Point {
        Point { thread: u32::MAX, steps: 0 }
    }
}

impl Life {
    /// Whatever is done next comes after `after`.
    #[inline]
    pub(super) fn depend(&mut self, own: u32, after: Point, bond: Bond) {
        if self.is_news(own, after, bond) {
            self.pending.push((after, bond));
        }
    }

    /// The latest step comes after `after`.
    pub(super) fn link(&mut self, own: u32, after: Point, bond: Bond) {
        if self.is_news(own, after, bond) || bond == Bond::Life {
            self.links.push(Link { at: self.steps, after, bond });
        }
    }

    /// Not, if a link as firm says as much: one that is left out with the data says nothing of a
    /// signal.
    #[inline]
    fn is_news(&mut self, own: u32, after: Point, bond: Bond) -> bool {
        let (known, by) = &mut self.known[after.thread as usize % KNOWN];
        let is_known = known.thread == after.thread && known.steps >= after.steps && *by <= bond;
        if is_known || own == after.thread {
            return false;
        }
        (*known, *by) = (after, bond);
        true
    }

    /// Makes a step of what was read since the last one, if it depends on others.
    #[inline]
    pub(super) fn settle(&mut self, clock: &mut u32) {
        if !self.pending.is_empty() {
            self.settle_pending(clock);
        }
    }

    #[cold]
    fn settle_pending(&mut self, clock: &mut u32) {
        self.advance(clock);
        let at = self.steps;
        let links = self.pending.drain(..).map(|(after, bond)| Link { at, after, bond });
        self.links.extend(links);
    }

    /// The next step. The 2^32-th of a run would take more memory than there is.
    #[inline]
    pub(super) fn advance(&mut self, clock: &mut u32) {
        self.steps += 1;
        self.turns.push(*clock);
        *clock = clock.saturating_add(1);
    }

    pub(super) fn enter(&mut self, node: u32, turn: u32, site: SiteId, clock: &mut u32) -> u32 {
        self.advance(clock);
        let section = Section { at: self.steps, until: OPEN, node, turn, site };
        self.sections.push(section);
        self.sections.len() as u32 - 1
    }

    /// What is held.
    #[inline]
    pub(super) fn set(&mut self, nodes: &mut Nodes, sets: &mut Sets) -> SetId {
        let Some(hold) = self.held.last_mut() else { return SetId::EMPTY };
        let node = self.sections[hold.section as usize].node;
        *hold.after.get_or_insert_with(|| nodes.after(node, sets))
    }

    /// What is held has changed from hold `at` on.
    pub(super) fn recount(&mut self, at: usize, sets: &mut Sets) {
        let below = at.checked_sub(1).and_then(|below| self.held.get(below));
        let mut set = below.map_or(SetId::EMPTY, |below| {
            sets.with(below.before, Claim::new(below.lock, below.mode))
        });
        for hold in &mut self.held[at..] {
            hold.before = set;
            set = sets.with(set, Claim::new(hold.lock, hold.mode));
            hold.after = Some(set);
        }
    }
}
