//! From how far each thread goes to a schedule: one step after the other.
//!
//! A thread goes on as long as it can, then the next. What it waits for is what the run had: its
//! links, and the earlier sections on a lock that exclude the one that it enters. The run itself is
//! an order in which all of this can be done, so nobody waits for ever. O(steps times switches).

use std::collections::HashMap;

use super::attempts::thread_id;
use super::history::{Bond, History, OPEN, Point};
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
        let line = Line::new(self, witness);
        let moves = line.run()?;
        let moves = moves.into_iter().filter_map(|done| line.told(done)).collect();
        Some(Schedule { moves: wants(moves, pattern) })
    }

    /// The same without what is over by then and orders nothing: the locks that the threads of the
    /// pattern hold in the end, and the spawns, joins and signals that bring them there.
    pub fn short_schedule(&self, pattern: &Pattern) -> Option<Schedule> {
        let witness = pattern.witness.as_ref()?;
        let line = Line::new(self, witness);
        let needed = needed(self, pattern, witness);
        let is_held = |thread: u32, section: u32| {
            let of = &self.lives[thread as usize].sections[section as usize];
            let attempt = pattern.steps.iter().zip(&witness.attempts);
            let mut own = attempt.filter(|(step, _)| step.thread == thread_id(self, thread));
            own.any(|(_, at)| of.until >= *at)
        };
        let is_kept = |done: &(u32, u32, Deed)| {
            let (thread, step, deed) = *done;
            let is_needed = needed.get(&thread).is_some_and(|steps| step <= *steps);
            match deed {
                Deed::Take(section) => is_held(thread, section),
                Deed::Give(..) => false,
                Deed::Begin(child) => is_needed && needed.contains_key(&child),
                Deed::Join(_) | Deed::Hear(_) | Deed::Tell(_) => is_needed,
            }
        };
        let moves = line.run()?.into_iter().filter(is_kept);
        let moves = moves.filter_map(|done| line.told(done)).collect();
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

/// All that is to be done, by thread.
struct Line<'a> {
    history: &'a History,
    threads: Vec<(Point, Vec<(u32, Deed)>)>,
    reached: HashMap<u32, u32, Hashing>,
    /// By lock: the sections, in the order of their turns.
    sections: HashMap<u32, Vec<Turn>, Hashing>,
}

#[derive(Clone, Copy)]
struct Turn {
    turn: u32,
    mode: Mode,
    thread: u32,
    /// Where it ends.
    end: Option<Point>,
}

impl<'a> Line<'a> {
    fn new(history: &'a History, witness: &Witness) -> Line<'a> {
        let reached = witness.prefixes.iter().map(|point| (point.thread, point.steps)).collect();
        let threads = witness.prefixes.iter().map(|point| (*point, Vec::new())).collect();
        let mut line = Line { history, threads, reached, sections: HashMap::default() };
        let mut deeds: HashMap<u32, Vec<(u32, Deed)>, Hashing> = HashMap::default();
        let mut tokens: HashMap<Point, u64> = HashMap::new();
        for point in &witness.prefixes {
            line.sections_of(*point, &mut deeds);
            line.links_of(*point, &mut deeds, &mut tokens);
        }
        for turns in line.sections.values_mut() {
            turns.sort_unstable_by_key(|turn| turn.turn);
        }
        for (point, own) in &mut line.threads {
            *own = deeds.remove(&point.thread).unwrap_or_default();
            own.sort_unstable();
        }
        line
    }

    fn sections_of(&mut self, point: Point, deeds: &mut HashMap<u32, Vec<(u32, Deed)>, Hashing>) {
        let Point { thread, steps } = point;
        let life = &self.history.lives[thread as usize];
        let entered = life.sections.iter().take_while(|section| section.at <= steps);
        let changes: Vec<u32> = life.sections.iter().map(|section| section.at).collect();
        for (number, section) in (0..).zip(entered) {
            let claim = self.history.nodes.claim(section.node);
            deeds.entry(thread).or_default().push((section.at, Deed::Take(number)));
            let end = match section.until {
                OPEN => self.history.ended_by.get(&(thread, number)).copied(),
                steps => Some(Point { thread, steps }),
            };
            let end = end.filter(|end| self.reached.get(&end.thread) >= Some(&end.steps));
            let (lock, mode, turn) = (claim.lock(), claim.mode(), section.turn);
            self.sections.entry(lock).or_default().push(Turn { turn, mode, thread, end });
            // A hold that changes its mode is not given back.
            let is_change = |end: &Point| changes.binary_search(&end.steps).is_ok();
            if let Some(end) = end.filter(|end| end.thread != thread || !is_change(end)) {
                let give = Deed::Give(thread, number);
                deeds.entry(end.thread).or_default().push((end.steps, give));
            }
        }
    }

    fn links_of(
        &self,
        Point { thread, steps }: Point,
        deeds: &mut HashMap<u32, Vec<(u32, Deed)>, Hashing>,
        tokens: &mut HashMap<Point, u64>,
    ) {
        let links = self.history.lives[thread as usize].links.iter();
        for link in links.take_while(|link| link.at <= steps) {
            let (own, others) = match link.bond {
                Bond::Life if link.at == 1 => (None, Some(Deed::Begin(thread))),
                Bond::Life => (Some(Deed::Join(link.after.thread)), None),
                Bond::Signal => {
                    let next = tokens.len() as u64 + 1;
                    let token = *tokens.entry(link.after).or_insert(next);
                    (Some(Deed::Hear(token)), (token == next).then_some(Deed::Tell(token)))
                }
                Bond::Data => (None, None),
            };
            if let Some(own) = own {
                deeds.entry(thread).or_default().push((link.at, own));
            }
            if let Some(deed) = others {
                deeds.entry(link.after.thread).or_default().push((link.after.steps, deed));
            }
        }
    }

    /// All deeds in an order in which they can be done: thread, step, deed.
    fn run(&self) -> Option<Vec<(u32, u32, Deed)>> {
        let mut progress = Progress {
            line: self,
            done: vec![(0, 0, 0); self.threads.len()],
            places: (0..).zip(&self.threads).map(|(at, (point, _))| (point.thread, at)).collect(),
        };
        let mut order = Vec::new();
        loop {
            let mut has_moved = false;
            for at in 0..self.threads.len() {
                has_moved |= progress.go_on(at, &mut order);
            }
            if !has_moved {
                break;
            }
        }
        let is_over = self
            .threads
            .iter()
            .zip(&progress.done)
            .all(|((point, _), (steps, ..))| *steps == point.steps);
        is_over.then_some(order)
    }

    fn told(&self, (thread, _, deed): (u32, u32, Deed)) -> Option<Move> {
        let history = self.history;
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
            Deed::Give(taker, number) => {
                (Act::GivesBack(section(taker, number).0), SiteId::UNKNOWN)
            }
            Deed::Begin(child) => (Act::Begins(thread_id(history, child)), SiteId::UNKNOWN),
            Deed::Join(child) => (Act::Joins(thread_id(history, child)), SiteId::UNKNOWN),
            Deed::Tell(token) => (Act::Tells(token), SiteId::UNKNOWN),
            Deed::Hear(token) => (Act::Hears(token), SiteId::UNKNOWN),
        };
        Some(Move { thread: thread_id(history, thread), act, site })
    }
}

/// How far each thread is.
struct Progress<'a, 'b> {
    line: &'a Line<'b>,
    /// By place of the thread: steps, deeds and links that are done.
    done: Vec<(u32, usize, usize)>,
    places: HashMap<u32, usize, Hashing>,
}

impl Progress<'_, '_> {
    /// Lets one thread do what it can. Returns whether that was anything.
    fn go_on(&mut self, at: usize, order: &mut Vec<(u32, u32, Deed)>) -> bool {
        let (point, deeds) = &self.line.threads[at];
        let mut has_moved = false;
        while self.done[at].0 < point.steps && self.may_step(at) {
            has_moved = true;
            let (steps, deed, _) = &mut self.done[at];
            *steps += 1;
            while let Some((_, next)) = deeds.get(*deed).filter(|(step, _)| step <= steps) {
                order.push((point.thread, *steps, *next));
                *deed += 1;
            }
        }
        has_moved
    }

    /// Whether the next step of the thread at this place can be taken.
    fn may_step(&mut self, at: usize) -> bool {
        let line = self.line;
        let (point, deeds) = &line.threads[at];
        let (steps, deed, mut link) = self.done[at];
        let links = &line.history.lives[point.thread as usize].links;
        while let Some(next) = links.get(link).filter(|next| next.at <= steps + 1) {
            // A read that sees another write waits for nobody.
            let is_there = line.reached.get(&next.after.thread) >= Some(&next.after.steps);
            if is_there && !self.is_past(next.after) {
                return false;
            }
            link += 1;
        }
        self.done[at].2 = link;
        let next = deeds[deed..].iter().take_while(|(step, _)| *step == steps + 1);
        let mut sections = next.filter_map(|(_, deed)| match deed {
            Deed::Take(section) => Some(*section),
            _ => None,
        });
        sections.all(|section| self.is_free(point.thread, section))
    }

    fn is_past(&self, point: Point) -> bool {
        self.places.get(&point.thread).is_some_and(|at| self.done[*at].0 >= point.steps)
    }

    /// Whether all earlier sections that exclude this one are over.
    fn is_free(&self, thread: u32, section: u32) -> bool {
        let history = self.line.history;
        let of = &history.lives[thread as usize].sections[section as usize];
        let claim = history.nodes.claim(of.node);
        let Some(turns) = self.line.sections.get(&claim.lock()) else { return true };
        let own = turns.partition_point(|turn| turn.turn < of.turn);
        // The latest ones are over last. Behind one that was alone in its time nobody is left.
        for earlier in turns[..own].iter().rev() {
            if earlier.thread == thread || !claim.mode().waits_for(earlier.mode) {
                continue;
            }
            if !earlier.end.is_some_and(|end| self.is_past(end)) {
                return false;
            }
            if earlier.mode == Mode::Exclusive {
                return true;
            }
        }
        true
    }
}
