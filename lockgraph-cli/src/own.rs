//! The user's own places in a finding.
//!
//! A lock in a wrapper is made and taken at one line of the wrapper, whoever uses it; one in a
//! dependency at lines that the user has not written. What says something is who called. So,
//! with the stacks at hand:
//!
//! - A *site* in a dependency is replaced by the first frame of the stack that is the user's own;
//!   the site becomes what it goes *through*. A site in the user's own code stays, unless all
//!   locks of the finding are taken at that one line, or in the file that makes them for several
//!   others: then it is a wrapper's, and the first own frame outside its file takes its place.
//! - A *lock* whose class lies in a dependency, or which has its class in common with another of
//!   the finding, is told apart by for whom it was made: by the first own frame at which the
//!   stacks of their makings differ, or else the first one.
//!
//! - A *derived* constructor makes all locks of a type in one line, that of the derive. The line in
//!   the debug information is the field's, so it becomes the lock's class.
//!
//! Sites are what makes two findings the same ([`Finding::fingerprint`]), and for whom a lock was
//! made only if all sites are one line. A test is not where a bug is: one that ten tests run into
//! is one bug. So frames of tests (their functions and closures, and all that lies in a module or
//! a directory of tests) and of whoever calls them do not count, but where nothing else tells this
//! finding from another: all sites are one line, and no stack has a frame of the user's own but
//! tests'. That is a wrapper that the tests use directly, and what they do with it is theirs.
//!
//! A hold has no stack of its own: its site stays. Depends on nothing but the finding and the
//! stacks of its locks' makings, so the same finding gets the same places in every trace.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use lockgraph::finding::{Class, Finding, Frame, Lock, Place};

use crate::{places, workspace};

/// What is known beside the finding.
pub(crate) struct Known<'a> {
    /// By the number of a lock: the stack of its making, innermost first.
    pub(crate) origins: &'a HashMap<u64, Vec<Frame>>,
    /// The tests in which the finding was seen, by the paths of their functions from the crate.
    pub(crate) tests: &'a BTreeSet<String>,
    /// Whether a place is in the user's own code.
    pub(crate) is_own: &'a dyn Fn(&Place) -> bool,
}

/// Puts the user's own places into a finding whose stacks are resolved.
pub(crate) fn locate(finding: &mut Finding, known: &Known<'_>) {
    each_lock(finding, &mut |lock| known.find_field(lock));
    let is_in_one_line = finding.is_in_one_line();
    let is_wrapper = is_in_one_line || known.is_in_wrapper(finding);
    let mut sites = known.sites(finding, is_wrapper, false);
    let mut needs_tests = is_in_one_line && sites.iter().all(Option::is_none);
    if needs_tests {
        sites = known.sites(finding, true, true);
        // A function that calls itself is in one line too, and needs nobody to tell it apart.
        needs_tests = sites.iter().any(Option::is_some);
    }
    for (step, site) in finding.steps.iter_mut().zip(sites) {
        if let Some(site) = site {
            if let Some(witness) = &mut finding.witness {
                places::move_wait(witness, &step.thread, &site);
            }
            step.through = step.site.replace(site);
        }
    }
    let made_for = known.made_for(finding, is_in_one_line, needs_tests);
    each_lock(finding, &mut |lock| lock.made_for = made_for.get(&lock.id).cloned());
}

/// Every lock of the cycle, wherever the finding names it.
fn each_lock(finding: &mut Finding, change: &mut dyn FnMut(&mut Lock)) {
    places::each_lock(finding, change);
    if let Some(witness) = &mut finding.witness {
        places::each_lock_in_schedule(witness, change);
    }
}

impl Known<'_> {
    /// For each step the place that its site is replaced by.
    fn sites(&self, finding: &Finding, is_wrapper: bool, with_tests: bool) -> Vec<Option<Place>> {
        let site = |step: &lockgraph::finding::Step| {
            let site = step.site.as_ref()?;
            let is_own = (self.is_own)(site);
            if is_own && !is_wrapper {
                return None;
            }
            let outside = |place: &&Place| !is_own || place.file != site.file;
            self.places(&step.stack, with_tests).into_iter().find(outside).cloned()
        };
        finding.steps.iter().map(site).collect()
    }

    /// Whether one file of the user's makes all locks in one line and takes them all, for callers
    /// elsewhere: a wrapper with a line for readers and one for writers. A type that has a lock
    /// and takes two of its kind by itself looks the same, but for who has them made: fields of
    /// somebody else are made in a line each.
    fn is_in_wrapper(&self, finding: &Finding) -> bool {
        let locks = finding.locks();
        let Some(Class::Made(class)) = locks.first().map(|lock| &lock.class) else { return false };
        let is_inside = |place: &Place| place.file == class.file;
        let makers: Vec<Option<&Place>> = locks
            .iter()
            .map(|lock| {
                self.callers(lock, class, false).into_iter().find(|place| !is_inside(place))
            })
            .collect();
        (self.is_own)(class)
            && locks.iter().all(|lock| lock.class == locks[0].class)
            && finding.sites().all(is_inside)
            && makers.iter().all(Option::is_some)
            && makers.iter().any(|maker| *maker != makers[0])
    }

    /// By number: for whom the locks were made that need to be told apart.
    fn made_for(
        &self,
        finding: &Finding,
        is_in_one_line: bool,
        needs_tests: bool,
    ) -> BTreeMap<u64, Place> {
        let mut classes: BTreeMap<String, Vec<&Lock>> = BTreeMap::new();
        for lock in finding.locks() {
            classes.entry(lock.class.key()).or_default().push(lock);
        }
        let mut found = BTreeMap::new();
        for locks in classes.values() {
            let Class::Made(class) = &locks[0].class else { continue };
            let is_own = (self.is_own)(class);
            if is_own && locks.len() == 1 && !is_in_one_line {
                continue;
            }
            // For who only reads it, a test tells locks apart as well as anybody.
            let with_tests = needs_tests || !is_in_one_line;
            let stacks: Vec<Vec<&Place>> =
                locks.iter().map(|lock| self.callers(lock, class, with_tests)).collect();
            let at = if is_in_one_line { 0 } else { first_difference(&stacks) };
            for (lock, stack) in locks.iter().zip(&stacks) {
                found.extend(stack.get(at).map(|place| (lock.id, (*place).clone())));
            }
        }
        found
    }

    /// Gives a lock that a derived `Default` made the line of its field.
    fn find_field(&self, lock: &mut Lock) {
        let Class::Made(class) = &mut lock.class else { return };
        let maker = self.origins.get(&lock.id).and_then(|stack| stack.first());
        let Some(Frame { function, place: Some(field) }) = maker else { return };
        if function.ends_with("Default>::default") && field.file == class.file {
            class.clone_from(field);
        }
    }

    /// The own places on the way to the making of a lock, outside of the file that makes it.
    fn callers(&self, lock: &Lock, class: &Place, with_tests: bool) -> Vec<&Place> {
        let stack = self.origins.get(&lock.id).map(Vec::as_slice).unwrap_or_default();
        let mut places = self.places(stack, with_tests);
        if (self.is_own)(class) {
            let inside = places.iter().take_while(|place| place.file == class.file).count();
            // If all is in one file, at least the line that makes it is not its caller.
            let inside = if inside == places.len() { 1.min(inside) } else { inside };
            places.drain(..inside);
        }
        places
    }

    /// The own places of a stack, innermost first.
    fn places<'s>(&self, stack: &'s [Frame], with_tests: bool) -> Vec<&'s Place> {
        // Whoever calls a test is only how it is run.
        let frames = stack.iter().take_while(|frame| with_tests || !self.is_test(frame));
        let places = frames.filter_map(|frame| frame.place.as_ref());
        places.filter(|place| (self.is_own)(place)).collect()
    }

    fn is_test(&self, frame: &Frame) -> bool {
        frame.place.as_ref().is_some_and(is_in_tests) || self.is_test_function(&frame.function)
    }

    /// `bank::transfers` and `bank::transfers::{{closure}}` of the test `transfers`; and all of a
    /// module `tests`.
    fn is_test_function(&self, function: &str) -> bool {
        let Some((_, path)) = function.split_once("::") else { return false };
        let path = path.split("::{").next().unwrap_or_default();
        let is_module = |part: &str| part == "tests" || part == "test";
        self.tests.contains(path) || path.split("::").any(is_module)
    }
}

/// Where the stacks differ first; 0 if they do not.
fn first_difference(stacks: &[Vec<&Place>]) -> usize {
    let Some((first, others)) = stacks.split_first() else { return 0 };
    let differs = |at: &usize| others.iter().any(|other| other.get(*at) != first.get(*at));
    (0..first.len()).find(differs).unwrap_or(0)
}

/// Whether a place is in a directory of tests or benchmarks, or in the file of a module of tests.
pub(crate) fn is_in_tests(place: &Place) -> bool {
    // A module with a `#[path]` may be named through a directory that it is not in.
    let file = workspace::collapsed(Path::new(&place.file));
    let is_directory =
        |directory: &Path| directory.iter().any(|part| part == "tests" || part == "benches");
    let is_module = |stem| stem == "tests" || stem == "test";
    file.parent().is_some_and(is_directory) || file.file_stem().is_some_and(is_module)
}

#[cfg(test)]
mod tests;
