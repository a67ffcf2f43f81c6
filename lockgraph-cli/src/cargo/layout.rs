//! Where things lie: everything is in the directory `lockgraph` of the project's target directory.
//!
//! | in `<target>/lockgraph` | what it is |
//! |---|---|
//! | `debug`, `release`, .. | cargo's own output |
//! | `facade/<key>` | the instrumented standard library for one compiler and target |
//! | `rewritten` | the sources of dependencies that are compiled instead of the originals |
//! | `unwatched` | notes on what could not be watched |
//! | `traces` | what the last run left |
//! | `plan.json` | what the wrapper of the compiler needs to know |

use std::fs;
use std::path::{Path, PathBuf};

use super::trouble::{Result, Trouble};

/// The directory of ours in a target directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Layout {
    root: PathBuf,
}

const TAG: &str = "CACHEDIR.TAG";
const TAG_TEXT: &str = "Signature: 8a477f597d28d172789f06886806bc55
# This file is a cache directory tag created by cargo lockgraph.
# For information about cache directory tags see https://bford.info/cachedir/
";

impl Layout {
    pub(crate) fn new(target_directory: &Path) -> Layout {
        Layout { root: target_directory.join("lockgraph") }
    }

    /// The layout that a plan lies in.
    pub(crate) fn of_plan(plan: &Path) -> Option<Layout> {
        Some(Layout { root: plan.parent()?.to_owned() })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn facades(&self) -> PathBuf {
        self.root.join("facade")
    }

    pub(crate) fn rewritten(&self) -> PathBuf {
        self.root.join("rewritten")
    }

    pub(crate) fn unwatched(&self) -> PathBuf {
        self.root.join("unwatched")
    }

    pub(crate) fn traces(&self) -> PathBuf {
        self.root.join("traces")
    }

    pub(crate) fn plan(&self) -> PathBuf {
        self.root.join("plan.json")
    }

    /// Held by a run, so that two of them do not mix their traces.
    pub(crate) fn lock(&self) -> PathBuf {
        self.root.join("traces.lock")
    }

    /// Makes the directories.
    pub(crate) fn create(&self) -> Result<()> {
        let make = |path: &Path| {
            let remedy = "create (--target-dir names another place)";
            fs::create_dir_all(path).map_err(Trouble::at(remedy, path))
        };
        make(&self.root)?;
        make(&self.traces())?;
        let tag = self.root.join(TAG);
        if !tag.exists() {
            fs::write(&tag, TAG_TEXT).map_err(Trouble::at("write", &tag))?;
        }
        Ok(())
    }

    /// Removes the traces of earlier runs, and nothing else.
    pub(crate) fn remove_traces(&self) -> Result<()> {
        let directory = self.traces();
        let Ok(entries) = fs::read_dir(&directory) else { return Ok(()) };
        for entry in entries {
            let path = entry.map_err(Trouble::at("list", &directory))?.path();
            if path.extension().is_some_and(|extension| extension == "lgt") {
                fs::remove_file(&path).map_err(Trouble::at("remove", &path))?;
            }
        }
        Ok(())
    }

    /// Removes everything. Only what carries our tag is ours to remove.
    pub(crate) fn remove(&self) -> Result<()> {
        if !self.root.exists() {
            return Ok(());
        }
        let tag = self.root.join(TAG);
        let is_ours = fs::read_to_string(&tag).is_ok_and(|text| text == TAG_TEXT);
        if !is_ours {
            let root = self.root.display();
            return Err(Trouble(format!("{root} was not made by cargo lockgraph; it is kept")));
        }
        fs::remove_dir_all(&self.root).map_err(Trouble::at("remove", &self.root))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_ours_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let layout = Layout::new(dir.path());
        layout.remove().unwrap();
        fs::create_dir(layout.root()).unwrap();
        assert!(layout.remove().is_err());
        layout.create().unwrap();
        for name in ["1-2.lgt", "report.txt"] {
            fs::write(layout.traces().join(name), "x").unwrap();
        }
        layout.remove_traces().unwrap();
        assert!(!layout.traces().join("1-2.lgt").exists());
        assert!(layout.traces().join("report.txt").exists());
        layout.remove().unwrap();
        assert!(!layout.root().exists());
    }
}
