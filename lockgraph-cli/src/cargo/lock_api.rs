//! A copy of `lock_api`'s sources in which every lock carries a tag and tells the runtime.
//!
//! All locks of `parking_lot`, `dashmap`, `spin` and others are `lock_api`'s types around a raw
//! lock. In the copy, the field with the raw lock has a `Raw` around it, which is ours
//! (`facade/lock_api_raw.rs`), and every use of the field says what it wants of it. So the locks
//! of a project are instrumented without a change to their crates.
//!
//! The edits are found in the syntax tree, not in lines, so that another formatting does not
//! matter; and they add no line, so that places in the copy are places in the original. A source
//! of a shape that is not known is refused, never guessed at. Nothing is written then.
//!
//! Only files are read and written here. Linear in the size of the sources.

mod edit;
mod error;
mod found;
mod shape;
mod structs;
mod walk;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use self::edit::Edits;
use self::error::RewriteError;
use self::found::Found;
use self::shape::Generation;

/// The text of the modules that go into the copy.
pub(super) struct RawModule<'a> {
    /// What is the same for all versions: `facade/lock_api_raw.rs`.
    pub(super) shared: &'a str,
    /// The same for all too: `facade/lock_api_raw/added.rs`.
    pub(super) added: &'a str,
    /// The hooks of 0.4: `facade/lock_api_raw/hooks_0_4.rs`.
    pub(super) hooks_0_4: &'a str,
    /// The hooks of 0.5: `facade/lock_api_raw/hooks_0_5.rs`.
    pub(super) hooks_0_5: &'a str,
}

/// The rewriter itself: a copy that another one has made is not taken.
pub(super) const SELF: [&str; 7] = [
    include_str!("lock_api.rs"),
    include_str!("lock_api/edit.rs"),
    include_str!("lock_api/error.rs"),
    include_str!("lock_api/found.rs"),
    include_str!("lock_api/shape.rs"),
    include_str!("lock_api/structs.rs"),
    include_str!("lock_api/walk.rs"),
];

/// Writes the instrumented copy of `source_dir`, the directory with `lib.rs`, to `into`.
///
/// The last two parts of `into` must be `lock_api-VERSION/src` or `lock_api/src`: that is how the
/// runtime knows places in `lock_api` from those of its users.
pub(super) fn rewrite(
    source_dir: &Path,
    into: &Path,
    raw: &RawModule<'_>,
) -> Result<(), RewriteError> {
    let mut files = Vec::new();
    let mut found = Found::default();
    for path in sources(source_dir)? {
        let text = fs::read_to_string(&path).map_err(|e| RewriteError::file(&path, &e))?;
        let text = rewrite_text(&text, &mut found).map_err(|e| e.in_file(&path))?;
        files.push((into.join(path.file_name().unwrap_or_default()), text));
    }
    let generation = found.complete().map_err(|e| e.in_file(source_dir))?;
    let hooks = match generation {
        Generation::Marker => raw.hooks_0_4,
        Generation::Guard => raw.hooks_0_5,
    };
    files.push((into.join("lockgraph_raw.rs"), raw.shared.to_owned()));
    files.push((into.join("lockgraph_raw/hooks.rs"), hooks.to_owned()));
    files.push((into.join("lockgraph_raw/added.rs"), raw.added.to_owned()));
    let hooks_dir = into.join("lockgraph_raw");
    fs::create_dir_all(&hooks_dir).map_err(|e| RewriteError::file(&hooks_dir, &e))?;
    for (path, text) in files {
        fs::write(&path, text).map_err(|e| RewriteError::file(&path, &e))?;
    }
    Ok(())
}

/// The source files of a crate that has no directories of modules.
fn sources(dir: &Path) -> Result<Vec<PathBuf>, RewriteError> {
    let entries = fs::read_dir(dir).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let mut paths = Vec::new();
    for entry in entries.map_err(|e| RewriteError::file(dir, &e))? {
        let path = entry.path();
        if path.is_dir() {
            return Err(RewriteError::shape("a directory among the sources").in_file(&path));
        }
        if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// The instrumented text of one source file. What is found in it is added to `found`.
fn rewrite_text(text: &str, found: &mut Found) -> Result<String, RewriteError> {
    let file = syn::parse_file(text).map_err(|e| RewriteError::at(e.span(), &e.to_string()))?;
    let mut edits = Edits::default();
    walk::walk(&file, &mut edits, found)?;
    Ok(edits.apply(text))
}

#[cfg(test)]
mod tests;
