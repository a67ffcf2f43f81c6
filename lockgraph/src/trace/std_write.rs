//! Writes events as STD text. [`super::std_text`] has the form.

use std::io::{self, Write};

use super::contents::Trace;
use super::rapid_bin::LOCATION;
use super::std_text::{MODES, VERBS, Verb};
use crate::event::Op;
use crate::finding::Place;
use crate::id::{LockId, Mode};

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
        Op::TimedWait(condvar) => write!(out, "timedwait(C{condvar})"),
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

/// A place, as the reader reads it.
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
