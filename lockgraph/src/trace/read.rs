//! Reads a trace, whoever wrote it: the form is told by the bytes, not by the file's name.
//!
//! What can be read is returned, with a [`Problem`](super::Problem) for each thing that could not.
//! Only a file with nothing to read in it is a [`ReadError`].
//!
//! STD and RapidBin are read in one pass, and memory follows their locks, threads, variables and
//! places. Of our own files the bytes are kept, because the events of each thread lie apart.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::atomic::Ordering;

use super::contents::Trace;
use super::feed::Feed;
use super::intake::{Give, Outlet, Progress, in_two_threads};
use super::problem::{ErrorKind, Position, ReadError};
use super::{layout, native, rapid_bin, std_text};
use crate::event::Event;

/// How a trace is scanned.
#[derive(Clone, Copy, Default, Debug)]
pub struct Scan<'a> {
    /// Whether a second thread reads and judges while the calling one takes the events.
    pub two_threads: bool,
    /// Where to tell how far it is.
    pub progress: Option<&'a Progress>,
}

/// Reads the trace at `path`; `-` is the standard input.
///
/// # Errors
///
/// When nothing can be read: no such file, empty, foreign, of a later version.
pub fn read(path: &Path) -> Result<Trace, ReadError> {
    let name = name(path);
    let mut from = open(path, None)?;
    keep(&name, &mut from)
}

/// Reads the trace in `bytes`; errors call it `file`.
///
/// # Errors
///
/// As [`read`].
pub fn read_bytes(file: &str, mut bytes: &[u8]) -> Result<Trace, ReadError> {
    keep(file, &mut bytes)
}

/// Reads the trace at `path` as [`read`] does, but hands the events to `take` as they come, in
/// batches. The trace that is returned has everything but them and their times.
///
/// # Errors
///
/// As [`read`]. If the file cannot be read any further, `take` had the events before that.
pub fn scan(
    path: &Path,
    how: Scan<'_>,
    take: &mut dyn FnMut(&[Event]),
) -> Result<Trace, ReadError> {
    let mut from = open(path, how.progress)?;
    hand_on(&name(path), &mut from, how, take)
}

/// Scans the trace in `bytes`; errors call it `file`.
///
/// # Errors
///
/// As [`scan`].
pub fn scan_bytes(
    file: &str,
    mut bytes: &[u8],
    how: Scan<'_>,
    take: &mut dyn FnMut(&[Event]),
) -> Result<Trace, ReadError> {
    hand_on(file, &mut bytes, how, take)
}

/// What the reader of a form says when there is nothing to return.
pub(super) type Failure = (ErrorKind, Position, String);

type Source<'a> = &'a mut (dyn Read + Send);

fn keep(file: &str, from: Source<'_>) -> Result<Trace, ReadError> {
    let mut events = Vec::new();
    let mut give = |batch: &mut Vec<Event>| events.append(batch);
    let out = Outlet { give: &mut give, progress: None, keeps_times: true };
    let mut trace = parse(file, from, out)?;
    trace.events = events;
    Ok(trace)
}

fn hand_on(
    file: &str,
    from: Source<'_>,
    how: Scan<'_>,
    take: &mut dyn FnMut(&[Event]),
) -> Result<Trace, ReadError> {
    let progress = how.progress;
    if how.two_threads {
        let produce = |give: &mut Give<'_>| {
            let mut give = |batch: &mut Vec<Event>| give(batch);
            parse(file, from, Outlet { give: &mut give, progress, keeps_times: false })
        };
        return in_two_threads(produce, take);
    }
    let mut give = |batch: &mut Vec<Event>| take(batch);
    parse(file, from, Outlet { give: &mut give, progress, keeps_times: false })
}

fn parse(file: &str, from: Source<'_>, out: Outlet<'_>) -> Result<Trace, ReadError> {
    let mut feed = Feed::new(from, out.progress);
    let read = || {
        // A few words, lines or a header tell the form.
        feed.at_least(layout::HEADER)?;
        match form(feed.bytes()) {
            Form::Native => native::read(&feed.rest()?, out),
            Form::RapidBin => rapid_bin::read(&mut feed, out),
            Form::Std => std_text::read(&mut feed, out),
            Form::Not(kind, what) => Err((kind, Position::Byte(0), what.to_string())),
        }
    };
    let failed = |(kind, offset, what)| ReadError { kind, file: file.to_string(), offset, what };
    let mut trace = read().map_err(failed)?;
    trace.complete();
    Ok(trace)
}

fn name(path: &Path) -> Cow<'_, str> {
    if path == Path::new("-") { "<stdin>".into() } else { path.to_string_lossy() }
}

fn open(path: &Path, progress: Option<&Progress>) -> Result<Box<dyn Read + Send>, ReadError> {
    let failed = |what| ReadError {
        kind: ErrorKind::Io,
        file: name(path).into_owned(),
        offset: Position::File,
        what,
    };
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin()));
    }
    if path.is_dir() {
        return Err(failed("this is a directory; name the trace files in it".to_string()));
    }
    let cannot =
        |error: io::Error| failed(format!("cannot read the trace: {}", lower(&error.to_string())));
    let file = File::open(path).map_err(cannot)?;
    if let (Some(progress), Ok(metadata)) = (progress, file.metadata()) {
        progress.total.store(metadata.len(), Ordering::Relaxed);
    }
    Ok(Box::new(file))
}

/// Whether what begins with these bytes is a trace of ours. Those of others know no classes of
/// locks.
pub fn is_native(start: &[u8]) -> bool {
    start.starts_with(&layout::MAGIC)
}

enum Form {
    Native,
    Std,
    RapidBin,
    Not(ErrorKind, &'static str),
}

fn form(bytes: &[u8]) -> Form {
    const COMPRESSED: [&[u8]; 4] =
        [b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"PK\x03\x04"];
    if bytes.is_empty() {
        let what = "the file is empty: the program died before it recorded anything, or recorded \
                    nothing; record again";
        return Form::Not(ErrorKind::Empty, what);
    }
    if is_native(bytes) {
        return Form::Native;
    }
    if layout::MAGIC.starts_with(bytes) {
        return Form::Not(ErrorKind::Damaged, native::CUT_HEADER);
    }
    if bytes.iter().all(|byte| *byte == 0) {
        let what = "there are only zeros: the program died before it recorded anything; record \
                    again";
        return Form::Not(ErrorKind::Empty, what);
    }
    if COMPRESSED.iter().any(|magic| bytes.starts_with(magic)) {
        return Form::Not(ErrorKind::Foreign, "the file is compressed; decompress it first");
    }
    if rapid_bin::is_likely(bytes) {
        return Form::RapidBin;
    }
    if std_text::is_likely(bytes) {
        return Form::Std;
    }
    let what = "this is no trace that lockgraph reads; name a .lgt file, STD text or RapidBin";
    Form::Not(ErrorKind::Foreign, what)
}

/// Messages of ours begin in lower case; those of the system do not.
pub(super) fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
