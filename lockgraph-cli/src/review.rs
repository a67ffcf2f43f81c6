//! `lockgraph review`: walks through the findings that fail the gate, and asks of each whether it
//! may stay.
//!
//! The answers are lines of standard input, so that a script can give them. What was accepted is
//! written at once: who quits, or is interrupted, keeps it.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use lockgraph::explain::escaped;

use crate::accept::{failing, written};
use crate::policy::Edit;
use crate::recorded::{self, Recorded};
use crate::settings::{Failure, Place, Talk};

/// Arguments of `review`.
#[derive(Args, Debug)]
pub(crate) struct Review {
    /// A report as `check --format json` prints it [default: that of the last run]
    #[arg(value_name = "REPORT")]
    report: Option<PathBuf>,
}

const QUESTION: &str = "a: accept it, with a reason; s: skip it; q: quit";

/// What became of the findings.
#[derive(Default)]
struct Tally {
    accepted: usize,
    skipped: usize,
}

/// What is to be done with a finding.
enum Answer {
    Accept(String),
    Skip,
    Quit,
}

pub(crate) fn run(review: &Review, place: &Place, talk: &mut Talk<'_>) -> Result<(), Failure> {
    let report = review.report.as_ref().unwrap_or(&place.report);
    let findings = recorded::read(report)?;
    let edit = Edit::of(&place.settings())?;
    let failing = failing(&findings, edit.policy());
    if failing.is_empty() {
        let count = findings.len();
        writeln!(talk.out, "there is nothing to review: none of {count} findings fails")?;
        return Ok(());
    }
    let mut tally = Tally::default();
    for (number, finding) in failing.iter().enumerate() {
        show(finding, number + 1, failing.len(), talk.out)?;
        match ask(talk)? {
            Some(Answer::Accept(reason)) => {
                accept(finding, &reason, place, talk.out)?;
                tally.accepted += 1;
            }
            Some(Answer::Skip) => tally.skipped += 1,
            None if number == 0 => return Err(nobody_answers()),
            Some(Answer::Quit) | None => break,
        }
    }
    let Tally { accepted, skipped } = tally;
    let left = failing.len() - accepted - skipped;
    writeln!(talk.out, "{accepted} accepted, {skipped} skipped, {left} not looked at")?;
    Ok(())
}

fn nobody_answers() -> Failure {
    Failure::new(
        "standard input has no answers; without a terminal: `lockgraph accept FINGERPRINT.. \
         --reason TEXT`, or `lockgraph accept --all --reason TEXT`",
    )
}

fn show(finding: &Recorded, number: usize, of: usize, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "finding {number} of {of}\n")?;
    finding.text.lines().try_for_each(|line| writeln!(out, "{}", escaped(line)))?;
    writeln!(out)?;
    Ok(())
}

/// Reads the settings anew: somebody may edit them at the same time.
fn accept(
    finding: &Recorded,
    reason: &str,
    place: &Place,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let mut edit = Edit::of(&place.settings())?;
    edit.accept(&finding.accepted(reason, None))?;
    edit.save()?;
    written(&edit, out)?;
    writeln!(out)?;
    Ok(())
}

/// Asks until it is answered. Nothing, if there are no answers any more.
fn ask(talk: &mut Talk<'_>) -> Result<Option<Answer>, Failure> {
    loop {
        let Some(line) = answer(QUESTION, talk)? else { return Ok(None) };
        let (letter, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match letter {
            "a" | "accept" if rest.trim().is_empty() => {
                let Some(reason) = answer("why it may stay", talk)? else { return Ok(None) };
                if !reason.is_empty() {
                    return Ok(Some(Answer::Accept(reason)));
                }
                writeln!(talk.out, "without a reason it is not accepted")?;
            }
            "a" | "accept" => return Ok(Some(Answer::Accept(rest.trim().to_owned()))),
            "s" | "skip" => return Ok(Some(Answer::Skip)),
            "q" | "quit" => return Ok(Some(Answer::Quit)),
            _ => {}
        }
    }
}

/// A line of input.
fn answer(question: &str, talk: &mut Talk<'_>) -> Result<Option<String>, Failure> {
    write!(talk.out, "{question}: ")?;
    talk.out.flush()?;
    let mut line = String::new();
    let read = talk.input.read_line(&mut line);
    let read = read.map_err(|error| Failure::new(format!("cannot read the answer: {error}")))?;
    if read == 0 {
        // The question stands there without an answer.
        writeln!(talk.out)?;
        return Ok(None);
    }
    Ok(Some(line.trim().to_owned()))
}
