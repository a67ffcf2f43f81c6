//! The kinds of findings as rules of SARIF, with their pages as help.

use lockgraph::explain::{Page, page};
use lockgraph::finding::Kind;
use serde_json::{Value, json};

/// The rule of a kind.
pub(super) fn rule(kind: Kind) -> Value {
    let page = page(kind);
    json!({
        "id": kind.name(),
        "shortDescription": { "text": first_sentence(page.what) },
        "fullDescription": { "text": page.what },
        "help": { "text": text(&page), "markdown": markdown(&page) },
        "defaultConfiguration": { "level": "warning" },
        "properties": { "tags": ["concurrency", "deadlock"], "problem.severity": "warning" },
    })
}

fn first_sentence(text: &str) -> &str {
    text.split_inclusive(". ").next().unwrap_or(text).trim_end()
}

fn text(page: &Page) -> String {
    let ways: Vec<String> = page.ways_out.iter().map(|way| format!("- {way}")).collect();
    format!("{}\n\nExample:\n{}\nWays out:\n{}\n", page.what, page.example, ways.join("\n"))
}

fn markdown(page: &Page) -> String {
    let ways: Vec<String> = page.ways_out.iter().map(|way| format!("- {way}")).collect();
    format!(
        "{}\n\n### Example\n\n```rust\n{}```\n\n### Ways out\n\n{}\n",
        page.what,
        page.example,
        ways.join("\n")
    )
}
