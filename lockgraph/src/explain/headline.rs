//! The headline: what a finding is, in one sentence.

use super::misuse;
use super::phrase::{goal, how};
use super::scene::{Scene, Wait, held, holds, series, wanted_lock};
use super::{against, long_hold, repeated_timeout, signal};
use crate::finding::{Blocks, Kind, Lock, Step, Verdict, Wanted};
use crate::id::LockKind;

pub(super) fn headline(scene: &Scene<'_>) -> String {
    let sentence = match scene.finding.kind {
        Kind::Deadlock | Kind::JoinWhileHolding => deadlock(scene),
        Kind::SelfDeadlock => self_deadlock(scene),
        Kind::ReadRecursion => read_recursion(scene),
        Kind::LockUpgrade => lock_upgrade(scene),
        Kind::OrphanedLock => orphaned_lock(scene),
        Kind::LockOrderCycle => lock_order_cycle(scene),
        Kind::WaitWhileHolding => signal::wait_while_holding(scene),
        Kind::LostNotification => signal::lost_notification(scene),
        Kind::OnceWhileHolding => once_while_holding(scene),
        Kind::NeverWoken | Kind::Stall => signal::standstill(scene),
        Kind::CondvarWithTwoMutexes
        | Kind::SemaphoreOverRelease
        | Kind::ThreadEndedHolding
        | Kind::DestroyedWhileLocked => misuse::headline(scene),
        Kind::LongHold => long_hold::headline(scene),
        Kind::RepeatedTimeout => repeated_timeout::headline(scene),
        Kind::RankViolation | Kind::NewEdge => against::headline(scene),
    };
    match (scene.finding.verdict, scene.finding.kind) {
        (Verdict::Excluded, _) => format!("{sentence}, but that cannot deadlock"),
        // Which is more than the order says, and is what the other kinds say anyway.
        (Verdict::Proved, Kind::LockOrderCycle) => format!("{sentence}, and that can deadlock"),
        _ => sentence,
    }
}

fn deadlock(scene: &Scene<'_>) -> String {
    let steps = &scene.finding.steps;
    let join = scene.waits().into_iter().find(|wait| matches!(wait.wanted, Wanted::End(_)));
    match (steps.as_slice(), join) {
        ([_, _], Some(Wait { waiter, blocker, .. })) => join_while_holding(scene, waiter, blocker),
        ([_, _], None) => {
            let verb = if scene.is_actual() { "wait" } else { "could wait" };
            format!("{} {verb} for each other for ever", everybody(scene))
        }
        _ => {
            let verb = if scene.is_actual() { "wait" } else { "could wait" };
            format!("{} threads {verb} for each other in a circle, for ever", steps.len())
        }
    }
}

fn once_while_holding(scene: &Scene<'_>) -> String {
    let waits = |step: &&Step| wanted_lock(step).is_some_and(|(l, _)| l.kind == LockKind::Once);
    let waiter = scene.finding.steps.iter().find(waits);
    match waiter.and_then(|step| Some((step, wanted_lock(step)?.0, held(step)?))) {
        Some((step, once, held)) => format!(
            "{} could wait for the initialiser of {} while it {} {}, which the initialiser takes",
            scene.thread(step),
            scene.lock(once),
            holds(&held.lock),
            scene.taken(&held.lock)
        ),
        None => lock_order_cycle(scene),
    }
}

fn join_while_holding(scene: &Scene<'_>, waiter: &Step, blocker: &Step) -> String {
    let needs = if scene.is_actual() { "waits for" } else { "takes" };
    let (who, other) = (scene.thread(waiter), scene.thread(blocker));
    let verb = if scene.is_actual() { "waits" } else { "could wait" };
    match wanted_lock(blocker) {
        Some((lock, _)) => format!(
            "{who} {verb} for the end of {other}, which {needs} {} that {who} {}",
            scene.taken(lock),
            holds(lock)
        ),
        None if blocker.wants.as_ref().is_some_and(|it| matches!(it, Wanted::End(_))) => {
            let verb = if scene.is_actual() { "wait" } else { "could wait" };
            format!("{who} and {other} {verb} for each other's end")
        }
        None => {
            let goal = blocker.wants.as_ref().map(|wanted| goal(scene, wanted));
            let goal = goal.map_or_else(String::new, |goal| format!(", which waits {goal}"));
            format!("{who} {verb} for the end of {other}{goal}")
        }
    }
}

fn self_deadlock(scene: &Scene<'_>) -> String {
    let Some(step) = scene.finding.steps.first() else { return "a thread waits for itself".into() };
    let who = scene.thread(step);
    let verb = if scene.is_actual() { "waits" } else { "could wait" };
    match wanted_lock(step) {
        Some((lock, _)) if lock.kind == LockKind::Once => {
            format!("{who} {verb} for {}, whose initialiser it is running", scene.lock(lock))
        }
        Some((lock, _)) => {
            format!("{who} {verb} for {}, which it {} itself", scene.taken(lock), holds(lock))
        }
        None => format!("{who} {verb} for its own end"),
    }
}

/// The first step that holds a lock in the way of another.
fn holder<'a>(scene: &Scene<'a>) -> Option<(&'a Step, &'a Lock)> {
    let steps = &scene.finding.steps;
    steps.iter().find_map(|step| held(step).map(|held| (step, &held.lock)))
}

fn read_recursion(scene: &Scene<'_>) -> String {
    let Some((reader, lock)) = holder(scene) else { return "a thread reads a lock twice".into() };
    let lock = scene.lock(lock);
    let is_writer = |step: &&Step| matches!(step.blocks, Blocks::QueuesBefore(_));
    let writer = scene.finding.steps.iter().find(is_writer);
    let writer = writer.map_or_else(|| "a writer".to_string(), |step| scene.thread(step));
    let reader = scene.thread(reader);
    if scene.is_actual() {
        format!("{reader} reads {lock} again behind {writer}, which waits for the first read")
    } else {
        format!("{reader} reads {lock} twice, and hangs if {writer} comes in between")
    }
}

fn lock_upgrade(scene: &Scene<'_>) -> String {
    let upgrade = scene.finding.steps.iter().find_map(|step| {
        let (lock, _) = wanted_lock(step)?;
        let held = held(step).filter(|held| held.lock.id == lock.id)?;
        Some((step, lock, how(&held.lock, held.mode)))
    });
    let Some((step, lock, as_what)) = upgrade else {
        return "a reader wants to write without giving up its read".into();
    };
    let verb = if scene.is_actual() { "waits" } else { "wants" };
    let lock = scene.lock(lock);
    format!("{} {verb} to write {lock} while it still holds it{as_what}", scene.thread(step))
}

fn orphaned_lock(scene: &Scene<'_>) -> String {
    let waiter = scene.waits().into_iter().find(|wait| held(wait.blocker).is_some());
    let verb = if scene.is_actual() { "waits" } else { "could wait" };
    match waiter.map(|wait| (wait, held(wait.blocker))) {
        Some((wait, Some(held))) => format!(
            "{} {verb} for {}, which {} took and will never give back",
            scene.thread(wait.waiter),
            scene.taken(&held.lock),
            scene.thread(wait.blocker),
        ),
        _ => "a thread waits for a lock that nobody will give back".into(),
    }
}

fn lock_order_cycle(scene: &Scene<'_>) -> String {
    let locks = scene.finding.locks();
    let spelled = locks.iter().map(|lock| scene.spell.lock_in_full(lock)).collect();
    match locks.len() {
        2 => format!("{} are taken in both orders", series(spelled)),
        0 | 1 => "threads could wait for each other for ever".into(),
        count => format!("{count} locks are taken in a circle: {}", series(spelled)),
    }
}

fn everybody(scene: &Scene<'_>) -> String {
    let steps = scene.finding.steps.iter();
    let names = steps.map(|step| scene.thread(step).replacen("thread ", "", 1)).collect();
    format!("threads {}", series(names))
}
