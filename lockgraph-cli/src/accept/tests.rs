//! `accept`, `review` and `prune` on a report of two findings.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use clap::Parser as _;
use tempfile::TempDir;

use crate::args::{Arguments, Command};
use crate::policy::{COMMENTED, FILE, Policy};
use crate::print::json;
use crate::settings::{self, Place, Talk};
use crate::{Outcome, staged};

/// A directory with a report and the settings with this text.
struct Project {
    directory: TempDir,
    deadlock: String,
    cycle: String,
}

impl Project {
    fn new(settings: &str) -> Project {
        let directory = tempfile::tempdir().unwrap();
        let checked = staged::checked();
        let mut report = Vec::new();
        json::checked(&mut report, &checked).unwrap();
        fs::create_dir_all(directory.path().join("target/lockgraph")).unwrap();
        fs::write(directory.path().join("target/lockgraph/report.json"), report).unwrap();
        let fingerprint = |at: usize| format!("{:016x}", checked.found[at].finding.fingerprint());
        let project = Project { directory, deadlock: fingerprint(0), cycle: fingerprint(1) };
        fs::write(project.root().join(FILE), settings).unwrap();
        project
    }

    fn root(&self) -> &Path {
        self.directory.path()
    }

    fn text(&self) -> String {
        fs::read_to_string(self.root().join(FILE)).unwrap()
    }

    /// Runs a command line, words apart by `|`, `@` and `%` being the two fingerprints.
    fn run(&self, line: &str, input: &str) -> (Outcome, String) {
        let line = line.replace('@', &self.deadlock).replace('%', &self.cycle);
        let arguments = Arguments::try_parse_from(format!("lockgraph|{line}").split('|')).unwrap();
        let Command::Settings(command) = arguments.command else { panic!("{line}") };
        let place = Place::new(self.root(), &self.root().join("target"));
        let mut out = Vec::new();
        let talk = &mut Talk { input: &mut Cursor::new(input), out: &mut out };
        let outcome = settings::run(&command, &place, talk).unwrap();
        let out = String::from_utf8(out).unwrap();
        (outcome, out.replace(&format!("{}/", self.root().display()), ""))
    }

    /// What was accepted, and why.
    fn accepted(&self) -> Vec<(String, String)> {
        let policy = Policy::find(self.root()).unwrap().unwrap();
        let entry = |accept: &crate::policy::Accept| {
            (format!("{:016x}", accept.fingerprint), accept.reason.clone())
        };
        policy.accepted.iter().map(entry).collect()
    }

    #[track_caller]
    fn expect_accepted(&self, want: &[(&str, &str)]) {
        let want: Vec<_> =
            want.iter().map(|(of, why)| ((*of).to_owned(), (*why).to_owned())).collect();
        assert_eq!(self.accepted(), want);
    }
}

#[test]
fn what_is_named_is_accepted() {
    let project = Project::new(COMMENTED);
    let (outcome, out) = project.run("accept|@|--reason|why|--expires|2027-01-31", "");
    assert_eq!(outcome, Outcome::Clean);
    assert!(out.starts_with(&format!("accepted {}: ", project.deadlock)), "{out}");
    assert!(out.ends_with("\nchanged lockgraph.toml: commit it\n"), "{out}");
    project.expect_accepted(&[(&project.deadlock, "why")]);
    assert!(project.text().starts_with(COMMENTED));
    assert!(project.text().ends_with("\nexpires = 2027-01-31\n"));
    // The rest, and not again what is accepted.
    let (_, out) = project.run("accept|--all|--reason|later", "");
    assert_eq!(out.matches("accepted ").count(), 1);
    project.expect_accepted(&[(&project.deadlock, "why"), (&project.cycle, "later")]);
    let (outcome, out) = project.run("accept|--all|--reason|later", "");
    assert_eq!((outcome, &*out), (Outcome::Clean, "there is nothing to accept\n"));
    // What is named is accepted anew.
    project.run("accept|@|--reason|better", "");
    project.expect_accepted(&[(&project.cycle, "later"), (&project.deadlock, "better")]);
}

#[test]
fn all_that_is_named_is_accepted_or_nothing() {
    let project = Project::new("");
    for line in [
        "accept|@|0000000000000000|--reason|why",
        "accept|@|123|--reason|why",
        "accept|@|no/such/report.json|--reason|why",
        "accept|@|a.json|b.json|--reason|why",
        "accept|a.json|--reason|why",
        "prune|0000000000000000",
        "review|no/such/report.json",
    ] {
        let (outcome, out) = project.run(line, "");
        assert_eq!((outcome, &*out, &*project.text()), (Outcome::Failure, "", ""), "{line}");
    }
    for line in [
        "accept|@",
        "accept|--reason|why",
        "accept|@|--reason| ",
        "accept|@|--reason|w|--expires|2027-02-29",
    ] {
        assert!(
            Arguments::try_parse_from(format!("lockgraph|{line}").split('|')).is_err(),
            "{line}"
        );
    }
}

#[test]
fn nothing_is_done_to_settings_that_cannot_be_read() {
    let project = Project::new("[gate\n");
    for line in ["accept|@|--reason|why", "prune", "review"] {
        let (outcome, _) = project.run(line, "a why\n");
        assert_eq!((outcome, &*project.text()), (Outcome::Failure, "[gate\n"), "{line}");
    }
}

#[test]
fn a_review_asks_of_each_finding() {
    const NONE: &[(&str, &str)] = &[];
    for (input, want, last_words) in [
        ("a it is old\ns\n", &[("@", "it is old")][..], "1 accepted, 1 skipped, 0 not looked at\n"),
        (
            "a\nit is old\na new\n",
            &[("@", "it is old"), ("%", "new")],
            "2 accepted, 0 skipped, 0 not looked at\n",
        ),
        // Other answers are asked for again; an empty reason is none.
        ("what?\na\n\ns\nskip\n", NONE, "0 accepted, 2 skipped, 0 not looked at\n"),
        ("s\nq\n", NONE, "0 accepted, 1 skipped, 1 not looked at\n"),
        ("accept x\n", &[("@", "x")], "1 accepted, 0 skipped, 1 not looked at\n"),
        ("s\na\n", NONE, "0 accepted, 1 skipped, 1 not looked at\n"),
    ] {
        let project = Project::new("");
        let (outcome, out) = project.run("review", input);
        assert_eq!(outcome, Outcome::Clean, "{input}");
        assert!(out.starts_with("finding 1 of 2\n\nerror[deadlock]: "), "{out}");
        assert!(out.ends_with(last_words), "{out}");
        let of = |name| if name == "@" { &*project.deadlock } else { &*project.cycle };
        let want: Vec<_> = want.iter().map(|(name, why)| (of(*name), *why)).collect();
        project.expect_accepted(&want);
    }
}

#[test]
fn what_does_not_fail_is_not_asked_of() {
    let accepted = Project::new("");
    accepted.run("accept|--all|--reason|why", "");
    let tolerated = Project::new("gate.allow = [\"deadlock\"]\ngate.fail-on = \"proved\"\n");
    for project in [accepted, tolerated] {
        let (outcome, out) = project.run("review", "");
        assert_eq!(outcome, Outcome::Clean);
        assert_eq!(out, "there is nothing to review: none of 2 findings fails\n");
    }
    // An acceptance that is over is no more.
    let expired = Project::new("");
    expired.run("accept|--all|--reason|why|--expires|2020-01-01", "");
    let (_, out) = expired.run("review", "a again\nq\n");
    assert!(out.contains("finding 1 of 2\n"), "{out}");
    expired.expect_accepted(&[(&expired.cycle, "why"), (&expired.deadlock, "again")]);
}

#[test]
fn where_nobody_answers_nothing_is_accepted() {
    let project = Project::new("");
    let (outcome, out) = project.run("review", "");
    assert_eq!((outcome, &*project.text()), (Outcome::Failure, ""));
    assert!(out.ends_with("a: accept it, with a reason; s: skip it; q: quit: \n"), "{out}");
}

#[test]
fn what_is_not_found_any_more_is_pruned() {
    let entry = |fingerprint: &str| {
        format!("[[accept]]\nfingerprint = \"{fingerprint}\"\nreason = \"old\"\n")
    };
    let [one, two] = ["0000000000000001", "0000000000000002"];
    let project = Project::new("");
    let (kept, stale) = (entry(&project.deadlock), format!("{}\n{}", entry(one), entry(two)));
    let settings = format!("# mine\n\n{kept}\n{stale}");
    fs::write(project.root().join(FILE), &settings).unwrap();
    let (_, out) = project.run("prune|--dry-run", "");
    assert_eq!(
        out,
        "would remove 0000000000000001 (lockgraph.toml:7): old\n\
         would remove 0000000000000002 (lockgraph.toml:11): old\n"
    );
    assert_eq!(project.text(), settings);
    assert_eq!(project.run("prune|@", "").0, Outcome::Failure);
    let (_, out) = project.run("prune|0000000000000002", "");
    assert_eq!(
        out,
        "removed 0000000000000002 (lockgraph.toml:11): old\nchanged lockgraph.toml: commit it\n"
    );
    project.run("prune", "");
    assert_eq!(project.text(), format!("# mine\n\n{kept}"));
    let (outcome, out) = project.run("prune", "");
    let want = "there is nothing to prune: all that was accepted is found\n";
    assert_eq!((outcome, &*out), (Outcome::Clean, want));
    fs::remove_file(project.root().join(FILE)).unwrap();
    assert_eq!(project.run("prune", "").1, "there is nothing to prune: no lockgraph.toml\n");
}
