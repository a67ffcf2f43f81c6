//! GitLab's code quality report: a list of findings, each with a place in the repository.
//!
//! Fingerprints are unique, as GitLab shows but one finding of each: later findings with the same
//! one get a number. A finding without a place in the repository is shown at `Cargo.toml`, because
//! GitLab drops what has none.

use std::collections::HashMap;
use std::io::{self, Write};

use lockgraph::explain::{escaped, explain};
use lockgraph::finding::Verdict;
use serde::Serialize;

use super::severity::{Severity, standing};
use super::whereabouts::Whereabouts;
use crate::check::{Checked, Found};

#[derive(Serialize)]
struct Row {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

/// Prints what was found.
pub(crate) fn checked(out: &mut dyn Write, checked: &Checked) -> io::Result<()> {
    let whereabouts = Whereabouts::of(checked);
    let mut seen: HashMap<u64, usize> = HashMap::new();
    let rows = checked.found.iter().map(|found| row(&whereabouts, &mut seen, found));
    let rows: Vec<Row> = rows.collect();
    serde_json::to_writer_pretty(&mut *out, &rows).map_err(io::Error::from)?;
    writeln!(out)
}

fn row(whereabouts: &Whereabouts<'_>, seen: &mut HashMap<u64, usize>, found: &Found) -> Row {
    let finding = &found.finding;
    let place = whereabouts.main(finding);
    let place = place.and_then(|place| Some((whereabouts.path(place)?, place.line)));
    let (path, begin) = place.unwrap_or_else(|| ("Cargo.toml".to_string(), 1));
    let count = seen.entry(finding.fingerprint()).or_default();
    *count += 1;
    let number = if *count > 1 { format!("-{count}") } else { String::new() };
    Row {
        description: words(found),
        check_name: format!("lockgraph/{}", finding.kind.name()),
        fingerprint: format!("{:016x}{number}", finding.fingerprint()),
        severity: severity(found),
        location: Location { path, lines: Lines { begin } },
    }
}

fn severity(found: &Found) -> &'static str {
    match Severity::of(found) {
        Severity::Error if found.finding.verdict == Verdict::Actual => "blocker",
        Severity::Error => "critical",
        Severity::Warning => "major",
        Severity::Note => "info",
    }
}

/// One line, as GitLab shows it.
fn words(found: &Found) -> String {
    let explanation = explain(&found.finding);
    let verdict = found.finding.verdict.name();
    let standing = standing(found).map(|standing| format!(". Gate: {standing}"));
    let (headline, advice) = (explanation.headline, explanation.way_out.advice);
    escaped(&format!("{headline} ({verdict}). Help: {advice}{}", standing.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::staged;

    const SCHEMA: &str = include_str!("../../../fixtures/schema/gitlab-code-quality.json");

    /// What is printed, which is as the schema says, each with a fingerprint of its own.
    fn printed(findings: &Checked) -> Value {
        let mut out = Vec::new();
        checked(&mut out, findings).unwrap();
        let value: Value = serde_json::from_slice(&out).unwrap();
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        assert!(jsonschema::meta::is_valid(&schema));
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors = validator.iter_errors(&value);
        let errors = errors.map(|error| format!("{}: {error}", error.instance_path));
        assert_eq!(errors.collect::<Vec<_>>(), Vec::<String>::new());
        let rows = value.as_array().unwrap();
        let prints = rows.iter().map(|row| row["fingerprint"].as_str().unwrap());
        assert_eq!(prints.collect::<BTreeSet<_>>().len(), findings.found.len());
        assert_eq!(rows.len(), findings.found.len());
        value
    }

    #[test]
    fn a_finding_is_a_row() {
        let value = printed(&staged::checked());
        for (pointer, want) in [
            ("/0/check_name", "lockgraph/deadlock".into()),
            ("/0/severity", "blocker".into()),
            ("/0/location/path", "src/a.rs".into()),
            ("/0/location/lines/begin", 11.into()),
            ("/0/fingerprint", format!("{:016x}", staged::deadlock().fingerprint()).into()),
            ("/1/severity", Value::from("major")),
        ] {
            assert_eq!(value.pointer(pointer), Some(&want), "{pointer}");
        }
        assert_eq!(printed(&Checked::default()), Value::Array(Vec::new()));
    }

    #[test]
    fn severities_follow_the_gate() {
        let mut findings = staged::checked();
        findings.found[0].standing = staged::accepted();
        findings.found[1].standing = crate::gate::Standing::New;
        let value = printed(&findings);
        assert_eq!(
            (&value[0]["severity"], &value[1]["severity"]),
            (&"info".into(), &"critical".into())
        );
        let text = value[0]["description"].as_str().unwrap();
        assert!(text.ends_with(". Gate: accepted under another name: \"old\" & <known>"), "{text}");
    }

    #[test]
    fn any_finding_is_a_row() {
        printed(&staged::merged(&[("a.lgt", &staged::every_shape())]));
        printed(&staged::many(1000));
        for name in staged::hostile() {
            printed(&staged::with_name(&name));
        }
    }

    #[test]
    fn a_finding_without_places_is_the_projects() {
        let nowhere = lockgraph::finding::Finding { steps: Vec::new(), ..staged::cycle() };
        let value = printed(&staged::merged(&[("a.lgt", &[nowhere.clone(), nowhere])]));
        assert_eq!(value[0]["location"]["path"], "Cargo.toml");
    }
}
