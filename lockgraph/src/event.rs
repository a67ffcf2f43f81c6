//! What happened in a program, one step at a time.
//!
//! A trace in full is a sequence of these, in an order in which they took effect. The live
//! runtime, the STD and RapidBin importers and the trace reader all speak this.

use crate::id::{LockId, Mode, SiteId, ThreadId};

/// How an acquisition was asked for. Only [`How::Blocking`] can wait for ever.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[repr(u8)]
pub enum How {
    /// Waits as long as it takes.
    Blocking = 0,
    /// Gives up at once.
    Try = 1,
    /// Gives up after a time.
    Timed = 2,
}

impl How {
    /// Whether a thread that holds a lock in mode `held`, and takes it in mode `taken`, changes the
    /// mode of its hold: an upgrade that waited, or whatever could not be a second hold.
    pub fn changes(self, held: Mode, taken: Mode) -> bool {
        let is_upgrade = held == Mode::Upgradable && taken == Mode::Exclusive;
        let are_reads = held.is_read() && taken.is_read();
        is_upgrade || self == How::Try && !are_reads && taken != held
    }
}

/// One step of one thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Event {
    /// Who.
    pub thread: ThreadId,
    /// Did what.
    pub op: Op,
    /// Where in the source.
    pub site: SiteId,
}

/// What a thread did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    /// Is about to wait for a lock. Written when it has to wait, or by tools that always write it.
    Request(LockId, Mode),
    /// Took a lock.
    Acquire(LockId, Mode, How),
    /// Asked for a lock without waiting for ever, and did not get it.
    Refused(LockId, Mode, How),
    /// Gave a lock back.
    Release(LockId),
    /// The lock is gone for good.
    Destroy(LockId),
    /// Began another thread.
    Fork(ThreadId),
    /// Is about to wait for the end of another thread. Written by witnesses, whose wait is for ever;
    /// a [`Op::Join`] need not have one.
    Joining(ThreadId),
    /// Waited for the end of another thread, which has come.
    Join(ThreadId),
    /// First step of a thread.
    Begin,
    /// Last step of a thread.
    End,
    /// Read a variable.
    Read(u64),
    /// Wrote a variable.
    Write(u64),
    /// Began to wait on a condition variable, having given the lock back.
    Wait(u64),
    /// The same for a time only: a wait that ends by itself.
    TimedWait(u64),
    /// Came back from a condition variable; the acquisition of its lock follows.
    Woken(u64),
    /// Woke waiters of a condition variable.
    Notify(u64),
    /// Arrived at a barrier.
    Arrive(u64),
    /// Left a barrier.
    Leave(u64),
    /// Made a channel in which so many messages find room. One that nobody made has room for all.
    Channel(u64, u32),
    /// Sent a message: the k-th `Receive` of a channel takes what its k-th `Send` sent.
    Send(u64),
    /// Received a message.
    Receive(u64),
    /// Did what others wait for at this object: gave permits back, set an event, ended an
    /// initialisation, gave `unpark`'s token.
    Tell(u64),
    /// Went on because of what was told at this object before, all of it.
    Hear(u64),
    /// A branch that depends on what was read.
    Branch,
}
