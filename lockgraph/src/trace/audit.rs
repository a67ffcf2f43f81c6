//! Do the events make sense? Each one that does not is a problem with its number.
//!
//! One step an event, while they go by: O(1) each, memory by locks and threads. The threads and
//! locks that the steps met are entries of the trace's tables in the end.
//!
//! Nothing is taken out: what follows a senseless event is still worth reading, and whoever
//! replays the events must stand them anyway (a release of what is not held, for one).

use std::fmt;

use super::contents::{RapidCounts, Source, Trace};
use super::dense::Rows;
use super::holders::{Holds, Others};
use super::problem::Position;
use crate::event::{Event, Op};
use crate::finding::{Class, Lock};
use crate::id::{LockId, LockKind, Mode, ThreadId};

/// What the events so far have led to.
pub(super) struct Audit {
    form: Form,
    locks: Rows<LockState>,
    threads: Rows<ThreadState>,
    others: Others,
    /// Events so far.
    count: u64,
}

/// What the form of a trace says of its events.
#[derive(Clone, Copy)]
enum Form {
    /// A guard may have been sent to the thread that drops it. The tables were read before.
    Native,
    /// What sort of lock it is shows in its use.
    Std,
    /// All locks are monitors. The header tells how many there are.
    RapidBin(RapidCounts),
}

#[derive(Default)]
struct LockState {
    holds: Holds,
    is_met: bool,
    is_gone: bool,
    /// In a trace whose tables say so: its holder may take it again.
    is_reentrant: bool,
    /// Somebody took it or asked for it in another mode than exclusive.
    is_shared: bool,
    /// Its holder took it again.
    is_nested: bool,
}

#[derive(Default)]
struct ThreadState {
    marks: u8,
    /// Begins without an end so far. Imported traces have several in a thread.
    begun: u32,
    /// The event that joined it before anything was known of it, and whose that was.
    joined_early: Option<(u64, ThreadId)>,
}

/// It has an event, or another thread began it.
const KNOWN: u8 = 1;
/// It did something between its begin and its end.
const RAN: u8 = 2;
const ENDED: u8 = 4;
const JOINED: u8 = 8;

/// What an event can be that makes no sense.
#[derive(Clone, Copy)]
enum Trouble {
    AfterEnd,
    AfterJoin,
    Gone(LockId),
    HeldBy(LockId, ThreadId),
    HeldByOthers(LockId),
    NotHeld(LockId),
    HasRun(ThreadId),
    JoinsItself,
}

impl Audit {
    /// Of the events of a trace that comes from `source`.
    pub(super) fn new(source: &Source) -> Audit {
        let form = match source {
            Source::Native(_) => Form::Native,
            Source::Std => Form::Std,
            Source::RapidBin(counts) => Form::RapidBin(*counts),
        };
        Audit {
            form,
            locks: Rows::default(),
            threads: Rows::default(),
            others: Others::default(),
            count: 0,
        }
    }

    /// How many events there were.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Takes the next event into account. What is wrong with it becomes a problem of `trace`,
    /// which names the line or byte `at` too.
    #[inline]
    pub(super) fn step(&mut self, event: &Event, trace: &mut Trace, at: u64) {
        self.count += 1;
        let thread = self.threads.row(event.thread.0.into());
        let is_mark = matches!(event.op, Op::Begin | Op::End);
        let life = if thread.marks == KNOWN | RAN && !is_mark {
            None
        } else {
            self.life(event, trace, at)
        };
        if let Op::Read(_) | Op::Write(_) = event.op
            && life.is_none()
        {
            return;
        }
        if let Some(trouble) = life.or(self.effect(event, trace, at)) {
            self.tell(trace, event.thread, trouble, at);
        }
    }

    #[inline]
    fn effect(&mut self, event: &Event, trace: &mut Trace, at: u64) -> Option<Trouble> {
        match event.op {
            Op::Acquire(lock, mode, _) => self.acquire(event.thread, lock, mode, trace, at),
            Op::Release(lock) => self.release(event.thread, lock, trace, at),
            Op::Request(lock, mode) | Op::Refused(lock, mode, _) => {
                self.lock(lock, trace, at).is_shared |= mode != Mode::Exclusive;
                None
            }
            Op::Destroy(lock) => {
                self.lock(lock, trace, at).is_gone = true;
                None
            }
            Op::Fork(child) => self.fork(event.thread, child, trace, at),
            Op::Joining(child) => {
                self.threads.row(child.0.into());
                None
            }
            Op::Join(child) => self.join(event.thread, child, trace, at),
            _ => None,
        }
    }

    /// Whether the thread can do anything at this point of its life.
    #[cold]
    fn life(&mut self, event: &Event, trace: &mut Trace, at: u64) -> Option<Trouble> {
        if self.threads.row(event.thread.0.into()).marks & KNOWN == 0 {
            self.know(event.thread, trace, at);
        }
        let thread = self.threads.row(event.thread.0.into());
        match event.op {
            Op::Begin => thread.begun = thread.begun.saturating_add(1),
            Op::End => {
                thread.begun = thread.begun.saturating_sub(1);
                if thread.begun == 0 {
                    thread.marks |= ENDED;
                }
            }
            _ => {
                let before = thread.marks;
                thread.marks = KNOWN | RAN | before & JOINED;
                if before & ENDED != 0 {
                    return Some(Trouble::AfterEnd);
                }
                thread.marks &= !JOINED;
                return (before & JOINED != 0).then_some(Trouble::AfterJoin);
            }
        }
        None
    }

    /// Something shows that a thread is more than a number that is joined.
    fn know(&mut self, thread: ThreadId, trace: &mut Trace, at: u64) {
        self.threads.row(thread.0.into()).marks |= KNOWN;
        if let Form::RapidBin(RapidCounts { threads, .. }) = self.form
            && thread.0 >= u32::try_from(threads).unwrap_or(u32::MAX)
        {
            let what = format!(
                "thread {} is out of range: the header tells of {threads} threads",
                thread.0
            );
            self.note(trace, at, what);
        }
    }

    /// The state of a lock, which the trace then has.
    #[inline]
    fn lock(&mut self, lock: LockId, trace: &mut Trace, at: u64) -> &mut LockState {
        if !self.locks.row(lock.0).is_met {
            self.meet(lock, trace, at);
        }
        self.locks.row(lock.0)
    }

    #[cold]
    fn meet(&mut self, lock: LockId, trace: &mut Trace, at: u64) {
        let state = self.locks.row(lock.0);
        state.is_met = true;
        match self.form {
            Form::Native => {
                let kind = trace.locks.get(&lock).map(|lock| lock.kind);
                state.is_reentrant = kind == Some(LockKind::Reentrant);
            }
            Form::RapidBin(RapidCounts { locks, .. }) => {
                if lock.0 >= u64::try_from(locks).unwrap_or(u64::MAX) {
                    let what = format!(
                        "lock {} is out of range: the header tells of {locks} locks",
                        lock.0
                    );
                    self.note(trace, at, what);
                }
            }
            Form::Std => {}
        }
    }

    #[inline]
    fn acquire(
        &mut self,
        thread: ThreadId,
        lock: LockId,
        mode: Mode,
        trace: &mut Trace,
        at: u64,
    ) -> Option<Trouble> {
        let form = self.form;
        self.lock(lock, trace, at);
        let state = self.locks.row(lock.0);
        state.is_shared |= mode != Mode::Exclusive;
        let is_reentrant = match form {
            Form::Native => state.is_reentrant,
            Form::Std => !state.is_shared,
            Form::RapidBin(_) => true,
        };
        if !state.holds.are_any() {
            state.holds.take(&mut self.others, lock, thread, mode, is_reentrant);
            let is_gone = std::mem::take(&mut state.is_gone);
            return is_gone.then_some(Trouble::Gone(lock));
        }
        state.is_nested |= state.holds.are_of(&self.others, lock, thread);
        let is_excluded = state.holds.exclude(&self.others, lock, thread, mode);
        let other = state.holds.latest().filter(|_| is_excluded);
        state.holds.take(&mut self.others, lock, thread, mode, is_reentrant);
        if std::mem::take(&mut state.is_gone) {
            return Some(Trouble::Gone(lock));
        }
        // If the thread itself was the last to take it, too.
        other.map(|other| match other == thread {
            true => Trouble::HeldByOthers(lock),
            false => Trouble::HeldBy(lock, other),
        })
    }

    #[inline]
    fn release(
        &mut self,
        thread: ThreadId,
        lock: LockId,
        trace: &mut Trace,
        at: u64,
    ) -> Option<Trouble> {
        let guards_travel = matches!(self.form, Form::Native);
        self.lock(lock, trace, at);
        let holds = &mut self.locks.row(lock.0).holds;
        let was_held = if guards_travel {
            holds.release_or_sent(&mut self.others, lock, thread)
        } else {
            holds.release(&mut self.others, lock, thread)
        };
        (!was_held).then_some(Trouble::NotHeld(lock))
    }

    fn fork(
        &mut self,
        thread: ThreadId,
        child: ThreadId,
        trace: &mut Trace,
        at: u64,
    ) -> Option<Trouble> {
        let marks = self.threads.row(child.0.into()).marks;
        if marks & KNOWN == 0 {
            self.know(child, trace, at);
        }
        let has_run = child == thread || marks & RAN != 0;
        has_run.then_some(Trouble::HasRun(child))
    }

    fn join(
        &mut self,
        thread: ThreadId,
        child: ThreadId,
        trace: &Trace,
        _at: u64,
    ) -> Option<Trouble> {
        if child == thread {
            return Some(Trouble::JoinsItself);
        }
        let number = self.count;
        let state = self.threads.row(child.0.into());
        state.marks |= JOINED;
        let is_known = state.marks & KNOWN != 0 || trace.threads.contains_key(&child);
        if !is_known && state.joined_early.is_none() {
            state.joined_early = Some((number, thread));
        }
        None
    }

    /// Tells what shows only when there are no more events, and adds the threads and locks to the
    /// tables of `trace` that have no record there.
    pub(super) fn finish(self, trace: &mut Trace) {
        let is_native = matches!(self.form, Form::Native);
        for (number, thread) in self.threads.iter() {
            let id = ThreadId(number as u32);
            if let Some((event, by)) = thread.joined_early.filter(|_| thread.marks & KNOWN == 0)
                && !is_native
            {
                let what = format!("thread {} joins thread {number}, which never was", by.0);
                trace.problem(Position::Event(event), what);
            }
            trace.threads.entry(id).or_default();
        }
        for (id, state) in self.locks.iter() {
            let kind = self.kind(state);
            let lock = || Lock { id, kind, class: Class::Unknown, made_for: None };
            trace.locks.entry(LockId(id)).or_insert_with(lock);
        }
        trace.event_count = self.count;
    }

    /// What sort of lock it is, as far as its use shows.
    fn kind(&self, state: &LockState) -> LockKind {
        match self.form {
            Form::RapidBin(_) => LockKind::Reentrant,
            _ if state.is_shared => LockKind::RwLock,
            Form::Std if state.is_nested => LockKind::Reentrant,
            _ => LockKind::Mutex,
        }
    }

    #[cold]
    fn tell(&self, trace: &mut Trace, thread: ThreadId, trouble: Trouble, at: u64) {
        self.note(trace, at, format!("thread {} {trouble}", thread.0));
    }

    #[cold]
    fn note(&self, trace: &mut Trace, at: u64, what: String) {
        let place = match self.form {
            Form::Native => String::new(),
            Form::Std => format!(" (line {at})"),
            Form::RapidBin(_) => format!(" (byte {at})"),
        };
        trace.problem(Position::Event(self.count), what + &place);
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::AfterEnd => f.write_str("goes on after its end"),
            Trouble::AfterJoin => f.write_str("goes on after it was joined"),
            Trouble::Gone(lock) => write!(f, "takes lock {}, which is gone", lock.0),
            Trouble::HeldBy(lock, other) => {
                write!(f, "takes lock {}, which thread {} holds", lock.0, other.0)
            }
            Trouble::HeldByOthers(lock) => {
                write!(f, "takes lock {}, which others hold too", lock.0)
            }
            Trouble::NotHeld(lock) => {
                write!(f, "gives back lock {}, which it does not hold", lock.0)
            }
            Trouble::HasRun(child) => {
                write!(f, "begins thread {}, which has already run", child.0)
            }
            Trouble::JoinsItself => f.write_str("joins itself"),
        }
    }
}
