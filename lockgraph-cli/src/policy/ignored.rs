//! Which files belong to crates that are ignored.
//!
//! A file is called by its path from the root of the workspace, or from the directory of the
//! package (`tokio-1.54.1/src/loom/std/mutex.rs`). So what lies in the workspace is asked for its
//! package, which is a look at the disk for each directory, once; the rest is told by its name.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

/// The crates, and where the workspace is.
#[derive(Clone, Default, Debug)]
pub(super) struct Ignored {
    /// With `_` for `-`: as crates are called in code.
    crates: BTreeSet<String>,
    root: PathBuf,
    /// The packages of directories that were asked for.
    packages: RefCell<HashMap<PathBuf, Option<String>>>,
}

impl Ignored {
    pub(super) fn new(root: &Path, crates: impl IntoIterator<Item = String>) -> Ignored {
        let crates = crates.into_iter().map(|name| in_code(&name)).collect();
        Ignored { crates, root: root.to_owned(), packages: RefCell::default() }
    }

    pub(super) fn has(&self, file: &str) -> bool {
        if self.crates.is_empty() {
            return false;
        }
        let file = Path::new(file);
        let is_here = self.root.join(file).is_file();
        let package = if is_here { self.package_above(file) } else { dependency(file) };
        package.is_some_and(|package| self.crates.contains(&in_code(&package)))
    }

    /// The package that a file belongs to: the nearest above it.
    fn package_above(&self, file: &Path) -> Option<String> {
        let directory = file.parent()?;
        if let Some(known) = self.packages.borrow().get(directory) {
            return known.clone();
        }
        let package = directory.ancestors().find_map(|above| package(&self.root.join(above)));
        self.packages.borrow_mut().insert(directory.to_owned(), package.clone());
        package
    }
}

/// The name of the package in a directory.
fn package(directory: &Path) -> Option<String> {
    let manifest = fs::read_to_string(directory.join("Cargo.toml")).ok()?;
    let manifest: toml::Table = toml::from_str(&manifest).ok()?;
    Some(manifest.get("package")?.get("name")?.as_str()?.to_owned())
}

/// The package of a file that cargo or rustup keeps: `NAME-VERSION/..`. In a checkout of git and in
/// the standard library, the directory that has the sources, or else the repository.
fn dependency(file: &Path) -> Option<String> {
    let parts: Vec<&str> = file.iter().filter_map(|part| part.to_str()).collect();
    let (first, rest) = parts.split_first()?;
    let directory = || {
        let sources = rest.iter().position(|part| *part == "src")?;
        rest.get(sources.checked_sub(1)?).copied()
    };
    let repository = || first.rsplit_once('-').map(|(name, _commit)| name);
    without_version(first).or_else(directory).or_else(repository).map(str::to_owned)
}

/// `tokio` of `tokio-1.54.1`. Names may have dashes with digits behind, versions too.
fn without_version(directory: &str) -> Option<&str> {
    let mut dashes = directory.match_indices('-').map(|(at, _)| at);
    dashes.find(|at| is_version(&directory[at + 1..])).map(|at| &directory[..at])
}

fn is_version(text: &str) -> bool {
    let numbers = text.split(['-', '+']).next().unwrap_or(text);
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    numbers.split('.').count() == 3 && numbers.split('.').all(is_number)
}

fn in_code(name: &str) -> String {
    name.replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependencies_are_told_by_their_names() {
        for (file, package) in [
            ("tokio-1.54.1/src/loom/std/mutex.rs", Some("tokio")),
            ("crossbeam-channel-0.5.15/src/lib.rs", Some("crossbeam-channel")),
            ("a-1-2.0.0/src/lib.rs", Some("a-1")),
            ("a-1.0.0-rc.1+b-2.0.0/src/lib.rs", Some("a")),
            ("tokio-c0ffee/tokio-util/src/lib.rs", Some("tokio-util")),
            ("dep-c0ffee/src/lib.rs", Some("dep")),
            ("library/std/src/sync/mutex.rs", Some("std")),
            ("src/lib.rs", None),
            ("", None),
        ] {
            assert_eq!(dependency(Path::new(file)).as_deref(), package, "{file}");
        }
    }

    #[test]
    fn files_of_the_workspace_belong_to_the_package_above_them() {
        let directory = tempfile::tempdir().unwrap();
        for (package, name) in [("", "root"), ("the-bank", "bank-core"), ("vendor/x", "x")] {
            let path = directory.path().join(package);
            fs::create_dir_all(path.join("src/deep")).unwrap();
            fs::write(path.join("src/deep/a.rs"), "").unwrap();
            fs::write(path.join("Cargo.toml"), format!("[package]\nname = \"{name}\"\n")).unwrap();
        }
        let crates = ["bank_core", "x", "tokio"].map(str::to_owned);
        let ignored = Ignored::new(directory.path(), crates);
        for (file, want) in [
            ("the-bank/src/deep/a.rs", true),
            ("vendor/x/src/deep/a.rs", true),
            ("src/deep/a.rs", false),
            ("tokio-1.54.1/src/lib.rs", true),
            ("tokio-util-0.7.0/src/lib.rs", false),
            ("the-bank/src/gone.rs", false),
        ] {
            assert_eq!(ignored.has(file), want, "{file}");
            assert_eq!(ignored.has(file), want, "{file}, asked again");
        }
        let absolute = directory.path().join("vendor/x/src/deep/a.rs");
        assert!(ignored.has(absolute.to_str().unwrap()));
        let nobody = Ignored::new(directory.path(), []);
        assert!(!nobody.has("tokio-1.54.1/src/lib.rs"));
    }
}
