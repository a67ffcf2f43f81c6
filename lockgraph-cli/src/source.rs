//! The text of the source files that a trace names.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A larger file is hardly a source file. A trace can name any file.
const LARGEST: u64 = 16 << 20;

/// Source files, each read once.
#[derive(Default)]
pub(crate) struct Sources {
    /// The root of the workspace; empty if it is not known.
    root: PathBuf,
    texts: RefCell<HashMap<String, Option<String>>>,
}

impl Sources {
    /// Those of a workspace.
    pub(crate) fn of(root: &Path) -> Sources {
        Sources { root: root.to_owned(), ..Sources::default() }
    }

    /// The text of `file`. The compiler names files from the root of the workspace; if that is
    /// not known, they are looked for upwards from the current directory.
    pub(crate) fn text(&self, file: &str) -> Option<String> {
        let mut texts = self.texts.borrow_mut();
        let find = || find(&self.root.join(file));
        texts.entry(file.to_string()).or_insert_with(find).clone()
    }
}

fn find(file: &Path) -> Option<String> {
    if file.is_absolute() {
        return read(file);
    }
    let here = std::env::current_dir().ok()?;
    here.ancestors().find_map(|directory| read(&directory.join(file)))
}

/// Not from devices and pipes: those may never end.
fn read(file: &Path) -> Option<String> {
    let metadata = fs::metadata(file).ok()?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return None;
    }
    fs::read_to_string(file).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_source_files_are_read() {
        let sources = Sources::default();
        let this = sources.text(file!()).expect("this file is in the workspace");
        assert!(this.starts_with("//! The text of the source files"));
        assert_eq!(sources.text("/dev/zero"), None);
        assert_eq!(sources.text("src"), None);
        assert_eq!(sources.text("no/such/file.rs"), None);
        let of_this = |root: &Path| Sources::of(root).text("src/source.rs");
        assert_eq!(of_this(Path::new(env!("CARGO_MANIFEST_DIR"))), Some(this));
        assert_eq!(of_this(Path::new("/")), None);
    }
}
