//! Why a verdict is not higher or lower.

use super::conditions::a;
use super::scene::{Scene, sentences};
use super::{against, long_hold, misuse, repeated_timeout};
use crate::finding::{Blocks, Kind, Reason, Verdict, Wanted};

pub(super) fn why(scene: &Scene<'_>) -> String {
    let kind = scene.finding.kind;
    if let Some(why) = misuse::why(kind).or_else(|| against::why(kind)) {
        return why.into();
    }
    match (scene.finding.verdict, &scene.finding.excluded) {
        (Verdict::Actual, _) => actual(scene),
        (Verdict::Stalled, _) => stalled(scene),
        (Verdict::Proved, _) => proved(),
        (Verdict::Feasible, _) => feasible(scene),
        (Verdict::Possible, _) => possible(scene),
        (Verdict::Excluded, Some(reason)) => excluded(scene, reason),
        (Verdict::Excluded, None) => "it cannot deadlock; the reason was not recorded".into(),
    }
}

fn actual(scene: &Scene<'_>) -> String {
    let happened = happened(scene);
    // Of a notification that came too early the headline tells.
    let others = scene.finding.strangers.iter().filter(|_| scene.finding.kind != Kind::NeverWoken);
    let victim = others
        .map(|one| format!("; {} {}", scene.spell.thread(&one.thread), super::visible(&one.does)));
    victim.fold(happened, |text, victim| text + &victim)
}

fn happened(scene: &Scene<'_>) -> String {
    let left = scene.finding.steps.iter().any(|s| matches!(s.blocks, Blocks::LeftBehind(_)));
    if left {
        return "it happened: whoever took the lock is gone, so nobody will ever release it".into();
    }
    let by_all = scene.finding.kind == Kind::NeverWoken
        || scene.finding.steps.iter().any(|step| matches!(step.wants, Some(Wanted::Signal(..))));
    if by_all {
        return "it happened: every thread of the process was blocked without a time limit, so \
                nobody was left to end a wait"
            .into();
    }
    if scene.finding.steps.len() == 1 {
        return "it happened: the thread was blocked, and only that thread could have freed it"
            .into();
    }
    "it happened: each of these threads was blocked, and only another of them could have freed it"
        .into()
}

fn stalled(scene: &Scene<'_>) -> String {
    let others = scene
        .finding
        .strangers
        .iter()
        .map(|stranger| format!("{} {}", scene.spell.thread(&stranger.thread), stranger.does));
    let others = sentences(others.collect()).join(", ");
    let others = if others.is_empty() { "nobody else is known".to_string() } else { others };
    format!(
        "these waits have no time limit, and nobody is seen to end them; not `actual`, for it is not \
         known what the other threads will do: {others}"
    )
}

fn proved() -> String {
    "the schedule above is made of steps that were seen, every read that was recorded sees in it \
     what it saw, and at its end these threads wait for each other; not `actual`, for it was not \
     seen to happen"
        .into()
}

fn feasible(scene: &Scene<'_>) -> String {
    let changed = scene.finding.witness.as_ref().map_or(0, |witness| witness.changed_reads);
    let condition = match changed {
        0 => "what the threads read was not recorded, so they might go another way".to_string(),
        1 => "one read in it sees something else than it did, so its thread might go another way"
            .to_string(),
        more => format!(
            "{more} reads in it see something else than they did, so their threads might go \
             another way"
        ),
    };
    format!(
        "the schedule above is made of steps that were seen, and at its end these threads wait for \
         each other; not `proved`, for {condition}"
    )
}

/// What was looked at and did not clear the cycle, and what is missing for more.
fn possible(scene: &Scene<'_>) -> String {
    if scene.finding.kind == Kind::LongHold {
        return long_hold::VERDICT.into();
    }
    if scene.finding.kind == Kind::RepeatedTimeout {
        return repeated_timeout::verdict(scene);
    }
    if scene.finding.steps.len() < 2 {
        return "this was seen to be possible, but did not happen in this run".into();
    }
    if !scene.finding.runs.is_empty() {
        return "each step was seen, but no run had them all; not `feasible`, for nobody knows \
                whether the locks would be the same ones, and whether the threads can meet"
            .into();
    }
    // Only where every step was recorded are combinations counted, and schedules looked for.
    if scene.finding.instances > 0 {
        return "each step was seen, on different threads, with no lock that keeps them apart and no \
                spawn, join or message that puts one after the other; not `feasible`, for of the \
                steps that were seen no order was found that leads there"
            .into();
    }
    let rests_on = match scene.finding.kind {
        Kind::WaitWhileHolding => Some(
            "the wait was seen, and every thread that could have ended it took the lock before it \
             did, in this run",
        ),
        Kind::LostNotification => Some(
            "the wait was seen, and so was the one notification that ended it, which did not need \
             the wait to have begun; nor did the thread look at anything, before it waited, that \
             would have told it",
        ),
        Kind::JoinWhileHolding => Some(
            "the join was seen, and the thread took the lock in its life, where nothing says that \
             this is over before the join begins",
        ),
        _ => None,
    };
    if let Some(rests_on) = rests_on {
        return format!("{rests_on}; not `actual`, for nobody was seen waiting for ever");
    }
    "each step was seen, on different threads, with no lock that keeps them apart and no spawn, \
     join or message that puts one after the other; not `actual`, for that takes threads that were seen \
     waiting for each other"
        .into()
}

fn excluded(scene: &Scene<'_>, reason: &Reason) -> String {
    let spell = &scene.spell;
    match reason {
        Reason::OneThread(thread) => format!(
            "too much of it was done by {} alone, and a thread does not meet itself; it needs a \
             second thread running the same code",
            spell.thread(thread)
        ),
        Reason::Gate(lock) => format!(
            "{} is held around more than one of the steps, so only one thread at a time is in",
            spell.lock(lock)
        ),
        Reason::SpawnJoin(first, second) => format!(
            "spawn and join put the step of {} before that of {}, so they never meet",
            spell.thread(first),
            spell.thread(second)
        ),
        Reason::Message(first, second, by) => format!(
            "what {} does here is over when {} hears of it through {}, and only then does that one \
             begin its step, so they never meet",
            spell.thread(first),
            spell.thread(second),
            by.map_or_else(|| "a signal".to_string(), |by| a(by).to_string())
        ),
        Reason::ReadersOnly(lock) => format!(
            "{} is only read in these steps, and readers do not shut each other out",
            spell.lock(lock)
        ),
        Reason::Permits(lock, permits) => format!(
            "{} has {permits} permits, and more of these steps hold one, so they are never all in at the \
             same time",
            spell.lock(lock)
        ),
    }
}
