//! Which findings are told: each once, and only the surest of what is said of the same locks.

use std::collections::HashMap;

use super::Options;
use crate::finding::{Finding, Step, Verdict};

/// What is told, surest first. What `predicted` says of a circle is said of all that the run had of
/// it, so if it is excluded there the graph, which knows less of what keeps threads apart, is wrong;
/// unless the trace `is_whole` not.
pub(super) fn once(
    mut findings: Vec<Finding>,
    predicted: Vec<Finding>,
    is_whole: bool,
    options: &Options,
) -> Vec<Finding> {
    if is_whole {
        // By circle: whether all that is predicted of it is excluded.
        let mut excluded: HashMap<String, bool> = HashMap::new();
        for finding in &predicted {
            let all = excluded.entry(finding.circle()).or_insert(true);
            *all &= finding.verdict == Verdict::Excluded;
        }
        findings.retain(|finding| {
            finding.verdict != Verdict::Possible
                || !excluded.get(&finding.circle()).copied().unwrap_or(false)
        });
    }
    findings.extend(predicted);
    let mut findings = each_once(findings, options.instances);
    findings.sort_by_key(|finding| finding.verdict);
    let mut told: Vec<Finding> = Vec::new();
    // By circle: where the surest is.
    let mut surest: HashMap<String, usize> = HashMap::new();
    for finding in findings {
        // That it could happen goes without saying where it did, or where there is a schedule.
        let at = *surest.entry(finding.circle()).or_insert(told.len());
        match told.get_mut(at).filter(|surer| surer.verdict < finding.verdict) {
            Some(surer) if !options.instances => take_stacks(surer, &finding),
            _ => told.push(finding),
        }
    }
    told.retain(|finding| options.all || finding.verdict != Verdict::Excluded);
    told
}

/// The graph has stacks, and events have none.
fn take_stacks(finding: &mut Finding, from: &Finding) {
    for step in &mut finding.steps {
        let has_none = step.stack.is_empty() && step.addresses.is_empty();
        let is_it = |other: &&Step| other.site == step.site && other.thread == step.thread;
        let same_place = |other: &&Step| other.site == step.site;
        let mut steps = from.steps.iter();
        let other = steps.clone().find(is_it).or_else(|| steps.find(same_place));
        if let Some(other) = other.filter(|_| has_none) {
            step.stack.clone_from(&other.stack);
            step.addresses.clone_from(&other.addresses);
        }
    }
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
