//! `lockgraph learn`: writes the order in which the last run took its locks to the file that is to
//! be committed.
//!
//! A run may be a part of the tests only, so what it did not have stays, unless it is to be pruned.
//! What has another name now gets that, in the settings too.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use lockgraph::explain::escaped;

use crate::baseline::Baseline;
use crate::gate::{self, Difference};
use crate::names::Names;
use crate::order::Pair;
use crate::policy::{Accept, Edit, Policy, put};
use crate::print::text::counted;
use crate::recorded::{self, Recorded};
use crate::settings::{Failure, Place};
use crate::workspace::{Files, Workspace};

/// Arguments of `learn`.
#[derive(Args, Debug)]
pub(crate) struct Learn {
    /// The reports to learn from [default: that of the last run]
    #[arg(value_name = "REPORT")]
    reports: Vec<PathBuf>,
    /// Remove the edges that are in none of these reports
    #[arg(long)]
    prune: bool,
    /// Only tell what would change
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(learn: &Learn, place: &Place, out: &mut dyn Write) -> Result<(), Failure> {
    let policy = Policy::find(&place.root)?.unwrap_or_else(|| Policy::nowhere(&place.root));
    let file = policy.order_file();
    let mut baseline = Baseline::find(&file)?.unwrap_or_default();
    let last = [place.report.clone()];
    let reports = if learn.reports.is_empty() { &last[..] } else { &learn.reports };
    let mut order = crate::order::Order::default();
    let mut findings = Vec::new();
    for report in reports {
        let (found, seen) = recorded::with_order(report)?;
        findings.extend(found);
        order.add(seen);
    }
    let workspace = Workspace { root: place.root.clone(), ..Workspace::default() };
    let files = Files::of(&workspace);
    let names = Names::of(&files);
    let seen = Baseline::of(&order);
    let difference = Difference::of(&baseline, &seen, &|name| names.has(name));
    tell(&difference, learn.prune, out)?;
    for (then, _) in &difference.moved {
        baseline.edges.remove(then);
    }
    if learn.prune {
        difference.unseen.iter().for_each(|pair| drop(baseline.edges.remove(pair)));
    }
    for (pair, within) in seen.edges {
        let known = baseline.edges.entry(pair).or_default();
        // A function that is no more has another name, or takes it no longer.
        known.retain(|function| within.contains(function) || names.has(function));
        known.extend(within);
    }
    if !learn.dry_run {
        put(&file, &baseline.text())?;
    }
    let (verb, then) = if learn.dry_run { ("would have", "") } else { ("has", ": commit it") };
    let edges = counted(baseline.edges.len() as u64, "edge", "edges");
    writeln!(out, "{} {verb} {edges}{then}", escaped(&file.display().to_string()))?;
    rename(learn, place, &names, &findings, out)
}

/// What is new, what is gone, what has another name.
fn tell(difference: &Difference, prunes: bool, out: &mut dyn Write) -> Result<(), Failure> {
    let edge = |(from, to): &Pair| format!("{} -> {}", escaped(from), escaped(to));
    for pair in &difference.new {
        writeln!(out, "+ {}", edge(pair))?;
    }
    for (then, now) in &difference.moved {
        writeln!(out, "~ {}\n  was {}", edge(now), edge(then))?;
    }
    for pair in &difference.unseen {
        match prunes {
            true => writeln!(out, "- {}", edge(pair))?,
            false => writeln!(out, "  not seen: {} (--prune removes it)", edge(pair))?,
        }
    }
    Ok(())
}

/// Gives acceptances the names that their findings have now.
fn rename(
    learn: &Learn,
    place: &Place,
    names: &Names<'_>,
    findings: &[Recorded],
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let Some(policy) = Policy::find(&place.root)? else { return Ok(()) };
    let moved = gate::moved_acceptances(&policy, findings, names);
    if moved.is_empty() {
        return Ok(());
    }
    let is = if learn.dry_run { "would be" } else { "is" };
    let mut edit = Edit::of(&place.settings())?;
    for (then, now) in moved {
        let accept = Accept {
            fingerprint: now.fingerprint,
            what: now.names.clone(),
            lines: 0..0,
            ..then.clone()
        };
        writeln!(
            out,
            "{is} accepted as {:016x}, which was {:016x}: {}",
            now.fingerprint,
            then.fingerprint,
            escaped(&then.reason)
        )?;
        edit.remove(&[then.fingerprint])?;
        edit.accept(&accept)?;
    }
    if !learn.dry_run {
        edit.save()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
