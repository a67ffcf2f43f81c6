//! The command lines of lockgraph: `lockgraph` reads traces and says what is in them, and
//! `cargo lockgraph` has any project leave some. Two programs and one library, which is no API.
//!
//! Every command is a function that prints to a writer and returns an [`Outcome`]; only this file
//! turns outcomes into exit codes.
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | nothing was found; or nobody read the output to its end |
//! | 1 | something was found, or is different |
//! | 2 | bad arguments, a trace that could not be read in full, or output that could not be written |

mod accept;
mod args;
mod baseline;
mod cargo;
mod check;
mod contention;
mod demo;
mod diff;
mod dump;
mod explain;
mod gate;
mod graph;
mod init;
mod input;
mod lanes;
mod learn;
mod load;
mod merge;
mod names;
mod order;
mod output;
mod own;
mod places;
mod policy;
mod print;
mod progress;
mod prune;
mod recorded;
mod report_file;
mod review;
mod seen;
mod settings;
mod show;
mod source;
mod standstill;
mod symbols;
mod view;
mod witness;
mod workspace;

// The demo runs the programs that the examples are made of.
#[path = "../../fixtures/bank.rs"]
#[expect(dead_code, reason = "its main is for the example")]
mod bank;
#[path = "../../fixtures/philosophers.rs"]
#[expect(dead_code, reason = "its main is for the example")]
mod philosophers;

#[cfg(test)]
mod staged;

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use clap::Parser as _;

use args::{Arguments, Command};
use settings::{Place, Talk};

/// What a command came to, best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Outcome {
    Clean,
    Findings,
    /// Something could not be read. What could be was reported all the same.
    Failure,
}

/// The program `lockgraph`.
pub fn lockgraph() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let mut out = BufWriter::new(io::stdout().lock());
    let result = run(&arguments, &mut out);
    exit_code(result.and_then(|outcome| out.flush().map(|()| outcome)))
}

/// The program `cargo-lockgraph`, which cargo runs for `cargo lockgraph`.
pub fn cargo_lockgraph() -> ExitCode {
    cargo::main()
}

fn run(arguments: &Arguments, out: &mut dyn Write) -> io::Result<Outcome> {
    let style = arguments.style();
    match &arguments.command {
        Command::Check(check) => check::run(check, style, out),
        Command::Merge(merge) => merge::command::run(merge, style, out),
        Command::Diff(diff) => diff::run(diff, style, out),
        Command::Show(show) => show::run(show, style, out),
        Command::Graph(graph) => {
            output::document(graph.output.as_deref(), out, &mut |out| graph::run(graph, out))
        }
        Command::View(view) => view::run(view, out),
        Command::Dump(dump) => {
            output::document(dump.output.as_deref(), out, &mut |out| dump::run(dump, out))
        }
        Command::Explain(explain) => explain::run(explain, style, out),
        Command::Demo(demo) => demo::run(demo, style, out),
        Command::Settings(command) => {
            let input = &mut io::stdin().lock();
            settings::run(command, &Place::here(), &mut Talk { input, out })
        }
    }
}

fn exit_code(result: io::Result<Outcome>) -> ExitCode {
    match result {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::Findings) => ExitCode::from(1),
        Ok(Outcome::Failure) => ExitCode::from(2),
        // `lockgraph check run.lgt | head` has seen what it wanted.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("cannot write the output: {error}"));
            ExitCode::from(2)
        }
    }
}

/// Help and version go to standard output, all else to standard error.
fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

/// A line on standard error. If that is closed, there is nobody to tell.
fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "lockgraph: {}", lockgraph::explain::escaped(text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes() {
        let broken = || Err(io::ErrorKind::BrokenPipe.into());
        let full = || Err(io::ErrorKind::StorageFull.into());
        for (result, want) in [
            (Ok(Outcome::Clean), 0),
            (Ok(Outcome::Findings), 1),
            (Ok(Outcome::Failure), 2),
            (broken(), 0),
            (full(), 2),
        ] {
            assert_eq!(exit_code(result), ExitCode::from(want));
        }
    }
}
