//! Waits that have not hung, but could: from numbers to findings.

use crate::finding::{Blocks, Finding, Kind, Step, Verdict, Wanted};
use crate::held::Hold;
use crate::meet::{Foreseen, StuckJoin};
use crate::names::HoldNames;

/// The finding that a wait under a lock amounts to which everybody needs who could end it.
pub(crate) fn wait_while_holding<S: Copy>(
    found: &Foreseen<'_, S>,
    names: &impl HoldNames<S>,
) -> Finding {
    let Foreseen { object, wait, hold, service, need } = found;
    let object = names.wanted_lock(*object, &wait.site);
    let waiter = Step {
        thread: names.thread(wait.thread),
        site: names.place(&wait.site),
        wants: Some(Wanted::Signal(wait.signal, Some(object.clone()))),
        ..holder(&wait.locks, *hold, names)
    };
    let server = Step {
        thread: names.thread(service.thread),
        blocks: Blocks::CannotServe(service.signal, Some(object)),
        ..wanter(need, names)
    };
    finding(Kind::WaitWhileHolding, vec![waiter, server])
}

/// The finding that a join under a lock amounts to which the joined thread takes.
pub(crate) fn join_while_holding<S: Copy>(
    stuck: &StuckJoin<S>,
    names: &impl HoldNames<S>,
) -> Finding {
    let StuckJoin { join, child, hold, need } = stuck;
    let joiner = Step {
        thread: names.thread(join.thread),
        site: names.place(&join.site),
        wants: Some(Wanted::End(names.thread(*child))),
        ..holder(&join.held, *hold, names)
    };
    let child =
        Step { thread: names.thread(*child), blocks: Blocks::HasNotEnded, ..wanter(need, names) };
    finding(Kind::JoinWhileHolding, vec![joiner, child])
}

/// A step that holds these, of which one is in the way; the rest is still to be said.
fn holder<S: Copy>(held: &[Hold<S>], hold: usize, names: &impl HoldNames<S>) -> Step {
    let mut holds: Vec<_> = held.iter().map(|hold| names.held(hold)).collect();
    let in_the_way = holds.remove(hold);
    Step { also_holds: holds, ..step(Blocks::Holds(in_the_way)) }
}

/// A step that wants this; the rest is still to be said.
fn wanter<S: Copy>(need: &Hold<S>, names: &impl HoldNames<S>) -> Step {
    let held = names.held(need);
    let wants = Some(Wanted::Lock(held.lock, held.mode));
    Step { wants, site: held.site, ..step(Blocks::Nobody) }
}

fn step(blocks: Blocks) -> Step {
    Step {
        thread: crate::finding::Thread { id: 0, name: None },
        blocks,
        wants: None,
        site: None,
        through: None,
        stack: Vec::new(),
        addresses: Vec::new(),
        also_holds: Vec::new(),
    }
}

fn finding(kind: Kind, steps: Vec<Step>) -> Finding {
    Finding::new(kind, Verdict::Possible, steps)
}
