//! A copy of lock_api's sources in which every lock tells the runtime: the seam.

use std::fmt;
use std::path::Path;

/// The text of the modules that go into the copy.
#[expect(dead_code, reason = "the seam")]
pub(crate) struct RawModule<'a> {
    /// What is the same for all versions.
    pub(crate) shared: &'a str,
    /// The hooks of 0.4.
    pub(crate) hooks_0_4: &'a str,
    /// The hooks of 0.5.
    pub(crate) hooks_0_5: &'a str,
}

/// Why the sources could not be rewritten.
#[derive(Debug)]
pub(crate) struct RewriteError;

impl fmt::Display for RewriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this lockgraph cannot rewrite lock_api")
    }
}

/// Writes the instrumented copy of `source_dir`, the directory with `lib.rs`, to `into`.
pub(crate) fn rewrite(_: &Path, _: &Path, _: &RawModule<'_>) -> Result<(), RewriteError> {
    Err(RewriteError)
}
