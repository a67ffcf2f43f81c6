//! The report on all processes of a run: what is printed when the runner has ended.
//!
//! To the terminal: the first findings in full, the others in a line each, and last the summary.
//! All of them are in full in two files beside the traces, `report.txt` and `report.json`. One
//! trace at a time is in memory, whatever their number.
//!
//! What lies inside dependencies is counted and not shown, unless asked for. A process that was
//! killed or aborted left a trace like any other; a damaged trace is a problem that is named, and
//! what could be read of it counts. A process that died before it recorded anything left an empty
//! file, which is nobody's trouble.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use lockgraph::check;
use lockgraph::explain::escaped;
use lockgraph::finding::Verdict;
use lockgraph::predict::Limits;
use lockgraph::report::{self, Style};

use super::options::Options;
use crate::Outcome;
use crate::check::{Checked, Found};
use crate::gate::Gate;
use crate::input::Inputs;
use crate::merge::Merge;
use crate::output::Outputs;
use crate::policy::Date;
use crate::print::text::{self, counted, who};
use crate::print::{self, json};
use crate::view::{self, MOST_BARS};
use crate::workspace::Workspace;

/// Findings that are printed in full.
const FULL: usize = 10;
/// Problems that are named in the summary.
const PROBLEMS: usize = 5;

/// How a report is printed.
pub(crate) struct Printing<'a> {
    pub(crate) outputs: &'a Outputs,
    /// Of what goes to the terminal.
    pub(crate) style: Style,
}

/// Reports on the traces in a directory.
pub(crate) fn report(
    traces: &Path,
    workspace: &Workspace,
    options: &Options,
    printing: &Printing<'_>,
    gate: Option<&Gate>,
    out: &mut dyn Write,
) -> io::Result<Outcome> {
    let with_page = printing.outputs.has_page();
    let mut checked = checked(traces, workspace, options, gate, with_page);
    if let Some(gate) = gate {
        gate.judge(&mut checked, Date::today());
    }
    view::draw(&mut checked);
    let directory = workspace.target_directory.join("lockgraph");
    let files = files(&checked, &directory);
    let text = |out: &mut dyn Write, style| {
        findings(out, &checked, FULL, style)?;
        summary(out, &checked, options)?;
        match &files {
            Ok(text) if !checked.found.is_empty() => {
                writeln!(out, "  full report: {} (and .json)", shown(text))?;
                writeln!(out, "  again: cargo lockgraph report{}", flags(options))?;
                pages(out, printing.outputs)
            }
            Ok(_) => pages(out, printing.outputs),
            Err(error) => {
                let place = shown(&directory);
                writeln!(out, "  the full report could not be written to {place}: {error}")
            }
        }
    };
    let is_well = printing.outputs.write(&checked, printing.style, out, &text)?;
    Ok(if is_well && files.is_ok() { checked.outcome() } else { Outcome::Failure })
}

fn checked(
    traces: &Path,
    workspace: &Workspace,
    options: &Options,
    gate: Option<&Gate>,
    with_page: bool,
) -> Checked {
    let limits = gate.map(|gate| gate.policy.limits.over(Limits::default())).unwrap_or_default();
    let mut merge = Merge::new(workspace).looking_for(limits).drawing(with_page);
    let how = check::Options { all: options.excluded, limits, ..check::Options::default() };
    let inputs = Inputs::of_run(traces).with_events(with_page.then_some(MOST_BARS));
    let how = merge.options(how);
    let problems = inputs.each(&how, &mut |file, input| merge.add_input(file, input));
    merge.finish(problems, options.deps)
}

/// Where the pages are.
fn pages(out: &mut dyn Write, outputs: &Outputs) -> io::Result<()> {
    outputs.pages().try_for_each(|page| writeln!(out, "  as a page: {}", shown(page)))
}

/// Writes the full report for people and the one for programs; returns where the first is.
fn files(checked: &Checked, directory: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(directory)?;
    let path = directory.join("report.txt");
    let mut text = BufWriter::new(File::create(&path)?);
    findings(&mut text, checked, usize::MAX, Style::Plain)?;
    counts(&mut text, checked)?;
    text.flush()?;
    let mut programs = BufWriter::new(File::create(directory.join("report.json"))?);
    json::checked(&mut programs, checked)?;
    programs.flush()?;
    Ok(path)
}

/// The first findings in full, the others in a line each.
fn findings(out: &mut dyn Write, checked: &Checked, full: usize, style: Style) -> io::Result<()> {
    // What does not fail a gate is only named.
    let is_told = |found: &&Found| checked.gate.is_none() || found.fails();
    for found in checked.found.iter().filter(is_told).take(full) {
        text::found(out, checked, found, style)?;
        writeln!(out)?;
    }
    let rest: Vec<&Found> = checked.found.iter().filter(is_told).skip(full).collect();
    for found in &rest {
        let line = report::one_line(&found.finding);
        writeln!(out, "{line}; seen in {}", who(&found.seen))?;
    }
    if !rest.is_empty() {
        writeln!(out)?;
    }
    print::gate::passed(out, checked)
}

/// The last words: what there is to know at one look.
fn summary(out: &mut dyn Write, checked: &Checked, options: &Options) -> io::Result<()> {
    write!(out, "lockgraph: ")?;
    counts(out, checked)?;
    if checked.hidden > 0 {
        let hidden = counted(checked.hidden as u64, "finding", "findings");
        let flags = flags(&Options { deps: true, ..options.clone() });
        writeln!(out, "  {hidden} inside dependencies left out: cargo lockgraph report{flags}")?;
    }
    Ok(())
}

fn counts(out: &mut dyn Write, checked: &Checked) -> io::Result<()> {
    let found = report::summary(|verdict| checked.count(verdict));
    let excluded = match checked.count(Verdict::Excluded) {
        0 => String::new(),
        count => format!("; {count} excluded"),
    };
    let looked_at = [
        (checked.trace_count(), "process", "processes"),
        (checked.summary.threads, "thread", "threads"),
        (checked.summary.locks, "lock", "locks"),
        (checked.summary.edges, "edge", "edges"),
    ];
    let looked_at = looked_at.map(|(count, one, many)| counted(count, one, many));
    writeln!(out, "{found}{excluded} ({})", looked_at.join(", "))?;
    if checked.traces.is_empty() {
        writeln!(
            out,
            "  no process left a trace: none was run, or none took a lock while it held another"
        )?;
    }
    print::gate::summary(out, checked)?;
    text::notes(out, checked)?;
    for problem in checked.problems.iter().take(PROBLEMS) {
        writeln!(out, "  problem: {}: {}", escaped(&problem.file), escaped(&problem.message))?;
    }
    match checked.problems.len().saturating_sub(PROBLEMS) {
        0 => Ok(()),
        more => {
            let more = counted(more as u64, "more problem is", "more problems are");
            writeln!(out, "  {more} in report.json")
        }
    }
}

/// What this report was asked for beyond the usual.
fn flags(options: &Options) -> String {
    let flags = [
        (options.deps, " --deps"),
        (options.excluded, " --excluded"),
        (options.gate, " --gate"),
        (options.frozen_order, " --frozen-order"),
    ];
    flags.iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| *flag).collect()
}

/// A path as one would type it here.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let below = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    escaped(&below.as_deref().unwrap_or(path).display().to_string())
}

#[cfg(test)]
mod tests {
    use lockgraph::finding::Finding;

    use super::*;
    use crate::output::{Job, Output};
    use crate::{places, staged};

    fn options() -> Options {
        use clap::Parser as _;
        Options::parse_from(["cargo lockgraph"])
    }

    fn written(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn of_many_findings_the_first_are_told_in_full() {
        let cycles: Vec<Finding> = (0..FULL as u32 + 2)
            .map(|number| {
                let mut cycle = staged::cycle();
                places::each(&mut cycle, &mut |place| place.line += 100 * number);
                cycle
            })
            .collect();
        let checked = staged::merged(&[("a.lgt", &cycles)]);
        let text = written(|out| findings(out, &checked, FULL, Style::Plain));
        assert_eq!(text.matches(" = fingerprint: ").count(), FULL);
        assert_eq!(text.matches("warning[lock-order-cycle]: ").count(), FULL + 2);
        assert_eq!(text.matches("; seen in test bank tests::a.lgt\n").count(), 2);
    }

    #[test]
    fn the_summary_says_what_was_looked_at_and_what_was_not() {
        let checked = Checked { hidden: 3, ..staged::checked() };
        let text = written(|out| summary(out, &checked, &options()));
        assert_eq!(
            text,
            "lockgraph: 2 findings: 1 actual, 1 possible (4 processes, 8 threads, 8 locks, 8 \
             edges)\nnote: 4 searches were cut short because there were too many cycles to look \
             at; there may be more to find with a larger `--budget` (it was 4000000) of `lockgraph check`\nnote: longest wait: 1.25 s for `lock-1` at a.rs:3:9\n  \
             problem: d.lgt: the file was cut\n  3 findings \
             inside dependencies left out: cargo lockgraph report --deps\n"
        );
        let many = Checked { problems: vec![staged::problem(); PROBLEMS + 2], ..checked };
        let text = written(|out| summary(out, &many, &options()));
        assert!(text.contains("\n  2 more problems are in report.json\n"), "{text}");
    }

    #[test]
    fn a_run_is_reported_with_what_could_not_be_read() {
        let directory = tempfile::tempdir().unwrap();
        let traces = directory.path().join("traces");
        let workspace = Workspace {
            root: directory.path().to_owned(),
            members: vec![directory.path().to_owned()],
            target_directory: directory.path().join("target"),
        };
        let run = |asked: &[Output]| {
            let mut out = Vec::new();
            let outputs = Outputs::chosen(asked, Job::None).unwrap();
            let printing = Printing { outputs: &outputs, style: Style::Plain };
            let outcome =
                report(&traces, &workspace, &options(), &printing, None, &mut out).unwrap();
            (outcome, String::from_utf8(out).unwrap())
        };
        fs::create_dir(&traces).unwrap();
        let (outcome, text) = run(&[]);
        assert_eq!(outcome, Outcome::Clean);
        assert!(text.starts_with("lockgraph: no findings (0 processes, "), "{text}");
        let ab_ba = "T1|acq(L1)|src/a.rs:1\nT1|acq(L2)|src/a.rs:2\nT1|rel(L2)|src/a.rs:3\n\
                     T1|rel(L1)|src/a.rs:4\nT2|acq(L2)|src/a.rs:5\nT2|acq(L1)|src/a.rs:6\n\
                     T2|rel(L1)|src/a.rs:7\nT2|rel(L2)|src/a.rs:8\n";
        fs::write(traces.join("a.lgt"), ab_ba).unwrap();
        fs::write(traces.join("died-early.lgt"), "").unwrap();
        let (outcome, text) = run(&[]);
        assert_eq!(outcome, Outcome::Findings);
        assert!(text.contains("\nlockgraph: 1 finding: 1 feasible (1 process, "), "{text}");
        let full = workspace.target_directory.join("lockgraph/report.txt");
        assert!(
            text.contains(&format!("  full report: {} (and .json)\n", full.display())),
            "{text}"
        );
        assert!(text.ends_with("  again: cargo lockgraph report\n"), "{text}");
        let full = fs::read_to_string(full).unwrap();
        assert!(full.starts_with("warning[lock-order-cycle]: "), "{full}");
        // A problem does not hide what was found elsewhere.
        fs::write(traces.join("torn.lgt"), "no trace").unwrap();
        let (outcome, text) = run(&[]);
        assert_eq!(outcome, Outcome::Failure);
        assert!(text.contains("1 finding: 1 feasible") && text.contains("torn.lgt: "), "{text}");
        let (_, json) = run(&[Output::parse("json").unwrap()]);
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["summary"]["findings"]["feasible"], 1);
        assert_eq!(json["problems"].as_array().map(Vec::len), Some(1));
    }
}
