//! Which packages a report is for.

use std::path::PathBuf;

/// The packages that a report is for. Empty: not known.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Workspace {
    /// The directory that the compiler runs in for its members.
    pub(crate) root: PathBuf,
    /// The directories of its members.
    pub(crate) members: Vec<PathBuf>,
    /// Where cargo builds.
    pub(crate) target_directory: PathBuf,
}
