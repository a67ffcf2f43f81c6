//! Judges a trace: the same graphs and the same judges as in the live program, fed from a file.
//!
//! Findings of the live detector are taken as they are. The order graph is built anew, from the
//! recorded dependencies or, where there are only events (other tools' traces), from those. Who
//! was blocked at the end goes into the wait-for graph.
//!
//! Linear in the trace but for the searches for cycles, which have a budget.

mod confirm;
mod figures;
mod foreseen;
mod names;
mod predicted;
mod replay;
mod rows;
mod standstill;
mod told;

use std::collections::HashMap;

use crate::cycle::{self, Search};
use crate::describe;
use crate::finding::{self, Finding, Place, Wanted};
use crate::graph::{Graph, Want};
use crate::held::{Held, Hold};
use crate::id::{LockId, LockKind, Mode, SiteId, ThreadId};
use crate::predict::Limits;
use crate::slab::Hashing;
use crate::span::Span;
use crate::trace::{Awaited, Dependency, Trace, WaitSlot, Waiting};
use crate::wait::{Blocked, Target, Waits};
pub use confirm::confirm;
use names::TraceNames;
pub use replay::Replay;
pub use standstill::{Standing, Standstill, State, StillNeeds};

/// What to judge, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// Cycles that cannot deadlock too, each with the reason.
    pub all: bool,
    /// What was found among other locks too, though they are of the same classes and taken at the
    /// same places, and that it could happen though it did. For who can tell them apart by their
    /// stacks, or wants to know of all.
    pub instances: bool,
    /// What was found and the counts alone: no tables of edges, locks and threads, which cost more
    /// time and memory than all the rest if there are many edges.
    pub without_tables: bool,
    /// The edges by number alone too ([`Report::order`]), whether there are tables or not.
    pub order: bool,
    /// How much to look for.
    pub limits: Limits,
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
    /// The same by number, with what tells whether a circle of these edges could deadlock, if the
    /// settings asked for that.
    pub order: Vec<OrderEdge>,
    /// The locks.
    pub locks: Vec<LockRow>,
    /// The threads.
    pub threads: Vec<ThreadRow>,
    /// What was waited for, the most time first.
    pub contention: Vec<ContentionRow>,
    /// The longest hold of each lock, the longest first, if the settings asked for that.
    pub longest_holds: Vec<LongestHoldRow>,
    /// Who waited for whom where the trace ends, if anybody did.
    pub standstill: Option<Standstill>,
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
    /// Edges of the order graph.
    pub edges: u64,
    /// Acquisitions, those of a held reentrant lock included; 0 if only the graph was recorded.
    pub acquisitions: u64,
    /// Abstract deadlock patterns, keyed by thread, lock and held set.
    pub patterns: u64,
    /// Those of them in which some schedule ends, every recorded read seeing what it saw; 0 if only
    /// the graph was recorded.
    pub witnessed: u64,
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

/// An edge of the order graph in the numbers of the trace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OrderEdge {
    /// Held.
    pub from: LockId,
    /// Wanted.
    pub to: LockId,
    /// As [`EdgeRow::count`].
    pub count: u64,
    /// By whom.
    pub threads: Vec<ThreadId>,
    /// Where `from` was taken and `to` wanted, the first time.
    pub sites: (SiteId, SiteId),
    /// Whether `from` was held, and `to` wanted, only as a reader who shares it.
    pub are_reads: (bool, bool),
    /// What else was held each time, exclusively: nobody else can be between such locks meanwhile.
    pub under: Vec<LockId>,
    /// Semaphores of which a permit was held each time, with how many they have.
    pub under_permits: Vec<(LockId, u32)>,
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
    let mut replay = Replay::new(options);
    trace.events.iter().for_each(|event| replay.step(event));
    conclude(trace, replay, options)
}

/// Judges a trace whose events have gone by: those in `trace` are not looked at.
pub fn conclude(trace: &Trace, replay: Replay, options: &Options) -> Report {
    let mut judge = Judge::new(trace, options, replay);
    trace.dependencies.iter().for_each(|dependency| judge.recorded(dependency));
    foreseen::judge(&mut judge);
    judge.predict();
    judge.asking();
    trace.waits.iter().for_each(|wait| judge.blocked(wait));
    judge.report()
}

/// The graphs of a trace while it is judged.
struct Judge<'a> {
    trace: &'a Trace,
    options: &'a Options,
    names: TraceNames<'a>,
    replay: Replay,
    graph: Graph,
    waits: Waits<SiteId>,
    /// By thread: the recorded span that it is in.
    spans: HashMap<ThreadId, u32, Hashing>,
    findings: Vec<Finding>,
    /// What the events say could have happened.
    predicted: Vec<Finding>,
    /// The patterns, and how many of them are witnessed.
    patterns: (u64, u64),
    cut: u64,
}

impl<'a> Judge<'a> {
    fn new(trace: &'a Trace, options: &'a Options, replay: Replay) -> Judge<'a> {
        let mut graph = Graph::default();
        trace.permits.iter().for_each(|(semaphore, permits)| graph.let_in(*semaphore, *permits));
        Judge {
            trace,
            options,
            names: TraceNames(trace),
            replay,
            graph,
            waits: Waits::default(),
            spans: HashMap::default(),
            findings: trace.findings.clone(),
            predicted: Vec::new(),
            patterns: (0, 0),
            cut: 0,
        }
    }

    /// A dependency that the live program recorded.
    fn recorded(&mut self, dependency: &Dependency) {
        if self.spans.insert(dependency.thread, dependency.span) != Some(dependency.span) {
            self.enter_span(dependency.span);
        }
        let Dependency { thread, ref held, want, mode, site, ref stack, .. } = *dependency;
        if !self.replay.has_events() {
            self.replay.counts.add(held.iter().copied(), thread, (want, mode, site));
        }
        let kind = self.trace.locks.get(&want).map_or(LockKind::Mutex, |lock| lock.kind);
        let want = Want { thread, lock: want, kind, mode, site };
        let Some(witness) = self.graph.observe(held, want, || &**stack) else { return };
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

    fn enter_span(&mut self, number: u32) {
        if let Some(span) = self.trace.spans.get(&number) {
            let (thread, segment, clock) = (span.thread, span.segment, span.clock.clone());
            self.graph.spans.enter(Span { thread, segment, clock });
        }
    }

    /// Threads that asked for something where the trace ends, and have not got it: they hang.
    fn asking(&mut self) {
        for (thread, target, site, held) in self.replay.asking() {
            self.block(thread, target, site, held, Vec::new());
        }
    }

    /// A thread is blocked where the trace ends.
    fn blocked(&mut self, wait: &WaitSlot) {
        let mut held = Held::new();
        for (lock, mode, site) in &wait.held {
            held.push(*lock, *mode, *site);
        }
        let holds = held.holds().to_vec();
        let target = match &wait.wants {
            Waiting::Lock(lock, mode) => Target::Lock(*lock, *mode),
            Waiting::Ends { threads, .. } => Target::Ends(threads.clone()),
            Waiting::Signal(signal, object, mutex) => Target::Signal(*signal, *object, *mutex),
        };
        self.replay.waits(wait.thread, held, wait);
        self.block(wait.thread, target, wait.site, holds, wait.stack.clone());
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
        // The events of a wait that never ended have no acquisition, which would have made the edges.
        if let Target::Lock(lock, mode) = target
            && self.replay.has_events()
            && self.waits.get(thread).is_none()
            && !is_upgrade
        {
            let holds = held.iter().map(|hold| (hold.lock, hold.mode, hold.site));
            self.replay.counts.add(holds, thread, (lock, mode, site));
        }
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
        let mut findings = std::mem::take(&mut self.findings);
        let predicted = std::mem::take(&mut self.predicted);
        let is_whole = self.trace.problems.is_empty() && self.cut == 0;
        let excluded = std::mem::take(&mut self.replay.excluded);
        findings.extend(excluded.into_iter().map(|finding| self.names.name(finding)));
        let summary = Summary {
            events: self.replay.history.events(),
            threads: self.trace.threads.len() as u64,
            locks: self.trace.locks.len() as u64,
            edges: self.replay.counts.len() as u64,
            acquisitions: self.replay.acquisitions,
            patterns: self.patterns.0,
            witnessed: self.patterns.1,
            searches_cut: self.cut,
        };
        let standstill = self.standstill(&findings);
        let mut report = Report {
            findings: told::once(findings, predicted, is_whole, self.options),
            standstill,
            summary,
            contention: self.contention_rows(),
            longest_holds: self.longest_hold_rows(),
            ..Report::default()
        };
        if self.options.order {
            report.order = self.order_edges();
        }
        if !self.options.without_tables {
            report.edges = self.edge_rows();
            report.locks = self.lock_rows();
            report.threads = self.thread_rows();
        }
        report
    }
}
