//! Runs cargo, hands signals on to it, and waits for it.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::cargo_arguments::takes_value;
use super::options::Verb;
use super::project::{Project, not_found};
use super::trouble::{Result, Trouble};
use super::{environment, exec, signals};
use crate::output::Outputs;

/// The environment variable with the directory whose traces are being written: what runs inside
/// must not wait for the end of that.
pub(crate) const INSIDE: &str = "LOCKGRAPH_INSIDE";

/// What cargo is called with: `passed` are its own arguments as the user gave them.
pub(crate) fn arguments(verb: Verb, passed: &[OsString]) -> Vec<OsString> {
    let mut passed = passed.to_vec();
    let mut arguments = vec![OsString::from(verb.name())];
    if verb == Verb::Nextest {
        // Options may stand before the verb, but not all of them are nextest's own there.
        let at = nextest_verb(&passed);
        arguments.push(at.map_or_else(|| "run".into(), |at| passed.remove(at)));
    }
    arguments.extend(passed);
    arguments
}

/// Where nextest is told what to do. `cargo lockgraph nextest` is `cargo nextest run`.
fn nextest_verb(passed: &[OsString]) -> Option<usize> {
    let verbs = ["run", "r", "list", "archive", "bench", "debug"];
    let mut at = 0;
    while passed.get(at)?.as_encoded_bytes().starts_with(b"-") {
        if passed[at] == "--" {
            return None;
        }
        at += if takes_value(&passed[at]) { 2 } else { 1 };
    }
    verbs.iter().any(|verb| passed[at] == *verb).then_some(at)
}

/// Runs cargo to its end, and returns its exit code.
pub(crate) fn run(
    project: &Project,
    outputs: &Outputs,
    variables: &[environment::Variable],
    arguments: &[OsString],
) -> Result<u8> {
    let cargo = &project.tools.cargo;
    let mut command = Command::new(cargo);
    command.args(arguments).envs(variables.iter().cloned());
    command.env(INSIDE, project.layout.root());
    if outputs.is_for_programs() {
        // Standard output is for the report alone.
        command.stdout(Stdio::from(io::stderr()));
    }
    let signals = signals::watch()?;
    let mut child = command.spawn().map_err(|error| not_found(cargo, &error))?;
    signals.hand_on_to(child.id());
    let result = child.wait();
    signals.stop();
    let status = result.map_err(Trouble::at("wait for", &PathBuf::from(cargo)))?;
    Ok(exec::code(status))
}

/// Nextest is no part of cargo.
pub(crate) fn require_nextest(cargo: &OsStr) -> Result<()> {
    let output = Command::new(cargo).args(["nextest", "--version"]).output();
    let output = output.map_err(|error| not_found(cargo, &error))?;
    if output.status.success() {
        return Ok(());
    }
    let what = "cargo nextest is not installed: `cargo install --locked cargo-nextest`, or use \
                `cargo lockgraph test`";
    Err(Trouble::new(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nextest_runs_unless_told_otherwise() {
        for (verb, passed, want) in [
            (Verb::Nextest, "-p a", "nextest run -p a"),
            (Verb::Nextest, "run -p a", "nextest run -p a"),
            (Verb::Nextest, "list", "nextest list"),
            (Verb::Nextest, "--offline run x", "nextest run --offline x"),
            (Verb::Nextest, "--manifest-path a list", "nextest list --manifest-path a"),
            (Verb::Nextest, "-p run", "nextest run -p run"),
            (Verb::Nextest, "x run", "nextest run x run"),
            (Verb::Nextest, "-- run", "nextest run -- run"),
            (Verb::Test, "run", "test run"),
            (Verb::Run, "-- run", "run -- run"),
        ] {
            let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
            assert_eq!(arguments(verb, &words(passed)), words(want));
        }
    }
}
