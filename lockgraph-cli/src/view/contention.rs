//! The longest waits and holds by place: `Contention` of the page's model.
//!
//! Rows are added trace by trace; those that say the same of the same place are one in a run. The
//! page gets at most [`MOST`] of each, those with the longest first.

use std::cmp::Reverse;

use lockgraph::check::{ContentionRow, LongestHoldRow, Report};
use lockgraph::explain::{self, Spelling};
use lockgraph::finding::{Lock, Place as Site};
use lockgraph::trace::Awaited;
use serde::Serialize;

use super::place::Place;
use crate::workspace::Files;

/// Nobody reads more.
const MOST: usize = 500;

#[derive(Serialize, Default, Debug)]
pub(crate) struct Contention {
    pub(crate) waits: Vec<Row>,
    pub(crate) holds: Vec<Row>,
}

#[derive(Clone, Serialize, PartialEq, Eq, Debug)]
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) place: Option<Place>,
    pub(crate) count: u64,
    pub(crate) total_nanos: Option<u64>,
    pub(crate) longest_nanos: u64,
    pub(crate) thread: String,
    pub(crate) run: String,
}

impl Contention {
    /// Adds what a trace says.
    pub(crate) fn add(&mut self, run: &str, report: &Report, files: &Files) {
        let locks = report.contention.iter().filter_map(|row| row.what.as_ref().object());
        let locks = locks.chain(report.longest_holds.iter().map(|row| &row.held.lock));
        let locks: Vec<Lock> = locks.map(|lock| files.renamed_lock(lock)).collect();
        let threads = report.contention.iter().map(|row| &row.thread);
        let threads = threads.chain(report.longest_holds.iter().map(|row| &row.thread));
        let spell = Spelling::of_all(&locks, threads, []);
        let told = Told { run, files, spell };
        self.waits.extend(report.contention.iter().map(|row| told.wait(row)));
        self.holds.extend(report.longest_holds.iter().map(|row| told.hold(row)));
        [&mut self.waits, &mut self.holds].into_iter().for_each(shorten);
    }
}

/// The longest first, and no more than are read.
fn shorten(rows: &mut Vec<Row>) {
    rows.sort_by_key(|row| Reverse(row.longest_nanos));
    rows.truncate(MOST);
}

struct Told<'a> {
    run: &'a str,
    files: &'a Files,
    spell: Spelling,
}

impl Told<'_> {
    fn wait(&self, row: &ContentionRow) -> Row {
        let lock = |lock: &Lock| self.spell.label(&self.files.renamed_lock(lock));
        let what = match &row.what {
            Awaited::Lock(it) => lock(it),
            Awaited::Signal(signal, object) => {
                explain::awaited(*signal, object.as_ref().map(lock).as_deref())
            }
            Awaited::Ends => "the ends of threads".to_string(),
            Awaited::Others => "all others".to_string(),
        };
        Row {
            what,
            place: self.place(row.site.as_ref()),
            count: row.waits,
            total_nanos: Some(row.total_nanos),
            longest_nanos: row.longest_nanos,
            thread: self.spell.thread(&row.thread),
            run: self.run.to_owned(),
        }
    }

    fn hold(&self, row: &LongestHoldRow) -> Row {
        Row {
            what: self.spell.label(&self.files.renamed_lock(&row.held.lock)),
            place: self.place(row.held.site.as_ref()),
            count: 0,
            total_nanos: None,
            longest_nanos: row.nanos,
            thread: self.spell.thread(&row.thread),
            run: self.run.to_owned(),
        }
    }

    fn place(&self, site: Option<&Site>) -> Option<Place> {
        site.map(|site| Place::of(&self.files.renamed_place(site)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staged;
    use crate::workspace::Workspace;

    #[test]
    fn rows_are_those_of_all_runs_the_longest_first() {
        let files = Files::of(&Workspace::default());
        let mut contention = Contention::default();
        contention.add("one", &staged::report(), &files);
        contention.add("two", &staged::report(), &files);
        let told = |row: &Row| {
            let Row { what, count, total_nanos, longest_nanos, thread, run, .. } = row;
            let line = row.place.as_ref().map(|place| place.line);
            format!("{what}: {count} {total_nanos:?} {longest_nanos} {line:?} {thread} {run}")
        };
        let waits: Vec<String> = contention.waits.iter().map(told).collect();
        assert_eq!(
            waits,
            [
                "lock-1: 12 Some(3050000000) 1250000000 Some(3) thread `t1` one",
                "lock-1: 12 Some(3050000000) 1250000000 Some(3) thread `t1` two",
                "a notification of lock-2: 1 Some(40000000) 40000000 Some(4) thread 9 one",
                "a notification of lock-2: 1 Some(40000000) 40000000 Some(4) thread 9 two",
            ]
        );
        let holds: Vec<String> = contention.holds.iter().map(told).collect();
        assert_eq!(
            holds,
            [
                "lock-2: 0 None 340000000 Some(10) thread `t1` one",
                "lock-2: 0 None 340000000 Some(10) thread `t1` two",
            ]
        );
    }
}
