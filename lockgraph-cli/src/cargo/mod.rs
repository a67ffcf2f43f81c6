//! `cargo lockgraph`: has cargo build and run a project against locks that are watched, and
//! reports on what they saw.
//!
//! One program in three roles, told apart by the environment and the first argument. Each ends in
//! [`main`], the only place that makes exit codes.
//!
//! | role | called by | what it does |
//! |---|---|---|
//! | the subcommand | cargo, for `cargo lockgraph VERB` | prepares, runs cargo, reports |
//! | `RUSTC_WRAPPER` | that cargo, for every crate | compiles it against the facade |
//! | `RUSTDOC` | that cargo, for doctests | the same |
//!
//! | file | what is in it |
//! |---|---|
//! | `options`, `cargo_arguments` | whose arguments are whose |
//! | `project`, `layout`, `compiler` | where things are, which tools |
//! | `facade`, `substitute`, `lock_api` | what is compiled in place of what |
//! | `plan`, `wrapper`, `invocation` | the wrapper |
//! | `environment`, `runner`, `signals` | running cargo |
//! | `report` | what it came to |
//! | `settings` | the verbs that write lockgraph.toml |

mod cargo_arguments;
mod compiler;
mod environment;
mod exec;
mod facade;
mod invocation;
mod layout;
mod lock_api;
mod options;
mod plan;
mod project;
mod report;
mod runner;
mod settings;
mod signals;
mod substitute;
mod trouble;
mod verbs;
mod wrapper;

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use options::{Verb, writes_settings};
use plan::Plan;
use trouble::{Result, Trouble};

/// The program `cargo-lockgraph`.
pub(crate) fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1).collect();
    let plan = env::var_os(plan::VARIABLE).filter(|plan| !plan.is_empty()).map(PathBuf::from);
    let result = match role(plan.as_deref(), &mut arguments) {
        Role::Rustc(plan) => wrapper::rustc(plan, arguments),
        Role::Rustdoc(plan) => wrapper::rustdoc(plan, arguments),
        Role::Again(plan) => again(plan, &arguments),
        Role::Subcommand => verbs::run(arguments),
    };
    result.unwrap_or_else(|trouble| {
        trouble.to_string().lines().for_each(crate::complain);
        ExitCode::from(2)
    })
}

/// What this process is for.
#[derive(PartialEq, Eq, Debug)]
enum Role<'a> {
    Subcommand,
    /// The subcommand, called where an environment of ours is set.
    Again(&'a Path),
    Rustc(&'a Path),
    Rustdoc(&'a Path),
}

/// Which role this is. Takes the word by which cargo calls a subcommand out of `arguments`.
fn role<'a>(plan: Option<&'a Path>, arguments: &mut Vec<OsString>) -> Role<'a> {
    let is_called_by_cargo = arguments.first().is_some_and(|first| first == "lockgraph");
    if is_called_by_cargo {
        arguments.remove(0);
    }
    let Some(plan) = plan else { return Role::Subcommand };
    let Some(first) = arguments.first().filter(|_| !is_called_by_cargo) else {
        return Role::Again(plan);
    };
    match first.as_encoded_bytes().first() {
        // Cargo gives rustdoc options, or a file with options; the wrapper, a program.
        Some(b'-' | b'@') => Role::Rustdoc(plan),
        _ if Verb::from_name(first).is_some() || writes_settings(first) => Role::Again(plan),
        _ => Role::Rustc(plan),
    }
}

/// Runs this program again as it would be without the environment of ours, which names a target
/// directory and a wrapper that are not the user's.
fn again(plan: &Path, arguments: &[OsString]) -> Result<ExitCode> {
    let program = this_program()?;
    let mut command = Command::new(program);
    command.arg("lockgraph").args(arguments);
    match Plan::read(plan) {
        Ok(plan) => environment::restore(&mut command, &plan.outer),
        // It has been removed since (`clean`), and with it what the variables were.
        Err(_) => environment::leave(&mut command, plan),
    }
    exec::replace(without_plan(command))
}

fn without_plan(mut command: Command) -> Command {
    command.env_remove(plan::VARIABLE);
    command
}

fn this_program() -> Result<PathBuf> {
    env::current_exe().map_err(|error| Trouble(format!("cannot find this program: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_role_is_told_by_environment_and_first_argument() {
        let plan = Path::new("/t/plan.json");
        for (has_plan, line, want, rest) in [
            (false, "lockgraph test -v", Role::Subcommand, "test -v"),
            (false, "test -v", Role::Subcommand, "test -v"),
            (true, "lockgraph report", Role::Again(plan), "report"),
            (true, "report", Role::Again(plan), "report"),
            (true, "review", Role::Again(plan), "review"),
            (true, "/t/bin/rustc -vV", Role::Rustc(plan), "/t/bin/rustc -vV"),
            (true, "--crate-name a", Role::Rustdoc(plan), "--crate-name a"),
            (true, "@file", Role::Rustdoc(plan), "@file"),
        ] {
            let mut arguments = line.split(' ').map(OsString::from).collect();
            assert_eq!(role(has_plan.then_some(plan), &mut arguments), want, "{line}");
            assert_eq!(arguments, rest.split(' ').map(OsString::from).collect::<Vec<_>>());
        }
    }
}
