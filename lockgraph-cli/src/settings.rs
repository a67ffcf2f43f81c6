//! The commands that write the settings, for `lockgraph` and for `cargo lockgraph`: `init`,
//! `accept`, `review`, `prune`.
//!
//! They differ only in where the settings and the report of the last run are: at the root of the
//! workspace and in its target directory, or, for `lockgraph`, which knows of no workspace, in the
//! directory it is called in or the nearest one above it that has settings.

use std::env;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};

use clap::Subcommand;

use crate::policy::{FILE, Trouble};
use crate::{Outcome, accept, complain, init, learn, prune, review};

/// The commands.
#[derive(Subcommand, Debug)]
pub(crate) enum Settings {
    /// Write a lockgraph.toml with every setting in a comment
    Init(init::Init),
    /// Let findings pass the gate, for a reason
    Accept(accept::Accept),
    /// Walk through the findings that are not accepted: accept, or leave
    Review(review::Review),
    /// Write the order in which locks are taken to lock-order.json, to be committed
    Learn(learn::Learn),
    /// Remove from the settings what was accepted and is not found any more
    Prune(prune::Prune),
}

/// Where a command finds what it is about, if it is not told.
pub(crate) struct Place {
    /// The directory of the settings.
    pub(crate) root: PathBuf,
    /// The report on the last run.
    pub(crate) report: PathBuf,
}

/// Where answers come from and where questions go.
pub(crate) struct Talk<'a> {
    pub(crate) input: &'a mut dyn BufRead,
    pub(crate) out: &'a mut dyn Write,
}

/// Why a command did not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// To be told, a line each.
    Trouble(String),
    /// There is nobody to tell.
    Output(io::Error),
}

impl Place {
    pub(crate) fn new(root: &Path, target_directory: &Path) -> Place {
        let report = target_directory.join("lockgraph").join("report.json");
        Place { root: root.to_owned(), report }
    }

    /// For who knows of no workspace.
    pub(crate) fn here() -> Place {
        let here = env::current_dir().unwrap_or_default();
        let mut above = here.ancestors().skip(1);
        // In the directory itself a file is called by its name alone.
        let root = match above.find(|directory| directory.join(FILE).is_file()) {
            Some(directory) if !here.join(FILE).is_file() => directory.to_owned(),
            _ => PathBuf::new(),
        };
        Place::new(&root, &root.join("target"))
    }

    pub(crate) fn settings(&self) -> PathBuf {
        self.root.join(FILE)
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Failure {
        Failure::Trouble(trouble.to_string())
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Output(error)
    }
}

impl Failure {
    pub(crate) fn new(what: impl Into<String>) -> Failure {
        Failure::Trouble(what.into())
    }
}

pub(crate) fn run(command: &Settings, place: &Place, talk: &mut Talk<'_>) -> io::Result<Outcome> {
    let done = match command {
        Settings::Init(init) => init::run(init, place, talk.out),
        Settings::Accept(accept) => accept::run(accept, place, talk.out),
        Settings::Review(review) => review::run(review, place, talk),
        Settings::Learn(learn) => learn::run(learn, place, talk.out),
        Settings::Prune(prune) => prune::run(prune, place, talk.out),
    };
    match done {
        Ok(()) => Ok(Outcome::Clean),
        Err(Failure::Trouble(what)) => {
            // What was done before it is told first.
            talk.out.flush()?;
            what.lines().for_each(complain);
            Ok(Outcome::Failure)
        }
        Err(Failure::Output(error)) => Err(error),
    }
}
