//! A compiler, as far as it matters which one it is.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde::{Deserialize, Serialize};

use super::trouble::{Result, Trouble};

/// A rustc that was asked for its version.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Compiler {
    /// As it is called.
    pub(crate) program: PathBuf,
    /// Where its libraries and tools are.
    pub(crate) sysroot: PathBuf,
    /// What it says to `-vV`.
    pub(crate) version: String,
    /// `RUSTUP_TOOLCHAIN` when it was asked: under rustup, `rustc` may be any.
    toolchain: Option<String>,
}

impl Compiler {
    /// Asks `program`.
    pub(crate) fn ask(program: &Path) -> Result<Compiler> {
        let version = said(program, &["-vV"])?;
        let sysroot = said(program, &["--print", "sysroot"])?.trim_end().into();
        Ok(Compiler { program: program.to_owned(), sysroot, version, toolchain: toolchain() })
    }

    /// Whether `program` is this compiler, as far as can be told without asking it.
    pub(crate) fn is(&self, program: &OsStr) -> bool {
        let own =
            self.sysroot.join("bin").join("rustc").with_extension(std::env::consts::EXE_EXTENSION);
        own == program || (self.program == program && self.toolchain == toolchain())
    }

    /// `1.95.0 (59807616e 2026-04-14)`
    pub(crate) fn release(&self) -> &str {
        let line = self.version.lines().next().unwrap_or_default();
        line.strip_prefix("rustc ").unwrap_or(line)
    }

    /// The target that it compiles for if it is not told another one.
    pub(crate) fn host(&self) -> &str {
        self.version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default()
    }
}

fn toolchain() -> Option<String> {
    std::env::var("RUSTUP_TOOLCHAIN").ok()
}

fn said(program: &Path, arguments: &[&str]) -> Result<String> {
    let name = program.display();
    let output = Command::new(program).args(arguments).output();
    let output: Output = output.map_err(|error| {
        Trouble(format!("cannot run {name}: {error}; is a Rust toolchain installed?"))
    })?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        let arguments = arguments.join(" ");
        return Err(Trouble(format!("`{name} {arguments}` failed: {}", complaint.trim_end())));
    }
    String::from_utf8(output.stdout)
        .map_err(|_| Trouble(format!("`{name} {}` printed what is no text", arguments.join(" "))))
}
