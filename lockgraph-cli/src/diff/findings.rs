//! Which findings of one side are which of the other.
//!
//! Of those with the same fingerprint nothing is told but a changed verdict. The others are the same
//! if they are about the same: a cycle that was possible and a deadlock that happened differ in
//! their kinds, and so in their fingerprints. So the rest is paired by names, then by places, which
//! are the same if only one side has names, and then by names one of which has changed. Only what is
//! alone on both sides with what it has in common is paired.
//!
//! Findings without places that have one fingerprint are taken for one. What cannot deadlock is told
//! only where it could before, or can now; what lies inside dependencies is told if the other side
//! takes it for the user's own.

use std::collections::BTreeMap;

use lockgraph::explain::headline;
use lockgraph::finding::{Finding, Verdict};

use super::Change;
use crate::check::Found;
use crate::names::moved;

/// The surest finding of each fingerprint.
type Distinct<'a> = BTreeMap<u64, &'a Found>;

/// What is still alone, and what is not.
struct Pairing<'a> {
    then: Distinct<'a>,
    now: Distinct<'a>,
    pairs: Vec<(&'a Found, &'a Found)>,
}

/// What is not the same, what came first; then the surest first.
pub(super) fn changes<'a>(
    then: &'a [Found],
    now: &'a [Found],
    is_there: &dyn Fn(&str) -> bool,
) -> Vec<Change<&'a Found>> {
    let (then, now) = (distinct(then), distinct(now));
    let moved = renamed(&then, &now, is_there);
    let mut pairing = Pairing { then, now, pairs: Vec::new() };
    pairing.pair(&|finding| Some(finding.fingerprint().to_string()));
    pairing.pair(&|finding| finding.names.as_ref().map(|names| names.join("; ")));
    pairing.pair(&|finding| finding.has_places().then(|| finding.circle()));
    moved.into_iter().for_each(|(from, to)| pairing.take(from, to));
    pairing.changes()
}

fn distinct(findings: &[Found]) -> Distinct<'_> {
    let mut first = Distinct::new();
    for found in findings {
        let known = first.entry(found.finding.fingerprint()).or_insert(found);
        if found.finding.verdict < known.finding.verdict {
            *known = found;
        }
    }
    first
}

/// Those that are the same but for a name that has changed, by fingerprint.
fn renamed(
    then: &Distinct<'_>,
    now: &Distinct<'_>,
    is_there: &dyn Fn(&str) -> bool,
) -> Vec<(u64, u64)> {
    // Of all findings, because a name that one has then and now has neither gone nor come.
    let [old, new] = [then, now].map(|side| {
        side.values().map(|found| found.finding.names.as_deref().unwrap_or_default()).collect()
    });
    let (old, new): (Vec<&[String]>, Vec<&[String]>) = (old, new);
    let [from, to] = [then, now].map(|side| side.iter().collect::<Vec<_>>());
    let pairs = moved(&old, &new, is_there).into_iter().map(|(at, other)| (from[at], to[other]));
    let is_same_kind = |((_, then), (_, now)): &((_, &&Found), (_, &&Found))| {
        then.finding.kind == now.finding.kind
    };
    pairs.filter(is_same_kind).map(|((from, _), (to, _))| (*from, *to)).collect()
}

impl<'a> Pairing<'a> {
    /// Pairs those that are alone with their key on both sides.
    fn pair(&mut self, key: &dyn Fn(&Finding) -> Option<String>) {
        let mut alike: BTreeMap<String, [Vec<u64>; 2]> = BTreeMap::new();
        for (side, findings) in [&self.then, &self.now].into_iter().enumerate() {
            for (fingerprint, found) in findings {
                if let Some(key) = key(&found.finding) {
                    alike.entry(key).or_default()[side].push(*fingerprint);
                }
            }
        }
        for [then, now] in alike.into_values() {
            if let (&[from], &[to]) = (&then[..], &now[..]) {
                self.take(from, to);
            }
        }
    }

    /// Makes a pair of two, if both are still alone.
    fn take(&mut self, from: u64, to: u64) {
        if let (Some(then), Some(now)) = (self.then.get(&from), self.now.get(&to)) {
            self.pairs.push((then, now));
            self.then.remove(&from);
            self.now.remove(&to);
        }
    }

    fn changes(self) -> Vec<Change<&'a Found>> {
        let is_told =
            |found: &&'a Found| found.finding.verdict != Verdict::Excluded && !found.is_inside;
        let came = self.now.into_values().filter(is_told).map(Change::Came);
        let went = self.then.into_values().filter(is_told).map(Change::Went);
        let differ = self.pairs.into_iter().filter(|(then, now)| is_other(then, now));
        let became = differ.map(|(then, now)| Change::Became { then, now });
        let mut changes: Vec<Change<&'a Found>> = came.chain(became).chain(went).collect();
        changes.sort_by_cached_key(rank);
        changes
    }
}

fn is_other(then: &Found, now: &Found) -> bool {
    let known = |found: &Found| (found.finding.fingerprint(), found.finding.verdict);
    let is_shown = |found: &Found| !found.is_inside;
    let can = |found: &Found| found.finding.verdict != Verdict::Excluded;
    known(then) != known(now) && (is_shown(then) || is_shown(now)) && (can(then) || can(now))
}

fn rank(change: &Change<&Found>) -> (u8, Verdict, String, u64) {
    let number = match change {
        Change::Came(_) => 0,
        Change::Became { .. } => 1,
        Change::Went(_) => 2,
    };
    let finding = &change.latest().finding;
    (number, finding.verdict, headline(finding), finding.fingerprint())
}

#[cfg(test)]
mod tests;
