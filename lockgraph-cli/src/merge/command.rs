//! `lockgraph merge`: many reports and traces as one report.
//!
//! It judges nothing: it fails only if something could not be read. What could not be read when one
//! of the reports was made is told in the report again.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use lockgraph::check::Options;
use lockgraph::report::Style;

use super::Merge;
use crate::args;
use crate::check::Checked;
use crate::input::Inputs;
use crate::output::{Job, Output, Outputs};
use crate::view::{self, MOST_BARS};
use crate::workspace::Workspace;
use crate::{Outcome, complain, print};

pub(crate) fn run(
    arguments: &args::Merge,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<Outcome> {
    let outputs = match arguments.outputs() {
        Ok(outputs) => outputs,
        Err(wrong) => {
            complain(&wrong);
            return Ok(Outcome::Failure);
        }
    };
    let with_page = outputs.as_ref().is_some_and(Outputs::has_page);
    let mut merge = Merge::new(&Workspace::default()).drawing(with_page);
    let options = merge.options(Options::default());
    let inputs = Inputs::of(&arguments.inputs, true).with_events(with_page.then_some(MOST_BARS));
    let problems = inputs.each(&options, &mut |file, input| merge.add_input(file, input));
    let outcome = if problems.is_empty() { Outcome::Clean } else { Outcome::Failure };
    let mut checked = merge.finish(problems, false);
    view::draw(&mut checked);
    let is_written = arguments.output.as_ref().is_none_or(|path| write(path, &checked));
    let text = |out: &mut dyn Write, style| print::text::checked(out, &checked, style);
    let is_printed = match outputs {
        Some(outputs) => outputs.write(&checked, style, out, &text)?,
        None => true,
    };
    Ok(if is_written && is_printed { outcome } else { Outcome::Failure })
}

impl args::Merge {
    /// What is written beside the file that was named.
    fn outputs(&self) -> Result<Option<Outputs>, String> {
        let json = [Output::JSON];
        let asked: &[Output] = match (&self.output, &self.format[..]) {
            (Some(_), []) => return Ok(None),
            (None, []) => &json,
            (_, asked) => asked,
        };
        Outputs::chosen(asked, Job::None).map(Some)
    }
}

/// Writes the report for programs. Returns whether that went well.
fn write(path: &Path, checked: &Checked) -> bool {
    let written = (|| {
        let mut file = BufWriter::new(File::create(path)?);
        print::json::checked(&mut file, checked)?;
        file.flush()
    })();
    if let Err(error) = &written {
        complain(&format!("{}: cannot be written: {error}", path.display()));
    }
    written.is_ok()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::staged;

    const AB_BA: &str = "T1|acq(L1)|src/a.rs:1\nT1|acq(L2)|src/a.rs:2\nT1|rel(L2)|src/a.rs:3\n\
                         T1|rel(L1)|src/a.rs:4\nT2|acq(L2)|src/a.rs:5\nT2|acq(L1)|src/a.rs:6\n\
                         T2|rel(L1)|src/a.rs:7\nT2|rel(L2)|src/a.rs:8\n";

    /// The outcome of merging these files, and the report as it is read again.
    fn merged(directory: &Path, inputs: &[&str]) -> (Outcome, Checked) {
        let output = directory.join("merged");
        let inputs = inputs.iter().map(|name| directory.join(name)).collect();
        let arguments = args::Merge { inputs, output: Some(output.clone()), format: Vec::new() };
        let outcome = run(&arguments, Style::Plain, &mut Vec::new()).unwrap();
        (outcome, crate::report_file::read(&fs::read(output).unwrap()).unwrap())
    }

    #[test]
    fn reports_and_traces_become_one_report() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path();
        let mut report = Vec::new();
        print::json::checked(&mut report, &staged::checked()).unwrap();
        fs::write(directory.join("report.json"), [b" \n", &report[..]].concat()).unwrap();
        for number in 0..20 {
            fs::write(directory.join(format!("{number:02}.lgt")), AB_BA).unwrap();
        }
        // A process that died early.
        fs::write(directory.join("died.lgt"), "").unwrap();
        let (outcome, all) = merged(directory, &[""]);
        assert_eq!(outcome, Outcome::Clean);
        assert_eq!((all.found.len(), all.trace_count()), (3, 24));
        assert_eq!(all.problems, [staged::problem()], "of the run that was reported");
        let counts: Vec<u64> = all.found.iter().map(|found| found.trace_count).collect();
        assert_eq!(counts, [4, 20, 4]);
        // What was merged can be merged, and is then twice there.
        let (_, twice) = merged(directory, &["merged", "merged"]);
        assert_eq!(twice.trace_count(), 48);
        assert_eq!(twice.found[1].trace_count, 40);
        // The rest is read whatever there is beside it.
        for (name, bytes) in [("torn.json", &report[..999]), ("torn.lgt", b"no trace")] {
            fs::write(directory.join(name), bytes).unwrap();
            let (outcome, others) = merged(directory, &["00.lgt", name, "report.json"]);
            assert_eq!(outcome, Outcome::Failure);
            assert_eq!((others.found.len(), others.problems.len()), (3, 2), "{name}");
        }
    }
}
