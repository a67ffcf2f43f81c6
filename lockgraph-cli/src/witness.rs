//! Writes the schedules of what was found to files: traces that `check` says deadlocked.
//!
//! One file a finding, `KIND-FINGERPRINT.std`, with a first line that says whose it is. A file that
//! has another first line is somebody else's and is left alone. Nothing is written that does not
//! deadlock when it is read again.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _, Write as _};
use std::path::Path;

use lockgraph::check::confirm;
use lockgraph::finding::{Finding, Witness};
use lockgraph::trace::write_witness;

use crate::check::Checked;
use crate::complain;
use crate::load::Problem;

/// How each of our files begins.
const MARK: &str = "# A schedule found by lockgraph";

/// Writes a file for each finding that has a schedule, and notes where; what goes wrong becomes a
/// problem.
pub(crate) fn export(checked: &mut Checked, directory: &Path) {
    // Findings without places may share a fingerprint.
    let mut names: HashMap<String, u32> = HashMap::new();
    for found in &mut checked.found {
        let Some(witness) = &found.finding.witness else { continue };
        let stem = stem(&found.finding);
        let uses = names.entry(stem.clone()).or_default();
        *uses += 1;
        let name = if *uses > 1 { format!("{stem}-{uses}.std") } else { format!("{stem}.std") };
        let path = directory.join(name);
        let file = path.to_string_lossy().into_owned();
        match write(&path, &found.finding, witness) {
            Ok(()) => found.witness_file = Some(file),
            Err(message) => {
                complain(&format!("{file}: {message}"));
                checked.problems.push(Problem { file, position: None, message });
            }
        }
    }
}

fn stem(finding: &Finding) -> String {
    format!("{}-{:016x}", finding.kind.name(), finding.fingerprint())
}

fn write(path: &Path, finding: &Finding, witness: &Witness) -> Result<(), String> {
    confirm(witness).map_err(|why| format!("the schedule does not deadlock: {why}"))?;
    if !may_be_written(path).map_err(|error| format!("cannot be read: {error}"))? {
        return Err("is no schedule of lockgraph's, and is left alone".to_string());
    }
    let written = (|| {
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        let mut out = BufWriter::new(File::create(path)?);
        let (stem, verdict) = (stem(finding), finding.verdict.name());
        writeln!(out, "{MARK}: {stem}, {verdict}. Judge it with `lockgraph check`.")?;
        write_witness(&mut out, witness)?;
        out.flush()
    })();
    written.map_err(|error: io::Error| format!("cannot be written: {error}"))
}

/// Whether there is nothing at this path yet, or a schedule of ours.
fn may_be_written(path: &Path) -> io::Result<bool> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    let mut line = Vec::new();
    file.take(MARK.len() as u64).read_to_end(&mut line)?;
    Ok(line == MARK.as_bytes())
}
