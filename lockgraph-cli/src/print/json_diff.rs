//! How two runs differ, as JSON.

use std::collections::BTreeSet;
use std::io::{self, Write};

use lockgraph::explain;
use serde::Serialize;

use super::json::{VERSION, write};
use super::json_finding::{self, Place};
use crate::check;
use crate::diff::side::Side;
use crate::diff::{self, Change, Row};
use crate::load::Problem;
use crate::policy::shown;
use crate::seen::Seen;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    old: Input<'a>,
    new: Input<'a>,
    order: Changes<Edge<'a>>,
    findings: Option<Changes<Finding<'a>>>,
    problems: Vec<&'a Problem>,
}

#[derive(Serialize)]
struct Input<'a> {
    file: &'a str,
    form: &'static str,
    edges: usize,
    findings: Option<usize>,
}

#[derive(Serialize)]
struct Changes<T> {
    came: Vec<T>,
    went: Vec<T>,
    became: Vec<Became<T>>,
}

#[derive(Serialize)]
struct Became<T> {
    then: T,
    now: T,
}

#[derive(Serialize)]
struct Edge<'a> {
    from: &'a str,
    to: &'a str,
    r#in: &'a BTreeSet<String>,
    held_at: Option<Place<'a>>,
    wanted_at: Option<Place<'a>>,
    #[serde(flatten)]
    seen: Who<'a>,
}

#[derive(Serialize)]
struct Finding<'a> {
    fingerprint: String,
    kind: &'static str,
    verdict: &'static str,
    headline: String,
    names: Option<&'a [String]>,
    sites: Vec<Place<'a>>,
    #[serde(flatten)]
    seen: Who<'a>,
}

#[derive(Serialize)]
struct Who<'a> {
    tests: Vec<&'a str>,
    programs: Vec<&'a str>,
}

/// Prints what is not the same.
pub(crate) fn changes(
    out: &mut dyn Write,
    old: &Side,
    new: &Side,
    changes: &diff::Changes<'_>,
) -> io::Result<()> {
    let document = Document {
        version: VERSION,
        old: input(old),
        new: input(new),
        order: sorted(&changes.edges, &edge),
        findings: changes.findings.as_ref().map(|changes| sorted(changes, &|found| finding(found))),
        problems: old.problems.iter().chain(&new.problems).collect(),
    };
    write(out, &document)
}

fn input(side: &Side) -> Input<'_> {
    Input {
        file: &side.file,
        form: side.form.name(),
        edges: side.order.edges.len(),
        findings: side.findings.as_ref().map(Vec::len),
    }
}

/// Each where it belongs.
fn sorted<T, U>(changes: &[Change<T>], row: &dyn Fn(&T) -> U) -> Changes<U> {
    let mut sorted = Changes { came: Vec::new(), went: Vec::new(), became: Vec::new() };
    for change in changes {
        match change {
            Change::Came(it) => sorted.came.push(row(it)),
            Change::Went(it) => sorted.went.push(row(it)),
            Change::Became { then, now } => {
                sorted.became.push(Became { then: row(then), now: row(now) });
            }
        }
    }
    sorted
}

fn edge<'a>(row: &Row<'a>) -> Edge<'a> {
    let ((from, to), edge) = *row;
    Edge {
        from,
        to,
        r#in: &edge.within,
        held_at: edge.example.held.as_ref().map(json_finding::place),
        wanted_at: edge.example.wanted.as_ref().map(json_finding::place),
        seen: who(&edge.seen),
    }
}

fn finding(found: &check::Found) -> Finding<'_> {
    let finding = &found.finding;
    let sites = finding.steps.iter().filter_map(|step| step.site.as_ref());
    Finding {
        fingerprint: shown(finding.fingerprint()),
        kind: finding.kind.name(),
        verdict: finding.verdict.name(),
        headline: explain::headline(finding),
        names: finding.names.as_deref(),
        sites: sites.map(json_finding::place).collect(),
        seen: who(&found.seen),
    }
}

fn who(seen: &BTreeSet<Seen>) -> Who<'_> {
    let (tests, programs): (Vec<&Seen>, Vec<&Seen>) =
        seen.iter().partition(|one| matches!(one, Seen::Test(_)));
    let [tests, programs] =
        [tests, programs].map(|seen| seen.into_iter().map(Seen::name).collect());
    Who { tests, programs }
}
