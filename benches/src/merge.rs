//! How fast `lockgraph merge` adds up what a large test suite leaves, and in how much memory.
//!
//! The traces are real: a process for each test (`contestants/suite`), with the environment that
//! nextest gives it, as `cargo lockgraph nextest` leaves them. The reports are those of `lockgraph
//! check` on some of these traces, each copied under the names of other tests. A tenth of each tells
//! whether memory follows what is distinct: it should not be much more for ten times as many.
//!
//! Processor time, wall time and memory as in `predict`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::contestant::{build_binary, build_member};
use crate::cores::Cores;
use crate::machine;
use crate::predict::{self, Taken};
use crate::table::{Cell, Table};

const MANY: usize = 10_000;
/// So many different reports with something in them.
const REPORTS: usize = 40;
/// One test in so many makes a mistake.
const MISTAKEN: usize = 8;

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Traces,
    Reports,
}

const ROWS: [(&str, What, usize); 4] = [
    ("traces-1000", What::Traces, MANY / 10),
    ("traces", What::Traces, MANY),
    ("reports-1000", What::Reports, MANY / 10),
    ("reports", What::Reports, MANY),
];

/// Prints the table: all rows, or those with these names; one round if it should be quick.
pub(crate) fn report(names: &[String], quick: bool) -> Result<()> {
    let known = ROWS.map(|(name, ..)| name);
    if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("no row is called `{name}` here; there are {}", known.join(", "));
    }
    let program = build_binary("lockgraph-cli", "lockgraph")?;
    let suite = build_member("suite", "suite")?;
    let heads = ["", "files", "KB each", "CPU s", "wall s", "all cores", "MB", "findings"];
    let mut table = Table::new(heads);
    for (name, what, count) in ROWS {
        if !names.is_empty() && !names.iter().any(|asked| asked == name) {
            continue;
        }
        let directory = TempDir::new()?;
        match what {
            What::Traces => run_tests(&suite, directory.path(), 0..count, 1)?,
            What::Reports => write_reports(&program, &suite, directory.path(), count)?,
        }
        let row = row(&program, directory.path(), if quick { 1 } else { predict::ROUNDS });
        table.row(name, row.context(name)?);
    }
    println!("{}\n{table}", machine::describe());
    Ok(())
}

fn row(program: &Path, directory: &Path, rounds: usize) -> Result<Vec<Cell>> {
    let arguments = ["merge".into(), directory.as_os_str().to_owned()];
    let best = |cores| predict::best(program, &arguments, cores, rounds);
    let (one, all) = (best(Cores::One)?, best(Cores::All)?);
    let sizes = fs::read_dir(directory)?.map(|entry| Ok(entry?.metadata()?.len()));
    let sizes: Vec<u64> = sizes.collect::<Result<_>>()?;
    let told = |taken: Option<&Taken>, text: &dyn Fn(&Taken) -> String| match taken {
        Some(taken) => Cell::Text(text(taken)),
        None => Cell::Missing("cannot be confined to one processor here"),
    };
    let count = |taken: &Taken| {
        let verdicts = taken.summary["findings"].as_object();
        let counts = verdicts.into_iter().flat_map(|verdicts| verdicts.values());
        counts.filter_map(serde_json::Value::as_u64).sum::<u64>().to_string()
    };
    Ok(vec![
        Cell::Text(sizes.len().to_string()),
        Cell::Text(format!("{:.1}", sizes.iter().sum::<u64>() as f64 / 1e3 / sizes.len() as f64)),
        told(one.as_ref(), &|taken| format!("{:.2}", taken.time.as_secs_f64())),
        told(one.as_ref(), &|taken| format!("{:.2}", taken.wall.as_secs_f64())),
        told(all.as_ref(), &|taken| format!("{:.2}", taken.wall.as_secs_f64())),
        told(all.as_ref(), &|taken| format!("{:.0}", taken.memory as f64 / 1e6)),
        told(all.as_ref(), &count),
    ])
}

/// Leaves a trace for each of these tests, whose numbers are multiplied.
fn run_tests(
    suite: &Path,
    directory: &Path,
    tests: std::ops::Range<usize>,
    factor: usize,
) -> Result<()> {
    let run = |number: usize| -> Result<()> {
        let status = Command::new(suite)
            .arg((number * factor).to_string())
            .env("LOCKGRAPH_TRACE", directory)
            .env("NEXTEST_BINARY_ID", "shop")
            .env("NEXTEST_TEST_NAME", test(number))
            .stderr(Stdio::null())
            .status()
            .context("the suite cannot be started")?;
        ensure!(status.success(), "test {number}: {status}");
        Ok(())
    };
    let workers = thread::available_parallelism()?.get();
    thread::scope(|scope| {
        let part = |at| tests.clone().skip(at).step_by(workers).try_for_each(run);
        let parts: Vec<_> = (0..workers).map(|at| scope.spawn(move || part(at))).collect();
        parts.into_iter().try_for_each(|part| match part.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })
}

fn test(number: usize) -> String {
    format!("tests::errands_{number:05}")
}

/// Writes reports on tests that make mistakes.
fn write_reports(program: &Path, suite: &Path, directory: &Path, count: usize) -> Result<()> {
    let traces = TempDir::new()?;
    run_tests(suite, traces.path(), 0..REPORTS, MISTAKEN)?;
    let mut reports: Vec<String> = Vec::new();
    for trace in fs::read_dir(traces.path())? {
        let output = Command::new(program)
            .args(["check", "--format", "json"])
            .arg(trace?.path())
            .output()?;
        reports.push(String::from_utf8(output.stdout).context("a report is text")?);
    }
    for number in 0..count {
        // Its own test is the one that is named in it.
        let report = &reports[number % REPORTS];
        let mut other = report.clone();
        (0..REPORTS).for_each(|at| other = other.replace(&test(at), &test(number)));
        let path: PathBuf = directory.join(format!("{number:05}.json"));
        fs::write(path, other)?;
    }
    Ok(())
}
