//! JSON for programs. The shapes are fixed by the files in `schema/`; what is not compatible with
//! them needs a new version, and new files.

use std::collections::BTreeSet;
use std::io::{self, Write};

use lockgraph::check::{Report, Summary};
use lockgraph::finding::Verdict;
use serde::Serialize;

use super::json_finding::{self as finding, Finding};
use super::json_graph as graph_rows;
use super::json_standstill::{Standstill, standstill};
use super::json_table as rows;
use crate::check::{self, Checked};
use crate::gate;
use crate::graph::OrderGraph;
use crate::load::Problem;
use crate::merge::Sightings;
use crate::order::OrderRows;
use crate::seen;

/// The version of all four forms.
pub(crate) const VERSION: u32 = 1;

#[derive(Serialize)]
struct CheckReport<'a> {
    version: u32,
    traces: &'a [String],
    trace_count: u64,
    findings: Vec<Found<'a>>,
    inside: Vec<Found<'a>>,
    order: OrderRows,
    summary: CheckSummary,
    limits: Bounds,
    contention: Vec<rows::Contention<'a>>,
    problems: &'a [Problem],
    notes: &'a [Problem],
}

#[derive(Serialize)]
struct Found<'a> {
    #[serde(flatten)]
    finding: Finding<'a>,
    #[serde(flatten)]
    seen: Seen,
    less_sure: Option<LessSure>,
    witness_file: Option<&'a str>,
    standing: Option<Standing<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    standstill: Option<Standstill<'a>>,
}

/// What the gate makes of a finding.
#[derive(Serialize)]
struct Standing<'a> {
    name: &'static str,
    reason: Option<&'a str>,
    expires: Option<&'a str>,
    is_moved: bool,
}

/// Where something was seen.
#[derive(Serialize)]
struct Seen {
    traces: BTreeSet<String>,
    trace_count: u64,
    tests: Vec<String>,
    programs: Vec<String>,
    are_all_named: bool,
    is_inside: bool,
}

#[derive(Serialize)]
struct LessSure {
    instances: u64,
    #[serde(flatten)]
    seen: Seen,
}

/// How much was looked for.
#[derive(Serialize)]
struct Bounds {
    max_length: Option<usize>,
    budget: u64,
}

#[derive(Serialize)]
struct CheckSummary {
    #[serde(flatten)]
    counts: Counts,
    edges: u64,
    findings: ByVerdict,
    hidden: usize,
}

/// The counts of a trace.
#[derive(Serialize)]
pub(super) struct Counts {
    events: u64,
    threads: u64,
    locks: u64,
    acquisitions: u64,
    patterns: u64,
    witnessed: u64,
    searches_cut: u64,
}

#[derive(Serialize)]
struct ByVerdict {
    actual: usize,
    stalled: usize,
    proved: usize,
    feasible: usize,
    possible: usize,
    excluded: usize,
}

#[derive(Serialize)]
struct ShowReport<'a> {
    version: u32,
    traces: Vec<rows::Trace<'a>>,
    problems: &'a [Problem],
}

#[derive(Serialize)]
struct GraphReport<'a> {
    version: u32,
    traces: &'a [String],
    #[serde(flatten)]
    graph: graph_rows::Graph<'a>,
    problems: &'a [Problem],
}

/// Prints what `check` found.
pub(crate) fn checked(out: &mut dyn Write, checked: &Checked) -> io::Result<()> {
    let findings = ByVerdict {
        actual: checked.count(Verdict::Actual),
        stalled: checked.count(Verdict::Stalled),
        proved: checked.count(Verdict::Proved),
        feasible: checked.count(Verdict::Feasible),
        possible: checked.count(Verdict::Possible),
        excluded: checked.count(Verdict::Excluded),
    };
    let report = CheckReport {
        version: VERSION,
        traces: &checked.traces,
        trace_count: checked.trace_count(),
        findings: checked.found.iter().map(found).collect(),
        inside: checked.inside.iter().map(found).collect(),
        order: OrderRows::from(&checked.order),
        summary: CheckSummary {
            counts: counts(&checked.summary),
            edges: checked.summary.edges,
            findings,
            hidden: checked.hidden,
        },
        limits: Bounds {
            max_length: Some(checked.limits.max_length).filter(|length| *length < usize::MAX),
            budget: checked.limits.budget,
        },
        contention: checked.contention.iter().map(rows::of_class).collect(),
        problems: &checked.problems,
        notes: &checked.notes,
    };
    write(out, &report)
}

fn found(found: &check::Found) -> Found<'_> {
    let (surest, less_sure) = match &found.parts {
        Some(parts) => (parts.surest.clone(), Some(&parts.less_sure)),
        None => (found.sightings(), None),
    };
    let less_sure =
        less_sure.map(|it| LessSure { instances: it.instances, seen: seen(it.clone()) });
    Found {
        finding: finding::finding(&found.finding),
        seen: seen(surest),
        less_sure,
        witness_file: found.witness_file.as_deref(),
        standing: standing(&found.standing),
        standstill: found.standstill.as_deref().map(standstill),
    }
}

fn standing(standing: &gate::Standing) -> Option<Standing<'_>> {
    let plain = |name| Standing { name, reason: None, expires: None, is_moved: false };
    let (name, acceptance) = match standing {
        gate::Standing::Unjudged => return None,
        gate::Standing::New => return Some(plain("new")),
        gate::Standing::Tolerated => return Some(plain("tolerated")),
        gate::Standing::Accepted(acceptance) => ("accepted", acceptance),
        gate::Standing::Expired(acceptance) => ("expired", acceptance),
    };
    Some(Standing {
        name,
        reason: Some(&acceptance.reason),
        expires: acceptance.expires.as_deref(),
        is_moved: acceptance.is_moved,
    })
}

fn seen(sightings: Sightings) -> Seen {
    let (mut tests, mut programs) = (Vec::new(), Vec::new());
    for one in sightings.seen.names {
        match one {
            seen::Seen::Test(name) => tests.push(name),
            seen::Seen::Program(name) => programs.push(name),
        }
    }
    Seen {
        traces: sightings.traces.names,
        trace_count: sightings.trace_count,
        tests,
        programs,
        are_all_named: sightings.seen.is_all,
        is_inside: sightings.is_inside,
    }
}

/// Prints the tables of `show`.
pub(crate) fn shown(
    out: &mut dyn Write,
    reports: &[(String, Report)],
    problems: &[Problem],
) -> io::Result<()> {
    let traces = reports.iter().map(|(file, report)| rows::trace(file, report)).collect();
    write(out, &ShowReport { version: VERSION, traces, problems })
}

/// Prints the graph of `graph`.
pub(crate) fn graph(
    out: &mut dyn Write,
    order: &OrderGraph,
    traces: &[String],
    problems: &[Problem],
) -> io::Result<()> {
    let graph = graph_rows::graph(order, traces);
    write(out, &GraphReport { version: VERSION, traces, graph, problems })
}

pub(super) fn counts(summary: &Summary) -> Counts {
    let Summary { events, threads, locks, acquisitions, patterns, witnessed, searches_cut, .. } =
        *summary;
    Counts { events, threads, locks, acquisitions, patterns, witnessed, searches_cut }
}

pub(super) fn write(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    // The conversion gives the error of the writer back as it was: a broken pipe stays one.
    serde_json::to_writer_pretty(&mut *out, value).map_err(io::Error::from)?;
    writeln!(out)
}

#[cfg(test)]
pub(crate) mod tests {
    use lockgraph::finding::{Kind, Verdict};
    use serde_json::Value;

    use super::*;
    use crate::staged;

    const CHECK: &str = include_str!("../../schema/report-v1.json");
    const SHOW: &str = include_str!("../../schema/show-v1.json");
    const GRAPH: &str = include_str!("../../schema/graph-v1.json");

    fn parsed(print: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> Value {
        let mut out = Vec::new();
        print(&mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    pub(crate) fn errors(schema: &str, value: &Value) -> Vec<String> {
        let schema: Value = serde_json::from_str(schema).unwrap();
        assert!(jsonschema::meta::is_valid(&schema));
        let validator = jsonschema::validator_for(&schema).unwrap();
        let error = |it: jsonschema::ValidationError<'_>| format!("{}: {it}", it.instance_path);
        validator.iter_errors(value).map(error).collect()
    }

    /// Valid as it is, and no longer with a member more or less, at any depth.
    pub(crate) fn check(schema: &str, value: &Value) {
        check_at(schema, value, "");
    }

    /// The same at this place of it and deeper.
    fn check_at(schema: &str, value: &Value, at: &str) {
        assert_eq!(errors(schema, value), Vec::<String>::new());
        for pointer in objects(value.pointer(at).unwrap(), at.to_string()) {
            let mut more = value.clone();
            let object = more.pointer_mut(&pointer).unwrap().as_object_mut().unwrap();
            let names: Vec<String> = object.keys().cloned().collect();
            object.insert("surplus".into(), Value::Null);
            assert_ne!(errors(schema, &more), Vec::<String>::new(), "more at {pointer}");
            for name in names {
                let mut less = value.clone();
                less.pointer_mut(&pointer).unwrap().as_object_mut().unwrap().remove(&name);
                assert_ne!(errors(schema, &less), Vec::<String>::new(), "{pointer} less {name}");
            }
        }
    }

    /// The objects in a value; of an array the first two members only.
    fn objects(value: &Value, at: String) -> Vec<String> {
        match value {
            Value::Object(members) => {
                let inner =
                    members.iter().flat_map(|(name, it)| objects(it, format!("{at}/{name}")));
                let inner: Vec<String> = inner.collect();
                [vec![at], inner].concat()
            }
            Value::Array(members) => {
                let first = members.iter().take(2).enumerate();
                first.flat_map(|(number, it)| objects(it, format!("{at}/{number}"))).collect()
            }
            _ => Vec::new(),
        }
    }

    #[test]
    fn check_output_is_as_the_schema_says() {
        check(CHECK, &parsed(|out| checked(out, &staged::checked())));
        let proved = staged::merged(&[("a.lgt", &[staged::proved()])]);
        check(CHECK, &parsed(|out| checked(out, &proved)));
        let every = staged::merged(&[("a.lgt", &staged::every_shape())]);
        assert_eq!(errors(CHECK, &parsed(|out| checked(out, &every))), Vec::<String>::new());
        let nothing = parsed(|out| checked(out, &Checked::default()));
        assert_eq!(errors(CHECK, &nothing), Vec::<String>::new());
    }

    #[test]
    fn who_waited_for_whom_is_there_if_it_is_known() {
        let mut report = staged::checked();
        let value = parsed(|out| checked(out, &report));
        assert_eq!(value.pointer("/findings/0/standstill"), None);
        report.found[0].standstill = Some(Box::new(staged::standstill()));
        let value = parsed(|out| checked(out, &report));
        check_at(CHECK, &value, "/findings/0/standstill");
        for (pointer, want) in [
            ("/threads/0/thread/name", serde_json::json!("t1")),
            ("/threads/0/wants/lock/name", "lock-2".into()),
            ("/threads/0/needs/0/of", serde_json::json!([1])),
            ("/threads/2/wants/end_of/id", 9.into()),
            ("/threads/3/needs/1/what", serde_json::Value::Null),
            ("/threads/5/state", "gone".into()),
            ("/rounds", serde_json::json!([[2]])),
            ("/stuck", serde_json::json!([0, 1, 3])),
        ] {
            let pointer = format!("/findings/0/standstill{pointer}");
            assert_eq!(value.pointer(&pointer), Some(&want), "{pointer}");
        }
    }

    #[test]
    fn every_name_is_in_the_schema() {
        for kind in Kind::ALL {
            for verdict in Verdict::ALL {
                let named = staged::merged(&[("a.lgt", &[staged::named(kind, verdict)])]);
                let value = parsed(|out| checked(out, &named));
                assert_eq!(value.pointer("/findings/0/kind"), Some(&kind.name().into()));
                assert_eq!(errors(CHECK, &value), Vec::<String>::new(), "{kind:?} {verdict:?}");
            }
        }
    }

    #[test]
    fn check_output_says_what_was_found() {
        let value = parsed(|out| checked(out, &staged::checked()));
        for (pointer, want) in [
            ("/version", serde_json::json!(1)),
            ("/findings/0/kind", "deadlock".into()),
            ("/findings/0/verdict", "actual".into()),
            (
                "/findings/0/fingerprint",
                format!("{:016x}", staged::deadlock().fingerprint()).into(),
            ),
            ("/findings/0/steps/1/site/line", 12.into()),
            ("/findings/0/steps/0/blocks/lock/name", "lock-1".into()),
            ("/findings/0/conditions/3/name", "circular wait".into()),
            ("/findings/1/traces", serde_json::json!(["a.lgt", "b.lgt", "c.lgt", "d.lgt"])),
            ("/summary/findings/possible", 1.into()),
            ("/summary/acquisitions", 48.into()),
            ("/summary/witnessed", 12.into()),
            ("/findings/0/witness", serde_json::Value::Null),
            ("/findings/1/trace_count", 4.into()),
            ("/limits/max_length", serde_json::Value::Null),
            ("/problems/0/position", "byte 4096".into()),
        ] {
            assert_eq!(value.pointer(pointer), Some(&want), "{pointer}");
        }
    }

    #[test]
    fn a_schedule_is_told_move_by_move() {
        let proved =
            staged::merged(&[("a.lgt", &[staged::proved()]), ("b.lgt", &[staged::proved()])]);
        let value = parsed(|out| checked(out, &proved));
        for (pointer, want) in [
            ("/findings/0/instances", serde_json::json!(24)),
            ("/findings/0/witness_file", serde_json::Value::Null),
            ("/findings/0/witness/threads/1/name", "t2".into()),
            ("/findings/0/witness/moves/0/act", "takes".into()),
            ("/findings/0/witness/moves/3/act", "wants".into()),
            ("/findings/0/witness/moves/3/thread/id", 2.into()),
            ("/findings/0/witness/moves/3/lock/name", "lock-1".into()),
            ("/findings/0/witness/moves/3/mode", "exclusive".into()),
            ("/findings/0/witness/moves/3/site/line", 12.into()),
            ("/summary/findings/proved", 1.into()),
            ("/summary/findings/feasible", 0.into()),
        ] {
            assert_eq!(value.pointer(pointer), Some(&want), "{pointer}");
        }
    }

    #[test]
    fn show_output_is_as_the_schema_says() {
        let reports = [("a.lgt".to_string(), staged::report())];
        check(SHOW, &parsed(|out| shown(out, &reports, &[staged::problem()])));
    }

    #[test]
    fn graph_output_is_as_the_schema_says() {
        for is_by_class in [false, true] {
            let mut order = OrderGraph::new(is_by_class);
            order.add(0, &staged::edges(&[(1, 2), (2, 1), (2, 10), (10, 11)]));
            order.find_cycles();
            let traces = ["a.lgt".to_string()];
            let value = parsed(|out| graph(out, &order, &traces, &[staged::problem()]));
            check(GRAPH, &value);
            assert_eq!(value["cycles"], serde_json::json!([["n0", "n1"]]));
        }
    }

    #[test]
    fn a_broken_pipe_stays_one() {
        struct Broken;
        impl Write for Broken {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let error = checked(&mut Broken, &staged::checked()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
