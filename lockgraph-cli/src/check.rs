//! `lockgraph check`: what deadlocked, and what could.

use std::collections::BTreeSet;
use std::io::{self, Write};

use lockgraph::check::{Options, Standstill, Summary};
use lockgraph::finding::{Finding, Verdict};
use lockgraph::predict::Limits;
use lockgraph::report::Style;

use crate::args::Check;
use crate::contention::OfClass;
use crate::gate::{Gate, Judgement, Standing};
use crate::input::Inputs;
use crate::load::Problem;
use crate::merge::{Few, Merge, Parts, Sightings};
use crate::order::Order;
use crate::output::{Job, Outputs};
use crate::policy::{Date, Trouble};
use crate::seen::Seen;
use crate::settings::Place;
use crate::view::{self, Gathered, MOST_BARS};
use crate::workspace::{Files, Workspace};
use crate::{Outcome, complain, print, witness};

/// What some traces come to together.
#[derive(Default)]
pub(crate) struct Checked {
    /// Their names; of very many the first.
    pub(crate) traces: Vec<String>,
    /// How many more there are.
    pub(crate) more_traces: u64,
    pub(crate) found: Vec<Found>,
    /// In which order classes of locks are taken.
    pub(crate) order: Order,
    /// Whether there may be more circles in that than were told.
    pub(crate) is_cut_across: bool,
    /// Findings inside dependencies that are not among them.
    pub(crate) hidden: usize,
    /// Those.
    pub(crate) inside: Vec<Found>,
    pub(crate) summary: Summary,
    /// How much was looked for.
    pub(crate) limits: Limits,
    /// How long threads waited, the longest first.
    pub(crate) contention: Vec<OfClass>,
    pub(crate) problems: Vec<Problem>,
    /// What is less than it could be, though the traces are well.
    pub(crate) notes: Vec<Problem>,
    pub(crate) files: Files,
    /// What a page shows beside this, if there is to be one.
    pub(crate) gathered: Option<Gathered>,
    /// The page, once it is made.
    pub(crate) page: Option<String>,
    /// What the gate has to say, if there is one.
    pub(crate) gate: Option<Judgement>,
}

/// A finding, and where it was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Found {
    pub(crate) finding: Finding,
    /// The files; of many the first.
    pub(crate) traces: BTreeSet<String>,
    /// How many there are in all.
    pub(crate) trace_count: u64,
    /// Who ran; of many the first.
    pub(crate) seen: BTreeSet<Seen>,
    /// Of what deadlocked: who ran when it only could have.
    pub(crate) could: BTreeSet<Seen>,
    /// Whether that is everybody.
    pub(crate) are_all_named: bool,
    /// Where it was less sure in some of them: which.
    pub(crate) parts: Option<Box<Parts>>,
    /// Whether nobody of the workspace has a part in it.
    pub(crate) is_inside: bool,
    /// Who waited for whom, if it happened: in the run that the finding is told from.
    pub(crate) standstill: Option<Box<Standstill>>,
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
    let gate = match gate(arguments) {
        Ok(gate) => gate,
        Err(trouble) => {
            trouble.to_string().lines().for_each(complain);
            return Ok(Outcome::Failure);
        }
    };
    let mut checked = check(arguments, outputs.has_page());
    if let Some(gate) = gate {
        gate.judge(&mut checked, Date::today());
    }
    if let Some(directory) = &arguments.witness {
        witness::export(&mut checked, directory);
    }
    view::draw(&mut checked);
    let text = |out: &mut dyn Write, style| print::text::checked(out, &checked, style);
    let is_well = outputs.write(&checked, style, out, &text)?;
    Ok(if is_well { checked.outcome() } else { Outcome::Failure })
}

/// The gate, if it was asked for.
fn gate(arguments: &Check) -> Result<Option<Gate>, Trouble> {
    let Check { frozen_order, ref settings, .. } = *arguments;
    let is_asked = arguments.gate || frozen_order || settings.is_some();
    let gate = || Gate::of(&Place::here().root, settings.as_deref(), frozen_order);
    is_asked.then(gate).transpose()
}

/// Nothing is hidden but what a report hides: which packages are the user's own is not known here.
fn check(arguments: &Check, with_page: bool) -> Checked {
    let limits = arguments.limits();
    let mut merge = Merge::new(&Workspace::default()).looking_for(limits).drawing(with_page);
    let options = merge.options(Options { all: arguments.all, limits, ..Options::default() });
    let inputs = Inputs::of(&arguments.traces, false).with_events(with_page.then_some(MOST_BARS));
    let problems = inputs.each(&options, &mut |file, input| merge.add_input(file, input));
    merge.finish(problems, false)
}

impl Checked {
    /// How many traces there are.
    pub(crate) fn trace_count(&self) -> u64 {
        self.traces.len() as u64 + self.more_traces
    }

    /// How many findings have this verdict.
    pub(crate) fn count(&self, verdict: Verdict) -> usize {
        self.found.iter().filter(|found| found.finding.verdict == verdict).count()
    }

    pub(crate) fn outcome(&self) -> Outcome {
        if !self.problems.is_empty() {
            Outcome::Failure
        } else if self.found.iter().any(Found::fails) {
            Outcome::Findings
        } else {
            Outcome::Clean
        }
    }
}

impl Found {
    /// What was seen with the verdict of `finding`, and what was seen of the same circle with less
    /// certainty.
    pub(crate) fn of(
        mut finding: Finding,
        surest: Sightings,
        less_sure: Option<Sightings>,
    ) -> Found {
        let mut all = surest.clone();
        all.join_all(less_sure.clone());
        let (mut seen, mut could) = (all.seen, BTreeSet::new());
        let are_all_named = seen.is_all;
        if finding.verdict == Verdict::Actual {
            seen = surest.seen.clone();
            could.extend(less_sure.iter().flat_map(|it| it.seen.names.iter().cloned()));
            could.retain(|one| !seen.names.contains(one));
        }
        finding.instances = all.instances;
        Found {
            finding,
            traces: all.traces.names,
            trace_count: all.trace_count,
            seen: seen.names,
            could,
            are_all_named,
            parts: less_sure.map(|less_sure| Box::new(Parts { surest, less_sure })),
            is_inside: all.is_inside,
            standstill: None,
            witness_file: None,
            standing: Standing::Unjudged,
        }
    }

    /// What the order of classes shows by itself.
    pub(crate) fn of_order(finding: Finding, seen: BTreeSet<Seen>) -> Found {
        let traces = Few::of(BTreeSet::new());
        let seen = Few::of(seen);
        let sightings = Sightings { instances: 0, trace_count: 0, traces, seen, is_inside: false };
        Found::of(finding, sightings, None)
    }

    /// The sightings of one that was never less sure.
    pub(crate) fn sightings(&self) -> Sightings {
        let is_every_trace = self.traces.len() as u64 >= self.trace_count;
        Sightings {
            instances: self.finding.instances,
            trace_count: self.trace_count,
            traces: Few { names: self.traces.clone(), is_all: is_every_trace },
            seen: Few { names: self.seen.clone(), is_all: self.are_all_named },
            is_inside: self.is_inside,
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
