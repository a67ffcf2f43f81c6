//! `lockgraph check`: what deadlocked, and what could.

use std::collections::HashMap;
use std::io::{self, Write};

use lockgraph::check::{Options, Report, Summary};
use lockgraph::finding::{Finding, Verdict};
use lockgraph::report::Style;

use crate::args::{Check, Format};
use crate::load::{Problem, Traces};
use crate::source::Sources;
use crate::{Outcome, print};

/// What some traces come to together.
#[derive(Default)]
pub(crate) struct Checked {
    pub(crate) traces: Vec<String>,
    pub(crate) found: Vec<Found>,
    pub(crate) summary: Summary,
    pub(crate) problems: Vec<Problem>,
}

/// A finding, and the traces (by position) that it was found in.
pub(crate) struct Found {
    pub(crate) finding: Finding,
    pub(crate) traces: Vec<usize>,
}

pub(crate) fn run(arguments: &Check, style: Style, out: &mut dyn Write) -> io::Result<Outcome> {
    let checked = check(arguments);
    match arguments.format {
        Format::Text => {
            let sources = Sources::default();
            print::text::checked(out, &checked, style, &|file| sources.text(file))?;
        }
        Format::Json => print::json::checked(out, &checked)?,
    }
    Ok(checked.outcome())
}

fn check(arguments: &Check) -> Checked {
    let mut checked = Checked::default();
    let options = Options { all: arguments.all };
    let traces = Traces::each(&arguments.traces, |file, trace| {
        checked.add(file, lockgraph::check::check(trace, &options));
    });
    checked.problems = traces.problems;
    checked
}

impl Checked {
    /// Adds the report on a trace. What was found in an earlier trace too is not told twice.
    pub(crate) fn add(&mut self, file: &str, report: Report) {
        let trace = self.traces.len();
        self.traces.push(file.to_string());
        sum(&mut self.summary, &report.summary);
        // Findings of one trace may share a fingerprint (a trace without names): the first of
        // them is the first one of the other trace, and so on.
        let mut earlier: HashMap<(u64, Verdict), Vec<usize>> = HashMap::new();
        for (at, found) in self.found.iter().enumerate().rev() {
            earlier.entry(key(&found.finding)).or_default().push(at);
        }
        for finding in report.findings {
            match earlier.get_mut(&key(&finding)).and_then(Vec::pop) {
                Some(at) => self.found[at].traces.push(trace),
                None => self.found.push(Found { finding, traces: vec![trace] }),
            }
        }
        self.found.sort_by_key(|found| found.finding.verdict);
    }

    /// How many findings have this verdict.
    pub(crate) fn count(&self, verdict: Verdict) -> usize {
        self.found.iter().filter(|found| found.finding.verdict == verdict).count()
    }

    fn outcome(&self) -> Outcome {
        if !self.problems.is_empty() {
            Outcome::Failure
        } else if self.found.iter().any(|found| found.finding.verdict != Verdict::Excluded) {
            Outcome::Findings
        } else {
            Outcome::Clean
        }
    }
}

fn key(finding: &Finding) -> (u64, Verdict) {
    (finding.fingerprint(), finding.verdict)
}

fn sum(total: &mut Summary, more: &Summary) {
    total.events += more.events;
    total.threads += more.threads;
    total.locks += more.locks;
    total.acquisitions += more.acquisitions;
    total.patterns += more.patterns;
    total.searches_cut += more.searches_cut;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staged;

    #[test]
    fn a_finding_of_several_traces_is_told_once() {
        let report = |findings| Report { findings, ..staged::report() };
        let (cycle, deadlock) = (staged::cycle(), staged::deadlock());
        let mut checked = Checked::default();
        checked.add("a.lgt", report(vec![cycle.clone(), cycle.clone()]));
        checked.add("b.lgt", report(vec![deadlock, cycle.clone()]));
        checked.add("c.lgt", report(vec![cycle.clone(), cycle.clone(), cycle]));
        let traces: Vec<_> = checked.found.iter().map(|found| found.traces.clone()).collect();
        assert_eq!(traces, [vec![1], vec![0, 1, 2], vec![0, 2], vec![2]]);
        assert_eq!(checked.summary.locks, 3 * staged::report().summary.locks);
    }

    #[test]
    fn what_was_read_badly_is_a_failure_whatever_was_found() {
        let excluded = Finding { verdict: Verdict::Excluded, ..staged::cycle() };
        for (findings, has_problem, want) in [
            (vec![], false, Outcome::Clean),
            (vec![excluded.clone()], false, Outcome::Clean),
            (vec![excluded, staged::cycle()], false, Outcome::Findings),
            (vec![staged::cycle()], true, Outcome::Failure),
            (vec![], true, Outcome::Failure),
        ] {
            let mut checked = Checked::default();
            checked.add("a.lgt", Report { findings, ..staged::report() });
            checked.problems.extend(has_problem.then(staged::problem));
            assert_eq!(checked.outcome(), want);
        }
    }
}
