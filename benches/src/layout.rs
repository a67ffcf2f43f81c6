//! How fast `lockgraph graph --format svg` makes a picture, against Graphviz's `dot`.
//!
//! Each row is a trace of its own, made here, in which locks of twelve ranks are taken one under the
//! other, most of them near each other, and one edge in fifty leads up. Both are whole processes:
//! ours reads the trace, judges it and writes SVG; `dot` reads the same graph as `lockgraph graph`
//! prints it, without the labels of its edges, which our picture does not have either, and writes
//! SVG. They take turns; a cell is the median of the rounds. `dot` gets two minutes each time, and one
//! round where it needs all of that.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::contestant::build_binary;
use crate::machine;
use crate::sample::median;
use crate::table::{Cell, Table};

const ROUNDS: usize = 5;
const PATIENCE: Duration = Duration::from_secs(120);
const SEED: u64 = 1;
const RANKS: usize = 12;

/// Name, locks, edges.
const ROWS: [(&str, usize, usize); 5] = [
    ("30", 30, 50),
    ("200", 200, 447),
    ("500", 500, 1320),
    ("500-dense", 500, 5000),
    ("5000", 5000, 20_000),
];

/// Prints the table: all rows, or those with these names; one round if it should be quick.
pub(crate) fn report(names: &[String], quick: bool) -> Result<()> {
    let known = ROWS.map(|(name, ..)| name);
    if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("no row is called `{name}` here; there are {}", known.join(", "));
    }
    let program = build_binary("lockgraph-cli", "lockgraph")?;
    let has_dot = Command::new("dot").arg("-V").stderr(Stdio::null()).status().is_ok();
    let mut table = Table::new(["locks / edges", "lockgraph s", "dot s", "dot / lockgraph"]);
    for (name, locks, edges) in ROWS {
        if names.is_empty() || names.iter().any(|asked| asked == name) {
            let rounds = if quick { 1 } else { ROUNDS };
            let cells = row(&program, (locks, edges), has_dot, rounds).context(name)?;
            table.row(format!("{locks} / {edges}"), cells);
        }
    }
    println!("{}\n{table}", machine::describe());
    Ok(())
}

fn row(program: &Path, size: (usize, usize), has_dot: bool, rounds: usize) -> Result<Vec<Cell>> {
    let directory = TempDir::new()?;
    let [trace, dot] = ["run.std", "run.dot"].map(|name| directory.path().join(name));
    fs::write(&trace, nested(size.0, size.1))?;
    let graph = Command::new(program).arg("graph").arg(&trace).output()?;
    ensure!(graph.status.success(), "lockgraph gives no graph");
    fs::write(&dot, without_edge_labels(&String::from_utf8(graph.stdout)?))?;
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let mut has_dot = has_dot;
    let mut is_late = false;
    for _ in 0..rounds {
        let mut command = Command::new(program);
        let own = taken(command.args(["graph", "--format", "svg"]).arg(&trace))?;
        let own = own.context("lockgraph takes too long")?;
        ours.push(own);
        if has_dot {
            match taken(Command::new("dot").arg("-Tsvg").arg(&dot))? {
                Some(time) => {
                    theirs.push(time);
                    ratios.push(time / own);
                }
                None => (has_dot, is_late) = (false, true),
            }
        }
    }
    let seconds = |times: &[f64]| median(times).map(|time| format!("{time:.3}"));
    let why = if is_late { "does not end within two minutes" } else { "is not installed" };
    let or_why = |text: Option<String>| text.map_or(Cell::Missing(why), Cell::Text);
    let ratio = median(&ratios).map(|ratio| format!("{ratio:.1}"));
    let at_least = || {
        let least = is_late.then(|| PATIENCE.as_secs_f64() / median(&ours).unwrap_or(1.0));
        least.map(|least| format!("over {least:.0}"))
    };
    Ok(vec![or_why(seconds(&ours)), or_why(seconds(&theirs)), or_why(ratio.or_else(at_least))])
}

/// Seconds that a program takes. `None`: too many.
fn taken(command: &mut Command) -> Result<Option<f64>> {
    let began = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    loop {
        if let Some(status) = child.try_wait()? {
            ensure!(status.success(), "{command:?}: {status}");
            return Ok(Some(began.elapsed().as_secs_f64()));
        }
        if began.elapsed() > PATIENCE {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn without_edge_labels(dot: &str) -> String {
    let line = |line: &str| match line.split_once(" [label=") {
        Some((edge, _)) if edge.contains(" -> ") => format!("{edge};\n"),
        _ => format!("{line}\n"),
    };
    dot.lines().map(line).collect()
}

/// STD text in which so many pairs of locks are taken one under the other.
fn nested(locks: usize, edges: usize) -> String {
    let mut random = fastrand::Rng::with_seed(SEED);
    let ranks: Vec<usize> = (0..locks).map(|_| random.usize(..RANKS.min(locks / 4))).collect();
    let mut seen: BTreeSet<(usize, usize)> = BTreeSet::new();
    let mut text = String::new();
    while seen.len() < edges {
        let one = random.usize(..locks);
        let is_near = random.u8(..4) > 0;
        let other =
            if is_near { (one + random.usize(..40)) % locks } else { random.usize(..locks) };
        let leads_up = random.u8(..50) == 0;
        let (from, to) =
            if (ranks[one] < ranks[other]) != leads_up { (one, other) } else { (other, one) };
        if ranks[one] == ranks[other] || !seen.insert((from, to)) {
            continue;
        }
        let thread = seen.len() % 4;
        for (act, lock) in [("acq", from), ("acq", to), ("rel", to), ("rel", from)] {
            let _ = writeln!(text, "T{thread}|{act}(L{lock})|m{}.rs:{}", lock % 7, lock + 1);
        }
    }
    text
}
