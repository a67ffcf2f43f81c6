//! What can be wrong with a trace: a problem, where it was read all the same, or an error.

use std::fmt;

/// A place in a trace file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Position {
    /// Bytes from the start.
    Byte(u64),
    /// In a text: line and column, from 1.
    Line(u64, u64),
    /// An event, counted from 1.
    Event(u64),
    /// The file as a whole.
    File,
}

/// Something wrong with a trace that was read all the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Where.
    pub offset: Position,
    /// What is wrong and what follows from it: a sentence without a full stop.
    pub what: String,
}

/// Why a trace could not be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadError {
    /// What sort of failure.
    pub kind: ErrorKind,
    /// The file, as it was named.
    pub file: String,
    /// Where in it.
    pub offset: Position,
    /// What is wrong and what to do: a sentence without a full stop.
    pub what: String,
}

/// What sort of failure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// The system would not let us read it.
    Io,
    /// There is nothing in it.
    Empty,
    /// It is no trace, or of a form that we do not know.
    Foreign,
    /// A later version of lockgraph wrote it.
    Future,
    /// It is one of our traces, without its beginning or with a damaged one.
    Damaged,
}

/// How many problems of one trace are told.
const MOST_PROBLEMS: usize = 100;

/// Adds a problem. Past [`MOST_PROBLEMS`], only how many more there are is kept.
pub(super) fn note(problems: &mut Vec<Problem>, offset: Position, what: impl Into<String>) {
    if problems.len() < MOST_PROBLEMS {
        problems.push(Problem { offset, what: what.into() });
        return;
    }
    let more = match problems.last() {
        Some(Problem { offset: Position::File, what }) => {
            what.split(' ').next().and_then(|count| count.parse::<u64>().ok()).unwrap_or(1)
        }
        _ => 0,
    };
    problems.truncate(MOST_PROBLEMS);
    let what = format!("{} more problems are not listed", more + 1);
    problems.push(Problem { offset: Position::File, what });
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Position::Byte(offset) => write!(f, "byte {offset}"),
            Position::Line(line, column) => write!(f, "{line}:{column}"),
            Position::Event(number) => write!(f, "event {number}"),
            Position::File => f.write_str("whole file"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset {
            Position::File => f.write_str(&self.what),
            offset => write!(f, "{offset}: {}", self.what),
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.offset {
            Position::File => write!(f, "{}: {}", self.file, self.what),
            Position::Line(line, column) => {
                write!(f, "{}:{line}:{column}: {}", self.file, self.what)
            }
            offset => write!(f, "{}: {offset}: {}", self.file, self.what),
        }
    }
}

impl std::error::Error for ReadError {}
