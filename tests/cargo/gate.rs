//! The life of a project under the gate: an old mistake is accepted, the order of the locks is
//! committed, and from then on the gate fails on what is new, whichever tests and branches it
//! comes from, and on nothing else.
//!
//! The tests of each crate of `clinic` run in a process of their own, and all but the office's take
//! locks on one thread, so whatever goes round there does so across processes. The chapters follow
//! on each other, each from the sources of the fixture and the two files that the first one wrote.

use std::fs;
use std::path::PathBuf;

use libtest_mimic::Trial;

use super::process::{self, Said};
use super::project::{Project, repository};
use super::{Outcome, at, refused, trial};

pub(super) fn trials() -> Vec<Trial> {
    vec![trial("gate/story", story), trial("gate/refused", refused::before_anything_is_built)]
}

const OFFICE: &str = "records/src/lib.rs";
const WARD: &str = "ward/src/lib.rs";
const LAB: &str = "lab/src/lib.rs";
const SETTINGS: &str = "lockgraph.toml";
const ORDER: &str = "lock-order.json";

/// Code that a branch adds, and the test of it.
struct Added {
    source: &'static str,
    code: &'static str,
    tests: &'static str,
    test: &'static str,
}

/// Against `ward::visit`: samples, then patients.
const INVERSION: Added = Added {
    source: LAB,
    code: "
/// Samples, then patients.
pub fn deliver(records: &Records) {
    let mut samples = records.samples.lock().unwrap();
    let patients = records.patients.lock().unwrap();
    samples.retain(|name| patients.contains(name));
}
",
    tests: "lab/tests/night.rs",
    test: "
#[test]
fn samples_are_delivered() {
    lab::deliver(&Records::new());
}
",
};

/// Beds, then patients. With `ward::visit`, patients come before samples.
const ONE: Added = Added {
    source: WARD,
    code: "
/// Beds, then patients.
pub fn make_beds(records: &Records) {
    let mut beds = records.beds.lock().unwrap();
    *beds = 10 - records.patients.lock().unwrap().len() as u32;
}
",
    tests: "ward/tests/day.rs",
    test: "
#[test]
fn beds_are_made() {
    ward::make_beds(&Records::new());
}
",
};

/// Samples, then beds: the third side of the circle.
const TWO: Added = Added {
    source: LAB,
    code: "
/// Samples, then beds.
pub fn isolate(records: &Records) {
    let samples = records.samples.lock().unwrap();
    *records.beds.lock().unwrap() -= samples.len() as u32;
}
",
    tests: "lab/tests/night.rs",
    test: "
#[test]
fn the_sick_are_isolated() {
    lab::isolate(&Records::new());
}
",
};

/// What the gate says when nothing is new.
const PASSES: &str = "\n  gate: nothing new, 1 accepted\n";
const REASON: &str = "the office moves out in spring";
/// What the acceptance is of.
const OLD_MISTAKE: &str = "warning[lock-order-cycle]: the mutex made at records/src/lib.rs:";

fn story() -> Outcome {
    let clinic = Project::copy(&["clinic"])?;
    let committed = an_old_mistake_is_accepted(&clinic)?;
    for chapter in [
        an_inversion_across_processes,
        lines_and_variables,
        a_function_has_another_name,
        an_item_of_locks_has_another_name,
        an_acceptance_expires,
        two_branches,
        a_frozen_order,
        a_declared_order,
    ] {
        restore(&clinic, &committed)?;
        chapter(&clinic, &committed)?;
    }
    Ok(())
}

/// The settings and the order.
type Committed = [(&'static str, String); 2];

/// Makes the sources those of the fixture, and the two files what they were.
fn restore(clinic: &Project, committed: &Committed) -> Outcome {
    for file in [OFFICE, WARD, LAB, INVERSION.tests, ONE.tests, "records/tests/office.rs"] {
        let first = repository().join("fixtures/projects/clinic").join(file);
        let first = fs::read_to_string(first).map_err(at(file))?;
        // What is written anew is compiled anew.
        if first != read(clinic, file)? {
            clinic.write(file, &first)?;
        }
    }
    committed.iter().try_for_each(|(name, text)| clinic.write(name, text))
}

fn read(clinic: &Project, file: &str) -> Result<String, String> {
    fs::read_to_string(clinic.directory.join(file)).map_err(at(file))
}

/// Changes some words of a file, all of which are there.
fn edit(clinic: &Project, file: &str, changes: &[(&str, &str)]) -> Outcome {
    let mut text = read(clinic, file)?;
    for (from, to) in changes {
        if !text.contains(from) {
            return Err(format!("{file} has no {from:?}"));
        }
        text = text.replace(from, to);
    }
    clinic.write(file, &text)
}

impl Added {
    fn add(&self, clinic: &Project) -> Outcome {
        for (file, more) in [(self.source, self.code), (self.tests, self.test)] {
            let text = read(clinic, file)?;
            clinic.write(file, &format!("{text}{more}"))?;
        }
        Ok(())
    }

    /// Where its code has this, as `lab/src/lib.rs:15:39`.
    fn place(&self, clinic: &Project, line: &str, word: &str) -> Result<String, String> {
        place(clinic, self.source, line, word)
    }
}

/// Where a file has `word` in the first line with `line`.
fn place(clinic: &Project, file: &str, line: &str, word: &str) -> Result<String, String> {
    let text = read(clinic, file)?;
    let mut lines = text.lines().enumerate();
    let found = lines.find_map(|(number, text)| Some((number, text.find(line)?, text)));
    let (number, _, text) = found.ok_or_else(|| format!("{file} has no {line:?}"))?;
    let column = text.find(word).ok_or_else(|| format!("{line:?} has no {word:?}"))?;
    Ok(format!("{file}:{}:{}", number + 1, column + 1))
}

fn expect_pass(said: &Said) -> Outcome {
    said.expect_code(0)?;
    said.expect_out(&[OLD_MISTAKE, &format!("\n  accepted: {REASON}\n"), PASSES])
}

/// All is as it was committed: no word on the order, nor on what was accepted and is gone.
fn expect_as_committed(said: &Said) -> Outcome {
    expect_pass(said)?;
    let is_quiet = !said.stdout.contains("\n  order: ") && !said.stdout.contains("not found");
    said.require(is_quiet, "something is not as it was committed")
}

fn an_old_mistake_is_accepted(clinic: &Project) -> Result<Committed, String> {
    let said = clinic.run("test --gate")?;
    said.expect_code(1)?;
    said.expect_out(&[
        OLD_MISTAKE,
        "\n  gate: 1 new\n  accept what may stay, with a reason: cargo lockgraph review\n",
        "\n  there is no committed order: `cargo lockgraph learn` writes lock-order.json\n",
        "\n  again: cargo lockgraph report --gate\n",
    ])?;
    let mut accept = clinic.lockgraph("accept --all");
    process::run(accept.args(["--reason", REASON]))?.expect_code(0)?;
    let learn = clinic.run("learn")?;
    learn.expect_code(0)?;
    learn.expect_out(&[
        "+ records/src/lib.rs: Records::new.beds -> records/src/lib.rs: Records::new.bills\n",
        "lock-order.json has 3 edges: commit it\n",
    ])?;
    expect_as_committed(&clinic.run("report --gate")?)?;
    expect_as_committed(&clinic.run("test --gate")?)?;
    Ok([(SETTINGS, read(clinic, SETTINGS)?), (ORDER, read(clinic, ORDER)?)])
}

/// Found by the tests of two crates, none of which has a cycle; and mended.
fn an_inversion_across_processes(clinic: &Project, committed: &Committed) -> Outcome {
    INVERSION.add(clinic)?;
    let said = clinic.run("test --gate")?;
    said.expect_code(1)?;
    said.expect_out(&[
        " are taken in both orders\n",
        &format!("\n  --> {}\n", place(clinic, WARD, "records.samples", "lock()")?),
        &format!("\n  --> {}\n", INVERSION.place(clinic, "let patients", "lock()")?),
        "thread 1 in test day everybody_is_visited\n",
        "thread 2 in test night samples_are_delivered\n",
        "\n   = verdict: possible: each step was seen, but no run had them all; ",
        "\n  gate: 1 new, 1 accepted\n",
        "\n  order: 1 new edge; what is right, commit: cargo lockgraph learn\n",
    ])?;
    let github = clinic.run("report --gate --format github")?;
    github.expect_code(1)?;
    github.expect_out(&["::error file=ward/src/lib.rs,line=11,"])?;
    // To learn it does not make it right.
    clinic.run("learn")?.expect_code(0)?;
    clinic.run("report --gate")?.expect_code(1)?;
    restore(clinic, committed)?;
    INVERSION.add(clinic)?;
    let [samples, patients] = ["mut samples = records.samples", "patients = records.patients"];
    let code = |first, second| format!("let {first}.lock().unwrap();\n    let {second}.lock()");
    edit(clinic, LAB, &[(&code(samples, patients), &code(patients, samples))])?;
    expect_as_committed(&clinic.run("test --gate")?)
}

/// What stands elsewhere, and what has another name within a function, is the same.
fn lines_and_variables(clinic: &Project, _: &Committed) -> Outcome {
    let more = ("//! What the ward", "//!\n//! Notes.\n//!\n//! What the ward");
    let renamed = ("mut beds", "mut free");
    edit(clinic, OFFICE, &[more, renamed, ("*beds -= 1", "*free -= 1")])?;
    edit(clinic, WARD, &[("mut patients", "mut here"), ("    patients.push", "\n    here.push")])?;
    expect_as_committed(&clinic.run("test --gate")?)
}

/// What was accepted is known under the name of another function.
fn a_function_has_another_name(clinic: &Project, _: &Committed) -> Outcome {
    for file in [OFFICE, "records/tests/office.rs"] {
        edit(clinic, file, &[("settle(", "close(")])?;
    }
    let said = clinic.run("test --gate")?;
    expect_moved(&said)?;
    let is_same = !said.stdout.contains("\n  order: ") && !said.stdout.contains("not found");
    said.require(is_same, "the classes are the same")?;
    let learn = clinic.run("learn")?;
    learn.expect_code(0)?;
    learn.expect_out(&[&format!(": {REASON}\n"), "\nis accepted as "])?;
    for file in [SETTINGS, ORDER] {
        let text = read(clinic, file)?;
        let is_new = text.contains("Records::close") && !text.contains("Records::settle");
        learn.require(is_new, &text)?;
    }
    expect_as_committed(&clinic.run("report --gate")?)
}

fn expect_moved(said: &Said) -> Outcome {
    said.expect_code(0)?;
    said.expect_out(&[
        &format!("\n  accepted under another name: {REASON}\n"),
        PASSES,
        "\n  1 finding is accepted under another name; to note it: cargo lockgraph learn\n",
    ])
}

/// So are the edges, where it is the function that makes the locks.
fn an_item_of_locks_has_another_name(clinic: &Project, _: &Committed) -> Outcome {
    edit(clinic, OFFICE, &[("fn new()", "fn open()")])?;
    for file in [INVERSION.tests, ONE.tests, "records/tests/office.rs"] {
        edit(clinic, file, &[("Records::new()", "Records::open()")])?;
    }
    let said = clinic.run("test --gate")?;
    expect_moved(&said)?;
    said.expect_out(&["\n  order: 3 edges under another name; what is right, commit: "])?;
    let is_known = !said.stdout.contains("not found") && !said.stdout.contains("not seen");
    said.require(is_known, "something is new and stale")?;
    let learn = clinic.run("learn")?;
    learn.expect_code(0)?;
    learn.expect_out(&[
        "~ records/src/lib.rs: Records::open.patients -> records/src/lib.rs: Records::open.samples\n  \
         was records/src/lib.rs: Records::new.patients -> records/src/lib.rs: Records::new.samples\n",
        "lock-order.json has 3 edges: commit it\n",
        "\nis accepted as ",
    ])?;
    for file in [SETTINGS, ORDER] {
        let text = read(clinic, file)?;
        let is_new = text.contains("Records::open.") && !text.contains("Records::new.");
        learn.require(is_new, &text)?;
    }
    expect_as_committed(&clinic.run("report --gate")?)
}

/// A reason holds until a day.
fn an_acceptance_expires(clinic: &Project, _: &Committed) -> Outcome {
    let reason = format!("reason = {REASON:?}\n");
    edit(clinic, SETTINGS, &[(&reason, &format!("{reason}expires = 2020-02-29\n"))])?;
    let said = clinic.run("test --gate")?;
    said.expect_code(1)?;
    said.expect_out(&[
        &format!("\naccepted until 2020-02-29, which has passed: {REASON}\n"),
        "\n  gate: nothing new, 1 accepted until a day that has passed\n  accept what may stay, ",
    ])?;
    edit(clinic, SETTINGS, &[("2020-02-29", "9999-12-31")])?;
    let said = clinic.run("report --gate")?;
    said.expect_code(0)?;
    said.expect_out(&[&format!("\n  accepted until 9999-12-31: {REASON}\n"), PASSES])
}

/// Either branch is well by itself, and both are not, however they come together.
fn two_branches(clinic: &Project, committed: &Committed) -> Outcome {
    let mut reports = Vec::new();
    for branch in [ONE, TWO] {
        restore(clinic, committed)?;
        branch.add(clinic)?;
        let said = clinic.run("test --gate")?;
        expect_pass(&said)?;
        said.expect_out(&["\n  order: 1 new edge; what is right, commit: "])?;
        let kept = clinic.home().join(format!("{}.json", reports.len() + 1));
        fs::copy(clinic.target.join("lockgraph/report.json"), &kept).map_err(at("keep it"))?;
        reports.push(kept);
    }
    the_reports_of_both(clinic, &reports)?;
    // Both branches were merged, and the first one has committed its order.
    ONE.add(clinic)?;
    let circle = [ONE.place(clinic, "*beds = 10", "lock()")?, isolated(clinic)?];
    let said = clinic.run("test --gate")?;
    expect_circle(&said, &circle)?;
    said.expect_out(&["\nseen in 3 tests: day beds_are_made, day everybody_is_visited, night "])?;
    let fingerprint = fingerprint(&said)?;
    let learn = clinic.lockgraph("learn").arg(&reports[0]).status().map_err(at("learn"))?;
    said.require(learn.success(), "it was not learnt")?;
    let said = clinic.run("test --gate -p lab")?;
    said.expect_code(1)?;
    said.expect_out(&[
        "warning[lock-order-cycle]: 3 locks are taken in a circle: ",
        "thread 1 in the committed order, by `ward/src/lib.rs: make_beds`\n",
        "thread 2 in the committed order, by `ward/src/lib.rs: visit`\n",
        "thread 3 in test night the_sick_are_isolated\n",
        "thread 2 keeps `records/src/lib.rs: Records::new.patients` while it waits for ",
        &format!("\n  --> {}\n", isolated(clinic)?),
        &format!("\n   = fingerprint: {fingerprint}\n"),
        "\n  gate: 1 new\n",
    ])
}

fn isolated(clinic: &Project) -> Result<String, String> {
    TWO.place(clinic, "*records.beds", "lock()")
}

fn expect_circle(said: &Said, places: &[String]) -> Outcome {
    said.expect_code(1)?;
    said.expect_out(&[
        "warning[lock-order-cycle]: 3 locks are taken in a circle: ",
        "thread 1 in test day beds_are_made\n",
        "thread 2 in test day everybody_is_visited\n",
        "thread 3 in test night the_sick_are_isolated\n",
        "\n  gate: 1 new, 1 accepted\n",
    ])?;
    let places: Vec<String> = places.iter().map(|place| format!("\n  --> {place}\n")).collect();
    said.expect_out(&places.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Of the first finding.
fn fingerprint(said: &Said) -> Result<String, String> {
    let line = said.stdout.lines().find_map(|line| line.strip_prefix("   = fingerprint: "));
    line.map(str::to_owned).ok_or_else(|| said.wrong("there is no fingerprint"))
}

/// Reports of two jobs, added up by a third one.
fn the_reports_of_both(clinic: &Project, reports: &[PathBuf]) -> Outcome {
    let merged = clinic.home().join("merged.json");
    let lockgraph = || clinic.command(env!("CARGO_BIN_EXE_lockgraph"));
    let merge = process::run(lockgraph().arg("merge").args(reports).arg("-o").arg(&merged))?;
    merge.expect_code(0)?;
    let said = process::run(lockgraph().arg("check").arg(&merged).arg("--gate"))?;
    expect_circle(&said, &[isolated(clinic)?])?;
    let is_seen = !said.stdout.contains("found in \n");
    said.require(is_seen, "it is found in nothing")
}

/// Every edge is to be looked at.
fn a_frozen_order(clinic: &Project, _: &Committed) -> Outcome {
    ONE.add(clinic)?;
    clinic.run("test --gate")?.expect_code(0)?;
    let said = clinic.run("report --frozen-order")?;
    said.expect_code(1)?;
    said.expect_out(&[
        "warning[new-edge]: the mutex made at records/src/lib.rs:23:23 is taken while the mutex \
         made at records/src/lib.rs:24:19 is held, which the committed order does not have\n",
        &format!("\n  --> {}\n", ONE.place(clinic, "*beds = 10", "lock()")?),
        "\nseen in test day beds_are_made\n",
        "\n  gate: 1 new, 1 accepted\n",
    ])?;
    clinic.run("learn")?.expect_code(0)?;
    expect_as_committed(&clinic.run("report --frozen-order")?)
}

/// What is declared holds, whatever is committed.
fn a_declared_order(clinic: &Project, _: &Committed) -> Outcome {
    let names = "[locks]\nin_bed = \"records/src/lib.rs: Records::new.patients\"\n\
                 in_lab = \"records/src/lib.rs: Records::new.samples\"\n";
    let order = "[order]\ndeclared = [\"in_lab < in_bed\"]\n";
    let surer = ("#fail-on = \"possible\"", "fail-on = \"actual\"");
    edit(clinic, SETTINGS, &[("[locks]\n", names), ("[order]\n", order), surer])?;
    let said = clinic.run("test --gate")?;
    said.expect_code(1)?;
    said.expect_out(&[
        "warning[rank-violation]: `in_lab` is taken while `in_bed` is held, against the declared \
         order\n",
        &format!("\n  --> {}\n", place(clinic, WARD, "records.samples", "lock()")?),
        "\nseen in test day everybody_is_visited\n",
        "\n  gate: 1 new, 1 accepted\n",
    ])?;
    edit(clinic, SETTINGS, &[("in_lab < in_bed", "in_bed < in_lab")])?;
    expect_as_committed(&clinic.run("report --gate")?)
}
