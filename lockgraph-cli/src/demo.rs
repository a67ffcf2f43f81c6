//! `lockgraph demo`: a program that really deadlocks, recorded, killed, judged and drawn.
//!
//! The program is run in a process of its own, hangs there, and is killed as a test runner would
//! kill it. All that is left is its trace, and the rest is what a user would do with that.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use clap::ValueEnum as _;
use lockgraph::finding::Verdict;
use lockgraph::predict::Limits;
use lockgraph::report::Style;

use crate::args::{Check, Demo, Graph, GraphFormat, Program};
use crate::output::Output;
use crate::{Outcome, bank, check, graph, philosophers};

/// By then the program has ended or deadlocked, on any machine.
const TIME_LIMIT: Duration = Duration::from_secs(30);

pub(crate) fn run(demo: &Demo, style: Style, out: &mut dyn Write) -> io::Result<Outcome> {
    if demo.in_this_process {
        match demo.program {
            Program::Philosophers => philosophers::run(demo.ordered),
            Program::Bank => bank::run(demo.ordered),
        }
        return Ok(Outcome::Clean);
    }
    let dir = std::env::temp_dir().join(format!("lockgraph-demo-{}", std::process::id()));
    writeln!(out, "Running `{}`, with a trace in {}", name(demo), dir.display())?;
    out.flush()?;
    let has_ended = record(demo, &dir)?;
    let ending = if has_ended { "It ended." } else { "It hangs. Killed it; its trace is left:" };
    writeln!(out, "{ending}\n\n$ lockgraph check {}\n", dir.display())?;
    let traces = vec![dir.clone()];
    let check = Check {
        traces: traces.clone(),
        all: false,
        max_length: None,
        budget: Limits::default().budget,
        gate: false,
        frozen_order: false,
        settings: None,
        witness: None,
        format: vec![Output::TEXT],
    };
    let outcome = check::run(&check, style, out)?;
    let drawing = draw(traces, &dir)?;
    writeln!(out, "\nThe order graph is in {}", drawing.display())?;
    writeln!(
        out,
        "Next: `lockgraph view --open {}`, `lockgraph explain deadlock`, `lockgraph demo --ordered`",
        dir.display()
    )?;
    // The findings are what the demo is for.
    Ok(if outcome == Outcome::Failure { outcome } else { Outcome::Clean })
}

fn name(demo: &Demo) -> String {
    let program = demo.program.to_possible_value();
    let name = program.map_or_else(String::new, |value| value.get_name().to_owned());
    if demo.ordered { name + " --ordered" } else { name }
}

/// Runs the program until it ends (true), or has deadlocked and is killed.
fn record(demo: &Demo, dir: &Path) -> io::Result<bool> {
    fs::create_dir_all(dir)?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["demo", "--in-this-process"]).args(name(demo).split(' '));
    command.env("LOCKGRAPH_TRACE", dir).env("LOCKGRAPH_ON_DEADLOCK", "report");
    // The report is read from the trace, where it is too.
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let has_ended = wait(&mut child, dir)?;
    if !has_ended {
        child.kill()?;
        child.wait()?;
    }
    Ok(has_ended)
}

fn wait(child: &mut Child, dir: &Path) -> io::Result<bool> {
    let start = Instant::now();
    while start.elapsed() < TIME_LIMIT {
        if child.try_wait()?.is_some() {
            return Ok(true);
        }
        if has_deadlocked(dir) {
            return Ok(false);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(false)
}

/// Whether a trace in `dir` has the deadlock. It may be read while it is written.
fn has_deadlocked(dir: &Path) -> bool {
    let files = fs::read_dir(dir).into_iter().flatten().flatten();
    files
        .filter_map(|file| lockgraph::trace::read(&file.path()).ok())
        .any(|trace| trace.findings.iter().any(|finding| finding.verdict == Verdict::Actual))
}

/// Writes the order graph beside the trace.
fn draw(traces: Vec<PathBuf>, dir: &Path) -> io::Result<PathBuf> {
    let path = dir.join("order.dot");
    let mut file = BufWriter::new(File::create(&path)?);
    graph::run(
        &Graph { traces, classes: false, format: GraphFormat::Dot, output: None },
        &mut file,
    )?;
    file.flush()?;
    Ok(path)
}
