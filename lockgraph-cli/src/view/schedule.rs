//! The schedule of a finding, move by move.

use std::collections::HashMap;

use lockgraph::explain::{SCHEDULE, Spelling, moves};
use lockgraph::finding::{self, Act, Finding, Lock};
use serde::Serialize;

use super::columns::object;
use super::place::Place;

#[derive(Serialize)]
pub(super) struct Schedule {
    threads: Vec<String>,
    moves: Vec<Move>,
    changed_reads: u64,
    summary: String,
}

#[derive(Serialize)]
struct Move {
    thread: usize,
    act: &'static str,
    text: String,
    lock: Option<String>,
    place: Option<Place>,
}

/// The schedule, if the finding has one.
pub(super) fn schedule(finding: &Finding) -> Option<Schedule> {
    let witness = finding.witness.as_ref()?;
    let spell = Spelling::of(finding);
    let threads = witness.threads();
    let columns: HashMap<u32, usize> =
        threads.iter().enumerate().map(|(at, thread)| (thread.id, at)).collect();
    let one = |(it, text): (&finding::Move, String)| Move {
        thread: columns.get(&it.thread.id).copied().unwrap_or_default(),
        act: name(&it.act),
        text,
        lock: lock(&it.act).map(|lock| spell.label(lock)),
        place: it.site.as_ref().map(Place::of),
    };
    Some(Schedule {
        threads: threads.iter().map(|thread| spell.thread(thread)).collect(),
        moves: witness.moves.iter().zip(moves(finding)).map(one).collect(),
        changed_reads: witness.changed_reads,
        summary: SCHEDULE.to_string(),
    })
}

fn name(act: &Act) -> &'static str {
    match act {
        Act::Takes(..) => "takes",
        Act::GivesBack(_) => "gives back",
        Act::Begins(_) => "begins",
        Act::Joins(_) => "joins",
        Act::Tells(_) => "tells",
        Act::Hears(_) => "hears",
        Act::Wants(_) => "wants",
    }
}

fn lock(act: &Act) -> Option<&Lock> {
    match act {
        Act::Takes(lock, _) | Act::GivesBack(lock) => Some(lock),
        Act::Wants(wanted) => object(wanted),
        Act::Begins(_) | Act::Joins(_) | Act::Tells(_) | Act::Hears(_) => None,
    }
}
