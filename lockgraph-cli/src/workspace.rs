//! Which source files are the user's own, and what files are called in a report.
//!
//! The compiler is given a file of the workspace by its path from the root, one of a registry by
//! its absolute path; debug information has absolute paths for both. A report calls both forms by
//! one name: from the root of the workspace, or from the directory of the package
//! (`tokio-1.54.1/src/loom/std/mutex.rs`). So what is found does not depend on where a checkout
//! lies.
//!
//! A file is the workspace's if the nearest package above it is a member of it. So vendored
//! packages and other packages that lie in the workspace are not, nor is what build scripts
//! generate into the target directory. Where its members are not known, all is the user's own
//! but what lies where cargo and rustup put things.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use lockgraph::finding::{Class, Finding, Frame, Lock, Place};
use lockgraph::trace::{Source, Trace};

use crate::names::Outlines;
use crate::source::Sources;

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

/// The files of a report, by their names in it.
#[derive(Default)]
pub(crate) struct Files {
    workspace: Workspace,
    /// The root without symbolic links: what debug information calls it.
    real_root: Option<PathBuf>,
    /// By what the compiler calls it.
    names: RefCell<HashMap<String, String>>,
    /// By the name in the report.
    known: RefCell<HashMap<String, Known>>,
    sources: Sources,
    /// What [`crate::names`] knows of their texts.
    pub(crate) outlines: Outlines,
}

struct Known {
    file: String,
    is_own: bool,
}

impl Workspace {
    /// What a trace tells of the workspace: its root. Nothing where that is no more.
    pub(crate) fn of(trace: &Trace) -> Workspace {
        let Source::Native(process) = &trace.source else { return Workspace::default() };
        let package = process.facts.get("CARGO_MANIFEST_DIR").map(Path::new);
        let mut above = package.into_iter().flat_map(Path::ancestors);
        let root = above.find(|directory| directory.join("Cargo.lock").is_file());
        Workspace { root: root.map(Path::to_owned).unwrap_or_default(), ..Workspace::default() }
    }

    pub(crate) fn is_known(&self) -> bool {
        !self.root.as_os_str().is_empty()
    }

    fn is_own(&self, file: &Path) -> bool {
        if self.members.is_empty() {
            return package_path(file).is_none();
        }
        let file = self.root.join(file);
        if file.starts_with(&self.target_directory) || self.is_runtime(&file) {
            return false;
        }
        let is_member = |directory: &Path| self.members.iter().any(|member| member == directory);
        let mut above = file.ancestors().skip(1);
        match above.find(|directory| directory.join("Cargo.toml").is_file()) {
            // The root of a workspace is no member if it has no package.
            Some(package) => is_member(package) || package == self.root,
            None => file.ancestors().any(is_member),
        }
    }

    /// Whether it is a file of the instrumented standard library, which is called as if it lay in
    /// the workspace. There is a lock made, for all that is known, if its constructor is called
    /// through a pointer (`Lazy::new(Mutex::default)`).
    fn is_runtime(&self, file: &Path) -> bool {
        file.starts_with(self.root.join("lockgraph/src")) && !file.is_file()
    }

    fn name(&self, file: &Path) -> String {
        let from_root = self.is_known().then(|| file.strip_prefix(&self.root).ok()).flatten();
        let name = from_root.map(Path::to_path_buf).or_else(|| package_path(file));
        name.as_deref().unwrap_or(file).to_string_lossy().into_owned()
    }
}

impl Files {
    pub(crate) fn of(workspace: &Workspace) -> Files {
        let sources = Sources::of(&workspace.root);
        let real_root = workspace.root.canonicalize().ok();
        Files { workspace: workspace.clone(), real_root, sources, ..Files::default() }
    }

    /// The root of the workspace, if somebody has said where it is.
    pub(crate) fn root(&self) -> Option<&Path> {
        self.workspace.is_known().then_some(self.workspace.root.as_path())
    }

    /// Whether a place, with its name in the report, is known to be in no file of the workspace.
    pub(crate) fn is_elsewhere(&self, place: &Place) -> bool {
        let known = self.known.borrow();
        let Some(Known { file, .. }) = known.get(&place.file) else { return false };
        let file = collapsed(Path::new(file));
        package_path(&file).is_some()
            || match self.root() {
                Some(root) => !self.as_named(root.join(file)).starts_with(root),
                None => file.is_absolute(),
            }
    }

    /// Gives every file in a finding the name that it has in the report.
    pub(crate) fn rename(&self, finding: &mut Finding) {
        let mut rename = |place: &mut Place| place.file = self.name(&place.file);
        crate::places::each(finding, &mut rename);
        if let Some(witness) = &mut finding.witness {
            crate::places::each_in_schedule(witness, &mut rename);
        }
    }

    /// The same for a place that is in no finding.
    pub(crate) fn rename_place(&self, place: &mut Place) {
        place.file = self.name(&place.file);
    }

    /// A place with the file as a report names it.
    pub(crate) fn renamed_place(&self, place: &Place) -> Place {
        let mut place = place.clone();
        self.rename_place(&mut place);
        place
    }

    /// A lock with the file of its class as a report names it.
    pub(crate) fn renamed_lock(&self, lock: &Lock) -> Lock {
        let mut lock = lock.clone();
        if let Class::Made(place) | Class::FirstTaken(place) = &mut lock.class {
            self.rename_place(place);
        }
        lock
    }

    /// The same for a stack of the making of a lock.
    pub(crate) fn rename_frames(&self, frames: &mut [Frame]) {
        for place in frames.iter_mut().filter_map(|frame| frame.place.as_mut()) {
            place.file = self.name(&place.file);
        }
    }

    fn name(&self, file: &str) -> String {
        let mut names = self.names.borrow_mut();
        if let Some(name) = names.get(file) {
            return name.clone();
        }
        let path = self.as_named(collapsed(Path::new(file)));
        let name = self.workspace.name(&path);
        let is_own = self.workspace.is_own(&path);
        let known = || Known { file: file.to_string(), is_own };
        self.known.borrow_mut().entry(name.clone()).or_insert_with(known);
        names.insert(file.to_string(), name.clone());
        name
    }

    /// The path as the workspace has it, which may have been named by a symbolic link.
    fn as_named(&self, path: PathBuf) -> PathBuf {
        let below = self.real_root.as_ref().and_then(|root| path.strip_prefix(root).ok());
        below.map(|below| self.workspace.root.join(below)).unwrap_or(path)
    }

    /// Whether a place, with its name in the report, is in the user's own code.
    pub(crate) fn is_own(&self, place: &Place) -> bool {
        self.is_own_file(&place.file)
    }

    /// The same as far as the name tells, for a place of a report that was made elsewhere: packages
    /// of registries have their version in it.
    pub(crate) fn seems_own(&self, place: &Place) -> bool {
        if self.known.borrow().contains_key(&place.file) {
            return self.is_own(place);
        }
        let first = place.file.split(['/', '\\']).next().unwrap_or_default();
        let version = first.rsplit_once('-').map_or("", |(_, version)| version);
        let has_version =
            version.contains('.') && version.starts_with(|it: char| it.is_ascii_digit());
        !has_version && first != "library"
    }

    /// The same for a file.
    pub(crate) fn is_own_file(&self, name: &str) -> bool {
        self.known.borrow().get(name).is_some_and(|known| known.is_own)
    }

    /// Whether a place, as the compiler calls it, is known to be in the user's own code: the file
    /// is there. Those of our runtime have names that could be anybody's.
    pub(crate) fn is_own_source(&self, place: &Place) -> bool {
        let file = collapsed(Path::new(&place.file));
        self.workspace.is_known()
            && self.workspace.is_own(&file)
            && self.workspace.root.join(file).is_file()
    }

    /// The text of a file, by its name in the report.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match self.known.borrow().get(name) {
            Some(known) => self.sources.text(&known.file),
            None => self.sources.text(name),
        }
    }

    /// The files of which `is_it` is so, by their names in the report.
    pub(crate) fn names_like(&self, is_it: &dyn Fn(&str) -> bool) -> Vec<String> {
        let known: Vec<String> = self.known.borrow().keys().cloned().collect();
        known.into_iter().filter(|name| is_it(name)).collect()
    }
}

/// A file below the places where cargo and rustup keep sources, from its package on.
fn package_path(file: &Path) -> Option<PathBuf> {
    let parts: Vec<&str> = file.iter().filter_map(|part| part.to_str()).collect();
    let after = |marks: &[&str], skip: usize| {
        let at = parts.windows(marks.len()).position(|window| window == marks)?;
        parts.get(at + marks.len() + skip..).filter(|rest| rest.len() > 1)
    };
    if let Some(rest) = after(&["registry", "src"], 1) {
        return Some(rest.iter().collect());
    }
    // NAME-HASH/COMMIT/...
    if let Some([repository, commit, rest @ ..]) = after(&["git", "checkouts"], 0) {
        let name = repository.rsplit_once('-').map_or(*repository, |(name, _)| name);
        return Some(Path::new(&format!("{name}-{commit}")).join(rest.iter().collect::<PathBuf>()));
    }
    let library = after(&["rustlib", "src", "rust"], 0);
    let rustc = after(&["rustc"], 1).filter(|_| file.starts_with("/rustc"));
    rustc.or(library).map(|rest| rest.iter().collect())
}

/// `a/../b` is `b`: a module with a `#[path]` is named the long way.
pub(crate) fn collapsed(file: &Path) -> PathBuf {
    let mut path = PathBuf::new();
    for part in file.components() {
        let leaves = part == Component::ParentDir
            && matches!(path.components().next_back(), Some(Component::Normal(_)));
        if leaves {
            path.pop();
        } else if part != Component::CurDir {
            path.push(part);
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A virtual workspace with a member, a vendored package and a checkout of cargo's in it.
    fn workspace() -> (tempfile::TempDir, Workspace) {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        for package in ["", "bank", "vendor/dep", ".cargo/registry/src/index/dep-1.0.0"] {
            fs::create_dir_all(root.join(package)).unwrap();
            fs::write(root.join(package).join("Cargo.toml"), "").unwrap();
        }
        fs::create_dir_all(root.join("bank/src")).unwrap();
        fs::write(root.join("bank/src/pool.rs"), "the pool").unwrap();
        let (members, target_directory) = (vec![root.join("bank")], root.join("target"));
        (directory, Workspace { root, members, target_directory })
    }

    #[test]
    fn a_file_has_one_name_and_one_owner() {
        let (_directory, workspace) = workspace();
        let root = workspace.root.display().to_string();
        let files = Files::of(&workspace);
        for (file, name, is_own) in [
            ("bank/src/pool.rs", "bank/src/pool.rs", true),
            ("ROOT/bank/src/pool.rs", "bank/src/pool.rs", true),
            ("ROOT/bank/src/../../shared/a.rs", "shared/a.rs", true),
            ("bank/./src/pool.rs", "bank/src/pool.rs", true),
            ("lockgraph/src/raw.rs", "lockgraph/src/raw.rs", false),
            ("vendor/dep/src/lib.rs", "vendor/dep/src/lib.rs", false),
            (
                "ROOT/target/debug/build/bank-1/out/a.rs",
                "target/debug/build/bank-1/out/a.rs",
                false,
            ),
            (
                "ROOT/.cargo/registry/src/index/dep-1.0.0/src/lib.rs",
                ".cargo/registry/src/index/dep-1.0.0/src/lib.rs",
                false,
            ),
            ("/h/.cargo/registry/src/index/dep-1.0.0/src/lib.rs", "dep-1.0.0/src/lib.rs", false),
            ("/h/.cargo/git/checkouts/dep-0a1b/c0ffee/src/lib.rs", "dep-c0ffee/src/lib.rs", false),
            ("/rustc/0a1b/library/std/src/lib.rs", "library/std/src/lib.rs", false),
            ("/elsewhere/src/lib.rs", "/elsewhere/src/lib.rs", false),
        ] {
            let file = file.replace("ROOT", &root);
            let got = files.name(&file);
            assert_eq!(got, name);
            let place = Place { file: got, line: 1, column: 1 };
            assert_eq!(files.is_own(&place), is_own, "{file}");
            let is_there = name == "bank/src/pool.rs";
            assert_eq!(files.is_own_source(&Place { file, ..place }), is_own && is_there);
        }
        assert_eq!(files.text("bank/src/pool.rs").as_deref(), Some("the pool"));
    }

    #[cfg(unix)]
    #[test]
    fn a_workspace_may_be_named_by_a_symbolic_link() {
        let (directory, real) = workspace();
        let link = directory.path().join("link");
        std::os::unix::fs::symlink(&real.root, &link).unwrap();
        let (members, target_directory) = (vec![link.join("bank")], link.join("target"));
        let files = Files::of(&Workspace { root: link, members, target_directory });
        let file = files.name(&real.root.join("bank/src/pool.rs").display().to_string());
        assert_eq!(file, "bank/src/pool.rs");
        assert!(files.is_own(&Place { file, line: 1, column: 1 }));
    }

    #[test]
    fn of_a_report_that_was_made_elsewhere_names_tell() {
        let files = Files::default();
        for (file, want) in [
            ("src/pool.rs", true),
            ("bank-core/src/lib.rs", true),
            ("tokio-1.54.1/src/lib.rs", false),
            ("library/std/src/sync/mutex.rs", false),
            ("/elsewhere/src/lib.rs", true),
        ] {
            let place = Place { file: file.into(), line: 1, column: 1 };
            assert_eq!(files.seems_own(&place), want, "{file}");
        }
    }

    #[test]
    fn where_no_workspace_is_known_all_is_own_but_what_cargo_keeps() {
        let files = Files::default();
        for (file, name, is_own) in [
            ("src/pool.rs", "src/pool.rs", true),
            ("/home/me/src/pool.rs", "/home/me/src/pool.rs", true),
            ("/h/.cargo/registry/src/index/dep-1.0.0/src/lib.rs", "dep-1.0.0/src/lib.rs", false),
        ] {
            let place = Place { file: files.name(file), line: 1, column: 1 };
            assert_eq!((place.file.as_str(), files.is_own(&place)), (name, is_own));
            assert!(!files.is_own_source(&Place { file: file.into(), ..place }));
        }
    }
}
