//! The small phrases that headlines, conditions and labels in the source are made of.

use super::misuse;
use super::scene::{Scene, guard, held, holds, of_permit};
use super::signal;
use super::spell::Spelling;
use crate::finding::{Act, Blocks, Class, Held, Kind, Lock, Place, Step, Wanted};
use crate::id::{LockKind, Mode};

/// " for writing" and the like: how a lock is taken, where that is not plain from its kind.
pub(super) fn how(lock: &Lock, mode: Mode) -> &'static str {
    match (lock.kind, mode) {
        (LockKind::RwLock, Mode::Exclusive) => " for writing",
        // With a semaphore the mode says whether a permit is all there is.
        (LockKind::Semaphore, _) | (_, Mode::Exclusive) => "",
        (_, Mode::Shared) => " for reading",
        (_, Mode::SharedRecursive) => " for recursive reading",
        (_, Mode::Upgradable) => " for upgradable reading",
    }
}

/// "for `audit`", "to read `cache`": what a thread waits for.
pub(super) fn goal(scene: &Scene<'_>, wanted: &Wanted) -> String {
    goal_of(&scene.spell, wanted)
}

/// What a thread waits for, after "waits": "for `audit`", "to read `cache`".
pub fn goal_of(spell: &Spelling, wanted: &Wanted) -> String {
    match wanted {
        Wanted::Lock(lock, mode) => {
            let (verb, name) = (verb(lock, *mode), of_permit(lock, spell.lock(lock)));
            if verb.is_empty() { format!("for {name}") } else { format!("to {verb} {name}") }
        }
        Wanted::End(thread) => format!("for the end of {}", spell.thread(thread)),
        Wanted::Signal(signal, object) => {
            let object = object.as_ref().map(|object| spell.lock(object));
            format!("for {}", signal::spelled(*signal, object.as_deref()))
        }
    }
}

/// What one does with a reader-writer lock.
fn verb(lock: &Lock, mode: Mode) -> &'static str {
    match (lock.kind, mode) {
        (LockKind::RwLock, Mode::Exclusive) => "write",
        (LockKind::Semaphore, _) | (_, Mode::Exclusive) => "",
        (_, Mode::Shared | Mode::SharedRecursive) => "read",
        (_, Mode::Upgradable) => "read (upgradable)",
    }
}

/// "waits for `audit`", or "wants `audit`" of what only could happen.
fn wish(scene: &Scene<'_>, wanted: &Wanted) -> String {
    let goal = goal(scene, wanted);
    match wanted {
        Wanted::Lock(..) if !scene.is_actual() => {
            format!("wants {}", goal.strip_prefix("for ").unwrap_or(&goal))
        }
        _ => format!("waits {goal}"),
    }
}

/// What a step is, as the title of its part of the report.
pub(crate) fn title(scene: &Scene<'_>, step: &Step) -> String {
    if let Some(title) = misuse::title(scene, step) {
        return title;
    }
    let who = scene.thread(step);
    match (has(scene, step), wants(scene, step)) {
        (Some(has), Some(wants)) => {
            let and = if has.starts_with("could") { "but" } else { "and" };
            format!("{who} {has} {and} {wants}")
        }
        (Some(only), None) | (None, Some(only)) => format!("{who} {only}"),
        (None, None) => who,
    }
}

/// What the thread of a step has that is in the way: "holds `audit`".
pub(super) fn has(scene: &Scene<'_>, step: &Step) -> Option<String> {
    let holds = |lock: &Lock| match scene.finding.kind {
        Kind::LongHold => "held",
        _ => holds(lock),
    };
    match &step.blocks {
        Blocks::Holds(held) if held.lock.kind == LockKind::Once => {
            Some(format!("runs the initialiser of {}", scene.spell.lock_in_full(&held.lock)))
        }
        Blocks::Holds(held) => Some(format!("{} {}", holds(&held.lock), held_lock(scene, held))),
        Blocks::LeftBehind(held) => {
            Some(format!("is gone, or leaked its guard, and left {} taken", held_lock(scene, held)))
        }
        Blocks::CannotServe(_, object) if scene.finding.kind == Kind::LostNotification => {
            Some(format!("notifies {}", signal::object(scene, object.as_ref())))
        }
        Blocks::CannotServe(signal, object) => {
            Some(format!("could {}", signal::deed(scene, *signal, object.as_ref())))
        }
        _ => None,
    }
}

/// What a writer has that waits before readers.
pub(super) fn queues(scene: &Scene<'_>, lock: &Lock) -> String {
    format!("keeps its place in the queue of {}", scene.lock(lock))
}

/// What the thread of a step waits for: "waits for `audit`".
pub(super) fn wants(scene: &Scene<'_>, step: &Step) -> Option<String> {
    step.wants.as_ref().map(|wanted| wish(scene, wanted))
}

fn held_lock(scene: &Scene<'_>, held: &Held) -> String {
    let lock = of_permit(&held.lock, scene.spell.lock_in_full(&held.lock));
    format!("{lock}{}", how(&held.lock, held.mode))
}

/// The label of the place where the lock that is in the way was taken.
pub(crate) fn held_here(scene: &Scene<'_>, step: &Step) -> Option<String> {
    let held = held(step)?;
    let lock = scene.taken(&held.lock);
    let guard = guard(&held.lock);
    let has_happened = scene.is_actual() || scene.finding.kind.is_misuse();
    let verb = if has_happened { "was" } else { "is" };
    Some(if held.lock.kind == LockKind::Once {
        format!("the initialiser of {lock} {verb} begun here")
    } else if is_one_line(held.site.as_ref(), step.site.as_ref()) {
        // Most often a temporary, which nobody sees living on to the end of the statement.
        match &held.lock.class {
            Class::Named(_) => {
                format!("the {guard} of {} made here still lives", scene.lock(&held.lock))
            }
            _ => format!("the {guard} made here still lives"),
        }
    } else {
        format!("{lock} {verb} taken{} here", how(&held.lock, held.mode))
    })
}

/// The label of the place where the next one is wanted.
pub(crate) fn wanted_here(scene: &Scene<'_>, step: &Step) -> Option<String> {
    if scene.finding.kind.is_misuse() {
        return misuse::done_here(scene, step);
    }
    if scene.finding.kind == Kind::LostNotification && step.wants.is_none() {
        return Some("notifies here, and nobody does so later".into());
    }
    let wanted = step.wants.as_ref()?;
    Some(if scene.is_actual() {
        format!("is stuck here, waiting {}", goal(scene, wanted))
    } else {
        format!("{} here", wish(scene, wanted))
    })
}

/// What a thread does in a step of a schedule: "takes `audit`".
pub(crate) fn act(scene: &Scene<'_>, act: &Act) -> String {
    let lock = |lock: &Lock| scene.taken(lock);
    let thread = |thread| short_name(&scene.spell.thread(thread));
    match act {
        Act::Takes(it, _) if it.kind == LockKind::Once => format!("begins to set up {}", lock(it)),
        Act::GivesBack(it) if it.kind == LockKind::Once => format!("has set up {}", lock(it)),
        Act::Takes(it, mode) => format!("takes {}{}", lock(it), how(it, *mode)),
        Act::GivesBack(it) => format!("gives back {}", lock(it)),
        Act::Begins(it) => format!("begins {}", thread(it)),
        Act::Joins(it) => format!("has joined {}", thread(it)),
        Act::Tells(number) => format!("gives signal {number}"),
        Act::Hears(number) => format!("gets signal {number}"),
        Act::Wants(Wanted::End(it)) => format!("waits for the end of {}", thread(it)),
        Act::Wants(wanted) => format!("waits {}", goal(scene, wanted)),
    }
}

/// "`worker`" for "thread `worker`", where it is plain that it is a thread.
fn short_name(thread: &str) -> String {
    let name = thread.strip_prefix("thread ").filter(|name| name.starts_with('`'));
    name.unwrap_or(thread).to_string()
}

/// Two places that differ in nothing but the column.
pub(super) fn is_one_line(first: Option<&Place>, second: Option<&Place>) -> bool {
    first.zip(second).is_some_and(|(first, second)| {
        (&first.file, first.line) == (&second.file, second.line)
            && first.column != second.column
            && first.line != 0
    })
}
