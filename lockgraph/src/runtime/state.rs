//! The one static: the order graph and the names of a live program.
//!
//! Two locks guard it, one for the graph with what names its numbers, one for the threads; a
//! third, for who is blocked, is in `block`. None is taken on the fast path. Graph before
//! threads, where both are needed; no user code runs under either.

use std::collections::{HashMap, HashSet};
use std::sync::{LazyLock, Mutex};

use super::identity::{ClassRef, Identity};
use super::local::Local;
use super::meeting::{self, Foresight};
use super::rank;
use super::stack;
use super::tag::{Site, Tag};
use super::together;
use super::{block, local, locked, record, standstill};
use super::{permits, provisional};
use crate::cycle::{self, Search};
use crate::describe;
use crate::finding::{self, Class, Finding, Place};
use crate::graph::{Graph, Holding, Want, WitnessId};
use crate::id::{LockId, LockKind, Mode, SiteId, ThreadId};
use crate::names::{Names, unknown_lock};
use crate::slab::Hashing;
use crate::trace::EventStream;

/// The order graph, and what its numbers stand for.
#[derive(Default)]
pub(super) struct Known {
    pub(super) graph: Graph,
    pub(super) sites: Sites,
    /// By node of the graph: what it says of its lock. Every node is met as it is made.
    identities: Vec<Identity>,
    /// Kept from one call to the next, so that they do not allocate.
    held: Vec<Holding>,
    pub(super) foresight: Foresight,
    /// Searches that were cut short.
    pub(super) cut: u64,
}

static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

/// A thread's name and origin.
pub(super) struct ThreadRecord {
    pub(super) name: Option<String>,
    pub(super) origin: Option<(ThreadId, Site)>,
    has_ended: bool,
}

/// The threads that a report may still name.
struct Threads {
    records: HashMap<ThreadId, ThreadRecord, Hashing>,
    /// When so many are known, those that no report can name are dropped.
    sweep_at: usize,
}

static THREADS: LazyLock<Mutex<Threads>> =
    LazyLock::new(|| Mutex::new(Threads { records: HashMap::default(), sweep_at: 1024 }));

/// Places by the address of the compiler's own record of them.
#[derive(Default)]
pub(super) struct Sites {
    numbers: HashMap<usize, SiteId, Hashing>,
    sites: Vec<Site>,
}

impl Sites {
    pub(super) fn number(&mut self, site: Site) -> SiteId {
        let next = SiteId(self.sites.len() as u32 + 1);
        let number = *self.numbers.entry(std::ptr::from_ref(site).addr()).or_insert(next);
        if number == next {
            self.sites.push(site);
        }
        number
    }

    /// The number of a place that may have been given one.
    pub(super) fn find(&self, site: Site) -> SiteId {
        self.numbers.get(&std::ptr::from_ref(site).addr()).copied().unwrap_or_default()
    }

    pub(super) fn get(&self, number: SiteId) -> Option<Site> {
        self.sites.get((number.0 as usize).checked_sub(1)?).copied()
    }
}

/// A chain that this thread has not shown before: takes it into the graph and judges it, by the
/// declared order too. A lock
/// that has no number yet is shown by the one that is `promised` to it.
#[cold]
pub(super) fn show(tag: &Tag, promised: Option<LockId>, mode: Mode, site: Site) -> Vec<Finding> {
    let found = local::busy(|local| {
        block::purge_foreign(local);
        let identity = promised.map_or_else(|| tag.identity(), |number| tag.promise(number, site));
        let key = local.holds.chain_with(identity.word(), mode);
        if local.is_known(identity.word(), mode) {
            return Vec::new();
        }
        let (against, is_excused) = rank::against(local, &identity, mode, site);
        let mut known = locked(&KNOWN);
        let circle = known.take_in(local, tag, identity, mode, site);
        drop(known);
        let begun = local.together.filter(|_| is_excused);
        local.seen.insert(begun.map_or(key, |begun| together::key(key, begun)));
        news(against.into_iter().chain(circle))
    });
    found.unwrap_or_default()
}

impl Known {
    /// What a lock of the graph says of itself.
    pub(super) fn identity(&self, lock: LockId) -> Option<&Identity> {
        self.identities.get(self.graph.find(lock)? as usize)
    }

    /// The graph has just met these semaphores.
    fn bound(&mut self, semaphores: &[Identity]) {
        for semaphore in semaphores {
            let lock = semaphore.lock();
            if let Some(permits) = permits::of(lock) {
                self.graph.let_in(lock, permits);
                record::lock_of(self, lock, semaphore);
                record::permits(lock, permits);
            }
        }
    }

    /// The locks that the graph has just met may be named from now on: the wanted one, and those
    /// that are held.
    fn meet(&mut self, wanted: Identity, local: &Local) {
        let mut semaphores = Vec::new();
        for node in self.graph.met() {
            let lock = self.graph.lock(*node);
            let held = local.holds.as_slice().iter().find(|hold| hold.lock() == lock);
            let identity = match held {
                Some(hold) if lock != wanted.lock() => hold.identity(),
                _ => wanted,
            };
            let node = *node as usize;
            if self.identities.len() <= node {
                self.identities.resize(node + 1, Identity::NONE);
            }
            self.identities[node] = identity;
            if identity.kind() == LockKind::Semaphore {
                semaphores.push(identity);
            }
            if let Some(ClassRef::Made(site) | ClassRef::FirstTaken(site)) = identity.class() {
                self.sites.number(site);
            }
        }
        self.bound(&semaphores);
    }

    fn take_in(
        &mut self,
        local: &mut Local,
        tag: &Tag,
        identity: Identity,
        mode: Mode,
        site: Site,
    ) -> Option<Finding> {
        let lock = identity.lock();
        let mut held = std::mem::take(&mut self.held);
        held.clear();
        for hold in local.holds.as_slice() {
            held.push((hold.lock(), hold.mode(), self.sites.number(hold.site)));
        }
        let site = self.sites.number(site);
        let want = Want { thread: local.id, lock, kind: identity.kind(), mode, site };
        let witness = self.graph.observe(&held, want, stack::capture);
        self.held = held;
        let witness = witness?;
        local.news.add();
        // A promised number is marked when it is given.
        if tag.known_id() == Some(lock) {
            tag.mark_known();
        }
        self.meet(identity, local);
        local.holds.mark_told();
        record::witness(self, witness);
        self.judge(witness)
    }

    /// What can happen through this witness.
    fn judge(&mut self, witness: WitnessId) -> Option<Finding> {
        if !self.graph.may_close(witness) {
            return None;
        }
        match cycle::search(&self.graph, witness) {
            Search::Found(cycle) => Some(describe::possible(&self.graph, &cycle, &Live(self))),
            Search::Clear => None,
            Search::Cut => {
                self.cut += 1;
                None
            }
        }
    }
}

/// The semaphore keeps nobody out any more.
pub(super) fn let_all_in(semaphore: LockId) {
    with_known(|known| {
        if known.graph.find(semaphore).is_some() {
            known.graph.let_in(semaphore, u32::MAX);
            record::permits(semaphore, u32::MAX);
        }
    });
}

/// What can happen among those who hold the semaphore, and has not been told.
pub(super) fn judge_again(semaphore: LockId) -> Vec<Finding> {
    let found: Vec<Finding> = with_known(|known| {
        let witnesses = known.graph.holding(semaphore);
        let found = witnesses.into_iter().filter_map(|witness| known.judge(witness));
        let mut told = HashSet::new();
        found.filter(|finding| told.insert(finding.fingerprint())).collect()
    });
    news(found)
}

/// What of it has not been told, with the names of its stack frames. They take long to find: not
/// under the lock.
fn news(found: impl IntoIterator<Item = Finding>) -> Vec<Finding> {
    let found = found.into_iter().filter(|finding| !super::report::is_known(finding));
    let mut news: Vec<Finding> = found.collect();
    news.iter_mut().for_each(stack::resolve);
    news
}

/// A lock that was told to the graph or the trace is gone.
pub(super) fn forget_lock(lock: LockId) {
    let mut known = locked(&KNOWN);
    known.graph.destroy(lock);
    meeting::forget(&mut known, lock);
    drop(known);
    record::destroyed(lock);
    block::forget_lock(lock);
    rank::forget(lock);
    provisional::settle(lock);
    permits::forget(lock);
}

/// Runs `f` on the graph.
pub(super) fn with_known<R>(f: impl FnOnce(&mut Known) -> R) -> R {
    f(&mut locked(&KNOWN))
}

/// A thread that was not begun through us locks for the first time.
pub(super) fn thread_met(thread: ThreadId, name: Option<&str>) {
    add_thread(thread, name, None);
}

/// `parent` is about to begin `child`.
pub(super) fn thread_forked(parent: ThreadId, child: ThreadId, name: Option<&str>, site: Site) {
    locked(&KNOWN).graph.spans.fork(parent, child);
    add_thread(child, name, Some((parent, site)));
}

fn add_thread(thread: ThreadId, name: Option<&str>, origin: Option<(ThreadId, Site)>) {
    let name = name.map(str::to_owned);
    let mut threads = locked(&THREADS);
    threads.records.insert(thread, ThreadRecord { name, origin, has_ended: false });
    let must_sweep = threads.records.len() >= threads.sweep_at;
    drop(threads);
    if must_sweep {
        sweep_threads();
    }
}

/// Drops the records of threads that no report can name.
fn sweep_threads() {
    let known = locked(&KNOWN);
    let mut threads = locked(&THREADS);
    let spans = &known.graph.spans;
    threads.records.retain(|thread, record| !record.has_ended || spans.is_needed(*thread));
    threads.sweep_at = 1024.max(threads.records.len() * 2);
}

/// A thread that was to begin did not.
pub(super) fn thread_not_begun(thread: ThreadId) {
    locked(&KNOWN).graph.spans.end(thread);
    locked(&THREADS).records.remove(&thread);
}

/// A thread is over; called at the end of its thread-locals.
pub(super) fn thread_ended(mut local: Local) {
    let mut known = locked(&KNOWN);
    known.graph.spans.end(local.id);
    meeting::ended(&mut known, &local);
    drop(known);
    if let Some(record) = locked(&THREADS).records.get_mut(&local.id) {
        // Left-behind locks name their thread for as long as the program runs.
        record.has_ended = local.holds.is_empty();
    }
    record::thread_ended(&mut local);
    block::thread_left(&local);
    standstill::thread_ended();
}

/// Where the events of a thread go, if every event is recorded.
pub(super) fn event_stream(thread: ThreadId) -> Option<Box<EventStream>> {
    record::event_stream(thread)
}

/// A thread as reports name it.
pub(super) fn name_thread(thread: ThreadId) -> finding::Thread {
    let threads = locked(&THREADS);
    let name = threads.records.get(&thread).and_then(|record| record.name.clone());
    finding::Thread { id: thread.0, name }
}

/// What the trace needs to know of a thread.
pub(super) fn with_thread<R>(thread: ThreadId, f: impl FnOnce(Option<&ThreadRecord>) -> R) -> R {
    f(locked(&THREADS).records.get(&thread))
}

/// A place as reports name it.
pub(super) fn place(site: Site) -> Place {
    Place { file: site.file().to_owned(), line: site.line(), column: site.column() }
}

/// A lock as reports name it.
pub(super) fn lock(lock: LockId, identity: &Identity) -> finding::Lock {
    let class = match identity.class() {
        Some(ClassRef::Named(name)) => Class::Named(name.to_owned()),
        Some(ClassRef::Made(site)) => Class::Made(place(site)),
        Some(ClassRef::FirstTaken(site)) => Class::FirstTaken(place(site)),
        None => Class::Unknown,
    };
    finding::Lock { id: lock.0, kind: identity.kind(), class, made_for: None }
}

/// The names of a live program.
struct Live<'a>(&'a Known);

impl Names for Live<'_> {
    fn place(&self, site: SiteId) -> Option<Place> {
        self.0.sites.get(site).map(place)
    }

    fn lock(&self, id: LockId) -> finding::Lock {
        self.0.identity(id).map_or_else(|| unknown_lock(id), |identity| lock(id, identity))
    }

    fn thread(&self, thread: ThreadId) -> finding::Thread {
        name_thread(thread)
    }
}
