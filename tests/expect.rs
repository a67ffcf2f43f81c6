//! What a program is expected to come to, and the one function that checks it.

use std::collections::BTreeSet;
use std::time::Duration;

use lockgraph::finding::{Kind, Verdict};

use crate::child::{self, Found, Order, Outcome, What};
use crate::stage::Run;

/// What must be said about a program.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Want {
    /// Nothing, and the program ends.
    Silent,
    /// Something of one of these kinds is possible, nothing worse; the program ends.
    Possible(&'static [Kind]),
    /// The program deadlocks, and is told so; one of these kinds.
    Actual(&'static [Kind]),
    /// The program deadlocks, is told so, one thread gives way, and the program ends.
    Freed(&'static [Kind]),
    /// The program deadlocks, is told so, and stays stuck as it was asked to.
    Stuck(&'static [Kind]),
    /// The program gets stuck, as one of these kinds, and is told so; certain or not.
    Blocked(&'static [Kind]),
    /// If the program ends, something of these kinds is possible; if the schedule makes it stuck, it
    /// is told so.
    Foreseen(&'static [Kind]),
    /// The program ends and nothing is said to have happened, or it is told that it is stuck: the
    /// schedule decides.
    Told,
    /// Nothing, if the program ends; if the schedule makes it stuck, it is told so.
    Unforeseen,
    /// The program hangs for a reason that nobody tracks, and nothing is said about it.
    HangsUnseen,
}

impl Want {
    /// How long a child may take: not long if it is to hang.
    pub(crate) fn limit(self) -> Duration {
        match self {
            Want::HangsUnseen => Duration::from_secs(1),
            Want::Stuck(_) => Duration::from_secs(4),
            _ => child::limit(),
        }
    }
}

pub(crate) const ANY: &[Kind] = &Kind::ALL;
pub(crate) const CYCLE: Want = Want::Possible(&[Kind::LockOrderCycle]);
pub(crate) const ONCE: Want = Want::Possible(&[Kind::OnceWhileHolding]);
pub(crate) const READ_AGAIN: Want = Want::Possible(&[Kind::ReadRecursion]);
pub(crate) const DEADLOCK: Want = Want::Actual(&[Kind::Deadlock]);
pub(crate) const SELF: Want = Want::Actual(&[Kind::SelfDeadlock]);
pub(crate) const UPGRADE: Want = Want::Actual(&[Kind::LockUpgrade]);
pub(crate) const RECURSION: Want = Want::Actual(&[Kind::ReadRecursion]);
pub(crate) const ORPHAN: Want = Want::Actual(&[Kind::OrphanedLock]);

/// One row: a program, how to run it, and what must come of it.
pub(crate) struct Case {
    pub(crate) name: String,
    /// As `program` reads it.
    pub(crate) text: String,
    pub(crate) run: Run,
    pub(crate) want: Want,
    /// The locks and threads that a finding may name, if the row says so.
    pub(crate) cast: Option<Cast>,
    /// Variables for the child.
    pub(crate) environment: &'static [(&'static str, &'static str)],
    /// Why the verdict is not what one may expect, or nothing.
    pub(crate) why: &'static str,
}

/// Who may occur in the findings.
pub(crate) struct Cast {
    /// The locks; without them any.
    pub(crate) locks: Option<BTreeSet<String>>,
    /// The threads of a finding that says what happened. One that says what may happen can name
    /// others.
    pub(crate) threads: BTreeSet<String>,
}

/// Runs the program of `case` in a child and compares.
pub(crate) fn check(case: &Case) -> Result<(), String> {
    let outcome = outcome_of(case)?;
    verdict(case, &outcome).map_err(|wrong| explain(case, &outcome, &wrong))
}

/// Runs the program of `case` in a child.
pub(crate) fn outcome_of(case: &Case) -> Result<Outcome, String> {
    let what = What::Program(&case.text, case.run);
    let order = Order { what, environment: case.environment, limit: case.want.limit() };
    child::run(&order).map_err(|error| format!("the child could not be run: {error}"))
}

/// Whether the outcome is as wanted, and why not.
pub(crate) fn verdict(case: &Case, outcome: &Outcome) -> Result<(), String> {
    compare(case.want, outcome)?;
    match &case.cast {
        Some(cast) => outcome.shown().try_for_each(|found| in_cast(cast, found)),
        None => Ok(()),
    }
}

/// Whether the outcome is as wanted, and why not.
pub(crate) fn compare(want: Want, outcome: &Outcome) -> Result<(), String> {
    let shown: Vec<&Found> = outcome.shown().collect();
    let of_kind = |kinds: &[Kind]| {
        shown.iter().any(|f| f.verdict == Verdict::Actual && kinds.contains(&f.kind))
    };
    let is_live = |f: &&Found| matches!(f.verdict, Verdict::Actual | Verdict::Stalled);
    let live =
        |kinds: &[Kind]| shown.iter().copied().filter(is_live).any(|f| kinds.contains(&f.kind));
    match want {
        Want::HangsUnseen => {
            require(outcome.status.is_none(), "it did not hang")?;
            require(shown.is_empty(), "something was found")
        }
        Want::Silent => {
            require(shown.is_empty(), "something was found")?;
            require(outcome.ended_well(), "it did not end well")
        }
        Want::Freed(kinds) => {
            require(of_kind(kinds), "it was not found")?;
            require(outcome.ended_well(), "nobody gave way")
        }
        Want::Stuck(kinds) => {
            require(of_kind(kinds), "it was not found")?;
            require(outcome.status.is_none(), "it was found, but the child did not stay stuck")
        }
        Want::Possible(kinds) => {
            require(outcome.ended_well(), "it did not end well")?;
            require(!live(ANY), "a deadlock that did not happen was found")?;
            require(shown.iter().any(|f| kinds.contains(&f.kind)), "it was not found")
        }
        Want::Blocked(kinds) => {
            require(live(kinds), "it was not found")?;
            require(outcome.status.is_some(), "it was found, but the child did not abort")
        }
        Want::Foreseen(kinds) if outcome.ended_well() => {
            require(!live(ANY), "a deadlock that did not happen was found")?;
            require(shown.iter().any(|f| kinds.contains(&f.kind)), "it was not found")
        }
        Want::Unforeseen if outcome.ended_well() => {
            require(shown.is_empty(), "it is foreseen, so it needs no more")
        }
        Want::Told if outcome.ended_well() => {
            require(!live(ANY), "a deadlock that did not happen was found")
        }
        Want::Unforeseen | Want::Told | Want::Foreseen(_) => {
            require(live(ANY), "it got stuck, and nothing was said")
        }
        Want::Actual(kinds) => {
            require(of_kind(kinds), "it was not found")?;
            require(outcome.status.is_some(), "it was found, but the child did not abort")
        }
    }
}

/// Only who is part of the mistake may be named in a finding.
fn in_cast(cast: &Cast, found: &Found) -> Result<(), String> {
    let locks = cast.locks.as_ref();
    let is_strange = |name: &&String| locks.is_some_and(|locks| !locks.contains(*name));
    let strange_lock = found.locks.iter().find(is_strange);
    let happened = found.verdict != Verdict::Possible;
    let is_strange = |name: &&String| happened && !cast.threads.contains(*name);
    let strange_thread = found.threads.iter().find(is_strange);
    match strange_lock.or(strange_thread) {
        Some(name) => Err(format!("{name} has no part in it, but is in the finding")),
        None => Ok(()),
    }
}

fn require(holds: bool, otherwise: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise.to_string()) }
}

/// All that is needed to run the case again by hand.
pub(crate) fn explain(case: &Case, outcome: &Outcome, wrong: &str) -> String {
    let Case { name, text, run, want, why, .. } = case;
    let text: String = text.chars().take(2000).collect();
    format!(
        "{name}: {wrong}\nwanted {want:?} {why}\ngot {}\n\nprogram (`e2e --child program {}`):\n{text}\n\n{}",
        outcome.summary(),
        run.name(),
        outcome.full(),
    )
}
