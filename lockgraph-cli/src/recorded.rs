//! The findings of a `report.json`, as much of them as it takes to accept them.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use lockgraph::finding::{Kind, Verdict};
use serde::Deserialize;

use crate::order::Order;
use crate::policy::{self, Accept, Date, Trouble};
use crate::print::json::VERSION;

/// A finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Recorded {
    pub(crate) fingerprint: u64,
    pub(crate) kind: Kind,
    pub(crate) verdict: Verdict,
    /// Its steps in names; empty if the report has none.
    pub(crate) names: Vec<String>,
    /// In a line.
    pub(crate) headline: String,
    /// In full, for people.
    pub(crate) text: String,
}

impl Recorded {
    /// What a finding is known by.
    pub(crate) fn of(finding: &lockgraph::finding::Finding) -> Recorded {
        Recorded {
            fingerprint: finding.fingerprint(),
            kind: finding.kind,
            verdict: finding.verdict,
            names: finding.names.clone().unwrap_or_default(),
            headline: String::new(),
            text: String::new(),
        }
    }

    /// The fingerprint that it would have with other names.
    pub(crate) fn fingerprint_with(&self, names: &[String]) -> u64 {
        let finding = lockgraph::finding::Finding::new(self.kind, self.verdict, Vec::new());
        let names = Some(names.to_vec());
        lockgraph::finding::Finding { names, ..finding }.fingerprint()
    }

    /// An entry of the settings that lets it pass.
    pub(crate) fn accepted(&self, reason: &str, expires: Option<Date>) -> Accept {
        Accept {
            fingerprint: self.fingerprint,
            reason: reason.trim().to_owned(),
            expires,
            what: self.names.clone(),
            lines: 0..0,
        }
    }
}

#[derive(Deserialize)]
struct Report {
    version: u32,
    findings: Vec<Finding>,
    #[serde(default)]
    order: Order,
}

#[derive(Deserialize)]
struct Finding {
    fingerprint: String,
    kind: String,
    verdict: String,
    #[serde(default)]
    names: Option<Vec<String>>,
    headline: String,
    steps: Vec<Step>,
    verdict_because: String,
    way_out: WayOut,
    #[serde(default)]
    tests: Vec<String>,
}

#[derive(Deserialize)]
struct Step {
    thread: Thread,
    site: Option<Site>,
}

#[derive(Deserialize)]
struct Thread {
    id: u32,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Site {
    file: String,
    line: u32,
    column: u32,
}

#[derive(Deserialize)]
struct WayOut {
    advice: String,
}

/// Reads the findings of a report.
pub(crate) fn read(file: &Path) -> Result<Vec<Recorded>, Trouble> {
    with_order(file).map(|(findings, _)| findings)
}

/// Reads the findings of a report, and the order in it.
pub(crate) fn with_order(file: &Path) -> Result<(Vec<Recorded>, Order), Trouble> {
    let report = report(file)?;
    let wrong = |what: String| Trouble::of_file(file, format!("{NONE}: {what}"));
    let findings = report.findings.iter().map(|finding| recorded(finding).map_err(wrong));
    Ok((findings.collect::<Result<_, _>>()?, report.order))
}

const NONE: &str = "is no report of `lockgraph check --format json`";

fn report(file: &Path) -> Result<Report, Trouble> {
    let text = fs::read(file).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Trouble::of_file(
            file,
            "there is no such report: `cargo lockgraph test` leaves one, `lockgraph check \
             --format json` prints one",
        ),
        _ => Trouble::when("read", file)(error),
    })?;
    let wrong = |error: serde_json::Error| Trouble::of_file(file, format!("{NONE}: {error}"));
    let report: Report = serde_json::from_slice(&text).map_err(wrong)?;
    if report.version != VERSION {
        let version = report.version;
        let remedy = "update lockgraph, or make the report again with this one";
        return Err(Trouble::of_file(file, format!("is a report of version {version}: {remedy}")));
    }
    Ok(report)
}

fn recorded(finding: &Finding) -> Result<Recorded, String> {
    let Finding { fingerprint, kind, verdict, headline, .. } = finding;
    Ok(Recorded {
        fingerprint: policy::fingerprint(fingerprint)
            .ok_or_else(|| format!("`{fingerprint}` is no fingerprint"))?,
        kind: Kind::from_name(kind).ok_or_else(|| format!("`{kind}` is no kind of finding"))?,
        verdict: Verdict::from_name(verdict).ok_or_else(|| format!("`{verdict}` is no verdict"))?,
        names: finding.names.clone().unwrap_or_default(),
        headline: headline.clone(),
        text: shown(finding),
    })
}

/// The finding without stacks and sources, which a report has, and a review can do without.
fn shown(finding: &Finding) -> String {
    let Finding { kind, verdict, headline, verdict_because, way_out, .. } = finding;
    let severity = if verdict == Verdict::Actual.name() { "error" } else { "warning" };
    let mut text = format!("{severity}[{kind}]: {headline}\n");
    let mut line = |line: String| text.extend([line, "\n".to_owned()]);
    for Step { thread, site } in &finding.steps {
        let who = thread.name.clone().unwrap_or_else(|| thread.id.to_string());
        let site = site.as_ref().map(|at| format!("{}:{}:{}", at.file, at.line, at.column));
        line(format!("  --> {}: thread {who}", site.as_deref().unwrap_or("unknown place")));
    }
    finding.names.iter().flatten().for_each(|name| line(format!("   = {name}")));
    line(format!("   = {verdict}: {verdict_because}"));
    line(format!("   = way out: {}", way_out.advice));
    if !finding.tests.is_empty() {
        line(format!("   = seen in: {}", finding.tests.join(", ")));
    }
    line(format!("   = fingerprint: {}", finding.fingerprint));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::print::json;
    use crate::staged;

    fn read_text(text: &[u8]) -> Result<Vec<Recorded>, String> {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("report.json");
        fs::write(&file, text).unwrap();
        read(&file).map_err(|trouble| {
            trouble.to_string().strip_prefix(&*file.to_string_lossy()).unwrap().to_owned()
        })
    }

    #[test]
    fn what_check_prints_is_read() {
        let checked = staged::checked();
        let mut text = Vec::new();
        json::checked(&mut text, &checked).unwrap();
        let findings = read_text(&text).unwrap();
        assert_eq!(findings.len(), 2);
        for (recorded, found) in findings.iter().zip(&checked.found) {
            let finding = &found.finding;
            let known = (recorded.fingerprint, recorded.kind, recorded.verdict);
            assert_eq!(known, (finding.fingerprint(), finding.kind, finding.verdict));
        }
        let text = &findings[0].text;
        assert!(text.starts_with("error[deadlock]: "), "{text}");
        assert!(text.contains("\n  --> src/a.rs:11:7: thread t1\n"), "{text}");
        let fingerprint = findings[0].fingerprint;
        assert!(text.ends_with(&format!("\n   = fingerprint: {fingerprint:016x}\n")), "{text}");
    }

    #[test]
    fn what_is_no_report_is_refused() {
        let no_report = ": is no report of `lockgraph check --format json`: ";
        let finding = r#"{"version":1,"findings":[{"fingerprint":"12","kind":"deadlock","verdict":
            "actual","headline":"","steps":[],"verdict_because":"","way_out":{"advice":""}}]}"#;
        let other_kind = finding.replace("12", "0123456789abcdef").replace("deadlock", "x");
        for (text, want) in [
            ("{", format!("{no_report}EOF while parsing an object at line 1 column 1")),
            (finding, format!("{no_report}`12` is no fingerprint")),
            (&other_kind, format!("{no_report}`x` is no kind of finding")),
            (
                r#"{"version":2,"findings":[]}"#,
                ": is a report of version 2: update lockgraph, or make the report again with this \
                 one"
                .into(),
            ),
        ] {
            assert_eq!(read_text(text.as_bytes()), Err(want), "{text}");
        }
        let gone = read(Path::new("no/such/report.json")).unwrap_err().to_string();
        assert_eq!(
            gone,
            "no/such/report.json: there is no such report: `cargo lockgraph test` leaves one, \
             `lockgraph check --format json` prints one"
        );
    }
}
