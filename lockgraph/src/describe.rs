//! From a cycle of numbers to a finding with names.

mod foreseen;

use std::collections::HashSet;

use crate::cycle::{Apart, Cycle, Via, apart, shuts_out};
use crate::finding::{Blocks, Finding, Held, Kind, Reason, Step, Stranger, Verdict, Wanted};
use crate::graph::{Graph, Witness};
use crate::held::Hold;
use crate::id::{LockId, LockKind, Mode, ThreadId};
use crate::names::{HoldNames, Names};
use crate::span::Ordered;
use crate::wait::{Because, Standstill, Target, WaitCycle, Waits};
pub(crate) use foreseen::{join_while_holding, wait_while_holding};

/// The finding that a cycle of the order graph amounts to.
pub(crate) fn possible<N: Names>(graph: &Graph, cycle: &Cycle, names: &N) -> Finding {
    let steps: Vec<Step> =
        cycle.iter().map(|(id, via)| step(graph, &graph.witness(*id), *via, names)).collect();
    let kind = if is_once(&steps) { Kind::OnceWhileHolding } else { kind(graph, cycle) };
    Finding::new(kind, Verdict::Possible, steps)
}

/// Whether one thread waits for an initialisation while holding a lock, and the initialiser takes it.
pub(crate) fn is_once(steps: &[Step]) -> bool {
    let kinds = |step: &Step| match (&step.blocks, &step.wants) {
        (Blocks::Holds(held), Some(Wanted::Lock(lock, _))) => Some((held.lock.kind, lock.kind)),
        _ => None,
    };
    let [first, second] = steps else { return false };
    let is_it = |kinds: Option<(LockKind, LockKind)>, runs: bool| {
        kinds.is_some_and(|(held, wanted)| {
            (held == LockKind::Once) == runs && (wanted == LockKind::Once) != runs
        })
    };
    let (first, second) = (kinds(first), kinds(second));
    is_it(first, true) && is_it(second, false) || is_it(first, false) && is_it(second, true)
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
        Some(Apart::Ordered(Ordered { first, second, by })) => {
            let (first, second) = (names.thread(first), names.thread(second));
            match by {
                Some(kind) => Reason::Message(first, second, Some(kind)),
                None => Reason::SpawnJoin(first, second),
            }
        }
        None => match graph.full((0..cycle.len()).map(|at| witness(at).held)) {
            Some((semaphore, permits)) => Reason::Permits(names.lock(semaphore), permits),
            None => Reason::ReadersOnly(names.lock(only_read(graph, cycle)?)),
        },
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
    let steps = circle(waits, cycle, names);
    let kind = kind_of_wait(waits, cycle);
    Finding::new(kind, Verdict::Actual, steps)
}

/// The finding that it amounts to if every thread is blocked. With `strangers` it is less than
/// certain.
pub(crate) fn standstill<S: Copy>(
    waits: &Waits<S>,
    standstill: &Standstill,
    strangers: Vec<Stranger>,
    names: &impl HoldNames<S>,
) -> Finding {
    let (kind, steps) = match standstill {
        Standstill::Circle(cycle) => (kind_of_wait(waits, cycle), circle(waits, cycle, names)),
        Standstill::Line(threads) => (Kind::NeverWoken, line(waits, threads, names)),
    };
    let (kind, verdict) = match strangers.is_empty() {
        true => (kind, Verdict::Actual),
        false => (Kind::Stall, Verdict::Stalled),
    };
    Finding { strangers, ..Finding::new(kind, verdict, steps) }
}

/// The finding that waits amount to which take long, whatever may end them.
pub(crate) fn stall<S: Copy>(
    waits: &Waits<S>,
    threads: &[ThreadId],
    strangers: Vec<Stranger>,
    names: &impl HoldNames<S>,
) -> Finding {
    let steps = line(waits, threads, names);
    Finding { strangers, ..Finding::new(Kind::Stall, Verdict::Stalled, steps) }
}

/// The steps of threads that wait for each other.
pub(crate) fn circle<S: Copy>(
    waits: &Waits<S>,
    cycle: &WaitCycle,
    names: &impl HoldNames<S>,
) -> Vec<Step> {
    let before = cycle.iter().cycle().skip(cycle.len() - 1).map(|(thread, _)| *thread);
    let next = cycle.iter().cycle().skip(1).map(|(thread, _)| *thread);
    let ends = before.zip(next);
    let step = |((thread, because), ends): (&(ThreadId, Because), (ThreadId, ThreadId))| {
        blocked_step(waits, *thread, *because, ends, names)
    };
    cycle.iter().zip(ends).map(step).collect()
}

/// The steps of threads each of which stands in the way of the one before it, the first one in
/// nobody's.
pub(crate) fn queue<S: Copy>(
    waits: &Waits<S>,
    queue: &WaitCycle,
    names: &impl HoldNames<S>,
) -> Vec<Step> {
    let mut before = None;
    let step = |(at, (thread, because)): (usize, &(ThreadId, Because))| {
        let next = queue.get(at + 1).map_or_else(|| joined(waits, *thread), |next| next.0);
        let last = before.replace(*thread);
        let mut step =
            blocked_step(waits, *thread, *because, (last.unwrap_or(*thread), next), names);
        if last.is_none() {
            step.blocks = Blocks::Nobody;
        }
        step
    };
    queue.iter().enumerate().map(step).collect()
}

fn line<S: Copy>(waits: &Waits<S>, threads: &[ThreadId], names: &impl HoldNames<S>) -> Vec<Step> {
    let step = |thread: &ThreadId| {
        let ends = (*thread, joined(waits, *thread));
        let mut step = blocked_step(waits, *thread, Because::Runs, ends, names);
        step.blocks = Blocks::Nobody;
        step
    };
    threads.iter().map(step).collect()
}

/// A thread whose end `thread` waits for; itself if that is not what it waits for.
fn joined<S: Copy>(waits: &Waits<S>, thread: ThreadId) -> ThreadId {
    let end = match waits.get(thread).map(|blocked| &blocked.target) {
        Some(Target::Ends(ends) | Target::Returns(ends)) => ends.first().copied(),
        _ => None,
    };
    end.unwrap_or(thread)
}

fn blocked_step<S: Copy>(
    waits: &Waits<S>,
    thread: ThreadId,
    because: Because,
    (before, next): (ThreadId, ThreadId),
    names: &impl HoldNames<S>,
) -> Step {
    let (blocked, waiter) = (waits.get(thread), waits.get(before));
    let mut held: Vec<&Hold<S>> = blocked.iter().flat_map(|blocked| &blocked.held).collect();
    let blocks = match because {
        Because::Runs => Blocks::HasNotEnded,
        Because::Serves(signal, object) => Blocks::CannotServe(
            signal,
            // Whoever waits for it says what it is.
            object.zip(waiter).map(|(object, waiter)| names.wanted_lock(object, &waiter.site)),
        ),
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
        Target::Any(signal, object) => {
            Wanted::Signal(*signal, Some(names.wanted_lock(*object, site)))
        }
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
        Because::Serves(_, object) => *object,
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
