//! What can be compared, and with what outcome.

use std::fs;

use clap::Parser as _;
use lockgraph::report::Style;

use super::*;
use crate::{Outcome, args, diff, print, staged};

const AB_BA: &str = "T1|acq(L1)|src/a.rs:1\nT1|acq(L2)|src/a.rs:2\nT1|rel(L2)|src/a.rs:3\n\
                     T1|rel(L1)|src/a.rs:4\nT2|acq(L2)|src/a.rs:5\nT2|acq(L1)|src/a.rs:6\n\
                     T2|rel(L1)|src/a.rs:7\nT2|rel(L2)|src/a.rs:8\n";

/// A directory with something of every form, all but the traces with this order.
fn directory(edges: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| fs::write(directory.path().join(name), text).unwrap();
    let order = staged::order("it", edges);
    write("order.json", Baseline::of(&order).text().as_bytes());
    let mut report = Vec::new();
    let checked = Checked { order, ..staged::checked() };
    print::json::checked(&mut report, &checked).unwrap();
    write("report.json", &report);
    write("torn.json", &report[..999]);
    fs::create_dir(directory.path().join("runs")).unwrap();
    write("runs/a.lgt", AB_BA.as_bytes());
    write("runs/b.lgt", AB_BA.as_bytes());
    write("torn.lgt", b"no trace");
    write("empty", b"");
    // As an editor lays it out, and as git leaves it.
    write("spread.json", b" {\n  \"version\": 1,\n  \"order\": [\n  ]\n}\n");
    write("conflict.json", b"{\n\"version\": 1,\n\"order\": [\n<<<<<<< ours\n");
    directory
}

#[test]
fn what_a_side_is_its_content_says() {
    let directory = directory("A>B B>C");
    for (name, want) in [
        ("order.json", Some((Form::Order, 2, None))),
        ("spread.json", Some((Form::Order, 0, None))),
        ("report.json", Some((Form::Report, 2, Some(2)))),
        ("runs/a.lgt", Some((Form::Traces, 0, Some(1)))),
        ("runs", Some((Form::Traces, 0, Some(1)))),
        ("conflict.json", None),
        ("torn.json", None),
        ("torn.lgt", None),
        ("empty", None),
        ("nowhere", None),
    ] {
        let side = read(&directory.path().join(name));
        let known = |side: Side| {
            let findings = side.findings.as_ref().map(Vec::len);
            (side.form, side.order.edges.len(), findings)
        };
        assert_eq!(side.map(known), want, "{name}");
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_once() {
    let directory = directory("A>B B>C");
    for (name, want) in
        [("order.json", Form::Order), ("report.json", Form::Report), ("runs/a.lgt", Form::Traces)]
    {
        let pipe = directory.path().join("pipe");
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
        let from = directory.path().join(name);
        let form = std::thread::scope(|scope| {
            scope.spawn(|| fs::write(&pipe, fs::read(from).unwrap()).unwrap());
            read(&pipe).map(|side| side.form)
        });
        assert_eq!(form, Some(want), "{name}");
        fs::remove_file(pipe).unwrap();
    }
}

/// The outcome of comparing these files, and the last lines of what is said.
fn compared(directory: &Path, line: &str) -> (Outcome, Vec<String>) {
    let line = line.replace('@', &format!("{}/", directory.display()));
    let line = format!("lockgraph diff {line}");
    let arguments = args::Arguments::try_parse_from(line.split(' ')).unwrap();
    let args::Command::Diff(arguments) = arguments.command else { panic!("{line}") };
    let mut out = Vec::new();
    let outcome = diff::run(&arguments, Style::Plain, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let text = text.replace(&format!("{}/", directory.display()), "");
    let summary = text.lines().filter(|line| line.contains(": ") && !line.starts_with(' '));
    (outcome, summary.filter(|line| !line.contains('[')).map(str::to_string).collect())
}

#[test]
fn outcomes_and_what_can_be_compared() {
    let (directory, other) = (directory("A>B B>C"), directory("A>B"));
    fs::copy(other.path().join("order.json"), directory.path().join("other.json")).unwrap();
    let same = "order: no difference in 2 edges";
    let alone = |file: &str| format!("findings: not compared, because {file} has the order alone");
    let findings = "findings: no difference in 2 findings".to_string();
    for (line, outcome, want) in [
        ("@report.json @report.json", Outcome::Clean, vec![same.to_string(), findings]),
        ("@report.json @report.json --order", Outcome::Clean, vec![same.to_string()]),
        ("@order.json @report.json", Outcome::Clean, vec![same.to_string(), alone("order.json")]),
        ("@report.json @order.json --order", Outcome::Clean, vec![same.to_string()]),
        (
            "@order.json @order.json",
            Outcome::Clean,
            vec![
                same.to_string(),
                "findings: not compared, because both have the order alone".to_string(),
            ],
        ),
        (
            "@other.json @report.json",
            Outcome::Findings,
            vec!["order: 1 came".to_string(), alone("other.json")],
        ),
        (
            "@report.json @runs",
            Outcome::Findings,
            vec!["order: 2 went".to_string(), "findings: 1 came, 2 went".to_string()],
        ),
        ("@report.json @torn.json", Outcome::Failure, vec![]),
        ("@nowhere @report.json", Outcome::Failure, vec![]),
    ] {
        assert_eq!(compared(directory.path(), line), (outcome, want), "{line}");
    }
    // What can be read of a directory is compared.
    fs::write(directory.path().join("runs/c.lgt"), "no trace").unwrap();
    let (outcome, said) = compared(directory.path(), "@runs @runs/a.lgt");
    let want = ["order: no difference in 0 edges", "findings: no difference in 1 finding"];
    assert_eq!((outcome, &said[..]), (Outcome::Failure, &want.map(str::to_string)[..]));
}
