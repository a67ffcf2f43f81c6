//! SARIF 2.1.0, for GitHub's code scanning and whatever else reads it.
//!
//! A finding is a result; its circle is a code flow with one thread flow a thread
//! (`sarif_flow`). Paths are relative to `%SRCROOT%`, the root of the repository. What the
//! settings accept is suppressed. There is no `baselineState`: what is accepted need not have been
//! there in a run before, nor what is new have been missing.
//!
//! One result at a time is in memory. GitHub refuses files with more than 25,000 results, so there
//! are no more; what was left out is told as a notification of the run.

use std::io::{self, Write};

use lockgraph::explain::{self, Explanation};
use lockgraph::finding::Kind;
use serde::ser::{Serialize, Serializer};
use serde_json::{Value, json};

use super::sarif_place::{self as at, message, told};
use super::severity::{self, Severity};
use super::text::counted;
use super::whereabouts::Whereabouts;
use super::{sarif_flow, sarif_rule};
use crate::check::{Checked, Found};
use crate::gate::Standing;
use crate::load::Problem;

/// Results that GitHub takes of a run.
const RESULTS: usize = 25_000;
/// Tests and programs that are named with a result.
const SEEN: usize = 20;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Prints what was found.
pub(crate) fn checked(out: &mut dyn Write, checked: &Checked) -> io::Result<()> {
    first(out, checked, RESULTS)
}

/// Prints so many of the findings.
fn first(out: &mut dyn Write, checked: &Checked, count: usize) -> io::Result<()> {
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: [Run::of(checked, count)] };
    serde_json::to_writer(&mut *out, &log).map_err(io::Error::from)?;
    writeln!(out)
}

#[derive(serde::Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Value,
    original_uri_base_ids: Value,
    column_kind: &'static str,
    invocations: [Value; 1],
    results: Results<'a>,
}

impl Run<'_> {
    fn of(checked: &Checked, count: usize) -> Run<'_> {
        let driver = json!({
            "name": "lockgraph",
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "informationUri": env!("CARGO_PKG_REPOSITORY"),
            "rules": Kind::ALL.map(sarif_rule::rule),
        });
        Run {
            tool: json!({ "driver": driver }),
            original_uri_base_ids: json!({
                at::BASE: { "description": { "text": "The root of the repository." } },
            }),
            column_kind: "unicodeCodePoints",
            invocations: [invocation(checked, count)],
            results: Results { checked, count },
        }
    }
}

/// What could not be read, and what was left out.
fn invocation(checked: &Checked, count: usize) -> Value {
    let problem = |problem: &Problem| {
        let Problem { file, position, message: what } = problem;
        let place = position.as_ref().map(|position| format!(": {position}")).unwrap_or_default();
        json!({ "level": "error", "message": message(&format!("{file}{place}: {what}")) })
    };
    let mut notifications: Vec<Value> = checked.problems.iter().map(problem).collect();
    let left_out = checked.found.len().saturating_sub(count);
    if left_out > 0 {
        let text = counted(left_out as u64, "finding", "findings") + " left out, the least sure";
        notifications.push(json!({ "level": "warning", "message": message(&text) }));
    }
    json!({
        "executionSuccessful": checked.problems.is_empty(),
        "toolExecutionNotifications": notifications,
    })
}

struct Results<'a> {
    checked: &'a Checked,
    count: usize,
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let whereabouts = Whereabouts::of(self.checked);
        // Either all results say whether they are suppressed, or none.
        let is_gated = self.checked.found.iter().any(|found| found.standing != Standing::Unjudged);
        let found = self.checked.found.iter().take(self.count);
        serializer.collect_seq(found.map(|found| result(&whereabouts, found, is_gated)))
    }
}

fn result(whereabouts: &Whereabouts<'_>, found: &Found, is_gated: bool) -> Value {
    let finding = &found.finding;
    let main = whereabouts.main(finding);
    told(json!({
        "ruleId": finding.kind.name(),
        "ruleIndex": Kind::ALL.iter().position(|kind| *kind == finding.kind),
        "level": level(Severity::of(found)),
        "message": message(&words(found)),
        "locations": main.map(|place| [at::location(whereabouts, Some(place), None, None)]),
        "relatedLocations": sarif_flow::related(whereabouts, finding, main),
        "codeFlows": sarif_flow::flow(whereabouts, finding).map(|flow| [flow]),
        "partialFingerprints": {
            "lockgraphFingerprint/v1": format!("{:016x}", finding.fingerprint()),
        },
        "suppressions": is_gated.then(|| suppressions(&found.standing)),
        "occurrenceCount": Some(finding.instances).filter(|count| *count > 0),
        "properties": {
            "verdict": finding.verdict.name(),
            "names": finding.names,
            "seenIn": found.seen.iter().take(SEEN).map(|seen| seen.name()).collect::<Vec<_>>(),
        },
    }))
}

fn suppressions(standing: &Standing) -> Vec<Value> {
    match standing {
        Standing::Accepted(acceptance) => vec![json!({
            "kind": "external",
            "status": "accepted",
            "justification": acceptance.reason,
        })],
        _ => Vec::new(),
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// What it is, how sure that is, what to do, and what the settings say.
fn words(found: &Found) -> String {
    let Explanation { headline, way_out, verdict, .. } = explain::explain(&found.finding);
    let name = found.finding.verdict.name();
    let standing = severity::standing(found).map(|standing| format!("\nGate: {standing}."));
    let standing = standing.unwrap_or_default();
    format!("{headline}.\nVerdict: {name}: {verdict}.\nHelp: {}.{standing}", way_out.advice)
}

#[cfg(test)]
mod tests;
