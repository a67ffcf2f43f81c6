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
    each_lock(finding, &mut |lock| of_lock(lock, change));
    for step in &mut finding.steps {
        let frames = step.stack.iter_mut().filter_map(|frame| frame.place.as_mut());
        frames.for_each(&mut *change);
        step.site.iter_mut().chain(&mut step.through).for_each(&mut *change);
        let held = held(step).into_iter().filter_map(|held| held.site.as_mut());
        held.for_each(&mut *change);
    }
}

/// Hands the places of a lock's class to `change`.
pub(crate) fn of_lock(lock: &mut Lock, change: &mut dyn FnMut(&mut Place)) {
    if let Class::Made(place) | Class::FirstTaken(place) = &mut lock.class {
        change(place);
    }
    lock.made_for.iter_mut().for_each(change);
}

/// Hands every lock to `change`; one that occurs several times, each time.
pub(crate) fn each_lock(finding: &mut Finding, change: &mut dyn FnMut(&mut Lock)) {
    for step in &mut finding.steps {
        if let Blocks::QueuesBefore(lock) | Blocks::CannotServe(_, Some(lock)) = &mut step.blocks {
            change(lock);
        }
        step.wants.iter_mut().filter_map(wanted).for_each(&mut *change);
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
    each_lock_in_schedule(witness, &mut |lock| of_lock(lock, change));
    witness.moves.iter_mut().filter_map(|step| step.site.as_mut()).for_each(change);
}

/// Hands every lock in a schedule to `change`; one that occurs several times, each time.
pub(crate) fn each_lock_in_schedule(witness: &mut Witness, change: &mut dyn FnMut(&mut Lock)) {
    for step in &mut witness.moves {
        match &mut step.act {
            Act::Takes(lock, _) | Act::GivesBack(lock) => change(lock),
            Act::Wants(what) => wanted(what).into_iter().for_each(&mut *change),
            Act::Begins(_) | Act::Joins(_) | Act::Tells(_) | Act::Hears(_) => {}
        }
    }
}

/// The lock, or what else in its place, that is waited for.
pub(crate) fn wanted(wanted: &mut Wanted) -> Option<&mut Lock> {
    match wanted {
        Wanted::Lock(lock, _) => Some(lock),
        Wanted::Signal(_, object) => object.as_mut(),
        Wanted::End(_) => None,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staged;

    #[test]
    fn no_lock_of_a_cycle_is_passed_over() {
        for mut finding in staged::every_shape() {
            let count = finding.locks().len();
            each_lock(&mut finding, &mut |lock| lock.id += 100);
            let locks = finding.locks();
            assert_eq!(locks.len(), count);
            assert!(locks.iter().all(|lock| lock.id >= 100), "{finding:?}");
        }
    }

    #[test]
    fn what_is_waited_for_in_a_schedule_is_changed_too() {
        let mut witness = staged::proved().witness.expect("a schedule");
        let signal = Wanted::Signal(lockgraph::id::Signal::Message, Some(staged::lock(4)));
        let last = witness.moves.last_mut().expect("a move");
        last.act = Act::Wants(signal);
        each_lock_in_schedule(&mut witness, &mut |lock| lock.id += 100);
        let last = &witness.moves.last().expect("a move").act;
        assert!(matches!(last, Act::Wants(Wanted::Signal(_, Some(lock))) if lock.id == 104));
    }
}
