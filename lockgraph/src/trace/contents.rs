//! What a trace says: the tables, the events, what is wrong with it.

use std::collections::BTreeMap;

use super::figures::{Contention, LongestHold};
use super::layout::Level;
use super::problem::{self, Position, Problem};
use super::record::{Dependency, Meeting, Module, Span};
use super::waits::{WaitSlot, Waiting};
use crate::event::Event;
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
    /// The steps of all threads, in one order in which they can have taken effect. None if the
    /// trace was scanned: then they went by.
    ///
    /// In STD and RapidBin, `Begin` and `End` may occur several times in a thread and before its
    /// fork. They mean nothing there.
    pub events: Vec<Event>,
    /// How many events there are, whether they were kept in `events` or not.
    pub event_count: u64,
    /// For some events, by their positions: when they happened, in nanoseconds since the trace
    /// began.
    pub times: Vec<(usize, u64)>,
    /// The programs and libraries in memory.
    pub modules: Vec<Module>,
    /// For some locks: the return addresses of the moment when it was made, innermost first.
    pub origins: BTreeMap<LockId, Vec<u64>>,
    /// Of semaphores with several permits: how many; [`u32::MAX`] if they were given more later.
    pub permits: BTreeMap<LockId, u32>,
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
            event_count: 0,
            times: Vec::new(),
            modules: Vec::new(),
            origins: BTreeMap::new(),
            permits: BTreeMap::new(),
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
        problem::note(&mut self.problems, offset, what);
    }

    /// Adds the threads and locks that are mentioned in the tables but have no record of their
    /// own. Those of the events come from the audit.
    pub(super) fn complete(&mut self) {
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
