//! A test in a process of its own, with a time limit, because it hangs if all is not well: this
//! same binary, told by its environment which case to run.

use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use lockgraph::check::{Options, check};
use lockgraph::finding::{Finding, Verdict};
use lockgraph::trace;

const CASE: &str = "LOCKGRAPH_TEST_CASE";
const LIMIT: Duration = Duration::from_secs(60);

/// A name and what a child does that is told it.
pub(crate) type Case = (&'static str, fn());

/// What became of a child.
pub(crate) struct Ended {
    status: ExitStatus,
    pub(crate) stderr: String,
    /// What its trace comes to, with what cannot deadlock.
    pub(crate) findings: Vec<Finding>,
}

/// Runs the case that this process was told, if it was told one: call it first.
pub(crate) fn is_child(cases: &[Case]) -> bool {
    let Ok(name) = env::var(CASE) else { return false };
    let (_, run) = cases.iter().find(|(case, _)| *case == name).expect("a case of the table");
    run();
    true
}

/// Runs `case` in a child that begins with the test called `test`.
pub(crate) fn run(test: &str, case: &str, environment: &[(&str, &str)]) -> Ended {
    run_until(|_| false, test, case, environment)
}

/// As [`run`], but it may be over earlier, which is asked over and over, with what the child has said on
/// standard error so far.
pub(crate) fn run_until(
    mut is_over: impl FnMut(&str) -> bool,
    test: &str,
    case: &str,
    environment: &[(&str, &str)],
) -> Ended {
    let directory = tempfile::tempdir().expect("a directory");
    // A pipe that nobody reads meanwhile would hold it up when it is full.
    let said = tempfile::NamedTempFile::new().expect("a file");
    let mut child = Command::new(env::current_exe().expect("this binary has a path"))
        .args(["--exact", test, "--nocapture"])
        .env(CASE, case)
        .env("RUST_BACKTRACE", "0")
        .env("LOCKGRAPH_STACKS", "off")
        .env("LOCKGRAPH_TRACE", directory.path())
        .envs(environment.iter().copied())
        .stdout(Stdio::null())
        .stderr(said.reopen().expect("the file is ours"))
        .spawn()
        .expect("this binary runs");
    let stderr = || {
        let bytes = std::fs::read(said.path()).expect("the file is ours");
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let end = Instant::now() + LIMIT;
    while child.try_wait().expect("the child is ours").is_none() {
        if Instant::now() > end || is_over(&stderr()) {
            child.kill().expect("the child is ours");
            break;
        }
        thread::sleep(Duration::from_millis(5));
    }
    let status = child.wait().expect("the child is ours");
    Ended { status, stderr: stderr(), findings: findings(directory.path()) }
}

impl Ended {
    /// Kinds and verdicts of what was found, sorted.
    pub(crate) fn found(&self) -> Vec<(&'static str, Verdict)> {
        let mut found: Vec<_> =
            self.findings.iter().map(|found| (found.kind.name(), found.verdict)).collect();
        found.sort_unstable();
        found
    }

    pub(crate) fn ended_well(&self) -> bool {
        self.status.success()
    }
}

fn findings(directory: &Path) -> Vec<Finding> {
    let files = std::fs::read_dir(directory).expect("the directory is ours");
    let files = files.map(|file| file.expect("it can be listed").path());
    let options = Options { all: true, ..Options::default() };
    let traces = files.map(|file| trace::read(&file).expect("a trace of ours"));
    traces.flat_map(|trace| check(&trace, &options).findings).collect()
}
