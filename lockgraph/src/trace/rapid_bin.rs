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

use super::contents::{RapidCounts, Source, Trace};
use super::feed::Feed;
use super::intake::{Intake, Outlet};
use super::problem::{ErrorKind, Position};
use super::read::Failure;
use crate::event::{Event, How, Op};
use crate::finding::Place;
use crate::id::{LockId, Mode, SiteId, ThreadId};

/// The file of places that are only numbers: the number is the line.
pub(super) const LOCATION: &str = "location";

const HEADER: usize = 18;
const MOST_THREADS: i16 = 1024;
const OPERATIONS: u64 = 10;
const LOCATIONS: usize = 1 << 15;

/// Whether these bytes have the shape: a header that can be, and words that are events. Counts
/// that cannot be are a damage to tell of if there are such words.
pub(super) fn is_likely(bytes: &[u8]) -> bool {
    let Some(counts) = counts(bytes) else { return false };
    let words = bytes[HEADER..].as_chunks::<8>().0;
    (1..=MOST_THREADS).contains(&counts.threads)
        && (negative(counts).next().is_none() || !words.is_empty())
        && words.iter().take(16).all(|word| {
            let word = u64::from_be_bytes(*word);
            operation(word) < OPERATIONS && word >> 63 == 0
        })
}

pub(super) fn read(feed: &mut Feed<'_>, out: Outlet<'_>) -> Result<Trace, Failure> {
    let Some(counts) = counts(feed.bytes()) else {
        let what = "the trace is cut off in its header; copy the file whole".to_string();
        return Err((ErrorKind::Damaged, Position::Byte(feed.bytes().len() as u64), what));
    };
    feed.take(HEADER);
    let mut into = Intake::new(Source::RapidBin(counts), out);
    for (at, count, what) in negative(counts) {
        let what =
            format!("the header tells of {count} {what}, which cannot be; copy the file again");
        into.trace.problem(Position::Byte(at), what);
    }
    let mut places = vec![false; LOCATIONS];
    // One more may be told than there are.
    let variables = u64::try_from(counts.variables).unwrap_or(u64::MAX);
    let mut is_variable_told = false;
    loop {
        let first = feed.offset();
        let (words, _) = feed.bytes().as_chunks::<8>();
        for (at, word) in (first..).step_by(8).zip(words) {
            let word = u64::from_be_bytes(*word);
            let Some(event) = event(word) else {
                into.trace.problem(Position::Byte(at), "this word is no event; it is left out");
                continue;
            };
            if event.site != SiteId::UNKNOWN {
                places[location(word) as usize] = true;
            }
            into.push(event, at);
            if let Op::Read(variable) | Op::Write(variable) = event.op
                && variable >= variables
                && !is_variable_told
            {
                is_variable_told = true;
                tell_variable(&mut into, variable, at);
            }
        }
        feed.take(8 * words.len());
        if !feed.more()? {
            break;
        }
    }
    check_count(&mut into.trace, counts, feed.offset(), feed.bytes().len());
    add_places(&mut into.trace, &places);
    Ok(into.finish())
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

/// The counts that cannot be, with where and of what they are.
fn negative(counts: RapidCounts) -> impl Iterator<Item = (u64, i64, &'static str)> {
    let all = [
        (2, counts.locks.into(), "locks"),
        (6, counts.variables.into(), "variables"),
        (10, counts.events, "events"),
    ];
    all.into_iter().filter(|(_, count, _)| *count < 0)
}

// Only of the first: there may be very many.
#[cold]
fn tell_variable(into: &mut Intake<'_>, variable: u64, at: u64) {
    let Source::RapidBin(RapidCounts { variables, .. }) = into.trace.source else { return };
    let what = format!(
        "variable {variable} is out of range: the header tells of {variables} variables (byte {at})"
    );
    let number = into.count();
    into.trace.problem(Position::Event(number), what);
}

/// Compares the count of events with what was read: words up to byte `end`, and some bytes `left`.
fn check_count(trace: &mut Trace, counts: RapidCounts, end: u64, left: usize) {
    let whole = (end - HEADER as u64) / 8;
    if counts.events >= 0 && counts.events as u64 != whole || left > 0 {
        let what = format!(
            "the header tells of {} events and there are {whole}; copy the file whole if it was \
             cut off",
            counts.events
        );
        trace.problem(Position::Byte(end + left as u64), what);
    }
}

fn add_places(trace: &mut Trace, seen: &[bool]) {
    for (line, _) in (0..).zip(seen).filter(|(_, seen)| **seen) {
        let place = Place { file: LOCATION.to_string(), line, column: 0 };
        trace.sites.insert(SiteId(line + 1), place);
    }
}
