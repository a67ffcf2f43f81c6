//! Every place and every lock in a finding, to be changed; and where locks come from.
//!
//! Those of the schedule are apart: it leads through places that have nothing to do with the
//! cycle, and only the cycle says whose it is.

use lockgraph::finding::{
    Act, Blocks, Class, Finding, Held, Lock, Place, Reason, Step, Thread, Wanted, Witness,
};

/// Where locks of a class come from, if that is known.
pub(crate) fn origin(class: &Class) -> Option<&Place> {
    match class {
        Class::Made(place) | Class::FirstTaken(place) => Some(place),
        Class::Named(_) | Class::Unknown => None,
    }
}

/// Hands every place to `change`, those of the locks' classes and of the stacks included.
pub(crate) fn each(finding: &mut Finding, change: &mut dyn FnMut(&mut Place)) {
    each_lock(finding, &mut |lock| {
        if let Class::Made(place) | Class::FirstTaken(place) = &mut lock.class {
            change(place);
        }
        lock.made_for.iter_mut().for_each(&mut *change);
    });
    for step in &mut finding.steps {
        let frames = step.stack.iter_mut().filter_map(|frame| frame.place.as_mut());
        frames.for_each(&mut *change);
        step.site.iter_mut().chain(&mut step.through).for_each(&mut *change);
        let held = held(step).into_iter().filter_map(|held| held.site.as_mut());
        held.for_each(&mut *change);
    }
}

/// Hands every lock to `change`; one that occurs several times, each time.
pub(crate) fn each_lock(finding: &mut Finding, change: &mut dyn FnMut(&mut Lock)) {
    for step in &mut finding.steps {
        if let Blocks::QueuesBefore(lock) = &mut step.blocks {
            change(lock);
        }
        if let Some(Wanted::Lock(lock, _)) = &mut step.wants {
            change(lock);
        }
        held(step).into_iter().for_each(|held| change(&mut held.lock));
    }
    if let Some(Reason::Gate(lock) | Reason::ReadersOnly(lock) | Reason::Permits(lock, _)) =
        &mut finding.excluded
    {
        change(lock);
    }
}

/// Hands every place in a schedule to `change`.
pub(crate) fn each_in_schedule(witness: &mut Witness, change: &mut dyn FnMut(&mut Place)) {
    each_lock_in_schedule(witness, &mut |lock| {
        if let Class::Made(place) | Class::FirstTaken(place) = &mut lock.class {
            change(place);
        }
        lock.made_for.iter_mut().for_each(&mut *change);
    });
    witness.moves.iter_mut().filter_map(|step| step.site.as_mut()).for_each(change);
}

/// Hands every lock in a schedule to `change`; one that occurs several times, each time.
pub(crate) fn each_lock_in_schedule(witness: &mut Witness, change: &mut dyn FnMut(&mut Lock)) {
    for step in &mut witness.moves {
        if let Act::Takes(lock, _) | Act::GivesBack(lock) | Act::Wants(Wanted::Lock(lock, _)) =
            &mut step.act
        {
            change(lock);
        }
    }
}

/// Moves what `thread` waits for at the end of a schedule to where the cycle says that it does.
pub(crate) fn move_wait(witness: &mut Witness, thread: &Thread, site: &Place) {
    let waits = |act: &Act| matches!(act, Act::Wants(_));
    for step in witness.moves.iter_mut().filter(|step| waits(&step.act)) {
        if step.thread.id == thread.id {
            step.site = Some(site.clone());
        }
    }
}

fn held(step: &mut Step) -> Vec<&mut Held> {
    let blocks = match &mut step.blocks {
        Blocks::Holds(held) | Blocks::LeftBehind(held) => Some(held),
        _ => None,
    };
    blocks.into_iter().chain(&mut step.also_holds).collect()
}
