//! Which wants make a circle in which nobody can go on.

use std::collections::BTreeSet;

use super::{Attempt, Pattern, Rule, Rules, Want, is_reader, keeps_out};

/// All circles of these attempts that are patterns.
pub(super) fn all(rules: Rules, attempts: &[Attempt]) -> BTreeSet<Pattern> {
    let mut found = BTreeSet::new();
    let mut path: Vec<&Attempt> = Vec::new();
    for first in attempts {
        path.push(first);
        extend(rules, attempts, &mut path, &mut found);
        path.pop();
    }
    found
}

/// Follows the path in all ways in which its first thread stays the lowest one.
fn extend<'a>(
    rules: Rules,
    attempts: &'a [Attempt],
    path: &mut Vec<&'a Attempt>,
    found: &mut BTreeSet<Pattern>,
) {
    let (first, last) = (path[0], path[path.len() - 1]);
    if path.len() > 1 && may_wait_for(rules, last, first) && is_pattern(rules, path) {
        found.insert(path.iter().copied().cloned().collect());
    }
    for next in attempts {
        let is_new = path.iter().all(|one| one.thread != next.thread);
        if next.thread > first.thread && is_new && may_wait_for(rules, last, next) {
            path.push(next);
            extend(rules, attempts, path, found);
            path.pop();
        }
    }
}

/// Whether `one` cannot go on before `other` does, in some circle.
fn may_wait_for(rules: Rules, one: &Attempt, other: &Attempt) -> bool {
    is_kept_out(rules, one, other) || may_queue_behind(rules, one, other)
}

/// Whether `other` has what `one` wants.
fn is_kept_out(rules: Rules, one: &Attempt, other: &Attempt) -> bool {
    match one.want {
        Want::End(thread) => thread == other.thread,
        Want::Lock(lock, mode) => {
            other.held.iter().any(|(held, how)| *held == lock && keeps_out(rules, *how, mode))
        }
    }
}

/// Whether `other` waits to write, and `one` lets writers that wait go first.
fn may_queue_behind(rules: Rules, one: &Attempt, other: &Attempt) -> bool {
    rules.has(Rule::ReadersQueue)
        && want_the_same(one, other)
        && one.want.is_queueing()
        && other.want.is_writing()
}

/// Whether step `at` of a circle queues behind the next one, a writer. That is so while readers
/// keep the writer out: where the lock is taken upgradably, a writer does not bar the door.
fn queues(rules: Rules, circle: &[&Attempt], at: usize) -> bool {
    let of = |steps: usize| circle[(at + steps) % circle.len()];
    let Want::Lock(lock, _) = of(0).want else { return false };
    let mut holds = of(2).held.iter().filter(|(held, _)| *held == lock).peekable();
    may_queue_behind(rules, of(0), of(1))
        && holds.peek().is_some()
        && holds.all(|(_, mode)| is_reader(*mode) || !rules.has(Rule::OnlyBehindReaders))
}

fn is_pattern(rules: Rules, circle: &[&Attempt]) -> bool {
    (0..circle.len()).all(|one| {
        let next = (one + 1) % circle.len();
        let waits = is_kept_out(rules, circle[one], circle[next]) || queues(rules, circle, one);
        waits
            && (0..circle.len()).filter(|other| *other != one).all(|other| {
                let is_before = one == (other + 1) % circle.len();
                let is_queue = other == next && queues(rules, circle, one)
                    || is_before && queues(rules, circle, other);
                let (a, b) = (circle[one], circle[other]);
                can_hold_together(rules, a, b)
                    && (is_queue || !want_the_same(a, b) || !rules.has(Rule::WantsDiffer))
            })
    })
}

fn can_hold_together(rules: Rules, one: &Attempt, other: &Attempt) -> bool {
    !rules.has(Rule::HeldTogether)
        || one.held.iter().all(|(lock, mode)| {
            other.held.iter().all(|(same, how)| lock != same || !keeps_out(rules, *how, *mode))
        })
}

fn want_the_same(one: &Attempt, other: &Attempt) -> bool {
    match (one.want, other.want) {
        (Want::Lock(lock, _), Want::Lock(same, _)) => lock == same,
        (Want::End(thread), Want::End(same)) => thread == same,
        _ => false,
    }
}
