//! A workspace of all editions, with a build script, a procedural macro, `#![no_std]`, statics,
//! `#![deny(warnings)]` and a doctest; its source is write-protected.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use libtest_mimic::Trial;

use super::finding::{Wanted, class, list};
use super::process::{self, Said};
use super::project::{PROGRAM, Project, Shared};
use super::{Outcome, at, nextest, tree, trial};
use crate::cli;

pub(super) fn trials() -> Vec<Trial> {
    let bazaar = Shared::new(&["bazaar"]);
    let on = |test| bazaar.on(test);
    vec![
        trial("bazaar/tests", on(tests)),
        trial("bazaar/every_lock", on(every_lock)),
        trial("bazaar/program", on(program)),
        trial("bazaar/show_env", on(show_env)),
        trial("bazaar/again", on(again)),
        nextest::trial("bazaar/nextest", on(nextest::tests)),
        trial("bazaar/release", release),
    ]
}

/// Seen in two tests, told once.
pub(super) const LEDGER: Wanted<'_> = Wanted {
    kind: "lock-order-cycle",
    verdict: "possible",
    locks: &["ledger/src/lib.rs:45", "ledger/src/lib.rs:46"],
    seen: &["day a_review_after_a_deposit", "day the_same_in_another_test"],
};

/// Both are made by one line of the wrapper, and known by the lines that call it.
pub(super) const TILLS: Wanted<'_> = Wanted {
    kind: "lock-order-cycle",
    verdict: "possible",
    locks: &["market/src/lib.rs:33", "market/src/lib.rs:34"],
    seen: &["day tills_are_balanced_both_ways"],
};

fn tests(bazaar: &Project) -> Outcome {
    tree::set_read_only(&bazaar.directory, true).map_err(at("write-protect the source"))?;
    let before = tree::snapshot(&bazaar.directory).map_err(at("read the source"))?;
    let said = bazaar.run("test")?;
    said.expect_code(1)?;
    said.expect_out(&[
        "test result: ok. 4 passed; 0 failed",
        "test ledger/src/lib.rs - Ledger (line 35) ... ok",
    ])?;
    let report = bazaar.report()?;
    report.expect(&[LEDGER, TILLS]).map_err(|wrong| said.wrong(&wrong))?;
    // Of the tests and of the doctest. Nothing else took locks but what runs in compilers.
    report.expect_traces(2)?;
    ends_with_summary(&said, "2 findings: 2 possible (2 processes, ")?;
    let after = tree::snapshot(&bazaar.directory).map_err(at("read the source"))?;
    said.require(before == after, "the source was changed")
}

/// The last words are the summary, and where the rest is; it is there.
fn ends_with_summary(said: &Said, counts: &str) -> Outcome {
    let (_, summary) = said.stdout.rsplit_once("lockgraph: ").unwrap_or_default();
    let lines: Vec<&str> = summary.lines().collect();
    let [first, full, again] = lines[..] else {
        return Err(said.wrong("the summary does not stand last, in three lines"));
    };
    said.require(first.starts_with(counts), &format!("it does not begin with {counts:?}"))?;
    said.require(again == "  again: cargo lockgraph report", "how to see it again is not told")?;
    let full = full.strip_prefix("  full report: ").and_then(|rest| rest.split(" (and").next());
    let text = full.map(fs::read_to_string).and_then(Result::ok).unwrap_or_default();
    said.require(text.matches("\nseen in ").count() == 2, "the full report is not complete")
}

/// Where the locks of a run stand in the source, each once.
fn classes(bazaar: &Project) -> Result<Vec<String>, String> {
    let mut arguments = ["show", "--format", "json"].map(OsString::from).to_vec();
    arguments.extend(bazaar.traces()?.into_iter().map(OsString::from));
    let said = cli::run(&arguments)?;
    said.expect_code(0)?;
    let json: serde_json::Value = serde_json::from_str(&said.stdout).map_err(at("show"))?;
    let mut classes: Vec<String> = list(&json["traces"])
        .iter()
        .flat_map(|trace| list(&trace["locks"]))
        .map(|row| {
            let kind = row["lock"]["kind"].as_str().unwrap_or_default();
            format!("{kind} {}", class(&row["lock"], &["made_at", "first_taken_at"]))
        })
        .collect();
    classes.sort();
    classes.dedup();
    Ok(classes)
}

/// Locks of every sort and edition are seen, and nobody else's.
fn every_lock(bazaar: &Project) -> Outcome {
    let said = bazaar.run("test --level full -p market --test day nothing_to_report")?;
    said.expect_code(0)?;
    said.expect_out(&["lockgraph: no findings (1 process, "])?;
    let classes = classes(bazaar)?;
    said.require(classes == EVERY_LOCK, &format!("these are the locks: {classes:#?}"))
}

const EVERY_LOCK: [&str; 8] = [
    "mutex bare/src/lib.rs:20",
    "mutex counter/src/lib.rs:6",
    "mutex ledger/src/lib.rs:31",
    "mutex market/src/lib.rs:26",
    "mutex market/src/lib.rs:40",
    "once ledger/src/lib.rs:87",
    "once market/src/lib.rs:29",
    "rwlock market/src/lib.rs:29",
];

/// What the program prints, and what it is given, is its own.
fn program(bazaar: &Project) -> Outcome {
    let said = bazaar.run("run -q -p market -- review --deps")?;
    said.expect_code(1)?;
    let want = "customer 1, opened by the build script\narguments: [\"review\", \"--deps\"]\n";
    said.require(said.stdout == want, "that is not what the program prints")?;
    let seen = &["market review --deps"];
    let locks = LEDGER.locks;
    bazaar.report()?.expect(&[Wanted { locks, seen, ..LEDGER }])?;
    said.expect_error(&["lockgraph: 1 finding: 1 possible (1 process, "])
}

/// In a shell with the environment that is printed, plain `cargo test` leaves the same traces, and
/// `cargo lockgraph` is not confused by it. Called as users do: by cargo.
fn show_env(bazaar: &Project) -> Outcome {
    let said = bazaar.run("show-env")?;
    said.expect_code(0)?;
    let file = bazaar.home().join("environment");
    fs::write(&file, said.stdout).map_err(at("write the environment"))?;
    let programs = Path::new(PROGRAM).parent().expect("it lies in a directory").display();
    let script = format!(
        "PATH='{programs}':\"$PATH\" && cargo lockgraph clean --traces --offline \
         && . '{}' && cargo test --offline -p market --test day && cargo lockgraph report --offline",
        file.display()
    );
    let said = process::run(bazaar.command("sh").arg("-c").arg(script))?;
    said.expect_code(1)?;
    said.expect_out(&[
        "test result: ok. 4 passed",
        "lockgraph: 2 findings: 2 possible (1 process",
    ])?;
    bazaar.report()?.expect(&[LEDGER, TILLS])
}

/// What was compiled once is not compiled again, neither the crates nor the facade.
fn again(bazaar: &Project) -> Outcome {
    let words = "test -p market --test day";
    bazaar.run(words)?.expect_code(1)?;
    let said = bazaar.run(words)?;
    said.expect_code(1)?;
    let compiles = said.stderr.to_lowercase().contains("compiling");
    said.require(!compiles, "something was compiled")?;
    bazaar.report()?.expect(&[LEDGER, TILLS])
}

/// With link-time optimisation, with panics that abort, and for a target that is named: the profile
/// has no debug information, and yet the places are those of the other profile.
fn release() -> Outcome {
    let bazaar = Project::copy(&["bazaar"])?;
    let said = bazaar.run(&format!("test --release --target {} -p market --test day", host()?))?;
    said.expect_code(1)?;
    said.expect_out(&["test result: ok. 4 passed"])?;
    bazaar.report()?.expect(&[LEDGER, TILLS]).map_err(|wrong| said.wrong(&wrong))
}

/// The target that rustc compiles for by itself.
fn host() -> Result<String, String> {
    let rustc = process::run(Command::new("rustc").arg("-vV"))?;
    let host = rustc.stdout.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| rustc.wrong("rustc does not name its host"))
}
