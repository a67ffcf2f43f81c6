//! Runs cargo, hands signals on to it, and waits for it.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::options::Verb;
use super::project::Project;
use super::trouble::{Result, Trouble};
use super::{environment, exec, signals, stall};
use crate::args::Format;

use super::options::Options;

/// What cargo is called with: `passed` are its own arguments as the user gave them.
pub(crate) fn arguments(verb: Verb, passed: &[OsString]) -> Vec<OsString> {
    let mut arguments = vec![OsString::from(verb.name())];
    // `cargo lockgraph nextest` is `cargo nextest run`; another verb of nextest stands first.
    let verbs = ["run", "r", "list", "archive", "bench", "debug"];
    let has_verb = passed.first().is_some_and(|first| verbs.iter().any(|verb| first == *verb));
    if verb == Verb::Nextest && !has_verb {
        arguments.push("run".into());
    }
    arguments.extend(passed.iter().cloned());
    arguments
}

/// Runs cargo to its end, and returns its exit code.
pub(crate) fn run(
    project: &Project,
    options: &Options,
    variables: &[environment::Variable],
    arguments: &[OsString],
) -> Result<u8> {
    let cargo = &project.tools.cargo;
    let mut command = Command::new(cargo);
    command.args(arguments).envs(variables.iter().cloned());
    if options.format == Format::Json {
        // Standard output is for the report alone.
        command.stdout(Stdio::from(io::stderr()));
    }
    let signals = signals::watch()?;
    let child = command.spawn().map_err(|error| not_found(cargo, &error))?;
    signals.hand_on_to(child.id());
    let result = stall::watch(&project.layout.traces(), options.stall_after, || wait(child));
    signals.stop();
    let status = result.map_err(Trouble::at("wait for", &PathBuf::from(cargo)))?;
    Ok(exec::code(status))
}

fn wait(mut child: Child) -> io::Result<std::process::ExitStatus> {
    child.wait()
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

fn not_found(cargo: &OsStr, error: &io::Error) -> Trouble {
    let cargo = cargo.display();
    Trouble(format!("cannot run {cargo}: {error}; is cargo installed, and on the path?"))
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
            (Verb::Test, "run", "test run"),
            (Verb::Run, "-- run", "run -- run"),
        ] {
            let words = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
            assert_eq!(arguments(verb, &words(passed)), words(want));
        }
    }
}
