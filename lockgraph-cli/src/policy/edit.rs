//! Changes what was accepted, and leaves all else in the file as it is, byte for byte: comments,
//! the order of its tables, its line ends.
//!
//! A new entry goes to the end of the file, below everything that is there; an old one goes with
//! the comments that touch it. The changed text is read again before it is written, so that no
//! file is written that could not be read.
//!
//! A file is written beside the old one and then takes its place: whatever fails, one of them is
//! there in full.

use std::cmp::Reverse;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process;

use super::trouble::Mistake;
use super::{Accept, COMMENTED, Policy, Trouble};

/// A file that is being changed.
pub(crate) struct Edit {
    text: String,
    policy: Policy,
    is_new: bool,
}

impl Edit {
    /// Reads the file. If there is none, it will be as `lockgraph init` writes it.
    pub(crate) fn of(file: &Path) -> Result<Edit, Trouble> {
        let is_new = !is_there(file);
        let text = if is_new { COMMENTED.to_owned() } else { text(file)? };
        let policy = Policy::of_text(&text, file)?;
        Ok(Edit { text, policy, is_new })
    }

    /// What the file says with the changes so far.
    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    pub(crate) fn is_new(&self) -> bool {
        self.is_new
    }

    /// Accepts a finding, in place of what is there about it.
    pub(crate) fn accept(&mut self, accept: &Accept) -> Result<(), Trouble> {
        self.remove(&[accept.fingerprint])?;
        let ends_line = self.text.is_empty() || self.text.ends_with('\n');
        let ends_table = self.text.is_empty() || self.text.ends_with("\n\n");
        let mut added = String::new();
        added.push_str(if ends_line { "" } else { "\n" });
        added.push_str(if ends_table { "" } else { "\n" });
        added.push_str(&entry(accept));
        let has_returns = self.text.contains("\r\n");
        self.text.push_str(&if has_returns { added.replace('\n', "\r\n") } else { added });
        self.read_again()
    }

    /// Removes what was accepted under these fingerprints.
    pub(crate) fn remove(&mut self, fingerprints: &[u64]) -> Result<(), Trouble> {
        let accepted = self.policy.accepted.iter();
        let mut old: Vec<_> =
            accepted.filter(|it| fingerprints.contains(&it.fingerprint)).collect();
        // From below, so that the lines of the others stay where they are.
        old.sort_by_key(|accept| Reverse(accept.lines.start));
        for accept in old {
            let mut lines: Vec<&str> = self.text.split_inclusive('\n').collect();
            lines.drain(extent(&lines, &accept.lines));
            self.text = lines.concat();
        }
        self.read_again()
    }

    fn read_again(&mut self) -> Result<(), Trouble> {
        self.policy = Policy::of_text(&self.text, &self.policy.file)?;
        Ok(())
    }

    /// Writes the file.
    pub(crate) fn save(&self) -> Result<(), Trouble> {
        let file = &self.policy.file;
        if self.is_new {
            return write_new(file, &self.text);
        }
        replace(file, &self.text).map_err(Trouble::when("written; it is as it was", file))
    }
}

/// The text of a file.
pub(super) fn text(file: &Path) -> Result<String, Trouble> {
    let bytes = fs::read(file).map_err(Trouble::when("read", file))?;
    String::from_utf8(bytes).map_err(|error| {
        let start = error.utf8_error().valid_up_to();
        let text = String::from_utf8_lossy(&error.as_bytes()[..start]).into_owned();
        let what = "this is no UTF-8: save the file in that encoding";
        Trouble::new(file, vec![Mistake::at(&text, &(start..start), what)])
    })
}

/// Writes a file where none is.
pub(crate) fn write_new(file: &Path, text: &str) -> Result<(), Trouble> {
    let mut new = File::create_new(file).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            Trouble::of_file(file, "is there already, and was left as it is")
        }
        _ => Trouble::when("written", file)(error),
    })?;
    new.write_all(text.as_bytes()).map_err(|error| {
        // Half of it would be worse than nothing.
        let _ = fs::remove_file(file);
        Trouble::when("written", file)(error)
    })
}

/// Writes a file, whether there is one or not.
pub(crate) fn put(file: &Path, text: &str) -> Result<(), Trouble> {
    match is_there(file) {
        true => replace(file, text).map_err(Trouble::when("written", file)),
        false => write_new(file, text),
    }
}

/// Puts a new text in the place of a file.
fn replace(file: &Path, text: &str) -> io::Result<()> {
    // Of a symbolic link, the file that it leads to: the link stays one.
    let file = fs::canonicalize(file)?;
    let permissions = fs::metadata(&file)?.permissions();
    if permissions.readonly() {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let beside = beside(&file);
    let written = File::create_new(&beside).and_then(|mut new| {
        new.write_all(text.as_bytes())?;
        new.set_permissions(permissions)?;
        new.sync_all()
    });
    let replaced = written.and_then(|()| fs::rename(&beside, &file));
    if replaced.is_err() {
        let _ = fs::remove_file(&beside);
    }
    replaced
}

fn beside(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().display();
    file.with_file_name(format!(".{name}.{}", process::id()))
}

fn is_there(file: &Path) -> bool {
    fs::symlink_metadata(file).is_ok()
}

/// An entry as text.
fn entry(accept: &Accept) -> String {
    let Accept { fingerprint, reason, expires, what, .. } = accept;
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let reason = quoted(reason);
    let mut lines = vec![
        "[[accept]]".to_owned(),
        format!("fingerprint = \"{fingerprint:016x}\""),
        format!("reason = {reason}"),
    ];
    lines.extend(expires.map(|date| format!("expires = {date}")));
    if !what.is_empty() {
        // One a line, so that a change of one is a change of one line.
        lines.push("what = [".into());
        lines.extend(what.iter().map(|name| format!("    {},", quoted(name))));
        lines.push("]".into());
    }
    lines.join("\n") + "\n"
}

/// The lines that go with an entry: comments that touch it, and an empty line.
fn extent(lines: &[&str], own: &Range<usize>) -> Range<usize> {
    let is_comment = |line: &&&str| line.trim_start().starts_with('#');
    let is_empty = |at: usize| lines.get(at).is_some_and(|line| line.trim().is_empty());
    // Lines are counted from 1.
    let (start, end) = (own.start - 1, own.end - 1);
    let start = start - lines[..start].iter().rev().take_while(is_comment).count();
    let below = end + lines[end..].iter().take_while(is_comment).count();
    // A comment above the next table is about that.
    let end = if below == lines.len() || is_empty(below) { below } else { end };
    let is_apart = start == 0 || is_empty(start - 1);
    match (is_apart, is_empty(end)) {
        (true, true) => start..end + 1,
        (true, false) if end == lines.len() && start > 0 => start - 1..end,
        _ => start..end,
    }
}

#[cfg(test)]
mod tests;
