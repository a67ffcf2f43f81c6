//! What many traces come to together: one finding for what is the same in all of them.
//!
//! One trace or report at a time: the findings of a trace get their frames, the user's own places
//! and who ran, and the trace can go. What makes two findings the same is their fingerprint. Of the
//! same finding in several traces, one is shown: one with the most stacks, and among those the first
//! by what it says.
//!
//! What is said of the same circle with different certainty is told once, with the surest verdict
//! and its schedule ([`circle`]). The order in which traces and reports come does not matter, nor
//! whether some of them were merged before ([`union`]).

mod circle;
pub(crate) mod command;
mod few;
#[cfg(test)]
mod laws;
mod ordered;
mod sightings;
mod union;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use lockgraph::check::{Options, Report, Standstill};
use lockgraph::finding::{Finding, Frame, Place, Verdict};
use lockgraph::predict::Limits;
use lockgraph::trace::Trace;

use crate::check::{Checked, Found};
use crate::input::Input;
use crate::load::Problem;
use crate::names::Names;
use crate::order::Collected;
use crate::own::{self, Known};
use crate::places;
use crate::seen::{self, Cast};
use crate::standstill;
use crate::symbols::Symbols;
use crate::view::{Gathered, Timeline};
use crate::workspace::{Files, Workspace};
pub(crate) use few::Few;
pub(crate) use sightings::{Parts, Sightings};
use union::Union;

/// The findings of the traces so far.
#[derive(Default)]
pub(crate) struct Merge {
    workspace: Workspace,
    /// By the roots that the traces name, if nobody has said where the workspace is.
    files: BTreeMap<PathBuf, Files>,
    symbols: Symbols,
    union: Union,
    /// How much is looked for in traces.
    limits: Limits,
    /// What a page shows, if there is to be one.
    gathered: Option<Gathered>,
    /// By root and circle.
    names: HashMap<(PathBuf, String), Option<Vec<String>>>,
    /// By root: which classes of locks were taken while which others were held.
    order: BTreeMap<PathBuf, Collected>,
    /// By root: which places are in tests, so that no file is parsed for each trace.
    in_tests: BTreeMap<PathBuf, HashMap<Place, bool>>,
}

impl Merge {
    /// Nothing yet, with places as they are in `workspace`.
    pub(crate) fn new(workspace: &Workspace) -> Merge {
        Merge { workspace: workspace.clone(), ..Merge::default() }
    }

    /// The same, for traces that are judged with these limits.
    pub(crate) fn looking_for(self, limits: Limits) -> Merge {
        Merge { limits, ..self }
    }

    /// The same, for a page too.
    pub(crate) fn drawing(self, with_page: bool) -> Merge {
        Merge { gathered: with_page.then(Gathered::default), ..self }
    }

    /// How a trace is judged whose report is added here: what looks the same may differ in its
    /// stacks, or in the test that it was seen in. Of the tables nothing is told but on a page.
    pub(crate) fn options(&self, options: Options) -> Options {
        let without_tables = self.gathered.is_none();
        Options { instances: true, without_tables, order: true, ..options }
    }

    /// Adds what was read.
    pub(crate) fn add_input(&mut self, file: &str, input: Input) {
        match input {
            Input::Trace(trace, report, timeline) => self.add(file, *trace, *report, timeline),
            Input::Report(checked) => self.add_checked(*checked),
        }
    }

    /// Adds a report: findings that are spelled out, of any number of traces.
    pub(crate) fn add_checked(&mut self, checked: Checked) {
        if let Some(gathered) = &mut self.gathered {
            gathered.add_order(&checked.order);
        }
        self.union.add_checked(checked);
    }

    /// Adds what is found in a trace.
    pub(crate) fn add(
        &mut self,
        file: &str,
        trace: Trace,
        mut report: Report,
        timeline: Option<Box<Timeline>>,
    ) {
        let root = self.root(&trace);
        // Taken out, because looking up symbols changes the rest.
        let files = self.files.remove(&root).unwrap_or_else(|| self.files_at(&root));
        let (mut spelled, mut as_found) = (Vec::new(), Vec::new());
        for mut finding in std::mem::take(&mut report.findings) {
            let cast = seen::cast(&finding, &trace);
            let found = self.gathered.is_some().then(|| finding.clone());
            let waits = standstill_of(&report, &finding, &files);
            let is_inside = self.spell_out(&mut finding, &trace, &cast, &files);
            self.name(&mut finding, &root, &files);
            as_found.extend(found.map(|found| (finding.fingerprint(), found)));
            let sightings = Sightings::once(finding.instances, file, cast.seen, is_inside);
            spelled.push(Found { standstill: waits, ..Found::of(finding, sightings, None) });
        }
        self.union.contention.add(&report.contention, &files);
        self.add_order(&trace, &report, &root, &files);
        self.union.add_trace(file, spelled, &report.summary, self.limits);
        if let Some(gathered) = &mut self.gathered {
            gathered.add(file, trace, &report, as_found, timeline, &files);
        }
        self.files.insert(root, files);
    }

    /// Adds findings that are spelled out, all of one trace.
    #[cfg(test)]
    pub(crate) fn add_found(&mut self, file: &str, report: &Report, found: Vec<Found>) {
        self.union.contention.add(&report.contention, &Files::of(&self.workspace));
        self.union.add_trace(file, found, &report.summary, self.limits);
    }

    /// The root of the workspace that a trace belongs to.
    fn root(&self, trace: &Trace) -> PathBuf {
        if self.workspace.is_known() {
            self.workspace.root.clone()
        } else {
            Workspace::of(trace).root
        }
    }

    fn files_at(&self, root: &Path) -> Files {
        Files::of(&Workspace { root: root.to_owned(), ..self.workspace.clone() })
    }

    /// Gives a finding its frames, the user's own places and the names of files. Returns whether
    /// it lies inside dependencies.
    fn spell_out(
        &mut self,
        finding: &mut Finding,
        trace: &Trace,
        cast: &Cast,
        files: &Files,
    ) -> bool {
        let is_own_source = |place: &_| files.is_own_source(place);
        for step in finding.steps.iter_mut().filter(|step| !step.addresses.is_empty()) {
            step.stack = self.symbols.frames(&trace.modules, &step.addresses, &is_own_source);
            step.addresses.clear();
        }
        files.rename(finding);
        let is_inside = self.is_inside(finding, files);
        let mut origins: HashMap<u64, Vec<Frame>> = HashMap::new();
        for lock in finding.locks() {
            if let Some(stack) = trace.origins.get(&lockgraph::id::LockId(lock.id)) {
                let mut frames = self.symbols.frames(&trace.modules, stack, &is_own_source);
                files.rename_frames(&mut frames);
                origins.insert(lock.id, frames);
            }
        }
        let is_own = |place: &_| files.is_own(place);
        own::locate(finding, &Known { origins: &origins, tests: &cast.tests, is_own: &is_own });
        is_inside
    }

    /// Names a finding of a trace. What comes in a report has the names of those who made it.
    fn name(&mut self, finding: &mut Finding, root: &Path, files: &Files) {
        let names = self.names.entry((root.to_owned(), finding.circle()));
        let names = names.or_insert_with(|| Names::of(files).steps(finding));
        finding.names.clone_from(names);
    }

    /// Whether no place of the finding is in the user's own code. A finding without places is
    /// nobody's, so it is shown; and what deadlocked is everybody's. Where it is not known which
    /// packages are the user's own, all are.
    fn is_inside(&self, finding: &mut Finding, files: &Files) -> bool {
        let (mut is_own, mut is_placed) = (false, false);
        places::each(finding, &mut |place| {
            is_placed = true;
            is_own |= files.is_own(place);
        });
        let is_known = finding.has_places() && !self.workspace.members.is_empty();
        is_known && is_placed && !is_own && finding.verdict != Verdict::Actual
    }

    /// All of it, and what could not be read. Without `deps`, what lies inside dependencies is only
    /// counted.
    pub(crate) fn finish(mut self, problems: Vec<Problem>, deps: bool) -> Checked {
        self.name_order();
        self.union.add_problems(problems, self.symbols.into_problems());
        let files = self.files.into_values().next_back();
        let files = files.unwrap_or_else(|| Files::of(&self.workspace));
        Checked { files, gathered: self.gathered, ..self.union.finish(deps) }
    }
}

/// Who waited for whom where a finding happened, with the names of files as a report has them.
fn standstill_of(report: &Report, finding: &Finding, files: &Files) -> Option<Box<Standstill>> {
    let mut waits = standstill::part(report.standstill.as_ref()?, finding)?;
    standstill::each_place(&mut waits, &mut |place| files.rename_place(place));
    Some(Box::new(waits))
}

#[cfg(test)]
mod tests;
