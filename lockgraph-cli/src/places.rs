//! Every place and every lock in a finding, to be changed.

use lockgraph::finding::{Blocks, Class, Finding, Held, Lock, Place, Reason, Step, Wanted};

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
    if let Some(Reason::Gate(lock) | Reason::ReadersOnly(lock)) = &mut finding.excluded {
        change(lock);
    }
}

fn held(step: &mut Step) -> Vec<&mut Held> {
    let blocks = match &mut step.blocks {
        Blocks::Holds(held) | Blocks::LeftBehind(held) => Some(held),
        _ => None,
    };
    blocks.into_iter().chain(&mut step.also_holds).collect()
}
