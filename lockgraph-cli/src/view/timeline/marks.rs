//! Where in a run something in the findings happened.
//!
//! Of what happened, that is where each thread began the wait that does not end, or the end of the
//! run; of what only could have, if there is a schedule of it, where each step took its lock.
//!
//! Linear in bars and steps.

use std::collections::HashMap;

use lockgraph::explain;
use lockgraph::finding::{self, Lock, Step, Verdict, Wanted};
use lockgraph::id::{LockKind, ThreadId};

use super::bar::Bar;
use super::{Mark, Told};
use crate::lanes::{Kind, LaneId, Lanes};

/// What the bar of a step is known by: its lane, its lock, and where that was taken.
type Key = (LaneId, u32, Option<u32>);

/// The marks of all findings, in the order of events. Bars are by lane, in the order of their
/// beginnings; `positions` are those of things and sites in `locks` and `places`.
pub(super) fn marks(
    lanes: &Lanes,
    bars: &[Vec<Bar>],
    locks: &[Lock],
    places: &[finding::Place],
    (things, sites): (&[Option<u32>], &[Option<u32>]),
    told: &Told<'_>,
) -> Vec<Mark> {
    let locks: HashMap<(u64, LockKind), u32> =
        locks.iter().map(|lock| (lock.id, lock.kind)).zip(0..).collect();
    let places: HashMap<&finding::Place, u32> = places.iter().zip(0..).collect();
    let key = |step: &Step| -> Option<Key> {
        let Some(Wanted::Lock(lock, _)) = &step.wants else { return None };
        let lane = lanes.of(ThreadId(step.thread.id))?;
        let site = step.site.as_ref().and_then(|site| places.get(site).copied());
        Some((lane, *locks.get(&(lock.id, lock.kind))?, site))
    };
    let staged = told.findings.iter().filter(|(_, finding)| is_staged(finding.verdict));
    let steps = staged.flat_map(|(_, finding)| &finding.steps);
    let mut taken: HashMap<Key, Option<u32>> = steps.filter_map(key).map(|it| (it, None)).collect();
    for (lane, bars) in (0..).map(LaneId).zip(bars) {
        for bar in bars.iter().filter(|bar| is_hold(bar.kind())) {
            let Some(thing) = bar.thing().and_then(|thing| things[thing.0 as usize]) else {
                continue;
            };
            let site = bar.site().and_then(|site| sites[site]);
            if let Some(first @ None) = taken.get_mut(&(lane, thing, site)) {
                *first = Some(bar.from);
            }
        }
    }
    let end = lanes.events();
    let stuck = |step: &Step| {
        let lane = lanes.of(ThreadId(step.thread.id))?;
        let wait = bars[lane.0 as usize].iter().rfind(|bar| bar.kind() == Kind::WaitsForEver)?;
        Some(u64::from(wait.from))
    };
    let mut marks = Vec::new();
    for (position, finding) in told.findings {
        for (step, words) in finding.steps.iter().zip(explain::steps(finding)) {
            let event = match finding.verdict {
                Verdict::Actual | Verdict::Stalled if step.wants.is_some() => {
                    Some(stuck(step).unwrap_or(end))
                }
                verdict if is_staged(verdict) => {
                    key(step).and_then(|key| taken.get(&key).copied()?).map(u64::from)
                }
                _ => None,
            };
            let mark = |event| Mark { event, text: words.title.clone(), finding: *position };
            marks.extend(event.map(mark));
        }
    }
    marks.sort_by_key(|mark| (mark.event, mark.finding));
    marks
}

fn is_staged(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Proved | Verdict::Feasible)
}

fn is_hold(kind: Kind) -> bool {
    matches!(kind, Kind::Held | Kind::HeldShared | Kind::HeldForEver)
}
