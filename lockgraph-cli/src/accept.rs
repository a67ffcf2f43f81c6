//! `lockgraph accept`: lets findings pass the gate, for a reason. Either all that were named are
//! accepted, or none.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use lockgraph::explain::escaped;

use crate::gate::Standing;
use crate::policy::{self, Date, Edit, Policy};
use crate::recorded::{self, Recorded};
use crate::settings::{Failure, Place};

/// Arguments of `accept`.
#[derive(Args, Debug)]
pub(crate) struct Accept {
    /// Fingerprints of findings, and the report that has them, if it is not that of the last run
    #[arg(value_name = "FINGERPRINT | REPORT", required_unless_present = "all")]
    named: Vec<String>,
    /// Why they may stay
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    reason: String,
    /// The last day on which they may, such as 2027-01-31
    #[arg(long, value_name = "DATE", value_parser = day)]
    expires: Option<Date>,
    /// Accept everything in the report that fails
    #[arg(long)]
    all: bool,
}

fn reason(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.is_empty() { Err("say why the findings may stay") } else { Ok(text.to_owned()) }
}

fn day(text: &str) -> Result<Date, &'static str> {
    Date::parse(text).ok_or("no day of the calendar; write it as 2027-01-31")
}

pub(crate) fn run(accept: &Accept, place: &Place, out: &mut dyn Write) -> Result<(), Failure> {
    let (fingerprints, report) = taken_apart(&accept.named, place)?;
    if fingerprints.is_empty() && !accept.all {
        return Err(Failure::new("which findings? name their fingerprints, or say --all"));
    }
    let findings = recorded::read(&report)?;
    let mut edit = Edit::of(&place.settings())?;
    let mut chosen = Vec::new();
    for fingerprint in fingerprints {
        let finding = findings.iter().find(|finding| finding.fingerprint == fingerprint);
        chosen.push(finding.ok_or_else(|| {
            let report = report.display();
            Failure::new(format!("{report} has no finding with the fingerprint {fingerprint:016x}"))
        })?);
    }
    if accept.all {
        chosen.extend(failing(&findings, edit.policy()));
    }
    for finding in &chosen {
        edit.accept(&finding.accepted(&accept.reason, accept.expires))?;
    }
    if chosen.is_empty() {
        writeln!(out, "there is nothing to accept")?;
        return Ok(());
    }
    edit.save()?;
    for Recorded { fingerprint, headline, .. } in chosen {
        writeln!(out, "accepted {fingerprint:016x}: {}", escaped(headline))?;
    }
    written(&edit, out)
}

/// Says where what was accepted is kept.
pub(crate) fn written(edit: &Edit, out: &mut dyn Write) -> Result<(), Failure> {
    let file = escaped(&edit.policy().file.display().to_string());
    let what = if edit.is_new() { "made" } else { "changed" };
    writeln!(out, "{what} {file}: commit it")?;
    Ok(())
}

/// What fails the gate, each once.
pub(crate) fn failing<'a>(findings: &'a [Recorded], policy: &Policy) -> Vec<&'a Recorded> {
    let today = Date::today();
    let fails = |it: &&Recorded| {
        let standing = policy.judge_as(it.fingerprint, it.kind, it.verdict, today);
        matches!(standing, Standing::New | Standing::Expired(_))
    };
    let mut failing: Vec<&Recorded> = Vec::new();
    for finding in findings.iter().filter(fails) {
        if failing.iter().all(|other| other.fingerprint != finding.fingerprint) {
            failing.push(finding);
        }
    }
    failing
}

/// Which words are fingerprints, and which is the report.
pub(crate) fn taken_apart(words: &[String], place: &Place) -> Result<(Vec<u64>, PathBuf), Failure> {
    let mut fingerprints = Vec::new();
    let mut report = None;
    for word in words {
        if let Some(fingerprint) = policy::fingerprint(word) {
            fingerprints.push(fingerprint);
        } else if word.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Failure::new(format!("`{word}` is not 16 hexadecimal digits")));
        } else if let Some(other) = report.replace(PathBuf::from(word)) {
            let other = other.display();
            return Err(Failure::new(format!(
                "{other} and {word} are two reports, where one is expected: `lockgraph merge` \
                 makes one of them"
            )));
        }
    }
    Ok((fingerprints, report.unwrap_or_else(|| place.report.clone())))
}

#[cfg(test)]
mod tests;
