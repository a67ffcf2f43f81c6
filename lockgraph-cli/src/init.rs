//! `lockgraph init`: a settings file that sets nothing and says what can be set.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use lockgraph::explain::escaped;

use crate::policy::{self, COMMENTED, FILE};
use crate::settings::{Failure, Place};

/// Arguments of `init`.
#[derive(Args, Debug)]
pub(crate) struct Init {
    /// Where to [default: the current directory; with cargo, the root of the workspace]
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
}

/// Writes the file, unless there is one.
pub(crate) fn run(init: &Init, place: &Place, out: &mut dyn Write) -> Result<(), Failure> {
    let file = init.directory.as_ref().unwrap_or(&place.root).join(FILE);
    policy::write_new(&file, COMMENTED)?;
    let file = escaped(&file.display().to_string());
    writeln!(out, "wrote {file}: every setting is in it, in a comment with its default")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn init(directory: &Path) -> Result<String, Failure> {
        let place = Place::new(directory, Path::new("target"));
        let mut out = Vec::new();
        run(&Init { directory: None }, &place, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_file_is_written_once() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join(FILE);
        let told = init(directory.path()).unwrap();
        let want = "every setting is in it, in a comment with its default";
        assert_eq!(told, format!("wrote {}: {want}\n", file.display()));
        assert_eq!(fs::read_to_string(&file).unwrap(), COMMENTED);
        fs::write(&file, "mine").unwrap();
        let Err(Failure::Trouble(told)) = init(directory.path()) else {
            panic!("it was written again")
        };
        assert_eq!(told, format!("{}: is there already, and was left as it is", file.display()));
        assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    }
}
