//! A program in a process of its own, recorded in full: this same binary, told by its environment
//! which case to run.

use std::process::{Command, Stdio};
use std::{env, fs};

use lockgraph::trace::{self, Trace};

const CASE: &str = "LOCKGRAPH_TEST_CASE";

/// The case that this process was told to run, if it was told one.
pub(crate) fn case() -> Option<String> {
    env::var(CASE).ok()
}

/// Runs a case of the test called `test` in a child; returns its trace.
pub(crate) fn trace_of(test: &str, case: &str) -> Trace {
    let directory = tempfile::tempdir().expect("a directory");
    let output = Command::new(env::current_exe().expect("this binary has a path"))
        .args(["--exact", test, "--nocapture"])
        .env(CASE, case)
        .env("LOCKGRAPH_TRACE", directory.path())
        .env("LOCKGRAPH_LEVEL", "full")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .expect("this binary runs");
    assert!(output.status.success(), "{case}: {}", String::from_utf8_lossy(&output.stderr));
    let mut files = fs::read_dir(directory.path()).expect("the directory is ours");
    let file = files.next().expect("there is a trace").expect("it can be listed").path();
    trace::read(&file).unwrap_or_else(|error| panic!("{case}: {error}"))
}
