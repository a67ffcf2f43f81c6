//! Can the threads of a pattern get where it needs them, all at once?
//!
//! The part of the run that has to happen is the least one that contains what precedes each
//! attempt, and is closed: with a step, what it is linked to; with two conflicting critical
//! sections on one lock, the release of the earlier one. If an attempt itself is in it, that
//! instance of it cannot be the one that hangs, nor with any later instances of the others, because
//! the part only grows. So one sweep over all instances decides the pattern, and each section is
//! looked at once.
//!
//! The same with fewer rules tells what keeps the threads apart: without data, without the order
//! of sections, with spawns and joins alone.
//!
//! O(sections and links of the part) for each sweep. No locking inside.

use super::attempts::{Attempt, Instance};
use super::history::History;
use super::life::{Bond, NEVER, OPEN, Point};
use super::{Ordered, Pattern, Witness};
use crate::finding::Verdict;
use crate::id::Mode;

/// What has to be kept of the run.
#[derive(Clone, Copy)]
struct Rules {
    /// Links up to this one.
    bond: Bond,
    /// The order of critical sections.
    sections: bool,
}

/// A section that is in the part.
#[derive(Clone, Copy)]
struct Entered {
    thread: u32,
    section: u32,
    turn: u32,
}

/// What is in the part of the sections on one lock: of each mode the latest, of readers all that
/// nobody had to wait for.
#[derive(Default)]
struct Kept {
    sweep: u64,
    exclusive: Option<Entered>,
    upgradable: Option<Entered>,
    reads: Vec<Entered>,
    latest_read: Option<u32>,
}

/// The rules of the parts that are kept from one pattern to the next, the strictest first.
const RULES: [Rules; 3] = [
    Rules { bond: Bond::Data, sections: true },
    Rules { bond: Bond::Signal, sections: true },
    Rules { bond: Bond::Signal, sections: false },
];

/// Which of these.
const ALL: usize = 0;
const WITHOUT_DATA: usize = 1;
const SIGNALS: usize = 2;

/// Judges patterns, one after the other. If threads are further on in the next one than in the
/// one before, the part of the run that was closed for that belongs to the new one too.
pub(super) struct Closure<'a> {
    history: &'a History,
    parts: [Part<'a>; 3],
    /// For what is asked once.
    other: Part<'a>,
    /// How many sections may still be looked at.
    budget: u64,
    is_cut: bool,
}

impl<'a> Closure<'a> {
    pub(super) fn new(history: &'a History, budget: u64) -> Closure<'a> {
        Closure {
            history,
            parts: RULES.map(|rules| Part::new(history, rules)),
            other: Part::new(history, RULES[SIGNALS]),
            budget,
            is_cut: false,
        }
    }

    /// Whether the budget did not suffice for every pattern.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// What the circle of `attempts` comes to.
    pub(super) fn judge(&mut self, attempts: &[&Attempt]) -> Pattern {
        let has_data = self.history.has_data;
        let (mut verdict, mut ordered, mut witness) = (Verdict::Possible, None, None);
        if let Some(instances) = self.sweep(ALL, attempts) {
            let proves = self.history.proves();
            verdict = if proves { Verdict::Proved } else { Verdict::Feasible };
            witness = Some((self.parts[ALL].witness(&instances), instances));
        } else if has_data && let Some(instances) = self.sweep(WITHOUT_DATA, attempts) {
            verdict = Verdict::Feasible;
            witness = Some((self.parts[WITHOUT_DATA].witness(&instances), instances));
        }
        let has_instances = attempts.iter().all(|attempt| !attempt.instances.is_empty());
        // Links are followed whatever the budget, so what they exclude is.
        if witness.is_none() && has_instances && self.sweep(SIGNALS, attempts).is_none() {
            verdict = Verdict::Excluded;
            ordered = Some(self.ordered(attempts));
        }
        let (witness, instances) = witness.unzip();
        let site = |at: usize| {
            let instance = instances.as_ref().map(|instances| instances[at].site);
            instance.or_else(|| Some(attempts[at].instances.first()?.site))
        };
        Pattern {
            steps: (0..attempts.len())
                .map(|at| attempts[at].step(self.history, site(at).unwrap_or_default()))
                .collect(),
            verdict,
            ordered,
            instances: attempts
                .iter()
                .fold(1, |product, attempt| product.saturating_mul(attempt.instances.len() as u64)),
            witness,
        }
    }

    /// Whether the run can be reordered so that `points` are reached before `step` is made.
    pub(super) fn can_precede(&mut self, points: [Point; 2], step: Point) -> bool {
        let part = &mut self.parts[ALL];
        part.is_closed = false;
        part.clear();
        points.iter().for_each(|point| part.raise(point.thread, point.steps));
        let is_closed = part.close(&mut self.budget).is_some();
        self.is_cut |= self.budget == 0;
        is_closed && self.parts[ALL].reached[step.thread as usize] < step.steps
    }

    fn sweep(&mut self, part: usize, attempts: &[&Attempt]) -> Option<Vec<Instance>> {
        let found = self.parts[part].sweep(attempts, &mut self.budget);
        self.is_cut |= self.budget == 0;
        found
    }

    /// Two attempts of a pattern that are kept apart by links alone: none of the one can be reached
    /// without all of the other, or so it is for the first two.
    fn ordered(&mut self, attempts: &[&Attempt]) -> Ordered {
        let part = &mut self.other;
        for bond in [Bond::Life, Bond::Signal] {
            part.rules = Rules { bond, sections: false };
            part.clear();
            if part.sweep(attempts, &mut self.budget).is_some() {
                continue;
            }
            let by_signal = bond == Bond::Signal;
            for (second, later) in attempts.iter().enumerate() {
                part.clear();
                let Some(last) = later.instances.last() else { continue };
                part.raise(later.thread, last.at - 1);
                if part.close(&mut self.budget).is_none() {
                    continue;
                }
                let is_over = |earlier: &&Attempt| {
                    let reached = part.reached[earlier.thread as usize];
                    earlier.instances.first().is_some_and(|first| first.at <= reached)
                };
                let first = (0..attempts.len()).find(|at| *at != second && is_over(&attempts[*at]));
                if let Some(first) = first {
                    return Ordered { first, second, by_signal };
                }
            }
            return Ordered { first: 0, second: 1, by_signal };
        }
        Ordered { first: 0, second: 1, by_signal: true }
    }
}

/// A part of the run, and what was looked at of it.
struct Part<'a> {
    history: &'a History,
    rules: Rules,
    /// By thread: how many steps are in the part.
    reached: Vec<u32>,
    /// By thread: how many sections and links of it were looked at.
    looked: Vec<(u32, u32)>,
    /// Threads that have something in the part.
    touched: Vec<u32>,
    /// Threads with something to look at.
    grown: Vec<u32>,
    locks: Vec<Kept>,
    sweep: u64,
    /// What the part is the closure of; nothing if it is not closed.
    roots: Vec<Point>,
    is_closed: bool,
}

impl<'a> Part<'a> {
    fn new(history: &'a History, rules: Rules) -> Part<'a> {
        let threads = history.lives.len();
        let locks = if rules.sections { history.locks.len() } else { 0 };
        Part {
            history,
            rules,
            reached: vec![0; threads],
            looked: vec![(0, 0); threads],
            touched: Vec::new(),
            grown: Vec::new(),
            locks: (0..locks).map(|_| Kept::default()).collect(),
            sweep: 0,
            roots: Vec::new(),
            is_closed: false,
        }
    }

    /// Instances that can all be next at once. The part is then what leads there.
    fn sweep(&mut self, attempts: &[&Attempt], budget: &mut u64) -> Option<Vec<Instance>> {
        let mut next = vec![0; attempts.len()];
        if !self.belongs_to(attempts) {
            self.clear();
        }
        self.is_closed = false;
        loop {
            self.roots.clear();
            for (attempt, next) in attempts.iter().zip(&next) {
                let steps = attempt.instances.get(*next)?.at - 1;
                self.roots.push(Point { thread: attempt.thread, steps });
                self.raise(attempt.thread, steps);
            }
            self.close(budget)?;
            let mut is_over = true;
            for (attempt, next) in attempts.iter().zip(&mut next) {
                let reached = self.reached[attempt.thread as usize];
                let over = attempt.instances[*next..].partition_point(|at| at.at <= reached);
                is_over &= over == 0;
                *next += over;
            }
            self.is_closed = is_over;
            if is_over {
                return Some(
                    attempts.iter().zip(next).map(|(a, next)| a.instances[next]).collect(),
                );
            }
            if attempts.iter().zip(&next).any(|(a, next)| *next == a.instances.len()) {
                self.is_closed = true;
                return None;
            }
        }
    }

    /// Whether all that is in the part has to happen for these attempts too.
    fn belongs_to(&self, attempts: &[&Attempt]) -> bool {
        let is_before = |root: &Point| {
            attempts.iter().any(|attempt| {
                attempt.thread == root.thread
                    && attempt.instances.first().is_some_and(|first| first.at > root.steps)
            })
        };
        self.is_closed && self.roots.iter().all(is_before)
    }

    fn clear(&mut self) {
        self.sweep += 1;
        self.grown.clear();
        self.roots.clear();
        for thread in self.touched.drain(..) {
            self.reached[thread as usize] = 0;
            self.looked[thread as usize] = (0, 0);
        }
    }

    /// So many steps of the thread are in the part.
    fn raise(&mut self, thread: u32, steps: u32) {
        let reached = &mut self.reached[thread as usize];
        if steps <= *reached {
            return;
        }
        if *reached == 0 {
            self.touched.push(thread);
        }
        *reached = steps;
        self.grown.push(thread);
    }

    /// Lets the part grow until it is closed. `None`: it cannot be, or not within the budget.
    fn close(&mut self, budget: &mut u64) -> Option<()> {
        while let Some(thread) = self.grown.pop() {
            let life = &self.history.lives[thread as usize];
            let reached = self.reached[thread as usize];
            let (first, mut link) = self.looked[thread as usize];
            while let Some(next) = life.links.get(link as usize).filter(|next| next.at <= reached) {
                link += 1;
                if next.bond <= self.rules.bond {
                    if next.after == NEVER {
                        return None;
                    }
                    self.raise(next.after.thread, next.after.steps);
                }
            }
            self.looked[thread as usize].1 = link;
            if !self.rules.sections {
                continue;
            }
            let new = &life.sections[first as usize..];
            let count = new.iter().take_while(|section| section.at <= reached).count() as u32;
            self.looked[thread as usize].0 = first + count;
            *budget = budget.saturating_sub(count.into());
            if *budget == 0 {
                return None;
            }
            for section in first..first + count {
                self.enter(thread, section)?;
            }
        }
        Some(())
    }

    /// A section is in the part now.
    fn enter(&mut self, thread: u32, section: u32) -> Option<()> {
        let history = self.history;
        let of = &history.lives[thread as usize].sections[section as usize];
        let claim = history.nodes.claim(of.node);
        let new = Entered { thread, section, turn: of.turn };
        let kept = &mut self.locks[claim.lock() as usize];
        if kept.sweep != self.sweep {
            kept.reads.clear();
            *kept = Kept {
                sweep: self.sweep,
                reads: std::mem::take(&mut kept.reads),
                ..Kept::default()
            };
        }
        let mut closing = Closing { new, is_late: false, earlier: [None; 2] };
        let mut readers = Vec::new();
        match claim.mode() {
            Mode::Exclusive => {
                closing.meet(0, kept.exclusive);
                closing.meet(1, kept.upgradable);
                closing.is_late |= kept.latest_read.is_some_and(|turn| turn > new.turn);
                let is_later = |read: &Entered| read.turn > new.turn;
                if kept.reads.iter().all(is_later) {
                    // Nobody to wait for, as almost always.
                } else {
                    readers = kept.reads.iter().copied().filter(|read| !is_later(read)).collect();
                    kept.reads.retain(is_later);
                }
                replace(&mut kept.exclusive, new);
            }
            Mode::Upgradable => {
                closing.meet(0, kept.exclusive);
                closing.meet(1, kept.upgradable);
                replace(&mut kept.upgradable, new);
            }
            Mode::Shared | Mode::SharedRecursive => {
                closing.meet(0, kept.exclusive);
                kept.latest_read = kept.latest_read.max(Some(new.turn));
                if !closing.is_late {
                    kept.reads.push(new);
                }
            }
        }
        let own = closing.is_late.then_some(new);
        let earlier = closing.earlier.into_iter().flatten();
        for closed in own.into_iter().chain(earlier).chain(readers) {
            // Who has a lock does not wait for itself, but for who has to give it back instead.
            let is_own = closed.thread == thread && closed.section != section;
            if !is_own || history.ended_by.contains_key(&(thread, closed.section)) {
                self.end(closed)?;
            }
        }
        Some(())
    }

    /// A section that is in the part ends in it.
    fn end(&mut self, Entered { thread, section, .. }: Entered) -> Option<()> {
        let until = self.history.lives[thread as usize].sections[section as usize].until;
        let end = match until {
            OPEN => *self.history.ended_by.get(&(thread, section))?,
            steps => Point { thread, steps },
        };
        self.raise(end.thread, end.steps);
        Some(())
    }

    fn witness(&self, instances: &[Instance]) -> Witness {
        let mut prefixes: Vec<Point> = self
            .touched
            .iter()
            .map(|thread| Point { thread: *thread, steps: self.reached[*thread as usize] })
            .collect();
        prefixes.sort_unstable();
        let changed = |point: &Point| {
            let links = self.history.lives[point.thread as usize].links.iter();
            links
                .take_while(|link| link.at <= point.steps)
                .filter(|link| self.reached[link.after.thread as usize] < link.after.steps)
                .count() as u64
        };
        Witness {
            changed_reads: prefixes.iter().map(changed).sum(),
            attempts: instances.iter().map(|instance| instance.at).collect(),
            prefixes,
        }
    }
}

/// What has to end because a section was entered.
struct Closing {
    new: Entered,
    /// The new one, for a later one is there.
    is_late: bool,
    earlier: [Option<Entered>; 2],
}

impl Closing {
    fn meet(&mut self, at: usize, kept: Option<Entered>) {
        match kept {
            Some(kept) if kept.turn > self.new.turn => self.is_late = true,
            kept => self.earlier[at] = kept,
        }
    }
}

/// The later one is kept.
fn replace(kept: &mut Option<Entered>, new: Entered) {
    if kept.is_none_or(|kept| kept.turn < new.turn) {
        *kept = Some(new);
    }
}
