//! All that a page is told, as `viewer/src/model.ts` has it. `schema/page-v1.json` fixes the shape.

use std::collections::{BTreeMap, HashMap};

use lockgraph::explain::{escaped, visible};
use serde::Serialize;

use super::contention::Contention;
use super::finding::{Finding, finding};
use super::gathered::{Gathered, Recorded};
use super::graph::{Graph, GraphBuilder};
use super::help::{Help, help};
use super::snapshot::snapshot;
use super::sources::{Lines, Sources};
use super::timeline::{LaneBytes, MOST_BARS, Run, Told, inlined};
use crate::check::Checked;
use crate::load::Problem;
use crate::print::text;

const VERSION: u32 = 1;
/// So many bars of all runs together are in a file: some 24 MB.
const MOST_INLINED: usize = 2 * MOST_BARS;

#[derive(Serialize)]
pub(super) struct Page {
    version: u32,
    pub(super) title: String,
    made_by: &'static str,
    summary: String,
    problems: Vec<String>,
    notes: Vec<String>,
    findings: Vec<Finding>,
    help: BTreeMap<&'static str, Help>,
    sources: Lines,
    graph: Graph,
    runs: Vec<Run>,
    contention: Contention,
}

/// What has to be fetched beside a page, by its path there.
pub(super) type Fetched = Vec<(String, Vec<u8>)>;

/// The page of what was found and gathered, with all that it shows in it.
pub(super) fn page(checked: &Checked, gathered: Gathered) -> Page {
    let most = MOST_INLINED / gathered.runs.len().max(1);
    page_with(checked, gathered, most, &mut |_, lanes| inlined(&lanes))
}

/// The same for a server, from which the page fetches the lanes of its runs.
pub(super) fn served(checked: &Checked, gathered: Gathered) -> (Page, Fetched) {
    let mut fetched = Fetched::new();
    let page = page_with(checked, gathered, usize::MAX, &mut |run, lanes| {
        let paths = (0..lanes.len()).map(|lane| format!("lane/{run}/{lane}"));
        let paths: Vec<String> = paths.collect();
        fetched.extend(paths.iter().cloned().zip(lanes));
        paths.into_iter().map(LaneBytes::Url).collect()
    });
    (page, fetched)
}

/// What becomes of the lanes of a run, by its position.
type Put<'a> = &'a mut dyn FnMut(usize, Vec<Vec<u8>>) -> Vec<LaneBytes>;

fn page_with(checked: &Checked, gathered: Gathered, most: usize, put: Put<'_>) -> Page {
    let mut sources = Sources::default();
    let Gathered { graph, runs, contention } = gathered;
    let mut findings: Vec<Finding> = Vec::new();
    for found in &checked.found {
        let snapshot = found.standstill.as_deref().map(snapshot);
        let waiters = snapshot.iter().flat_map(|it| &it.threads);
        waiters.filter_map(|it| it.place.as_ref()).for_each(|place| sources.add(place));
        findings.push(finding(checked, found, snapshot, &mut sources));
    }
    number(&mut findings);
    let runs = recorded(checked, runs, &graph, most, put);
    let mut notes = text::notes_of(checked);
    notes.extend(runs.iter().filter_map(left_out));
    let graph = graph.finish(&checked.found, &checked.files);
    ask(&mut sources, &graph, &runs, &contention);
    Page {
        version: VERSION,
        title: title(checked),
        made_by: concat!("lockgraph ", env!("CARGO_PKG_VERSION")),
        summary: text::last_line(checked),
        problems: checked.problems.iter().map(problem).collect(),
        notes,
        findings,
        help: help(checked.found.iter().map(|found| &found.finding)),
        sources: sources.lines(&checked.files),
        graph,
        runs,
        contention,
    }
}

/// The runs, each with its marks at what was found in it.
fn recorded(
    checked: &Checked,
    runs: Vec<Recorded>,
    graph: &GraphBuilder,
    most: usize,
    put: Put<'_>,
) -> Vec<Run> {
    let mut positions: HashMap<u64, usize> = HashMap::new();
    for (at, found) in checked.found.iter().enumerate() {
        positions.entry(found.finding.fingerprint()).or_insert(at);
    }
    let run = |(number, recorded): (usize, Recorded)| {
        let Recorded { name, in_graph, seen, trace, mut timeline, findings } = recorded;
        timeline.limit(most);
        let found = findings.iter();
        let found = found.filter_map(|(print, it)| Some((*positions.get(print)?, it)));
        let told = Told {
            name: &visible(&name),
            seen: &text::who(&seen),
            files: &checked.files,
            node: &|lock| graph.node_of(in_graph, lock),
            findings: &found.collect::<Vec<_>>(),
        };
        let (mut run, lanes) = timeline.finish(&trace, &told);
        run.lanes = put(number, lanes);
        run
    };
    runs.into_iter().enumerate().map(run).collect()
}

/// What to do about events that are not there.
fn left_out(run: &Run) -> Option<String> {
    (run.left_out > 0).then(|| {
        format!(
            "{}: the first {} of {} events are not in the timeline, which would be too large; \
             `lockgraph view --serve` shows more of them",
            run.name, run.left_out, run.events
        )
    })
}

/// Asks for the lines around the places of what is beside the findings.
fn ask(sources: &mut Sources, graph: &Graph, runs: &[Run], contention: &Contention) {
    let rows = contention.waits.iter().chain(&contention.holds).map(|row| &row.place);
    let edges = graph.edges.iter().flat_map(|edge| [&edge.held_at, &edge.wanted_at]);
    let nodes = graph.nodes.iter().map(|node| &node.place);
    edges.chain(nodes).chain(rows).flatten().for_each(|place| sources.add(place));
    runs.iter().flat_map(|run| &run.places).for_each(|place| sources.add(place));
}

/// What was read, in a few words.
fn title(checked: &Checked) -> String {
    let root = super::root(&checked.files);
    match (root.as_str(), checked.traces.as_slice()) {
        ("", [only]) if checked.more_traces == 0 => {
            let name = only.rsplit(['/', '\\']).next().unwrap_or(only);
            escaped(name)
        }
        ("", _) => text::counted(checked.trace_count(), "trace", "traces"),
        (root, _) => escaped(root),
    }
}

fn problem(problem: &Problem) -> String {
    let place = problem.position.as_ref().map(|at| format!(", {}", escaped(at)));
    format!(
        "{}{}: {}",
        escaped(&problem.file),
        place.unwrap_or_default(),
        escaped(&problem.message)
    )
}

/// Fingerprints are one for findings that look the same; ids are not.
fn number(findings: &mut [Finding]) {
    let mut counts: HashMap<String, u32> = HashMap::new();
    for finding in findings {
        let count = counts.entry(finding.id.clone()).or_default();
        *count += 1;
        if *count > 1 {
            finding.id = format!("{}-{count}", finding.id);
        }
    }
}
