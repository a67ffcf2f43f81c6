//! The cost table: ratios to raw `std`, what an edge, a lock and an event take, and what is left
//! when it is switched off.
//!
//! All contestants of a row run one after the other, and that several times, so that a noisy
//! minute hits all of them and no round alone decides. What follows the sign ± is half of the
//! distance between the quartiles of the rounds, where that is more than a few percent.
//!
//! An edge's memory is what the process grew by, caches and all, so it falls as the graph grows
//! (see the report `growth`). Only the level `full` writes a trace.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use rows::Row;

use crate::contestant::{Built, Contestant, Graph, Off, build, lacks};
use crate::machine;
use crate::sample::{median, spread};
use crate::table::{Cell, Table};

/// How much is measured.
struct Effort {
    rounds: usize,
    /// For one contestant and row in one round.
    milliseconds: u32,
    /// A round of edges takes long, so there may be fewer.
    edge_rounds: usize,
    edges: u32,
}

const FULL: Effort = Effort { rounds: 5, milliseconds: 160, edge_rounds: 3, edges: 500_000 };
const QUICK: Effort = Effort { rounds: 1, milliseconds: 80, edge_rounds: 1, edges: 50_000 };
/// A spread up to this goes without saying.
const SMALL: f64 = 0.03;
/// What an order graph may take for its edges, in seconds.
const EDGES_TIME: &str = "4";
/// A round with fewer pairs of batches is done again.
const FEWEST_PAIRS: usize = 8;
const MOST_STARTS: usize = 4;
const BUSY: &str = "the machine was busy: two threads did not run side by side often enough";

/// A row of the table.
#[derive(Clone, Copy, PartialEq)]
enum Line {
    Ratio(Row, &'static str),
    TwoOverOne,
    EdgeTime { stacks: bool },
    EdgeBytes { stacks: bool },
    LockBytes,
    EventBytes,
    SwitchedOff,
}

const LINES: [Line; 24] = [
    Line::Ratio(Row::Mutex, "uncontended Mutex"),
    Line::Ratio(Row::Read, "uncontended RwLock, read"),
    Line::Ratio(Row::Write, "uncontended RwLock, write"),
    Line::Ratio(Row::Nested2, "nested 2, per lock"),
    Line::Ratio(Row::Nested8, "nested 8, per lock"),
    Line::Ratio(Row::OwnPairs, "two threads, own pair each, per lock"),
    Line::TwoOverOne,
    Line::Ratio(Row::OneLock, "two threads, one lock"),
    Line::Ratio(Row::New, "new and drop, never locked"),
    Line::Ratio(Row::NewLock, "new, lock, drop"),
    Line::Ratio(Row::KnownEdges, "10,000 locks, known edges, per pair"),
    Line::Ratio(Row::Mpsc, "1,000 messages through a channel, per message"),
    Line::Ratio(Row::PingPong, "two threads, a message there and one back"),
    Line::Ratio(Row::Turns, "two threads, turns by a condition variable"),
    Line::Ratio(Row::Semaphore, "uncontended semaphore, against a Mutex and a Condvar"),
    Line::Ratio(Row::Held, "1,000 uses of a held Mutex, per use"),
    Line::Ratio(Row::Atomic, "adding to an atomic variable"),
    Line::EdgeTime { stacks: false },
    Line::EdgeTime { stacks: true },
    Line::EdgeBytes { stacks: false },
    Line::EdgeBytes { stacks: true },
    Line::LockBytes,
    Line::EventBytes,
    Line::SwitchedOff,
];

/// One start of a contestant that is repeated in rounds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Probe {
    Compare(Row),
    Edges { stacks: bool },
}

impl Line {
    fn name(self) -> &'static str {
        match self {
            Line::Ratio(row, _) => row.name(),
            Line::TwoOverOne => "two-over-one",
            Line::EdgeTime { stacks: false } => "new-edge",
            Line::EdgeTime { stacks: true } => "new-edge-stack",
            Line::EdgeBytes { stacks: false } => "edge-bytes",
            Line::EdgeBytes { stacks: true } => "edge-bytes-stack",
            Line::LockBytes => "lock-bytes",
            Line::EventBytes => "section-bytes",
            Line::SwitchedOff => "off",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Line::Ratio(_, title) => title,
            Line::TwoOverOne => "the same over one thread",
            Line::EdgeTime { stacks: false } => "new edge, no stack, ns",
            Line::EdgeTime { stacks: true } => "new edge with a stack, ns",
            Line::EdgeBytes { stacks: false } => "bytes per edge, no stack",
            Line::EdgeBytes { stacks: true } => "bytes per edge with a stack",
            Line::LockBytes => "`Mutex<()>` over the original, bytes",
            Line::EventBytes => "full recording, bytes a critical section that writes",
            Line::SwitchedOff => "switched off: the original's type",
        }
    }

    fn probes(self) -> Vec<Probe> {
        match self {
            Line::Ratio(row, _) => vec![Probe::Compare(row)],
            Line::TwoOverOne => vec![Probe::Compare(Row::Nested2), Probe::Compare(Row::OwnPairs)],
            Line::EdgeTime { stacks: false } | Line::EdgeBytes { stacks: false } => {
                vec![Probe::Edges { stacks: false }]
            }
            Line::EdgeTime { stacks: true } | Line::EdgeBytes { stacks: true } => {
                vec![Probe::Edges { stacks: true }]
            }
            Line::LockBytes | Line::EventBytes | Line::SwitchedOff => Vec::new(),
        }
    }
}

/// What one start came to.
struct Sample {
    /// The ratio to `std`; of edges, nanoseconds above it.
    figure: f64,
    /// Nanoseconds; of edges, bytes for each.
    beside: f64,
    /// The edges that it got to, if it was too slow for all of them.
    stopped_at: Option<f64>,
}

type Samples = BTreeMap<(&'static str, Probe), Vec<Sample>>;

/// Prints the table of these contestants: all lines, or those with these names.
pub(crate) fn report(contestants: &[Contestant], names: &[String], quick: bool) -> Result<()> {
    let lines = chosen(names)?;
    let built = build(contestants.iter().flat_map(Contestant::programs))?;
    let effort = if quick { &QUICK } else { &FULL };
    let samples = sample(contestants, &lines, &built, effort)?;
    let heads = std::iter::once("over raw std (ns)");
    let mut table = Table::new(heads.chain(contestants.iter().map(|one| one.title)));
    for line in lines {
        let cells = contestants.iter().map(|one| cell(line, one, &samples, &built));
        table.row(line.title(), cells.collect::<Result<_>>()?);
    }
    println!("{}\n{table}", machine::describe());
    Ok(())
}

fn chosen(names: &[String]) -> Result<Vec<Line>> {
    let known = LINES.map(Line::name);
    if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("no row is called `{name}`; there are {}", known.join(", "));
    }
    let wanted = |line: &Line| names.is_empty() || names.iter().any(|name| name == line.name());
    Ok(LINES.into_iter().filter(wanted).collect())
}

fn sample(
    contestants: &[Contestant],
    lines: &[Line],
    built: &Built,
    effort: &Effort,
) -> Result<Samples> {
    let mut probes: Vec<Probe> = lines.iter().flat_map(|line| line.probes()).collect();
    probes.sort_unstable();
    probes.dedup();
    let mut samples = Samples::new();
    for round in 0..effort.rounds {
        for &probe in &probes {
            if matches!(probe, Probe::Edges { .. }) && round >= effort.edge_rounds {
                continue;
            }
            for one in contestants.iter().filter(|one| takes(one, probe)) {
                let sample = measure(one, probe, built, effort)?;
                samples.entry((one.name, probe)).or_default().extend(sample);
            }
        }
    }
    Ok(samples)
}

fn takes(contestant: &Contestant, probe: Probe) -> bool {
    match (probe, &contestant.graph) {
        (Probe::Compare(row), _) if lacks(contestant, row).is_some() => false,
        (Probe::Edges { .. }, Graph::No) | (Probe::Edges { stacks: true }, Graph::Bare) => false,
        (Probe::Compare(_) | Probe::Edges { .. }, _) => true,
    }
}

/// Starts the contestant once, or more often if it says too little.
fn measure(
    contestant: &Contestant,
    probe: Probe,
    built: &Built,
    effort: &Effort,
) -> Result<Option<Sample>> {
    match probe {
        Probe::Compare(row) => {
            // What two threads do at one lock has two shapes, taking turns or each its share at
            // once, so the median of few batches jumps.
            let times = if row == Row::OneLock { 3 } else { 1 };
            let milliseconds = (times * effort.milliseconds).to_string();
            let arguments = ["compare", row.name(), &milliseconds];
            let mut pairs = Vec::new();
            // Two threads need both processors at once, which others may be using.
            for _ in 0..MOST_STARTS {
                pairs.extend(built.start(contestant, None)?.ask(&arguments, "pair")?);
                if pairs.len() >= FEWEST_PAIRS {
                    break;
                }
            }
            let ratios: Vec<f64> = pairs.iter().map(|pair| pair[0] / pair[1]).collect();
            let nanos: Vec<f64> = pairs.iter().map(|pair| pair[0]).collect();
            let both = median(&ratios).zip(median(&nanos));
            Ok(both.map(|(figure, beside)| Sample { figure, beside, stopped_at: None }))
        }
        Probe::Edges { stacks } => {
            let arguments = ["edges", EDGES_TIME, &effort.edges.to_string()];
            let lines = built.start(contestant, Some(stacks))?.ask(&arguments, "edges")?;
            let [edges, ours, std, bytes] = lines.concat()[..] else {
                bail!("{}: not a line about edges", contestant.name)
            };
            let stopped_at = (edges < f64::from(effort.edges)).then_some(edges);
            Ok(Some(Sample { figure: ours - std, beside: bytes / edges, stopped_at }))
        }
    }
}

fn cell(line: Line, contestant: &Contestant, samples: &Samples, built: &Built) -> Result<Cell> {
    let of = |probe| samples.get(&(contestant.name, probe)).map_or(&[][..], Vec::as_slice);
    Ok(match line {
        Line::Ratio(row, _) => match lacks(contestant, row) {
            Some(why) => Cell::Missing(why),
            None => ratio(of(Probe::Compare(row))),
        },
        Line::TwoOverOne => {
            over(of(Probe::Compare(Row::OwnPairs)), of(Probe::Compare(Row::Nested2)))
        }
        Line::EdgeTime { stacks } | Line::EdgeBytes { stacks } => {
            let time = matches!(line, Line::EdgeTime { .. });
            edge(contestant, of(Probe::Edges { stacks }), time)
        }
        Line::LockBytes => {
            let lines = built.start(contestant, None)?.ask(&["facts"], "bytes")?;
            let bytes = lines.concat().first().copied().context("it does not tell its size")?;
            Cell::Text(bytes.to_string())
        }
        Line::EventBytes if contestant.records => event_bytes(contestant, built)?,
        Line::EventBytes => Cell::Missing("does not record events"),
        Line::SwitchedOff => match contestant.off {
            Off::No(reason) => Cell::Missing(reason),
            Off::In(program) => {
                Cell::Text(if built.is_original(program)? { "yes" } else { "no" }.to_owned())
            }
        },
    })
}

fn figures(samples: &[Sample]) -> Vec<f64> {
    samples.iter().map(|sample| sample.figure).collect()
}

fn ratio(samples: &[Sample]) -> Cell {
    let ratios = figures(samples);
    let nanos: Vec<f64> = samples.iter().map(|sample| sample.beside).collect();
    match (median(&ratios), median(&nanos), spread(&ratios)) {
        (Some(ratio), Some(nanos), Some(spread)) => {
            let precision = if nanos < 10.0 { 1 } else { 0 };
            let spread = percent(spread, ratios.len());
            Cell::Text(format!("{ratio:.2} ({nanos:.precision$}){spread}"))
        }
        _ => Cell::Missing(BUSY),
    }
}

/// The ratio of two ratios: what `std` itself loses with a second thread does not count.
fn over(two: &[Sample], one: &[Sample]) -> Cell {
    match (median(&figures(two)), median(&figures(one))) {
        (Some(two), Some(one)) => Cell::Text(format!("{:.2}", two / one)),
        _ => Cell::Missing(BUSY),
    }
}

fn edge(contestant: &Contestant, samples: &[Sample], time: bool) -> Cell {
    let values: Vec<f64> =
        samples.iter().map(|sample| if time { sample.figure } else { sample.beside }).collect();
    let Some((value, spread)) = median(&values).zip(spread(&values)) else {
        return Cell::Missing(match contestant.graph {
            Graph::No => "keeps no order graph",
            Graph::Bare | Graph::Stacks { .. } => "keeps no stacks",
        });
    };
    let spread = percent(spread, values.len());
    let stopped = samples.iter().filter_map(|sample| sample.stopped_at).min_by(f64::total_cmp);
    let stopped = stopped.map_or(String::new(), |edges| format!(", first {:.0} k", edges / 1e3));
    Cell::Text(format!("{value:.0}{spread}{stopped}"))
}

/// Half of the distance between the quartiles, if it is worth telling. One round alone has none.
fn percent(spread: f64, rounds: usize) -> String {
    let is_told = rounds > 1 && spread > SMALL;
    if is_told { format!(" ±{:.0} %", spread * 100.0) } else { String::new() }
}

/// What the trace grows by for a lock, a read and a write, and an unlock.
fn event_bytes(contestant: &Contestant, built: &Built) -> Result<Cell> {
    let size = |times: u64| -> Result<u64> {
        let mut start = built.start(contestant, None)?;
        start.ask(&["count", Row::Mutex.name(), "ours", &times.to_string()], "")?;
        start.trace_size()
    };
    let (times, twice) = (1_000_000, 2_000_000);
    let bytes = size(twice)?.saturating_sub(size(times)?);
    Ok(Cell::Text(format!("{:.1}", bytes as f64 / (twice - times) as f64)))
}
