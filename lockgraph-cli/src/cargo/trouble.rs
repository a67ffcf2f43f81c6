//! What keeps us from doing our work: told on standard error, with a remedy, and exit code 2.

use std::fmt;
use std::io;
use std::path::Path;

/// Why there is no result: what is wrong, where, and what to do about it.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Trouble(pub(crate) String);

/// A result, or our own trouble.
pub(crate) type Result<T, E = Trouble> = std::result::Result<T, E>;

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Trouble {
    pub(crate) fn new(what: impl Into<String>) -> Trouble {
        Trouble(what.into())
    }

    /// For `map_err`: what was tried with a file.
    pub(crate) fn at<'a>(what: &'a str, path: &'a Path) -> impl FnOnce(io::Error) -> Trouble + 'a {
        move |error| Trouble(format!("cannot {what} {}: {error}", path.display()))
    }
}
