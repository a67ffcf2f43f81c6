//! Writes events as RapidBin: big-endian words under a header of counts.
//!
//! It has only exclusive locks, reads, writes, forks, joins and requests. A reader of locks becomes
//! a writer, because a benchmark of the file's size is better served by that than by nothing.

use std::io::{self, Write};

use lockgraph::event::{Event, Op};

/// Writes `events`.
///
/// # Errors
///
/// When `out` fails, or when an event has no form: then the kind is `InvalidInput`.
pub(crate) fn write(out: &mut impl Write, events: &[Event]) -> io::Result<()> {
    out.write_all(&header(events))?;
    for event in events {
        out.write_all(&word(event)?.to_be_bytes())?;
    }
    Ok(())
}

/// One more than the highest number of each sort that occurs, and the number of events.
fn header(events: &[Event]) -> Vec<u8> {
    let (mut threads, mut locks, mut variables) = (0, 0, 0);
    for event in events {
        threads = threads.max(event.thread.0 + 1);
        match event.op {
            Op::Request(lock, _) | Op::Acquire(lock, ..) => locks = locks.max(lock.0 + 1),
            Op::Read(variable) | Op::Write(variable) => variables = variables.max(variable + 1),
            Op::Fork(child) => threads = threads.max(child.0 + 1),
            _ => {}
        }
    }
    let mut header = Vec::new();
    header.extend((threads as i16).to_be_bytes());
    header.extend((locks as i32).to_be_bytes());
    header.extend((variables as i32).to_be_bytes());
    header.extend((events.len() as i64).to_be_bytes());
    header
}

fn word(event: &Event) -> io::Result<u64> {
    let (operation, operand) = match event.op {
        Op::Acquire(lock, ..) => (0, lock.0),
        Op::Release(lock) => (1, lock.0),
        Op::Read(variable) => (2, variable),
        Op::Write(variable) => (3, variable),
        Op::Fork(child) => (4, child.0.into()),
        Op::Join(child) => (5, child.0.into()),
        Op::Begin => (6, 0),
        Op::End => (7, 0),
        Op::Request(lock, _) => (8, lock.0),
        Op::Branch => (9, 0),
        _ => return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{:?}", event.op))),
    };
    let location = u64::from(event.site.0) & 0x7fff;
    Ok(u64::from(event.thread.0) & 0x3ff | operation << 10 | operand << 14 | location << 48)
}
