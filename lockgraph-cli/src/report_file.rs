//! Reads a report for programs back: what `print::json` writes, so that printing what was read gives
//! the same bytes.
//!
//! What follows from the rest (headlines, advice, fingerprints, counts by verdict) is not looked at.
//! An error says where, what, and what to do about it. One pass over the bytes; a report of a newer
//! version is looked at once more, to say that rather than what of it is not known here.

mod finding;
mod found;
mod name;
mod standstill;
#[cfg(test)]
mod tests;

use lockgraph::check::Summary;
use lockgraph::finding::Lock;
use lockgraph::id::Signal;
use lockgraph::predict::Limits;
use lockgraph::trace::{Awaited, Position};
use serde::Deserialize;
use serde_json::error::Category;

use crate::check::Checked;
use crate::contention::OfClass;
use crate::load::{self, Problem};
use crate::order::Order;
use crate::print::json::VERSION;
use found::Found;
use name::named;

#[derive(Deserialize)]
struct Report {
    #[serde(rename = "version")]
    _version: Version,
    traces: Vec<String>,
    trace_count: u64,
    findings: Vec<Found>,
    inside: Vec<Found>,
    order: Order,
    summary: Counts,
    limits: Bounds,
    contention: Vec<Waits>,
    problems: Vec<Problem>,
    notes: Vec<Problem>,
}

#[derive(Deserialize)]
struct Counts {
    events: u64,
    threads: u64,
    locks: u64,
    acquisitions: u64,
    patterns: u64,
    witnessed: u64,
    searches_cut: u64,
    edges: u64,
}

#[derive(Deserialize)]
struct Bounds {
    max_length: Option<usize>,
    budget: u64,
}

#[derive(Deserialize)]
#[serde(try_from = "WaitsAsWritten")]
struct Waits(OfClass);

#[derive(Deserialize)]
struct WaitsAsWritten {
    what: String,
    lock: Option<finding::Lock>,
    waits: u64,
    total_nanos: u64,
    longest_nanos: u64,
    site: Option<finding::Place>,
    thread: finding::Thread,
}

/// The version of the form, which is one that is known here.
#[derive(Deserialize)]
#[serde(try_from = "u64")]
struct Version;

/// Of a report of any version.
#[derive(Deserialize)]
struct Head {
    version: u64,
}

/// Where and what, with the remedy.
pub(crate) type Failure = (Position, String);

/// Reads a report.
pub(crate) fn read(bytes: &[u8]) -> Result<Checked, Failure> {
    serde_json::from_slice::<Report>(bytes).map(Checked::from).map_err(|error| {
        conflict(bytes).or_else(|| newer(bytes)).unwrap_or_else(|| failure(&error))
    })
}

impl From<Report> for Checked {
    fn from(report: Report) -> Checked {
        let Counts { events, threads, locks, acquisitions, .. } = report.summary;
        let Counts { patterns, witnessed, searches_cut, edges, .. } = report.summary;
        let inside: Vec<crate::check::Found> = report.inside.into_iter().map(|it| it.0).collect();
        Checked {
            more_traces: report.trace_count.saturating_sub(report.traces.len() as u64),
            traces: report.traces,
            found: report.findings.into_iter().map(|it| it.0).collect(),
            hidden: inside.len(),
            inside,
            order: report.order,
            summary: Summary {
                events,
                threads,
                locks,
                edges,
                acquisitions,
                patterns,
                witnessed,
                searches_cut,
            },
            limits: Limits {
                max_length: report.limits.max_length.unwrap_or(usize::MAX),
                budget: report.limits.budget,
            },
            contention: report.contention.into_iter().map(|waits| waits.0).collect(),
            problems: report.problems,
            notes: report.notes,
            ..Checked::default()
        }
    }
}

impl TryFrom<WaitsAsWritten> for Waits {
    type Error = String;

    fn try_from(waits: WaitsAsWritten) -> Result<Waits, String> {
        let WaitsAsWritten { waits: count, total_nanos, longest_nanos, .. } = waits;
        Ok(Waits(OfClass {
            what: awaited(&waits.what, waits.lock.map(Lock::from))?,
            waits: count,
            total_nanos,
            longest_nanos,
            site: waits.site.map(Into::into),
            thread: waits.thread.into(),
        }))
    }
}

fn awaited(what: &str, lock: Option<Lock>) -> Result<Awaited<Lock>, String> {
    match (what, lock) {
        ("lock", Some(lock)) => Ok(Awaited::Lock(lock)),
        ("lock", None) => Err("a wait for a lock that has no `lock`".to_string()),
        ("ends", _) => Ok(Awaited::Ends),
        ("others", _) => Ok(Awaited::Others),
        (signal, object) => Ok(Awaited::Signal(named::<Signal>(signal)?, object)),
    }
}

impl TryFrom<u64> for Version {
    type Error = String;

    fn try_from(version: u64) -> Result<Version, String> {
        match version {
            version if version == u64::from(VERSION) => Ok(Version),
            version => Err(format!("the version of a report cannot be {version}")),
        }
    }
}

/// What serde says of it, and what can be done.
fn failure(error: &serde_json::Error) -> Failure {
    let position = match error.line() {
        0 => Position::File,
        line => Position::Line(line as u64, error.column() as u64),
    };
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    let again = "write it again with `--format json` of `lockgraph check`";
    let what = match error.classify() {
        Category::Eof => format!("the report is cut off; {again}"),
        Category::Syntax => format!("this is no JSON: {text}; {again}"),
        _ => format!("this is no report of `lockgraph check`: {text}; {again}"),
    };
    (position, what)
}

/// Whether somebody else's changes were merged into it and could not be.
fn conflict(bytes: &[u8]) -> Option<Failure> {
    let line = load::conflict(bytes)?;
    let what = "git could not merge this report and has marked the conflict; take both versions \
                apart again (`git show :2:FILE`, `git show :3:FILE`) and merge them with \
                `lockgraph merge`";
    Some((Position::Line(line as u64, 1), what.to_string()))
}

fn newer(bytes: &[u8]) -> Option<Failure> {
    let head: Head = serde_json::from_slice(bytes).ok()?;
    let is_newer = head.version > u64::from(VERSION);
    is_newer.then(|| {
        let line = bytes
            .split(|byte| *byte == b'\n')
            .position(|line| line.trim_ascii_start().starts_with(b"\"version\""));
        let position = line.map_or(Position::File, |at| Position::Line(at as u64 + 1, 1));
        let version = head.version;
        let what = format!(
            "a newer lockgraph wrote this report (version {version} of its form; this lockgraph \
             reads version {VERSION}): install that one, or write it again with this one"
        );
        (position, what)
    })
}
