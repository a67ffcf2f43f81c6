//! How fast `lockgraph check` judges whole runs, and how much memory that takes.
//!
//! Each row is a RapidBin file, one of the repository's real traces or a family of the tests in a
//! large size, and a process of its own: processor time (user and system) and peak of resident
//! memory are what the kernel counts for that process, reading of the file included. The time is
//! the least of three rounds, because a busy machine only adds to it.
//!
//! That is on one processor, where `check` reads and judges in one thread. Wall time is told for
//! that and for all processors, where a second thread reads; the factor is what that gains.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;
use wait4::Wait4 as _;

use crate::contestant::build_binary;
use crate::cores::{self, Cores};
use crate::families::quiet::{self, Gate};
use crate::families::{circles, rapid_bin};
use crate::machine;
use crate::table::{Cell, Table};

pub(crate) const ROUNDS: usize = 3;
const SEED: u64 = 1;

/// Where a row's events come from.
enum Events {
    /// A real trace of the repository.
    File(&'static str),
    Family(fn() -> crate::families::Trace),
}

struct Line {
    name: &'static str,
    title: &'static str,
    events: Events,
}

const fn file(name: &'static str, title: &'static str, path: &'static str) -> Line {
    Line { name, title, events: Events::File(path) }
}

const fn family(
    name: &'static str,
    title: &'static str,
    family: fn() -> crate::families::Trace,
) -> Line {
    Line { name, title, events: Events::Family(family) }
}

const LINES: [Line; 13] = [
    file("cache4j", "cache4j (real)", "cache4j_dlf.data"),
    file("jigsaw", "jigsaw (real)", "jigsaw.data"),
    family("pingpong", "pingpong, 50,000 rounds", || circles::pingpong(50_000, true)),
    family("ordered", "ordered, 200 pairs 200 times", || circles::ordered(200, 200)),
    family("clean", "clean, 16 threads, 1,000 locks", || quiet::clean(16, 1000, 375_000, SEED)),
    family("mixed", "mixed, 16 threads, 50 deadlocks", || {
        circles::mixed(16, 500, 375_000, 50, SEED)
    }),
    family("clean-800", "clean, 800 threads", || quiet::clean(800, 1000, 125_000, SEED)),
    family("guarded", "guarded, 16 threads", || {
        quiet::guarded(16, 100, 111_111, Gate::Exclusive, SEED)
    }),
    family("philosophers", "philosophers, 1,000, 20 rounds", || circles::philosophers(1000, 20)),
    family("dense", "dense, 8 threads, 12 locks", || circles::dense(8, 12, 24, SEED)),
    family("hedc", "hedc-like, 61 threads, 31,823 locks", || quiet::hedc_like(60, 31_822)),
    family("dbcp", "Dbcp2-like, 801 threads, 200 circles", || {
        circles::dbcp_like(800, 71, 200, SEED)
    }),
    family("stack", "Stack-like, 17 threads, 3.1e8 instances", || circles::stack_like(16, 6250)),
];

/// What one run of `lockgraph` took.
pub(crate) struct Taken {
    /// Of processors.
    pub(crate) time: Duration,
    pub(crate) wall: Duration,
    /// In bytes.
    pub(crate) memory: u64,
    pub(crate) summary: Value,
}

/// Prints the table: all lines, or those with these names; one round if it should be quick.
pub(crate) fn report(names: &[String], quick: bool) -> Result<()> {
    let known = LINES.map(|line| line.name);
    if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("no row is called `{name}` here; there are {}", known.join(", "));
    }
    let program = build_binary("lockgraph-cli", "lockgraph")?;
    let heads = [
        "",
        "events",
        "CPU s",
        "M events/s",
        "MB",
        "wall s",
        "all cores",
        "factor",
        "patterns",
        "witnessed",
    ];
    let mut table = Table::new(heads);
    let traces = TempDir::new()?;
    let rounds = if quick { 1 } else { ROUNDS };
    for line in LINES.iter().filter(|line| names.is_empty() || names.iter().any(|n| n == line.name))
    {
        let path = trace(line, traces.path())?;
        // After the header of 18 bytes, each event is a word.
        let events = (fs::metadata(&path)?.len() - 18) / 8;
        let arguments = ["check", "--format", "json"].map(OsString::from);
        let arguments = [&arguments[..], &[path.into_os_string()]].concat();
        let best = |cores| best(&program, &arguments, cores, rounds).context(line.name);
        table
            .row(line.title, cells(events, best(Cores::One)?.as_ref(), best(Cores::All)?.as_ref()));
    }
    println!("{}\n{table}", machine::describe());
    Ok(())
}

/// The file of a row, which is written if it is a family.
fn trace(line: &Line, dir: &Path) -> Result<PathBuf> {
    match line.events {
        Events::File(name) => {
            let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/traces");
            Ok(fixtures.join(name))
        }
        Events::Family(family) => {
            let path = dir.join(format!("{}.data", line.name));
            let mut out = BufWriter::new(File::create(&path)?);
            rapid_bin::write(&mut out, &family().events)?;
            out.flush()?;
            Ok(path)
        }
    }
}

/// The least of each time. `None`: it cannot be run on so many processors.
pub(crate) fn best(
    program: &Path,
    arguments: &[OsString],
    cores: Cores,
    rounds: usize,
) -> Result<Option<Taken>> {
    let mut best: Option<Taken> = None;
    for _ in 0..rounds {
        let Some(mut taken) = once(program, arguments, cores)? else { return Ok(None) };
        if let Some(best) = best {
            taken.time = taken.time.min(best.time);
            taken.wall = taken.wall.min(best.wall);
        }
        best = Some(taken);
    }
    Ok(best)
}

fn once(program: &Path, arguments: &[OsString], cores: Cores) -> Result<Option<Taken>> {
    let answer = tempfile::NamedTempFile::new()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("measure").args([program, answer.path()]).arg("--").args(arguments);
    command.stdout(Stdio::piped());
    let child = cores::start(&mut command, cores).context("this program cannot be started")?;
    let Some(child) = child else { return Ok(None) };
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "the measurement failed");
    let numbers = String::from_utf8(output.stdout)?;
    let numbers: Vec<u64> = numbers.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    let [time, wall, memory] = numbers[..] else { bail!("{numbers:?} are no three numbers") };
    // Findings, and problems that a real trace has, have exit codes of their own: it is the
    // answer that shows whether it went well.
    let mut answer: Value = serde_json::from_reader(BufReader::new(File::open(answer.path())?))
        .context("lockgraph gives no answer")?;
    let (time, wall) = (Duration::from_nanos(time), Duration::from_nanos(wall));
    Ok(Some(Taken { time, wall, memory, summary: answer["summary"].take() }))
}

/// Runs `program` and writes what it prints to `answer`; prints the nanoseconds of processors and of the
/// wall that this took, and the bytes of memory. Run in a small process of its own, because Linux
/// counts the memory of who starts a program as that program's.
pub(crate) fn measure(program: &Path, answer: &Path, arguments: &[OsString]) -> Result<()> {
    let mut command = Command::new(program);
    command.args(arguments);
    command.stdout(File::create(answer)?).stderr(Stdio::null());
    let began = Instant::now();
    let mut child = command.spawn().context("lockgraph cannot be started")?;
    let used = child.wait4()?.rusage;
    let wall = began.elapsed().as_nanos();
    println!("{} {wall} {}", (used.utime + used.stime).as_nanos(), used.maxrss);
    Ok(())
}

/// What it took on one processor, if that can be told, and on all of them.
fn cells(events: u64, one: Option<&Taken>, all: Option<&Taken>) -> Vec<Cell> {
    let told = |text: Option<String>| {
        text.map_or(Cell::Missing("cannot be confined to one processor here"), Cell::Text)
    };
    let seconds = |time: Duration| time.as_secs_f64().max(0.001);
    let rate = |taken: &Taken| events as f64 / 1e6 / seconds(taken.time);
    let summary = one.or(all).map(|taken| &taken.summary);
    let of = |key: &str| match summary.map(|summary| &summary[key]) {
        None | Some(Value::Null) => Cell::Missing("is not in the answer"),
        Some(count) => Cell::Text(count.to_string()),
    };
    vec![
        Cell::Text(events.to_string()),
        told(one.map(|one| format!("{:.3}", seconds(one.time)))),
        told(one.map(|one| format!("{:.2}", rate(one)))),
        told(one.map(|one| format!("{:.0}", one.memory as f64 / 1e6))),
        told(one.map(|one| format!("{:.3}", seconds(one.wall)))),
        told(all.map(|all| format!("{:.3}", seconds(all.wall)))),
        told(
            one.zip(all).map(|(one, all)| format!("{:.2}", seconds(one.wall) / seconds(all.wall))),
        ),
        of("patterns"),
        of("witnessed"),
    ]
}
