//! `lockgraph check`: what deadlocked, and what could.

use std::collections::BTreeSet;
use std::io::{self, Write};

use lockgraph::check::{Options, Summary};
use lockgraph::finding::{Finding, Verdict};
use lockgraph::predict::Limits;
use lockgraph::report::Style;

use crate::args::Check;
use crate::contention::OfClass;
use crate::gate::Standing;
use crate::load::{Problem, Traces};
use crate::merge::Merge;
use crate::output::{Job, Outputs};
use crate::seen::Seen;
use crate::workspace::{Files, Workspace};
use crate::{Outcome, complain, print, witness};

/// What some traces come to together.
#[derive(Default)]
pub(crate) struct Checked {
    pub(crate) traces: Vec<String>,
    pub(crate) found: Vec<Found>,
    /// Findings inside dependencies that are not among them.
    pub(crate) hidden: usize,
    pub(crate) summary: Summary,
    /// How much was looked for.
    pub(crate) limits: Limits,
    /// How long threads waited, the longest first.
    pub(crate) contention: Vec<OfClass>,
    pub(crate) problems: Vec<Problem>,
    /// What is less than it could be, though the traces are well.
    pub(crate) notes: Vec<Problem>,
    pub(crate) files: Files,
}

/// A finding, and where it was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Found {
    pub(crate) finding: Finding,
    pub(crate) traces: BTreeSet<String>,
    /// Who ran.
    pub(crate) seen: BTreeSet<Seen>,
    /// Of what deadlocked: who ran when it only could have.
    pub(crate) could: BTreeSet<Seen>,
    /// Whether nobody of the workspace has a part in it.
    pub(crate) is_inside: bool,
    /// Where its schedule was written to.
    pub(crate) witness_file: Option<String>,
    /// What the gate makes of it.
    pub(crate) standing: Standing,
}

pub(crate) fn run(arguments: &Check, style: Style, out: &mut dyn Write) -> io::Result<Outcome> {
    let outputs = match Outputs::chosen(&arguments.format, Job::current()) {
        Ok(outputs) => outputs,
        Err(wrong) => {
            complain(&wrong);
            return Ok(Outcome::Failure);
        }
    };
    let mut checked = check(arguments);
    if let Some(directory) = &arguments.witness {
        witness::export(&mut checked, directory);
    }
    let text = |out: &mut dyn Write, style| print::text::checked(out, &checked, style);
    let is_well = outputs.write(&checked, style, out, &text)?;
    Ok(if is_well { checked.outcome() } else { Outcome::Failure })
}

/// Nothing is hidden: which packages are the user's own is not known here.
fn check(arguments: &Check) -> Checked {
    let mut merge = Merge::new(&Workspace::default());
    let limits = arguments.limits();
    let options = Merge::options(Options { all: arguments.all, limits, ..Options::default() });
    let add = |file: &str, trace: &_, report| merge.add(file, trace, report);
    let traces = Traces::each(&arguments.traces, &options, add);
    Checked { limits, ..merge.finish(traces.problems, true) }
}

impl Checked {
    /// How many findings have this verdict.
    pub(crate) fn count(&self, verdict: Verdict) -> usize {
        self.found.iter().filter(|found| found.finding.verdict == verdict).count()
    }

    pub(crate) fn outcome(&self) -> Outcome {
        if !self.problems.is_empty() {
            Outcome::Failure
        } else if self.found.iter().any(|found| found.finding.verdict != Verdict::Excluded) {
            Outcome::Findings
        } else {
            Outcome::Clean
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staged;

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
            let problems = has_problem.then(staged::problem).into_iter().collect();
            let checked = Checked { problems, ..staged::merged(&[("a.lgt", &findings)]) };
            assert_eq!(checked.outcome(), want);
        }
    }
}
