//! From a cycle of numbers to a finding with names.

use std::collections::HashSet;

use crate::cycle::{Apart, Cycle, Via, apart, shuts_out};
use crate::finding::{Blocks, Finding, Held, Kind, Reason, Step, Verdict, Wanted};
use crate::graph::{Graph, Witness};
use crate::held::Hold;
use crate::id::{LockId, Mode, ThreadId};
use crate::names::{HoldNames, Names};
use crate::wait::{Because, Target, WaitCycle, Waits};

/// The finding that a cycle of the order graph amounts to.
pub(crate) fn possible<N: Names>(graph: &Graph, cycle: &Cycle, names: &N) -> Finding {
    let steps =
        cycle.iter().map(|(id, via)| step(graph, &graph.witness(*id), *via, names)).collect();
    Finding { kind: kind(graph, cycle), verdict: Verdict::Possible, steps, excluded: None }
}

fn step<N: Names>(graph: &Graph, witness: &Witness<'_>, via: Via, names: &N) -> Step {
    let held = |link: &crate::chain::Link| Held {
        lock: names.lock(link.lock),
        mode: link.mode,
        site: names.place(link.site),
    };
    let mut holds: Vec<_> = graph.chains.holds(witness.held).collect();
    holds.reverse();
    let blocking = match via {
        Via::Holds(lock) => holds.iter().position(|link| link.lock == lock),
        Via::Queues(_) => None,
    };
    let blocks = match (via, blocking) {
        (_, Some(at)) => Blocks::Holds(held(holds.remove(at))),
        (Via::Holds(lock) | Via::Queues(lock), None) => Blocks::QueuesBefore(names.lock(lock)),
    };
    Step {
        thread: names.thread(witness.thread),
        blocks,
        wants: Some(Wanted::Lock(names.lock(graph.lock(witness.node)), witness.mode)),
        site: names.place(witness.site),
        through: None,
        stack: Vec::new(),
        addresses: witness.stack.to_vec(),
        also_holds: holds.into_iter().map(held).collect(),
    }
}

/// The finding that a cycle which cannot deadlock amounts to, with the first reason that holds.
/// `None` if nothing keeps its witnesses apart.
pub(crate) fn excluded<N: Names>(graph: &Graph, cycle: &Cycle, names: &N) -> Option<Finding> {
    let witness = |at: usize| graph.witness(cycle[at].0);
    let pairs = (0..cycle.len()).flat_map(|a| (a + 1..cycle.len()).map(move |b| (a, b)));
    let reason = match pairs.into_iter().find_map(|(a, b)| apart(graph, &witness(a), &witness(b))) {
        Some(Apart::SameThread(thread)) => Reason::OneThread(names.thread(thread)),
        Some(Apart::Gate(lock)) => Reason::Gate(names.lock(lock)),
        Some(Apart::Ordered(first, second)) => {
            Reason::SpawnJoin(names.thread(first), names.thread(second))
        }
        None => Reason::ReadersOnly(names.lock(only_read(graph, cycle)?)),
    };
    let finding = possible(graph, cycle, names);
    Some(Finding { verdict: Verdict::Excluded, excluded: Some(reason), ..finding })
}

/// A lock of the cycle over which a witness is not blocked by the next one.
fn only_read(graph: &Graph, cycle: &Cycle) -> Option<LockId> {
    let next = cycle.iter().cycle().skip(1);
    cycle.iter().zip(next).find_map(|((wanter, _), (holder, via))| {
        let Via::Holds(lock) = *via else { return None };
        let shut = shuts_out(graph, &graph.witness(*holder), &graph.witness(*wanter), lock);
        (!shut).then_some(lock)
    })
}

/// The finding that a deadlock amounts to.
pub(crate) fn actual<S: Copy>(
    waits: &Waits<S>,
    cycle: &WaitCycle,
    names: &impl HoldNames<S>,
) -> Finding {
    let next = cycle.iter().cycle().skip(1).map(|(thread, _)| *thread);
    let steps = cycle
        .iter()
        .zip(next)
        .map(|((thread, because), next)| blocked_step(waits, *thread, *because, next, names))
        .collect();
    Finding { kind: kind_of_wait(waits, cycle), verdict: Verdict::Actual, steps, excluded: None }
}

fn blocked_step<S: Copy>(
    waits: &Waits<S>,
    thread: ThreadId,
    because: Because,
    next: ThreadId,
    names: &impl HoldNames<S>,
) -> Step {
    let blocked = waits.get(thread);
    let mut held: Vec<&Hold<S>> = blocked.iter().flat_map(|blocked| &blocked.held).collect();
    let blocks = match because {
        Because::Runs => Blocks::HasNotEnded,
        Because::Holds(lock) | Because::Queues(lock) => {
            match (held.iter().position(|hold| hold.lock == lock), blocked) {
                (Some(at), _) => Blocks::Holds(names.held(held.remove(at))),
                (None, Some(blocked)) => {
                    Blocks::QueuesBefore(names.wanted_lock(lock, &blocked.site))
                }
                (None, None) => Blocks::Nobody,
            }
        }
        Because::Left(lock) => match waits.left_behind(thread, lock) {
            Some(hold) => Blocks::LeftBehind(names.held(hold)),
            None => Blocks::Nobody,
        },
    };
    let wanted = |target: &Target, site: &S| match target {
        Target::Lock(lock, mode) => Wanted::Lock(names.wanted_lock(*lock, site), *mode),
        Target::Ends(_) | Target::Returns(_) => Wanted::End(names.thread(next)),
        Target::Signal(signal, object, _) => {
            Wanted::Signal(*signal, object.map(|object| names.wanted_lock(object, site)))
        }
    };
    Step {
        thread: names.thread(thread),
        blocks,
        wants: blocked.map(|blocked| wanted(&blocked.target, &blocked.site)),
        site: blocked.and_then(|blocked| names.place(&blocked.site)),
        through: None,
        stack: Vec::new(),
        addresses: blocked.map(|blocked| blocked.stack.clone()).unwrap_or_default(),
        also_holds: held.into_iter().map(|hold| names.held(hold)).collect(),
    }
}

/// What to call a deadlock.
fn kind_of_wait<S: Copy>(waits: &Waits<S>, cycle: &WaitCycle) -> Kind {
    if cycle.iter().any(|(_, because)| matches!(because, Because::Left(_))) {
        return Kind::OrphanedLock;
    }
    let lock = |because: &Because| match because {
        Because::Holds(lock) | Because::Queues(lock) | Because::Left(lock) => Some(*lock),
        Because::Runs => None,
    };
    let locks: HashSet<Option<LockId>> = cycle.iter().map(|(_, because)| lock(because)).collect();
    let upgrades = |thread: ThreadId| {
        let Some(blocked) = waits.get(thread) else { return false };
        let Target::Lock(lock, Mode::Exclusive) = blocked.target else { return false };
        blocked.held.iter().any(|hold| hold.lock == lock && hold.mode != Mode::Exclusive)
    };
    if locks.len() > 1 {
        Kind::Deadlock
    } else if cycle.iter().any(|(thread, _)| upgrades(*thread)) {
        Kind::LockUpgrade
    } else if cycle.len() == 1 {
        Kind::SelfDeadlock
    } else if cycle.iter().any(|(_, because)| matches!(because, Because::Queues(_))) {
        Kind::ReadRecursion
    } else {
        Kind::Deadlock
    }
}

/// What to call a cycle of the order graph: one lock alone is a matter of readers and writers.
fn kind(graph: &Graph, cycle: &Cycle) -> Kind {
    let wanted = |at: usize| graph.witness(cycle[at].0);
    let lock = |via: &Via| match via {
        Via::Holds(lock) | Via::Queues(lock) => *lock,
    };
    let first: LockId = lock(&cycle[0].1);
    if cycle.iter().any(|(_, via)| lock(via) != first) {
        return Kind::LockOrderCycle;
    }
    let upgrades = (0..cycle.len()).any(|at| {
        let witness = wanted(at);
        let mut held = graph.chains.holds(witness.held);
        witness.mode == Mode::Exclusive && held.any(|hold| hold.lock == first)
    });
    if upgrades { Kind::LockUpgrade } else { Kind::ReadRecursion }
}
