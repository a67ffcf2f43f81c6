//! Writes a trace.
//!
//! The graph stream belongs to the [`Writer`], which its caller guards with a lock of its own.
//! Events go through an [`EventStream`] and waits into a [`Slot`] that belong to a thread: as long
//! as the stream's chunk has room, neither takes a lock or makes a system call.
//!
//! Nothing here panics, and no failure reaches the program: the first one stops the recording,
//! is kept for [`Writer::failure`], and is marked in the file. Wait slots that exist go on being
//! written, so that the file does not show waits that are long over.
//!
//! Limits: a file has a limit in bytes, of which events may take seven eighths, so that findings
//! and waits still get in after the events have filled their share. Each thread that records
//! events owns 64 KiB of it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::chunk::{Chunk, Refused};
use super::layout::{
    CHUNK_HEADER, ChunkHeader, HEADER, Header, Level, SLOT, STOP_AT, Sort, Stop, UNIT, VERSION,
};
use super::map::{self, Region};
use super::record::Record;
use super::stream::{Access, Entry, Memory, WINDOW};
use super::waits::Slot;
use crate::event::How;
use crate::id::{LockId, Mode, SiteId, ThreadId};

/// The limit of a file in bytes, unless another is asked for: 1 GiB.
pub const DEFAULT_LIMIT: u64 = 1 << 30;

/// A chunk with less room than this is not worth giving to another thread.
const WORTH_KEEPING: usize = 1024;

/// Writes the trace of this process.
pub struct Writer {
    path: PathBuf,
    level: Level,
    started: Instant,
    /// `None` in the child of a fork: the file is the parent's.
    open: Option<Open>,
    failure: Option<io::Error>,
}

/// The file and its chunks.
struct Open {
    file: File,
    /// The header.
    head: Region,
    /// Where the file ends, a multiple of [`UNIT`].
    end: u64,
    limit: u64,
    chunks: u32,
    graph: Chunk,
    free_slots: Vec<Slot>,
    /// Chunks of threads that have ended.
    spare: Vec<Chunk>,
    /// Shared with all event streams: false stops them.
    streaming: Arc<AtomicBool>,
    /// Shared with all slots: false in the child of a fork.
    is_ours: Arc<AtomicBool>,
    stopped: bool,
}

/// The events of one thread.
///
/// Dropping it leaves its chunk unused from then on; [`Writer::give_back`] is better.
pub struct EventStream {
    thread: ThreadId,
    /// `None`: nothing is recorded.
    chunk: Option<Chunk>,
    memory: Memory,
    streaming: Arc<AtomicBool>,
}

impl EventStream {
    /// Appends `entry`. False: the chunk is full, and [`Writer::refill`] and another push are
    /// needed. True: it is recorded, or the recording is over and nothing can be done.
    pub fn push(&mut self, entry: &Entry) -> bool {
        self.append(|memory, window| memory.write(window, entry))
    }

    /// As [`EventStream::push`], for an acquisition. The lock's `turn` is asked for only if there is
    /// room for it.
    #[inline]
    pub fn acquired(
        &mut self,
        lock: LockId,
        mode: Mode,
        how: How,
        site: SiteId,
        turn: impl FnOnce() -> u64,
    ) -> bool {
        self.append(|memory, window| memory.acquire(window, lock, mode, how, site, turn()))
    }

    /// As [`EventStream::push`], for a release.
    #[inline]
    pub fn released(&mut self, lock: LockId) -> bool {
        self.append(|memory, window| memory.release(window, lock))
    }

    /// As [`EventStream::push`], for an access to what `lock` guards, by its holder.
    #[inline]
    pub fn accessed(&mut self, lock: LockId, kind: Access) -> bool {
        self.append(|memory, window| {
            let short = memory.access(window, lock.0, kind);
            short.unwrap_or_else(|| memory.touch(window, lock.0, kind, SiteId::UNKNOWN, 0))
        })
    }

    /// As [`EventStream::push`], for an access to a variable whose accesses have turns.
    pub fn touched(&mut self, variable: u64, kind: Access, site: SiteId, turn: u64) -> bool {
        self.append(|memory, window| memory.touch(window, variable, kind, site, turn))
    }

    #[inline]
    fn append(&mut self, write: impl FnOnce(&mut Memory, &mut [u8; WINDOW]) -> usize) -> bool {
        let Some(chunk) = &mut self.chunk else { return true };
        // Also false in the child of a fork, where the chunk is the parent's.
        if !self.streaming.load(Ordering::Relaxed) {
            return true;
        }
        let Some(window) = chunk.window() else { return false };
        let len = write(&mut self.memory, window);
        chunk.advance(len).is_ok()
    }

    /// Whose events these are.
    pub fn thread(&self) -> ThreadId {
        self.thread
    }
}

impl Writer {
    /// Begins a trace of this process: a new file in `dir`, which is made if it is missing.
    ///
    /// # Errors
    ///
    /// When the directory or the file cannot be made, or there is no room for its first 64 KiB.
    pub fn create(dir: &Path, level: Level, limit: u64) -> io::Result<Writer> {
        fs::create_dir_all(dir)?;
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let started = Instant::now();
        let pid = std::process::id();
        let (path, file, nanos) = create_file(dir, pid, since_1970.as_nanos() as u64)?;
        let mut arguments = std::env::args_os().map(|text| text.to_string_lossy().into_owned());
        let header = Header {
            version: VERSION,
            level,
            pid,
            started_nanos: nanos,
            stop: 0,
            limit,
            program: arguments.next().unwrap_or_default(),
            arguments: arguments.collect(),
        };
        let open = Open::begin(file, &header)?;
        Ok(Writer { path, level, started, open: Some(open), failure: None })
    }

    /// Where the trace is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How much is recorded.
    pub fn level(&self) -> Level {
        self.level
    }

    /// When the trace began; times in it count from here.
    pub fn started(&self) -> Instant {
        self.started
    }

    /// What stopped the recording, if anything did.
    pub fn failure(&self) -> Option<&io::Error> {
        self.failure.as_ref()
    }

    /// Appends `record` to the graph stream.
    pub fn graph(&mut self, record: &Record<'_>) {
        let Some(open) = &mut self.open else { return };
        if open.stopped {
            return;
        }
        let written = open.append_to_graph(record);
        self.note(written);
    }

    /// The stream for the events of `thread`. At [`Level::Graph`] it takes everything and
    /// records nothing.
    pub fn events(&mut self, thread: ThreadId) -> EventStream {
        let mut stream = EventStream {
            thread,
            chunk: None,
            memory: Memory::new(),
            streaming: self.open.as_ref().map_or_else(Arc::default, |open| open.streaming.clone()),
        };
        if self.level == Level::Full {
            stream.chunk = self.open.as_mut().and_then(|open| open.spare.pop());
            if stream.chunk.is_none() || !stream.push(&Entry::Owner(thread)) {
                self.refill(&mut stream);
            }
        }
        stream
    }

    /// Gives `stream` a new chunk, after a push that returned false.
    #[cold]
    pub fn refill(&mut self, stream: &mut EventStream) {
        // The old chunk is unmapped first: it is full, or could not be written.
        stream.chunk = None;
        stream.memory = Memory::new();
        let Some(open) = &mut self.open else { return };
        if !open.streaming.load(Ordering::Relaxed) {
            return;
        }
        match open.chunk(Sort::Events, stream.thread, 0) {
            Ok(chunk) => stream.chunk = Some(chunk),
            failed => self.note(failed.map(drop)),
        }
    }

    /// Takes back the stream of a thread that ends, so that a later thread goes on in its chunk.
    pub fn give_back(&mut self, stream: EventStream) {
        let (Some(open), Some(mut chunk)) = (&mut self.open, stream.chunk) else { return };
        // Another file's stream (from before a fork) must not get into this one.
        let ours = Arc::ptr_eq(&open.streaming, &stream.streaming);
        if ours && chunk.room() >= WORTH_KEEPING {
            open.spare.push(chunk);
        }
    }

    /// A slot that shows nothing yet. `None`: there is no room for one.
    pub fn slot(&mut self) -> Option<Slot> {
        let open = self.open.as_mut()?;
        if open.free_slots.is_empty() && !open.stopped {
            let more = open.more_slots();
            self.note(more);
        }
        self.open.as_mut()?.free_slots.pop()
    }

    /// Takes back the slot of a thread that ends, for a later one. It shows nothing any more.
    pub fn take_back(&mut self, mut slot: Slot) {
        slot.clear();
        if let Some(open) = &mut self.open
            // Another file's slot (from before a fork) must not get into this one.
            && slot.is_of(&open.is_ours)
        {
            open.free_slots.push(slot);
        }
    }

    /// Lets go of the file, which is the parent's, and stops the event streams that the child
    /// inherited. Call it in the child of a fork before anything else is written.
    pub fn after_fork_in_child(&mut self) {
        if let Some(open) = self.open.take() {
            open.streaming.store(false, Ordering::Relaxed);
            open.is_ours.store(false, Ordering::Relaxed);
        }
    }

    /// Remembers a failure and stops what it concerns.
    fn note(&mut self, result: Result<(), Failure>) {
        let Err(failure) = result else { return };
        if let Some(open) = &mut self.open {
            open.stop(failure.stop);
        }
        self.failure.get_or_insert(failure.error);
    }
}

/// An error, and what it stops.
struct Failure {
    stop: Stop,
    error: io::Error,
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure { stop: Stop::Failed, error }
    }
}

impl Open {
    /// Grows an empty file by its first unit: the header, and the first chunk of the graph.
    fn begin(file: File, header: &Header) -> io::Result<Open> {
        map::grow(&file, 0, UNIT)?;
        let mut head = Region::map(&file, 0, UNIT)?;
        let first = head.split_off(HEADER);
        head.bytes_mut(0).copy_from_slice(&header.to_bytes());
        head.publish(0, HEADER)?;
        let graph = Chunk::new(first, chunk_header(Sort::Graph, 0, ThreadId(0)))?;
        Ok(Open {
            file,
            head,
            end: UNIT as u64,
            limit: header.limit,
            chunks: 1,
            graph,
            free_slots: Vec::new(),
            spare: Vec::new(),
            streaming: Arc::new(AtomicBool::new(true)),
            is_ours: Arc::new(AtomicBool::new(true)),
            stopped: false,
        })
    }

    fn append_to_graph(&mut self, record: &Record<'_>) -> Result<(), Failure> {
        let needed = match self.graph.append(record) {
            Ok(()) => return Ok(()),
            Err(Refused::Full(len)) => len,
            Err(Refused::Failed(error)) => return Err(error.into()),
        };
        self.graph = self.chunk(Sort::Graph, ThreadId(0), needed)?;
        match self.graph.append(record) {
            Err(Refused::Failed(error)) => Err(error.into()),
            Ok(()) | Err(Refused::Full(_)) => Ok(()),
        }
    }

    fn more_slots(&mut self) -> Result<(), Failure> {
        let chunk = self.chunk(Sort::Waits, ThreadId(0), 0)?;
        let pieces = chunk.into_pieces(SLOT)?;
        self.free_slots.extend(Slot::all(pieces, &self.is_ours));
        Ok(())
    }

    /// A new chunk at the end of the file, with room for a record of `needed` bytes.
    fn chunk(&mut self, sort: Sort, owner: ThreadId, needed: usize) -> Result<Chunk, Failure> {
        let len = (CHUNK_HEADER + needed).next_multiple_of(UNIT);
        let (share, stop) = match sort {
            Sort::Events => (self.limit - self.limit / 8, Stop::EventLimit),
            Sort::Graph | Sort::Waits => (self.limit, Stop::Limit),
        };
        if self.end.saturating_add(len as u64) > share || u32::try_from(len).is_err() {
            return Err(Failure { stop, error: limit_reached(self.limit) });
        }
        map::grow(&self.file, self.end, len)?;
        let region = Region::map(&self.file, self.end, len)?;
        let chunk = Chunk::new(region, chunk_header(sort, self.chunks, owner))?;
        self.end += len as u64;
        self.chunks += 1;
        Ok(chunk)
    }

    fn stop(&mut self, stop: Stop) {
        self.streaming.store(false, Ordering::Relaxed);
        self.spare.clear();
        self.stopped |= stop != Stop::EventLimit;
        self.head.store(STOP_AT, stop as u32);
    }
}

fn chunk_header(sort: Sort, number: u32, owner: ThreadId) -> ChunkHeader {
    ChunkHeader { sort: sort as u8, size: 0, number, owner: owner.0, committed: 0 }
}

fn limit_reached(limit: u64) -> io::Error {
    let text = format!("the trace has reached its limit of {limit} bytes");
    io::Error::new(io::ErrorKind::FileTooLarge, text)
}

/// A new file, and the time in its name.
fn create_file(dir: &Path, pid: u32, nanos: u64) -> io::Result<(PathBuf, File, u64)> {
    // In containers that share a directory, process numbers repeat. Times hardly do.
    for nanos in nanos..nanos.saturating_add(100) {
        let path = dir.join(format!("{pid}-{nanos:x}.lgt"));
        match OpenOptions::new().read(true).write(true).create_new(true).open(&path) {
            Ok(file) => return Ok((path, file, nanos)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
