//! A copy of a project of ours, and `cargo lockgraph` in it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};
use std::{env, fs, io};

use tempfile::TempDir;

use super::finding::Report;
use super::process::{self, Running, Said};
use super::{Outcome, at, tree};

/// The program that is tested.
pub(super) const PROGRAM: &str = env!("CARGO_BIN_EXE_cargo-lockgraph");

/// A project, alive as long as its temporary directory.
pub(super) struct Project {
    /// Of the project's own `Cargo.toml`.
    pub(super) directory: PathBuf,
    /// The target directory.
    pub(super) target: PathBuf,
    home: TempDir,
}

impl Project {
    /// A copy of the projects of these names, side by side, the first being the one that counts,
    /// with a facade that is compiled already.
    pub(super) fn copy(names: &[&str]) -> Result<Project, String> {
        let project = Project::bare(names)?;
        let facade = facade()?;
        let into = project.target.join("lockgraph/facade");
        tree::copy(&facade, &into).map_err(at("copy the facade"))?;
        Ok(project)
    }

    /// The same without the facade.
    pub(super) fn bare(names: &[&str]) -> Result<Project, String> {
        let home = TempDir::new().map_err(at("make a temporary directory"))?;
        let place = home.path().join("a place with spaces");
        for name in names {
            let from = repository().join("fixtures/projects").join(name);
            tree::copy(&from, &place.join(name)).map_err(at("copy the project"))?;
        }
        let directory = place.join(names[0]);
        Ok(Project { directory, target: place.join("built here"), home })
    }

    /// `cargo lockgraph WORDS..`, offline.
    pub(super) fn lockgraph(&self, words: &str) -> Command {
        let mut command = self.command(PROGRAM);
        command.arg("lockgraph");
        let mut words: Vec<&str> = words.split(' ').collect();
        words.insert(1, "--offline");
        command.args(words);
        command
    }

    /// `program` in the project's directory and in an environment that says nothing of our own.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        for (name, _) in env::vars_os().filter(|(name, _)| is_foreign(name)) {
            command.env_remove(name);
        }
        command.env("CARGO_TARGET_DIR", &self.target).current_dir(&self.directory);
        command
    }

    /// Runs `cargo lockgraph WORDS..` to its end.
    pub(super) fn run(&self, words: &str) -> Result<Said, String> {
        process::run(&mut self.lockgraph(words))
    }

    /// Starts it.
    pub(super) fn start(&self, words: &str) -> Result<Running, String> {
        Running::start(&mut self.lockgraph(words))
    }

    /// What the last run found.
    pub(super) fn report(&self) -> Result<Report, String> {
        Report::read(&self.target.join("lockgraph/report.json"))
    }

    /// The traces that are there.
    pub(super) fn traces(&self) -> Result<Vec<PathBuf>, String> {
        tree::files(&self.target.join("lockgraph/traces")).map_err(at("list the traces"))
    }

    /// Writes a file of the project.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<(), String> {
        let path = self.directory.join(name);
        let parent = path.parent().expect("it is in the project");
        fs::create_dir_all(parent).and_then(|()| fs::write(&path, text)).map_err(at(name))
    }

    /// Writes the manifest of a project that depends on this lockgraph, with these features.
    pub(super) fn depend_on_lockgraph(&self, features: &str) -> Outcome {
        let name = self.directory.file_name().unwrap_or_default();
        let lockgraph = repository().join("lockgraph");
        let manifest = format!(
            "[package]\nname = {name:?}\nversion = \"0.1.0\"\nedition = \"2021\"\n\n\
             [dependencies]\nlockgraph = {{ path = {lockgraph:?}, {features} }}\n\n[workspace]\n"
        );
        self.write("Cargo.toml", &manifest)?;
        // The versions that are here, so that nothing is missing offline.
        let versions = self.directory.join("Cargo.lock");
        fs::copy(repository().join("Cargo.lock"), versions).map_err(at("copy Cargo.lock"))?;
        Ok(())
    }

    /// Where nothing of the project is.
    pub(super) fn home(&self) -> &Path {
        self.home.path()
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        // What is write-protected could not be removed.
        let _ = tree::set_read_only(&self.directory, false);
    }
}

/// A project that several trials use, one after the other, so that it is built once. It is made
/// by the first and removed after the last.
#[derive(Clone)]
pub(super) struct Shared {
    names: &'static [&'static str],
    project: Arc<Mutex<Option<Project>>>,
}

impl Shared {
    pub(super) fn new(names: &'static [&'static str]) -> Shared {
        Shared { names, project: Arc::default() }
    }

    /// `test`, to be run on the project.
    pub(super) fn on(
        &self,
        test: fn(&Project) -> Outcome,
    ) -> impl FnOnce() -> Outcome + Send + use<> {
        let shared = self.clone();
        move || shared.with(test)
    }

    pub(super) fn with<R>(
        &self,
        test: impl FnOnce(&Project) -> Result<R, String>,
    ) -> Result<R, String> {
        let mut project = self.project.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if project.is_none() {
            *project = Some(Project::copy(self.names)?);
        }
        test(project.as_ref().expect("it was made above"))
    }
}

/// The checkout of lockgraph.
pub(super) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the package lies in the workspace")
}

/// Cargo tells tests about their own package, users about their habits, and jobs about themselves.
fn is_foreign(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    let is_kept = ["CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"].contains(&&*name);
    let of_tools = ["CARGO", "RUST", "LOCKGRAPH", "NEXTEST", "__CARGO", "GITHUB", "GITLAB", "GIT_"];
    !is_kept && of_tools.iter().any(|prefix| name.starts_with(prefix))
}

/// Facades of older sources that may lie there.
const OLD_FACADES: usize = 8;

/// A directory of facades, with one for this compiler and these sources. It is kept between runs.
fn facade() -> Result<PathBuf, String> {
    static FACADE: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    FACADE.get_or_init(build_facade).clone()
}

/// `show-env` prepares all that a run needs, and runs nothing.
fn build_facade() -> Result<PathBuf, String> {
    let mut project = Project::bare(&["stuck"])?;
    project.target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cargo");
    let facade = project.target.join("lockgraph/facade");
    let count = fs::read_dir(&facade).map_or(0, Iterator::count);
    if count > OLD_FACADES {
        fs::remove_dir_all(&facade).map_err(at("remove old facades"))?;
    }
    project.run("show-env")?.expect_code(0)?;
    Ok(facade)
}

/// Makes `path` a program for `sh`.
///
/// Another process writes it. Had this one ever had it open, so would whoever is being started by
/// another test at that moment, and a program that is open for writing cannot be run.
pub(crate) fn script(path: &Path, text: &str) -> io::Result<()> {
    fs::create_dir_all(path.parent().expect("it is in a directory"))?;
    let write = "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$0\" && chmod 755 \"$0\"";
    let status = Command::new("/bin/sh").arg("-c").arg(write).arg(path).arg(text).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("{status}"))) }
}
