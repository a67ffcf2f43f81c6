//! Who waited for whom when a run stopped: the part of it that a finding is about.
//!
//! Of all that waited, a finding gets its own threads, those that wait for one of them in the end,
//! and all that these wait for, unless they are too many. Nothing fails; linear in threads and needs.

use lockgraph::check::{Standing, Standstill, State};
use lockgraph::finding::{Finding, Place, Verdict};

use crate::places;

/// As many threads at most are kept with a finding, for each may need all the others, and each finding
/// of a run all of them.
const MOST: usize = 500;

/// The part of `standstill` that has to do with `finding`, in the numbers of the same trace. `None`
/// if it did not happen, its threads do not wait any more, or there are too many.
pub(crate) fn part(standstill: &Standstill, finding: &Finding) -> Option<Standstill> {
    let has_happened = matches!(finding.verdict, Verdict::Actual | Verdict::Stalled);
    let steps = finding.steps.iter().filter(|step| step.wants.is_some());
    let own: Option<Vec<usize>> = steps.map(|step| waiting(standstill, step.thread.id)).collect();
    let own = own.filter(|own| has_happened && !own.is_empty())?;
    let members = concerned(standstill, &own);
    if members.len() > MOST {
        return None;
    }
    let positions = |all: &[usize]| -> Vec<usize> {
        all.iter().filter_map(|at| members.binary_search(at).ok()).collect()
    };
    let member = |at: &usize| {
        let mut standing = standstill.threads[*at].clone();
        standing.needs.iter_mut().for_each(|need| need.of = positions(&need.of));
        standing
    };
    let rounds = standstill.rounds.iter().map(|round| positions(round));
    Some(Standstill {
        threads: members.iter().map(member).collect(),
        rounds: rounds.filter(|round| !round.is_empty()).collect(),
        stuck: positions(&standstill.stuck),
    })
}

/// Where a thread is that waits.
fn waiting(standstill: &Standstill, thread: u32) -> Option<usize> {
    let is_it = |it: &Standing| it.thread.id == thread && it.state == State::Waits;
    standstill.threads.iter().position(is_it)
}

/// These, who waits for them in the end, and whom all of those wait for; in order.
fn concerned(standstill: &Standstill, own: &[usize]) -> Vec<usize> {
    let needed = |at: usize| standstill.threads[at].needs.iter().flat_map(|need| &need.of).copied();
    let mut waiters = vec![Vec::new(); standstill.threads.len()];
    for at in 0..standstill.threads.len() {
        needed(at).for_each(|of| waiters[of].push(at));
    }
    let before = reached(own, waiters.len(), |at| waiters[at].clone());
    reached(&before, waiters.len(), |at| needed(at).collect())
}

/// All that can be reached from `start`, in order.
fn reached(start: &[usize], count: usize, next: impl Fn(usize) -> Vec<usize>) -> Vec<usize> {
    let mut is_seen = vec![false; count];
    let mut left = start.to_vec();
    while let Some(at) = left.pop() {
        if !std::mem::replace(&mut is_seen[at], true) {
            left.extend(next(at));
        }
    }
    (0..count).filter(|at| is_seen[*at]).collect()
}

/// Hands every place to `change`, those of the locks' classes included.
pub(crate) fn each_place(standstill: &mut Standstill, change: &mut dyn FnMut(&mut Place)) {
    for standing in &mut standstill.threads {
        standing.site.iter_mut().for_each(&mut *change);
        let needs = standing.needs.iter_mut().filter_map(|need| need.what.as_mut());
        let wanted = standing.wants.iter_mut().chain(needs).filter_map(places::wanted);
        wanted.for_each(|lock| places::of_lock(lock, change));
        for held in &mut standing.holds {
            places::of_lock(&mut held.lock, change);
            held.site.iter_mut().for_each(&mut *change);
        }
    }
}
