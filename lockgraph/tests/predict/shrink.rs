//! Makes a trace shorter while something about it stays true.

use lockgraph::event::{Event, Op};

use crate::oracle::Model;

/// The shortest trace that leaving things out leads to, one after the other, while `stays` is true
/// and the trace is still a run that can have been.
pub(crate) fn shrink(events: &[Event], stays: impl Fn(&[Event]) -> bool) -> Vec<Event> {
    let mut shortest = events.to_vec();
    let is_wanted = |events: &[Event]| Model::new(events).replay().is_ok() && stays(events);
    while let Some(shorter) = candidates(&shortest).into_iter().find(|one| is_wanted(one)) {
        shortest = shorter;
    }
    shortest
}

/// The same without a thread, the end, a critical section, or a step; the shortest first.
fn candidates(events: &[Event]) -> Vec<Vec<Event>> {
    let mut threads: Vec<_> = events.iter().map(|event| event.thread).collect();
    threads.sort_unstable();
    threads.dedup();
    let of_threads = threads.into_iter().map(|thread| {
        let is_about = |event: &&Event| {
            event.thread == thread || event.op == Op::Fork(thread) || event.op == Op::Join(thread)
        };
        events.iter().filter(|event| !is_about(event)).copied().collect()
    });
    let ends = (1..=3).map(|quarters| events[..events.len() * quarters / 4].to_vec());
    let parts = (0..events.len()).filter_map(|at| {
        let with_it = counterpart(events, at)?;
        let is_left = |number: &usize| *number != at && *number != with_it;
        Some((0..events.len()).filter(is_left).map(|number| events[number]).collect())
    });
    let shorter = of_threads.chain(ends).chain(parts);
    shorter.filter(|one: &Vec<Event>| one.len() < events.len()).collect()
}

/// What must be left out with an event: the release of an acquisition, or else only the event.
/// `None` for a release, which goes with its acquisition.
fn counterpart(events: &[Event], at: usize) -> Option<usize> {
    let Event { thread, op, .. } = events[at];
    let Op::Acquire(lock, ..) = op else {
        return (!matches!(op, Op::Release(_))).then_some(at);
    };
    let mut depth = 0;
    for (number, event) in events.iter().enumerate().skip(at) {
        match event.op {
            Op::Acquire(other, ..) if event.thread == thread && other == lock => depth += 1,
            Op::Release(other) if event.thread == thread && other == lock => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(number);
        }
    }
    Some(at)
}
