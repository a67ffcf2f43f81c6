//! Where a finding is, for machines that show files of a repository: by its path from the root of
//! the repository, which may lie above the workspace.
//!
//! What lies elsewhere, as the sources of dependencies do, has no such path. Its place is told in
//! words, and never as a file of the repository.

use std::fmt::Write as _;
use std::path::{Component, Path};

use lockgraph::finding::{Blocks, Finding, Held, Place, Step};

use crate::check::Checked;
use crate::places::origin;
use crate::workspace::Files;

/// The files of a report as its repository has them.
pub(crate) struct Whereabouts<'a> {
    files: &'a Files,
    /// From the root of the repository to that of the workspace; empty if they are one.
    prefix: String,
}

impl<'a> Whereabouts<'a> {
    pub(crate) fn of(checked: &'a Checked) -> Whereabouts<'a> {
        let files = &checked.files;
        Whereabouts { files, prefix: files.root().map(prefix).unwrap_or_default() }
    }

    /// The path of a file from the root of the repository, with slashes, if it lies there.
    pub(crate) fn path(&self, place: &Place) -> Option<String> {
        let path = Path::new(&place.file);
        let is_below = path.components().all(|part| matches!(part, Component::Normal(_)));
        let is_there = !place.file.is_empty() && is_below && !self.files.is_elsewhere(place);
        is_there.then(|| format!("{}{}", self.prefix, slashed(&place.file)))
    }

    /// The same as a part of a URI.
    pub(crate) fn uri(&self, place: &Place) -> Option<String> {
        self.path(place).map(|path| percent_encoded(&path))
    }

    /// The place that a finding is shown at: the first that is the user's own, of those where a
    /// thread wants something, then of all; else the first of all.
    pub(crate) fn main<'f>(&self, finding: &'f Finding) -> Option<&'f Place> {
        let places = places(finding);
        let own = places.iter().find(|place| self.files.is_own(place));
        let here = || places.iter().find(|place| self.path(place).is_some());
        own.or_else(here).or_else(|| places.first()).copied()
    }
}

/// Every place of a finding once, the most telling first.
pub(crate) fn places(finding: &Finding) -> Vec<&Place> {
    let steps = &finding.steps;
    let sites = steps.iter().filter_map(|step| step.site.as_ref());
    let held = steps.iter().filter_map(|step| held(step)?.site.as_ref());
    let frames = steps.iter().flat_map(|step| &step.stack);
    let frames = frames.filter_map(|frame| frame.place.as_ref());
    let made = finding.locks().into_iter().filter_map(|lock| origin(&lock.class));
    let mut places: Vec<&Place> = Vec::new();
    for place in sites.chain(held).chain(frames).chain(made) {
        if place.line > 0 && !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// What a step holds that is in the way.
pub(crate) fn held(step: &Step) -> Option<&Held> {
    match &step.blocks {
        Blocks::Holds(held) | Blocks::LeftBehind(held) => Some(held),
        _ => None,
    }
}

/// `crates/app/` where the workspace lies so deep in its repository.
fn prefix(workspace: &Path) -> String {
    let repository = workspace.ancestors().find(|directory| directory.join(".git").exists());
    let below = repository.and_then(|root| workspace.strip_prefix(root).ok());
    let below = below.map(|below| slashed(&below.to_string_lossy())).unwrap_or_default();
    if below.is_empty() { below } else { below + "/" }
}

fn slashed(path: &str) -> String {
    if cfg!(windows) { path.replace('\\', "/") } else { path.to_string() }
}

/// Everything but letters, digits, slashes and four more, as RFC 3986 has it.
fn percent_encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::staged;
    use crate::workspace::Workspace;

    #[test]
    fn paths_lead_from_the_root_of_the_repository() {
        let directory = tempfile::tempdir().unwrap();
        let repository = directory.path().canonicalize().unwrap();
        let root = repository.join("a b/app");
        fs::create_dir_all(repository.join(".git")).unwrap();
        fs::create_dir_all(&root).unwrap();
        let workspace =
            Workspace { members: vec![root.clone()], root: root.clone(), ..Workspace::default() };
        let checked = Checked { files: Files::of(&workspace), ..Checked::default() };
        let whereabouts = Whereabouts::of(&checked);
        let root = root.to_string_lossy();
        for (file, path, uri) in [
            ("src/a.rs", Some("a b/app/src/a.rs"), Some("a%20b/app/src/a.rs")),
            ("ROOT/src/ä.rs", Some("a b/app/src/ä.rs"), Some("a%20b/app/src/%C3%A4.rs")),
            ("/h/.cargo/registry/src/index/dep-1.0.0/src/lib.rs", None, None),
            ("/rustc/0a1b/library/std/src/lib.rs", None, None),
            ("/elsewhere/src/lib.rs", None, None),
            ("../beside.rs", None, None),
            ("", None, None),
        ] {
            let mut place = staged::place(&file.replace("ROOT", &root), 1, 1);
            checked.files.rename_place(&mut place);
            assert_eq!(whereabouts.path(&place).as_deref(), path, "{file}");
            assert_eq!(whereabouts.uri(&place).as_deref(), uri, "{file}");
        }
        let unheard_of = staged::place("src/never-renamed.rs", 1, 1);
        assert_eq!(whereabouts.path(&unheard_of).as_deref(), Some("a b/app/src/never-renamed.rs"));
    }

    #[test]
    fn a_finding_is_shown_where_the_user_can_do_something() {
        let workspace =
            Workspace { root: "/w".into(), members: vec!["/w".into()], ..Workspace::default() };
        let checked = Checked { files: Files::of(&workspace), ..Checked::default() };
        let whereabouts = Whereabouts::of(&checked);
        let mut cycle = staged::cycle();
        crate::places::each(&mut cycle, &mut |place| {
            place.file = format!("/h/registry/src/i/d-1/{}", place.file);
        });
        cycle.steps[1].stack[0].place = Some(staged::place("/w/src/own.rs", 3, 1));
        checked.files.rename(&mut cycle);
        assert_eq!(whereabouts.main(&cycle), Some(&staged::place("src/own.rs", 3, 1)));
        let nowhere = Finding { steps: Vec::new(), ..cycle };
        assert_eq!(whereabouts.main(&nowhere), None);
    }
}
