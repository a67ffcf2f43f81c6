//! Which findings are told: each once, and only the surest of what is said of the same locks.

use std::collections::HashMap;

use super::Options;
use crate::finding::{Finding, Step, Verdict};

/// What is told, surest first.
pub(super) fn once(findings: Vec<Finding>, options: &Options) -> Vec<Finding> {
    let mut findings = each_once(findings, options.instances);
    findings.sort_by_key(|finding| finding.verdict);
    let mut told: Vec<Finding> = Vec::new();
    for finding in findings {
        // That it could happen goes without saying where it did, or where there is a schedule; and
        // a schedule knows of more that keeps the threads apart than the graph.
        let is_said =
            |surer: &Finding| surer.verdict < finding.verdict && surer.is_same_circle(&finding);
        if options.instances || !told.iter().any(is_said) {
            told.push(finding);
        }
    }
    told.retain(|finding| options.all || finding.verdict != Verdict::Excluded);
    told
}

/// Each finding once: of those that are the same, one with the most stacks.
fn each_once(findings: Vec<Finding>, by_lock: bool) -> Vec<Finding> {
    let mut kept: Vec<Finding> = Vec::new();
    let mut places = HashMap::new();
    for finding in findings {
        let place = *places.entry(key(&finding, by_lock)).or_insert(kept.len());
        match kept.get_mut(place) {
            None => kept.push(finding),
            Some(same) => {
                let instances = same.instances.saturating_add(finding.instances);
                if stacks(same) < stacks(&finding) {
                    *same = finding;
                }
                same.instances = instances;
            }
        }
    }
    kept
}

fn stacks(finding: &Finding) -> usize {
    let has_stack = |step: &&Step| !step.stack.is_empty() || !step.addresses.is_empty();
    finding.steps.iter().filter(has_stack).count()
}

/// What makes two findings of one trace the same. Where a place is not known the locks must be
/// the same too, for else everything in a trace without places would be.
fn key(finding: &Finding, by_lock: bool) -> (u64, Verdict, Vec<u64>) {
    let mut locks: Vec<u64> = finding.locks().iter().map(|lock| lock.id).collect();
    locks.sort_unstable();
    let is_clear = finding.has_places() && !by_lock;
    (finding.fingerprint(), finding.verdict, if is_clear { Vec::new() } else { locks })
}
