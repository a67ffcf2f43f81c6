//! What the graph stream of a trace file contains, as one enum. Events have streams of their own
//! ([`super::stream`]).
//!
//! A record stands alone: it can be decoded without those before it. What it refers to by number
//! (a site, a lock, a thread) is in a record of its own, which may come later in the file.

use std::borrow::Cow;

use super::figures::{Contention, LongestHold};
use crate::finding::Finding;
use crate::id::{LockId, LockKind, Mode, Signal, SiteId, ThreadId};
use crate::span::Over;

/// One entry of a trace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Record<'a> {
    /// A place in the source gets a number.
    Site {
        /// The number, not [`SiteId::UNKNOWN`].
        id: SiteId,
        /// The file, as the compiler was given it.
        file: &'a str,
        /// The line, from 1.
        line: u32,
        /// The column, from 1; 0 if it is not known.
        column: u32,
    },
    /// A thread gets a number.
    Thread {
        /// The number.
        id: ThreadId,
        /// Its name, if it has one.
        name: Option<&'a str>,
        /// Who began it, if that is known.
        parent: Option<ThreadId>,
        /// Where it was begun.
        site: SiteId,
    },
    /// A lock gets a number.
    Lock {
        /// The number.
        id: LockId,
        /// What sort of lock.
        kind: LockKind,
        /// Where it comes from.
        class: LockClass<'a>,
    },
    /// A segment of a thread's life.
    Span(Cow<'a, Span>),
    /// A lock was wanted while others were held.
    Dependency(Cow<'a, Dependency>),
    /// A thread waits at an object while holding locks, or serves there.
    Meeting(Cow<'a, Meeting>),
    /// A lock is gone for good.
    Destroy(LockId),
    /// The live detector found something.
    Finding(Cow<'a, Finding>),
    /// A program or library in memory, so that return addresses can be resolved later.
    Module(Cow<'a, Module>),
    /// How a lock came to be made. Comes after the lock's own record.
    Origin {
        /// The lock.
        lock: LockId,
        /// The return addresses of that moment, innermost first.
        stack: Cow<'a, [u64]>,
    },
    /// How many permits a semaphore has. Comes after its own record, and again if it is given more.
    Permits {
        /// The semaphore.
        semaphore: LockId,
        /// How many; [`u32::MAX`]: it may be given any number.
        permits: u32,
    },
    /// Something about the process: a variable of its environment, its directory.
    Fact {
        /// What; see [`Process::facts`](super::Process::facts).
        name: &'a str,
        /// Its value.
        value: &'a str,
    },
    /// How long threads have waited for something by now.
    Waited(Contention),
    /// How long a lock was held at most by now.
    Held(LongestHold),
}

/// Where a lock comes from, places by number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LockClass<'a> {
    /// The name that the program gave.
    Named(&'a str),
    /// Where it was made.
    Made(SiteId),
    /// Where it was first taken.
    FirstTaken(SiteId),
    /// Nothing is known.
    Unknown,
}

/// A segment of a thread's life, between two spawns, joins or messages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Span {
    /// Its number. It may have been another span's before: in the file, a dependency means the
    /// span that was written last.
    pub id: u32,
    /// Whose.
    pub thread: ThreadId,
    /// Which segment of that thread, from 0.
    pub segment: u32,
    /// What is over, each thread once.
    pub clock: Vec<Over>,
}

/// A thread wanted a lock while it held others. Each set of held locks is told once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dependency {
    /// Who.
    pub thread: ThreadId,
    /// In which [`Span`]; as read, `u32::MAX` if the trace does not know it.
    pub span: u32,
    /// What it held, oldest first, each with where it was taken. Empty: nothing, but the lock
    /// was taken in a mode that others may queue behind.
    pub held: Vec<(LockId, Mode, SiteId)>,
    /// What it wanted.
    pub want: LockId,
    /// How.
    pub mode: Mode,
    /// Where.
    pub site: SiteId,
    /// The return addresses of that moment, innermost first.
    pub stack: Vec<u64>,
}

/// A thread was ready to wait for what another has to do, or did it. Told once for each set of locks,
/// and only of objects at which somebody waits while holding locks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Meeting {
    /// Who.
    pub thread: ThreadId,
    /// In which [`Span`]; as read, `u32::MAX` if the trace does not know it.
    pub span: u32,
    /// Where: a condition variable, a barrier, a channel.
    pub object: LockId,
    /// For what.
    pub signal: Signal,
    /// It waits, and does not serve.
    pub waits: bool,
    /// Where in the source.
    pub site: SiteId,
    /// What it holds; or what it held when it served, or had waited for on the way there.
    pub locks: Vec<(LockId, Mode, SiteId)>,
}

/// A program or library in memory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Module {
    /// Its file.
    pub path: String,
    /// Where it was loaded.
    pub base: u64,
    /// What tells this build from others; empty if there is nothing.
    pub build_id: Vec<u8>,
}
