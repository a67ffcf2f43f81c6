//! Timelines through the real command: of a program that really hung, and of the field's traces.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libtest_mimic::{Failed, Trial};
use serde_json::Value;
use tempfile::TempDir;

use crate::{cli, fixture};

type Test = fn() -> Result<(), String>;

const TESTS: &[(&str, Test)] = &[
    ("lanes_of_a_killed_run", lanes_of_a_killed_run),
    ("perfetto_of_a_killed_run", perfetto_of_a_killed_run),
    ("perfetto_of_the_field_s_traces", perfetto_of_the_field_s_traces),
];

pub(crate) fn trials() -> Vec<Trial> {
    let trial = |(name, test): &(&str, Test)| {
        let test = *test;
        Trial::test(format!("timeline/{name}"), move || test().map_err(Failed::from))
    };
    TESTS.iter().map(trial).collect()
}

fn shown<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}

fn require(holds: bool, otherwise: impl Into<String>) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}

/// Five philosophers, recorded in full and killed where they hang.
fn philosophers() -> Result<TempDir, String> {
    let directory = shown(TempDir::new())?;
    shown(fixture::hang_and_kill("philosophers", directory.path(), "full"))?;
    Ok(directory)
}

/// What the page reads of a lane: beginning, end, kind, and of waits by whom, plus 1.
fn bars(lane: &Value) -> Result<Vec<[u64; 4]>, String> {
    let bytes = shown(STANDARD.decode(lane["base64"].as_str().ok_or("no bytes")?))?;
    let mut bytes = bytes.into_iter();
    let mut number = move || -> Option<u64> {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = bytes.next()?;
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return Some(number);
            }
        }
    };
    let (mut bars, mut from) = (Vec::new(), 0);
    while let Some(more) = number() {
        from += more;
        let mut next = || number().ok_or("a lane ends in a bar");
        let (length, kind) = (next()?, next()?);
        let [_depth, _lock, _place] = [next()?, next()?, next()?];
        let by = if kind == 2 || kind == 3 { next()? } else { 0 };
        bars.push([from, from + length, kind, by]);
    }
    Ok(bars)
}

/// What the page of this is told.
fn page_of(input: &Path, directory: &Path) -> Result<Value, String> {
    let page = directory.join("page.html");
    let view = [OsStr::new("view"), input.as_os_str(), OsStr::new("-o"), page.as_os_str()];
    cli::run(&view)?.expect_code(0)?;
    let html = shown(fs::read_to_string(&page))?;
    let (_, rest) = html.split_once("id=\"page\">").ok_or("there is no data")?;
    let (json, _) = rest.split_once("</script>").ok_or("the data has no end")?;
    shown(serde_json::from_str(json))
}

/// Each has a fork, and waits for the one that the next has, up to the right edge.
fn lanes_of_a_killed_run() -> Result<(), String> {
    let directory = philosophers()?;
    let page = page_of(directory.path(), directory.path())?;
    let run = &page["runs"][0];
    let events = run["events"].as_u64().ok_or("no events")?;
    let (mut waits, mut by) = (0, BTreeSet::new());
    for (at, lane) in (1..).zip(run["lanes"].as_array().ok_or("no lanes")?) {
        let bars = bars(lane)?;
        require(bars.iter().all(|[_, to, ..]| *to <= events), "a bar ends after the run")?;
        let for_ever = |kind| bars.iter().find(|bar| bar[2] == kind && bar[1] == events);
        // Only who holds a fork waits for another; the one who began them all waits for their ends.
        if let (Some([.., other]), Some(_)) = (for_ever(3), for_ever(4)) {
            require(*other != 0 && *other != at, format!("{at} waits for {other}"))?;
            waits += 1;
            by.insert(*other);
        }
    }
    require((waits, by.len()) == (5, 5), format!("{waits} waits, for {by:?}"))?;
    let snapshot = &page["findings"][0]["snapshot"];
    require(snapshot["rounds"].as_array().map(Vec::len) == Some(0), snapshot.to_string())?;
    let report = [OsStr::new("check"), OsStr::new("--format"), OsStr::new("json")];
    let said = cli::run(&[&report[..], &[directory.path().as_os_str()]].concat())?;
    let report = directory.path().join("report.json");
    shown(fs::write(&report, &said.stdout))?;
    let of_report = page_of(&report, directory.path())?;
    require(
        &of_report["findings"][0]["snapshot"] == snapshot,
        of_report["findings"][0].to_string(),
    )?;
    let marks = run["marks"].as_array().ok_or("no marks")?;
    let is_late = |mark: &Value| mark["event"].as_u64() > Some(0) && mark["finding"] == 0;
    require(marks.len() == 5 && marks.iter().all(is_late), format!("{marks:?}"))
}

fn perfetto(trace: &Path) -> Result<Value, String> {
    let said = cli::run(&[
        OsStr::new("dump"),
        OsStr::new("--format"),
        OsStr::new("perfetto"),
        trace.as_os_str(),
    ])?;
    said.expect_code(0)?;
    shown(serde_json::from_str(&said.stdout))
}

fn count(document: &Value, is_it: impl Fn(&Value) -> bool) -> usize {
    document["traceEvents"].as_array().into_iter().flatten().filter(|entry| is_it(entry)).count()
}

fn perfetto_of_a_killed_run() -> Result<(), String> {
    let directory = philosophers()?;
    let traces = shown(fixture::files(directory.path()))?;
    let document = perfetto(traces.first().ok_or("there is no trace")?)?;
    let named = |part: &str| {
        count(&document, |entry| {
            entry["ph"] == "X" && entry["name"].as_str().is_some_and(|name| name.contains(part))
        })
    };
    let (waits, holds) = (named("waits for fork"), named("(never given back)"));
    require((waits, holds) == (5, 5), format!("{waits} waits, {holds} holds"))?;
    let [begins, ends] = ["s", "f"].map(|phase| count(&document, |entry| entry["ph"] == phase));
    require((begins, ends) == (5, 5), format!("{begins} and {ends} ends of arrows"))?;
    let is_track = |entry: &Value| entry["args"]["name"] == "Aristotle";
    require(count(&document, is_track) == 1, "Aristotle has no track")
}

fn perfetto_of_the_field_s_traces() -> Result<(), String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/traces");
    for (name, slices, arrows) in FIELD {
        let document = perfetto(&directory.join(name))?;
        let got = ["X", "s", "f"].map(|phase| count(&document, |entry| entry["ph"] == phase));
        require(got == [*slices, *arrows, *arrows], format!("{name} has {got:?}"))?;
    }
    Ok(())
}

/// How many holds and waits they have, and how many waits for somebody's hold.
const FIELD: &[(&str, usize, usize)] = &[
    ("Account.data", 73, 1),
    ("Deadlock.data", 4, 0),
    ("DiningPhil.data", 50, 0),
    ("StringBuffer.data", 10, 3),
];
