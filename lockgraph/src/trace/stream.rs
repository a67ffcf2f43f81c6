//! Events as bytes, in the stream of one thread: one byte each for what repeats.
//!
//! Programs take the same lock at the same place over and over, and give back what they took last.
//! So writer and reader keep the same [`Memory`] of the stream, and an event names what is in it:
//!
//! - a row for each place, by the place's number: how the lock was taken there, which it was, and
//!   the lock's turn;
//! - a ring of the locks taken last, the latest on top. A lock that is given back when it is on
//!   top is taken off; nothing else is ever taken out.
//!
//! | first byte | then | the event |
//! |---|---|---|
//! | 8, 9, 13 | | [`Entry::Time`], [`Entry::Lost`], [`Entry::Owner`] |
//! | 0x40 + step | place, what it is about, flags, turn | any, in full; an acquisition fills its row |
//! | 0x70 | | gave back the lock on top |
//! | 0x71 | lock | gave back another lock |
//! | 0x72 + kind | | used what a lock near the top guards, see `access` |
//! | 0x80 + row | | took the lock of this row again, at the next turn |
//! | 0xc0 + row | lock, turn: distances | took another lock, or after others |
//!
//! A memory is empty at the start of a chunk and when the chunk goes to another thread, so damage
//! costs no more than a chunk. Nothing here allocates, locks or fails to write: [`WINDOW`] bytes
//! are enough for every entry.

use super::encode::{step, tag};
use super::layout;
use super::wire::{Decoder, Encoder, Malformed};
use crate::event::{How, Op};
use crate::id::{LockId, Mode, SiteId, ThreadId};

mod access;

pub use access::Access;

/// What is in the stream of a thread's events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    /// A step of the thread.
    Step {
        /// What it did.
        op: Op,
        /// Where.
        site: SiteId,
        /// For acquisitions: a number that orders those of this lock, counted while it is held.
        /// Even for who is no reader, odd and the same for all readers between two of them. 0: not
        /// known, any order that respects the holds will do. For what is done to atomic variables,
        /// condition variables and barriers: an even number that orders all that is done to this one.
        turn: u64,
    },
    /// What follows in this chunk is of another thread.
    Owner(ThreadId),
    /// When the next step happened, in nanoseconds since the trace began.
    Time(u64),
    /// So many steps were not recorded.
    Lost(u64),
}

/// So many bytes must be there before an entry is written.
pub(super) const WINDOW: usize = 32;

const ROWS: usize = 64;
const RING: usize = 16;

const RELEASE_TOP: u8 = 0x70;
const RELEASE: u8 = 0x71;
const AGAIN: u8 = 0x80;
const ANOTHER: u8 = 0xc0;

const _: () = assert!(AGAIN as usize + ROWS == ANOTHER as usize);

/// What writer and reader know of a stream so far.
pub(super) struct Memory {
    rows: [Row; ROWS],
    ring: [u64; RING],
    top: usize,
    /// The second of two entries that were read from the same bytes, the last of which is left.
    second: Option<Entry>,
}

/// The last acquisition at a place.
#[derive(Clone, Copy)]
struct Row {
    /// The place and the way of taking; no place and way give 0.
    what: u64,
    lock: u64,
    turn: u64,
}

/// The mode and way of an acquisition in one byte.
#[derive(Clone, Copy)]
struct Way(u8);

/// In the ring: nothing. No lock has this number.
const NO_LOCK: u64 = u64::MAX;

impl Memory {
    /// Of a stream that begins.
    pub(super) const fn new() -> Memory {
        let row = Row { what: 0, lock: 0, turn: 0 };
        Memory { rows: [row; ROWS], ring: [NO_LOCK; RING], top: 0, second: None }
    }

    /// Writes any entry; returns its length.
    pub(super) fn write(&mut self, out: &mut [u8; WINDOW], entry: &Entry) -> usize {
        match *entry {
            Entry::Step { op: Op::Acquire(lock, mode, how), site, turn } => {
                self.acquire(out, lock, mode, how, site, turn)
            }
            Entry::Step { op: Op::Release(lock), site: SiteId::UNKNOWN, .. } => {
                self.release(out, lock)
            }
            Entry::Step { op, site, turn } => in_full(out, op, site, turn),
            Entry::Owner(thread) => {
                *self = Memory::new();
                tagged(out, tag::OWNER, thread.0.into())
            }
            Entry::Time(nanos) => tagged(out, tag::TIME, nanos),
            Entry::Lost(count) => tagged(out, tag::LOST, count),
        }
    }

    /// Writes an acquisition; returns its length.
    #[inline]
    pub(super) fn acquire(
        &mut self,
        out: &mut [u8; WINDOW],
        lock: LockId,
        mode: Mode,
        how: How,
        site: SiteId,
        turn: u64,
    ) -> usize {
        self.push(lock);
        let what = what(site, Way::new(mode, how));
        let at = site.0 as usize % ROWS;
        let row = &mut self.rows[at];
        if row.what != what || row.lock != lock.0 || row.turn.wrapping_add(step_of(mode)) != turn {
            return self.change(out, what, lock, turn);
        }
        row.turn = turn;
        out[0] = AGAIN | at as u8;
        1
    }

    /// Writes an acquisition that is not the next one of its row.
    // Out of line, so that what repeats stays small.
    #[inline(never)]
    fn change(&mut self, out: &mut [u8; WINDOW], what: u64, lock: LockId, turn: u64) -> usize {
        let at = (what >> 8) as usize % ROWS;
        let before = std::mem::replace(&mut self.rows[at], Row { what, lock: lock.0, turn });
        let mut to = Encoder::new(out);
        if before.what == what {
            let base = if before.lock == lock.0 { before.turn } else { 0 };
            to.byte(ANOTHER | at as u8);
            to.number(fold(lock.0.wrapping_sub(before.lock)));
            to.number(fold(turn.wrapping_sub(base)));
        } else {
            to.byte(tag::EVENT + step::ACQUIRE);
            to.number(what >> 8);
            to.number(lock.0);
            to.byte(what as u8);
            to.number(turn);
        }
        to.len()
    }

    /// Writes a release; returns its length.
    #[inline]
    pub(super) fn release(&mut self, out: &mut [u8; WINDOW], lock: LockId) -> usize {
        if self.ring[self.top % RING] == lock.0 {
            self.top = self.top.wrapping_sub(1);
            out[0] = RELEASE_TOP;
            return 1;
        }
        tagged(out, RELEASE, lock.0)
    }

    #[inline]
    fn push(&mut self, lock: LockId) {
        self.top = self.top.wrapping_add(1);
        self.ring[self.top % RING] = lock.0;
    }

    /// Reads the next entry. There is one as long as there are bytes left.
    pub(super) fn read(&mut self, from: &mut Decoder<'_>) -> Result<Entry, Malformed> {
        if let Some(second) = self.second.take() {
            from.byte()?;
            return Ok(second);
        }
        let before = from.rest();
        let entry = self.read_one(from)?;
        if self.second.is_some() {
            from.leave_last_of(before);
        }
        Ok(entry)
    }

    fn read_one(&mut self, from: &mut Decoder<'_>) -> Result<Entry, Malformed> {
        match from.byte()? {
            tag::OWNER => {
                *self = Memory::new();
                Ok(Entry::Owner(ThreadId(from.number32()?)))
            }
            tag::TIME => Ok(Entry::Time(from.number()?)),
            tag::LOST => Ok(Entry::Lost(from.number()?)),
            RELEASE_TOP => self.read_release(),
            RELEASE => Ok(released(LockId(from.number()?))),
            first @ AGAIN..ANOTHER => self.read_again(usize::from(first - AGAIN)),
            first @ ANOTHER.. => self.read_another(usize::from(first - ANOTHER), from),
            first @ 0x72..access::TOP_END => self.read_top(first),
            first @ tag::EVENT.. => self.read_in_full(first - tag::EVENT, from),
            _ => Err(Malformed("no event begins with this byte")),
        }
    }

    fn read_release(&mut self) -> Result<Entry, Malformed> {
        let lock = self.ring[self.top % RING];
        self.top = self.top.wrapping_sub(1);
        match lock {
            NO_LOCK => Err(Malformed("a lock is given back that was not taken")),
            lock => Ok(released(LockId(lock))),
        }
    }

    fn read_again(&mut self, at: usize) -> Result<Entry, Malformed> {
        let row = self.rows[at];
        let step = match Access::of_way(row.what as u8) {
            Some(kind) => kind.turns(),
            None => step_of(Way(row.what as u8).read()?.0),
        };
        self.took(at, LockId(row.lock), row.turn.wrapping_add(step))
    }

    fn read_another(&mut self, at: usize, from: &mut Decoder<'_>) -> Result<Entry, Malformed> {
        let row = self.rows[at];
        let lock = row.lock.wrapping_add(unfold(from.number()?));
        let base = if lock == row.lock { row.turn } else { 0 };
        self.took(at, LockId(lock), base.wrapping_add(unfold(from.number()?)))
    }

    /// An acquisition or access at the place of row `at`.
    fn took(&mut self, at: usize, lock: LockId, turn: u64) -> Result<Entry, Malformed> {
        let row = &mut self.rows[at];
        let (site, way) = (SiteId((row.what >> 8) as u32), Way(row.what as u8));
        (row.lock, row.turn) = (lock.0, turn);
        if let Some(kind) = Access::of_way(way.0) {
            return Ok(self.accessed(lock.0, kind, site, turn));
        }
        let (mode, how) = way.read()?;
        self.push(lock);
        Ok(Entry::Step { op: Op::Acquire(lock, mode, how), site, turn })
    }

    fn read_in_full(&mut self, step: u8, from: &mut Decoder<'_>) -> Result<Entry, Malformed> {
        let site = SiteId(from.number32()?);
        let mut turn = 0;
        let op = match step {
            step::REQUEST => Op::Request(lock(from)?, Way(from.byte()?).read()?.0),
            step::ACQUIRE => {
                let lock = lock(from)?;
                let way = Way(from.byte()?);
                let (mode, how) = way.read()?;
                turn = from.number()?;
                let row = Row { what: what(site, way), lock: lock.0, turn };
                self.rows[site.0 as usize % ROWS] = row;
                self.push(lock);
                Op::Acquire(lock, mode, how)
            }
            step::REFUSED => {
                let lock = lock(from)?;
                let (mode, how) = Way(from.byte()?).read()?;
                Op::Refused(lock, mode, how)
            }
            step::RELEASE => Op::Release(lock(from)?),
            step::DESTROY => Op::Destroy(lock(from)?),
            step::FORK => Op::Fork(ThreadId(from.number32()?)),
            step::JOIN => Op::Join(ThreadId(from.number32()?)),
            step::BEGIN => Op::Begin,
            step::END => Op::End,
            step::READ => Op::Read(from.number()?),
            step::WRITE => Op::Write(from.number()?),
            step::WAIT => Op::Wait(from.number()?),
            step::TIMED_WAIT => Op::TimedWait(from.number()?),
            step::WOKEN => Op::Woken(from.number()?),
            step::NOTIFY => Op::Notify(from.number()?),
            step::ARRIVE => Op::Arrive(from.number()?),
            step::LEAVE => Op::Leave(from.number()?),
            step::BRANCH => Op::Branch,
            step::CHANNEL => Op::Channel(from.number()?, from.number32()?),
            step::SEND => Op::Send(from.number()?),
            step::RECEIVE => Op::Receive(from.number()?),
            step::TELL => Op::Tell(from.number()?),
            step::HEAR => Op::Hear(from.number()?),
            step::JOINING => Op::Joining(ThreadId(from.number32()?)),
            step::ACCESS => return self.read_access(site, from),
            _ => return Err(Malformed("no event has this number")),
        };
        if has_turn(step) {
            turn = from.number()?;
        }
        Ok(Entry::Step { op, site, turn })
    }
}

fn released(lock: LockId) -> Entry {
    Entry::Step { op: Op::Release(lock), site: SiteId::UNKNOWN, turn: 0 }
}

fn lock(from: &mut Decoder<'_>) -> Result<LockId, Malformed> {
    from.number().map(LockId)
}

#[inline]
fn what(site: SiteId, way: Way) -> u64 {
    u64::from(site.0) << 8 | u64::from(way.0)
}

impl Way {
    /// Never 0, so that an empty row is none of these.
    #[inline]
    fn new(mode: Mode, how: How) -> Way {
        Way(1 << 7 | mode as u8 | (how as u8) << layout::HOW_SHIFT)
    }

    fn read(self) -> Result<(Mode, How), Malformed> {
        let how = match self.0 >> layout::HOW_SHIFT {
            0x20 => How::Blocking,
            0x21 => How::Try,
            0x22 => How::Timed,
            _ => return Err(Malformed("no acquisition is made in this way")),
        };
        Ok((Mode::ALL[usize::from(self.0 & 3)], how))
    }
}

/// From one turn to the next, if no other thread has one between them.
#[inline]
fn step_of(mode: Mode) -> u64 {
    if mode.is_read() { 0 } else { 2 }
}

/// A byte and a number.
#[inline(never)]
fn tagged(out: &mut [u8; WINDOW], tag: u8, number: u64) -> usize {
    let mut to = Encoder::new(out);
    to.byte(tag);
    to.number(number);
    to.len()
}

/// A difference, forwards or backwards, as a number that is small if the difference is.
fn fold(difference: u64) -> u64 {
    difference << 1 ^ ((difference as i64) >> 63) as u64
}

fn unfold(folded: u64) -> u64 {
    folded >> 1 ^ (folded & 1).wrapping_neg()
}

/// Any step but an acquisition.
fn in_full(out: &mut [u8; WINDOW], op: Op, site: SiteId, turn: u64) -> usize {
    let (step, way, operand) = parts(op);
    let mut to = Encoder::new(out);
    to.byte(tag::EVENT + step);
    to.number(site.0.into());
    if !matches!(step, step::BEGIN | step::END | step::BRANCH) {
        to.number(operand);
    }
    if step <= step::REFUSED {
        to.byte(way.0);
    }
    if let Op::Channel(_, room) = op {
        to.number(room.into());
    }
    if has_turn(step) {
        to.number(turn);
    }
    to.len()
}

/// Whether all that is done to an object in these ways has one order. Acquisitions aside.
fn has_turn(step: u8) -> bool {
    matches!(
        step,
        step::READ
            | step::WRITE
            | step::WAIT
            | step::TIMED_WAIT
            | step::WOKEN
            | step::NOTIFY
            | step::ARRIVE
            | step::LEAVE
    )
}

/// The number of a step, how a lock was taken, and what it is about.
fn parts(op: Op) -> (u8, Way, u64) {
    let plain = |step, operand| (step, Way(0), operand);
    match op {
        Op::Request(lock, mode) => (step::REQUEST, Way::new(mode, How::Blocking), lock.0),
        Op::Acquire(lock, mode, how) => (step::ACQUIRE, Way::new(mode, how), lock.0),
        Op::Refused(lock, mode, how) => (step::REFUSED, Way::new(mode, how), lock.0),
        Op::Release(lock) => plain(step::RELEASE, lock.0),
        Op::Destroy(lock) => plain(step::DESTROY, lock.0),
        Op::Fork(thread) => plain(step::FORK, thread.0.into()),
        Op::Join(thread) => plain(step::JOIN, thread.0.into()),
        Op::Begin => plain(step::BEGIN, 0),
        Op::End => plain(step::END, 0),
        Op::Read(variable) => plain(step::READ, variable),
        Op::Write(variable) => plain(step::WRITE, variable),
        Op::Wait(condvar) => plain(step::WAIT, condvar),
        Op::TimedWait(condvar) => plain(step::TIMED_WAIT, condvar),
        Op::Woken(condvar) => plain(step::WOKEN, condvar),
        Op::Notify(condvar) => plain(step::NOTIFY, condvar),
        Op::Arrive(barrier) => plain(step::ARRIVE, barrier),
        Op::Leave(barrier) => plain(step::LEAVE, barrier),
        Op::Branch => plain(step::BRANCH, 0),
        Op::Channel(channel, _) => plain(step::CHANNEL, channel),
        Op::Send(channel) => plain(step::SEND, channel),
        Op::Receive(channel) => plain(step::RECEIVE, channel),
        Op::Tell(object) => plain(step::TELL, object),
        Op::Hear(object) => plain(step::HEAR, object),
        Op::Joining(thread) => plain(step::JOINING, thread.0.into()),
    }
}

#[cfg(test)]
mod tests;
