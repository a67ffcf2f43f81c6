//! Puts a schedule to the proof: it becomes a trace of its own, and that trace must deadlock.
//!
//! What searched for the schedule and what judges it here have nothing in common but the moves:
//! they are written as STD text, read again, looked through for what cannot be (a lock that two
//! threads have, a thread that runs before it begins), and the wait-for graph says what became of
//! it. Linear in the moves.

use std::collections::BTreeSet;

use super::{Options, check};
use crate::event::Op;
use crate::finding::{Act, Finding, Verdict, Wanted, Witness};
use crate::id::Mode;
use crate::trace::{self, Trace};

/// The deadlock that `witness` ends in.
///
/// Every thread of it is one that the witness says waits for ever, and waits for that. It may have
/// fewer of them, if they are already in a circle without the others, who then wait for those.
///
/// # Errors
///
/// What is wrong with the schedule, in a sentence without a full stop.
pub fn confirm(witness: &Witness) -> Result<Finding, String> {
    let mut text = Vec::new();
    trace::write_witness(&mut text, witness).map_err(|error| error.to_string())?;
    let trace = trace::read_bytes("schedule", &text).map_err(|error| error.to_string())?;
    if let Some(problem) = trace.problems.first() {
        return Err(problem.to_string());
    }
    let waits = waits(witness, &trace)?;
    let findings = check(&trace, &Options::default()).findings;
    let mut happened = findings.into_iter().filter(|finding| finding.verdict == Verdict::Actual);
    let is_it = |finding: &Finding| {
        let mut steps = finding.steps.iter();
        steps.all(|step| {
            let wait = step.wants.as_ref().and_then(|wanted| wait(step.thread.id, wanted));
            wait.is_some_and(|wait| waits.contains(&wait))
        })
    };
    happened.find(is_it).ok_or_else(|| "nobody waits for ever at its end".to_string())
}

/// Who waits for what: a lock in a mode, or the end of a thread.
type Wait = (u32, u64, Option<Mode>);

fn wait(thread: u32, wanted: &Wanted) -> Option<Wait> {
    match wanted {
        Wanted::Lock(lock, mode) => Some((thread, lock.id, Some(*mode))),
        Wanted::End(other) => Some((thread, other.id.into(), None)),
        Wanted::Signal(..) => None,
    }
}

/// The waits at the end of the schedule, with the numbers that threads and locks have in `trace`.
fn waits(witness: &Witness, trace: &Trace) -> Result<BTreeSet<Wait>, String> {
    if witness.moves.len() != trace.events.len() {
        return Err("it has a move that no trace can show".to_string());
    }
    let mut waits = BTreeSet::new();
    for (step, event) in witness.moves.iter().zip(&trace.events) {
        match (&step.act, event.op) {
            (Act::Wants(_), Op::Request(lock, mode)) => {
                waits.insert((event.thread.0, lock.0, Some(mode)));
            }
            (Act::Wants(_), Op::Joining(other)) => {
                waits.insert((event.thread.0, other.0.into(), None));
            }
            _ => {}
        }
    }
    Ok(waits)
}
