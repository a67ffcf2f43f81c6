//! The facade: a crate named `std` whose locks and threads are ours, and all else the original's.
//!
//! It is compiled from sources that this program carries, once for each compiler and target, and
//! kept. Two calls of rustc: the runtime, which is the library lockgraph with optimisation
//! whatever the user's profile, and over it the facade proper.
//!
//! A build goes to a temporary directory and is renamed when it is complete; a file lock keeps
//! wrappers that run at the same time from doing it twice. What is there is complete.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::compiler::Compiler;
use super::layout::Layout;
use super::trouble::{Result, Trouble};

/// A facade that is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Facade {
    /// For `-L dependency=`.
    pub(crate) directory: PathBuf,
}

/// Of the oldest rustc that the sources are for.
const OLDEST: &str = env!("CARGO_PKG_RUST_VERSION");

const RUNTIME: &str = "libstd-lockgraph_rt.rlib";
const FACADE: &str = "libstd-lockgraph.rlib";

impl Facade {
    /// For `--extern std=`.
    pub(crate) fn std(&self) -> PathBuf {
        self.directory.join(FACADE)
    }

    /// For `--extern lockgraph_rt=`.
    pub(crate) fn runtime(&self) -> PathBuf {
        self.directory.join(RUNTIME)
    }

    /// What is compiled in place of the crate `lockgraph`.
    pub(crate) fn shim(&self) -> PathBuf {
        self.directory.join("facade").join("shim.rs")
    }

    /// The facade for `compiler` and `target`, built now if there is none. `tell` is called before
    /// it is built.
    pub(crate) fn get(
        layout: &Layout,
        compiler: &Compiler,
        target: Option<&OsStr>,
        tell: impl FnOnce(),
    ) -> Result<Facade> {
        let facades = layout.facades();
        let key = key(compiler, target);
        let facade = Facade { directory: facades.join(&key) };
        if facade.directory.exists() {
            return Ok(facade);
        }
        fs::create_dir_all(&facades).map_err(Trouble::at("create", &facades))?;
        let lock = facades.join(format!("{key}.lock"));
        let file = File::create(&lock).map_err(Trouble::at("create", &lock))?;
        file.lock().map_err(Trouble::at("lock", &lock))?;
        if !facade.directory.exists() {
            tell();
            build(&facade, compiler, target)?;
        }
        Ok(facade)
    }
}

/// What the facade is made of.
pub(crate) fn sources_hash() -> u64 {
    let mut hasher = DefaultHasher::new();
    for (name, directory) in &lockgraph::SOURCE {
        name.hash(&mut hasher);
        hash_files(directory, &mut hasher);
    }
    hasher.finish()
}

fn hash_files(directory: &include_dir::Dir<'_>, hasher: &mut DefaultHasher) {
    for file in directory.files() {
        file.path().hash(hasher);
        file.contents().hash(hasher);
    }
    directory.dirs().for_each(|directory| hash_files(directory, hasher));
}

/// The compiler by what it says of itself, the target by its name, and by its text if it is a file.
fn key(compiler: &Compiler, target: Option<&OsStr>) -> String {
    let target = target.unwrap_or(OsStr::new(compiler.host()));
    let mut hasher = DefaultHasher::new();
    compiler.version.hash(&mut hasher);
    target.hash(&mut hasher);
    fs::read(target).ok().hash(&mut hasher);
    sources_hash().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn build(facade: &Facade, compiler: &Compiler, target: Option<&OsStr>) -> Result<()> {
    let directory = facade.directory.with_extension(std::process::id().to_string());
    let result = build_in(&directory, compiler, target).and_then(|()| {
        fs::rename(&directory, &facade.directory).map_err(Trouble::at("rename", &directory))
    });
    if result.is_err() {
        // The first error counts.
        let _ = fs::remove_dir_all(&directory);
    }
    result
}

fn build_in(directory: &Path, compiler: &Compiler, target: Option<&OsStr>) -> Result<()> {
    for (name, files) in &lockgraph::SOURCE {
        let into = directory.join(name);
        fs::create_dir_all(&into).map_err(Trouble::at("create", &into))?;
        files.extract(&into).map_err(Trouble::at("write to", &into))?;
    }
    run(runtime_command(directory, compiler, target), compiler)?;
    run(facade_command(directory, compiler, target), compiler)?;
    let sources = directory.join("src");
    fs::remove_dir_all(&sources).map_err(Trouble::at("remove", &sources))
}

fn runtime_command(directory: &Path, compiler: &Compiler, target: Option<&OsStr>) -> Command {
    let mut command = rustc(directory, compiler, target);
    // It is compiled with whatever compiler the user has, and is of a piece with its library.
    command.env("RUSTC_BOOTSTRAP", "1");
    command.args(["-C", "metadata=lockgraph-rt", "-C", "force-frame-pointers=yes"]);
    command.args([
        "--cfg",
        "lockgraph_facade",
        "--cfg",
        "lockgraph_origins",
        "--cfg",
        "feature=\"instrument\"",
    ]);
    command.arg("-o").arg(directory.join(RUNTIME)).arg(directory.join("src").join("lib.rs"));
    command
}

fn facade_command(directory: &Path, compiler: &Compiler, target: Option<&OsStr>) -> Command {
    let mut command = rustc(directory, compiler, target);
    command.args(["-C", "metadata=lockgraph-std"]);
    command.arg("--extern").arg(joined("lockgraph_rt=", &directory.join(RUNTIME)));
    command.arg("-L").arg(joined("dependency=", directory));
    command.arg("-o").arg(directory.join(FACADE)).arg(directory.join("facade").join("std.rs"));
    command
}

/// What both calls have in common.
fn rustc(directory: &Path, compiler: &Compiler, target: Option<&OsStr>) -> Command {
    let mut command = Command::new(&compiler.program);
    command.args(["--edition", "2024", "--crate-type", "rlib", "--crate-name", "std"]);
    command.args(["-C", "opt-level=3", "-C", "debuginfo=0", "--cap-lints", "allow"]);
    let mut prefix = joined("", directory);
    prefix.push("=lockgraph");
    command.arg("--remap-path-prefix").arg(prefix);
    if let Some(target) = target {
        command.arg("--target").arg(target);
    }
    command
}

/// `prefix` and a path in one argument.
pub(crate) fn joined(prefix: &str, path: &Path) -> OsString {
    let mut argument = OsString::from(prefix);
    argument.push(path);
    argument
}

fn run(mut command: Command, compiler: &Compiler) -> Result<()> {
    let program = &compiler.program;
    let output = command.output().map_err(Trouble::at("run", program))?;
    if output.status.success() {
        return Ok(());
    }
    Err(failure(compiler, &String::from_utf8_lossy(&output.stderr)))
}

/// Lines of the compiler's complaint that are shown.
const SHOWN: usize = 12;

fn failure(compiler: &Compiler, complaint: &str) -> Trouble {
    let lines: Vec<&str> = complaint.lines().take(SHOWN).collect();
    let (release, own) = (compiler.release(), env!("CARGO_PKG_VERSION"));
    let remedy = if complaint.contains("target may not be installed") {
        "install the target with `rustup target add`"
    } else {
        "update the toolchain (rustup update), choose another (cargo +stable lockgraph ..), or, if \
         rustc is newer than this lockgraph, update lockgraph"
    };
    Trouble(format!(
        "{}\nrustc {release} cannot compile the instrumented standard library of lockgraph {own}, \
         which is made for rustc {OLDEST} and newer: {remedy}",
        lines.join("\n"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiler(version: &str) -> Compiler {
        serde_json::from_value(serde_json::json!({
            "program": "rustc", "sysroot": "/s", "version": version, "toolchain": null,
        }))
        .unwrap()
    }

    #[test]
    fn every_compiler_and_target_has_a_facade_of_its_own() {
        let host = "x86_64-unknown-linux-gnu";
        let (old, new) = ("rustc 1.95.0\nhost: x86_64-unknown-linux-gnu\n", "rustc 1.96.0\n");
        let of = |version, target: Option<&str>| key(&compiler(version), target.map(OsStr::new));
        assert_eq!(of(old, None), of(old, Some(host)));
        assert_ne!(of(old, None), of(new, Some(host)));
        assert_ne!(of(old, None), of(old, Some("wasm32-wasip1")));
    }

    #[test]
    fn a_failure_names_versions_and_remedy() {
        for (complaint, want) in [
            ("error[E0599]: no method", "(rustup update)"),
            ("error[E0463]\n= note: the `x` target may not be installed", "`rustup target add`"),
        ] {
            let text = failure(&compiler("rustc 1.80.0 (abc 2024-07-21)\n"), complaint).to_string();
            assert!(text.starts_with(complaint), "{text}");
            assert!(text.contains("rustc 1.80.0 (abc 2024-07-21) cannot compile"), "{text}");
            assert!(text.contains(want), "{text}");
        }
    }
}
