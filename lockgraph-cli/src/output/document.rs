//! Commands that write one document: to standard output, or to the file that `--output` names.
//!
//! The file may be the one that is read, and may be open in another program: the document is written
//! beside it, and renamed when it is complete. What is no regular file, such as a pipe, is written to.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process;

use super::{to_file, told};
use crate::Outcome;

/// What writes a document, and says how it went.
type Writer<'a> = &'a mut dyn FnMut(&mut dyn Write) -> io::Result<Outcome>;

/// Has `write` write to `file`, or to `out` if there is none or it is `-`.
pub(crate) fn document(
    file: Option<&Path>,
    out: &mut dyn Write,
    write: Writer<'_>,
) -> io::Result<Outcome> {
    let Some(file) = file.filter(|file| *file != Path::new("-")) else { return write(out) };
    let mut outcome = Outcome::Failure;
    let written = put(file, &mut |out| {
        outcome = write(out)?;
        Ok(())
    });
    Ok(if told(file, &written) { outcome } else { Outcome::Failure })
}

fn put(file: &Path, write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    if fs::metadata(file).is_ok_and(|there| !there.is_file()) {
        return to_file(file, write);
    }
    // Of a symbolic link, the file that it leads to: the link stays one.
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let name = file.file_name().unwrap_or_default().display();
    let beside = file.with_file_name(format!(".{name}.{}", process::id()));
    let put = to_file(&beside, write).and_then(|()| fs::rename(&beside, &file));
    if put.is_err() {
        let _ = fs::remove_file(&beside);
    }
    put
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(file: Option<&Path>, write: Writer<'_>) -> (Outcome, String) {
        let mut out = Vec::new();
        let outcome = document(file, &mut out, write).unwrap();
        (outcome, String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_document_goes_where_it_is_said() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("new/document");
        let write = &mut |out: &mut dyn Write| out.write_all(b"text").map(|()| Outcome::Findings);
        for there in [None, Some(Path::new("-"))] {
            assert_eq!(written(there, write), (Outcome::Findings, "text".into()));
        }
        assert_eq!(written(Some(&file), write), (Outcome::Findings, String::new()));
        assert_eq!(fs::read_to_string(&file).unwrap(), "text");
        assert_eq!(written(Some(directory.path()), write), (Outcome::Failure, String::new()));
    }

    #[test]
    fn what_is_read_may_be_what_is_written_and_stays_if_that_fails() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("document");
        fs::write(&file, "old").unwrap();
        let again = &mut |out: &mut dyn Write| {
            let old = fs::read_to_string(&file)?;
            write!(out, "{old}, {old}").map(|()| Outcome::Clean)
        };
        assert_eq!(written(Some(&file), again), (Outcome::Clean, String::new()));
        let fails = &mut |_: &mut dyn Write| Err(io::ErrorKind::StorageFull.into());
        assert_eq!(written(Some(&file), fails), (Outcome::Failure, String::new()));
        assert_eq!(fs::read_to_string(&file).unwrap(), "old, old");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }
}
