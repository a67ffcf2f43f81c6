//! Whether the schedules that the analysis gives can be taken, and where they lead.
//!
//! A whole schedule names what is done to locks and threads. What else the threads do in between
//! (reads, writes, signals) is not in it, so it is looked for: some order must fit.

use std::collections::HashSet;

use lockgraph::event::{Event, Op};
use lockgraph::predict::{Act, Move, Schedule};

use crate::analysis::{self, Found};
use crate::oracle::{Model, Pattern, State, Want};

/// Whether every pattern with a schedule has one that ends with it.
pub(crate) fn all_lead_there(events: &[Event], found: &Found) -> Result<(), String> {
    let model = Model::new(events);
    for (pattern, schedule) in &found.schedules {
        let keeps_reads = found.witnessed.contains(pattern);
        leads_there(&model, events, pattern, schedule, keeps_reads)
            .map_err(|what| format!("{what} in the schedule {schedule:?} of {pattern:?}"))?;
    }
    for (pattern, schedule) in found.schedules.iter().chain(&found.short) {
        if let Some(wrong) = out_of_time(schedule) {
            return Err(format!("{wrong:?} cannot be in the schedule {schedule:?} of {pattern:?}"));
        }
    }
    let has = |schedules: &[(Pattern, Schedule)], pattern: &Pattern| {
        schedules.iter().any(|(other, _)| other == pattern)
    };
    let without = found
        .feasible
        .iter()
        .find(|pattern| !has(&found.schedules, pattern) || !has(&found.short, pattern));
    without.map_or(Ok(()), |without| Err(format!("no schedule for {without:?}")))
}

/// What cannot be done at its place: heard before it was told, or done by a thread before it begins
/// or after its end.
fn out_of_time(schedule: &Schedule) -> Option<Move> {
    let (mut told, mut seen, mut ended) = (HashSet::new(), HashSet::new(), HashSet::new());
    let is_wrong = |step: &&Move| {
        let has_ended = ended.contains(&step.thread);
        seen.insert(step.thread);
        let is_early = match step.act {
            Act::Hears(token) => !told.contains(&token),
            Act::Begins(child) => !seen.insert(child),
            _ => false,
        };
        match step.act {
            Act::Tells(token) => _ = told.insert(token),
            Act::Joins(other) => _ = ended.insert(other),
            _ => {}
        }
        has_ended || is_early
    };
    schedule.moves.iter().find(is_wrong).copied()
}

/// Whether the threads can take these steps in this order, and then stand where the pattern says.
fn leads_there(
    model: &Model,
    events: &[Event],
    pattern: &Pattern,
    schedule: &Schedule,
    keeps_reads: bool,
) -> Result<(), String> {
    let is_want = |step: &&Move| matches!(step.act, Act::Wants(_));
    let (wants, steps): (Vec<&Move>, Vec<&Move>) = schedule.moves.iter().partition(is_want);
    are_wants(pattern, &wants)?;
    let is_told = |step: &&&Move| !matches!(step.act, Act::Tells(_) | Act::Hears(_));
    let steps: Vec<Move> = steps.iter().filter(is_told).map(|step| **step).collect();
    let goals = model.numbers(pattern);
    let mut seen = HashSet::new();
    let mut todo = vec![(State::default(), 0)];
    let mut furthest = 0;
    while let Some((state, at)) = todo.pop() {
        furthest = furthest.max(at);
        let is_there =
            |(thread, attempt): &(usize, usize)| model.attempt_at(state, *thread) == Some(*attempt);
        if at == steps.len() && goals.iter().all(is_there) {
            return Ok(());
        }
        for thread in (0..model.threads.len()).filter(|of| model.can_step(state, *of, keeps_reads))
        {
            let Some(event) = model.next_event(state, thread) else { continue };
            let told = act(model, events, event);
            let is_next = steps.get(at).is_some_and(|step| is_it(step, &events[event], told));
            // Of a thread that does nothing in the schedule.
            let is_silent = matches!(told, None | Some(Act::Begins(_)));
            if !is_next && !is_silent {
                continue;
            }
            let after = at + usize::from(is_next);
            let next = model.step(state, thread, keeps_reads);
            if seen.insert((next, after)) {
                todo.push((next, after));
            }
        }
    }
    Err(format!("nothing fits after {furthest} of {} steps", steps.len()))
}

/// What an event is in a schedule, unless it is not told there.
fn act(model: &Model, events: &[Event], event: usize) -> Option<Act> {
    match events[event].op {
        Op::Acquire(lock, mode, _) if model.begins_section(event) => Some(Act::Takes(lock, mode)),
        Op::Release(lock) if model.ends_section(event) => Some(Act::GivesBack(lock)),
        Op::Fork(child) => Some(Act::Begins(child)),
        Op::Join(other) => Some(Act::Joins(other)),
        _ => None,
    }
}

fn is_it(step: &Move, event: &Event, act: Option<Act>) -> bool {
    // Other places are not kept.
    let has_site = matches!(act, Some(Act::Takes(..)));
    step.thread == event.thread && Some(step.act) == act && (!has_site || step.site == event.site)
}

/// Whether these are what the pattern wants; who writes before who queues behind that.
fn are_wants(pattern: &Pattern, wants: &[&Move]) -> Result<(), String> {
    let told: Vec<(u32, Want)> = wants
        .iter()
        .filter_map(|step| match step.act {
            Act::Wants(want) => Some((step.thread.0, analysis::want(want))),
            _ => None,
        })
        .collect();
    let there: HashSet<(u32, Want)> =
        pattern.iter().map(|attempt| (attempt.thread, attempt.want)).collect();
    if told.len() != there.len() || told.iter().any(|one| !there.contains(one)) {
        return Err(format!("other wants at the end: {told:?}"));
    }
    let first_reader = told.iter().position(|(_, want)| want.is_queueing());
    let last_writer = told.iter().rposition(|(_, want)| want.is_writing());
    match (first_reader, last_writer) {
        (Some(reader), Some(writer)) if reader < writer => Err("a writer asks too late".into()),
        _ => Ok(()),
    }
}
