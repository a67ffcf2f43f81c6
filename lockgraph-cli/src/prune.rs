//! `lockgraph prune`: removes from the settings what was accepted and is not found any more.

use std::io::Write;

use clap::Args;
use lockgraph::explain::escaped;

use crate::accept::{taken_apart, written};
use crate::gate::moved_acceptances;
use crate::names::Names;
use crate::policy::{Accept, Edit, Policy};
use crate::recorded;
use crate::settings::{Failure, Place};
use crate::workspace::{Files, Workspace};

/// Arguments of `prune`.
#[derive(Args, Debug)]
pub(crate) struct Prune {
    /// Which of them [default: all], and the report, if it is not that of the last run
    ///
    /// The report has to be on everything that is run, else what it does not have may be found
    /// elsewhere.
    #[arg(value_name = "FINGERPRINT | REPORT")]
    named: Vec<String>,
    /// Only tell what would be removed
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(prune: &Prune, place: &Place, out: &mut dyn Write) -> Result<(), Failure> {
    let (named, report) = taken_apart(&prune.named, place)?;
    let findings = recorded::read(&report)?;
    let seen: Vec<u64> = findings.iter().map(|finding| finding.fingerprint).collect();
    let file = place.settings();
    let Some(policy) = Policy::find(&place.root)? else {
        writeln!(out, "there is nothing to prune: no {}", escaped(&file.display().to_string()))?;
        return Ok(());
    };
    let files = Files::of(&Workspace { root: place.root.clone(), ..Workspace::default() });
    let moved = moved_acceptances(&policy, &findings, &Names::of(&files));
    let mut stale = policy.stale(&seen);
    // What has another name now is found.
    stale.retain(|accept| moved.iter().all(|(then, _)| then.fingerprint != accept.fingerprint));
    let stale = chosen(&stale, &named, &policy)?;
    if stale.is_empty() {
        writeln!(out, "there is nothing to prune: all that was accepted is found")?;
        return Ok(());
    }
    let what = if prune.dry_run { "would remove" } else { "removed" };
    let lines = stale.iter().map(|accept| {
        let Accept { fingerprint, reason, lines, .. } = accept;
        let (file, reason) = (escaped(&file.display().to_string()), escaped(reason));
        format!("{what} {fingerprint:016x} ({file}:{}): {reason}", lines.start)
    });
    let lines: Vec<String> = lines.collect();
    if !prune.dry_run {
        let mut edit = Edit::of(&file)?;
        let stale: Vec<u64> = stale.iter().map(|accept| accept.fingerprint).collect();
        edit.remove(&stale)?;
        edit.save()?;
        lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
        return written(&edit, out);
    }
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    Ok(())
}

/// Those that were named, or all.
fn chosen<'a>(
    stale: &[&'a Accept],
    named: &[u64],
    policy: &Policy,
) -> Result<Vec<&'a Accept>, Failure> {
    if named.is_empty() {
        return Ok(stale.to_vec());
    }
    let one = |fingerprint: &u64| {
        let found = stale.iter().find(|accept| accept.fingerprint == *fingerprint);
        found.copied().ok_or_else(|| {
            let mut accepted = policy.accepted.iter();
            let is_accepted = accepted.any(|accept| accept.fingerprint == *fingerprint);
            let why = if is_accepted { "is still found" } else { "was not accepted" };
            Failure::new(format!("{fingerprint:016x} {why}: nothing was removed"))
        })
    };
    named.iter().map(one).collect()
}
