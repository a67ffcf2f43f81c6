//! The child's side of the talk with the detector: findings become lines for the parent, at once
//! by the callback and once more at the end.

use std::io::Write as _;

use lockgraph::finding::{Class, Finding, Lock, Step};

use crate::child::{self, Found};

/// From now on every finding is told to the parent at once.
pub(crate) fn tell_at_once() {
    lockgraph::on_finding(tell);
}

/// Tells the parent what the detector has on its list that the callback was not called for.
pub(crate) fn tell_the_rest() {
    println!("listed {}", lockgraph::findings().len());
}

/// Tells the parent one finding. Flushed, as an abort may follow.
pub(crate) fn tell(finding: &Finding) {
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{}", child::line(&found(finding)));
    let _ = stdout.flush();
}

/// A finding in short.
pub(crate) fn found(finding: &Finding) -> Found {
    Found {
        verdict: finding.verdict,
        kind: finding.kind,
        locks: finding.locks().into_iter().map(lock_name).collect(),
        threads: finding.steps.iter().filter(|step| step.wants.is_some()).map(name).collect(),
    }
}

fn lock_name(lock: &Lock) -> String {
    match &lock.class {
        Class::Named(name) => name.clone(),
        _ => format!("#{}", lock.id),
    }
}

fn name(step: &Step) -> String {
    step.thread.name.clone().unwrap_or_else(|| format!("#{}", step.thread.id))
}
