//! Reads STD, RAPID's text: one event a line, `thread|operation(operand)|place`.
//!
//! | operation | meaning |
//! |---|---|
//! | `req(L)` `acq(L)` `rel(L)` | about to take, takes, gives back a lock |
//! | `r(V)` `w(V)` | reads, writes a variable |
//! | `fork(T)` `join(T)` | begins a thread, has waited for its end |
//! | `begin` `end` `branch` | marks |
//!
//! Ours, beyond RAPID's:
//!
//! | operation | meaning |
//! |---|---|
//! | `try(L)` `timed(L)` | takes a lock without waiting, or not for ever |
//! | `tryfail(L)` `timedfail(L)` | the same, in vain |
//! | `r...(L)` `rr...(L)` `u...(L)` | any of the above as reader, recursive reader, upgradable reader: `racq(L)` |
//! | `destroy(L)` | the lock is gone |
//! | `joining(T)` | about to wait for a thread's end, as `req` is for a lock |
//! | `wait(C)` `timedwait(C)` `woken(C)` `notify(C)` | condition variables |
//! | `arrive(B)` `leave(B)` | barriers |
//! | `channel(H,n)` `send(H)` `recv(H)` | channels; those that are not made here have room for all |
//! | `tell(O)` `hear(O)` | any other signal: permits, events, initialisations, `unpark` |
//!
//! Any release ends the latest hold, so `rrel` and `rel` mean the same. `#` begins a comment line.
//! A place is `file:line`, `file:line:column` or a bare number; `?`, `-` and nothing are "not known".
//! Names are free. If all names of a sort are one letter and a number (`T1`, `L2`, `V3`,
//! `C4`, `B5`, `H6`, `O7`), the numbers are kept; else names are numbered as they come, and kept as names.
//!
//! A lock is a mutex, unless a reader takes it (rwlock) or its holder takes it again (reentrant).

use super::contents::{Source, Trace};
use super::feed::Feed;
use super::intake::{Intake, Outlet};
use super::problem::{ErrorKind, Position};
use super::read::Failure;
use super::std_names::{Names, Places};
use crate::event::{Event, How, Op};
use crate::id::{LockId, Mode, ThreadId};

/// What is longer is no event, and not kept.
const LONGEST_LINE: usize = 1 << 20;

pub(super) const MODES: [(&str, Mode); 4] = [
    ("", Mode::Exclusive),
    ("r", Mode::Shared),
    ("rr", Mode::SharedRecursive),
    ("u", Mode::Upgradable),
];

/// What is done with a lock.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Request,
    Acquire(How),
    Refused(How),
    Release,
}

pub(super) const VERBS: [(&str, Verb); 8] = [
    ("req", Verb::Request),
    ("acq", Verb::Acquire(How::Blocking)),
    ("rel", Verb::Release),
    ("try", Verb::Acquire(How::Try)),
    ("timed", Verb::Acquire(How::Timed)),
    ("tryfail", Verb::Refused(How::Try)),
    ("timedfail", Verb::Refused(How::Timed)),
    ("fail", Verb::Refused(How::Blocking)),
];

/// Reads lines, one after the other.
struct Parser {
    threads: Names,
    locks: Names,
    variables: Names,
    condvars: Names,
    barriers: Names,
    channels: Names,
    objects: Names,
    places: Places,
}

/// What is wrong with a line, at which byte of it.
type Wrong = (usize, String);

/// Whether one of the first lines is an event.
pub(super) fn is_likely(bytes: &[u8]) -> bool {
    let mut parser = Parser::new();
    let start = &bytes[..bytes.len().min(4096)];
    let mut lines = start.split(|byte| *byte == b'\n').filter(|line| !is_empty(line)).take(5);
    lines.any(|line| parser.event(line).is_ok())
}

pub(super) fn read(feed: &mut Feed<'_>, out: Outlet<'_>) -> Result<Trace, Failure> {
    let mut into = Intake::new(Source::Std, out);
    let mut parser = Parser::new();
    // The line that comes next, from 1.
    let mut number = 1;
    let mut is_too_long = false;
    let mut is_over = false;
    while !is_over {
        let mut rest = feed.bytes();
        while let Some(len) = find(b'\n', rest) {
            if !std::mem::take(&mut is_too_long) {
                parser.line(&rest[..len], number, &mut into);
            }
            number += 1;
            rest = &rest[len + 1..];
        }
        let left = rest.len();
        feed.take(feed.bytes().len() - left);
        if left > LONGEST_LINE {
            if !is_too_long {
                let what = "the line is longer than 1 MiB; it is left out";
                into.trace.problem(Position::Line(number, 1), what);
            }
            is_too_long = true;
            feed.take(left);
        }
        is_over = !feed.more()?;
    }
    if !is_too_long {
        parser.line(feed.bytes(), number, &mut into);
    }
    if into.count() == 0 {
        let what = "there is no event in this text; lines look like `T1|acq(L2)|file.rs:10`";
        return Err((ErrorKind::Foreign, Position::Line(1, 1), what.to_string()));
    }
    Ok(parser.finish(into))
}

/// Without spaces at both ends. There are none, mostly, so that is looked at first.
#[inline]
fn trim(text: &[u8]) -> &[u8] {
    match (text.first(), text.last()) {
        (Some(first), Some(last)) if *first > b' ' && *last > b' ' => text,
        _ => text.trim_ascii(),
    }
}

fn is_empty(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    line.is_empty() || line[0] == b'#'
}

impl Parser {
    fn new() -> Parser {
        Parser {
            threads: Names::new(b'T', u32::MAX.into()),
            locks: Names::new(b'L', u64::MAX),
            variables: Names::new(b'V', u64::MAX),
            condvars: Names::new(b'C', u64::MAX),
            barriers: Names::new(b'B', u64::MAX),
            channels: Names::new(b'H', u64::MAX),
            objects: Names::new(b'O', u64::MAX),
            places: Places::default(),
        }
    }

    #[inline]
    fn line(&mut self, line: &[u8], number: u64, into: &mut Intake<'_>) {
        match self.event(line) {
            Ok(event) => into.push(event, number),
            Err(_) if is_empty(line) => {}
            Err((column, what)) => {
                let at = Position::Line(number, column as u64 + 1);
                into.trace.problem(at, format!("{what}; the line is left out"));
            }
        }
    }

    #[inline]
    fn event(&mut self, line: &[u8]) -> Result<Event, Wrong> {
        let Some(bar) = find(b'|', line) else {
            return Err((0, "there is no `|` between a thread and what it does".to_string()));
        };
        let (thread, rest) = (trim(&line[..bar]), &line[bar + 1..]);
        if thread.is_empty() || thread[0] == b'#' {
            return Err((0, "there is no thread before the `|`".to_string()));
        }
        let len = find(b'|', rest).unwrap_or(rest.len());
        let operation = trim(&rest[..len]);
        let Some(op) = self.op(operation) else {
            return Err((bar + 1, format!("`{}` is no operation", shortened(operation))));
        };
        let place = trim(rest.get(len + 1..).unwrap_or_default());
        let thread = ThreadId(self.threads.number(thread) as u32);
        Ok(Event { thread, op, site: self.places.site(place) })
    }

    #[inline]
    fn op(&mut self, text: &[u8]) -> Option<Op> {
        let (name, operand) = match find(b'(', text) {
            Some(at) => (trim(&text[..at]), trim(text[at + 1..].strip_suffix(b")")?)),
            None => (text, &b""[..]),
        };
        match name {
            b"begin" => return Some(Op::Begin),
            b"end" => return Some(Op::End),
            b"branch" => return Some(Op::Branch),
            _ if operand.is_empty() => return None,
            _ => {}
        }
        Some(match name {
            b"r" => Op::Read(self.variables.number(operand)),
            b"w" => Op::Write(self.variables.number(operand)),
            b"acq" => Op::Acquire(self.lock(operand), Mode::Exclusive, How::Blocking),
            b"rel" => Op::Release(self.lock(operand)),
            b"req" => Op::Request(self.lock(operand), Mode::Exclusive),
            _ => return self.rare_op(name, operand),
        })
    }

    fn rare_op(&mut self, name: &[u8], operand: &[u8]) -> Option<Op> {
        Some(match name {
            b"fork" => Op::Fork(ThreadId(self.threads.number(operand) as u32)),
            b"join" => Op::Join(ThreadId(self.threads.number(operand) as u32)),
            b"joining" => Op::Joining(ThreadId(self.threads.number(operand) as u32)),
            b"destroy" => Op::Destroy(self.lock(operand)),
            b"wait" => Op::Wait(self.condvars.number(operand)),
            b"timedwait" => Op::TimedWait(self.condvars.number(operand)),
            b"woken" => Op::Woken(self.condvars.number(operand)),
            b"notify" => Op::Notify(self.condvars.number(operand)),
            b"arrive" => Op::Arrive(self.barriers.number(operand)),
            b"leave" => Op::Leave(self.barriers.number(operand)),
            b"channel" => {
                let comma = find(b',', operand)?;
                let (channel, room) = (operand[..comma].trim_ascii(), &operand[comma + 1..]);
                let room = str::from_utf8(room.trim_ascii()).ok()?.parse().ok()?;
                Op::Channel(self.channels.number(channel), room)
            }
            b"send" => Op::Send(self.channels.number(operand)),
            b"recv" => Op::Receive(self.channels.number(operand)),
            b"tell" => Op::Tell(self.objects.number(operand)),
            b"hear" => Op::Hear(self.objects.number(operand)),
            _ => {
                let (verb, mode) = lock_operation(name)?;
                let lock = self.lock(operand);
                match verb {
                    Verb::Request => Op::Request(lock, mode),
                    Verb::Acquire(how) => Op::Acquire(lock, mode, how),
                    Verb::Refused(how) => Op::Refused(lock, mode, how),
                    Verb::Release => Op::Release(lock),
                }
            }
        })
    }

    #[inline]
    fn lock(&mut self, name: &[u8]) -> LockId {
        LockId(self.locks.number(name))
    }

    fn finish(self, into: Intake<'_>) -> Trace {
        let mut trace = into.finish();
        trace.sites = self.places.into_sites();
        self.threads.name_threads(&mut trace);
        self.locks.name_locks(&mut trace);
        trace
    }
}

fn lock_operation(name: &[u8]) -> Option<(Verb, Mode)> {
    MODES.iter().find_map(|(prefix, mode)| {
        let name = name.strip_prefix(prefix.as_bytes())?;
        VERBS.iter().find(|(verb, _)| verb.as_bytes() == name).map(|(_, verb)| (*verb, *mode))
    })
}

fn shortened(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(&text[..text.len().min(200)]);
    let mut letters = text.chars();
    let start: String = letters.by_ref().take(40).collect();
    if letters.next().is_some() { start + "..." } else { start }
}

/// The first place of a byte. Eight at a time: subtracting one from each byte borrows into the
/// top bit of those that are zero, and of others only above such a one.
#[inline]
fn find(byte: u8, bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const TOPS: u64 = u64::from_le_bytes([0x80; 8]);
    let (words, rest) = bytes.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let differing = u64::from_le_bytes(*word) ^ (ONES * u64::from(byte));
        let zeros = differing.wrapping_sub(ONES) & !differing & TOPS;
        if zeros != 0 {
            return Some(8 * at + (zeros.trailing_zeros() / 8) as usize);
        }
    }
    rest.iter().position(|other| *other == byte).map(|at| 8 * words.len() + at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_byte_is_found_where_it_is_first(
            bytes in proptest::collection::vec(prop_oneof![Just(b'|'), Just(b'}'), any::<u8>()], 0..40)
        ) {
            let first = bytes.iter().position(|byte| *byte == b'|');
            prop_assert_eq!(find(b'|', &bytes), first);
        }
    }
}
