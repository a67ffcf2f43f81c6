//! One of the two that are compared: a trace, a directory of traces, a report, a committed order.
//!
//! What it is, its content says. What is no file, such as a pipe, can be read only once, so it is
//! kept whole; a trace in a file is not. What is wrong is told on standard error, and what could be
//! read is compared all the same; a side of which nothing could be read is none.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use lockgraph::check::Options;
use lockgraph::trace::Position;

use crate::baseline::Baseline;
use crate::check::{Checked, Found};
use crate::complain;
use crate::input::{self, Input, Inputs};
use crate::load::{self, Problem};
use crate::merge::Merge;
use crate::order::{Edge, Order};
use crate::workspace::{Files, Workspace};

/// So many bytes tell an order from a report.
const HEAD: u64 = 4096;

/// What a side is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    Traces,
    Report,
    Order,
}

/// One of the two.
pub(crate) struct Side {
    pub(crate) file: String,
    pub(crate) form: Form,
    /// Of a committed one only the edges and their functions are known.
    pub(crate) order: Order,
    /// A committed order has none.
    pub(crate) findings: Option<Vec<Found>>,
    /// Where its sources are, if it says so.
    pub(crate) files: Option<Files>,
    /// What could not be read.
    pub(crate) problems: Vec<Problem>,
}

impl Form {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Form::Traces => "traces",
            Form::Report => "report",
            Form::Order => "order",
        }
    }
}

/// Reads what `path` names; `None` if there is nothing to compare.
pub(crate) fn read(path: &Path) -> Option<Side> {
    let bytes = match at_hand(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            complain(&format!("{}: cannot be read: {error}", path.display()));
            return None;
        }
    };
    match bytes {
        Some(bytes) if is_order(&bytes) => committed(path, &bytes),
        bytes => recorded(path, bytes),
    }
}

/// The bytes of a committed order, and of what is no file; `None` for what is better read by who
/// reads traces and reports.
fn at_hand(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        io::stdin().lock().read_to_end(&mut bytes)?;
        return Ok(Some(bytes));
    }
    // Who reads traces says what is wrong with what is not there.
    let Ok(metadata) = fs::metadata(path) else { return Ok(None) };
    if metadata.is_dir() {
        return Ok(None);
    }
    let mut file = File::open(path)?;
    if metadata.is_file() {
        file.by_ref().take(HEAD).read_to_end(&mut bytes)?;
        if !is_order(&bytes) {
            return Ok(None);
        }
    }
    file.read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Whether it begins as a committed order does, whatever is wrong further on: a report has an
/// object where this has a list.
fn is_order(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(HEAD as usize)];
    let dense: Vec<u8> = head.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let has = |mark: &[u8]| dense.windows(mark.len()).any(|window| window == mark);
    has(b"\"order\":[") && !has(b"\"findings\":")
}

fn committed(path: &Path, bytes: &[u8]) -> Option<Side> {
    match Baseline::parse(&String::from_utf8_lossy(bytes), path) {
        Ok(baseline) => Some(Side {
            file: path.to_string_lossy().into_owned(),
            form: Form::Order,
            order: of_baseline(baseline),
            findings: None,
            files: None,
            problems: Vec::new(),
        }),
        Err(trouble) => {
            trouble.to_string().lines().for_each(complain);
            None
        }
    }
}

fn of_baseline(baseline: Baseline) -> Order {
    let edges = baseline.edges.into_iter().map(|(pair, within)| (pair, Edge::committed(within)));
    Order { edges: edges.collect(), ..Order::default() }
}

/// Traces or a report. A finding that cannot deadlock is one that may have been possible before.
fn recorded(path: &Path, bytes: Option<Vec<u8>>) -> Option<Side> {
    let mut merge = Merge::new(&Workspace::default());
    let options = merge.options(Options { all: true, ..Options::default() });
    let mut report = None;
    let mut take = |file: &str, input: Input| match input {
        Input::Report(checked) if !path.is_dir() => report = Some(*checked),
        input => merge.add_input(file, input),
    };
    let problems = match bytes {
        Some(bytes) => of_bytes(path, &bytes, &options, &mut take),
        None => Inputs::of(&[path.to_path_buf()], false).each(&options, &mut take),
    };
    let form = if report.is_some() { Form::Report } else { Form::Traces };
    // As it was written: what the gate found is in it, and what is the order's.
    let checked = report.unwrap_or_else(|| merge.finish(Vec::new(), true));
    let is_read = form == Form::Report || !checked.traces.is_empty();
    is_read.then(|| side(path, form, checked, problems))
}

fn of_bytes(
    path: &Path,
    bytes: &[u8],
    options: &Options,
    take: &mut dyn FnMut(&str, Input),
) -> Vec<Problem> {
    let (input, problems) = input::of_bytes(path, bytes, options);
    if let Some(input) = input {
        take(&path.to_string_lossy(), input);
    }
    let tell = |(problem, position): (Problem, Position)| {
        load::tell(&problem, position);
        problem
    };
    problems.into_iter().map(tell).collect()
}

fn side(path: &Path, form: Form, checked: Checked, problems: Vec<Problem>) -> Side {
    let Checked { mut found, inside, order, files, .. } = checked;
    found.extend(inside);
    Side {
        file: path.to_string_lossy().into_owned(),
        form,
        order,
        findings: Some(found),
        files: Some(files).filter(|files| files.root().is_some()),
        problems,
    }
}

#[cfg(test)]
mod tests;
