//! The gate: which findings fail, and which were accepted.
//!
//! The settings ([`Policy`]) say what fails and what was accepted; the committed order
//! ([`Baseline`]) is one more run, so that an edge that goes against it closes a circle. What was
//! accepted, or is in the order, under names that are no more is known again if one item was
//! renamed.

mod difference;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use lockgraph::finding::{Blocks, Class, Finding, Kind, Verdict, Wanted};

use crate::baseline::Baseline;
use crate::check::{Checked, Found};
use crate::names::{Names, moved};
use crate::order::{Edge, Known, Order, Pair};
use crate::places;
use crate::policy::{self, Accept, Date, Policy, Trouble};
use crate::recorded::Recorded;
use crate::workspace::Files;
pub(crate) use difference::Difference;

/// The longest circle that is looked for in the order, unless the settings say otherwise.
pub(crate) const MAX_LENGTH: usize = 6;

/// What the gate makes of a finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Standing {
    /// There is no gate.
    Unjudged,
    /// It fails.
    New,
    /// The settings accept it.
    Accepted(Acceptance),
    /// The settings accepted it until a day that has passed: it fails.
    Expired(Acceptance),
    /// The settings let findings of this kind, or this unsure, pass.
    Tolerated,
}

/// Why a finding may stay.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Acceptance {
    /// In the words of who accepted it.
    pub(crate) reason: String,
    /// The last day, as `2027-01-31`.
    pub(crate) expires: Option<String>,
    /// Whether it was accepted under other names: a class or function was renamed since.
    pub(crate) is_moved: bool,
}

impl Standing {
    /// Whether a finding with this verdict fails.
    pub(crate) fn fails(&self, verdict: Verdict) -> bool {
        match self {
            Standing::Unjudged => verdict != Verdict::Excluded,
            Standing::New | Standing::Expired(_) => true,
            Standing::Accepted(_) | Standing::Tolerated => false,
        }
    }
}

/// What the gate has to say beside the findings.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Judgement {
    /// What was accepted and not found, a line each.
    pub(crate) stale: Vec<String>,
    /// How many edges of the committed order were not seen.
    pub(crate) unseen_edges: usize,
    /// How many edges it does not have, and how many of them it has under other names.
    pub(crate) new_edges: usize,
    pub(crate) moved_edges: usize,
    /// Whether there is a committed order.
    pub(crate) has_order: bool,
}

/// The gate of a project.
#[derive(Default)]
pub(crate) struct Gate {
    pub(crate) policy: Policy,
    pub(crate) baseline: Option<Baseline>,
    /// Whether every edge fails that the order does not have.
    is_frozen: bool,
}

impl Gate {
    /// The gate of the project at `root`, with the settings there or in another file.
    pub(crate) fn of(root: &Path, settings: Option<&Path>, frozen: bool) -> Result<Gate, Trouble> {
        let policy = match settings {
            Some(file) => Policy::read(file)?,
            None => Policy::find(root)?.unwrap_or_else(|| Policy::nowhere(root)),
        };
        let file = policy.order_file();
        let baseline = Baseline::find(&file)?;
        let is_frozen = frozen || policy.gate.frozen_order;
        if is_frozen && baseline.is_none() {
            let what = "there is no such file, so there is no order that could be frozen: `cargo \
                        lockgraph learn` writes it";
            return Err(Trouble::of_file(&file, what));
        }
        Ok(Gate { policy, baseline, is_frozen })
    }

    /// Judges what was found, and adds what the committed and the declared order make of it.
    pub(crate) fn judge(&self, checked: &mut Checked, today: Date) {
        let mut judgement =
            Judgement { has_order: self.baseline.is_some(), ..Judgement::default() };
        let mut more = self.of_order(&checked.order, &checked.files, &mut judgement);
        // What goes against a rank too was told where it was done.
        let told: BTreeSet<(Class, Class)> = checked.found.iter().filter_map(violation).collect();
        more.retain(|found| violation(found).is_none_or(|pair| !told.contains(&pair)));
        checked.found.extend(more);
        for found in &mut checked.found {
            found.standing = match self.is_ignored(&found.finding) {
                true => Standing::Tolerated,
                false => self.policy.judge(&found.finding, today),
            };
        }
        let moved = self.accept_moved(checked, today);
        let mut seen: Vec<u64> = checked.found.iter().map(|f| f.finding.fingerprint()).collect();
        seen.extend(moved);
        judgement.stale = self.policy.stale(&seen).into_iter().map(line).collect();
        checked.gate = Some(judgement);
        checked.found.sort_by_key(|found| !found.fails());
        self.call_by_name(checked);
    }

    /// Gives locks the names that the settings have for them, in what the order shows by itself.
    /// Reports add up other findings by the places of their locks.
    fn call_by_name(&self, checked: &mut Checked) {
        let classes = &checked.order.classes;
        let name_of: BTreeMap<&Class, &str> =
            classes.iter().map(|(name, known)| (&known.class, name.as_str())).collect();
        for found in checked.found.iter_mut().filter(|found| found.is_of_order()) {
            places::each_lock(&mut found.finding, &mut |lock| {
                let class = match &lock.class {
                    // As one that the committed order alone has is.
                    Class::Named(name) => Some(name.as_str()),
                    class => name_of.get(class).copied(),
                };
                if let Some(name) = class.and_then(|class| self.policy.alias_of(class)) {
                    lock.class = Class::Named(name.to_string());
                }
            });
        }
    }

    /// What is wrong with the order by itself.
    fn of_order(&self, order: &Order, files: &Files, judgement: &mut Judgement) -> Vec<Found> {
        let names = Names::of(files);
        let mut found = self.against_declared(order);
        if let Some(baseline) = &self.baseline {
            let difference =
                Difference::of(baseline, &Baseline::of(order), &|name| names.has(name));
            judgement.new_edges = difference.new.len();
            judgement.moved_edges = difference.moved.len();
            judgement.unseen_edges = difference.unseen.len();
            found.extend(self.circles(baseline, order));
            if self.is_frozen {
                let new = difference.new.iter();
                found.extend(new.map(|pair| of_edge(order, Kind::NewEdge, pair)));
            }
        }
        found
    }

    /// Edges that contradict what the settings declare.
    fn against_declared(&self, order: &Order) -> Vec<Found> {
        let declared: BTreeSet<(&str, &str)> = self.policy.declared().collect();
        let is_against = |(from, to): &&Pair| declared.contains(&(to.as_str(), from.as_str()));
        let against = order.edges.keys().filter(is_against);
        against.map(|pair| of_edge(order, Kind::RankViolation, pair)).collect()
    }

    /// Circles that a new edge closes together with those of the committed order that were not seen.
    fn circles(&self, baseline: &Baseline, order: &Order) -> Vec<Found> {
        let mut all = order.clone();
        for (pair, within) in &baseline.edges {
            all.edges.entry(pair.clone()).or_insert_with(|| Edge::committed(within.clone()));
            for name in [&pair.0, &pair.1] {
                all.classes.entry(name.clone()).or_insert_with(|| Known::committed(name));
            }
        }
        let is_seen = |pair: &Pair| order.edges.contains_key(pair);
        let mut circles = all.circles(self.policy.limits.max_length.unwrap_or(MAX_LENGTH)).circles;
        // Those of seen edges alone are told without a gate, too, and what was committed with a
        // circle in it was known then.
        let is_new = |pair: &Pair| !baseline.edges.contains_key(pair);
        circles.retain(|circle| circle.iter().any(is_new) && !circle.iter().all(is_seen));
        let found = |circle: &Vec<Pair>| Found::of_order(all.finding(circle), all.seen(circle));
        circles.iter().map(found).collect()
    }

    /// Whether all of it happened in crates that the settings ignore.
    fn is_ignored(&self, finding: &Finding) -> bool {
        let mut sites = finding.sites().peekable();
        sites.peek().is_some() && sites.all(|site| self.policy.is_ignored(&site.file))
    }

    /// Accepts what was accepted under other names. Returns the fingerprints of then.
    fn accept_moved(&self, checked: &mut Checked, today: Date) -> Vec<u64> {
        let names = Names::of(&checked.files);
        let recorded: Vec<Recorded> =
            checked.found.iter().map(|found| Recorded::of(&found.finding)).collect();
        let mut moved_from = Vec::new();
        for (accept, now) in moved_acceptances(&self.policy, &recorded, &names) {
            let same = |found: &&mut Found| found.finding.fingerprint() == now.fingerprint;
            for found in checked.found.iter_mut().filter(same) {
                if found.standing == Standing::New {
                    found.standing = accept.standing(true, today);
                }
            }
            moved_from.push(accept.fingerprint);
        }
        moved_from
    }
}

/// What was accepted under names that are no more, with the finding that it is now.
pub(crate) fn moved_acceptances<'a>(
    policy: &'a Policy,
    findings: &'a [Recorded],
    names: &Names<'_>,
) -> Vec<(&'a Accept, &'a Recorded)> {
    // Of all of them, because a name that was accepted and is found has neither gone nor come.
    let mut all: Vec<&Recorded> = findings.iter().collect();
    all.sort_by_key(|finding| finding.fingerprint);
    all.dedup_by_key(|finding| finding.fingerprint);
    let seen: BTreeSet<u64> = all.iter().map(|finding| finding.fingerprint).collect();
    let known: BTreeSet<u64> = policy.accepted.iter().map(|accept| accept.fingerprint).collect();
    let then: Vec<&[String]> = policy.accepted.iter().map(|accept| &accept.what[..]).collect();
    let now: Vec<&[String]> = all.iter().map(|finding| &finding.names[..]).collect();
    let pairs = moved(&then, &now, &|name| names.has(name));
    let pairs = pairs.into_iter().map(|(then, now)| (&policy.accepted[then], all[now]));
    let pairs = pairs.filter(|(accept, finding)| {
        !seen.contains(&accept.fingerprint) && !known.contains(&finding.fingerprint)
    });
    // An acceptance is of a kind: that it could happen may be accepted, and that it did not.
    let is_same_kind = |(accept, finding): &(&Accept, &Recorded)| {
        finding.fingerprint_with(&accept.what) == accept.fingerprint
    };
    pairs.filter(is_same_kind).collect()
}

impl Found {
    /// Whether it is derived from the order of classes, and not from a run.
    pub(crate) fn is_of_order(&self) -> bool {
        !self.finding.runs.is_empty() || self.finding.kind.is_edge() && self.trace_count == 0
    }

    /// Whether it fails the gate, or the run if there is none.
    pub(crate) fn fails(&self) -> bool {
        self.standing.fails(self.finding.verdict)
    }
}

/// The classes of what is held and of what is wanted against a declared order.
fn violation(found: &Found) -> Option<(Class, Class)> {
    let step = found.finding.steps.first()?;
    match (found.finding.kind, &step.blocks, &step.wants) {
        (Kind::RankViolation, Blocks::Holds(held), Some(Wanted::Lock(wanted, _))) => {
            Some((held.lock.class.clone(), wanted.class.clone()))
        }
        _ => None,
    }
}

fn of_edge(order: &Order, kind: Kind, pair: &Pair) -> Found {
    Found::of_order(order.finding_of_edge(kind, pair), order.seen(std::slice::from_ref(pair)))
}

/// An acceptance in a line.
fn line(accept: &Accept) -> String {
    format!("{} ({})", policy::shown(accept.fingerprint), accept.reason)
}

#[cfg(test)]
mod tests;
