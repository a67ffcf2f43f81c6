//! How two runs differ, for people: a line for each edge and finding, as a diff has it, with what is
//! known of it below. Classes go by the names that the settings give them.

use std::collections::BTreeSet;
use std::io::{self, Write};

use lockgraph::explain::escaped;
use lockgraph::finding::Place;
use lockgraph::report::{self, Style};

use super::text::{counted, listed, who};
use crate::check::Found;
use crate::diff::side::{Form, Side};
use crate::diff::{Change, Changes, Row};
use crate::order::{Edge, Pair};
use crate::policy::{Policy, shown};
use crate::seen::Seen;

/// What is printed, and how.
pub(crate) struct Page<'a> {
    pub(crate) old: &'a Side,
    pub(crate) new: &'a Side,
    /// Which has names for classes.
    pub(crate) policy: &'a Policy,
    pub(crate) style: Style,
}

impl Page<'_> {
    /// Prints what is not the same, and how much that is.
    pub(crate) fn changes(&self, out: &mut dyn Write, changes: &Changes<'_>) -> io::Result<()> {
        for change in &changes.edges {
            self.edge(out, change)?;
        }
        let findings = changes.findings.as_deref().unwrap_or_default();
        for change in findings {
            self.finding(out, change)?;
        }
        if !changes.edges.is_empty() || !findings.is_empty() {
            writeln!(out)?;
        }
        self.summary(out, changes)
    }

    fn summary(&self, out: &mut dyn Write, changes: &Changes<'_>) -> io::Result<()> {
        let edges = counted(self.new.order.edges.len() as u64, "edge", "edges");
        writeln!(out, "order: {}", summary(&changes.edges, &edges))?;
        if let Some(changes) = &changes.findings {
            let count = self.new.findings.as_ref().map_or(0, Vec::len) as u64;
            let findings = counted(count, "finding", "findings");
            return writeln!(out, "findings: {}", summary(changes, &findings));
        }
        if changes.are_edges_enough {
            return Ok(());
        }
        let orders = [self.old, self.new].into_iter().filter(|side| side.form == Form::Order);
        let files: Vec<String> = orders.map(|side| escaped(&side.file)).collect();
        let who = match &files[..] {
            [file] => format!("{file} has"),
            _ => "both have".to_string(),
        };
        writeln!(out, "findings: not compared, because {who} the order alone")
    }

    fn edge(&self, out: &mut dyn Write, change: &Change<Row<'_>>) -> io::Result<()> {
        let (pair, edge) = change.latest();
        let called = self.called(pair);
        self.line(out, change, &arrow(&called))?;
        if called != **pair {
            writeln!(out, "    that is {}", arrow(pair))?;
        }
        if let Change::Became { then: (pair, _), .. } = change {
            writeln!(out, "    was {}", arrow(pair))?;
        }
        let within: Vec<&str> = edge.within.iter().map(String::as_str).collect();
        if !within.is_empty() {
            writeln!(out, "    in {}", listed(&within, 0))?;
        }
        places(out, edge)?;
        seen(out, &edge.seen)
    }

    fn called(&self, (from, to): &Pair) -> Pair {
        let name = |class: &String| self.policy.alias_of(class).unwrap_or(class).to_string();
        (name(from), name(to))
    }

    fn finding(&self, out: &mut dyn Write, change: &Change<&Found>) -> io::Result<()> {
        let Found { finding, seen: who, .. } = change.latest();
        self.line(out, change, &report::one_line(finding))?;
        let (verdict, print) = (finding.verdict.name(), shown(finding.fingerprint()));
        match change {
            Change::Became { then: Found { finding: then, .. }, .. } => {
                let (was, known) = (then.verdict.name(), shown(then.fingerprint()));
                let was = if was == verdict { String::new() } else { format!(", was {was}") };
                let known = if known == print { String::new() } else { format!(", was {known}") };
                writeln!(out, "    {verdict}{was}; fingerprint: {print}{known}")?;
            }
            _ => writeln!(out, "    {verdict}; fingerprint: {print}")?,
        }
        seen(out, who)
    }

    fn line<T>(&self, out: &mut dyn Write, change: &Change<T>, text: &str) -> io::Result<()> {
        let sign = change.sign();
        let colour = match change {
            Change::Came(_) => "1;32",
            Change::Went(_) => "1;31",
            Change::Became { .. } => "1;33",
        };
        match self.style {
            Style::Plain => writeln!(out, "{sign} {text}"),
            Style::Colour => writeln!(out, "\x1b[{colour}m{sign} {text}\x1b[0m"),
        }
    }
}

/// "2 came, 1 went", "no difference in 3 edges".
fn summary<T>(changes: &[Change<T>], all: &str) -> String {
    let count = |sign| changes.iter().filter(|change| change.sign() == sign).count();
    let counts = [(count('+'), "came"), (count('-'), "went"), (count('~'), "changed")];
    let counts = counts.iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, what)| format!("{count} {what}")).collect();
    if counts.is_empty() { format!("no difference in {all}") } else { counts.join(", ") }
}

fn arrow((from, to): &Pair) -> String {
    format!("{} -> {}", escaped(from), escaped(to))
}

/// Where an edge was seen once.
fn places(out: &mut dyn Write, edge: &Edge) -> io::Result<()> {
    let text = |place: &Place| format!("{}:{}:{}", escaped(&place.file), place.line, place.column);
    let wanted = edge.example.wanted.as_ref().map(|place| format!("at {}", text(place)));
    let held = edge.example.held.as_ref();
    let held = held.map(|place| format!("the first one taken at {}", text(place)));
    let both: Vec<String> = wanted.into_iter().chain(held).collect();
    if both.is_empty() { Ok(()) } else { writeln!(out, "    {}", both.join(", ")) }
}

fn seen(out: &mut dyn Write, seen: &BTreeSet<Seen>) -> io::Result<()> {
    if seen.is_empty() { Ok(()) } else { writeln!(out, "    seen in {}", who(seen)) }
}
