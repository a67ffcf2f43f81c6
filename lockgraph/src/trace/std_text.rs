//! Reads and writes STD, RAPID's text: one event a line, `thread|operation(operand)|place`.
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
//! | `wait(C)` `woken(C)` `notify(C)` | condition variables |
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

use std::collections::HashMap;
use std::io::{self, Write};

use super::rapid_bin::LOCATION;
use super::read::{ErrorKind, Failure, Position, Source, Thread, Trace};
use crate::event::{Event, How, Op};
use crate::finding::{Class, Lock, Place};
use crate::id::{LockId, LockKind, Mode, SiteId, ThreadId};

const MODES: [(&str, Mode); 4] = [
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

const VERBS: [(&str, Verb); 8] = [
    ("req", Verb::Request),
    ("acq", Verb::Acquire(How::Blocking)),
    ("rel", Verb::Release),
    ("try", Verb::Acquire(How::Try)),
    ("timed", Verb::Acquire(How::Timed)),
    ("tryfail", Verb::Refused(How::Try)),
    ("timedfail", Verb::Refused(How::Timed)),
    ("fail", Verb::Refused(How::Blocking)),
];

/// Names of one sort, numbered from 0 as they come.
struct Names<'a> {
    letter: char,
    numbers: HashMap<&'a str, u64>,
    names: Vec<&'a str>,
}

impl<'a> Names<'a> {
    fn new(letter: char) -> Names<'a> {
        Names { letter, numbers: HashMap::new(), names: Vec::new() }
    }

    fn number(&mut self, name: &'a str) -> u64 {
        *self.numbers.entry(name).or_insert_with(|| {
            self.names.push(name);
            self.names.len() as u64 - 1
        })
    }

    /// The numbers in the names, if there is one in each.
    fn own_numbers(&self) -> Option<Vec<u64>> {
        let own = |name: &&str| {
            let number: u64 = name.strip_prefix(self.letter)?.parse().ok()?;
            // Not `T01` or `T+1`, which are other names than `T1`.
            (format!("{}{number}", self.letter) == **name).then_some(number)
        };
        self.names.iter().map(own).collect()
    }

    /// The final numbers: those in the names, or 1, 2, 3...
    fn settle(&self, most: u64) -> (Vec<u64>, bool) {
        match self.own_numbers() {
            Some(own) if own.iter().all(|number| *number <= most) => (own, true),
            _ => ((1..=self.names.len() as u64).collect(), false),
        }
    }
}

struct Reading<'a> {
    threads: Names<'a>,
    locks: Names<'a>,
    variables: Names<'a>,
    condvars: Names<'a>,
    barriers: Names<'a>,
    channels: Names<'a>,
    objects: Names<'a>,
    places: HashMap<&'a str, SiteId>,
    trace: Trace,
}

/// Whether one of the first lines is an event.
pub(super) fn is_likely(bytes: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]);
    let mut reading = Reading::new();
    start.lines().filter(|line| !is_empty(line)).take(5).any(|line| reading.event(line).is_ok())
}

pub(super) fn read(bytes: &[u8]) -> Result<Trace, Failure> {
    let mut reading = Reading::new();
    let text = String::from_utf8_lossy(bytes);
    for (index, line) in text.lines().enumerate() {
        if is_empty(line) {
            continue;
        }
        match reading.event(line) {
            Ok(event) => reading.trace.events.push(event),
            Err((column, what)) => {
                let at = Position::Line(index as u64 + 1, column as u64 + 1);
                reading.trace.problem(at, format!("{what}; the line is left out"));
            }
        }
    }
    if reading.trace.events.is_empty() {
        let what = "there is no event in this text; lines look like `T1|acq(L2)|file.rs:10`";
        return Err((ErrorKind::Foreign, Position::Line(1, 1), what.to_string()));
    }
    Ok(reading.finish())
}

fn is_empty(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

impl<'a> Reading<'a> {
    fn new() -> Reading<'a> {
        Reading {
            threads: Names::new('T'),
            locks: Names::new('L'),
            variables: Names::new('V'),
            condvars: Names::new('C'),
            barriers: Names::new('B'),
            channels: Names::new('H'),
            objects: Names::new('O'),
            places: HashMap::new(),
            trace: Trace::new(Source::Std),
        }
    }

    /// One line, with names as they are numbered so far, or what is wrong at which byte of it.
    fn event(&mut self, line: &'a str) -> Result<Event, (usize, String)> {
        let mut fields = line.splitn(3, '|');
        let thread = fields.next().unwrap_or("");
        let Some(operation) = fields.next() else {
            return Err((0, "there is no `|` between a thread and what it does".to_string()));
        };
        if thread.trim().is_empty() {
            return Err((0, "there is no thread before the `|`".to_string()));
        }
        let at = thread.len() + 1;
        let place = fields.next().unwrap_or("").trim();
        let Some(op) = self.op(operation.trim()) else {
            return Err((at, format!("`{}` is no operation", shortened(operation.trim()))));
        };
        let thread = ThreadId(self.threads.number(thread.trim()) as u32);
        Ok(Event { thread, op, site: self.site(place) })
    }

    fn op(&mut self, text: &'a str) -> Option<Op> {
        let (name, operand) = match text.split_once('(') {
            Some((name, rest)) => (name.trim(), rest.strip_suffix(')')?.trim()),
            None => (text, ""),
        };
        match name {
            "begin" => return Some(Op::Begin),
            "end" => return Some(Op::End),
            "branch" => return Some(Op::Branch),
            _ if operand.is_empty() => return None,
            _ => {}
        }
        Some(match name {
            "r" => Op::Read(self.variables.number(operand)),
            "w" => Op::Write(self.variables.number(operand)),
            "fork" => Op::Fork(ThreadId(self.threads.number(operand) as u32)),
            "join" => Op::Join(ThreadId(self.threads.number(operand) as u32)),
            "joining" => Op::Joining(ThreadId(self.threads.number(operand) as u32)),
            "destroy" => Op::Destroy(LockId(self.locks.number(operand))),
            "wait" => Op::Wait(self.condvars.number(operand)),
            "woken" => Op::Woken(self.condvars.number(operand)),
            "notify" => Op::Notify(self.condvars.number(operand)),
            "arrive" => Op::Arrive(self.barriers.number(operand)),
            "leave" => Op::Leave(self.barriers.number(operand)),
            "channel" => {
                let (channel, room) = operand.split_once(',')?;
                Op::Channel(self.channels.number(channel.trim()), room.trim().parse().ok()?)
            }
            "send" => Op::Send(self.channels.number(operand)),
            "recv" => Op::Receive(self.channels.number(operand)),
            "tell" => Op::Tell(self.objects.number(operand)),
            "hear" => Op::Hear(self.objects.number(operand)),
            _ => {
                let (verb, mode) = lock_operation(name)?;
                let lock = LockId(self.locks.number(operand));
                match verb {
                    Verb::Request => Op::Request(lock, mode),
                    Verb::Acquire(how) => Op::Acquire(lock, mode, how),
                    Verb::Refused(how) => Op::Refused(lock, mode, how),
                    Verb::Release => Op::Release(lock),
                }
            }
        })
    }

    fn site(&mut self, text: &'a str) -> SiteId {
        if matches!(text, "" | "?" | "-") {
            return SiteId::UNKNOWN;
        }
        let next = SiteId(self.places.len() as u32 + 1);
        *self.places.entry(text).or_insert_with(|| {
            self.trace.sites.insert(next, place(text));
            next
        })
    }

    fn finish(mut self) -> Trace {
        let (threads, threads_numbered) = self.threads.settle(u32::MAX.into());
        let (locks, locks_numbered) = self.locks.settle(u64::MAX);
        let numbers =
            [&self.variables, &self.condvars, &self.barriers, &self.channels, &self.objects]
                .map(|names| names.settle(u64::MAX).0);
        let [variables, condvars, barriers, channels, objects] = numbers;
        let thread = |id: ThreadId| ThreadId(threads[id.0 as usize] as u32);
        let lock = |id: LockId| LockId(locks[id.0 as usize]);
        for event in &mut self.trace.events {
            event.thread = thread(event.thread);
            event.op = match event.op {
                Op::Request(id, mode) => Op::Request(lock(id), mode),
                Op::Acquire(id, mode, how) => Op::Acquire(lock(id), mode, how),
                Op::Refused(id, mode, how) => Op::Refused(lock(id), mode, how),
                Op::Release(id) => Op::Release(lock(id)),
                Op::Destroy(id) => Op::Destroy(lock(id)),
                Op::Fork(id) => Op::Fork(thread(id)),
                Op::Joining(id) => Op::Joining(thread(id)),
                Op::Join(id) => Op::Join(thread(id)),
                Op::Read(id) => Op::Read(variables[id as usize]),
                Op::Write(id) => Op::Write(variables[id as usize]),
                Op::Wait(id) => Op::Wait(condvars[id as usize]),
                Op::Woken(id) => Op::Woken(condvars[id as usize]),
                Op::Notify(id) => Op::Notify(condvars[id as usize]),
                Op::Arrive(id) => Op::Arrive(barriers[id as usize]),
                Op::Leave(id) => Op::Leave(barriers[id as usize]),
                Op::Channel(id, room) => Op::Channel(channels[id as usize], room),
                Op::Send(id) => Op::Send(channels[id as usize]),
                Op::Receive(id) => Op::Receive(channels[id as usize]),
                Op::Tell(id) => Op::Tell(objects[id as usize]),
                Op::Hear(id) => Op::Hear(objects[id as usize]),
                Op::Begin | Op::End | Op::Branch => event.op,
            };
        }
        for (name, number) in self.threads.names.iter().zip(&threads) {
            let name = (!threads_numbered).then(|| name.to_string());
            let thread = Thread { name, ..Thread::default() };
            self.trace.threads.insert(ThreadId(*number as u32), thread);
        }
        let kinds = kinds(&self.trace.events);
        for (name, number) in self.locks.names.iter().zip(&locks) {
            let named = || Class::Named(name.to_string());
            let class = if locks_numbered { Class::Unknown } else { named() };
            let id = LockId(*number);
            let kind = kinds.get(&id).copied().unwrap_or(LockKind::Mutex);
            self.trace.locks.insert(id, Lock { id: id.0, kind, class, made_for: None });
        }
        self.trace
    }
}

fn lock_operation(name: &str) -> Option<(Verb, Mode)> {
    MODES.iter().find_map(|(prefix, mode)| {
        let name = name.strip_prefix(prefix)?;
        VERBS.iter().find(|(verb, _)| *verb == name).map(|(_, verb)| (*verb, *mode))
    })
}

/// What sort of lock each one is, as far as it shows.
fn kinds(events: &[Event]) -> HashMap<LockId, LockKind> {
    let mut kinds = HashMap::new();
    let mut holds: HashMap<(LockId, ThreadId), u32> = HashMap::new();
    for event in events {
        match event.op {
            Op::Acquire(lock, mode, _) => {
                let depth = holds.entry((lock, event.thread)).or_default();
                *depth += 1;
                if mode != Mode::Exclusive {
                    kinds.insert(lock, LockKind::RwLock);
                } else if *depth > 1 {
                    kinds.entry(lock).or_insert(LockKind::Reentrant);
                }
            }
            Op::Request(lock, mode) | Op::Refused(lock, mode, _) if mode != Mode::Exclusive => {
                kinds.insert(lock, LockKind::RwLock);
            }
            Op::Release(lock) => {
                let depth = holds.entry((lock, event.thread)).or_default();
                *depth = depth.saturating_sub(1);
            }
            _ => {}
        }
    }
    kinds
}

/// `file:line:column`, `file:line`, a number, or just a name.
fn place(text: &str) -> Place {
    let number = |text: &str| text.parse::<u32>().ok();
    let of = |file: &str, line, column| Place { file: file.to_string(), line, column };
    if let Some(line) = number(text) {
        return of(LOCATION, line, 0);
    }
    let Some((rest, last)) = text.rsplit_once(':') else { return of(text, 0, 0) };
    let Some(last) = number(last) else { return of(text, 0, 0) };
    match rest.rsplit_once(':').map(|(file, line)| (file, number(line))) {
        Some((file, Some(line))) => of(file, line, last),
        _ => of(rest, last, 0),
    }
}

fn shortened(text: &str) -> String {
    let mut letters = text.chars();
    let start: String = letters.by_ref().take(40).collect();
    if letters.next().is_some() { start + "..." } else { start }
}

/// Writes the events of `trace` as STD text, which [`super::read`] reads back with the same
/// numbers.
///
/// # Errors
///
/// When `out` fails.
pub fn write_std(out: &mut impl Write, trace: &Trace) -> io::Result<()> {
    for event in &trace.events {
        write!(out, "T{}|", event.thread.0)?;
        write_op(out, event.op)?;
        out.write_all(b"|")?;
        write_place(out, trace.place(event.site))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn write_op(out: &mut impl Write, op: Op) -> io::Result<()> {
    let mut of_lock =
        |verb, mode, lock: LockId| write_lock_op(out, verb, mode, &format!("L{}", lock.0));
    match op {
        Op::Request(lock, mode) => of_lock(Verb::Request, mode, lock),
        Op::Acquire(lock, mode, how) => of_lock(Verb::Acquire(how), mode, lock),
        Op::Refused(lock, mode, how) => of_lock(Verb::Refused(how), mode, lock),
        Op::Release(lock) => of_lock(Verb::Release, Mode::Exclusive, lock),
        Op::Destroy(lock) => write!(out, "destroy(L{})", lock.0),
        Op::Fork(thread) => write!(out, "fork(T{})", thread.0),
        Op::Joining(thread) => write!(out, "joining(T{})", thread.0),
        Op::Join(thread) => write!(out, "join(T{})", thread.0),
        Op::Begin => out.write_all(b"begin"),
        Op::End => out.write_all(b"end"),
        Op::Read(variable) => write!(out, "r(V{variable})"),
        Op::Write(variable) => write!(out, "w(V{variable})"),
        Op::Wait(condvar) => write!(out, "wait(C{condvar})"),
        Op::Woken(condvar) => write!(out, "woken(C{condvar})"),
        Op::Notify(condvar) => write!(out, "notify(C{condvar})"),
        Op::Arrive(barrier) => write!(out, "arrive(B{barrier})"),
        Op::Leave(barrier) => write!(out, "leave(B{barrier})"),
        Op::Channel(channel, room) => write!(out, "channel(H{channel},{room})"),
        Op::Send(channel) => write!(out, "send(H{channel})"),
        Op::Receive(channel) => write!(out, "recv(H{channel})"),
        Op::Tell(object) => write!(out, "tell(O{object})"),
        Op::Hear(object) => write!(out, "hear(O{object})"),
        Op::Branch => out.write_all(b"branch"),
    }
}

/// An operation on the lock of this name.
pub(super) fn write_lock_op(
    out: &mut impl Write,
    verb: Verb,
    mode: Mode,
    lock: &str,
) -> io::Result<()> {
    let prefix = MODES.iter().find(|(_, of)| *of == mode).map_or("", |(prefix, _)| prefix);
    let name = VERBS.iter().find(|(_, of)| *of == verb).map_or("", |(name, _)| name);
    write!(out, "{prefix}{name}({lock})")
}

/// A place, as [`place`] reads it.
pub(super) fn write_place(out: &mut impl Write, place: Option<&Place>) -> io::Result<()> {
    match place {
        None => out.write_all(b"?"),
        Some(Place { file, line, .. }) if file == LOCATION => write!(out, "{line}"),
        Some(Place { file, line, column }) => {
            // Lines and fields must stay apart, whatever the file is called.
            let file = file.replace(|letter: char| letter == '|' || letter.is_control(), "_");
            write!(out, "{file}:{line}")?;
            if *column > 0 { write!(out, ":{column}") } else { Ok(()) }
        }
    }
}
