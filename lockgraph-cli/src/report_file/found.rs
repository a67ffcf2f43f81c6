//! A finding and where it was seen, as they are written.

use lockgraph::finding::{self, Act, Finding, Kind, Verdict};
use lockgraph::id::{Mode, Signal};
use serde::Deserialize;

use super::finding::{Excluded, Lock, Place, Step, Stranger, Thread, there, wanted};
use super::name::Name;
use super::standstill::Standstill;
use crate::check;
use crate::merge::{Few, Sightings};
use crate::seen::Seen;

#[derive(Deserialize)]
#[serde(from = "FoundAsWritten")]
pub(super) struct Found(pub(super) check::Found);

#[derive(Deserialize)]
struct FoundAsWritten {
    kind: Name<Kind>,
    verdict: Name<Verdict>,
    steps: Vec<Step>,
    excluded: Option<Excluded>,
    strangers: Vec<Stranger>,
    witness: Option<Witness>,
    /// Those of what is less sure are among them.
    instances: u64,
    names: Option<Vec<String>>,
    runs: Vec<String>,
    traces: Vec<String>,
    trace_count: u64,
    tests: Vec<String>,
    programs: Vec<String>,
    are_all_named: bool,
    is_inside: bool,
    less_sure: Option<LessSure>,
    witness_file: Option<String>,
    /// Older reports have none.
    #[serde(default)]
    standstill: Option<Standstill>,
}

#[derive(Deserialize)]
struct LessSure {
    instances: u64,
    traces: Vec<String>,
    trace_count: u64,
    tests: Vec<String>,
    programs: Vec<String>,
    are_all_named: bool,
    is_inside: bool,
}

#[derive(Deserialize)]
struct Witness {
    moves: Vec<Move>,
    changed_reads: u64,
}

#[derive(Deserialize)]
#[serde(try_from = "MoveAsWritten")]
struct Move(finding::Move);

#[derive(Deserialize)]
struct MoveAsWritten {
    thread: Thread,
    act: Does,
    lock: Option<Lock>,
    mode: Option<Name<Mode>>,
    whom: Option<Thread>,
    signal: Option<u64>,
    awaits: Option<Name<Signal>>,
    site: Option<Place>,
}

#[derive(Deserialize)]
enum Does {
    #[serde(rename = "takes")]
    Takes,
    #[serde(rename = "gives back")]
    GivesBack,
    #[serde(rename = "begins")]
    Begins,
    #[serde(rename = "joins")]
    Joins,
    #[serde(rename = "tells")]
    Tells,
    #[serde(rename = "hears")]
    Hears,
    #[serde(rename = "wants")]
    Wants,
}

impl From<FoundAsWritten> for Found {
    fn from(found: FoundAsWritten) -> Found {
        let less_sure = found.less_sure.map(Sightings::from);
        let all_but = less_sure.as_ref().map_or(0, |less_sure| less_sure.instances);
        let surest = Sightings::from(LessSure {
            instances: found.instances.saturating_sub(all_but),
            traces: found.traces,
            trace_count: found.trace_count,
            tests: found.tests,
            programs: found.programs,
            are_all_named: found.are_all_named,
            is_inside: found.is_inside,
        });
        let finding = Finding {
            kind: found.kind.0,
            verdict: found.verdict.0,
            steps: found.steps.into_iter().map(Into::into).collect(),
            excluded: found.excluded.map(|excluded| excluded.0),
            strangers: found.strangers.into_iter().map(Into::into).collect(),
            witness: found.witness.map(Into::into),
            instances: 0,
            names: found.names,
            runs: found.runs,
        };
        let witness_file = found.witness_file;
        let standstill = found.standstill.map(|standstill| Box::new(standstill.0));
        let all = check::Found::of(finding, surest, less_sure);
        Found(check::Found { standstill, witness_file, ..all })
    }
}

impl From<LessSure> for Sightings {
    fn from(written: LessSure) -> Sightings {
        let tests = written.tests.into_iter().map(Seen::Test);
        let seen = tests.chain(written.programs.into_iter().map(Seen::Program)).collect();
        Sightings {
            instances: written.instances,
            trace_count: written.trace_count,
            traces: Few::of(written.traces.into_iter().collect()),
            seen: Few { is_all: written.are_all_named, ..Few::of(seen) },
            is_inside: written.is_inside,
        }
    }
}

impl From<Witness> for finding::Witness {
    fn from(witness: Witness) -> finding::Witness {
        let Witness { moves, changed_reads } = witness;
        finding::Witness { moves: moves.into_iter().map(|step| step.0).collect(), changed_reads }
    }
}

impl TryFrom<MoveAsWritten> for Move {
    type Error = String;

    fn try_from(written: MoveAsWritten) -> Result<Move, String> {
        let MoveAsWritten { thread, act, lock, mode, whom, signal, awaits, site } = written;
        let act = match act {
            Does::Wants => Act::Wants(wanted(lock, mode, awaits, whom)?),
            Does::Takes => Act::Takes(there(lock, "lock")?.into(), there(mode, "mode")?.0),
            Does::GivesBack => Act::GivesBack(there(lock, "lock")?.into()),
            Does::Begins => Act::Begins(there(whom, "whom")?.into()),
            Does::Joins => Act::Joins(there(whom, "whom")?.into()),
            Does::Tells => Act::Tells(there(signal, "signal")?),
            Does::Hears => Act::Hears(there(signal, "signal")?),
        };
        Ok(Move(finding::Move { thread: thread.into(), act, site: site.map(Into::into) }))
    }
}
