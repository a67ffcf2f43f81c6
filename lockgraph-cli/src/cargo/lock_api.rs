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
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};
use std::process;

use self::edit::Edits;
use self::found::Found;
use self::shape::Generation;

use self::error::RewriteError;
use super::trouble::{Result, Trouble};

/// The text of the modules that go into the copy.
#[derive(Hash)]
struct RawModule<'a> {
    /// What is the same for all versions: `facade/lock_api_raw.rs`.
    shared: &'a str,
    /// The hooks of 0.4: `facade/lock_api_raw/hooks_0_4.rs`.
    hooks_0_4: &'a str,
    /// The hooks of 0.5: `facade/lock_api_raw/hooks_0_5.rs`.
    hooks_0_5: &'a str,
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

/// The file that is compiled instead of `source`, the first file of lock_api `version`; `None` if
/// this version is not known. What is written goes below `into`.
///
/// A copy is complete when it is there: it is written elsewhere and renamed.
pub(crate) fn substitute(into: &Path, version: &str, source: &Path) -> Result<Option<PathBuf>> {
    if !["0.4.", "0.5."].iter().any(|known| version.starts_with(known)) {
        return Ok(None);
    }
    let dir = source.parent().unwrap_or(Path::new("."));
    let raw = raw_module()?;
    let key = match key(dir, &raw) {
        Ok(key) => key,
        Err(error) => return Ok(refused(version, &error)),
    };
    let sources = Path::new(&format!("lock_api-{version}")).join("src");
    let copy = into.join(format!("{key:016x}"));
    if !copy.exists() {
        let fresh = into.join(format!("{key:016x}.{}", process::id()));
        if let Err(error) = rewrite(dir, &fresh.join(&sources), &raw) {
            return Ok(refused(version, &error));
        }
        // Another wrapper may have been faster: its copy is the same.
        if let Err(error) = fs::rename(&fresh, &copy) {
            let _ = fs::remove_dir_all(&fresh);
            if !copy.exists() {
                return Err(Trouble::at("rename", &fresh)(error));
            }
        }
    }
    Ok(Some(copy.join(sources).join("lib.rs")))
}

/// Tells that the locks of a version of `lock_api` go unseen. Cargo asks once for each build of it.
fn refused(version: &str, error: &RewriteError) -> Option<PathBuf> {
    eprintln!(
        "warning: lockgraph does not know this lock_api {version}, and will not see the locks that \
         are made of it (parking_lot, dashmap, ..): {error}; a newer lockgraph may know it"
    );
    None
}

/// What is in the copy, as a number: the sources, what goes into them, and how.
fn key(dir: &Path, raw: &RawModule<'_>) -> Result<u64, RewriteError> {
    let mut hasher = DefaultHasher::new();
    (SELF, raw).hash(&mut hasher);
    for path in sources(dir)? {
        path.file_name().hash(&mut hasher);
        fs::read(&path).map_err(|e| RewriteError::file(&path, &e))?.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

/// The modules, as this program carries them.
fn raw_module() -> Result<RawModule<'static>> {
    let text = |name: &str| {
        let mut directories = lockgraph::SOURCE.iter();
        let (_, facade) = directories.find(|(directory, _)| *directory == "facade")?;
        facade.get_file(name)?.contents_utf8()
    };
    let text =
        |name| text(name).ok_or_else(|| Trouble(format!("{name} was left out of lockgraph")));
    Ok(RawModule {
        shared: text("lock_api_raw.rs")?,
        hooks_0_4: text("lock_api_raw/hooks_0_4.rs")?,
        hooks_0_5: text("lock_api_raw/hooks_0_5.rs")?,
    })
}

/// Writes the instrumented copy of `source_dir`, the directory with `lib.rs`, to `into`.
///
/// The last two parts of `into` must be `lock_api-VERSION/src` or `lock_api/src`: that is how the
/// runtime knows places in `lock_api` from those of its users.
fn rewrite(source_dir: &Path, into: &Path, raw: &RawModule<'_>) -> Result<(), RewriteError> {
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
