//! From how far each thread goes to a schedule: one step after the other.
//!
//! The whole schedule has the order of the run, in which every read sees what it saw. The short one
//! leaves out what is over by the end, and then lets each thread go on as long as it can, so that
//! it is easier to follow. O(n log n) for n steps, and O(n) for the short one of few moves.

use std::collections::{HashMap, HashSet, VecDeque};

use super::attempts::thread_id;
use super::history::History;
use super::life::{Bond, OPEN, Point};
use super::{Pattern, Want, Witness};
use crate::id::{LockId, Mode, SiteId, ThreadId};
use crate::slab::Hashing;

/// A schedule that ends in a deadlock.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// What is done, one after the other. The last ones are requests that are never granted.
    pub moves: Vec<Move>,
}

/// One step of a schedule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Move {
    /// Who.
    pub thread: ThreadId,
    /// Does what.
    pub act: Act,
    /// Where, if that is known.
    pub site: SiteId,
}

/// What a thread does in a schedule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// Takes a lock, or changes how it holds it.
    Takes(LockId, Mode),
    /// Gives a lock back.
    GivesBack(LockId),
    /// Begins a thread.
    Begins(ThreadId),
    /// Has waited for the end of a thread.
    Joins(ThreadId),
    /// Does something that others need to have been done: the number is named by those.
    Tells(u64),
    /// Goes on only because of what another thread told.
    Hears(u64),
    /// Asks for something that it never gets.
    Wants(Want),
}

/// What is done in a step, in this order if there are several.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Deed {
    Hear(u64),
    Join(u32),
    Take(u32),
    /// Of this thread's section.
    Give(u32, u32),
    Begin(u32),
    Tell(u64),
}

impl History {
    /// The whole schedule that ends in `pattern`, if it is witnessed: all that is done to locks and
    /// threads, and the signals that matter.
    pub fn schedule(&self, pattern: &Pattern) -> Option<Schedule> {
        let witness = pattern.witness.as_ref()?;
        let deeds = Deeds::of(self, witness, |_| true).in_order();
        let moves = deeds.into_iter().map(|done| told(self, done)).collect();
        Some(Schedule { moves: wants(moves, pattern) })
    }

    /// The same without what is over by then and orders nothing: the locks that the threads of the
    /// pattern hold in the end, and the spawns, joins and signals that bring them there.
    pub fn short_schedule(&self, pattern: &Pattern) -> Option<Schedule> {
        let witness = pattern.witness.as_ref()?;
        let needed = needed(self, pattern, witness);
        let is_held = |thread: u32, section: u32| {
            let of = &self.lives[thread as usize].sections[section as usize];
            let attempt = pattern.steps.iter().zip(&witness.attempts);
            let mut own = attempt.filter(|(step, _)| step.thread == thread_id(self, thread));
            own.any(|(_, at)| of.until >= *at)
        };
        let is_kept = |done: &Done| {
            let Done { thread, step, deed } = *done;
            let is_needed = needed.get(&thread).is_some_and(|steps| step <= *steps);
            match deed {
                Deed::Take(section) => is_held(thread, section),
                Deed::Give(..) => false,
                Deed::Begin(child) => is_needed && needed.contains_key(&child),
                Deed::Join(_) | Deed::Hear(_) | Deed::Tell(_) => is_needed,
            }
        };
        let deeds = Deeds::of(self, witness, is_kept).in_order();
        let mut moves = in_long_turns(deeds.into_iter().map(|done| told(self, done)));
        // Of who did nothing that is left there is nothing to wait for.
        let mut known: HashSet<ThreadId, Hashing> = HashSet::default();
        moves.retain(|made| {
            known.insert(made.thread);
            if let Act::Begins(child) = made.act {
                known.insert(child);
            }
            !matches!(made.act, Act::Joins(other) if !known.contains(&other))
        });
        Some(Schedule { moves: wants(moves, pattern) })
    }

    /// What the thread of step `at` of `pattern` holds there, and where it took it.
    pub fn holds(&self, pattern: &Pattern, at: usize) -> Vec<(LockId, Mode, SiteId)> {
        let (step, witness) = (&pattern.steps[at], pattern.witness.as_ref());
        let Some(thread) = self.threads.find(step.thread.0.into()) else { return Vec::new() };
        let sections = &self.lives[thread as usize].sections;
        let until = witness.map(|witness| witness.attempts[at]);
        let is_open = |at: u32, until: u32, of: u32| at < of && of <= until;
        let mut found = Vec::new();
        for (lock, mode) in &step.held {
            let is_it = |node: u32| {
                let claim = self.nodes.claim(node);
                self.locks.own(claim.lock()) == lock.0 && claim.mode() == *mode
            };
            let section = sections.iter().rev().find(|section| {
                is_it(section.node) && until.is_none_or(|of| is_open(section.at, section.until, of))
            });
            found.push((*lock, *mode, section.map_or(SiteId::UNKNOWN, |section| section.site)));
        }
        found
    }
}

/// The last moves: writers ask first, so that readers queue behind them.
fn wants(mut moves: Vec<Move>, pattern: &Pattern) -> Vec<Move> {
    let is_writer = |want: Want| matches!(want, Want::Lock(_, Mode::Exclusive));
    for writes in [true, false] {
        let steps = pattern.steps.iter().filter(|step| is_writer(step.want) == writes);
        moves.extend(steps.map(|step| Move {
            thread: step.thread,
            act: Act::Wants(step.want),
            site: step.site,
        }));
    }
    moves
}

/// How far threads have to go for spawns, joins and signals alone.
fn needed(history: &History, pattern: &Pattern, witness: &Witness) -> HashMap<u32, u32, Hashing> {
    let mut needed: HashMap<u32, u32, Hashing> = HashMap::default();
    let mut grown: Vec<Point> = Vec::new();
    for (step, at) in pattern.steps.iter().zip(&witness.attempts) {
        if let Some(thread) = history.threads.find(step.thread.0.into()) {
            grown.push(Point { thread, steps: at - 1 });
        }
    }
    while let Some(Point { thread, steps }) = grown.pop() {
        let known = needed.entry(thread).or_insert(0);
        if steps <= *known {
            continue;
        }
        let before = std::mem::replace(known, steps);
        let links = &history.lives[thread as usize].links;
        let from = links.partition_point(|link| link.at <= before);
        let new = links[from..].iter().take_while(|link| link.at <= steps);
        grown.extend(new.filter(|link| link.bond <= Bond::Signal).map(|link| link.after));
    }
    needed
}

/// A deed, and whose it is.
#[derive(Clone, Copy)]
struct Done {
    thread: u32,
    step: u32,
    deed: Deed,
}

/// What is done in a part of the run, as far as somebody wants to know.
struct Deeds<'a, F> {
    history: &'a History,
    is_kept: F,
    reached: HashMap<u32, u32, Hashing>,
    all: Vec<Done>,
    /// Who told something, and the number that it got.
    told: HashMap<Point, u64, Hashing>,
}

impl<'a, F: Fn(&Done) -> bool> Deeds<'a, F> {
    fn of(history: &'a History, witness: &Witness, is_kept: F) -> Deeds<'a, F> {
        let reached = witness.prefixes.iter().map(|point| (point.thread, point.steps)).collect();
        let (all, told) = (Vec::new(), HashMap::default());
        let mut deeds = Deeds { history, is_kept, reached, all, told };
        for point in &witness.prefixes {
            deeds.add_sections(*point);
            deeds.add_links(*point);
        }
        deeds
    }

    fn in_order(mut self) -> Vec<Done> {
        let mut all = std::mem::take(&mut self.all);
        all.sort_unstable_by_key(|Done { thread, step: steps, deed }| {
            (self.turn(Point { thread: *thread, steps: *steps }), *deed)
        });
        all
    }

    /// As the how many-th of the run the latest of these steps was taken.
    fn turn(&self, Point { thread, steps }: Point) -> u32 {
        let turns = &self.history.lives[thread as usize].turns;
        steps.checked_sub(1).and_then(|at| turns.get(at as usize)).copied().unwrap_or(0)
    }

    fn keeps(&self, Point { thread, steps: step }: Point, deed: Deed) -> bool {
        (self.is_kept)(&Done { thread, step, deed })
    }

    fn push(&mut self, Point { thread, steps: step }: Point, deed: Deed) {
        if self.keeps(Point { thread, steps: step }, deed) {
            self.all.push(Done { thread, step, deed });
        }
    }

    fn add_sections(&mut self, Point { thread, steps }: Point) {
        let sections = &self.history.lives[thread as usize].sections;
        for (number, section) in (0..).zip(sections).take_while(|(_, of)| of.at <= steps) {
            self.push(Point { thread, steps: section.at }, Deed::Take(number));
            let end = match section.until {
                OPEN => self.history.ended_by.get(&(thread, number)).copied(),
                steps => Some(Point { thread, steps }),
            };
            // A hold that changes its mode is not given back: the next section begins there.
            let is_change = |end: &Point| {
                end.thread == thread
                    && sections.binary_search_by_key(&end.steps, |section| section.at).is_ok()
            };
            let is_there = |end: &Point| self.reached.get(&end.thread) >= Some(&end.steps);
            let deed = Deed::Give(thread, number);
            let end = end.filter(|end| self.keeps(*end, deed));
            if let Some(end) = end.filter(is_there).filter(|end| !is_change(end)) {
                self.push(end, deed);
            }
        }
    }

    fn add_links(&mut self, Point { thread, steps }: Point) {
        let links = self.history.lives[thread as usize].links.iter();
        for link in links.take_while(|link| link.at <= steps) {
            let here = Point { thread, steps: link.at };
            match link.bond {
                Bond::Life if link.at == 1 => self.push(link.after, Deed::Begin(thread)),
                Bond::Life => self.push(here, Deed::Join(link.after.thread)),
                // That a message was taken shows only afterwards.
                Bond::Signal if self.turn(here) < self.turn(link.after) => {}
                Bond::Signal => {
                    let next = self.told.len() as u64 + 1;
                    let token = *self.told.entry(link.after).or_insert(next);
                    self.push(here, Deed::Hear(token));
                    if token == next {
                        self.push(link.after, Deed::Tell(token));
                    }
                }
                Bond::Data => {}
            }
        }
    }
}

fn told(history: &History, Done { thread, deed, .. }: Done) -> Move {
    let section = |thread: u32, number: u32| {
        let section = &history.lives[thread as usize].sections[number as usize];
        let claim = history.nodes.claim(section.node);
        (LockId(history.locks.own(claim.lock())), claim.mode(), section.site)
    };
    let (act, site) = match deed {
        Deed::Take(number) => {
            let (lock, mode, site) = section(thread, number);
            (Act::Takes(lock, mode), site)
        }
        Deed::Give(taker, number) => (Act::GivesBack(section(taker, number).0), SiteId::UNKNOWN),
        Deed::Begin(child) => (Act::Begins(thread_id(history, child)), SiteId::UNKNOWN),
        Deed::Join(child) => (Act::Joins(thread_id(history, child)), SiteId::UNKNOWN),
        Deed::Tell(token) => (Act::Tells(token), SiteId::UNKNOWN),
        Deed::Hear(token) => (Act::Hears(token), SiteId::UNKNOWN),
    };
    Move { thread: thread_id(history, thread), act, site }
}

/// The same moves, each thread's in their order, with fewer changes between threads. Nobody gives
/// a lock back, so what has to wait for another thread are beginnings, joins and signals.
fn in_long_turns(moves: impl Iterator<Item = Move>) -> Vec<Move> {
    let mut threads: Vec<ThreadId> = Vec::new();
    let mut queues: HashMap<ThreadId, VecDeque<Move>, Hashing> = HashMap::default();
    let mut unborn: HashSet<ThreadId, Hashing> = HashSet::default();
    for made in moves {
        if !queues.contains_key(&made.thread) {
            threads.push(made.thread);
        }
        queues.entry(made.thread).or_default().push_back(made);
        if let Act::Begins(child) = made.act {
            unborn.insert(child);
        }
    }
    let mut told: HashSet<u64, Hashing> = HashSet::default();
    let mut ordered = Vec::new();
    let mut has_moved = true;
    while std::mem::take(&mut has_moved) {
        for thread in &threads {
            while let Some(next) = queues.get(thread).and_then(VecDeque::front).copied() {
                let may_go = !unborn.contains(thread)
                    && match next.act {
                        Act::Hears(token) => told.contains(&token),
                        Act::Joins(other) => queues.get(&other).is_none_or(VecDeque::is_empty),
                        _ => true,
                    };
                if !may_go {
                    break;
                }
                match next.act {
                    Act::Begins(child) => {
                        unborn.remove(&child);
                    }
                    Act::Tells(token) => {
                        told.insert(token);
                    }
                    _ => {}
                }
                queues.entry(*thread).or_default().pop_front();
                ordered.push(next);
                has_moved = true;
            }
        }
    }
    ordered
}
