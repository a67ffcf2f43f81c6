//! What `lockgraph explain` says of the kinds, verdicts and conditions that occur on a page.

use std::collections::BTreeMap;

use lockgraph::explain::{self, ConditionName};
use lockgraph::finding::{Finding, Kind, Verdict};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct Help {
    summary: String,
    paragraphs: Vec<String>,
}

/// By name.
pub(super) fn help<'a>(
    findings: impl Iterator<Item = &'a Finding>,
) -> BTreeMap<&'static str, Help> {
    let mut pages = BTreeMap::new();
    for finding in findings {
        pages.entry(finding.kind.name()).or_insert_with(|| kind(finding.kind));
        pages.entry(finding.verdict.name()).or_insert_with(|| verdict(finding.verdict));
    }
    // They are few, and said to whoever has never heard of any of this.
    if !pages.is_empty() {
        pages.extend(ConditionName::ALL.map(|name| (name.name(), condition(name))));
    }
    pages
}

fn kind(kind: Kind) -> Help {
    let page = explain::page(kind);
    let (summary, rest) = split(page.what);
    let mut paragraphs: Vec<String> =
        Some(rest.to_string()).filter(|it| !it.is_empty()).into_iter().collect();
    let lines = page.example.lines().map(|line| format!("    {line}").trim_end().to_string());
    paragraphs.push(lines.collect::<Vec<_>>().join("\n"));
    paragraphs.push("Ways out:".into());
    paragraphs.extend(page.ways_out.iter().map(|way| format!("- {way}")));
    Help { summary: summary.to_string(), paragraphs }
}

fn verdict(verdict: Verdict) -> Help {
    let page = explain::verdict_page(verdict);
    let (summary, rest) = split(page.what);
    let evidence = format!("Evidence: {}", page.evidence);
    let what_to_do = format!("What to do: {}", page.what_to_do);
    let paragraphs = [rest.to_string(), evidence, what_to_do];
    let paragraphs = paragraphs.into_iter().filter(|it| !it.is_empty()).collect();
    Help { summary: summary.to_string(), paragraphs }
}

fn condition(name: ConditionName) -> Help {
    let easiest =
        "A deadlock needs all four conditions at once: what breaks one of them, breaks it.";
    Help { summary: name.what().to_string(), paragraphs: vec![easiest.to_string()] }
}

/// The first sentence, and the others.
fn split(text: &str) -> (&str, &str) {
    match text.split_once(". ") {
        Some((first, rest)) => (&text[..=first.len()], rest),
        None => (text, ""),
    }
}
