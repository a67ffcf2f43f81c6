//! Waits for what another thread has to do: to notify, to send, to arrive.

use super::WayOut;
use super::phrase::goal;
use super::scene::{Scene, Wait, held, holds, series};
use super::spell::Spelling;
use super::way_out::{circular_wait, drop_first, hold_and_wait};
use crate::finding::{Blocks, Kind, Lock, Step, Wanted};
use crate::id::Signal;

/// What a thread waits for that waits for `signal`: "a message in `jobs`", where `object` is spelled
/// "`jobs`".
pub fn spelled(signal: Signal, object: Option<&str>) -> String {
    let object = object.unwrap_or("something");
    match signal {
        Signal::Notify => format!("a notification of {object}"),
        Signal::Message => format!("a message in {object}"),
        Signal::Space => format!("room in {object}"),
        Signal::Arrival => format!("the others at {object}"),
        Signal::Permits => format!("permits of {object}"),
        Signal::Set => format!("{object} to be set"),
        Signal::Unpark => "`unpark`".to_string(),
        Signal::Units => format!("units of {}", banker(object)),
    }
}

/// "the banker `pool`", "the banker made at bank.rs:12:9".
fn banker(object: &str) -> String {
    if object.starts_with('`') { format!("the banker {object}") } else { object.to_string() }
}

pub(super) fn object(scene: &Scene<'_>, object: Option<&Lock>) -> String {
    object.map_or_else(|| "something".to_string(), |object| scene.lock(object))
}

/// What somebody would have to do: "send to `jobs`".
pub(super) fn deed(scene: &Scene<'_>, signal: Signal, object: Option<&Lock>) -> String {
    deed_for(&scene.spell, signal, object)
}

/// What has to be done for a thread that waits for `signal`: "send to `jobs`".
pub fn deed_for(spell: &Spelling, signal: Signal, object: Option<&Lock>) -> String {
    let object = object.map_or_else(|| "something".to_string(), |object| spell.lock(object));
    match signal {
        Signal::Notify => format!("notify {object}"),
        Signal::Message => format!("send to {object}"),
        Signal::Space => format!("receive from {object}"),
        Signal::Arrival => format!("come to {object}"),
        Signal::Permits => format!("give permits of {object} back"),
        Signal::Set => format!("set {object}"),
        Signal::Unpark => "unpark it".to_string(),
        Signal::Units => format!("give units of {} back", banker(&object)),
    }
}

/// Why only others can end a wait of this sort.
pub(super) fn exclusion(scene: &Scene<'_>, wait: &Wait<'_>) -> Option<String> {
    let Wanted::Signal(signal, object) = wait.wanted else { return None };
    let (waiter, deed) = (scene.thread(wait.waiter), deed(scene, *signal, object.as_ref()));
    Some(match &wait.blocker.blocks {
        Blocks::CannotServe(..) => {
            let blocker = scene.thread(wait.blocker);
            format!("{waiter} needs somebody to {deed}, as {blocker} could")
        }
        _ => format!("{waiter} needs somebody to {deed}"),
    })
}

/// The headline of waits that nobody is left to end.
pub(super) fn standstill(scene: &Scene<'_>) -> String {
    let waiting = scene.finding.steps.iter().filter(|step| step.wants.is_some());
    let waiting: Vec<&Step> = waiting.collect();
    let seems =
        if scene.finding.kind == Kind::Stall { ", it seems for ever," } else { " for ever" };
    match waiting.as_slice() {
        [] => "a thread waits for what nobody is left to do".into(),
        [only] => {
            let (who, goal) = (scene.thread(only), goal_of(scene, only));
            let holder = scene.finding.steps.iter().find(|step| step.wants.is_none());
            let why = match holder {
                Some(holder) => {
                    let holds = held(holder).map_or("holds", |held| holds(&held.lock));
                    format!("which {} {holds}", scene.thread(holder))
                }
                None => "and nobody is left to end that".to_string(),
            };
            format!("{who} waits{seems} {goal}, {why}")
        }
        several => {
            let names = several.iter().map(|s| scene.thread(s).replacen("thread ", "", 1));
            let names = series(names.collect());
            format!("threads {names} wait{seems} and nobody is left to go on")
        }
    }
}

/// What to do where a thread waits for a lock whose holder waits for something that is not seen.
pub(super) fn look_at_the_holder(scene: &Scene<'_>) -> Option<WayOut> {
    let holder = scene.finding.steps.iter().find(|step| step.wants.is_none())?;
    let held = held(holder)?;
    let (who, lock) = (scene.thread(holder), scene.taken(&held.lock));
    let (holds, taken) = (holds(&held.lock), scene.at_site(held.site.as_ref()));
    let advice = format!("look at what {who} waits for while it {holds} {lock}, taken{taken}");
    Some(hold_and_wait(advice, &[]))
}

fn goal_of(scene: &Scene<'_>, step: &Step) -> String {
    step.wants.as_ref().map_or_else(|| "for nothing".into(), |wanted| goal(scene, wanted))
}

/// The lines of a circle that is none: everybody waits, and the waiting ends nowhere.
pub(super) fn nobody_left(scene: &Scene<'_>) -> Vec<String> {
    let waits = scene.finding.steps.iter().filter_map(|step| {
        let wanted = step.wants.as_ref()?;
        Some(match wanted {
            Wanted::Signal(signal, object) => format!(
                "{} waits for somebody to {}, and everybody waits",
                scene.thread(step),
                deed(scene, *signal, object.as_ref())
            ),
            _ => format!("{} waits {}", scene.thread(step), goal(scene, wanted)),
        })
    });
    let early = scene.finding.strangers.iter().filter(|_| scene.finding.kind == Kind::NeverWoken);
    let early = early.map(|stranger| {
        format!("{} {}", scene.spell.thread(&stranger.thread), super::visible(&stranger.does))
    });
    waits.chain(early).collect()
}

/// The headline of a wait under a lock.
pub(super) fn wait_while_holding(scene: &Scene<'_>) -> String {
    let waits = scene.waits();
    let found = waits.iter().find_map(|wait| Some((wait, held(wait.waiter)?)));
    match found {
        Some((wait, held)) => format!(
            "{} could wait {} for ever: it {} {}, which {} needs first",
            scene.thread(wait.waiter),
            goal(scene, wait.wanted),
            holds(&held.lock),
            scene.taken(&held.lock),
            scene.thread(wait.blocker),
        ),
        None => "a thread could wait for ever for what needs a lock that it holds".into(),
    }
}

/// Who waits for a notification that may be lost, and who gives it.
fn lost<'a>(scene: &Scene<'a>) -> Option<(&'a Step, &'a Wanted, &'a Step)> {
    let (waiter, notifier) = scene.finding.steps.first().zip(scene.finding.steps.get(1))?;
    Some((waiter, waiter.wants.as_ref()?, notifier))
}

/// The headline of a notification that may be lost.
pub(super) fn lost_notification(scene: &Scene<'_>) -> String {
    match lost(scene) {
        Some((waiter, wanted, notifier)) => format!(
            "{} could wait {} for ever: the one that {} gives may come before the wait",
            scene.thread(waiter),
            goal(scene, wanted),
            scene.thread(notifier),
        ),
        None => "a notification may come before the wait that it is to end".into(),
    }
}

/// The line of a circle that is none: what is waited for has come before.
pub(super) fn came_before(scene: &Scene<'_>) -> Vec<String> {
    let Some((waiter, wanted, notifier)) = lost(scene) else { return Vec::new() };
    let (who, by, at) = (scene.thread(waiter), scene.thread(notifier), scene.at(notifier));
    vec![format!(
        "{who} can begin to wait {} after {by} has notified{at}, and nobody does so again",
        goal(scene, wanted)
    )]
}

/// What to do where a notification may be lost.
pub(super) fn look_first(scene: &Scene<'_>) -> Option<WayOut> {
    let (waiter, _, notifier) = lost(scene)?;
    let advice = format!(
        "check the condition under the mutex before you wait{}, in a loop or with `wait_while`, and \
         change it under that mutex before you notify{}",
        scene.at(waiter),
        scene.at(notifier)
    );
    let remembers = "use what remembers that it was told: a channel, a semaphore or an `Event`";
    Some(circular_wait(advice, vec![remembers.to_string()]))
}

/// Who has sent waits for the end of those that wait for more.
pub(super) fn forgotten_sender(scene: &Scene<'_>) -> Option<WayOut> {
    let sends = |step: &&Step| matches!(step.blocks, Blocks::CannotServe(Signal::Message, _));
    let step = scene.finding.steps.iter().find(sends)?;
    let Blocks::CannotServe(_, Some(channel)) = &step.blocks else { return None };
    matches!(step.wants, Some(Wanted::End(_))).then(|| {
        let advice = format!(
            "drop the senders of {} that {} still has before it waits{}, so that the wait for a \
             message ends with the last of them",
            scene.lock(channel),
            scene.thread(step),
            scene.at(step)
        );
        hold_and_wait(advice, &[])
    })
}

/// What to do where somebody waits for another thread to do something.
pub(super) fn way_out(scene: &Scene<'_>) -> Option<WayOut> {
    let waiting = |step: &&Step| matches!(step.wants, Some(Wanted::Signal(..)));
    let mut steps = scene.finding.steps.iter().filter(waiting);
    let step = steps.clone().find(|step| held(step).is_some()).or_else(|| steps.next())?;
    let Some(Wanted::Signal(signal, object)) = &step.wants else { return None };
    if let Some(held) = held(step) {
        let advice = drop_first(scene, held, "waiting", step.site.as_ref());
        return Some(hold_and_wait(advice, &alternatives(scene, step, *signal)));
    }
    let deed = deed(scene, *signal, object.as_ref());
    let advice = match signal {
        Signal::Notify => format!(
            "wait in a loop{}, for as long as what is waited for has not come, and {deed} on every \
             path after it has",
            scene.at(step)
        ),
        Signal::Message => format!(
            "drop every sender that is not used any more, so that the wait{} ends with the last of \
             them",
            scene.at(step)
        ),
        _ => format!("have somebody {deed} on every path, panics and early returns too"),
    };
    Some(circular_wait(advice, alternatives(scene, step, *signal)))
}

fn alternatives(scene: &Scene<'_>, step: &Step, signal: Signal) -> Vec<String> {
    let timed = timed(signal).map(|timed| format!("use {timed}{}", scene.at(step)));
    timed.into_iter().collect()
}

/// The methods that wait for a time only.
fn timed(signal: Signal) -> Option<&'static str> {
    Some(match signal {
        Signal::Notify | Signal::Set => "`wait_timeout`",
        Signal::Message => "`recv_timeout`",
        Signal::Space => "`try_send`",
        Signal::Arrival => return None,
        Signal::Permits => "`acquire_timeout`",
        Signal::Unpark => "`park_timeout`",
        Signal::Units => "`request_timeout`",
    })
}
