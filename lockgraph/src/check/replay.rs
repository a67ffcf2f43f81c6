//! The events of a trace, one after the other: who holds what, and what is kept of it.
//!
//! Memory follows locks, threads, edges and what the prediction keeps ([`History`]), not events.

use std::collections::hash_map::Iter;
use std::collections::{HashMap, HashSet};
use std::thread;

use super::{Options, names::Bare};
use crate::cycle::{self, Search};
use crate::describe;
use crate::event::{Event, How, Op};
use crate::finding::Finding;
use crate::graph::{Graph, Holding, Want};
use crate::held::{Held, Hold};
use crate::id::{LockId, LockKind, Mode, SiteId, ThreadId};
use crate::predict::History;
use crate::slab::Hashing;
use crate::trace::{WaitSlot, Waiting, between_threads};
use crate::wait::Target;

/// What the events so far have led to. Hand them over one by one, then call
/// [`conclude`](super::conclude).
pub struct Replay {
    pub(super) history: History,
    /// If cycles that cannot deadlock are asked for: the graph, and what was found in it, with bare
    /// numbers.
    graph: Option<Box<Graph>>,
    pub(super) excluded: Vec<Finding>,
    pub(super) counts: EdgeCounts,
    pub(super) threads: HashMap<ThreadId, Progress, Hashing>,
    /// If the table is asked for.
    pub(super) locks: Option<HashMap<LockId, Use, Hashing>>,
    pub(super) acquisitions: u64,
}

/// Where a thread is in the trace.
#[derive(Default)]
pub(super) struct Progress {
    pub(super) held: Held,
    pub(super) acquisitions: u64,
    /// A lock that it asked for and has not got yet.
    pub(super) pending: Option<Wish>,
    /// A thread whose end it waits for.
    joining: Option<(ThreadId, SiteId)>,
    pub(super) has_ended: bool,
}

/// A lock that is wanted, how, and where.
type Wish = (LockId, Mode, SiteId);

#[derive(Default)]
pub(super) struct Use {
    pub(super) acquisitions: u64,
    pub(super) contended: u64,
}

/// How often one lock was wanted while another was held.
#[derive(Default)]
pub(super) struct EdgeCount {
    pub(super) times: u64,
    pub(super) threads: Vec<ThreadId>,
    pub(super) sites: (SiteId, SiteId),
    /// Whether it was held, and wanted, only to read.
    pub(super) are_reads: (bool, bool),
    /// What else was held each time, and whether exclusively.
    pub(super) under: Vec<(LockId, bool)>,
}

/// What is held and what is wanted.
type Ends = (LockId, LockId);

/// The edges of the order graph.
pub(super) enum EdgeCounts {
    /// Which there are.
    Bare(HashSet<Ends, Hashing>),
    Rows(HashMap<Ends, EdgeCount, Hashing>),
}

impl EdgeCounts {
    fn new(options: &Options) -> EdgeCounts {
        match options.without_tables && !options.order {
            true => EdgeCounts::Bare(HashSet::default()),
            false => EdgeCounts::Rows(HashMap::default()),
        }
    }

    /// `thread` wants a lock, and holds these.
    pub(super) fn add(
        &mut self,
        held: impl Iterator<Item = (LockId, Mode, SiteId)> + Clone,
        thread: ThreadId,
        (lock, mode, site): Wish,
    ) {
        let rows = match self {
            EdgeCounts::Bare(ends) => return ends.extend(held.map(|(from, ..)| (from, lock))),
            EdgeCounts::Rows(rows) => rows,
        };
        for (from, held_mode, held_site) in held.clone() {
            let others = held.clone().filter(|(other, ..)| *other != from);
            let others = others.map(|(other, by, _)| (other, by == Mode::Exclusive));
            let are_reads = (held_mode.is_read(), mode.is_read());
            let edge = rows.entry((from, lock)).or_default();
            edge.times += 1;
            if edge.times == 1 {
                edge.sites = (held_site, site);
                edge.are_reads = are_reads;
                edge.under = others.collect();
            } else {
                edge.are_reads.0 &= are_reads.0;
                edge.are_reads.1 &= are_reads.1;
                edge.under.retain_mut(|(lock, is_alone)| {
                    let mut again = others.clone().filter(|(other, _)| other == lock).peekable();
                    let is_held = again.peek().is_some();
                    *is_alone &= again.any(|(_, is_alone)| is_alone);
                    is_held
                });
            }
            if !edge.threads.contains(&thread) {
                edge.threads.push(thread);
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            EdgeCounts::Bare(ends) => ends.len(),
            EdgeCounts::Rows(rows) => rows.len(),
        }
    }

    pub(super) fn rows(&self) -> Option<Iter<'_, Ends, EdgeCount>> {
        match self {
            EdgeCounts::Bare(_) => None,
            EdgeCounts::Rows(rows) => Some(rows.iter()),
        }
    }
}

impl Replay {
    /// Before the first event.
    pub fn new(options: &Options) -> Replay {
        Replay {
            history: History::default(),
            graph: options.all.then(Box::default),
            excluded: Vec::new(),
            counts: EdgeCounts::new(options),
            threads: HashMap::default(),
            locks: (!options.without_tables).then(HashMap::default),
            acquisitions: 0,
        }
    }

    /// The next event.
    pub fn step(&mut self, event: &Event) {
        self.history.step(event);
        self.note(event);
    }

    /// Takes the events that `feed` hands over, in a second thread what the prediction keeps of them:
    /// that is the larger half of the work. Returns what `feed` returns, too.
    ///
    /// # Panics
    ///
    /// If `feed` does.
    pub fn in_two_threads<T>(
        options: &Options,
        feed: impl FnOnce(&mut dyn FnMut(&[Event])) -> T,
    ) -> (Replay, T) {
        let mut history = History::default();
        let mut replay = Replay::new(options);
        let (sender, receiver) = between_threads();
        let result = thread::scope(|scope| {
            let kept = &mut history;
            scope.spawn(move || {
                receiver.each(&mut |batch| batch.iter().for_each(|event| kept.step(event)));
            });
            let mut batch = Vec::new();
            let result = feed(&mut |events| {
                batch.extend_from_slice(events);
                sender.send(&mut batch);
                events.iter().for_each(|event| replay.note(event));
            });
            drop(sender);
            result
        });
        (Replay { history, ..replay }, result)
    }

    /// All that is not the prediction's.
    fn note(&mut self, event: &Event) {
        let Event { thread, op, site } = *event;
        match op {
            Op::Request(lock, mode) => {
                self.threads.entry(thread).or_default().pending = Some((lock, mode, site));
                if let Some(locks) = &mut self.locks {
                    locks.entry(lock).or_default().contended += 1;
                }
            }
            Op::Acquire(lock, mode, how) => self.acquire(thread, (lock, mode, site), how),
            Op::Refused(..) => self.threads.entry(thread).or_default().pending = None,
            Op::Release(lock) => {
                self.threads.entry(thread).or_default().held.release(lock);
            }
            Op::Destroy(lock) => {
                if let Some(graph) = &mut self.graph {
                    graph.destroy(lock);
                }
            }
            Op::Fork(child) => {
                if let Some(graph) = &mut self.graph {
                    graph.spans.fork(thread, child);
                }
            }
            Op::End => self.threads.entry(thread).or_default().has_ended = true,
            Op::Joining(child) => {
                self.threads.entry(thread).or_default().joining = Some((child, site));
            }
            Op::Join(child) => {
                self.threads.entry(thread).or_default().joining = None;
                if let Some(graph) = &mut self.graph {
                    graph.spans.join(thread, child);
                }
            }
            _ => {}
        }
    }

    pub(super) fn has_events(&self) -> bool {
        self.history.events() > 0
    }

    /// Who waits after the last event, by thread, with what it holds.
    pub(super) fn asking(&mut self) -> Vec<(ThreadId, Target, SiteId, Vec<Hold>)> {
        let mut threads: Vec<ThreadId> = self.threads.keys().copied().collect();
        threads.sort_unstable();
        let mut asking = Vec::new();
        for thread in threads {
            let Progress { held, pending, joining, .. } = &self.threads[&thread];
            let held = held.holds().to_vec();
            if let Some(wish @ (lock, mode, site)) = *pending {
                if let Some(graph) = &mut self.graph {
                    self.excluded.extend(excluded(graph, thread, wish, &held));
                }
                asking.push((thread, Target::Lock(lock, mode), site, held));
            } else if let Some((child, site)) = *joining {
                asking.push((thread, Target::Ends(vec![child]), site, held));
            }
        }
        asking
    }

    /// A thread is blocked, and holds this, after the last event.
    pub(super) fn waits(&mut self, thread: ThreadId, held: Held, wait: &WaitSlot) {
        let progress = self.threads.entry(thread).or_default();
        progress.held = held;
        if let Waiting::Lock(lock, mode) = wait.wants {
            progress.pending = Some((lock, mode, wait.site));
        }
    }

    fn acquire(&mut self, thread: ThreadId, (lock, mode, site): Wish, how: How) {
        self.acquisitions += 1;
        if let Some(locks) = &mut self.locks {
            locks.entry(lock).or_default().acquisitions += 1;
        }
        let progress = self.threads.entry(thread).or_default();
        progress.pending = None;
        progress.acquisitions += 1;
        if let Some(hold) = progress.held.holds().iter().rfind(|hold| hold.lock == lock) {
            if hold.mode.is_reentered(mode) {
                progress.held.deepen(lock);
                return;
            }
            if how.changes(hold.mode, mode) {
                progress.held.change_mode(lock, mode);
                return;
            }
        }
        let held = progress.held.holds();
        if how == How::Blocking && !held.is_empty() {
            let holds = held.iter().map(|hold| (hold.lock, hold.mode, hold.site));
            self.counts.add(holds, thread, (lock, mode, site));
            if let Some(graph) = &mut self.graph {
                self.excluded.extend(excluded(graph, thread, (lock, mode, site), held));
            }
        }
        progress.held.push(lock, mode, site);
    }
}

/// A cycle that an attempt closes in the graph, and why it cannot deadlock.
fn excluded(graph: &mut Graph, thread: ThreadId, wish: Wish, held: &[Hold]) -> Option<Finding> {
    let (lock, mode, site) = wish;
    let held: Vec<Holding> = held.iter().map(|h| (h.lock, h.mode, h.site)).collect();
    let want = Want { thread, lock, kind: LockKind::Mutex, mode, site };
    let witness = graph.observe(&held, want, || &[])?;
    if !graph.may_close(witness) || !matches!(cycle::search(graph, witness), Search::Clear) {
        return None;
    }
    let Search::Found(cycle) = cycle::search_any(graph, witness) else { return None };
    describe::excluded(graph, &cycle, &Bare)
}
