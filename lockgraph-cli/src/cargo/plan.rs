//! The plan: what the wrapper of the compiler needs to know, in a file that the environment names.
//!
//! It is written by `cargo lockgraph` before it runs anything, and read by every call of the
//! wrapper. It also keeps what the environment was, so that `cargo lockgraph` inside a shell that
//! `show-env` has set up finds the user's own settings.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::compiler::Compiler;
use super::layout::Layout;
use super::trouble::{Result, Trouble};

/// The environment variable with the path of the plan.
pub(crate) const VARIABLE: &str = "LOCKGRAPH_WRAP";

/// What the wrapper does.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Plan {
    /// The compiler that was asked already.
    pub(crate) compiler: Compiler,
    /// The wrapper of the user's own.
    pub(crate) rustc_wrapper: Option<PathBuf>,
    /// The rustdoc of the user's own.
    pub(crate) rustdoc: Option<PathBuf>,
    /// What the variables were that we set.
    pub(crate) outer: Vec<(String, Option<String>)>,
}

impl Plan {
    pub(crate) fn read(path: &Path) -> Result<Plan> {
        let text = fs::read(path).map_err(|error| {
            let path = path.display();
            Trouble(format!(
                "cannot read {path}: {error}; run `cargo lockgraph show-env` again for this shell, \
                 or leave it"
            ))
        })?;
        serde_json::from_slice(&text).map_err(|error| {
            let path = path.display();
            Trouble(format!("{path}: {error}; run `cargo lockgraph` again, it writes this file"))
        })
    }

    /// Writes the plan, unless it is there.
    pub(crate) fn write(&self, layout: &Layout) -> Result<()> {
        let path = layout.plan();
        if Plan::read(&path).is_ok_and(|written| written == *self) {
            return Ok(());
        }
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| Trouble(format!("{}: {error}", path.display())))?;
        // Renamed into place, because a wrapper of another run may be reading it.
        let fresh = path.with_extension(std::process::id().to_string());
        fs::write(&fresh, text).map_err(Trouble::at("write", &fresh))?;
        fs::rename(&fresh, &path).map_err(Trouble::at("rename", &fresh))
    }
}
