//! What went wrong, and where.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use proc_macro2::Span;

/// Why the sources of `lock_api` could not be rewritten.
#[derive(Debug)]
pub(in crate::cargo) struct RewriteError {
    file: PathBuf,
    /// Line and column, from 1.
    position: Option<(usize, usize)>,
    reason: String,
}

impl RewriteError {
    /// A file could not be read or written.
    pub(super) fn file(path: &Path, error: &io::Error) -> RewriteError {
        RewriteError { file: path.to_owned(), position: None, reason: error.to_string() }
    }

    /// The sources as a whole have a shape that is not known.
    pub(super) fn shape(reason: impl Into<String>) -> RewriteError {
        RewriteError { file: PathBuf::new(), position: None, reason: reason.into() }
    }

    /// There is something unknown at `span`.
    pub(super) fn at(span: Span, reason: &str) -> RewriteError {
        let start = span.start();
        RewriteError {
            file: PathBuf::new(),
            position: Some((start.line, start.column + 1)),
            reason: reason.to_owned(),
        }
    }

    /// The same in `file`.
    pub(super) fn in_file(self, file: &Path) -> RewriteError {
        RewriteError { file: file.to_owned(), ..self }
    }
}

impl fmt::Display for RewriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some((line, column)) = self.position {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.reason)
    }
}

impl Error for RewriteError {}
