//! lock_api with its locks announced to the detector: the seam.

use std::path::{Path, PathBuf};

use super::trouble::Result;

/// The file that is compiled instead of `source`, the first file of lock_api `version`; `None` if
/// this version is not known. What is written goes below `into`.
pub(crate) fn substitute(into: &Path, version: &str, source: &Path) -> Result<Option<PathBuf>> {
    let _ = (into, version, source);
    Ok(None)
}
