//! How long threads waited, in many traces together: the locks of a class as one.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use lockgraph::check::ContentionRow;
use lockgraph::explain::{self, Spelling};
use lockgraph::finding::{Class, Lock, Place, Thread};
use lockgraph::trace::Awaited;

use crate::workspace::Files;

/// A wait for a lock of less than this is not worth a line in a report.
const NOTABLE_NANOS: u64 = 100_000_000;
/// So many lines at most.
const LINES: usize = 3;

/// The figures of one class. Sums, but for the longest wait.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct OfClass {
    /// One of those that were waited for; all are of its kind and class.
    pub(crate) what: Awaited<Lock>,
    pub(crate) waits: u64,
    pub(crate) total_nanos: u64,
    pub(crate) longest_nanos: u64,
    /// Where the longest wait was, and whose it was.
    pub(crate) site: Option<Place>,
    pub(crate) thread: Thread,
}

/// The figures of the traces so far.
#[derive(Default)]
pub(crate) struct Contention(BTreeMap<Key, OfClass>);

/// Sort of wait, kind and class: what makes figures one.
type Key = (&'static str, Option<(&'static str, String)>);

impl Contention {
    /// Adds those of a trace, with files as they are named in `files`.
    pub(crate) fn add(&mut self, rows: &[ContentionRow], files: &Files) {
        for row in rows {
            let ContentionRow { what, site, waits, total_nanos, longest_nanos, thread } =
                named(row, files);
            self.add_class(OfClass { what, waits, total_nanos, longest_nanos, site, thread });
        }
    }

    /// Adds those of other traces.
    pub(crate) fn add_classes(&mut self, classes: Vec<OfClass>) {
        classes.into_iter().for_each(|class| self.add_class(class));
    }

    fn add_class(&mut self, more: OfClass) {
        match self.0.entry(key(&more.what)) {
            Entry::Vacant(place) => {
                place.insert(more);
            }
            Entry::Occupied(mut known) => known.get_mut().join(more),
        }
    }

    /// All of them, that with the longest wait first.
    pub(crate) fn into_list(self) -> Vec<OfClass> {
        let mut list: Vec<OfClass> = self.0.into_values().collect();
        list.sort_by_key(|figures| Reverse(figures.longest_nanos));
        list
    }
}

impl OfClass {
    /// Adds figures of the same class. Of equally long waits, the first by place is told.
    fn join(&mut self, more: OfClass) {
        self.waits = self.waits.saturating_add(more.waits);
        self.total_nanos = self.total_nanos.saturating_add(more.total_nanos);
        let told = |it: &OfClass| (Reverse(it.longest_nanos), it.site.clone(), it.thread.clone());
        if told(&more) < told(self) {
            self.longest_nanos = more.longest_nanos;
            (self.site, self.thread) = (more.site, more.thread);
        }
        if more.what < self.what {
            self.what = more.what;
        }
    }
}

/// What is waited for, in a word.
pub(crate) fn sort<L>(what: &Awaited<L>) -> &'static str {
    match what {
        Awaited::Lock(_) => "lock",
        Awaited::Signal(signal, _) => signal.name(),
        Awaited::Ends => "ends",
        Awaited::Others => "others",
    }
}

fn key(what: &Awaited<Lock>) -> Key {
    let class = |lock: &Lock| (lock.kind.name(), lock.class.key());
    (sort(what), what.as_ref().object().map(class))
}

fn named(row: &ContentionRow, files: &Files) -> ContentionRow {
    let what = row.what.clone().map(|mut lock| {
        if let Class::Made(place) | Class::FirstTaken(place) = &mut lock.class {
            files.rename_place(place);
        }
        lock
    });
    let mut site = row.site.clone();
    site.iter_mut().for_each(|place| files.rename_place(place));
    ContentionRow { what, site, ..row.clone() }
}

/// The longest waits for locks, if they are worth a line. Who waits for work, or for the end of a
/// thread, may wait long.
pub(crate) fn notable(figures: &[OfClass]) -> Vec<String> {
    let is_notable = |figures: &&OfClass| {
        matches!(figures.what, Awaited::Lock(_)) && figures.longest_nanos > NOTABLE_NANOS
    };
    let notable: Vec<&OfClass> = figures.iter().filter(is_notable).take(LINES).collect();
    let locks = notable.iter().filter_map(|figures| figures.what.as_ref().object());
    let sites = notable.iter().filter_map(|figures| figures.site.as_ref());
    let spell = Spelling::of_all(locks, notable.iter().map(|figures| &figures.thread), sites);
    notable.into_iter().filter_map(|figures| line(&spell, figures)).collect()
}

fn line(spell: &Spelling, figures: &OfClass) -> Option<String> {
    let lock = spell.lock(figures.what.as_ref().object()?);
    let longest = explain::time(figures.longest_nanos);
    let place = figures.site.as_ref().map(|site| format!(" at {}", spell.place(site)));
    Some(format!("longest wait: {longest} for {lock}{}", place.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staged;
    use crate::workspace::Workspace;

    fn row(what: Awaited<Lock>, waits: u64, longest_millis: u64) -> ContentionRow {
        let longest_nanos = longest_millis * 1_000_000;
        ContentionRow {
            what,
            site: Some(staged::place("src/a.rs", longest_millis as u32, 9)),
            waits,
            total_nanos: longest_nanos + waits,
            longest_nanos,
            thread: staged::thread(1),
        }
    }

    #[test]
    fn figures_of_a_class_are_added_up() {
        let lock = |id| Awaited::Lock(staged::lock(id));
        let files = Files::of(&Workspace::default());
        let mut contention = Contention::default();
        contention.add(&[row(lock(10), 3, 40), row(lock(1), 1, 700)], &files);
        contention.add(&[row(lock(11), 2, 120), row(lock(12), 4, 90)], &files);
        contention.add(&[row(Awaited::Ends, 1, 60_000)], &files);
        let list = contention.into_list();
        let figures = |of: &OfClass| (sort(&of.what), of.waits, of.total_nanos, of.longest_nanos);
        let got: Vec<_> = list.iter().map(figures).collect();
        assert_eq!(
            got,
            [
                ("ends", 1, 60_000_000_001, 60_000_000_000),
                ("lock", 1, 700_000_001, 700_000_000),
                ("lock", 9, 250_000_009, 120_000_000),
            ]
        );
        assert_eq!(
            notable(&list),
            [
                "longest wait: 700 ms for `lock-1` at a.rs:700:9",
                "longest wait: 120 ms for `many` at a.rs:120:9",
            ]
        );
    }

    #[test]
    fn short_waits_are_not_told_and_of_many_the_longest() {
        let files = Files::of(&Workspace::default());
        let mut contention = Contention::default();
        for id in 1..9 {
            let millis = if id < 4 { 100 } else { 100 + id };
            contention.add(&[row(Awaited::Lock(staged::lock(id)), 1, millis)], &files);
        }
        let lines = notable(&contention.into_list());
        let locks = [8, 7, 6].map(|id| format!("`lock-{id}`"));
        assert_eq!(lines.len(), locks.len());
        assert!(lines.iter().zip(&locks).all(|(line, lock)| line.contains(lock)), "{lines:?}");
    }
}
