//! From the runtime to the trace.
//!
//! The writer has a lock of its own, the innermost of all. What a record names by number is
//! written before it, once. A thread that waits has a slot of its own, and at level full a stream
//! of events ([`super::events`]): as long as it names only what it has told before ([`Told`]), it
//! takes no lock for them, but for a new chunk.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, OnceLock};
use std::time::Instant;

use super::block::Taken;
use super::hold_time::Ended;
use super::holds::Hold;
use super::identity::{ClassRef, Identity};
use super::local::Local;
use super::state::{Known, Sites};
use super::tag::Site;
use super::told::Told;
use super::{data, events, local, locked, report, state, sys};
use crate::config;
use crate::finding::Finding;
use crate::graph::WitnessId;
use crate::id::{LockId, SiteId, ThreadId};
use crate::meet::{Meeting, Role};
use crate::slab::Hashing;
use crate::span::SpanId;
use crate::trace::{
    self, Contention, DEFAULT_LIMIT, Dependency, EventStream, Level, LockClass, LongestHold,
    Record, Span, Waiting, Writer,
};
use crate::wait::Target;

/// What has been written, so that it is written once.
struct Trace {
    writer: Writer,
    sites: HashSet<SiteId, Hashing>,
    threads: HashSet<ThreadId, Hashing>,
    locks: HashSet<LockId, Hashing>,
    /// By number, the span that it stood for when it was written; numbers are reused.
    spans: HashMap<SpanId, (ThreadId, u32), Hashing>,
    has_warned: bool,
}

/// The trace of this process.
struct Recording {
    /// Times count from here.
    started: Instant,
    trace: Mutex<Trace>,
}

static TRACE: LazyLock<Option<Recording>> = LazyLock::new(create);
static PATH: OnceLock<PathBuf> = OnceLock::new();

/// Variables of the environment by which test runners and cargo tell a program which test it is.
const TEST_VARIABLES: [&str; 6] = [
    "NEXTEST_TEST_NAME",
    "NEXTEST_BINARY_ID",
    "NEXTEST_ATTEMPT",
    "CARGO_PKG_NAME",
    "CARGO_MANIFEST_DIR",
    "CARGO_BIN_NAME",
];

/// A wait as the trace shows it.
pub(super) type Slot = Option<trace::Slot>;

fn create() -> Option<Recording> {
    let dir = config::get().trace.as_ref()?;
    match Writer::create(dir, config::get().level, DEFAULT_LIMIT) {
        Ok(mut writer) => {
            let _ = PATH.set(writer.path().to_owned());
            process(&mut writer);
            if config::get().level == Level::Full {
                let (name, value) = (trace::DATA_FLOW, trace::WHOLE);
                writer.graph(&Record::Fact { name, value });
                data::begin();
            }
            let started = writer.started();
            let trace = Trace {
                writer,
                sites: HashSet::default(),
                threads: HashSet::default(),
                locks: HashSet::default(),
                spans: HashMap::default(),
                has_warned: false,
            };
            Some(Recording { started, trace: Mutex::new(trace) })
        }
        Err(error) => {
            report::warn(&format!("no trace: {}: {error}", dir.display()));
            None
        }
    }
}

/// What the trace says of the process itself.
fn process(writer: &mut Writer) {
    let mut fact = |name: &str, value: &str| writer.graph(&Record::Fact { name, value });
    if let Ok(exe) = std::env::current_exe() {
        fact("exe", &exe.to_string_lossy());
    }
    if let Ok(directory) = std::env::current_dir() {
        fact("directory", &directory.to_string_lossy());
    }
    fact("parent", &sys::parent().to_string());
    for name in TEST_VARIABLES {
        if let Some(value) = std::env::var_os(name) {
            fact(name, &value.to_string_lossy());
        }
    }
    for module in sys::modules() {
        writer.graph(&Record::Module(Cow::Owned(module)));
    }
}

fn with_trace<R>(f: impl FnOnce(&mut Trace) -> R) -> Option<R> {
    let mut trace = locked(&TRACE.as_ref()?.trace);
    let result = f(&mut trace);
    if let Some(failure) = trace.writer.failure()
        && !trace.has_warned
    {
        let text = format!("the trace ends here: {}: {failure}", trace.writer.path().display());
        trace.has_warned = true;
        drop(trace);
        report::warn(&text);
    }
    Some(result)
}

/// Not all that flowed between threads is in the trace.
pub(super) fn data_flow(why: &str) {
    with_trace(|trace| trace.writer.graph(&Record::Fact { name: trace::DATA_FLOW, value: why }));
}

/// Where the trace is, if there is one.
pub(super) fn path() -> Option<&'static PathBuf> {
    PATH.get()
}

/// A new witness of the order graph.
pub(super) fn witness(known: &Known, witness: WitnessId) {
    with_trace(|trace| {
        let witness = known.graph.witness(witness);
        let holds = || known.graph.chains.holds(witness.held);
        let want = known.graph.lock(witness.node);
        for site in holds().map(|hold| hold.site).chain([witness.site]) {
            trace.site(&known.sites, site);
        }
        for lock in holds().map(|hold| hold.lock).chain([want]) {
            if let Some(identity) = known.identity(lock) {
                trace.lock(&known.sites, lock, identity);
            }
        }
        trace.thread(&known.sites, witness.thread);
        trace.span(known, witness.span);
        let mut held: Vec<_> = holds().map(|hold| (hold.lock, hold.mode, hold.site)).collect();
        held.reverse();
        let stack = witness.stack.to_vec();
        trace.writer.graph(&Record::Dependency(Cow::Owned(Dependency {
            thread: witness.thread,
            span: witness.span.0,
            held,
            want,
            mode: witness.mode,
            site: witness.site,
            stack,
        })));
    });
}

/// Somebody waits or serves at an object.
pub(super) fn meeting(known: &mut Known, object: LockId, meeting: &Meeting<Taken>) {
    with_trace(|trace| {
        trace.lock_at(known, object, &meeting.site.identity);
        let place = |trace: &mut Trace, known: &mut Known, site: Site| {
            let number = known.sites.number(site);
            trace.site(&known.sites, number);
            number
        };
        let mut locks = Vec::new();
        for hold in &meeting.locks {
            trace.lock_at(known, hold.lock, &hold.site.identity);
            locks.push((hold.lock, hold.mode, place(trace, known, hold.site.site)));
        }
        let site = place(trace, known, meeting.site.site);
        trace.thread(&known.sites, meeting.thread);
        trace.span(known, meeting.span);
        trace.writer.graph(&Record::Meeting(Cow::Owned(trace::Meeting {
            thread: meeting.thread,
            span: meeting.span.0,
            object,
            signal: meeting.signal,
            waits: meeting.role == Role::Waits,
            site,
            locks,
        })));
    });
}

/// A lock that the trace may know is gone.
pub(super) fn destroyed(lock: LockId) {
    with_trace(|trace| {
        if trace.locks.remove(&lock) {
            trace.writer.graph(&Record::Destroy(lock));
        }
    });
}

/// Something was found.
pub(super) fn finding(finding: &Finding) {
    with_trace(|trace| trace.writer.graph(&Record::Finding(Cow::Borrowed(finding))));
}

/// How long threads have waited by now, at places and for locks that the trace knows.
pub(super) fn waited(figures: &[Contention]) {
    with_trace(|trace| {
        figures.iter().for_each(|figures| trace.writer.graph(&Record::Waited(*figures)));
    });
}

/// A lock was held for longer than ever before.
pub(super) fn held(lock: LockId, identity: &Identity, hold: &Ended) {
    let Ended { mode, site, thread, nanos, .. } = *hold;
    state::with_known(|known| {
        with_trace(|trace| {
            let site = known.sites.number(site);
            trace.site(&known.sites, site);
            trace.thread(&known.sites, thread);
            trace.lock_at(known, lock, identity);
            trace.writer.graph(&Record::Held(LongestHold { lock, mode, site, thread, nanos }));
        });
    });
}

/// This thread is blocked.
pub(super) fn blocked(local: &mut Local, target: &Target, wanted: &Taken, stack: &[u64]) -> Slot {
    let recording = TRACE.as_ref()?;
    let Local { id, holds, told, .. } = local;
    let told = told.get_or_insert_default();
    if told.wait_for(target, wanted, holds.as_slice()).is_none() {
        tell_wait(*id, told, target, wanted, holds.as_slice());
    }
    let wait = &mut told.wait;
    wait.thread = *id;
    wait.held_count = wait.held.len() as u32;
    wait.since_nanos = recording.nanos();
    wait.stack.clear();
    wait.stack.extend_from_slice(stack);
    let mut slot = told.slot.take()?;
    slot.show(&told.wait);
    Some(slot)
}

/// As [`Told::wait_for`], when the trace does not know all of it.
#[cold]
fn tell_wait(thread: ThreadId, told: &mut Told, target: &Target, wanted: &Taken, holds: &[Hold]) {
    state::with_known(|known| {
        with_trace(|trace| {
            trace.thread(&known.sites, thread);
            told.wait.site = trace.tell_site(known, told, wanted.site);
            told.wait.wants = match target {
                Target::Lock(lock, mode) => {
                    trace.tell_lock(known, told, *lock, &wanted.identity);
                    Waiting::Lock(*lock, *mode)
                }
                Target::Ends(threads) | Target::Returns(threads) => {
                    threads.iter().for_each(|thread| trace.thread(&known.sites, *thread));
                    Waiting::Ends { threads: threads.clone(), count: threads.len() as u32 }
                }
                Target::Any(signal, object) => {
                    trace.tell_lock(known, told, *object, &wanted.identity);
                    Waiting::Signal(*signal, Some(*object), None)
                }
                Target::Signal(signal, object, mutex) => {
                    if let Some(object) = object {
                        trace.tell_lock(known, told, *object, &wanted.identity);
                    }
                    Waiting::Signal(*signal, *object, *mutex)
                }
            };
            told.wait.held.clear();
            for hold in holds {
                trace.tell_lock(known, told, hold.lock(), &hold.identity());
                let site = trace.tell_site(known, told, hold.site);
                told.wait.held.push((hold.lock(), hold.mode(), site));
            }
            told.slot = told.slot.take().or_else(|| trace.writer.slot());
        });
    });
}

/// A wait is over. The thread keeps the slot for its next one.
pub(super) fn unblocked(mut slot: Slot) {
    if let Some(slot) = &mut slot {
        slot.clear();
    }
    local::hot(|local| {
        if let Some(told) = &mut local.told
            && told.slot.is_none()
        {
            told.slot = slot.take();
        }
    });
    if let Some(slot) = slot {
        local::untracked(|| with_trace(|trace| trace.writer.take_back(slot)));
    }
}

/// Where the events of a thread go, if every event is recorded.
pub(super) fn event_stream(thread: ThreadId) -> Option<Box<EventStream>> {
    if config::get().level != Level::Full {
        return None;
    }
    with_trace(|trace| Box::new(trace.writer.events(thread)))
}

/// This thread has ended.
pub(super) fn thread_ended(local: &mut Local) {
    if let Some(mut stream) = local.events.take() {
        events::end(&mut stream);
        with_trace(|trace| trace.writer.give_back(*stream));
    }
    if let Some(slot) = local.told.take().and_then(|told| told.slot) {
        with_trace(|trace| trace.writer.take_back(slot));
    }
}

/// A new chunk for this stream.
pub(super) fn refill(stream: &mut EventStream) {
    with_trace(|trace| trace.writer.refill(stream));
}

/// The trace is to know this lock.
pub(super) fn lock(lock: LockId, identity: &Identity) {
    state::with_known(|known| lock_of(known, lock, identity));
}

/// As [`lock`], for whoever has looked up the graph.
pub(super) fn lock_of(known: &mut Known, lock: LockId, identity: &Identity) {
    with_trace(|trace| trace.lock_at(known, lock, identity));
}

/// So many threads can hold permits of this semaphore at once, which the trace knows.
pub(super) fn permits(semaphore: LockId, permits: u32) {
    with_trace(|trace| trace.writer.graph(&Record::Permits { semaphore, permits }));
}

/// The trace is to know this place, and `thread`, which was there.
pub(super) fn site(thread: ThreadId, told: &mut Told, site: Site) -> SiteId {
    let number = state::with_known(|known| {
        with_trace(|trace| {
            trace.thread(&known.sites, thread);
            trace.tell_site(known, told, site)
        })
    });
    number.unwrap_or_default()
}

impl Recording {
    fn nanos(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

impl Trace {
    fn site(&mut self, sites: &Sites, site: SiteId) {
        if let Some(place) = sites.get(site)
            && self.sites.insert(site)
        {
            let (file, line, column) = (place.file(), place.line(), place.column());
            self.writer.graph(&Record::Site { id: site, file, line, column });
        }
    }

    /// Tells of a thread, and of those that it descends from: a test is known by the name of its
    /// thread, which may do nothing but begin others.
    fn thread(&mut self, sites: &Sites, thread: ThreadId) {
        let mut next = Some(thread);
        while let Some(thread) = next.filter(|thread| self.threads.insert(*thread)) {
            next = state::with_thread(thread, |record| {
                let origin = record.and_then(|record| record.origin);
                let site = origin.map_or(SiteId::UNKNOWN, |(_, site)| sites.find(site));
                self.site(sites, site);
                let name = record.and_then(|record| record.name.as_deref());
                let parent = origin.map(|(parent, _)| parent);
                self.writer.graph(&Record::Thread { id: thread, name, parent, site });
                parent
            });
        }
    }

    /// The number of a place that this thread will know to be told.
    fn tell_site(&mut self, known: &mut Known, told: &mut Told, site: Site) -> SiteId {
        let number = known.sites.number(site);
        self.site(&known.sites, number);
        told.add_site(site, number);
        number
    }

    /// As [`Trace::lock_at`], for a lock that this thread will know to be told.
    fn tell_lock(&mut self, known: &mut Known, told: &mut Told, lock: LockId, of: &Identity) {
        self.lock_at(known, lock, of);
        told.add_lock(lock);
    }

    /// As [`Trace::lock`], for a lock whose place may not have a number yet.
    fn lock_at(&mut self, known: &mut Known, lock: LockId, identity: &Identity) {
        if let Some(ClassRef::Made(site) | ClassRef::FirstTaken(site)) = identity.class() {
            known.sites.number(site);
        }
        self.lock(&known.sites, lock, identity);
    }

    fn lock(&mut self, sites: &Sites, lock: LockId, identity: &Identity) {
        if !self.locks.insert(lock) {
            return;
        }
        let mut place = |site: Site| {
            let number = sites.find(site);
            self.site(sites, number);
            number
        };
        let class = match identity.class() {
            Some(ClassRef::Named(name)) => LockClass::Named(name),
            Some(ClassRef::Made(site)) => LockClass::Made(place(site)),
            Some(ClassRef::FirstTaken(site)) => LockClass::FirstTaken(place(site)),
            None => LockClass::Unknown,
        };
        self.writer.graph(&Record::Lock { id: lock, kind: identity.kind(), class });
        if let Some(stack) = identity.origin() {
            self.writer.graph(&Record::Origin { lock, stack: Cow::Borrowed(stack) });
        }
    }

    fn span(&mut self, known: &Known, id: SpanId) {
        let span = known.graph.spans.get(id);
        let stands_for = (span.thread, span.segment);
        if self.spans.insert(id, stands_for) != Some(stands_for) {
            let crate::span::Span { thread, segment, ref clock } = *span;
            let clock = clock.clone();
            self.writer.graph(&Record::Span(Cow::Owned(Span { id: id.0, thread, segment, clock })));
        }
    }
}
