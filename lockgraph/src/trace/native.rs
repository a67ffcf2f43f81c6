//! Reads our own files: header, chunks, records, slots.
//!
//! A process that was killed leaves a correct file: what is committed is whole. So each thing
//! that does not fit is told as a problem, the rest of its chunk is given up, and reading goes
//! on at the next place where a chunk can begin. Memory follows the bytes that are there.
//!
//! Two passes: the first one reads the tables and finds out where the events of each thread are
//! and what [`merge`] must know of them; the second one decodes them as they are merged.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::contents::{Process, Source, Thread, Trace};
use super::decode::decode;
use super::figures::Latest;
use super::intake::{Intake, Outlet};
use super::layout::{
    CHUNK_HEADER, CHUNK_MAGIC, CHUNK_MAGIC_AT, ChunkHeader, HEADER, Header, SLOT, Sort, Stop, UNIT,
    VERSION, u32_at,
};
use super::lives::Life;
use super::merge::{self, Plan};
use super::problem::{ErrorKind, Position};
use super::read::Failure;
use super::record::{Dependency, LockClass, Meeting, Record, Span};
use super::stream::{Entry, Memory};
use super::waits;
use super::wire::{Decoder, Malformed};
use crate::finding::{Class, Lock, Place};
use crate::id::{LockId, LockKind, SiteId, ThreadId};

pub(super) const CUT_HEADER: &str = "the trace is cut off in its header, so nothing can be read; copy the file whole or record again";

/// What is collected while chunks are read, before numbers are looked up.
struct Reading {
    trace: Trace,
    /// Classes by number, until all sites are known.
    classes: BTreeMap<LockId, (LockKind, RawClass)>,
    /// Where in the file the events of each thread are.
    parts: BTreeMap<ThreadId, Vec<Range<usize>>>,
    plan: Plan,
    /// The program uses the numbers of spans again when they are over. Here is which span each
    /// one stands for at this point of the graph stream.
    spans: HashMap<u32, u32>,
    figures: Latest,
    lost: u64,
}

enum RawClass {
    Named(String),
    Made(SiteId),
    FirstTaken(SiteId),
    Unknown,
}

pub(super) fn read(bytes: &[u8], out: Outlet<'_>) -> Result<Trace, Failure> {
    let header = read_header(bytes)?;
    let stop = header.stop;
    let limit = header.limit;
    let mut reading = Reading {
        trace: Trace::new(Source::Native(Process {
            version: header.version,
            level: header.level,
            pid: header.pid,
            started_nanos: header.started_nanos,
            program: header.program,
            arguments: header.arguments,
            facts: BTreeMap::new(),
        })),
        classes: BTreeMap::new(),
        parts: BTreeMap::new(),
        plan: Plan::default(),
        spans: HashMap::new(),
        figures: Latest::default(),
        lost: 0,
    };
    reading.chunks(bytes);
    reading.tell_stop(stop, limit);
    Ok(reading.finish(bytes, out))
}

fn read_header(bytes: &[u8]) -> Result<Header, Failure> {
    let version = u32_at(bytes, 8);
    if bytes.len() >= 12 && version != VERSION {
        let what = if version > VERSION {
            format!(
                "the trace has version {version}, and this lockgraph reads version {VERSION}; \
                 update lockgraph"
            )
        } else {
            format!(
                "the trace has version {version}, which no released lockgraph wrote; record again"
            )
        };
        let kind = if version > VERSION { ErrorKind::Future } else { ErrorKind::Damaged };
        return Err((kind, Position::Byte(8), what));
    }
    let Some(header) = bytes.first_chunk::<HEADER>() else {
        return Err((ErrorKind::Damaged, Position::Byte(bytes.len() as u64), CUT_HEADER.into()));
    };
    Header::from_bytes(header)
        .map_err(|what| (ErrorKind::Damaged, Position::Byte(12), format!("{what}; record again")))
}

/// Where the next chunk can begin after `at`.
fn next_place(at: usize) -> usize {
    (at + 1).next_multiple_of(UNIT)
}

impl Reading {
    fn chunks(&mut self, bytes: &[u8]) {
        let mut at = HEADER;
        while at < bytes.len() {
            at = match self.chunk(bytes, at) {
                Some(end) => end,
                None => next_place(at),
            };
        }
    }

    /// Reads the chunk at `at`. Returns its end, or `None` if there is no chunk.
    fn chunk(&mut self, bytes: &[u8], at: usize) -> Option<usize> {
        let left = &bytes[at..];
        if left.len() < CHUNK_HEADER {
            self.cut_off(bytes.len());
            return None;
        }
        match u32_at(left, CHUNK_MAGIC_AT) {
            CHUNK_MAGIC => {}
            // The process died, or failed to map it, when it had just made the file longer.
            0 => return None,
            _ => {
                self.problem(at, "no chunk begins where one should; the 64 KiB here are left out");
                return None;
            }
        }
        let header = ChunkHeader::from_bytes(left);
        let size = header.size as usize;
        if size <= CHUNK_HEADER || !(at + size).is_multiple_of(UNIT) {
            self.problem(at, "a chunk has a size that cannot be; it is left out");
            return None;
        }
        let committed = CHUNK_HEADER.saturating_add(header.committed as usize);
        if committed > size {
            self.problem(
                at,
                "a chunk says that it has more bytes than its size; they are left out",
            );
        }
        let end = committed.min(size);
        if end > left.len() {
            self.cut_off(bytes.len());
        }
        let body = &left[CHUNK_HEADER..end.min(left.len())];
        self.body(&header, body, at + CHUNK_HEADER);
        Some(at + size)
    }

    fn body(&mut self, header: &ChunkHeader, body: &[u8], at: usize) {
        const GRAPH: u8 = Sort::Graph as u8;
        const EVENTS: u8 = Sort::Events as u8;
        const WAITS: u8 = Sort::Waits as u8;
        match header.sort {
            GRAPH => self.records(body, at),
            EVENTS => self.entries(ThreadId(header.owner), body, at),
            WAITS => self.slots(body, at),
            _ => self.problem(at, "a chunk is of a sort that is not known; it is left out"),
        }
    }

    fn records(&mut self, body: &[u8], at: usize) {
        let mut from = Decoder::new(body);
        self.while_good(&mut from, at + body.len(), |reading, from| {
            decode(from).map(|record| reading.record(record))
        });
    }

    /// Finds the parts of threads in a chunk, each up to the next owner or to what is no entry.
    fn entries(&mut self, mut thread: ThreadId, body: &[u8], at: usize) {
        let mut memory = Memory::new();
        let mut from = Decoder::new(body);
        let end = at + body.len();
        let (mut start, mut good) = (at, at);
        self.while_good(&mut from, end, |reading, from| {
            match memory.read(from)? {
                Entry::Step { op, turn, .. } => reading.plan.note(op, turn),
                Entry::Owner(owner) => {
                    reading.part(thread, start..good);
                    thread = owner;
                    start = end - from.left();
                }
                Entry::Time(_) => {}
                Entry::Lost(count) => reading.lost = reading.lost.saturating_add(count),
            }
            good = end - from.left();
            Ok(())
        });
        self.part(thread, start..good);
    }

    fn part(&mut self, thread: ThreadId, part: Range<usize>) {
        if !part.is_empty() {
            self.parts.entry(thread).or_default().push(part);
        }
    }

    /// Takes one thing after another `from` a body that ends at `end`, until one is malformed.
    fn while_good<'a>(
        &mut self,
        from: &mut Decoder<'a>,
        end: usize,
        mut next: impl FnMut(&mut Self, &mut Decoder<'a>) -> Result<(), Malformed>,
    ) {
        while from.left() > 0 {
            let at = end - from.left();
            if let Err(malformed) = next(self, from) {
                self.problem(at, format!("{}; the rest of this chunk is left out", malformed.0));
                return;
            }
        }
    }

    fn record(&mut self, record: Record<'_>) {
        let trace = &mut self.trace;
        match record {
            Record::Site { id, file, line, column } => {
                trace.sites.insert(id, Place { file: file.to_string(), line, column });
            }
            Record::Thread { id, name, parent, site } => {
                trace.threads.insert(id, Thread { name: name.map(str::to_string), parent, site });
            }
            Record::Lock { id, kind, class } => {
                self.classes.insert(id, (kind, raw(class)));
            }
            Record::Span(span) => {
                let id = trace.spans.len() as u32;
                self.spans.insert(span.id, id);
                trace.spans.insert(id, Span { id, ..span.into_owned() });
            }
            Record::Dependency(dependency) => {
                let span = self.spans.get(&dependency.span).copied().unwrap_or(u32::MAX);
                trace.dependencies.push(Dependency { span, ..dependency.into_owned() });
            }
            Record::Meeting(meeting) => {
                let span = self.spans.get(&meeting.span).copied().unwrap_or(u32::MAX);
                trace.meetings.push(Meeting { span, ..meeting.into_owned() });
            }
            Record::Destroy(lock) => trace.destroyed.push(lock),
            Record::Finding(finding) => trace.findings.push(finding.into_owned()),
            Record::Module(module) => trace.modules.push(module.into_owned()),
            Record::Origin { lock, stack } => {
                trace.origins.insert(lock, stack.into_owned());
            }
            Record::Permits { semaphore, permits } => {
                trace.permits.insert(semaphore, permits);
            }
            Record::Fact { name, value } => {
                if let Source::Native(process) = &mut trace.source {
                    process.facts.insert(name.to_string(), value.to_string());
                }
            }
            Record::Waited(figures) => self.figures.waited(figures),
            Record::Held(hold) => self.figures.held(hold),
        }
    }

    fn slots(&mut self, body: &[u8], at: usize) {
        for (index, slot) in body.chunks_exact(SLOT).enumerate() {
            match waits::read_slot(slot) {
                Ok(Some(wait)) => self.trace.waits.push(wait),
                Ok(None) => {}
                Err(malformed) => {
                    let what = format!("{}; it is left out", malformed.0);
                    self.problem(at + index * SLOT, what);
                }
            }
        }
    }

    fn tell_stop(&mut self, stop: u32, limit: u64) {
        const FAILED: u32 = Stop::Failed as u32;
        const LIMIT: u32 = Stop::Limit as u32;
        const EVENT_LIMIT: u32 = Stop::EventLimit as u32;
        let what = match stop {
            0 => None,
            FAILED => Some(
                "the recording stopped early because the file could not grow; make room on the \
                 disk and record again to see the rest"
                    .to_string(),
            ),
            LIMIT => Some(format!(
                "the recording stopped early at its limit of {limit} bytes; raise the limit to see \
                 the rest"
            )),
            EVENT_LIMIT => Some(format!(
                "the recording of events stopped early, at seven eighths of its limit of {limit} \
                 bytes; raise the limit to see the rest"
            )),
            _ => Some("the recording stopped early for a reason that is not known".to_string()),
        };
        if let Some(what) = what {
            self.trace.problem(Position::File, what);
        }
        if self.lost > 0 {
            let what = format!("{} events were not recorded", self.lost);
            self.trace.problem(Position::File, what);
        }
    }

    fn finish(self, file: &[u8], out: Outlet<'_>) -> Trace {
        let Reading { mut trace, classes, parts, mut plan, figures, .. } = self;
        (trace.contention, trace.longest_holds) = figures.into_lists();
        for (id, (kind, class)) in classes {
            let place = |site| trace.sites.get(&site).cloned();
            let class = match class {
                RawClass::Named(name) => Class::Named(name),
                RawClass::Made(site) => place(site).map_or(Class::Unknown, Class::Made),
                RawClass::FirstTaken(site) => place(site).map_or(Class::Unknown, Class::FirstTaken),
                RawClass::Unknown => Class::Unknown,
            };
            trace.locks.insert(id, Lock { id: id.0, kind, class, made_for: None });
        }
        plan.seal(&trace.locks);
        let mut into = Intake::with_tables(trace, out);
        into.expect(plan.count, file.len() as u64);
        let life = |(thread, parts)| (thread, Life::new(thread, file, parts));
        let lives = parts.into_iter().map(life).collect();
        let forced = merge::merge(lives, plan, &mut |event, nanos| {
            if let Some(nanos) = nanos {
                into.time(nanos);
            }
            into.push(event, 0);
        });
        if forced > 0 {
            let what = format!(
                "{forced} events wait for something that is not in the trace; their order is a guess"
            );
            into.trace.problem(Position::File, what);
        }
        into.finish()
    }

    fn cut_off(&mut self, len: usize) {
        let what = "the file is cut off in the middle of a chunk; what comes after is missing, so \
                    copy the file whole if you can";
        self.problem(len, what);
    }

    fn problem(&mut self, at: usize, what: impl Into<String>) {
        self.trace.problem(Position::Byte(at as u64), what);
    }
}

fn raw(class: LockClass<'_>) -> RawClass {
    match class {
        LockClass::Named(name) => RawClass::Named(name.to_string()),
        LockClass::Made(site) => RawClass::Made(site),
        LockClass::FirstTaken(site) => RawClass::FirstTaken(site),
        LockClass::Unknown => RawClass::Unknown,
    }
}
