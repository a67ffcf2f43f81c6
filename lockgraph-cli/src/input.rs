//! What the commands that judge are given: traces and reports, thousands of them.
//!
//! Few files are read one after the other, each with a bar and as fast as its reader can. Many are
//! shared out among all processors, a file at a time, and handed over as they are ready: whoever
//! takes them must not depend on the order. So no more of them are in memory than there are
//! processors, twice.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use lockgraph::check::{self, Options, Replay, Report};
use lockgraph::event::Event;
use lockgraph::trace::{self, ErrorKind, Position, ReadError, Scan, Trace};

use crate::check::Checked;
use crate::load::{self, Problem};
use crate::view::Timeline;
use crate::{progress, report_file};

/// So many files are not worth more than one thread that hands them out.
const FEW: usize = 8;

/// What a file holds.
pub(crate) enum Input {
    /// A trace, without its events, what it comes to, and what the events were, if that is asked.
    Trace(Box<Trace>, Box<Report>, Option<Box<Timeline>>),
    Report(Box<Checked>),
}

/// Files to be read.
pub(crate) struct Inputs {
    files: Vec<PathBuf>,
    problems: Vec<(Problem, Position)>,
    /// A process that died before it recorded anything left an empty file.
    skips_empty: bool,
    /// How many bars of what the events were are kept, if any.
    with_events: Option<usize>,
    /// Whether problems are told at once on standard error.
    tells: bool,
}

/// What a file came to, and what is wrong with it.
pub(crate) type Outcome = (Option<Input>, Vec<(Problem, Position)>);

impl Inputs {
    /// What `paths` name, a directory standing for its .lgt files, and for its .json files too if
    /// there may be reports among them.
    pub(crate) fn of(paths: &[PathBuf], with_reports: bool) -> Inputs {
        let extensions: &[&str] = if with_reports { &["lgt", "json"] } else { &["lgt"] };
        let (mut files, mut problems) = (Vec::new(), Vec::new());
        for path in paths {
            match load::named(path, extensions) {
                Ok(more) => files.extend(more),
                Err(problem) => problems.push((problem, Position::File)),
            }
        }
        Inputs { files, problems, skips_empty: with_reports, with_events: None, tells: true }
    }

    /// The traces in the directory that the processes of a run wrote to. There may be none.
    pub(crate) fn of_run(directory: &Path) -> Inputs {
        let (files, problems) = match load::files_in(directory, &["lgt"]) {
            Ok(files) => (files, Vec::new()),
            Err(error) => {
                let what = format!("cannot list the directory: {error}");
                let problem = load::problem(&directory.to_string_lossy(), Position::File, &what);
                (Vec::new(), vec![(problem, Position::File)])
            }
        };
        Inputs { files, problems, skips_empty: true, with_events: None, tells: false }
    }

    /// The same, for a page with at most so many bars of each timeline.
    pub(crate) fn with_events(self, with_events: Option<usize>) -> Inputs {
        Inputs { with_events, ..self }
    }

    /// Hands each of them to `take`, in any order, and returns what is wrong with them.
    pub(crate) fn each(
        mut self,
        options: &Options,
        take: &mut dyn FnMut(&str, Input),
    ) -> Vec<Problem> {
        let how = self.how(options);
        if self.files.len() < FEW {
            for file in &self.files {
                let (input, problems) = one(file, &how);
                self.problems.extend(problems);
                if let Some(input) = input {
                    let name = file.to_string_lossy();
                    progress::during(&format!("looking at {name}"), || take(&name, input));
                }
            }
        } else {
            let more = self.shared_out(&how, take);
            self.problems.extend(more);
        }
        if self.tells {
            self.problems.iter().for_each(|(problem, position)| load::tell(problem, *position));
        }
        self.problems.into_iter().map(|(problem, _)| problem).collect()
    }

    fn how(&self, options: &Options) -> How {
        let Inputs { skips_empty, with_events, .. } = *self;
        How { options: *options, skips_empty, with_events }
    }

    /// The same on all processors. The problems are in the order of the files.
    fn shared_out(&self, how: &How, take: &mut dyn FnMut(&str, Input)) -> Vec<(Problem, Position)> {
        let count = self.files.len();
        let next = AtomicUsize::new(0);
        let mut problems: Vec<(usize, Vec<(Problem, Position)>)> = Vec::new();
        progress::counting(&format!("reading {count} files"), count as u64, |done| {
            let workers = thread::available_parallelism().map_or(1, NonZero::get);
            thread::scope(|scope| {
                let (give, ready) = mpsc::sync_channel(workers);
                for _ in 0..workers {
                    let give = give.clone();
                    let work = || -> Option<()> {
                        let give = give;
                        loop {
                            let at = next.fetch_add(1, Ordering::Relaxed);
                            let file = self.files.get(at)?;
                            give.send((at, quietly(file, how))).ok()?;
                        }
                    };
                    scope.spawn(work);
                }
                drop(give);
                for (at, (input, wrong)) in ready {
                    if let Some(input) = input {
                        take(&self.files[at].to_string_lossy(), input);
                    }
                    if !wrong.is_empty() {
                        problems.push((at, wrong));
                    }
                    AtomicU64::fetch_add(done, 1, Ordering::Relaxed);
                }
            });
        });
        problems.sort_unstable_by_key(|(at, _)| *at);
        problems.into_iter().flat_map(|(_, problems)| problems).collect()
    }
}

/// How a file is read.
#[derive(Clone, Copy)]
struct How {
    options: Options,
    skips_empty: bool,
    with_events: Option<usize>,
}

/// Reads a file with a bar, in two threads.
fn one(path: &Path, how: &How) -> Outcome {
    let feed: &Feed = &|step| load::read(path, step);
    // Standard input has no form before it is read; of what cannot be opened its reader says why.
    match form(path).unwrap_or(Form::Native) {
        Form::Report => report(path),
        form if load::has_processors() => {
            let how = form.how(how);
            let mut timeline = how.timeline();
            let run = Replay::in_two_threads(&how.options, |step| {
                feed(&mut |batch| {
                    see(&mut timeline, batch);
                    step(batch);
                })
            });
            judged(path, run, timeline, &how)
        }
        form => trace(path, &form.how(how), feed),
    }
}

/// Reads a file in this thread.
fn quietly(path: &Path, how: &How) -> Outcome {
    match form(path).unwrap_or(Form::Native) {
        Form::Report => report(path),
        form => trace(path, &form.how(how), &|step| trace::scan(path, Scan::default(), step)),
    }
}

/// Hands over the events of a trace.
type Feed<'a> = dyn Fn(&mut dyn FnMut(&[Event])) -> Result<Trace, ReadError> + 'a;

fn trace(path: &Path, how: &How, feed: &Feed<'_>) -> Outcome {
    let (mut replay, mut timeline) = (Replay::new(&how.options), how.timeline());
    let read = feed(&mut |batch| {
        see(&mut timeline, batch);
        batch.iter().for_each(|event| replay.step(event));
    });
    judged(path, (replay, read), timeline, how)
}

fn see(timeline: &mut Option<Box<Timeline>>, batch: &[Event]) {
    if let Some(timeline) = timeline {
        batch.iter().for_each(|event| timeline.step(event));
    }
}

fn judged(
    path: &Path,
    (replay, read): (Replay, Result<Trace, ReadError>),
    timeline: Option<Box<Timeline>>,
    how: &How,
) -> Outcome {
    let name = path.to_string_lossy();
    match read {
        Ok(trace) => {
            let wrong = trace.problems.iter();
            let problems =
                wrong.map(|it| (load::problem(&name, it.offset, &it.what), it.offset)).collect();
            let report = check::conclude(&trace, replay, &how.options);
            (Some(Input::Trace(Box::new(trace), Box::new(report), timeline)), problems)
        }
        Err(error) if error.kind == ErrorKind::Empty && how.skips_empty => (None, Vec::new()),
        Err(error) => {
            let problem = load::problem(&error.file, error.offset, &error.what);
            (None, vec![(problem, error.offset)])
        }
    }
}

/// What bytes hold that came from `path` and are read already.
pub(crate) fn of_bytes(path: &Path, bytes: &[u8], options: &Options) -> Outcome {
    let how = How { options: *options, skips_empty: false, with_events: None };
    match Form::of(bytes) {
        Form::Report => concluded(path, report_file::read(bytes)),
        form => trace(path, &form.how(&how), &|step| {
            trace::scan_bytes(&path.to_string_lossy(), bytes, Scan::default(), step)
        }),
    }
}

fn report(path: &Path) -> Outcome {
    let read = fs::read(path).map_err(|error| (Position::File, format!("cannot be read: {error}")));
    concluded(path, read.and_then(|bytes| report_file::read(&bytes)))
}

fn concluded(path: &Path, read: Result<Checked, report_file::Failure>) -> Outcome {
    match read {
        Ok(checked) => (Some(Input::Report(Box::new(checked))), Vec::new()),
        Err((position, what)) => {
            (None, vec![(load::problem(&path.to_string_lossy(), position, &what), position)])
        }
    }
}

impl How {
    fn timeline(&self) -> Option<Box<Timeline>> {
        self.with_events.map(|bars| Box::new(Timeline::of_at_most(bars)))
    }
}

/// What a file is.
enum Form {
    Report,
    /// A trace of ours.
    Native,
    /// A trace of others, which knows no classes of locks: their order would be empty.
    Foreign,
}

impl Form {
    /// By how it begins: no trace begins with `{`, or with spaces before it.
    fn of(bytes: &[u8]) -> Form {
        if trace::is_native(bytes) {
            return Form::Native;
        }
        let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
        if first == Some(&b'{') { Form::Report } else { Form::Foreign }
    }

    fn how(&self, how: &How) -> How {
        let order = how.options.order && matches!(self, Form::Native);
        How { options: Options { order, ..how.options }, ..*how }
    }
}

/// What a file is. What is no file, such as a pipe, can be read only once, and is a trace.
fn form(path: &Path) -> io::Result<Form> {
    if !fs::metadata(path)?.is_file() {
        return Ok(Form::Native);
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(256).read_to_end(&mut bytes)?;
    Ok(Form::of(&bytes))
}
