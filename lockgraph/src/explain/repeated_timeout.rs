//! A lock that was not had within its time limit, over and over: by threads that are in each other's
//! way, which is a deadlock but for the limits, or behind somebody who keeps it.

use super::WayOut;
use super::phrase::goal;
use super::scene::{Scene, held, holds, series, wanted_lock};
use super::way_out::{hold_and_wait, in_one_order, orphan};
use crate::finding::{Blocks, Finding, Held, Kind, Step};

/// Whether the threads go round in a circle, which only the limits break.
pub(super) fn is_circle(finding: &Finding) -> bool {
    let starts = finding.steps.first().is_some_and(|step| step.blocks != Blocks::Nobody);
    finding.kind == Kind::RepeatedTimeout && starts
}

/// What a row that is counted by its place says of a thread that waits there.
const WAITS_WHERE: &str = "waits where ";

/// "waits where 10 waits in a row timed out, in 523 ms": of whatever threads.
pub(crate) fn row(count: u32, nanos: u64) -> String {
    match count {
        1 => format!("{WAITS_WHERE}one wait timed out"),
        _ => format!("{WAITS_WHERE}{count} waits in a row timed out, in {}", super::time(nanos)),
    }
}

/// "10 waits in a row timed out at pool.rs:4:12, in 523 ms", of the place where the step waits.
fn timed_out(scene: &Scene<'_>, step: &Step) -> Option<String> {
    let strangers = &scene.finding.strangers;
    let own = strangers.iter().find(|stranger| stranger.thread.id == step.thread.id)?;
    let row = own.does.strip_prefix(WAITS_WHERE)?;
    let (count, time) = row.split_at(row.find(',').unwrap_or(row.len()));
    Some(format!("{}{}{}", super::visible(count), scene.at(step), super::visible(time)))
}

/// "10 waits in a row timed out at pool.rs:4:12, in 523 ms, for `jobs`, which thread `worker` holds".
pub(super) fn headline(scene: &Scene<'_>) -> String {
    let steps = &scene.finding.steps;
    let Some((step, (lock, _))) = steps.first().and_then(|step| Some((step, wanted_lock(step)?)))
    else {
        return "a lock was not had in time, over and over".into();
    };
    let timed_out = timed_out(scene, step);
    let timed_out =
        timed_out.unwrap_or_else(|| format!("waits timed out over and over{}", scene.at(step)));
    if !is_circle(scene.finding) {
        return format!("{timed_out}, for {}{}", scene.taken(lock), behind(scene));
    }
    if steps.len() == 1 {
        let (lock, holds) = (scene.taken(lock), holds(lock));
        let who = scene.thread(step);
        return format!("{timed_out}, for {lock}, which {who} {holds} while it waits");
    }
    let who = steps.iter().map(|step| scene.thread(step).replacen("thread ", "", 1));
    let other = if steps.len() == 2 { "other one wants" } else { "next one wants, in a circle" };
    format!(
        "threads {} each hold what the {other}, and only time limits part them: {timed_out}",
        series(who.collect())
    )
}

/// ", which thread `worker` holds"; or who queues before it, if that is all that is known.
fn behind(scene: &Scene<'_>) -> String {
    if let Some((step, held)) = holder(scene) {
        let verb = match step.blocks {
            Blocks::LeftBehind(_) => "left taken",
            _ => holds(&held.lock),
        };
        return format!(", which {} {verb}", scene.thread(step));
    }
    match scene.finding.steps.get(1) {
        Some(step) if matches!(step.blocks, Blocks::QueuesBefore(_)) => {
            format!(", behind {}, which waits to write it", scene.thread(step))
        }
        _ => String::new(),
    }
}

/// Who holds what the first one waits for: there may be some that queue in between.
fn holder<'a>(scene: &Scene<'a>) -> Option<(&'a Step, &'a Held)> {
    let mut others = scene.finding.steps.iter().skip(1);
    let step = others.find(|step| !matches!(step.blocks, Blocks::QueuesBefore(_)))?;
    Some((step, held(step)?))
}

pub(super) fn way_out(scene: &Scene<'_>) -> Option<WayOut> {
    let steps = &scene.finding.steps;
    if is_circle(scene.finding) {
        let way_out = in_one_order(scene)?;
        let alternatives = vec![
            "take them at once: `lockgraph::acquire`".to_string(),
            "give back all that is held when the time is over, and begin again after a pause that \
             differs from thread to thread: `lockgraph::retry`"
                .to_string(),
        ];
        return Some(WayOut { alternatives, ..way_out });
    }
    let Some((holder, held)) = holder(scene) else {
        let at = scene.at(steps.first()?);
        let advice = format!("wait without a time limit{at}, to be told who is in the way");
        let alternative = "wait for longer, if whoever holds it is slow and no more".to_string();
        return Some(hold_and_wait(advice, &[alternative]));
    };
    let (who, lock) = (scene.thread(holder), scene.taken(&held.lock));
    let taken = scene.at_site(held.site.as_ref());
    if matches!(holder.blocks, Blocks::LeftBehind(_)) {
        return orphan(scene);
    }
    let advice = match &holder.wants {
        Some(wanted) => format!(
            "have {who} give back {lock}, taken{taken}, before it waits {}{}",
            goal(scene, wanted),
            scene.at(holder)
        ),
        None => format!("look at what {who} does while it holds {lock}, taken{taken}"),
    };
    let alternative = "wait for longer, if that is only slow".to_string();
    Some(hold_and_wait(advice, &[alternative]))
}

pub(super) fn no_preemption(scene: &Scene<'_>) -> String {
    let limited = scene.finding.steps.iter().filter(|step| timed_out(scene, step).is_some());
    let mut sites: Vec<String> = Vec::new();
    for site in limited.filter_map(|step| step.site.as_ref()) {
        let site = scene.spell.place(site);
        if !sites.contains(&site) {
            sites.push(site);
        }
    }
    let sites = if sites.is_empty() { String::new() } else { format!(" at {}", series(sites)) };
    format!(
        "only the thread that has a guard can drop it, and the time limits{sites} end the circle no \
         longer than until all begin again"
    )
}

pub(super) fn verdict(scene: &Scene<'_>) -> String {
    let others = scene.finding.steps.iter().skip(1);
    let others = others.filter_map(|step| Some(format!("; {}", timed_out(scene, step)?)));
    let others: String = others.collect();
    let happened = match is_circle(scene.finding) {
        true => {
            "it happened: each was seen to wait while it held what another one wanted, which without \
             the time limits is a deadlock; not `actual`, for the limits end these waits"
        }
        false => {
            "it happened, and nobody had the lock in time here in between; not `actual`, for the \
             limits end these waits"
        }
    };
    format!("{happened}{others}")
}

#[cfg(test)]
mod tests {
    use super::super::explain;
    use super::super::staged::{finding, held, holds, mutex, place, step, thread};
    use super::super::staged_kinds::repeated_timeout;
    use super::*;
    use crate::finding::{Lock, Stranger, Verdict, Wanted};
    use crate::id::{LockKind, Mode, Signal};

    const X: Mode = Mode::Exclusive;

    fn poller(blocks: Blocks) -> Step {
        step(thread(1, "poller"), blocks, &mutex(1, "jobs"), X, "src/pool.rs:4:12")
    }

    fn holder(blocks: Blocks, wants: Option<Wanted>) -> Step {
        let site = wants.as_ref().map(|_| place("src/pool.rs:10:9"));
        let who = thread(2, "worker");
        Step { wants, site, ..step(who, blocks, &mutex(1, "jobs"), X, "src/pool.rs:4:12") }
    }

    fn found(steps: Vec<Step>) -> Finding {
        let does = row(10, 523_000_000);
        let strangers = vec![Stranger { thread: thread(1, "poller"), does }];
        let finding = finding(Kind::RepeatedTimeout, Verdict::Possible, steps);
        Finding { strangers, ..finding }
    }

    #[test]
    fn what_is_said_depends_on_who_is_in_the_way() {
        let has = || holds(&mutex(1, "jobs"), X, "src/pool.rs:9:10");
        let left = Blocks::LeftBehind(held(&mutex(1, "jobs"), X, "src/pool.rs:9:10"));
        let inbox = Lock { kind: LockKind::Channel, ..mutex(3, "inbox") };
        let message = Some(Wanted::Signal(Signal::Message, Some(inbox)));
        let poller = || poller(Blocks::Nobody);
        let own = Step { blocks: has(), ..poller() };
        for (steps, headline, advice) in [
            (
                vec![poller()],
                "for `jobs`",
                "wait without a time limit at pool.rs:4:12, to be told who is in the way",
            ),
            (
                vec![poller(), holder(has(), None)],
                "for `jobs`, which thread `worker` holds",
                "look at what thread `worker` does while it holds `jobs`, taken at pool.rs:9:10",
            ),
            (
                vec![poller(), holder(has(), message)],
                "for `jobs`, which thread `worker` holds",
                "have thread `worker` give back `jobs`, taken at pool.rs:9:10, before it waits for a \
                 message in `inbox` at pool.rs:10:9",
            ),
            (
                vec![poller(), holder(left, None)],
                "for `jobs`, which thread `worker` left taken",
                "let thread `worker` drop the guard of `jobs` at pool.rs:9:10 before it ends: a guard \
                 given to `mem::forget`, leaked or kept in a cycle of `Rc` never gives the lock back",
            ),
            (
                vec![own],
                "for `jobs`, which thread `poller` holds while it waits",
                "drop the guard of `jobs` made at pool.rs:9:10 before taking it again at \
                 pool.rs:4:12",
            ),
        ] {
            let explained = explain(&found(steps));
            let begin = "10 waits in a row timed out at pool.rs:4:12, in 523 ms, ";
            assert_eq!(explained.headline, format!("{begin}{headline}"));
            assert_eq!(explained.way_out.advice, advice);
            let is_circle = headline.ends_with("while it waits");
            assert_eq!(explained.conditions.len(), if is_circle { 4 } else { 0 }, "{headline}");
        }
    }

    #[test]
    fn who_queues_in_between_is_told_only_if_nobody_is_known_to_hold_it() {
        let table = Lock { kind: LockKind::RwLock, ..mutex(1, "table") };
        let at = "src/pool.rs:4:12";
        let reader = || step(thread(1, "poller"), Blocks::Nobody, &table, Mode::Shared, at);
        let queues = Blocks::QueuesBefore(table.clone());
        let writer = || step(thread(3, "writer"), queues.clone(), &table, X, "src/pool.rs:7:9");
        let holder = || Step {
            wants: None,
            ..step(thread(2, "worker"), holds(&table, X, at), &table, X, at)
        };
        for (steps, end) in [
            (
                vec![reader(), writer()],
                "for `table`, behind thread `writer`, which waits to write it",
            ),
            (vec![reader(), writer(), holder()], "for `table`, which thread `worker` holds"),
        ] {
            let headline = explain(&found(steps)).headline;
            assert!(headline.ends_with(end), "{headline}");
        }
    }

    #[test]
    fn it_is_known_by_its_place_whoever_is_seen_behind_it() {
        let has = || holds(&mutex(1, "jobs"), X, "src/pool.rs:9:10");
        let message = Some(Wanted::Signal(Signal::Message, None));
        let first = || poller(Blocks::Nobody);
        let alone = found(vec![first()]);
        for line in [vec![first(), holder(has(), None)], vec![first(), holder(has(), message)]] {
            let line = found(line);
            assert_eq!(line.fingerprint(), alone.fingerprint());
            assert_eq!(line.circle(), alone.circle());
        }
        let other = Step { site: Some(place("src/pool.rs:5:12")), ..first() };
        assert_ne!(found(vec![other]).fingerprint(), alone.fingerprint());
        let circle = repeated_timeout();
        let half = Finding { steps: circle.steps[..1].to_vec(), ..circle.clone() };
        assert_ne!(half.fingerprint(), circle.fingerprint(), "a circle is all its steps");
    }

    #[test]
    fn the_other_side_of_a_circle_is_told_too() {
        let explained = explain(&repeated_timeout());
        let end = "; 9 waits in a row timed out at transfer.rs:10:34, in 498 ms";
        assert!(explained.verdict.ends_with(end), "{}", explained.verdict);
        assert!(explained.headline.contains("only time limits part them"));
    }
}
