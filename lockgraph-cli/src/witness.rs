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
    // Findings without places may share a fingerprint, and so may two lines of one function.
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

#[cfg(test)]
mod tests {
    use lockgraph::check::{Options, check};
    use lockgraph::finding::{Act, Verdict};
    use lockgraph::trace::read;

    use super::*;
    use crate::{Outcome, staged};

    fn exported(findings: &[Finding], directory: &Path) -> Checked {
        let mut checked = staged::merged(&[("a.lgt", findings)]);
        export(&mut checked, directory);
        checked
    }

    #[test]
    fn what_is_written_deadlocks_when_it_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let below = directory.path().join("not/there/yet");
        // The second time it is ours.
        for _ in 0..2 {
            let checked = exported(&[staged::proved()], &below);
            assert_eq!(checked.problems, []);
            let files: Vec<&String> =
                checked.found.iter().filter_map(|found| found.witness_file.as_ref()).collect();
            let [file] = files[..] else { panic!("{files:?}") };
            let name = format!("lock-order-cycle-{:016x}.std", staged::proved().fingerprint());
            assert_eq!(Path::new(file), below.join(name));
            let trace = read(Path::new(file)).unwrap();
            assert_eq!(trace.problems, []);
            let findings = check(&trace, &Options::default()).findings;
            assert_eq!(findings.len(), 1);
            assert_eq!(findings[0].verdict, Verdict::Actual);
        }
    }

    #[test]
    fn findings_that_share_a_fingerprint_share_no_file() {
        let directory = tempfile::tempdir().unwrap();
        let mut nowhere = staged::proved();
        nowhere.steps.iter_mut().for_each(|step| step.site = None);
        let checked = exported(&[nowhere.clone(), nowhere], directory.path());
        let files = checked.found.iter().filter_map(|found| found.witness_file.as_deref());
        let names: Vec<bool> = files.map(|file| file.ends_with("-2.std")).collect();
        assert_eq!(names, [false, true]);
    }

    #[test]
    fn what_is_not_ours_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(format!("{}.std", stem(&staged::proved())));
        for theirs in ["", "# A schedule", "T1|acq(L1)|a.rs:1\n"] {
            fs::write(&path, theirs).unwrap();
            let checked = exported(&[staged::proved()], directory.path());
            assert_eq!(checked.found[0].witness_file, None);
            assert!(checked.problems[0].message.contains("left alone"), "{:?}", checked.problems);
            assert_eq!(checked.outcome(), Outcome::Failure);
            assert_eq!(fs::read_to_string(&path).unwrap(), theirs);
        }
    }

    #[test]
    fn what_does_not_deadlock_is_not_written() {
        let directory = tempfile::tempdir().unwrap();
        let mut wrong = staged::proved();
        wrong.witness.as_mut().unwrap().moves.retain(|step| !matches!(step.act, Act::Takes(..)));
        let checked = exported(&[wrong], directory.path());
        assert!(
            checked.problems[0].message.contains("does not deadlock"),
            "{:?}",
            checked.problems
        );
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
