//! Reads a trace, whoever wrote it: the form is told by the bytes, not by the file's name.
//!
//! What can be read is returned, with a [`Problem`] for each thing that could not. Only a file
//! with nothing to read in it is a [`ReadError`].

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read};
use std::path::Path;

use super::figures::{Contention, LongestHold};
use super::layout::{self, Level};
use super::record::{Dependency, Meeting, Module, Span};
use super::waits::{WaitSlot, Waiting};
use super::{audit, native, rapid_bin, std_text};
use crate::event::{Event, Op};
use crate::finding::{self, Class, Finding, Place};
use crate::id::{LockId, LockKind, Mode, SiteId, ThreadId};

/// What a trace contains.
#[derive(Clone, PartialEq, Debug)]
pub struct Trace {
    /// Where it comes from.
    pub source: Source,
    /// The places.
    pub sites: BTreeMap<SiteId, Place>,
    /// The threads; those without a record of their own too.
    pub threads: BTreeMap<ThreadId, Thread>,
    /// The locks; those without a record of their own too.
    pub locks: BTreeMap<LockId, finding::Lock>,
    /// The segments of threads' lives. They are numbered anew, because a program uses a number
    /// again when its span is over.
    pub spans: BTreeMap<u32, Span>,
    /// What was wanted while something was held, in the order in which it was first seen.
    pub dependencies: Vec<Dependency>,
    /// Who waits while holding locks, and who serves there, in the order in which it was first seen.
    pub meetings: Vec<Meeting>,
    /// The locks that are gone, in that order.
    pub destroyed: Vec<LockId>,
    /// What the live detector found, in that order.
    pub findings: Vec<Finding>,
    /// Who waited when the program ended, or when the file was read.
    pub waits: Vec<WaitSlot>,
    /// How often and how long threads waited; waits that were not over are in `waits`.
    pub contention: Vec<Contention>,
    /// How long locks were held at most, if the settings asked for that.
    pub longest_holds: Vec<LongestHold>,
    /// The steps of all threads, in one order in which they can have taken effect.
    ///
    /// In STD and RapidBin, `Begin` and `End` may occur several times in a thread and before its
    /// fork. They mean nothing there.
    pub events: Vec<Event>,
    /// For some events, by their positions: when they happened, in nanoseconds since the trace
    /// began.
    pub times: Vec<(usize, u64)>,
    /// The programs and libraries in memory.
    pub modules: Vec<Module>,
    /// For some locks: the return addresses of the moment when it was made, innermost first.
    pub origins: BTreeMap<LockId, Vec<u64>>,
    /// What is wrong with the trace.
    pub problems: Vec<Problem>,
}

/// Where a trace comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// Our own file.
    Native(Process),
    /// STD text.
    Std,
    /// RapidBin.
    RapidBin(RapidCounts),
}

/// The process that wrote a trace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Process {
    /// The version of the format.
    pub version: u32,
    /// How much was recorded.
    pub level: Level,
    /// The process number.
    pub pid: u32,
    /// When it began, in nanoseconds since 1970.
    pub started_nanos: u64,
    /// Its name, as it was called.
    pub program: String,
    /// Its arguments; the last may be cut, and more may be missing.
    pub arguments: Vec<String>,
    /// What else is known of it: `exe`, `directory`, `parent` (process number), and the variables
    /// of its environment that tell which test it is, by their names.
    pub facts: BTreeMap<String, String>,
}

/// The counts in a RapidBin header. Those of locks and variables may be one too high, and a
/// damaged file may say anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RapidCounts {
    /// Threads.
    pub threads: i16,
    /// Locks.
    pub locks: i32,
    /// Variables.
    pub variables: i32,
    /// Events.
    pub events: i64,
}

/// A thread of a trace.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Thread {
    /// Its name, if it has one.
    pub name: Option<String>,
    /// Who began it, if that is known.
    pub parent: Option<ThreadId>,
    /// Where it was begun.
    pub site: SiteId,
}

/// A place in a trace file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Position {
    /// Bytes from the start.
    Byte(u64),
    /// In a text: line and column, from 1.
    Line(u64, u64),
    /// An event, counted from 1.
    Event(u64),
    /// The file as a whole.
    File,
}

/// Something wrong with a trace that was read all the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Where.
    pub offset: Position,
    /// What is wrong and what follows from it: a sentence without a full stop.
    pub what: String,
}

/// Why a trace could not be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadError {
    /// What sort of failure.
    pub kind: ErrorKind,
    /// The file, as it was named.
    pub file: String,
    /// Where in it.
    pub offset: Position,
    /// What is wrong and what to do: a sentence without a full stop.
    pub what: String,
}

/// What sort of failure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// The system would not let us read it.
    Io,
    /// There is nothing in it.
    Empty,
    /// It is no trace, or of a form that we do not know.
    Foreign,
    /// A later version of lockgraph wrote it.
    Future,
    /// It is one of our traces, without its beginning or with a damaged one.
    Damaged,
}

/// Reads the trace at `path`; `-` is the standard input.
///
/// # Errors
///
/// When nothing can be read: no such file, empty, foreign, of a later version.
pub fn read(path: &Path) -> Result<Trace, ReadError> {
    let name = if path == Path::new("-") { "<stdin>".into() } else { path.to_string_lossy() };
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else if path.is_dir() {
        return Err(is_directory(&name));
    } else {
        std::fs::read(path)
    };
    match bytes {
        Ok(bytes) => read_bytes(&name, &bytes),
        Err(error) => Err(ReadError {
            kind: ErrorKind::Io,
            file: name.into_owned(),
            offset: Position::File,
            what: format!("cannot read the trace: {}", lower(&error.to_string())),
        }),
    }
}

/// Reads the trace in `bytes`; errors call it `file`.
///
/// # Errors
///
/// As [`read`].
pub fn read_bytes(file: &str, bytes: &[u8]) -> Result<Trace, ReadError> {
    let trace = match form(bytes) {
        Form::Native => native::read(bytes),
        Form::RapidBin => rapid_bin::read(bytes),
        Form::Std => std_text::read(bytes),
        Form::Not(kind, what) => Err((kind, Position::Byte(0), what.to_string())),
    };
    let mut trace = trace.map_err(|(kind, offset, what)| ReadError {
        kind,
        file: file.to_string(),
        offset,
        what,
    })?;
    trace.complete();
    audit::audit(&mut trace);
    Ok(trace)
}

/// What the reader of a form says when there is nothing to return.
pub(super) type Failure = (ErrorKind, Position, String);

enum Form {
    Native,
    Std,
    RapidBin,
    Not(ErrorKind, &'static str),
}

fn form(bytes: &[u8]) -> Form {
    const COMPRESSED: [&[u8]; 4] =
        [b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"PK\x03\x04"];
    if bytes.is_empty() {
        let what = "the file is empty: the program died before it recorded anything, or recorded \
                    nothing; record again";
        return Form::Not(ErrorKind::Empty, what);
    }
    if bytes.starts_with(&layout::MAGIC) {
        return Form::Native;
    }
    if layout::MAGIC.starts_with(bytes) {
        return Form::Not(ErrorKind::Damaged, native::CUT_HEADER);
    }
    if bytes.iter().all(|byte| *byte == 0) {
        let what = "there are only zeros: the program died before it recorded anything; record \
                    again";
        return Form::Not(ErrorKind::Empty, what);
    }
    if COMPRESSED.iter().any(|magic| bytes.starts_with(magic)) {
        return Form::Not(ErrorKind::Foreign, "the file is compressed; decompress it first");
    }
    if rapid_bin::is_likely(bytes) {
        return Form::RapidBin;
    }
    if std_text::is_likely(bytes) {
        return Form::Std;
    }
    let what = "this is no trace that lockgraph reads; name a .lgt file, STD text or RapidBin";
    Form::Not(ErrorKind::Foreign, what)
}

fn is_directory(name: &str) -> ReadError {
    ReadError {
        kind: ErrorKind::Io,
        file: name.to_string(),
        offset: Position::File,
        what: "this is a directory; name the trace files in it".to_string(),
    }
}

/// Messages of ours begin in lower case; those of the system do not.
fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

impl Trace {
    /// A trace with nothing in it.
    pub(super) fn new(source: Source) -> Trace {
        Trace {
            source,
            sites: BTreeMap::new(),
            threads: BTreeMap::new(),
            locks: BTreeMap::new(),
            spans: BTreeMap::new(),
            dependencies: Vec::new(),
            meetings: Vec::new(),
            destroyed: Vec::new(),
            findings: Vec::new(),
            waits: Vec::new(),
            contention: Vec::new(),
            longest_holds: Vec::new(),
            events: Vec::new(),
            times: Vec::new(),
            modules: Vec::new(),
            origins: BTreeMap::new(),
            problems: Vec::new(),
        }
    }

    /// The place with this number, if it is known.
    pub fn place(&self, site: SiteId) -> Option<&Place> {
        self.sites.get(&site)
    }

    /// The lock with this number, as findings show it. One that the trace does not know is a
    /// mutex of unknown class.
    pub fn lock(&self, lock: LockId) -> finding::Lock {
        let unknown = || finding::Lock {
            id: lock.0,
            kind: LockKind::Mutex,
            class: Class::Unknown,
            made_for: None,
        };
        self.locks.get(&lock).cloned().unwrap_or_else(unknown)
    }

    /// The thread with this number, as findings show it.
    pub fn thread(&self, thread: ThreadId) -> finding::Thread {
        let name = self.threads.get(&thread).and_then(|thread| thread.name.clone());
        finding::Thread { id: thread.0, name }
    }

    /// Notes that something is wrong. Past a hundred, only how many more there are is kept.
    pub(super) fn problem(&mut self, offset: Position, what: impl Into<String>) {
        note(&mut self.problems, offset, what);
    }

    /// Adds the threads and locks that are mentioned but have no record of their own.
    fn complete(&mut self) {
        for index in 0..self.events.len() {
            let event = self.events[index];
            self.threads.entry(event.thread).or_default();
            match event.op {
                Op::Fork(thread) | Op::Joining(thread) | Op::Join(thread) => {
                    self.threads.entry(thread).or_default();
                }
                Op::Request(lock, mode)
                | Op::Acquire(lock, mode, _)
                | Op::Refused(lock, mode, _) => {
                    self.mention(lock, mode);
                }
                Op::Release(lock) | Op::Destroy(lock) => self.mention(lock, Mode::Exclusive),
                _ => {}
            }
        }
        for dependency in std::mem::take(&mut self.dependencies) {
            self.threads.entry(dependency.thread).or_default();
            self.mention(dependency.want, dependency.mode);
            for (lock, mode, _) in &dependency.held {
                self.mention(*lock, *mode);
            }
            self.dependencies.push(dependency);
        }
        for meeting in std::mem::take(&mut self.meetings) {
            self.threads.entry(meeting.thread).or_default();
            for (lock, mode, _) in &meeting.locks {
                self.mention(*lock, *mode);
            }
            self.meetings.push(meeting);
        }
        for wait in std::mem::take(&mut self.waits) {
            self.threads.entry(wait.thread).or_default();
            if let Waiting::Lock(lock, mode) = wait.wants {
                self.mention(lock, mode);
            }
            for (lock, mode, _) in &wait.held {
                self.mention(*lock, *mode);
            }
            self.waits.push(wait);
        }
        for figures in std::mem::take(&mut self.contention) {
            self.threads.entry(figures.thread).or_default();
            if let Some(object) = figures.what.object() {
                self.mention(object, Mode::Exclusive);
            }
            self.contention.push(figures);
        }
        for hold in std::mem::take(&mut self.longest_holds) {
            self.threads.entry(hold.thread).or_default();
            self.mention(hold.lock, hold.mode);
            self.longest_holds.push(hold);
        }
    }

    fn mention(&mut self, id: LockId, mode: Mode) {
        let kind = if mode == Mode::Exclusive { LockKind::Mutex } else { LockKind::RwLock };
        let lock = finding::Lock { id: id.0, kind, class: Class::Unknown, made_for: None };
        self.locks.entry(id).or_insert(lock);
    }
}

/// How many problems of one trace are told.
const MOST_PROBLEMS: usize = 100;

/// Adds a problem. Past [`MOST_PROBLEMS`], only how many more there are is kept.
fn note(problems: &mut Vec<Problem>, offset: Position, what: impl Into<String>) {
    if problems.len() < MOST_PROBLEMS {
        problems.push(Problem { offset, what: what.into() });
        return;
    }
    let more = match problems.last() {
        Some(Problem { offset: Position::File, what }) => {
            what.split(' ').next().and_then(|count| count.parse::<u64>().ok()).unwrap_or(1)
        }
        _ => 0,
    };
    problems.truncate(MOST_PROBLEMS);
    let what = format!("{} more problems are not listed", more + 1);
    problems.push(Problem { offset: Position::File, what });
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Position::Byte(offset) => write!(f, "byte {offset}"),
            Position::Line(line, column) => write!(f, "{line}:{column}"),
            Position::Event(number) => write!(f, "event {number}"),
            Position::File => f.write_str("whole file"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset {
            Position::File => f.write_str(&self.what),
            offset => write!(f, "{offset}: {}", self.what),
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset {
            Position::File => write!(f, "{}: {}", self.file, self.what),
            Position::Line(line, column) => {
                write!(f, "{}:{line}:{column}: {}", self.file, self.what)
            }
            offset => write!(f, "{}: {offset}: {}", self.file, self.what),
        }
    }
}

impl std::error::Error for ReadError {}
