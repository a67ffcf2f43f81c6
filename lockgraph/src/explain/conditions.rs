//! What in the program makes each of the four conditions true.

use super::ConditionName;
use super::phrase::{goal, how, queues};
use super::scene::{Scene, Wait, held, sentences, series, wanted_lock};
use super::{repeated_timeout, signal};
use crate::finding::{Blocks, Class, Held, Kind, Step, Wanted};
use crate::id::{LockKind, Mode};

pub(super) fn because(scene: &Scene<'_>, condition: ConditionName) -> Vec<String> {
    match condition {
        ConditionName::MutualExclusion => mutual_exclusion(scene),
        ConditionName::HoldAndWait => hold_and_wait(scene),
        ConditionName::NoPreemption => vec![no_preemption(scene)],
        ConditionName::CircularWait => circular_wait(scene),
    }
}

fn mutual_exclusion(scene: &Scene<'_>) -> Vec<String> {
    sentences(scene.waits().iter().map(|wait| exclusion(scene, wait)).collect())
}

fn exclusion(scene: &Scene<'_>, wait: &Wait<'_>) -> String {
    if let Some(sentence) = signal::exclusion(scene, wait) {
        return sentence;
    }
    let (waiter, blocker) = (scene.thread(wait.waiter), scene.thread(wait.blocker));
    match &wait.blocker.blocks {
        Blocks::QueuesBefore(lock) => format!(
            "readers of {} queue behind writers that wait, so the wish of {blocker} to write shuts \
             {waiter} out",
            scene.lock(lock)
        ),
        Blocks::Holds(held) | Blocks::LeftBehind(held) => holding(scene, wait, held),
        Blocks::Nobody => match wanted_lock(wait.waiter) {
            Some((lock, _)) => {
                format!("nobody else can take {} while it is taken", scene.lock(lock))
            }
            None => format!("{waiter} waits {}", goal(scene, wait.wanted)),
        },
        _ => format!("nobody but {blocker} can bring its end about"),
    }
}

fn holding(scene: &Scene<'_>, wait: &Wait<'_>, held: &Held) -> String {
    let (waiter, blocker) = (scene.thread(wait.waiter), scene.thread(wait.blocker));
    let lock = match &held.lock.class {
        Class::Named(_) => format!("{} ({})", scene.lock(&held.lock), a(held.lock.kind)),
        _ => scene.lock(&held.lock),
    };
    let is_own = wait.waiter.thread.id == wait.blocker.thread.id;
    match (held.lock.kind, wanted_lock(wait.waiter)) {
        (LockKind::Once, _) => {
            let once = scene.lock(&held.lock);
            format!("only one thread may initialise {once}, and {blocker} is at it")
        }
        (LockKind::RwLock, Some((_, mode))) => {
            let verb = if scene.is_actual() { "holds" } else { "takes" };
            let taken = how(&held.lock, held.mode);
            let out = if is_own { "the thread itself".to_string() } else { waiter };
            let wish = if mode == Mode::Exclusive { "writing" } else { "reading" };
            format!("{blocker} {verb} {lock}{taken}, which keeps {out} from {wish}")
        }
        (LockKind::Semaphore, _) if held.mode != Mode::Exclusive => {
            let verb = if scene.is_actual() { "has" } else { "takes" };
            format!(
                "{blocker} {verb} a permit of {lock}, and nobody can take one when none is left"
            )
        }
        (LockKind::Semaphore, _) => {
            format!("while {blocker} has the only permit of {lock}, nobody else can take one")
        }
        _ if is_own => format!("{lock} cannot be taken twice, not even by its holder"),
        _ => format!("while {blocker} has {lock}, nobody else can take it"),
    }
}

pub(super) fn a(kind: LockKind) -> &'static str {
    match kind {
        LockKind::Mutex => "a mutex",
        LockKind::RwLock => "an rwlock",
        LockKind::Reentrant => "a reentrant mutex",
        LockKind::Once => "a once-cell",
        LockKind::Condvar => "a condition variable",
        LockKind::Barrier => "a barrier",
        LockKind::Channel => "a channel",
        LockKind::Semaphore => "a semaphore",
        LockKind::Event => "an event",
        LockKind::Token => "its token of `unpark`",
        LockKind::Banker => "a banker",
    }
}

fn hold_and_wait(scene: &Scene<'_>) -> Vec<String> {
    let steps = scene.finding.steps.iter();
    sentences(steps.filter_map(|step| keeping(scene, step)).collect())
}

fn keeping(scene: &Scene<'_>, step: &Step) -> Option<String> {
    let who = scene.thread(step);
    let wants = step.wants.as_ref().map(|it| format!("{}{}", goal(scene, it), scene.at(step)));
    Some(match (&step.blocks, wants) {
        (Blocks::Holds(held), Some(wants)) if held.lock.kind == LockKind::Once => format!(
            "{who} is in the initialiser of {}, begun{}, while it waits {wants}",
            scene.lock(&held.lock),
            scene.at_site(held.site.as_ref())
        ),
        (Blocks::Holds(Held { lock, site: None, .. }), Some(wants)) => {
            format!("{who} keeps {} while it waits {wants}", scene.taken(lock))
        }
        (Blocks::Holds(held), Some(wants)) => format!(
            "{who} keeps {}, taken{}, while it waits {wants}",
            scene.taken(&held.lock),
            scene.at_site(held.site.as_ref())
        ),
        (Blocks::LeftBehind(held), _) => format!(
            "{who} took {}{} and never gave it back",
            scene.taken(&held.lock),
            scene.at_site(held.site.as_ref())
        ),
        (Blocks::QueuesBefore(lock), Some(_)) => {
            format!("{who} {}{}", queues(scene, lock), scene.at(step))
        }
        (_, Some(wants)) => format!("{who} does not go on while it waits {wants}"),
        (_, None) => return None,
    })
}

fn no_preemption(scene: &Scene<'_>) -> String {
    if scene.finding.kind == Kind::RepeatedTimeout {
        return repeated_timeout::no_preemption(scene);
    }
    let waits = scene.waits();
    let mut sites: Vec<String> = Vec::new();
    for site in waits.iter().filter_map(|wait| wait.waiter.site.as_ref()) {
        let site = scene.spell.place(site);
        if sites.last() != Some(&site) {
            sites.push(site);
        }
    }
    let sites = if sites.is_empty() { String::new() } else { format!(" at {}", series(sites)) };
    let waits_for_end = waits.iter().all(|wait| matches!(wait.wanted, Wanted::End(_)));
    let for_signals = waits.iter().all(|wait| matches!(wait.wanted, Wanted::Signal(..)));
    let guards = if for_signals {
        "nobody can end such a wait but by doing what is waited for"
    } else if waits_for_end {
        "nobody can end a thread from outside"
    } else {
        "only the thread that has a guard can drop it"
    };
    let waits = if waits.len() == 1 { "the wait" } else { "the waits" };
    let has = if waits == "the wait" { "has" } else { "have" };
    format!("{guards}, and {waits}{sites} {has} no time limit")
}

fn circular_wait(scene: &Scene<'_>) -> Vec<String> {
    let steps = &scene.finding.steps;
    if let Some(gone) = steps.iter().find(|step| matches!(step.blocks, Blocks::LeftBehind(_))) {
        let gone = scene.thread(gone);
        return vec![format!("the waiting ends at {gone}, which will not act any more")];
    }
    if scene.finding.kind == Kind::LostNotification {
        return signal::came_before(scene);
    }
    if scene.finding.steps.iter().any(|step| step.blocks == Blocks::Nobody) {
        return sentences(signal::nobody_left(scene));
    }
    let waits = scene.waits();
    if let [only] = waits.as_slice() {
        return vec![format!("{} waits for itself", scene.thread(only.waiter))];
    }
    let has_happened = scene.is_actual() || scene.finding.kind == Kind::RepeatedTimeout;
    let verb = if has_happened { "waits" } else { "can wait" };
    let links = waits.iter().map(|wait| {
        let (waiter, blocker) = (scene.thread(wait.waiter), scene.thread(wait.blocker));
        match held(wait.blocker) {
            Some(held) => {
                format!("{waiter} {verb} for {blocker} to {}", scene.drop(&held.lock))
            }
            None => match &wait.blocker.blocks {
                Blocks::CannotServe(signal, object) => {
                    let deed = signal::deed(scene, *signal, object.as_ref());
                    format!("{waiter} {verb} for {blocker} to {deed}")
                }
                _ => format!("{waiter} {verb} for {blocker} to go on"),
            },
        }
    });
    sentences(links.collect())
}
