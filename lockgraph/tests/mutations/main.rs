//! Every rule of the analysis of whole runs matters: whoever drops one is told so by its tests.
//!
//! The rules are exact edits of the sources (`step_rules`, `section_rules`, `search_rules`). That each still finds its
//! place is tested always; that each is noticed is a matter of minutes, to be run by hand:
//!
//! ```text
//! cargo test -p lockgraph --test mutations -- --ignored --nocapture
//! ```
//!
//! It makes one edit after the other in a copy of the repository, builds `tests/predict` there, runs
//! it with few random traces, and prints a table. A rule is noticed if a test fails, or if they come to
//! no end in ten times the time, or in too much memory.
//!
//! | variable | |
//! |---|---|
//! | `LOCKGRAPH_RULE` | only rules whose name contains this |
//! | `LOCKGRAPH_TRACES` | how many random traces of each mix (3,000) |

mod search_rules;
mod section_rules;
mod step_rules;
mod tree;

use std::path::Path;
use std::time::Instant;
use std::{env, fs};

use tree::{Ended, Tree};

/// A rule, and how to drop it.
struct Rule {
    name: &'static str,
    /// Below `lockgraph/src/predict`.
    file: &'static str,
    /// What is there, once, and what takes its place.
    edits: &'static [(&'static str, &'static str)],
}

const fn rule(
    name: &'static str,
    file: &'static str,
    edits: &'static [(&'static str, &'static str)],
) -> Rule {
    Rule { name, file, edits }
}

impl Rule {
    fn all() -> impl Iterator<Item = &'static Rule> {
        [step_rules::ALL, section_rules::ALL, search_rules::ALL].into_iter().flatten()
    }

    /// `text` without this rule.
    fn dropped(&self, text: &str) -> Result<String, String> {
        let mut edited = text.to_string();
        for (from, to) in self.edits {
            let found = edited.matches(from).count();
            if found != 1 {
                return Err(format!("{}: {found} times in {}: {from}", self.name, self.file));
            }
            edited = edited.replacen(from, to, 1);
        }
        Ok(edited)
    }
}

#[test]
fn every_edit_has_its_place() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/predict");
    let mut wrong = Vec::new();
    for rule in Rule::all() {
        let text = fs::read_to_string(sources.join(rule.file)).expect("a source file is text");
        wrong.extend(rule.dropped(&text).err());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[ignore = "builds the tests once for each rule: minutes"]
fn no_rule_can_be_dropped() {
    let wanted = env::var("LOCKGRAPH_RULE").unwrap_or_default();
    let mut tree = Tree::copied();
    let ended = tree.measured();
    assert!(matches!(ended, Ended::Well), "with all rules in place: {ended}");
    println!("| without | noticed by | s |\n|---|---|---|");
    let mut unnoticed = Vec::new();
    for rule in Rule::all().filter(|rule| rule.name.contains(&wanted)) {
        let began = Instant::now();
        let path = tree.source(rule.file);
        let text = fs::read_to_string(&path).expect("a source file is text");
        fs::write(&path, rule.dropped(&text).expect("there is a test for that")).expect("a copy");
        let ended = tree.tested();
        fs::write(&path, text).expect("a copy");
        println!("| {} | {ended} | {} |", rule.name, began.elapsed().as_secs());
        if !ended.is_noticed() {
            unnoticed.push(rule.name);
        }
    }
    assert!(unnoticed.is_empty(), "not noticed: {unnoticed:?}");
}
