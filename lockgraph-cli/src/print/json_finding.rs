//! Findings as JSON, with the sentences of the text report.

use lockgraph::explain::{self, Explanation};
use lockgraph::finding::{self, Blocks, Class, Reason, Wanted};
use lockgraph::id::{LockKind, Mode};
use serde::Serialize;

use super::json_witness::{self, Witness};

#[derive(Serialize)]
pub(super) struct Finding<'a> {
    kind: &'static str,
    verdict: &'static str,
    fingerprint: String,
    names: Option<&'a [String]>,
    headline: String,
    steps: Vec<Step<'a>>,
    excluded: Option<Excluded<'a>>,
    strangers: Vec<Stranger<'a>>,
    witness: Option<Witness<'a>>,
    instances: u64,
    runs: &'a [String],
    conditions: Vec<Condition>,
    way_out: WayOut,
    verdict_because: String,
}

#[derive(Serialize)]
struct Step<'a> {
    thread: Thread<'a>,
    blocks: Block<'a>,
    wants: Option<Want<'a>>,
    site: Option<Place<'a>>,
    through: Option<Place<'a>>,
    stack: Vec<Frame<'a>>,
    also_holds: Vec<Held<'a>>,
}

#[derive(Serialize)]
struct Block<'a> {
    how: &'static str,
    lock: Option<Lock<'a>>,
    mode: Option<&'static str>,
    signal: Option<&'static str>,
    site: Option<Place<'a>>,
}

#[derive(Serialize)]
pub(super) struct Want<'a> {
    lock: Option<Lock<'a>>,
    mode: Option<&'static str>,
    signal: Option<&'static str>,
    end_of: Option<Thread<'a>>,
}

#[derive(Serialize)]
pub(super) struct Held<'a> {
    lock: Lock<'a>,
    mode: &'static str,
    site: Option<Place<'a>>,
}

#[derive(Serialize)]
pub(super) struct Lock<'a> {
    id: u64,
    kind: &'static str,
    name: Option<&'a str>,
    made_at: Option<Place<'a>>,
    first_taken_at: Option<Place<'a>>,
    made_for: Option<Place<'a>>,
}

#[derive(Serialize)]
pub(super) struct Thread<'a> {
    id: u32,
    name: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Place<'a> {
    file: &'a str,
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct Frame<'a> {
    function: &'a str,
    place: Option<Place<'a>>,
}

#[derive(Serialize)]
struct Excluded<'a> {
    reason: &'static str,
    lock: Option<Lock<'a>>,
    threads: Vec<Thread<'a>>,
    through: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    permits: Option<u32>,
}

#[derive(Serialize)]
struct Stranger<'a> {
    thread: Thread<'a>,
    does: &'a str,
}

/// One of the four conditions.
#[derive(Serialize)]
pub(crate) struct Condition {
    name: &'static str,
    because: Vec<String>,
    is_easiest: bool,
}

/// What to do about it.
#[derive(Serialize)]
pub(crate) struct WayOut {
    breaks: &'static str,
    advice: String,
    alternatives: Vec<String>,
}

pub(super) fn finding(finding: &finding::Finding) -> Finding<'_> {
    let Explanation { headline, conditions, way_out, verdict } = explain::explain(finding);
    Finding {
        kind: finding.kind.name(),
        verdict: finding.verdict.name(),
        fingerprint: format!("{:016x}", finding.fingerprint()),
        names: finding.names.as_deref(),
        headline,
        steps: finding.steps.iter().map(step).collect(),
        excluded: finding.excluded.as_ref().map(excluded),
        strangers: finding.strangers.iter().map(stranger).collect(),
        witness: finding.witness.as_ref().map(json_witness::witness),
        instances: finding.instances,
        runs: &finding.runs,
        conditions: conditions.into_iter().map(Condition::from).collect(),
        way_out: way_out.into(),
        verdict_because: verdict,
    }
}

impl From<explain::Condition> for Condition {
    fn from(condition: explain::Condition) -> Condition {
        let explain::Condition { name, because, is_easiest } = condition;
        Condition { name: name.name(), because, is_easiest }
    }
}

impl From<explain::WayOut> for WayOut {
    fn from(way_out: explain::WayOut) -> WayOut {
        let explain::WayOut { breaks, advice, alternatives } = way_out;
        WayOut { breaks: breaks.name(), advice, alternatives }
    }
}

fn step(step: &finding::Step) -> Step<'_> {
    Step {
        thread: thread(&step.thread),
        blocks: block(&step.blocks),
        wants: step.wants.as_ref().map(want),
        site: step.site.as_ref().map(place),
        through: step.through.as_ref().map(place),
        stack: step.stack.iter().map(frame).collect(),
        also_holds: step.also_holds.iter().map(held).collect(),
    }
}

fn block(blocks: &Blocks) -> Block<'_> {
    let nothing = |how| Block { how, lock: None, mode: None, signal: None, site: None };
    match blocks {
        Blocks::Holds(held) => holding("holds", held),
        Blocks::LeftBehind(held) => holding("left behind", held),
        Blocks::QueuesBefore(which) => {
            Block { lock: Some(lock(which)), ..nothing("queues before") }
        }
        Blocks::CannotServe(signal, object) => Block {
            lock: object.as_ref().map(lock),
            signal: Some(signal.name()),
            ..nothing("cannot serve")
        },
        Blocks::HasNotEnded => nothing("has not ended"),
        Blocks::Nobody => nothing("nobody"),
    }
}

fn holding<'a>(how: &'static str, held: &'a finding::Held) -> Block<'a> {
    Block {
        how,
        lock: Some(lock(&held.lock)),
        mode: Some(mode_name(held.mode)),
        signal: None,
        site: held.site.as_ref().map(place),
    }
}

pub(super) fn want(wanted: &Wanted) -> Want<'_> {
    let nothing = Want { lock: None, mode: None, signal: None, end_of: None };
    match wanted {
        Wanted::Lock(which, mode) => {
            Want { lock: Some(lock(which)), mode: Some(mode_name(*mode)), ..nothing }
        }
        Wanted::End(who) => Want { end_of: Some(thread(who)), ..nothing },
        Wanted::Signal(signal, object) => {
            Want { lock: object.as_ref().map(lock), signal: Some(signal.name()), ..nothing }
        }
    }
}

pub(super) fn held(held: &finding::Held) -> Held<'_> {
    Held { lock: lock(&held.lock), mode: mode_name(held.mode), site: held.site.as_ref().map(place) }
}

pub(super) fn lock(lock: &finding::Lock) -> Lock<'_> {
    let mut shown = Lock {
        id: lock.id,
        kind: lock.kind.name(),
        name: None,
        made_at: None,
        first_taken_at: None,
        made_for: lock.made_for.as_ref().map(place),
    };
    match &lock.class {
        Class::Named(name) => shown.name = Some(name),
        Class::Made(at) => shown.made_at = Some(place(at)),
        Class::FirstTaken(at) => shown.first_taken_at = Some(place(at)),
        Class::Unknown => {}
    }
    shown
}

pub(super) fn thread(thread: &finding::Thread) -> Thread<'_> {
    Thread { id: thread.id, name: thread.name.as_deref() }
}

pub(super) fn place(place: &finding::Place) -> Place<'_> {
    Place { file: &place.file, line: place.line, column: place.column }
}

fn frame(frame: &finding::Frame) -> Frame<'_> {
    Frame { function: &frame.function, place: frame.place.as_ref().map(place) }
}

fn excluded(reason_of: &Reason) -> Excluded<'_> {
    let (reason, which, threads) = match reason_of {
        Reason::OneThread(who) => ("one thread", None, vec![who]),
        Reason::Gate(which) => ("gate", Some(which), Vec::new()),
        Reason::SpawnJoin(first, second) => ("spawn or join", None, vec![first, second]),
        Reason::Message(first, second, _) => ("message", None, vec![first, second]),
        Reason::ReadersOnly(which) => ("readers only", Some(which), Vec::new()),
        Reason::Permits(which, _) => ("permits", Some(which), Vec::new()),
    };
    let through = match reason_of {
        Reason::Message(_, _, kind) => kind.map(LockKind::name),
        _ => None,
    };
    let permits = match reason_of {
        Reason::Permits(_, permits) => Some(*permits),
        _ => None,
    };
    let threads = threads.into_iter().map(thread).collect();
    Excluded { reason, lock: which.map(lock), threads, through, permits }
}

fn stranger(stranger: &finding::Stranger) -> Stranger<'_> {
    Stranger { thread: thread(&stranger.thread), does: &stranger.does }
}

pub(crate) fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Exclusive => "exclusive",
        Mode::Shared => "shared",
        Mode::SharedRecursive => "shared recursive",
        Mode::Upgradable => "upgradable",
    }
}
