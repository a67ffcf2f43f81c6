//! Crates that are compiled from other sources than cargo names: lock_api, so that parking_lot,
//! dashmap and all else that is built on it are watched, and lockgraph, so that locks of ours that
//! a project uses by name report to the same runtime.
//!
//! The rewritten copy of lock_api is made when it is first compiled, in a directory named by the
//! contents of the original, and renamed into place when it is complete. Its `lib.rs` includes the
//! files of the original as bytes, never used, so that cargo sees when they change.
//!
//! A lock_api that cannot be rewritten is compiled as it is. That is kept in a note, which every
//! run tells until it is no longer so.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::facade::Facade;
use super::invocation::Invocation;
use super::layout::Layout;
use super::lock_api::{self, RawModule};
use super::trouble::{Result, Trouble};

/// The file that is compiled instead of the crate's own.
pub(crate) fn substitute(
    layout: &Layout,
    facade: &Facade,
    invocation: &Invocation,
) -> Result<Option<PathBuf>> {
    let Some(source) = invocation.source() else { return Ok(None) };
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    if invocation.is_library("lock_api") {
        let source = Path::new(&invocation.expanded[source]);
        let source = std::path::absolute(source).map_err(Trouble::at("find", source))?;
        return lock_api(layout, &version, &source);
    }
    let is_ours = invocation.is_library("lockgraph") && version == env!("CARGO_PKG_VERSION");
    Ok(Some(facade.shim()).filter(|shim| is_ours && shim.exists()))
}

/// What is told after a run: what could not be watched, and why.
pub(crate) fn notes(layout: &Layout) -> Vec<String> {
    let entries = fs::read_dir(layout.unwatched()).into_iter().flatten().flatten();
    entries.filter_map(|entry| fs::read_to_string(entry.path()).ok()).collect()
}

fn lock_api(layout: &Layout, version: &str, source: &Path) -> Result<Option<PathBuf>> {
    let Some(directory) = source.parent() else { return Ok(None) };
    let name = format!("lock_api-{version}");
    let note = layout.unwatched().join(&name);
    match rewritten(layout, &name, directory) {
        Ok(copy) => {
            let _ = fs::remove_file(&note);
            Ok(Some(copy.join(source.file_name().unwrap_or_default())))
        }
        Err(Trouble(reason)) => {
            note_down(&note, &name, &reason)?;
            Ok(None)
        }
    }
}

/// Notes that the rewritten lock_api which was compiled last does not compile.
pub(crate) fn does_not_compile(layout: &Layout) -> Result<()> {
    let name = format!("lock_api-{}", std::env::var("CARGO_PKG_VERSION").unwrap_or_default());
    let reason = "its rewritten copy does not compile with this compiler";
    note_down(&layout.unwatched().join(&name), &name, reason)
}

fn note_down(note: &Path, name: &str, reason: &str) -> Result<()> {
    let text = format!(
        "the locks of {name} (parking_lot and others) were not watched: {reason}; another version \
         of lockgraph may know this one"
    );
    if let Some(directory) = note.parent() {
        fs::create_dir_all(directory).map_err(Trouble::at("create", directory))?;
    }
    fs::write(note, text).map_err(Trouble::at("write", note))
}

/// The directory with the rewritten sources of `directory`, made now if there is none.
fn rewritten(layout: &Layout, name: &str, directory: &Path) -> Result<PathBuf> {
    let files = files(directory)?;
    let place = layout.rewritten().join(format!("{:016x}", key(directory, &files)));
    let below = Path::new(name).join("src");
    let copy = place.join(&below);
    if place.exists() {
        return Ok(copy);
    }
    let raw = raw_module()?;
    let fresh = place.with_extension(std::process::id().to_string());
    let into = fresh.join(&below);
    fs::create_dir_all(&into).map_err(Trouble::at("create", &into))?;
    let made = lock_api::rewrite(directory, &into, &raw)
        .map_err(|error| Trouble::new(error.to_string()))
        .and_then(|()| include_originals(&into.join("lib.rs"), &files));
    // Another wrapper may have been faster; then there is the same already.
    let renamed = made.map(|()| fs::rename(&fresh, &place).is_ok() || place.exists());
    if !matches!(renamed, Ok(true)) || fresh.exists() {
        let _ = fs::remove_dir_all(&fresh);
    }
    match renamed? {
        true => Ok(copy),
        false => Err(Trouble(format!("{} cannot be written", place.display()))),
    }
}

/// Each file of the original, and what is in it.
type Files = Vec<(PathBuf, Vec<u8>)>;

fn files(directory: &Path) -> Result<Files> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).map_err(Trouble::at("list", directory))? {
        let path = entry.map_err(Trouble::at("list", directory))?.path();
        if path.is_file() {
            let contents = fs::read(&path).map_err(Trouble::at("read", &path))?;
            files.push((path, contents));
        }
    }
    files.sort();
    Ok(files)
}

fn key(directory: &Path, files: &Files) -> u64 {
    let mut hasher = DefaultHasher::new();
    super::wrapper::stamp().hash(&mut hasher);
    directory.hash(&mut hasher);
    files.hash(&mut hasher);
    hasher.finish()
}

fn include_originals(lib: &Path, files: &Files) -> Result<()> {
    let mut text =
        fs::OpenOptions::new().append(true).open(lib).map_err(Trouble::at("write to", lib))?;
    for (path, _) in files {
        writeln!(text, "const _: &[u8] = include_bytes!({path:?});")
            .map_err(Trouble::at("write to", lib))?;
    }
    Ok(())
}

/// The texts of our own that go into the copy.
fn raw_module() -> Result<RawModule<'static>> {
    Ok(RawModule {
        shared: text("lock_api_raw.rs")?,
        added: text("lock_api_raw/added.rs")?,
        hooks_0_4: text("lock_api_raw/hooks_0_4.rs")?,
        hooks_0_5: text("lock_api_raw/hooks_0_5.rs")?,
    })
}

/// A file of the facade's sources.
fn text(path: &str) -> Result<&'static str> {
    let facade = lockgraph::SOURCE.iter().find(|(name, _)| *name == "facade");
    let file = facade.and_then(|(_, directory)| directory.get_file(path));
    file.and_then(include_dir::File::contents_utf8)
        .ok_or_else(|| Trouble(format!("{path} was left out when lockgraph was built")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_rewritten_is_told_and_compiled_as_it_is() {
        let target = tempfile::tempdir().unwrap();
        let layout = Layout::new(target.path());
        let source = target.path().join("lib.rs");
        fs::write(&source, "pub struct Lock;").unwrap();
        assert_eq!(lock_api(&layout, "0.9.0", &source), Ok(None));
        let notes = notes(&layout);
        assert_eq!(notes.len(), 1);
        assert!(notes[0].starts_with("the locks of lock_api-0.9.0 "), "{notes:?}");
    }

    #[test]
    fn every_text_that_goes_into_a_copy_is_carried() {
        let raw = raw_module().unwrap();
        for text in [raw.shared, raw.added, raw.hooks_0_4, raw.hooks_0_5] {
            assert!(text.starts_with("//!"), "{text}");
        }
    }

    #[test]
    fn the_copy_depends_on_the_original() {
        let dir = tempfile::tempdir().unwrap();
        let lib = dir.path().join("lib.rs");
        fs::write(&lib, "mod a;\n").unwrap();
        include_originals(&lib, &vec![("/o/\"x\".rs".into(), Vec::new())]).unwrap();
        assert_eq!(
            fs::read_to_string(&lib).unwrap(),
            "mod a;\nconst _: &[u8] = include_bytes!(\"/o/\\\"x\\\".rs\");\n"
        );
    }
}
