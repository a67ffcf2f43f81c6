//! What ends while it runs: killed by somebody, interrupted, asked to end. The traces are there.

use rustix::process::{Pid, Signal, kill_process};

use super::finding::Wanted;
use super::process::Said;
use super::project::Project;
use super::stuck::LATER;
use super::{Outcome, at};

/// What the tests and the program say when they have taken both orders.
const READY: &str = "waiting";

const COUNTS: &str = "lockgraph: 1 finding: 1 possible (1 process, ";

/// A test that waits for ever.
const TEST: &str = "test --test killed -- --ignored --nocapture";

/// A test process that is killed leaves its trace; the runner's exit code stays.
pub(super) fn killed(stuck: &Project) -> Outcome {
    let mut running = stuck.start(TEST)?;
    running.until(READY)?;
    kill_process(recorded(stuck)?, Signal::KILL).map_err(at("kill the test"))?;
    let said = running.end()?;
    said.expect_code(101)?;
    said.expect_out(&[COUNTS])?;
    found(stuck, &["killed waits"], &said)
}

/// Ctrl-C in a terminal reaches the whole group: the program ends, and the report comes.
pub(super) fn interrupted(stuck: &Project) -> Outcome {
    let mut running = stuck.start("run -- wait")?;
    running.until(READY)?;
    running.signal_group(Signal::INT)?;
    let said = running.end()?;
    said.expect_code(130)?;
    said.expect_error(&[COUNTS])?;
    found(stuck, &["stuck wait"], &said)
}

/// Asked to end alone, `cargo lockgraph` asks everybody it has started: cargo would leave the test
/// running.
pub(super) fn terminated(stuck: &Project) -> Outcome {
    let mut running = stuck.start(TEST)?;
    running.until(READY)?;
    kill_process(running.pid(), Signal::TERM).map_err(at("terminate it"))?;
    let said = running.end()?;
    said.expect_code(143)?;
    said.expect_out(&[COUNTS])?;
    found(stuck, &["killed waits"], &said)
}

fn found(stuck: &Project, seen: &[&str], said: &Said) -> Outcome {
    stuck.report()?.expect(&[Wanted { seen, ..LATER }]).map_err(|wrong| said.wrong(&wrong))
}

/// The process of the one trace that is there, from the name of the file.
fn recorded(stuck: &Project) -> Result<Pid, String> {
    let traces = stuck.traces()?;
    let [trace] = &traces[..] else { return Err(format!("these are not one: {traces:?}")) };
    let name = trace.file_name().unwrap_or_default().to_string_lossy();
    let process = name.split('-').next().and_then(|number| number.parse().ok());
    process.and_then(Pid::from_raw).ok_or_else(|| format!("{name} names no process"))
}
