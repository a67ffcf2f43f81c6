//! A finding as the page shows it. All sentences are those of the terminal report.

use std::collections::BTreeSet;

use lockgraph::explain::{self, escaped, visible};
use serde::Serialize;

use super::circle::{Circle, circle};
use super::columns::{Column, columns};
use super::module;
use super::place::Place;
use super::schedule::{Schedule, schedule};
use super::snapshot::Snapshot;
use super::sources::Sources;
use crate::check::{Checked, Found};
use crate::gate::Standing;
use crate::places;
use crate::print::json_finding::{Condition, WayOut};
use crate::print::severity::{self, Severity};
use crate::print::{markdown, text};
use crate::seen::Seen;

#[derive(Serialize)]
pub(super) struct Finding {
    pub(super) id: String,
    fingerprint: String,
    kind: &'static str,
    verdict: &'static str,
    severity: &'static str,
    standing: Option<String>,
    headline: String,
    columns: Vec<Column>,
    circle: Option<Circle>,
    schedule: Option<Schedule>,
    conditions: Vec<Condition>,
    way_out: WayOut,
    verdict_because: String,
    remarks: Vec<String>,
    tests: Vec<String>,
    programs: Vec<String>,
    could: Vec<String>,
    are_all_named: bool,
    traces: Vec<String>,
    trace_count: u64,
    crates: BTreeSet<String>,
    modules: BTreeSet<String>,
    is_inside: bool,
    markdown: String,
    text: String,
    snapshot: Option<Snapshot>,
}

/// What is shown of `found`, whose lines are asked for from `sources`.
pub(super) fn finding(
    checked: &Checked,
    found: &Found,
    snapshot: Option<Snapshot>,
    sources: &mut Sources,
) -> Finding {
    let finding = &found.finding;
    let (explanation, words) = (explain::explain(finding), explain::steps(finding));
    let circle = (!explanation.conditions.is_empty()).then(|| circle(finding, &words)).flatten();
    let (crates, modules) = owners(checked, found, sources);
    let text = text::plain(checked, found);
    let fingerprint = format!("{:016x}", finding.fingerprint());
    Finding {
        id: fingerprint.clone(),
        fingerprint,
        kind: finding.kind.name(),
        verdict: finding.verdict.name(),
        severity: Severity::of(found).name(),
        standing: standing(found),
        columns: columns(finding, &words, &checked.files),
        circle,
        schedule: schedule(finding),
        conditions: explanation.conditions.into_iter().map(Condition::from).collect(),
        way_out: explanation.way_out.into(),
        verdict_because: explanation.verdict,
        remarks: remarks(found),
        tests: named(&found.seen, |seen| matches!(seen, Seen::Test(_))),
        programs: named(&found.seen, |seen| matches!(seen, Seen::Program(_))),
        could: named(&found.could, |_| true),
        are_all_named: found.are_all_named,
        traces: found.traces.iter().map(|name| escaped(name)).collect(),
        trace_count: found.trace_count,
        crates,
        modules,
        is_inside: found.is_inside,
        markdown: markdown::alone(found, &text),
        text,
        headline: explanation.headline,
        snapshot,
    }
}

fn standing(found: &Found) -> Option<String> {
    match found.standing {
        Standing::Unjudged => None,
        Standing::New => Some("new".into()),
        _ => severity::standing(found).map(|text| escaped(&text)),
    }
}

fn remarks(found: &Found) -> Vec<String> {
    let seen = explain::sightings(&found.finding);
    let seen = seen.iter().map(|seen| format!("seen: {seen}"));
    let lines = text::more(found);
    seen.chain(lines).collect()
}

fn named(seen: &BTreeSet<Seen>, is_it: impl Fn(&Seen) -> bool) -> Vec<String> {
    seen.iter().filter(|seen| is_it(seen)).map(|seen| visible(seen.name())).collect()
}

/// The crates and modules of its places, the lines around which are asked for.
fn owners(
    checked: &Checked,
    found: &Found,
    sources: &mut Sources,
) -> (BTreeSet<String>, BTreeSet<String>) {
    let root = super::root_or_crate(&checked.files);
    let (mut crates, mut modules) = (BTreeSet::new(), BTreeSet::new());
    let mut finding = found.finding.clone();
    places::each(&mut finding, &mut |place| {
        let module = module::of_file(&place.file, &root);
        crates.extend(Some(module.krate).filter(|name| !name.is_empty()));
        modules.extend(Some(module.path).filter(|path| !path.is_empty()));
        sources.add(&Place::of(place));
    });
    if let Some(witness) = &mut finding.witness {
        places::each_in_schedule(witness, &mut |place| sources.add(&Place::of(place)));
    }
    (crates, modules)
}
