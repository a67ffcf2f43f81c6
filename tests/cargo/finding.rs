//! The findings of a run, from the report for programs.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::{Outcome, at};

/// `report.json`.
pub(super) struct Report {
    text: String,
    json: Value,
}

/// What one may expect of a finding.
pub(super) struct Wanted<'a> {
    pub(super) kind: &'a str,
    pub(super) verdict: &'a str,
    /// Ends of `file:line`, one for each lock: for whom it was made, or else where it was made,
    /// or first taken; or its name.
    pub(super) locks: &'a [&'a str],
    /// Who showed it.
    pub(super) seen: &'a [&'a str],
}

impl Report {
    pub(super) fn read(path: &Path) -> Result<Report, String> {
        let text = fs::read_to_string(path).map_err(at(&path.display().to_string()))?;
        let json = serde_json::from_str(&text).map_err(at("the report"))?;
        Ok(Report { text, json })
    }

    /// There are these findings, in any order, and no others.
    pub(super) fn expect(&self, wanted: &[Wanted<'_>]) -> Outcome {
        let findings = list(&self.json["findings"]);
        self.require(findings.len() == wanted.len(), "that is not the number of findings")?;
        for wanted in wanted {
            let count = findings.iter().filter(|finding| wanted.is(finding)).count();
            let Wanted { kind, verdict, locks, seen } = wanted;
            let what = format!("{count} findings are {verdict} {kind} of {locks:?} in {seen:?}");
            self.require(count == 1, &what)?;
        }
        self.require(list(&self.json["problems"]).is_empty(), "there are problems")?;
        self.require(list(&self.json["notes"]).is_empty(), "there are notes")
    }

    /// So many processes left traces.
    pub(super) fn expect_traces(&self, count: usize) -> Outcome {
        let traces = list(&self.json["traces"]).len();
        self.require(traces == count, &format!("there are {traces} traces instead of {count}"))
    }

    /// A number of the summary.
    pub(super) fn expect_count(&self, name: &str, count: u64) -> Outcome {
        let is_it = self.json["summary"][name] == count;
        self.require(is_it, &format!("{name} is not {count}"))
    }

    fn require(&self, holds: bool, otherwise: &str) -> Outcome {
        if holds { Ok(()) } else { Err(format!("{otherwise}\n{}", self.text)) }
    }
}

impl Wanted<'_> {
    fn is(&self, finding: &Value) -> bool {
        let locks = locks(finding);
        let each_is_there = self.locks.iter().all(|end| {
            let is_it = |lock: &&String| lock.ends_with(end);
            locks.iter().filter(is_it).count() == self.locks.iter().filter(|e| *e == end).count()
        });
        let less_sure = &finding["less_sure"];
        let seen =
            [&finding["tests"], &finding["programs"], &less_sure["tests"], &less_sure["programs"]];
        let seen: BTreeSet<_> = seen.into_iter().flat_map(list).filter_map(Value::as_str).collect();
        finding["kind"] == self.kind
            && finding["verdict"] == self.verdict
            && locks.len() == self.locks.len()
            && each_is_there
            && seen == self.seen.iter().copied().collect()
    }
}

/// The locks that somebody wants: around a cycle, these are all.
fn locks(finding: &Value) -> Vec<String> {
    let places = ["made_for", "made_at", "first_taken_at"];
    list(&finding["steps"]).iter().map(|step| class(&step["wants"]["lock"], &places)).collect()
}

/// The name of a lock, or else the first of these places that is known.
pub(super) fn class(lock: &Value, places: &[&str]) -> String {
    if let Some(name) = lock["name"].as_str() {
        return name.to_owned();
    }
    let place = places.iter().map(|name| &lock[name]).find(|place| !place.is_null());
    let place = place.unwrap_or(&Value::Null);
    format!("{}:{}", place["file"].as_str().unwrap_or("?"), place["line"])
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
