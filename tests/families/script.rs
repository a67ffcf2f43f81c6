//! Writes down what threads do.

use lockgraph::event::{Event, How, Op};
use lockgraph::id::{LockId, Mode, SiteId, ThreadId};

/// The events so far.
#[derive(Default)]
pub(crate) struct Script {
    /// In order.
    pub(crate) events: Vec<Event>,
}

impl Script {
    /// Nothing yet, with room for so many.
    pub(crate) fn with_room(events: usize) -> Script {
        Script { events: Vec::with_capacity(events) }
    }

    /// Thread 0 begins threads 1 to `threads`; all of them do what `body` writes; it joins them.
    pub(crate) fn of(threads: u32, room: usize, body: impl FnOnce(&mut Script)) -> Vec<Event> {
        let mut script = Script::with_room(room + 2 * threads as usize);
        for thread in 1..=threads {
            script.fork(0, thread);
        }
        body(&mut script);
        for thread in 1..=threads {
            script.join(0, thread);
        }
        script.events
    }

    /// Thread `thread` does `op` at a place with this number.
    pub(crate) fn at(&mut self, thread: u32, op: Op, site: u32) {
        self.events.push(Event { thread: ThreadId(thread), op, site: SiteId(site) });
    }

    fn step(&mut self, thread: u32, op: Op) {
        self.at(thread, op, 1);
    }

    /// Asks for a lock and takes it, exclusively.
    pub(crate) fn lock(&mut self, thread: u32, lock: u64, site: u32) {
        self.take(thread, lock, Mode::Exclusive, site);
    }

    /// Asks for a lock and takes it.
    pub(crate) fn take(&mut self, thread: u32, lock: u64, mode: Mode, site: u32) {
        self.at(thread, Op::Request(LockId(lock), mode), site);
        self.at(thread, Op::Acquire(LockId(lock), mode, How::Blocking), site);
    }

    /// Takes a lock that the thread has already, so that it never waits.
    pub(crate) fn again(&mut self, thread: u32, lock: u64) {
        self.step(thread, Op::Acquire(LockId(lock), Mode::Exclusive, How::Blocking));
    }

    /// Gives a lock back.
    pub(crate) fn unlock(&mut self, thread: u32, lock: u64) {
        self.step(thread, Op::Release(LockId(lock)));
    }

    /// Takes `outer`, then `inner`, and gives both back. The places are `site` and the next one.
    pub(crate) fn nest(&mut self, thread: u32, outer: u64, inner: u64, site: u32) {
        self.lock(thread, outer, site);
        self.lock(thread, inner, site + 1);
        self.unlock(thread, inner);
        self.unlock(thread, outer);
    }

    /// Begins a thread.
    pub(crate) fn fork(&mut self, thread: u32, child: u32) {
        self.step(thread, Op::Fork(ThreadId(child)));
    }

    /// Has waited for the end of a thread.
    pub(crate) fn join(&mut self, thread: u32, child: u32) {
        self.step(thread, Op::Join(ThreadId(child)));
    }

    /// Reads a variable.
    pub(crate) fn read(&mut self, thread: u32, variable: u64) {
        self.step(thread, Op::Read(variable));
    }

    /// Writes a variable.
    pub(crate) fn write(&mut self, thread: u32, variable: u64) {
        self.step(thread, Op::Write(variable));
    }

    /// Does what has no name here.
    pub(crate) fn does(&mut self, thread: u32, op: Op) {
        self.step(thread, op);
    }
}
