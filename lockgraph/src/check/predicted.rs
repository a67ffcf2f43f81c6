//! From the patterns of a run to findings with names.
//!
//! Patterns whose steps are at the same places are one finding, with the verdict of the surest and
//! its schedule; how many combinations of instances there were is added up.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{iter, panic, thread};

use super::Judge;
use crate::describe;
use crate::finding::{
    self, Blocks, Finding, Held, Kind, Move, Reason, Step, Verdict, Wanted, Witness,
};
use crate::id::{LockId, LockKind, Mode, Signal, SiteId};
use crate::names::{Names, unknown_lock};
use crate::predict::{
    Act, Circles, History, Judged, Limits, Lost, Ordered, Pattern, Prediction, Want,
};
use crate::slab::Hashing;
use crate::trace::Source;

/// How many patterns are told of: nobody reads more, and to write them takes longer than to find
/// them. A larger budget is for who does.
fn most(limits: &Limits) -> usize {
    usize::try_from(limits.budget / 4000).unwrap_or(usize::MAX).max(1000)
}

impl Judge<'_> {
    /// Finds what could have happened in the run that the events tell of, or, if only the graph was
    /// recorded, counts the patterns.
    pub(super) fn predict(&mut self) {
        let mut history = std::mem::take(&mut self.replay.history);
        let has_events = history.events() > 0;
        if !has_events {
            for dependency in &self.trace.dependencies {
                let held: Vec<(LockId, Mode)> =
                    dependency.held.iter().map(|(lock, mode, _)| (*lock, *mode)).collect();
                history.dependency(dependency.thread, &held, dependency.want, dependency.mode);
            }
        }
        if let Source::Native(_) = self.trace.source {
            history.set_whole(self.trace.has_data());
        }
        let prediction = side_by_side(Circles::find(&history, &self.options.limits));
        let patterns = &prediction.patterns;
        let witnessed = patterns.iter().filter(|pattern| pattern.is_witnessed()).count();
        self.patterns = (patterns.len() as u64, witnessed as u64);
        self.cut += u64::from(prediction.is_cut);
        if has_events {
            let mut groups = self.grouped(patterns);
            if groups.len() > most(&self.options.limits) {
                // The surest are told.
                groups.sort_by_key(|(pattern, _)| pattern.verdict);
                groups.truncate(most(&self.options.limits));
                self.cut += u64::from(!prediction.is_cut);
            }
            let finding =
                |(pattern, instances)| Finding { instances, ..self.predicted(&history, pattern) };
            self.predicted = groups.into_iter().map(finding).collect();
            let lost: Vec<Finding> = prediction.lost.iter().map(|lost| self.lost(lost)).collect();
            self.findings.extend(lost);
        }
        self.replay.history = history;
    }

    /// Of patterns at the same places the surest, with the instances of all.
    fn grouped<'a>(&self, patterns: &'a [Pattern]) -> Vec<(&'a Pattern, u64)> {
        let mut groups: Vec<(&Pattern, u64)> = Vec::new();
        let mut by_places: HashMap<_, usize> = HashMap::new();
        let mut classes = Classes::default();
        for pattern in patterns.iter().filter(|pattern| !self.is_of_permits(pattern)) {
            let key = self.key(pattern, &mut classes);
            let at = *by_places.entry(key).or_insert(groups.len());
            match groups.get_mut(at) {
                None => groups.push((pattern, pattern.instances)),
                Some((surest, instances)) => {
                    *instances = instances.saturating_add(pattern.instances);
                    if pattern.verdict < surest.verdict {
                        *surest = pattern;
                    }
                }
            }
        }
        groups
    }
}

impl Judge<'_> {
    /// Whether a semaphore with more than one permit is wanted: nobody holds it alone, so a circle
    /// of two says little.
    fn is_of_permits(&self, pattern: &Pattern) -> bool {
        pattern.steps.iter().any(|step| match step.want {
            Want::Lock(lock, mode) => {
                mode != Mode::Exclusive && self.names.lock(lock).kind == LockKind::Semaphore
            }
            Want::End(_) => false,
        })
    }

    /// What a pattern has in common with its like: the places of its steps, and the classes of what
    /// is wanted there; the locks themselves, where a place is not known.
    fn key(&self, pattern: &Pattern, classes: &mut Classes) -> Vec<(SiteId, u32, Option<Want>)> {
        let mut key: Vec<_> = pattern
            .steps
            .iter()
            .map(|step| {
                let class = match step.want {
                    Want::Lock(lock, _) => classes.number(lock, &self.names),
                    Want::End(_) => 0,
                };
                let is_placed = step.site != SiteId::UNKNOWN && !self.options.instances;
                (step.site, class, (!is_placed).then_some(step.want))
            })
            .collect();
        key.sort_unstable();
        key
    }

    fn predicted(&self, history: &History, pattern: &Pattern) -> Finding {
        let before = pattern.steps.iter().cycle().skip(pattern.steps.len() - 1);
        let steps: Vec<Step> = (0..pattern.steps.len())
            .zip(before)
            .map(|(at, before)| self.step(history, pattern, at, before.want))
            .collect();
        let thread = |at: usize| Names::thread(&self.names, pattern.steps[at].thread);
        let excluded = pattern.ordered.map(|Ordered { first, second, by_signal }| {
            let (first, second) = (thread(first), thread(second));
            match by_signal {
                true => Reason::Message(first, second, None),
                false => Reason::SpawnJoin(first, second),
            }
        });
        let kind = kind(&steps);
        Finding {
            excluded,
            witness: self.witness(history, pattern),
            ..Finding::new(kind, pattern.verdict, steps)
        }
    }

    /// The step at this place of the pattern, where the one before it wants this.
    fn step(&self, history: &History, pattern: &Pattern, at: usize, before: Want) -> Step {
        let step = &pattern.steps[at];
        let mut holds = history.holds(pattern, at);
        let held = |(lock, mode, site)| Held {
            lock: self.names.lock(lock),
            mode,
            site: Names::place(&self.names, site),
        };
        let blocks = match before {
            Want::End(_) => Blocks::HasNotEnded,
            Want::Lock(lock, mode) => {
                let shuts_out =
                    |(held, by, _): &(LockId, Mode, _)| *held == lock && mode.waits_for(*by);
                match holds.iter().position(shuts_out) {
                    Some(at) => Blocks::Holds(held(holds.remove(at))),
                    None => Blocks::QueuesBefore(self.names.lock(lock)),
                }
            }
        };
        Step {
            thread: Names::thread(&self.names, step.thread),
            blocks,
            wants: Some(self.wanted(step.want)),
            site: Names::place(&self.names, step.site),
            through: None,
            stack: Vec::new(),
            addresses: Vec::new(),
            also_holds: holds.into_iter().map(held).collect(),
        }
    }

    fn lost(&self, lost: &Lost) -> Finding {
        let condvar = self.condvar(lost.condvar);
        let step = |thread, site, blocks, wants| Step {
            thread: Names::thread(&self.names, thread),
            blocks,
            wants,
            site: Names::place(&self.names, site),
            through: None,
            stack: Vec::new(),
            addresses: Vec::new(),
            also_holds: Vec::new(),
        };
        let wants = Some(Wanted::Signal(Signal::Notify, Some(condvar.clone())));
        let serves = Blocks::CannotServe(Signal::Notify, Some(condvar));
        let steps = vec![
            step(lost.waiter, lost.waits_at, Blocks::Nobody, wants),
            step(lost.notifier, lost.notifies_at, serves, None),
        ];
        Finding::new(Kind::LostNotification, Verdict::Possible, steps)
    }

    /// In our own traces it is numbered as locks are, and in their table.
    fn condvar(&self, number: u64) -> finding::Lock {
        match self.trace.source {
            Source::Native(_) => self.names.lock(LockId(number)),
            _ => finding::Lock { kind: LockKind::Condvar, ..unknown_lock(LockId(number)) },
        }
    }

    fn wanted(&self, want: Want) -> Wanted {
        match want {
            Want::Lock(lock, mode) => Wanted::Lock(self.names.lock(lock), mode),
            Want::End(thread) => Wanted::End(Names::thread(&self.names, thread)),
        }
    }

    fn witness(&self, history: &History, pattern: &Pattern) -> Option<Witness> {
        let schedule = history.short_schedule(pattern)?;
        let thread = |thread| Names::thread(&self.names, thread);
        let lock = |lock| self.names.lock(lock);
        let act = |act| match act {
            Act::Takes(of, mode) => finding::Act::Takes(lock(of), mode),
            Act::GivesBack(of) => finding::Act::GivesBack(lock(of)),
            Act::Begins(of) => finding::Act::Begins(thread(of)),
            Act::Joins(of) => finding::Act::Joins(thread(of)),
            Act::Tells(number) => finding::Act::Tells(number),
            Act::Hears(number) => finding::Act::Hears(number),
            Act::Wants(want) => finding::Act::Wants(self.wanted(want)),
        };
        let moves = schedule.moves.into_iter().map(|made| Move {
            thread: thread(made.thread),
            act: act(made.act),
            site: Names::place(&self.names, made.site),
        });
        let changed_reads = pattern.witness.as_ref().map_or(0, |witness| witness.changed_reads);
        Some(Witness { moves: moves.collect(), changed_reads })
    }
}

/// Judges the circles on as many processors as there are.
fn side_by_side(circles: Circles<'_>) -> Prediction {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(Circles::PARTS);
    if threads == 1 || circles.len() < Circles::PARTS {
        let judged = (0..Circles::PARTS).map(|part| circles.judge(part)).collect();
        return circles.gather(judged);
    }
    let next = AtomicUsize::new(0);
    let work = || {
        let parts = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|at| *at < Circles::PARTS);
        iter::from_fn(parts).map(|part| circles.judge(part)).collect::<Vec<Judged>>()
    };
    let judged = thread::scope(|scope| {
        let workers: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut judged = work();
        for worker in workers {
            match worker.join() {
                Ok(more) => judged.extend(more),
                Err(panic) => panic::resume_unwind(panic),
            }
        }
        judged
    });
    circles.gather(judged)
}

/// What to call a pattern: one lock alone is a matter of readers and writers.
fn kind(steps: &[Step]) -> Kind {
    let wanted = |step: &Step| match &step.wants {
        Some(Wanted::Lock(lock, mode)) => Some((lock.id, *mode)),
        _ => None,
    };
    let Some(wants) = steps.iter().map(wanted).collect::<Option<Vec<_>>>() else {
        return Kind::JoinWhileHolding;
    };
    if describe::is_once(steps) {
        return Kind::OnceWhileHolding;
    }
    let (first, _) = wants[0];
    if wants.iter().any(|(lock, _)| *lock != first) {
        return Kind::LockOrderCycle;
    }
    let upgrades = |(step, (_, mode)): (&Step, &(u64, Mode))| {
        let blocking = match &step.blocks {
            Blocks::Holds(held) => Some(held),
            _ => None,
        };
        let mut held = step.also_holds.iter().chain(blocking);
        *mode == Mode::Exclusive && held.any(|held| held.lock.id == first)
    };
    match steps.iter().zip(&wants).any(upgrades) {
        true => Kind::LockUpgrade,
        false => Kind::ReadRecursion,
    }
}

/// Numbers for the classes of locks, from 1.
#[derive(Default)]
struct Classes {
    by_lock: HashMap<LockId, u32, Hashing>,
    by_name: HashMap<String, u32>,
}

impl Classes {
    fn number(&mut self, lock: LockId, names: &impl Names) -> u32 {
        let Classes { by_lock, by_name } = self;
        *by_lock.entry(lock).or_insert_with(|| {
            let next = by_name.len() as u32 + 1;
            *by_name.entry(names.lock(lock).class.key()).or_insert(next)
        })
    }
}
