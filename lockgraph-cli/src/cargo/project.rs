//! The project: where it is, what belongs to it, and which tools its user has chosen.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_config2::{Config, de};
use cargo_metadata::{Metadata, MetadataCommand};

use super::cargo_arguments::CargoArguments;
use super::compiler::Compiler;
use super::layout::Layout;
use super::trouble::{Result, Trouble};
use crate::workspace::Workspace;

/// A workspace and the tools for it.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) workspace: Workspace,
    pub(crate) layout: Layout,
    pub(crate) tools: Tools,
    /// Whether cargo was told to put what it does not hand out elsewhere than in the target
    /// directory.
    pub(crate) has_build_directory: bool,
}

/// What the environment and cargo's configuration name.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Tools {
    pub(crate) cargo: OsString,
    pub(crate) rustc: PathBuf,
    pub(crate) rustc_wrapper: Option<PathBuf>,
    pub(crate) rustdoc: Option<PathBuf>,
}

impl Project {
    /// Finds the project that cargo would find with these arguments.
    pub(crate) fn find(arguments: &CargoArguments) -> Result<Project> {
        let tools = Tools::find(arguments)?;
        let metadata = metadata(&tools.cargo, arguments)?;
        let target_directory = match &arguments.target_dir {
            Some(directory) => std::path::absolute(directory)
                .map_err(Trouble::at("find the target directory", directory))?,
            None => metadata.target_directory.clone().into_std_path_buf(),
        };
        let has_build_directory = metadata
            .build_directory
            .as_ref()
            .is_some_and(|directory| *directory != metadata.target_directory);
        Ok(Project {
            layout: Layout::new(&target_directory),
            workspace: Workspace {
                root: metadata.workspace_root.clone().into_std_path_buf(),
                members: members(&metadata),
                target_directory,
            },
            tools,
            has_build_directory,
        })
    }

    /// The compiler that cargo will call.
    pub(crate) fn compiler(&self) -> Result<Compiler> {
        Compiler::ask(&self.tools.rustc)
    }
}

fn members(metadata: &Metadata) -> Vec<PathBuf> {
    let packages = metadata.workspace_packages();
    let directories = packages.iter().filter_map(|package| package.manifest_path.parent());
    directories.map(|directory| directory.as_std_path().to_owned()).collect()
}

/// Asks cargo, without a look at the dependencies, so that `Cargo.lock` stays as it is.
fn metadata(cargo: &OsStr, arguments: &CargoArguments) -> Result<Metadata> {
    let mut command = Command::new(cargo);
    command.args(["metadata", "--no-deps", "--format-version", "1"]).args(&arguments.metadata);
    // Cargo says what is wrong with a manifest better than we could.
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| not_found(cargo, &error))?;
    if !output.status.success() {
        return Err(Trouble::new("cargo metadata failed; nothing was built or run"));
    }
    MetadataCommand::parse(String::from_utf8_lossy(&output.stdout))
        .map_err(|error| Trouble(format!("cannot read what cargo metadata printed: {error}")))
}

/// Cargo itself could not be run.
pub(crate) fn not_found(cargo: &OsStr, error: &io::Error) -> Trouble {
    let cargo = cargo.display();
    Trouble(format!("cannot run {cargo}: {error}; is cargo installed, and on the path?"))
}

impl Tools {
    fn find(arguments: &CargoArguments) -> Result<Tools> {
        let config = Config::load()
            .map_err(|error| Trouble(format!("cannot read cargo's configuration: {error}")))?;
        let given = given(arguments);
        let choose = |variable: &str, key: Key, configured: &Option<PathBuf>| {
            let is_set = env::var_os(variable).is_some_and(|value| !value.is_empty());
            let given = given.iter().rev().find_map(key).filter(|_| !is_set);
            given.or_else(|| configured.clone())
        };
        let build = &config.build;
        // The last of `WRAPPER WRAPPER RUSTC`.
        let calls = config.rustc();
        let plain = calls.args.last().map_or_else(|| calls.path.clone(), PathBuf::from);
        let rustc = choose("RUSTC", |build| tool(build.rustc.as_ref()), &Some(plain.clone()));
        Ok(Tools {
            cargo: config.cargo().to_owned(),
            rustc: rustc.unwrap_or(plain),
            rustc_wrapper: wrapper(&choose(
                "RUSTC_WRAPPER",
                |build| tool(build.rustc_wrapper.as_ref()),
                &build.rustc_wrapper,
            )),
            rustdoc: choose("RUSTDOC", |build| tool(build.rustdoc.as_ref()), &build.rustdoc),
        })
    }
}

type Key = fn(&de::BuildConfig) -> Option<PathBuf>;

/// An empty wrapper is none: `RUSTC_WRAPPER=` switches off one that is configured.
fn wrapper(configured: &Option<PathBuf>) -> Option<PathBuf> {
    let is_off = env::var_os("RUSTC_WRAPPER").is_some_and(|value| value.is_empty());
    configured.clone().filter(|path| !is_off && !path.as_os_str().is_empty())
}

/// The `build` tables of every `--config`, a text or a file.
fn given(arguments: &CargoArguments) -> Vec<de::BuildConfig> {
    let parsed = arguments.config.iter().filter_map(|config| {
        if Path::new(config).is_file() {
            return de::Config::load_file(config).ok();
        }
        toml::from_str::<de::Config>(config.to_str()?).ok()
    });
    parsed.map(|config| config.build).collect()
}

/// A path with a separator is one from the current directory, a name one to look for.
fn tool(value: Option<&de::Value<String>>) -> Option<PathBuf> {
    let path = Path::new(&value?.val);
    if path.components().count() < 2 {
        return Some(path.to_owned());
    }
    std::path::absolute(path).ok()
}
