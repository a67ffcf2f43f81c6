//! Reads traces for the commands, and keeps what is wrong with them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use lockgraph::check::{self, Options, Replay, Report};
use lockgraph::event::Event;
use lockgraph::trace::{self, Position, ReadError, Scan, Trace};
use serde::{Deserialize, Serialize};

use crate::{Outcome, complain, progress};

/// Something wrong with a trace. `what` says what to do about it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Debug)]
pub(crate) struct Problem {
    pub(crate) file: String,
    /// Where in the file, if it is not the file as a whole.
    pub(crate) position: Option<String>,
    pub(crate) message: String,
}

/// The traces that a command is about, and what is wrong with them.
#[derive(Default)]
pub(crate) struct Traces {
    pub(crate) problems: Vec<Problem>,
}

impl Traces {
    /// Judges every trace that `paths` name, directories standing for the .lgt files in them, and
    /// hands each to `take` with what it comes to. Its events have gone by then. Problems are told
    /// on standard error at once.
    pub(crate) fn each(
        paths: &[PathBuf],
        options: &Options,
        mut take: impl FnMut(&str, &Trace, Report),
    ) -> Traces {
        let mut traces = Traces::default();
        for path in paths {
            for file in traces.files(path) {
                let mut replay = Replay::new(options);
                let mut step = |batch: &[Event]| batch.iter().for_each(|event| replay.step(event));
                let read = read(&file, &mut step);
                if let Some(trace) = traces.told(&file, read) {
                    let name = file.to_string_lossy();
                    progress::during(&format!("looking at {name}"), || {
                        take(&name, &trace, check::conclude(&trace, replay, options));
                    });
                }
            }
        }
        traces
    }

    /// Reads one trace with its events, if it can be read.
    pub(crate) fn read(&mut self, path: &Path) -> Option<Trace> {
        let mut events = Vec::new();
        let read = read(path, &mut |batch| events.extend_from_slice(batch));
        self.told(path, read).map(|trace| Trace { events, ..trace })
    }

    /// Reads one trace, if it can be read, and hands its events to `step`.
    pub(crate) fn scan(&mut self, path: &Path, step: &mut dyn FnMut(&[Event])) -> Option<Trace> {
        let read = read(path, step);
        self.told(path, read)
    }

    /// What was read, if anything was. Tells what is wrong with it.
    fn told(&mut self, path: &Path, read: Result<Trace, ReadError>) -> Option<Trace> {
        match read {
            Ok(trace) => {
                let name = path.to_string_lossy();
                for problem in &trace.problems {
                    self.add(&name, problem.offset, &problem.what);
                }
                Some(trace)
            }
            Err(error) => {
                self.add(&error.file, error.offset, &error.what);
                None
            }
        }
    }

    /// What the command comes to if all goes well from here on.
    pub(crate) fn outcome(&self) -> Outcome {
        if self.problems.is_empty() { Outcome::Clean } else { Outcome::Failure }
    }

    fn files(&mut self, path: &Path) -> Vec<PathBuf> {
        named(path, &["lgt"]).unwrap_or_else(|problem| {
            tell(&problem, Position::File);
            self.problems.push(problem);
            Vec::new()
        })
    }

    fn add(&mut self, file: &str, position: Position, what: &str) {
        let problem = problem(file, position, what);
        tell(&problem, position);
        self.problems.push(problem);
    }
}

/// The file that `path` names, or the files in it, sorted, that have one of these extensions.
pub(crate) fn named(path: &Path, extensions: &[&str]) -> Result<Vec<PathBuf>, Problem> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let name = path.to_string_lossy();
    let fails = |what: &str| problem(&name, Position::File, what);
    match files_in(path, extensions) {
        Ok(files) if files.is_empty() => {
            let what = "there is no .lgt file in this directory; set LOCKGRAPH_TRACE to it and run \
                        the program";
            Err(fails(what))
        }
        Ok(files) => Ok(files),
        Err(error) => Err(fails(&format!("cannot list the directory: {error}"))),
    }
}

/// The files in a directory, sorted, that have one of these extensions.
pub(crate) fn files_in(directory: &Path, extensions: &[&str]) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if extension.is_some_and(|extension| extensions.contains(&extension)) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

pub(crate) fn problem(file: &str, position: Position, what: &str) -> Problem {
    let position = (position != Position::File).then(|| position.to_string());
    Problem { file: file.into(), position, message: what.into() }
}

/// Says on standard error what is wrong.
pub(crate) fn tell(problem: &Problem, position: Position) {
    let Problem { file, message, .. } = problem;
    let place = match position {
        Position::File => file.clone(),
        Position::Line(line, column) => format!("{file}:{line}:{column}"),
        position => format!("{file}: {position}"),
    };
    complain(&format!("{place}: {message}"));
}

/// Reads a trace, and hands its events to `step`. Where there is a second processor, a second thread
/// parses and audits them.
pub(crate) fn read(path: &Path, step: &mut dyn FnMut(&[Event])) -> Result<Trace, ReadError> {
    progress::reading(&format!("reading {}", path.display()), |progress| {
        let how = Scan { two_threads: has_processors(), progress: Some(progress) };
        trace::scan(path, how, step)
    })
}

/// The first line, from 1, that git left around what it could not merge.
pub(crate) fn conflict(bytes: &[u8]) -> Option<usize> {
    const MARKS: [&[u8]; 3] = [b"<<<<<<< ", b"=======", b">>>>>>> "];
    let is_mark = |line: &[u8]| MARKS.iter().any(|mark| line.starts_with(mark));
    bytes.split(|byte| *byte == b'\n').position(is_mark).map(|at| at + 1)
}

/// Whether there is more than one processor.
pub(crate) fn has_processors() -> bool {
    thread::available_parallelism().is_ok_and(|count| count.get() > 1)
}
