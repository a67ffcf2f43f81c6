//! Reads RapidBin, the binary form of the field's traces. Big-endian throughout.
//!
//! An 18-byte header: i16 threads, i32 locks, i32 variables, i64 events. Then a word an event:
//!
//! | bits | meaning |
//! |---|---|
//! | 0 to 9 | thread |
//! | 10 to 13 | operation |
//! | 14 to 47 | operand |
//! | 48 to 62 | location |
//! | 63 | 0 |
//!
//! The file has no magic, so it is known by its shape. The counts in the header are believed only
//! where the file has bytes for them. Locks are monitors: their holder may take them again, and
//! there is no request then.

use super::read::{ErrorKind, Failure, Position, RapidCounts, Source, Trace};
use crate::event::{Event, How, Op};
use crate::finding::{Class, Lock, Place};
use crate::id::{LockId, LockKind, Mode, SiteId, ThreadId};

/// The file of places that are only numbers: the number is the line.
pub(super) const LOCATION: &str = "location";

const HEADER: usize = 18;
const MOST_THREADS: i16 = 1024;
const OPERATIONS: u64 = 10;

/// Whether these bytes have the shape: a header that can be, and words that are events.
pub(super) fn is_likely(bytes: &[u8]) -> bool {
    let Some(counts) = counts(bytes) else { return false };
    let header = (1..=MOST_THREADS).contains(&counts.threads)
        && counts.locks >= 0
        && counts.variables >= 0
        && counts.events >= 0;
    header && words(bytes).take(16).all(|word| operation(word) < OPERATIONS && word >> 63 == 0)
}

pub(super) fn read(bytes: &[u8]) -> Result<Trace, Failure> {
    let Some(counts) = counts(bytes) else {
        let what = "the trace is cut off in its header; copy the file whole".to_string();
        return Err((ErrorKind::Damaged, Position::Byte(bytes.len() as u64), what));
    };
    let mut trace = Trace::new(Source::RapidBin(counts));
    for (index, word) in words(bytes).enumerate() {
        match event(word) {
            Some(event) => push(&mut trace, event, word),
            None => {
                let at = Position::Byte((HEADER + 8 * index) as u64);
                trace.problem(at, "this word is no event; it is left out");
            }
        }
    }
    check_counts(&mut trace, counts, bytes.len());
    Ok(trace)
}

fn counts(bytes: &[u8]) -> Option<RapidCounts> {
    let (threads, rest) = bytes.split_first_chunk()?;
    let (locks, rest) = rest.split_first_chunk()?;
    let (variables, rest) = rest.split_first_chunk()?;
    let (events, _) = rest.split_first_chunk()?;
    Some(RapidCounts {
        threads: i16::from_be_bytes(*threads),
        locks: i32::from_be_bytes(*locks),
        variables: i32::from_be_bytes(*variables),
        events: i64::from_be_bytes(*events),
    })
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes[HEADER.min(bytes.len())..].as_chunks().0.iter().map(|word| u64::from_be_bytes(*word))
}

fn operation(word: u64) -> u64 {
    word >> 10 & 0xf
}

fn thread(word: u64) -> ThreadId {
    ThreadId((word & 0x3ff) as u32)
}

fn operand(word: u64) -> u64 {
    word >> 14 & 0x3_ffff_ffff
}

fn location(word: u64) -> u32 {
    (word >> 48 & 0x7fff) as u32
}

fn event(word: u64) -> Option<Event> {
    let operand = operand(word);
    let lock = LockId(operand);
    let op = match operation(word) {
        0 => Op::Acquire(lock, Mode::Exclusive, How::Blocking),
        1 => Op::Release(lock),
        2 => Op::Read(operand),
        3 => Op::Write(operand),
        4 => Op::Fork(ThreadId(u32::try_from(operand).ok()?)),
        5 => Op::Join(ThreadId(u32::try_from(operand).ok()?)),
        6 => Op::Begin,
        7 => Op::End,
        8 => Op::Request(lock, Mode::Exclusive),
        9 => Op::Branch,
        _ => return None,
    };
    if word >> 63 == 1 {
        return None;
    }
    // 0 is a place like any other, but not for the marks of a thread's life.
    let site = match op {
        Op::Begin | Op::End => SiteId::UNKNOWN,
        _ => SiteId(location(word) + 1),
    };
    Some(Event { thread: thread(word), op, site })
}

fn push(trace: &mut Trace, event: Event, word: u64) {
    if event.site != SiteId::UNKNOWN {
        let place = || Place { file: LOCATION.to_string(), line: location(word), column: 0 };
        trace.sites.entry(event.site).or_insert_with(place);
    }
    if let Op::Acquire(id, ..) | Op::Request(id, _) | Op::Release(id) = event.op {
        let lock =
            Lock { id: id.0, kind: LockKind::Reentrant, class: Class::Unknown, made_for: None };
        trace.locks.entry(id).or_insert(lock);
    }
    trace.events.push(event);
}

fn check_counts(trace: &mut Trace, counts: RapidCounts, len: usize) {
    let whole = ((len - HEADER) / 8) as u64;
    let end = Position::Byte(len as u64);
    if counts.events.try_into() != Ok(whole) || !(len - HEADER).is_multiple_of(8) {
        let what = format!(
            "the header tells of {} events and there are {whole}; copy the file whole if it was \
             cut off",
            counts.events
        );
        trace.problem(end, what);
    }
    let most = |count: i64| u64::try_from(count).unwrap_or(0);
    let events = std::mem::take(&mut trace.events);
    for (index, event) in events.iter().enumerate() {
        let number = Position::Event(index as u64 + 1);
        if u64::from(event.thread.0) >= most(counts.threads.into()) {
            let what = format!(
                "thread {} is out of range: the header tells of {} threads",
                event.thread.0, counts.threads
            );
            trace.problem(number, what);
        }
        if let Op::Acquire(lock, ..) | Op::Request(lock, _) | Op::Release(lock) = event.op
            && lock.0 >= most(counts.locks.into())
        {
            let what = format!(
                "lock {} is out of range: the header tells of {} locks",
                lock.0, counts.locks
            );
            trace.problem(number, what);
        }
    }
    trace.events = events;
}
