//! Schedules as JSON.

use lockgraph::finding::{self, Act, Wanted};
use serde::Serialize;

use super::json_finding::{Lock, Place, Thread, lock, mode_name, place, thread};

#[derive(Serialize)]
pub(super) struct Witness<'a> {
    threads: Vec<Thread<'a>>,
    moves: Vec<Move<'a>>,
    changed_reads: u64,
}

#[derive(Serialize)]
struct Move<'a> {
    thread: Thread<'a>,
    act: &'static str,
    lock: Option<Lock<'a>>,
    mode: Option<&'static str>,
    whom: Option<Thread<'a>>,
    signal: Option<u64>,
    awaits: Option<&'static str>,
    site: Option<Place<'a>>,
}

pub(super) fn witness(witness: &finding::Witness) -> Witness<'_> {
    Witness {
        threads: witness.threads().into_iter().map(thread).collect(),
        moves: witness.moves.iter().map(step).collect(),
        changed_reads: witness.changed_reads,
    }
}

fn step(step: &finding::Move) -> Move<'_> {
    let act = |act| Move {
        thread: thread(&step.thread),
        act,
        lock: None,
        mode: None,
        whom: None,
        signal: None,
        awaits: None,
        site: step.site.as_ref().map(place),
    };
    match &step.act {
        Act::Takes(it, mode) => {
            Move { lock: Some(lock(it)), mode: Some(mode_name(*mode)), ..act("takes") }
        }
        Act::GivesBack(it) => Move { lock: Some(lock(it)), ..act("gives back") },
        Act::Begins(it) => Move { whom: Some(thread(it)), ..act("begins") },
        Act::Joins(it) => Move { whom: Some(thread(it)), ..act("joins") },
        Act::Tells(number) => Move { signal: Some(*number), ..act("tells") },
        Act::Hears(number) => Move { signal: Some(*number), ..act("hears") },
        Act::Wants(Wanted::Lock(it, mode)) => {
            Move { lock: Some(lock(it)), mode: Some(mode_name(*mode)), ..act("wants") }
        }
        Act::Wants(Wanted::End(it)) => Move { whom: Some(thread(it)), ..act("wants") },
        Act::Wants(Wanted::Signal(signal, object)) => {
            Move { lock: object.as_ref().map(lock), awaits: Some(signal.name()), ..act("wants") }
        }
    }
}
