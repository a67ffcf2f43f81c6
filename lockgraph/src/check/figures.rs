//! How long threads waited and held, with names.

use super::{ContentionRow, Judge, LongestHoldRow};
use crate::finding::Held;
use crate::names::Names;

impl Judge<'_> {
    pub(super) fn contention_rows(&self) -> Vec<ContentionRow> {
        let rows = self.trace.contention.iter().map(|figures| ContentionRow {
            what: figures.what.map(|lock| self.names.lock(lock)),
            site: Names::place(&self.names, figures.site),
            waits: figures.waits,
            total_nanos: figures.total_nanos,
            longest_nanos: figures.longest_nanos,
            thread: Names::thread(&self.names, figures.thread),
        });
        let mut rows: Vec<ContentionRow> = rows.collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.total_nanos));
        rows
    }

    pub(super) fn longest_hold_rows(&self) -> Vec<LongestHoldRow> {
        let rows = self.trace.longest_holds.iter().map(|hold| LongestHoldRow {
            held: Held {
                lock: self.names.lock(hold.lock),
                mode: hold.mode,
                site: Names::place(&self.names, hold.site),
            },
            thread: Names::thread(&self.names, hold.thread),
            nanos: hold.nanos,
        });
        let mut rows: Vec<LongestHoldRow> = rows.collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.nanos));
        rows
    }
}
