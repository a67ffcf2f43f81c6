//! Primitives that are used wrongly: no wait, and so none of the four conditions.

use super::WayOut;
use super::scene::{Scene, guard, held};
use super::way_out::{circular_wait, hold_and_wait};
use crate::finding::{Blocks, Kind, Lock, Step, Wanted};

pub(super) fn headline(scene: &Scene<'_>) -> String {
    let steps = &scene.finding.steps;
    let first = steps.first();
    let object = first.and_then(object).map(|lock| scene.spell.lock_in_full(lock));
    let (Some(first), Some(object)) = (first, object) else {
        return "a primitive is used wrongly".into();
    };
    let who = scene.thread(first);
    match scene.finding.kind {
        Kind::CondvarWithTwoMutexes => {
            let mutexes: Vec<String> =
                steps.iter().filter_map(held).map(|held| scene.lock(&held.lock)).collect();
            format!("{object} is waited for with two mutexes, {}", mutexes.join(" and "))
        }
        Kind::SemaphoreOverRelease => {
            format!("{who} gives {object} more permits than it began with")
        }
        Kind::ThreadEndedHolding => format!("{who} ended and left {object} taken"),
        _ => format!("{object} is destroyed while {who} still has it"),
    }
}

/// What it is about.
fn object(step: &Step) -> Option<&Lock> {
    match (&step.wants, &step.blocks) {
        (Some(Wanted::Signal(_, object)), _) | (_, Blocks::CannotServe(_, object)) => {
            object.as_ref()
        }
        _ => held(step).map(|held| &held.lock),
    }
}

/// What a step is. `None` for what is no misuse.
pub(super) fn title(scene: &Scene<'_>, step: &Step) -> Option<String> {
    let (who, object) = (scene.thread(step), object(step)?);
    let object = scene.spell.lock_in_full(object);
    Some(match scene.finding.kind {
        Kind::CondvarWithTwoMutexes => {
            let mutex = scene.spell.lock_in_full(&held(step)?.lock);
            format!("{who} waits for {object} with {mutex}")
        }
        Kind::SemaphoreOverRelease => format!("{who} releases {object} once too often"),
        Kind::ThreadEndedHolding => format!("{who} ended without giving {object} back"),
        Kind::DestroyedWhileLocked => format!("{who} took {object} and leaked its guard"),
        _ => return None,
    })
}

/// The label of the place where it was done.
pub(super) fn done_here(scene: &Scene<'_>, step: &Step) -> Option<String> {
    match scene.finding.kind {
        Kind::CondvarWithTwoMutexes => {
            Some(format!("waits here, with {}", scene.lock(&held(step)?.lock)))
        }
        Kind::SemaphoreOverRelease => Some("gives permits here that nobody has taken".into()),
        _ => None,
    }
}

pub(super) fn way_out(scene: &Scene<'_>) -> Option<WayOut> {
    let step = scene.finding.steps.first()?;
    let name = scene.lock(object(step)?);
    Some(match scene.finding.kind {
        Kind::CondvarWithTwoMutexes => circular_wait(
            format!("wait for {name} with one mutex, the one that guards what it tells of"),
            vec!["use a condition variable of its own for each mutex".to_string()],
        ),
        Kind::SemaphoreOverRelease => circular_wait(
            format!(
                "let the guard of a permit give it back, and call `release`{} only for \
                     permits that were forgotten",
                scene.at(step)
            ),
            vec![format!("make {name} with `Semaphore::new`, if it is to have more permits")],
        ),
        _ => {
            let taken = scene.at_site(held(step).and_then(|held| held.site.as_ref()));
            let guard = guard(object(step)?);
            let advice = format!(
                "let the {guard} of {name}{taken} be dropped: look for `mem::forget`, \
                 `ManuallyDrop`, `Box::leak` and cycles of `Rc` that it ends up in"
            );
            hold_and_wait(advice, &[])
        }
    })
}

/// Why the verdict is what it is. `None` for what is no misuse.
pub(super) fn why(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::CondvarWithTwoMutexes => {
            "it happened: both threads waited at the same time. Some implementations panic then; \
             with the others, what one mutex guards is looked at without it"
        }
        Kind::SemaphoreOverRelease => {
            "it happened; the release had no effect, so the semaphore goes on as it was"
        }
        Kind::ThreadEndedHolding => {
            "the thread is gone, so nobody will ever give the lock back; not `actual`, for nobody \
             waited for it"
        }
        Kind::DestroyedWhileLocked => {
            "nobody can wait for the lock any more, but what was to be done at the end of its guard \
             never was; not `actual`, for it may be meant so"
        }
        _ => return None,
    })
}
