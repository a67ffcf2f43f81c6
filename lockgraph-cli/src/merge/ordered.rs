//! The order of classes in the traces of a merge.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;

use lockgraph::check::Report;
use lockgraph::finding::{Class, Lock, Place};
use lockgraph::id::{LockId, SiteId};
use lockgraph::trace::Trace;

use super::Merge;
use crate::names::Names;
use crate::order::{Run, is_in_test_module};
use crate::own;
use crate::seen;
use crate::workspace::Files;

impl Merge {
    /// Adds in which order the classes of locks were taken in a trace.
    pub(super) fn add_order(&mut self, trace: &Trace, report: &Report, root: &Path, files: &Files) {
        let mut locks: HashMap<LockId, Option<Lock>> = HashMap::new();
        for id in report.order.iter().flat_map(|edge| [edge.from, edge.to]) {
            locks.entry(id).or_insert_with(|| self.lock(id, trace, files));
        }
        if locks.values().all(Option::is_none) {
            return;
        }
        let place = |site: SiteId| {
            let mut place = trace.sites.get(&site)?.clone();
            files.rename_place(&mut place);
            Some(place)
        };
        let in_tests = RefCell::new(self.in_tests.remove(root).unwrap_or_default());
        let names = Names::of(files);
        let is_in_test = |place: &Place| {
            let find = || own::is_in_tests(place) || is_in_test_module(&names.item(place));
            *in_tests.borrow_mut().entry(place.clone()).or_insert_with(find)
        };
        let run = Run {
            lock: &|id| locks.get(&id).cloned().flatten(),
            place: &place,
            is_own: &|place| files.is_own(place),
            is_in_test: &is_in_test,
            seen: &|edge| seen::of_threads(&edge.threads, trace).seen,
        };
        self.order.entry(root.to_owned()).or_default().add(&report.order, &run);
        self.in_tests.insert(root.to_owned(), in_tests.into_inner());
    }

    /// A lock as a report shows it, if there is anything that it has in common with others. One that
    /// a dependency makes is told apart by for whom.
    fn lock(&mut self, id: LockId, trace: &Trace, files: &Files) -> Option<Lock> {
        let mut lock = files.renamed_lock(trace.locks.get(&id)?);
        let is_foreign = match &lock.class {
            Class::Made(place) | Class::FirstTaken(place) => !files.is_own(place),
            Class::Named(_) => false,
            Class::Unknown => return None,
        };
        if is_foreign && let Some(stack) = trace.origins.get(&id) {
            let is_own_source = |place: &_| files.is_own_source(place);
            let mut frames = self.symbols.frames(&trace.modules, stack, &is_own_source);
            files.rename_frames(&mut frames);
            let mut places = frames.into_iter().filter_map(|frame| frame.place);
            lock.made_for = places.find(|place| files.is_own(place));
        }
        Some(lock)
    }

    /// Adds the order of all traces to the union, in names. What has no name that tells it from
    /// others keeps its place.
    pub(super) fn name_order(&mut self) {
        for (root, collected) in std::mem::take(&mut self.order) {
            let Some(files) = self.files.get(&root) else { continue };
            let names = Names::of(files);
            let class = |lock: &Lock| match (names.class(lock), &lock.class) {
                (name, Class::Made(_) | Class::FirstTaken(_)) if !name.contains(": ") => {
                    lock.class.key()
                }
                (name, _) => name,
            };
            let function = |place: &Place| names.item(place);
            let is_own = |place: &Place| files.is_own(place);
            self.union.order.add(collected.named(&class, &function, &is_own));
        }
    }
}
