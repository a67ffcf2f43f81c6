//! What many traces come to together: one finding for what is the same in all of them.
//!
//! One trace at a time: its findings get their frames, the user's own places and who ran, and the
//! trace can go. What makes two findings the same is their fingerprint, so the result does not
//! depend on the order of the traces. Of the same finding in several traces, one is shown: one
//! with the most stacks, and among those the first by its text.
//!
//! What is said of the same circle with different certainty is told once, with the surest verdict
//! and its schedule: what deadlocked in one trace is a deadlock, though it only could have in others.

use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use lockgraph::check::{Options, Report, Summary};
use lockgraph::finding::{Finding, Frame, Verdict};
use lockgraph::predict::Limits;
use lockgraph::trace::Trace;

use crate::check::{Checked, Found};
use crate::contention::Contention;
use crate::gate::Standing;
use crate::load::Problem;
use crate::names::Names;
use crate::own::{self, Known};
use crate::places;
use crate::seen::{self, Cast};
use crate::symbols::Symbols;
use crate::workspace::{Files, Workspace};

/// The findings of the traces so far.
#[derive(Default)]
pub(crate) struct Merge {
    files: Files,
    symbols: Symbols,
    groups: BTreeMap<Key, Found>,
    traces: Vec<String>,
    summary: Summary,
    contention: Contention,
}

/// What makes findings one: verdict, fingerprint, and a number. The findings of a trace without
/// places may share a fingerprint: the first of them is the first one of the other trace, and so
/// on.
type Key = (Verdict, u64, usize);

impl Merge {
    /// Nothing yet, with places as they are in `workspace`.
    pub(crate) fn new(workspace: &Workspace) -> Merge {
        Merge { files: Files::of(workspace), ..Merge::default() }
    }

    /// How a trace is judged whose report is added here: what looks the same may differ in its
    /// stacks, or in the test that it was seen in. Of the tables nothing is told.
    pub(crate) fn options(options: Options) -> Options {
        Options { instances: true, without_tables: true, ..options }
    }

    /// Adds what is found in a trace.
    pub(crate) fn add(&mut self, file: &str, trace: &Trace, mut report: Report) {
        if self.files.is_nowhere() && self.groups.is_empty() {
            self.files = Files::of(&Workspace::of(trace));
        }
        let findings = std::mem::take(&mut report.findings);
        let mut spelled = Vec::new();
        for mut finding in findings {
            let cast = seen::cast(&finding, trace);
            let is_inside = self.spell_out(&mut finding, trace, &cast);
            let traces = BTreeSet::from([file.to_string()]);
            let (seen, could) = (cast.seen, BTreeSet::new());
            spelled.push(Found {
                finding,
                traces,
                seen,
                could,
                is_inside,
                witness_file: None,
                standing: Standing::Unjudged,
            });
        }
        self.add_found(file, &report, spelled);
    }

    /// Adds findings that are spelled out, all of one trace.
    pub(crate) fn add_found(&mut self, file: &str, report: &Report, found: Vec<Found>) {
        self.traces.push(file.to_string());
        sum(&mut self.summary, &report.summary);
        self.contention.add(&report.contention, &self.files);
        let mut numbers: HashMap<(Verdict, u64), usize> = HashMap::new();
        for found in found {
            let (verdict, print) = (found.finding.verdict, found.finding.fingerprint());
            let mut number = 0;
            if !found.finding.has_places() {
                let next = numbers.entry((verdict, print)).or_default();
                (number, *next) = (*next, *next + 1);
            }
            match self.groups.entry((verdict, print, number)) {
                Entry::Vacant(place) => {
                    place.insert(found);
                }
                Entry::Occupied(mut same) => same.get_mut().join(found),
            }
        }
    }

    /// Gives a finding its frames, the user's own places and the names of files. Returns whether
    /// it lies inside dependencies.
    fn spell_out(&mut self, finding: &mut Finding, trace: &Trace, cast: &Cast) -> bool {
        let is_own_source = |place: &_| self.files.is_own_source(place);
        for step in finding.steps.iter_mut().filter(|step| !step.addresses.is_empty()) {
            step.stack = self.symbols.frames(&trace.modules, &step.addresses, &is_own_source);
            step.addresses.clear();
        }
        self.files.rename(finding);
        let is_inside = self.is_inside(finding);
        let mut origins: HashMap<u64, Vec<Frame>> = HashMap::new();
        for lock in finding.locks() {
            if let Some(stack) = trace.origins.get(&lockgraph::id::LockId(lock.id)) {
                let mut frames = self.symbols.frames(&trace.modules, stack, &is_own_source);
                self.files.rename_frames(&mut frames);
                origins.insert(lock.id, frames);
            }
        }
        let is_own = |place: &_| self.files.is_own(place);
        own::locate(finding, &Known { origins: &origins, tests: &cast.tests, is_own: &is_own });
        is_inside
    }

    /// Whether no place of the finding is in the user's own code. A finding without places is
    /// nobody's, so it is shown; and what deadlocked is everybody's.
    fn is_inside(&self, finding: &mut Finding) -> bool {
        let (mut is_own, mut is_placed) = (false, false);
        places::each(finding, &mut |place| {
            is_placed = true;
            is_own |= self.files.is_own(place);
        });
        is_placed && !is_own && finding.verdict != Verdict::Actual
    }

    /// All of it. Without `deps`, what lies inside dependencies is only counted.
    pub(crate) fn finish(mut self, problems: Vec<Problem>, deps: bool) -> Checked {
        self.traces.sort_unstable();
        let mut found: Vec<Found> = self.groups.into_values().collect();
        fold(&mut found);
        let all = found.len();
        found.retain(|found| deps || !found.is_inside);
        name(&mut found, &self.files);
        found.sort_by_cached_key(order);
        Checked {
            traces: self.traces,
            hidden: all - found.len(),
            found,
            summary: self.summary,
            limits: Limits::default(),
            contention: self.contention.into_list(),
            problems,
            notes: self.symbols.into_problems(),
            files: self.files,
        }
    }
}

impl Found {
    /// Adds the same finding in another trace.
    fn join(&mut self, mut other: Found) {
        self.traces.append(&mut other.traces);
        self.seen.append(&mut other.seen);
        // Hidden only if nobody of ours was ever on the way to it.
        self.is_inside &= other.is_inside;
        let instances = self.finding.instances.saturating_add(other.finding.instances);
        // How often each was seen must not decide which is shown: it depends on the order.
        (self.finding.instances, other.finding.instances) = (0, 0);
        if rank(&other.finding) < rank(&self.finding) {
            self.finding = other.finding;
        }
        self.finding.instances = instances;
    }
}

impl Found {
    /// Whether it is less than what a surer verdict says of the same circle. A stall is not: it was
    /// seen to happen.
    fn can_be_said(&self) -> bool {
        !matches!(self.finding.verdict, Verdict::Actual | Verdict::Stalled)
    }

    /// Adds what is said of the same circle with less certainty.
    fn absorb(&mut self, other: Found) {
        // Where it was excluded, it was not seen.
        if other.finding.verdict == Verdict::Excluded {
            return;
        }
        let instances = &mut self.finding.instances;
        *instances = instances.saturating_add(other.finding.instances);
        self.is_inside &= other.is_inside;
        self.traces.extend(other.traces);
        let seen = [other.seen, other.could].into_iter().flatten();
        match self.finding.verdict {
            Verdict::Actual => self.could.extend(seen),
            _ => self.seen.extend(seen),
        }
    }
}

/// Names what was found. Not before all is told apart by places: two lines of one function have one
/// name.
fn name(found: &mut [Found], files: &Files) {
    let names = Names::of(files);
    for found in found.iter_mut().filter(|found| found.finding.names.is_none()) {
        found.finding.names = names.steps(&found.finding);
    }
}

/// Which of two equal findings is shown: the lower one.
fn rank(finding: &Finding) -> (Reverse<usize>, String) {
    let stacks = finding.steps.iter().filter(|step| !step.stack.is_empty()).count();
    (Reverse(stacks), format!("{finding:?}"))
}

/// The order in which findings are shown: the surest first, then by place.
fn order(found: &Found) -> (Verdict, Vec<Option<lockgraph::finding::Place>>, u64) {
    let finding = &found.finding;
    let sites = finding.steps.iter().map(|step| step.site.clone()).collect();
    (finding.verdict, sites, finding.fingerprint())
}

/// Tells of a circle once, with the surest verdict.
fn fold(found: &mut Vec<Found>) {
    let mut told: Vec<Found> = Vec::new();
    // By circle: where the surest is, which comes first.
    let mut surest: HashMap<String, usize> = HashMap::new();
    for other in found.drain(..) {
        let can_be_said = other.can_be_said() && other.finding.has_places();
        let at = *surest.entry(other.finding.circle()).or_insert(told.len());
        match told.get_mut(at).filter(|said| said.finding.verdict < other.finding.verdict) {
            Some(said) if can_be_said => said.absorb(other),
            _ => told.push(other),
        }
    }
    for said in &mut told {
        said.could.retain(|seen| !said.seen.contains(seen));
    }
    *found = told;
}

fn sum(total: &mut Summary, more: &Summary) {
    total.events += more.events;
    total.threads += more.threads;
    total.locks += more.locks;
    total.edges += more.edges;
    total.acquisitions += more.acquisitions;
    total.patterns += more.patterns;
    total.witnessed += more.witnessed;
    total.searches_cut += more.searches_cut;
}

#[cfg(test)]
mod tests;
