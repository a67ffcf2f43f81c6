//! JUnit XML: a test suite with a test case for each finding.
//!
//! A finding that fails the run is a failure, one that the settings accept is skipped with the
//! reason, and one that they let pass passes. Findings of the same kind and fingerprint are one
//! test case, so that names are unique. Where nothing was found there is one that passes, because
//! many readers take an empty suite for a broken one; and what could not be read is an error.
//!
//! XML 1.0 has no way to write most control characters: they are spelled out. Elements and
//! attributes are those that Jenkins' schema knows.

use std::collections::HashMap;
use std::io::{self, Write};

use lockgraph::finding::Kind;
use lockgraph::report::{self, Style};

use super::severity::{fails, standing};
use super::text;
use super::xml::{attribute, content};
use crate::check::{Checked, Found};
use crate::gate::Standing;

/// Prints what was found.
pub(crate) fn checked(out: &mut dyn Write, checked: &Checked) -> io::Result<()> {
    let cases = cases(checked);
    let count = |what| cases.iter().filter(|case| case.outcome() == what).count();
    let errors = usize::from(!checked.problems.is_empty());
    let all = (cases.len() + errors).max(1);
    let (failures, skipped) = (count(Outcome::Fails), count(Outcome::Skipped));
    let counts = format!("tests=\"{all}\" failures=\"{failures}\" errors=\"{errors}\"");
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"lockgraph\" {counts}>")?;
    writeln!(out, "  <testsuite name=\"lockgraph\" {counts} skipped=\"{skipped}\">")?;
    problems(out, checked)?;
    cases.iter().try_for_each(|case| self::case(out, checked, case))?;
    if cases.is_empty() && errors == 0 {
        writeln!(out, "    <testcase classname=\"lockgraph\" name=\"no findings\"/>")?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}

/// The findings of one kind and fingerprint.
struct Case<'a> {
    kind: Kind,
    print: u64,
    found: Vec<&'a Found>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passes,
    Skipped,
    Fails,
}

impl Case<'_> {
    fn outcome(&self) -> Outcome {
        let is_accepted = |found: &&Found| matches!(found.standing, Standing::Accepted(_));
        if self.found.iter().any(|found| fails(found)) {
            Outcome::Fails
        } else if self.found.iter().any(is_accepted) {
            Outcome::Skipped
        } else {
            Outcome::Passes
        }
    }
}

fn cases(checked: &Checked) -> Vec<Case<'_>> {
    let mut cases: Vec<Case<'_>> = Vec::new();
    let mut known: HashMap<(Kind, u64), usize> = HashMap::new();
    for found in &checked.found {
        let (kind, print) = (found.finding.kind, found.finding.fingerprint());
        let at = *known.entry((kind, print)).or_insert(cases.len());
        match cases.get_mut(at) {
            Some(case) => case.found.push(found),
            None => cases.push(Case { kind, print, found: vec![found] }),
        }
    }
    cases
}

fn problems(out: &mut dyn Write, checked: &Checked) -> io::Result<()> {
    let [first, ..] = &checked.problems[..] else { return Ok(()) };
    let lines = checked.problems.iter().map(|it| format!("{}: {}\n", it.file, it.message));
    writeln!(out, "    <testcase classname=\"lockgraph\" name=\"the traces can be read\">")?;
    let (message, text) = (attribute(&first.message), content(&lines.collect::<String>()));
    writeln!(out, "      <error message=\"{message}\" type=\"trace\">{text}</error>")?;
    writeln!(out, "    </testcase>")
}

fn case(out: &mut dyn Write, checked: &Checked, case: &Case<'_>) -> io::Result<()> {
    let (kind, print) = (case.kind.name(), case.print);
    write!(out, "    <testcase classname=\"lockgraph\" name=\"{kind} {print:016x}\"")?;
    match case.outcome() {
        Outcome::Passes => writeln!(out, "/>"),
        Outcome::Skipped => {
            let reasons = case.found.iter().filter_map(|found| standing(found));
            let reason = attribute(&reasons.collect::<Vec<_>>().join("; "));
            writeln!(out, ">\n      <skipped message=\"{reason}\"/>\n    </testcase>")
        }
        Outcome::Fails => {
            writeln!(out, ">")?;
            failure(out, checked, case)?;
            writeln!(out, "    </testcase>")
        }
    }
}

fn failure(out: &mut dyn Write, checked: &Checked, case: &Case<'_>) -> io::Result<()> {
    let failing: Vec<&&Found> = case.found.iter().filter(|found| fails(found)).collect();
    let Some(first) = failing.first() else { return Ok(()) };
    let message = attribute(&report::one_line(&first.finding));
    let verdict = first.finding.verdict.name();
    write!(out, "      <failure message=\"{message}\" type=\"{verdict}\">")?;
    for found in failing {
        let mut text = Vec::new();
        text::found(&mut text, checked, found, Style::Plain)?;
        if let Some(standing) = standing(found) {
            writeln!(text, "{standing}")?;
        }
        write!(out, "{}", content(&String::from_utf8_lossy(&text)))?;
    }
    writeln!(out, "</failure>")
}

#[cfg(test)]
mod tests;
