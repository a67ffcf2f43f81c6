//! The verbs that write the settings: the commands of `lockgraph`, at the root of the workspace
//! and on the report of the last run. Cargo is asked where these are, and runs nothing.

use std::ffi::OsString;
use std::io::{self, BufWriter, Write as _};
use std::process::ExitCode;

use clap::Parser;

use super::cargo_arguments::CargoArguments;
use super::project::Project;
use super::trouble::Result;
use crate::settings::{Place, Settings, Talk};
use crate::{exit_code, usage};

#[derive(Parser, Debug)]
#[command(name = "cargo-lockgraph", bin_name = "cargo lockgraph", max_term_width = 100)]
struct Line {
    #[command(subcommand)]
    command: Settings,
    /// The project, as for cargo
    #[arg(long, global = true, value_name = "PATH")]
    manifest_path: Option<OsString>,
    /// Where the last run was built, as for cargo
    #[arg(long, global = true, value_name = "DIR")]
    target_dir: Option<OsString>,
    /// As for cargo
    #[arg(long, global = true)]
    locked: bool,
    /// As for cargo
    #[arg(long, global = true)]
    offline: bool,
    /// As for cargo
    #[arg(long, global = true)]
    frozen: bool,
}

impl Line {
    fn place(&self) -> Result<Place> {
        let project = Project::find(&CargoArguments::new(self.for_cargo()))?;
        Ok(Place::new(&project.workspace.root, &project.workspace.target_directory))
    }

    fn for_cargo(&self) -> Vec<OsString> {
        let valued = [("--manifest-path", &self.manifest_path), ("--target-dir", &self.target_dir)];
        let valued = valued.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
        let flags =
            [(self.locked, "--locked"), (self.offline, "--offline"), (self.frozen, "--frozen")];
        let flags = flags.into_iter().filter(|(is_set, _)| *is_set);
        let flags = flags.map(|(_, flag)| OsString::from(flag));
        valued.flat_map(|(name, value)| [name.into(), value]).chain(flags).collect()
    }
}

/// Does what the arguments say, which follow `cargo lockgraph`.
pub(crate) fn run(arguments: Vec<OsString>) -> Result<ExitCode> {
    let program = [OsString::from("cargo lockgraph")];
    let line = match Line::try_parse_from(program.into_iter().chain(arguments)) {
        Ok(line) => line,
        Err(error) => return Ok(usage(&error)),
    };
    let place = line.place()?;
    let mut out = BufWriter::new(io::stdout().lock());
    let input = &mut io::stdin().lock();
    let talk = &mut Talk { input, out: &mut out };
    let result = crate::settings::run(&line.command, &place, talk);
    Ok(exit_code(result.and_then(|outcome| out.flush().map(|()| outcome))))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn what_is_cargos_goes_to_cargo() {
        let line = "cargo lockgraph|prune|--offline|--manifest-path|a|--dry-run|--target-dir|b";
        let line = Line::try_parse_from(line.split('|')).unwrap();
        let want = ["--manifest-path", "a", "--target-dir", "b", "--offline"];
        assert_eq!(line.for_cargo(), want.map(OsString::from));
    }

    #[test]
    fn the_options_make_sense() {
        Line::command().debug_assert();
        for verb in Line::command().get_subcommands() {
            assert!(super::super::options::writes_settings(verb.get_name().as_ref()));
        }
    }
}
