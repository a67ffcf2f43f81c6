//! What to do about a finding: the condition that is easiest to break, and how.

use super::misuse;
use super::phrase::{how, is_one_line};
use super::scene::{Scene, held, series, wanted_lock};
use super::{ConditionName, WayOut, against, long_hold, repeated_timeout, signal};
use crate::finding::{Blocks, Class, Held, Kind, Lock, Place, Step, Wanted};
use crate::id::{LockKind, Mode};

pub(super) fn way_out(scene: &Scene<'_>) -> WayOut {
    let found = match scene.finding.kind {
        Kind::SelfDeadlock => self_wait(scene),
        Kind::ReadRecursion => read_again(scene),
        Kind::LockUpgrade => upgrade(scene),
        Kind::OrphanedLock | Kind::ThreadEndedHolding => orphan(scene),
        Kind::CondvarWithTwoMutexes | Kind::SemaphoreOverRelease | Kind::DestroyedWhileLocked => {
            misuse::way_out(scene)
        }
        Kind::NeverWoken | Kind::Stall => signal::way_out(scene)
            .or_else(|| signal::look_at_the_holder(scene))
            .or_else(|| join(scene)),
        Kind::WaitWhileHolding => signal::way_out(scene),
        Kind::LostNotification => signal::look_first(scene),
        Kind::JoinWhileHolding => join(scene),
        Kind::OnceWhileHolding => initialiser(scene),
        Kind::LongHold => long_hold::way_out(scene),
        Kind::RepeatedTimeout => repeated_timeout::way_out(scene),
        Kind::RankViolation | Kind::NewEdge => against::way_out(scene),
        Kind::Deadlock | Kind::LockOrderCycle => signal::forgotten_sender(scene)
            .or_else(|| join(scene))
            .or_else(|| signal::way_out(scene))
            .or_else(|| initialiser(scene))
            .or_else(|| same_code(scene))
            .or_else(|| one_order(scene))
            .or_else(|| read_again(scene)),
    };
    found.unwrap_or_else(|| hold_and_wait("give back what is held before waiting".into(), &[]))
}

pub(super) fn hold_and_wait(advice: String, alternatives: &[String]) -> WayOut {
    WayOut { breaks: ConditionName::HoldAndWait, advice, alternatives: alternatives.to_vec() }
}

pub(super) fn circular_wait(advice: String, alternatives: Vec<String>) -> WayOut {
    WayOut { breaks: ConditionName::CircularWait, advice, alternatives }
}

/// "drop the guard of `a` made at x before y".
pub(super) fn drop_first(
    scene: &Scene<'_>,
    held: &Held,
    then: &str,
    site: Option<&Place>,
) -> String {
    let made = scene.at_site(held.site.as_ref());
    let verb = if held.lock.kind == LockKind::Semaphore { "taken" } else { "made" };
    let made = if made.is_empty() { made } else { format!(" {verb}{made}") };
    let place = site.map_or_else(String::new, |site| format!(" at {}", scene.spell.place(site)));
    // Where the guard was made says enough of a lock that has no name.
    let lock = match &held.lock.class {
        Class::Named(_) => format!(" of {}", scene.lock(&held.lock)),
        _ if made.is_empty() => format!(" of {}", scene.lock(&held.lock)),
        _ => String::new(),
    };
    let mut advice = format!("{}{lock}{made} before {then}{place}", drop_guard(&held.lock));
    if is_one_line(held.site.as_ref(), site) {
        advice.push_str(": a temporary lives to the end of its statement");
    }
    advice
}

/// "drop the guard", "give back the permit".
fn drop_guard(lock: &Lock) -> &'static str {
    if lock.kind == LockKind::Semaphore { "give back the permit" } else { "drop the guard" }
}

fn self_wait(scene: &Scene<'_>) -> Option<WayOut> {
    let step = scene.finding.steps.first()?;
    let Some((wanted, _)) = wanted_lock(step) else {
        let who = scene.thread(step);
        let advice = format!("join {who}{} from another thread", scene.at(step));
        return Some(circular_wait(advice, Vec::new()));
    };
    let held = held(step)?;
    let lock = scene.lock(wanted);
    if wanted.kind == LockKind::Once {
        let advice = format!("do not use {lock}{} in its own initialiser", scene.at(step));
        return Some(circular_wait(advice, Vec::new()));
    }
    let advice = drop_first(scene, held, "taking it again", step.site.as_ref());
    let pass = format!("pass the guard to the code{}", scene.at(step));
    let reentrant = "use a reentrant mutex, if the value may be seen half changed".to_string();
    Some(hold_and_wait(advice, &[pass, reentrant]))
}

fn read_again(scene: &Scene<'_>) -> Option<WayOut> {
    let behind = scene.waits().into_iter().find(|wait| {
        matches!(wait.blocker.blocks, Blocks::QueuesBefore(_)) && held(wait.waiter).is_some()
    });
    let reader = behind.map(|wait| wait.waiter)?;
    let held = held(reader)?;
    let advice = drop_first(scene, held, "reading", reader.site.as_ref());
    let pass = format!("hand the guard on to the code{}", scene.at(reader));
    let overtake = format!(
        "use `read_recursive()`{} (parking_lot), which overtakes writers that wait",
        scene.at(reader)
    );
    Some(hold_and_wait(advice, &[pass, overtake]))
}

fn upgrade(scene: &Scene<'_>) -> Option<WayOut> {
    let upgrading = |step: &&Step| {
        let same = held(step).zip(wanted_lock(step));
        same.is_some_and(|(held, (lock, mode))| held.lock.id == lock.id && mode == Mode::Exclusive)
    };
    let step = scene.finding.steps.iter().find(upgrading)?;
    let held = held(step)?;
    let advice = drop_first(scene, held, "writing", step.site.as_ref());
    let again = "and look again at what was read, for another writer may have come in between";
    let advice = format!("{advice}, {again}");
    let alternative = if held.mode == Mode::Upgradable {
        format!("let nobody who reads {} wait for this thread", scene.lock(&held.lock))
    } else {
        format!(
            "take {} with `upgradable_read()`{} (parking_lot) and upgrade that guard",
            scene.lock(&held.lock),
            scene.at_site(held.site.as_ref())
        )
    };
    Some(hold_and_wait(advice, &[alternative, "write from the start".to_string()]))
}

pub(super) fn orphan(scene: &Scene<'_>) -> Option<WayOut> {
    let gone = scene.finding.steps.iter().find(|s| matches!(s.blocks, Blocks::LeftBehind(_)))?;
    let held = held(gone)?;
    let (lock, who) = (scene.lock(&held.lock), scene.thread(gone));
    let (guard, it) = match held.lock.kind {
        LockKind::Semaphore => ("permit", "permit"),
        _ => ("guard", "lock"),
    };
    let advice = format!(
        "let {who} drop the {guard} of {lock}{} before it ends: a {guard} given to `mem::forget`, \
         leaked or kept in a cycle of `Rc` never gives the {it} back",
        scene.at_site(held.site.as_ref())
    );
    Some(hold_and_wait(advice, &[]))
}

/// Somebody waits for the end of a thread that needs a lock.
fn join(scene: &Scene<'_>) -> Option<WayOut> {
    let waits = scene.waits();
    if waits.iter().all(|wait| matches!(wait.wanted, Wanted::End(_))) {
        let last = waits.last()?.waiter;
        let advice =
            format!("let {} end without joining the other{}", scene.thread(last), scene.at(last));
        return Some(circular_wait(advice, Vec::new()));
    }
    let joining = waits
        .iter()
        .find(|wait| matches!(wait.wanted, Wanted::End(_)) && held(wait.waiter).is_some());
    let waiter = joining?.waiter;
    let advice = drop_first(scene, held(waiter)?, "the join", waiter.site.as_ref());
    Some(hold_and_wait(advice, &[]))
}

/// A lock is taken in an initialiser, and the initialiser is waited for under that lock.
fn initialiser(scene: &Scene<'_>) -> Option<WayOut> {
    let outside = scene.waits().into_iter().find(|wait| {
        let waits = wanted_lock(wait.waiter).is_some_and(|(lock, _)| lock.kind == LockKind::Once);
        waits && held(wait.waiter).is_some_and(|held| held.lock.kind != LockKind::Once)
    });
    let step = outside?.waiter;
    let ((once, _), held) = wanted_lock(step).zip(held(step))?;
    let (once, lock) = (scene.lock(once), scene.lock(&held.lock));
    let advice = format!(
        "initialise {once} before taking {lock}{}, for instance at the start of the program",
        scene.at_site(held.site.as_ref())
    );
    let alternative = format!("take no lock in the initialiser of {once}");
    Some(circular_wait(advice, vec![alternative]))
}

/// What to do about threads that want what the next one has, whoever waits how.
pub(super) fn in_one_order(scene: &Scene<'_>) -> Option<WayOut> {
    same_code(scene)
        .or_else(|| one_order(scene))
        .or_else(|| read_again(scene))
        .or_else(|| self_wait(scene))
}

/// Two steps by the same code: the order depends on what it was called with.
fn same_code(scene: &Scene<'_>) -> Option<WayOut> {
    let steps = &scene.finding.steps;
    let sites = |step: &'_ Step| Some((held(step)?.site.clone()?, step.site.clone()?));
    let first = sites(steps.first()?)?;
    if steps.len() < 2 || steps.iter().any(|step| sites(step).as_ref() != Some(&first)) {
        return None;
    }
    let (taken, wanted) = (scene.spell.place(&first.0), scene.spell.place(&first.1));
    let advice = format!(
        "put the locks in an order that does not depend on the caller before {taken} takes the \
         first: by a key of what they guard, or by address"
    );
    let polite = wanted_lock(steps.first()?).map_or(TRY_LOCK, |(lock, mode)| polite(lock, mode));
    let alternative = format!("use {polite} at {wanted}, and on failure drop both and begin again");
    Some(circular_wait(advice, vec![alternative]))
}

/// One step goes against the order of the others: the last one.
fn one_order(scene: &Scene<'_>) -> Option<WayOut> {
    let steps = &scene.finding.steps;
    let (last, others) = steps.split_last()?;
    let example = others.first()?;
    let (late, (early, mode)) = held(last).zip(wanted_lock(last))?;
    if late.lock.id == early.id {
        return None;
    }
    let (late_lock, early_lock) = (scene.lock(&late.lock), scene.lock(early));
    let place = scene.at_site(taken_at(last));
    let as_there = match others.len() {
        1 => match taken_at(example) {
            Some(site) => format!(", as {} does", scene.spell.place(site)),
            None => format!(", as {} does", scene.thread(example)),
        },
        _ => format!(", so that the order is {} everywhere", order(scene)),
    };
    let advice =
        format!("take {early_lock}{} before {late_lock}{place}{as_there}", how(early, mode));
    let polite = format!(
        "use {}{}, and on failure {} of {late_lock} and begin again",
        polite(early, mode),
        scene.at(last),
        drop_guard(&late.lock)
    );
    Some(circular_wait(
        advice,
        vec![polite, drop_first(scene, late, "waiting", last.site.as_ref())],
    ))
}

const TRY_LOCK: &str = "`try_lock_for` (parking_lot) or `try_lock`";

/// The methods that take such a lock without waiting for ever.
fn polite(lock: &Lock, mode: Mode) -> &'static str {
    match (lock.kind, mode) {
        (LockKind::RwLock, Mode::Shared | Mode::SharedRecursive) => {
            "`try_read_for` (parking_lot) or `try_read`"
        }
        (LockKind::RwLock, Mode::Exclusive) => "`try_write_for` (parking_lot) or `try_write`",
        (LockKind::RwLock, Mode::Upgradable) => "`try_upgradable_read_for`",
        (LockKind::Semaphore, _) => "`acquire_timeout` or `try_acquire`",
        _ => TRY_LOCK,
    }
}

/// Where the program took what the step holds. If that is a line of a wrapper, its call of now is
/// as near as we know.
fn taken_at(step: &Step) -> Option<&Place> {
    let site = held(step)?.site.as_ref();
    if step.through.is_some() && step.through.as_ref() == site { step.site.as_ref() } else { site }
}

/// The order that all steps but the last one follow.
fn order(scene: &Scene<'_>) -> String {
    let locks = scene.finding.steps.iter().filter_map(|step| held(step));
    series(locks.map(|held| scene.lock(&held.lock)).collect()).replace(" and ", ", ")
}
