//! The union of what was found in many runs, in any order and by any number of steps: to add A to B
//! and then C is to add B to C and then A, to the byte.
//!
//! Memory follows what is distinct (circles, classes that were waited for, broken files), but for
//! the names of the first thousand traces. To add a report costs its size, times the logarithm of
//! what is known.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use lockgraph::check::Summary;
use lockgraph::finding::{Finding, Place, Verdict};
use lockgraph::predict::Limits;

use super::circle::{Circle, Single};
use crate::check::{Checked, Found};
use crate::contention::Contention;
use crate::gate;
use crate::load::Problem;
use crate::order::Order;

/// Traces that are named.
const NAMED: usize = 1000;

#[derive(Default)]
pub(super) struct Union {
    circles: BTreeMap<String, Circle>,
    nowhere: BTreeMap<Nowhere, Single>,
    /// The first names, sorted, and how many there are in all.
    traces: Vec<String>,
    trace_count: u64,
    summary: Summary,
    /// The least that was looked for; `None` before anything was.
    limits: Option<Limits>,
    pub(super) contention: Contention,
    problems: BTreeSet<Problem>,
    notes: BTreeSet<Problem>,
    pub(super) order: Order,
}

/// Findings without places may share a fingerprint though they are about different locks: the first
/// of them in one run is the first one of another run, and so on.
type Nowhere = (Verdict, u64, usize);

impl Union {
    /// Adds what is found in one trace.
    pub(super) fn add_trace(
        &mut self,
        file: &str,
        found: Vec<Found>,
        summary: &Summary,
        limits: Limits,
    ) {
        let mut of_trace = Union::default();
        of_trace.add_found(found);
        // A trace may have one circle in many ways, and with several verdicts.
        of_trace.circles.values_mut().for_each(|circle| {
            circle.fold();
            circle.count_once();
        });
        of_trace.nowhere.values_mut().for_each(Single::count_once);
        for (about, circle) in of_trace.circles {
            match self.circles.get_mut(&about) {
                Some(known) => known.join(circle),
                None => {
                    self.circles.insert(about, circle);
                }
            }
        }
        for (key, single) in of_trace.nowhere {
            self.add_nowhere(key, single);
        }
        self.name(vec![file.to_string()], 1);
        sum(&mut self.summary, summary);
        self.look_for(limits);
    }

    /// Adds a union.
    pub(super) fn add_checked(&mut self, checked: Checked) {
        let count = checked.trace_count();
        self.name(checked.traces, count);
        // In two lists because one of them is not shown; those without places are all in the first.
        // What the order shows by itself, it shows again.
        let found = checked.found.into_iter().chain(checked.inside);
        self.add_found(found.filter(|found| !found.is_of_order()).collect());
        self.order.add(checked.order);
        sum(&mut self.summary, &checked.summary);
        self.look_for(checked.limits);
        self.contention.add_classes(checked.contention);
        self.add_problems(checked.problems, checked.notes);
    }

    pub(super) fn add_problems(&mut self, problems: Vec<Problem>, notes: Vec<Problem>) {
        self.problems.extend(problems);
        self.notes.extend(notes);
    }

    fn add_found(&mut self, found: Vec<Found>) {
        let mut numbers: HashMap<(Verdict, u64), usize> = HashMap::new();
        for found in found {
            let finding = &found.finding;
            if finding.has_places() {
                let about = finding.circle();
                let (single, less_sure) = Single::of(found);
                self.circles.entry(about).or_default().add(single, less_sure);
            } else {
                let key = (finding.verdict, finding.fingerprint());
                let next = numbers.entry(key).or_default();
                let (verdict, print) = key;
                let (number, single) = (*next, Single::of(found).0);
                *next += 1;
                self.add_nowhere((verdict, print, number), single);
            }
        }
    }

    fn add_nowhere(&mut self, key: Nowhere, single: Single) {
        match self.nowhere.get_mut(&key) {
            Some(same) => same.join(single),
            None => {
                self.nowhere.insert(key, single);
            }
        }
    }

    fn name(&mut self, traces: Vec<String>, count: u64) {
        self.trace_count = self.trace_count.saturating_add(count);
        for trace in traces {
            let at = self.traces.partition_point(|known| *known < trace);
            if at < NAMED {
                self.traces.insert(at, trace);
            }
        }
        self.traces.truncate(NAMED);
    }

    fn look_for(&mut self, more: Limits) {
        let known = self.limits.unwrap_or(more);
        self.limits = Some(Limits {
            max_length: known.max_length.min(more.max_length),
            budget: known.budget.min(more.budget),
        });
    }

    /// All of it. What is hidden is apart, unless `deps` are wanted.
    pub(super) fn finish(self, deps: bool) -> Checked {
        let circles = self.circles.into_values().flat_map(Circle::into_found);
        let nowhere = self.nowhere.into_values().map(|single| single.into_found(None));
        let across = self.order.circles(gate::MAX_LENGTH);
        let is_cut_across = across.is_cut;
        let across = across
            .circles
            .iter()
            .map(|circle| Found::of_order(self.order.finding(circle), self.order.seen(circle)));
        let mut all: Vec<Found> = circles.chain(nowhere).chain(across).collect();
        all.sort_by_cached_key(|found| order(&found.finding));
        let (inside, found): (Vec<Found>, Vec<Found>) =
            all.into_iter().partition(|found| found.is_inside && !deps);
        Checked {
            more_traces: self.trace_count - self.traces.len() as u64,
            traces: self.traces,
            hidden: inside.len(),
            found,
            inside,
            summary: self.summary,
            order: self.order,
            is_cut_across,
            limits: self.limits.unwrap_or_default(),
            contention: self.contention.into_list(),
            problems: self.problems.into_iter().collect(),
            notes: self.notes.into_iter().collect(),
            ..Checked::default()
        }
    }
}

/// The order in which findings are shown: the surest first, then by place. Those without places stay
/// in the order of their numbers.
fn order(finding: &Finding) -> (Verdict, Vec<Option<Place>>, u64) {
    let sites = || finding.steps.iter().map(|step| step.site.clone()).collect();
    let sites = if finding.has_places() { sites() } else { Vec::new() };
    (finding.verdict, sites, finding.fingerprint())
}

fn sum(total: &mut Summary, more: &Summary) {
    for (total, more) in [
        (&mut total.events, more.events),
        (&mut total.threads, more.threads),
        (&mut total.locks, more.locks),
        (&mut total.edges, more.edges),
        (&mut total.acquisitions, more.acquisitions),
        (&mut total.patterns, more.patterns),
        (&mut total.witnessed, more.witnessed),
        (&mut total.searches_cut, more.searches_cut),
    ] {
        *total = total.saturating_add(more);
    }
}
