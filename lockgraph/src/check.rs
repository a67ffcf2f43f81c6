//! Judges a trace: the same graphs and the same judges as in the live program, fed from a file.
//!
//! Findings of the live detector are taken as they are. The order graph is built anew, from the
//! recorded dependencies or, where there are only events (other tools' traces), from those. Who
//! was blocked at the end goes into the wait-for graph.
//!
//! Linear in the trace but for the searches for cycles, which have a budget.

mod events;
mod figures;
mod foreseen;
mod names;
mod rows;

use std::collections::{HashMap, HashSet};

use crate::cycle::{self, Search};
use crate::describe;
use crate::finding::{self, Finding, Place, Step, Verdict, Wanted};
use crate::graph::{Graph, Holding, Want};
use crate::held::{Held, Hold};
use crate::id::{LockId, LockKind, Mode, SiteId, ThreadId};
use crate::predict::{self, Acquire};
use crate::slab::Hashing;
use crate::span::Span;
use crate::trace::{Awaited, Dependency, Trace, WaitSlot, Waiting};
use crate::wait::{Blocked, Target, Waits};
use names::TraceNames;

/// Candidates that the count of patterns looks at before it gives up.
const PATTERN_BUDGET: u64 = 20_000_000;

/// What to judge, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// Cycles that cannot deadlock too, each with the reason.
    pub all: bool,
    /// What was found among other locks too, though they are of the same classes and taken at the
    /// same places, and that it could happen though it did. For who can tell them apart by their
    /// stacks, or wants to know of all.
    pub instances: bool,
}

/// What a trace comes to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// What was found, surest first, each once.
    pub findings: Vec<Finding>,
    /// Counts.
    pub summary: Summary,
    /// The order graph.
    pub edges: Vec<EdgeRow>,
    /// The locks.
    pub locks: Vec<LockRow>,
    /// The threads.
    pub threads: Vec<ThreadRow>,
    /// What was waited for, the most time first.
    pub contention: Vec<ContentionRow>,
    /// The longest hold of each lock, the longest first, if the settings asked for that.
    pub longest_holds: Vec<LongestHoldRow>,
}

/// Counts of a trace.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// Events of all kinds; 0 if only the graph was recorded.
    pub events: u64,
    /// Threads.
    pub threads: u64,
    /// Locks.
    pub locks: u64,
    /// Acquisitions, those of a held reentrant lock included; 0 if only the graph was recorded.
    pub acquisitions: u64,
    /// Abstract deadlock patterns, keyed by thread, lock and held set.
    pub patterns: u64,
    /// Searches that spent their budget, so that there may be more to find.
    pub searches_cut: u64,
}

/// An edge of the order graph: `to` was wanted while `from` was held.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EdgeRow {
    /// Held.
    pub from: finding::Lock,
    /// Wanted.
    pub to: finding::Lock,
    /// How often, or how many distinct ways if only the graph was recorded.
    pub count: u64,
    /// By whom.
    pub threads: Vec<finding::Thread>,
    /// Where `from` was taken, the first time.
    pub from_site: Option<Place>,
    /// Where `to` was wanted, the first time.
    pub to_site: Option<Place>,
}

/// A lock and its use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LockRow {
    /// Which.
    pub lock: finding::Lock,
    /// How often it was taken.
    pub acquisitions: u64,
    /// How often somebody had to wait for it.
    pub contended: u64,
    /// Who had it when the trace ends.
    pub held_by_at_end: Vec<finding::Thread>,
}

/// A thread and what it did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ThreadRow {
    /// Which.
    pub thread: finding::Thread,
    /// Who began it.
    pub parent: Option<u32>,
    /// How many locks it took.
    pub acquisitions: u64,
    /// What it waits for when the trace ends.
    pub waits_for: Option<Wanted>,
    /// What it holds then.
    pub holds: Vec<finding::Held>,
}

/// How often and how long threads waited for one thing at one place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContentionRow {
    /// For what.
    pub what: Awaited<finding::Lock>,
    /// Where; of [`Awaited::Others`], where the longest wait was.
    pub site: Option<Place>,
    /// How many waits are over.
    pub waits: u64,
    /// All of them together, in nanoseconds.
    pub total_nanos: u64,
    /// The longest of them.
    pub longest_nanos: u64,
    /// Whose that was.
    pub thread: finding::Thread,
}

/// The longest time for which a lock was held without a break.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LongestHoldRow {
    /// Which lock, how, and where it was taken.
    pub held: finding::Held,
    /// By whom.
    pub thread: finding::Thread,
    /// For how many nanoseconds.
    pub nanos: u64,
}

/// Judges `trace`.
pub fn check(trace: &Trace, options: &Options) -> Report {
    let mut judge = Judge::new(trace, options);
    if trace.dependencies.is_empty() {
        events::replay(&mut judge);
    } else {
        trace.dependencies.iter().for_each(|dependency| judge.recorded(dependency));
        events::count(&mut judge);
    }
    foreseen::judge(&mut judge);
    trace.waits.iter().for_each(|wait| judge.blocked(wait));
    judge.report()
}

/// The graphs of a trace while it is read.
struct Judge<'a> {
    trace: &'a Trace,
    options: &'a Options,
    names: TraceNames<'a>,
    graph: Graph,
    waits: Waits<SiteId>,
    /// By thread: the recorded span that it is in.
    spans: HashMap<ThreadId, u32, Hashing>,
    findings: Vec<Finding>,
    acquires: HashSet<Acquire>,
    counts: HashMap<(LockId, LockId), EdgeCount, Hashing>,
    threads: HashMap<ThreadId, Progress, Hashing>,
    locks: HashMap<LockId, Use, Hashing>,
    acquisitions: u64,
    cut: u64,
}

/// Where a thread is in the trace.
#[derive(Default)]
struct Progress {
    held: Held,
    acquisitions: u64,
    /// A lock that it asked for and has not got yet.
    pending: Option<(LockId, Mode, SiteId)>,
}

#[derive(Default)]
struct Use {
    acquisitions: u64,
    contended: u64,
}

#[derive(Default)]
struct EdgeCount {
    times: u64,
    threads: Vec<ThreadId>,
    sites: (SiteId, SiteId),
}

impl<'a> Judge<'a> {
    fn new(trace: &'a Trace, options: &'a Options) -> Judge<'a> {
        Judge {
            trace,
            options,
            names: TraceNames(trace),
            graph: Graph::default(),
            waits: Waits::default(),
            spans: HashMap::default(),
            findings: trace.findings.clone(),
            acquires: HashSet::new(),
            counts: HashMap::default(),
            threads: HashMap::default(),
            locks: HashMap::default(),
            acquisitions: 0,
            cut: 0,
        }
    }

    /// A dependency that the live program recorded.
    fn recorded(&mut self, dependency: &Dependency) {
        if self.spans.insert(dependency.thread, dependency.span) != Some(dependency.span) {
            self.enter_span(dependency.span);
        }
        let mut held: Held = Held::new();
        for (lock, mode, site) in &dependency.held {
            held.push(*lock, *mode, *site);
        }
        let want = (dependency.want, dependency.mode, dependency.site);
        self.wanted(held.holds(), dependency.thread, want, &dependency.stack);
    }

    fn enter_span(&mut self, number: u32) {
        if let Some(span) = self.trace.spans.get(&number) {
            let (thread, segment, clock) = (span.thread, span.segment, span.clock.clone());
            self.graph.spans.enter(Span { thread, segment, clock });
        }
    }

    /// A thread wants a lock, and is ready to wait for it.
    fn wanted(
        &mut self,
        held: &[Hold],
        thread: ThreadId,
        want: (LockId, Mode, SiteId),
        stack: &[u64],
    ) {
        let (lock, mode, site) = want;
        self.count_edges(held, thread, lock, site);
        let mut sorted: Vec<(LockId, Mode)> = held.iter().map(|h| (h.lock, h.mode)).collect();
        sorted.sort_unstable();
        sorted.dedup();
        if !held.is_empty() {
            self.acquires.insert(Acquire { thread, want: lock, mode, held: sorted });
        }
        let kind = self.trace.locks.get(&lock).map_or(LockKind::Mutex, |lock| lock.kind);
        let want = Want { thread, lock, kind, mode, site };
        let held: Vec<Holding> = held.iter().map(|h| (h.lock, h.mode, h.site)).collect();
        let Some(witness) = self.graph.observe(&held, want, || stack) else { return };
        if !self.graph.may_close(witness) {
            return;
        }
        match cycle::search(&self.graph, witness) {
            Search::Found(cycle) => {
                self.findings.push(describe::possible(&self.graph, &cycle, &self.names));
            }
            Search::Cut => self.cut += 1,
            Search::Clear if self.options.all => {
                if let Search::Found(cycle) = cycle::search_any(&self.graph, witness) {
                    self.findings.extend(describe::excluded(&self.graph, &cycle, &self.names));
                }
            }
            Search::Clear => {}
        }
    }

    fn count_edges(&mut self, held: &[Hold], thread: ThreadId, lock: LockId, site: SiteId) {
        for hold in held {
            let edge = self.counts.entry((hold.lock, lock)).or_default();
            edge.times += 1;
            if edge.times == 1 {
                edge.sites = (hold.site, site);
            }
            if !edge.threads.contains(&thread) {
                edge.threads.push(thread);
            }
        }
    }

    /// A thread is blocked where the trace ends.
    fn blocked(&mut self, wait: &WaitSlot) {
        let progress = self.threads.entry(wait.thread).or_default();
        progress.held = Held::new();
        for (lock, mode, site) in &wait.held {
            progress.held.push(*lock, *mode, *site);
        }
        let target = match &wait.wants {
            Waiting::Lock(lock, mode) => {
                progress.pending = Some((*lock, *mode, wait.site));
                Target::Lock(*lock, *mode)
            }
            Waiting::Ends { threads, .. } => Target::Ends(threads.clone()),
            Waiting::Signal(signal, object, mutex) => Target::Signal(*signal, *object, *mutex),
        };
        let held = progress.held.holds().to_vec();
        self.block(wait.thread, target, wait.site, held, wait.stack.clone());
    }

    fn block(
        &mut self,
        thread: ThreadId,
        target: Target,
        site: SiteId,
        held: Vec<Hold>,
        stack: Vec<u64>,
    ) {
        // A trace does not tell an upgrade from another request that can never be granted.
        let is_upgrade = match target {
            Target::Lock(lock, Mode::Exclusive) => {
                held.iter().any(|hold| hold.lock == lock && hold.mode == Mode::Upgradable)
            }
            _ => false,
        };
        let is_writer = matches!(target, Target::Lock(_, Mode::Exclusive));
        let has_returned = false;
        let blocked = Blocked {
            target,
            site,
            held,
            is_writer,
            is_upgrade,
            has_returned,
            stack,
            turn: 0,
            task: 0,
            since: 0,
        };
        self.waits.block(thread, blocked);
        if let Some(cycle) = self.waits.deadlock(thread) {
            self.findings.push(describe::actual(&self.waits, &cycle, &self.names));
        }
    }

    fn report(mut self) -> Report {
        let mut findings = once(std::mem::take(&mut self.findings), self.options.instances);
        findings.sort_by_key(|finding| finding.verdict);
        // That it could happen goes without saying where it did.
        let (happened, could): (Vec<_>, Vec<_>) =
            findings.into_iter().partition(|finding| finding.verdict == Verdict::Actual);
        let is_told = |finding: &Finding| {
            !self.options.instances && happened.iter().any(|h| h.is_same_circle(finding))
        };
        let could: Vec<Finding> = could.into_iter().filter(|finding| !is_told(finding)).collect();
        let mut findings = [happened, could].concat();
        if !self.options.all {
            findings.retain(|finding| finding.verdict != Verdict::Excluded);
        }
        let mut acquires: Vec<Acquire> = self.acquires.drain().collect();
        acquires.sort_unstable();
        let patterns = predict::patterns(&acquires, PATTERN_BUDGET);
        let summary = Summary {
            events: self.trace.events.len() as u64,
            threads: self.trace.threads.len() as u64,
            locks: self.trace.locks.len() as u64,
            acquisitions: self.acquisitions,
            patterns: patterns.found.len() as u64,
            searches_cut: self.cut + u64::from(patterns.is_cut),
        };
        Report {
            findings,
            summary,
            edges: self.edge_rows(),
            locks: self.lock_rows(),
            threads: self.thread_rows(),
            contention: self.contention_rows(),
            longest_holds: self.longest_hold_rows(),
        }
    }
}

/// Each finding once: of those that are the same, one with the most stacks.
fn once(findings: Vec<Finding>, by_lock: bool) -> Vec<Finding> {
    let mut kept: Vec<Finding> = Vec::new();
    let mut places = HashMap::new();
    for finding in findings {
        let place = *places.entry(key(&finding, by_lock)).or_insert(kept.len());
        match kept.get_mut(place) {
            None => kept.push(finding),
            Some(same) if stacks(same) < stacks(&finding) => *same = finding,
            Some(_) => {}
        }
    }
    kept
}

fn stacks(finding: &Finding) -> usize {
    let has_stack = |step: &&Step| !step.stack.is_empty() || !step.addresses.is_empty();
    finding.steps.iter().filter(has_stack).count()
}

/// What makes two findings of one trace the same. Where a place is not known the locks must be
/// the same too, for else everything in a trace without places would be.
fn key(finding: &Finding, by_lock: bool) -> (u64, Verdict, Vec<u64>) {
    let mut locks: Vec<u64> = finding.locks().iter().map(|lock| lock.id).collect();
    locks.sort_unstable();
    let is_clear = finding.has_places() && !by_lock;
    (finding.fingerprint(), finding.verdict, if is_clear { Vec::new() } else { locks })
}
