//! From the runtime to the trace.
//!
//! The writer has a lock of its own, the innermost of all. What a record names by number is
//! written before it, once. At level full every thread has a stream of its own and takes the
//! lock only for a new chunk.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, OnceLock};

use super::block::Taken;
use super::local::Local;
use super::state::{Known, Sites};
use super::tag::{ClassRef, Identity, Site, Tag};
use super::{local, locked, report, state, sys};
use crate::config;
use crate::event::{Event, Op};
use crate::finding::Finding;
use crate::graph::WitnessId;
use crate::id::{LockId, SiteId, ThreadId};
use crate::slab::Hashing;
use crate::span::SpanId;
use crate::trace::{
    DEFAULT_LIMIT, Dependency, EventStream, Level, LockClass, Record, SlotId, Span, WaitSlot,
    Waiting, Writer,
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

static TRACE: LazyLock<Option<Mutex<Trace>>> = LazyLock::new(create);
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
pub(super) type Slot = Option<SlotId>;

fn create() -> Option<Mutex<Trace>> {
    let dir = config::get().trace.as_ref()?;
    match Writer::create(dir, config::get().level, DEFAULT_LIMIT) {
        Ok(mut writer) => {
            let _ = PATH.set(writer.path().to_owned());
            process(&mut writer);
            Some(Mutex::new(Trace {
                writer,
                sites: HashSet::default(),
                threads: HashSet::default(),
                locks: HashSet::default(),
                spans: HashMap::default(),
                has_warned: false,
            }))
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
    let mut trace = locked(TRACE.as_ref()?);
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

/// This thread is blocked.
pub(super) fn blocked(local: &Local, target: &Target, wanted: &Taken, stack: &[u64]) -> Slot {
    TRACE.as_ref()?;
    let held = local.holds.as_slice();
    state::with_known(|known| {
        let holds: Vec<_> = held
            .iter()
            .map(|hold| (hold.lock(), hold.mode(), known.sites.number(hold.site)))
            .collect();
        let site = known.sites.number(wanted.site);
        with_trace(|trace| {
            for (hold, (_, _, site)) in held.iter().zip(&holds) {
                trace.site(&known.sites, *site);
                trace.lock_at(known, hold.lock(), &hold.identity());
            }
            trace.site(&known.sites, site);
            trace.thread(&known.sites, local.id);
            let wants = match target {
                Target::Lock(lock, mode) => {
                    trace.lock_at(known, *lock, &wanted.identity);
                    Waiting::Lock(*lock, *mode)
                }
                Target::Ends(threads) | Target::Returns(threads) => {
                    threads.iter().for_each(|thread| trace.thread(&known.sites, *thread));
                    Waiting::Ends { threads: threads.clone(), count: threads.len() as u32 }
                }
            };
            let since_nanos = trace.nanos();
            trace.writer.block(&WaitSlot {
                thread: local.id,
                wants,
                site,
                since_nanos,
                held_count: holds.len() as u32,
                held: holds,
                stack: stack.to_vec(),
            })
        })
    })
}

/// A wait is over.
pub(super) fn unblocked(slot: Slot) {
    if let Some(slot) = slot {
        with_trace(|trace| trace.writer.unblock(slot));
    }
}

/// Where the events of a thread go, if every event is recorded.
pub(super) fn event_stream(thread: ThreadId) -> Option<EventStream> {
    if config::get().level != Level::Full {
        return None;
    }
    with_trace(|trace| trace.writer.events(thread))
}

/// The thread of this stream has ended.
pub(super) fn end_of_stream(thread: ThreadId, mut stream: EventStream) {
    let event = Event { thread, op: Op::End, site: SiteId::UNKNOWN };
    push(&mut stream, &Record::Event { event, seq: 0 });
    with_trace(|trace| trace.writer.give_back(stream));
}

/// One event of this thread, if every event is recorded.
#[cold]
pub(super) fn event(op: Op, seq: u64, site: Option<Site>) {
    local::busy_again(|local| {
        let Some(mut stream) = local.events.take() else { return };
        let thread = local.id;
        let site = site.map_or(SiteId::UNKNOWN, |site| {
            state::with_known(|known| {
                let number = known.sites.number(site);
                with_trace(|trace| {
                    trace.site(&known.sites, number);
                    trace.thread(&known.sites, thread);
                });
                number
            })
        });
        push(&mut stream, &Record::Event { event: Event { thread, op, site }, seq });
        local.events = Some(stream);
    });
}

/// Makes a lock known to the trace, if every event is recorded.
#[cold]
pub(super) fn lock_seen(tag: &Tag, lock: LockId) {
    local::untracked(|| {
        if tag.mark_known() {
            state::with_known(|known| {
                with_trace(|trace| trace.lock_at(known, lock, &tag.identity()));
            });
        }
    });
}

fn push(stream: &mut EventStream, record: &Record<'_>) {
    if !stream.push(record) {
        with_trace(|trace| trace.writer.refill(stream));
        stream.push(record);
    }
}

impl Trace {
    fn nanos(&self) -> u64 {
        u64::try_from(self.writer.started().elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

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
