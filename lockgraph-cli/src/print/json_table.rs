//! The tables of `show` as JSON.

use lockgraph::check::{ContentionRow, EdgeRow, LockRow, LongestHoldRow, Report, ThreadRow};
use serde::Serialize;

use super::json::{Counts, counts};
use super::json_finding::{self as finding, Held, Lock, Place, Want};
use crate::contention::{OfClass, sort};

#[derive(Serialize)]
pub(super) struct Trace<'a> {
    file: &'a str,
    summary: Counts,
    threads: Vec<ThreadUse<'a>>,
    locks: Vec<LockUse<'a>>,
    edges: Vec<Edge<'a>>,
    contention: Vec<Contention<'a>>,
    longest_holds: Vec<LongestHold<'a>>,
}

#[derive(Serialize)]
struct ThreadUse<'a> {
    thread: finding::Thread<'a>,
    parent: Option<u32>,
    acquisitions: u64,
    waits_for: Option<Want<'a>>,
    holds: Vec<Held<'a>>,
}

#[derive(Serialize)]
struct LockUse<'a> {
    lock: Lock<'a>,
    acquisitions: u64,
    contended: u64,
    held_by: Vec<finding::Thread<'a>>,
}

#[derive(Serialize)]
struct Edge<'a> {
    from: u64,
    to: u64,
    count: u64,
    threads: Vec<finding::Thread<'a>>,
    from_site: Option<Place<'a>>,
    to_site: Option<Place<'a>>,
}

/// How long threads waited.
#[derive(Serialize)]
pub(super) struct Contention<'a> {
    what: &'static str,
    lock: Option<Lock<'a>>,
    waits: u64,
    total_nanos: u64,
    longest_nanos: u64,
    site: Option<Place<'a>>,
    thread: finding::Thread<'a>,
}

#[derive(Serialize)]
struct LongestHold<'a> {
    #[serde(flatten)]
    held: Held<'a>,
    thread: finding::Thread<'a>,
    nanos: u64,
}

pub(super) fn trace<'a>(file: &'a str, report: &'a Report) -> Trace<'a> {
    Trace {
        file,
        summary: counts(&report.summary),
        threads: report.threads.iter().map(thread_use).collect(),
        locks: report.locks.iter().map(lock_use).collect(),
        edges: report.edges.iter().map(edge).collect(),
        contention: report.contention.iter().map(contention).collect(),
        longest_holds: report.longest_holds.iter().map(longest_hold).collect(),
    }
}

fn thread_use(row: &ThreadRow) -> ThreadUse<'_> {
    ThreadUse {
        thread: finding::thread(&row.thread),
        parent: row.parent,
        acquisitions: row.acquisitions,
        waits_for: row.waits_for.as_ref().map(finding::want),
        holds: row.holds.iter().map(finding::held).collect(),
    }
}

fn lock_use(row: &LockRow) -> LockUse<'_> {
    LockUse {
        lock: finding::lock(&row.lock),
        acquisitions: row.acquisitions,
        contended: row.contended,
        held_by: row.held_by_at_end.iter().map(finding::thread).collect(),
    }
}

fn edge(row: &EdgeRow) -> Edge<'_> {
    Edge {
        from: row.from.id,
        to: row.to.id,
        count: row.count,
        threads: row.threads.iter().map(finding::thread).collect(),
        from_site: row.from_site.as_ref().map(finding::place),
        to_site: row.to_site.as_ref().map(finding::place),
    }
}

fn contention(row: &ContentionRow) -> Contention<'_> {
    let ContentionRow { what, site, waits, total_nanos, longest_nanos, thread } = row;
    Contention {
        what: sort(what),
        lock: what.as_ref().object().map(finding::lock),
        waits: *waits,
        total_nanos: *total_nanos,
        longest_nanos: *longest_nanos,
        site: site.as_ref().map(finding::place),
        thread: finding::thread(thread),
    }
}

/// The same of all traces.
pub(super) fn of_class(figures: &OfClass) -> Contention<'_> {
    let OfClass { what, waits, total_nanos, longest_nanos, site, thread } = figures;
    Contention {
        what: sort(what),
        lock: what.as_ref().object().map(finding::lock),
        waits: *waits,
        total_nanos: *total_nanos,
        longest_nanos: *longest_nanos,
        site: site.as_ref().map(finding::place),
        thread: finding::thread(thread),
    }
}

fn longest_hold(row: &LongestHoldRow) -> LongestHold<'_> {
    LongestHold {
        held: finding::held(&row.held),
        thread: finding::thread(&row.thread),
        nanos: row.nanos,
    }
}
