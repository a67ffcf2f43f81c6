//! What is written and told of a report, by the file that was there before.

use std::fs;
use std::path::Path;

use lockgraph::finding::Finding;
use tempfile::TempDir;

use super::*;
use crate::check::Checked;
use crate::policy::{FILE, shown};
use crate::print::json;
use crate::staged;

const ORDER: &str = "lock-order.json";

/// A directory with a report on a run with these edges and findings.
fn project(edges: &str, findings: &[Finding]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let found = findings.iter().map(|finding| staged::found("it", finding)).collect();
    let checked = Checked { found, order: staged::order("it", edges), ..Checked::default() };
    let mut report = Vec::new();
    json::checked(&mut report, &checked).unwrap();
    fs::create_dir_all(directory.path().join("target/lockgraph")).unwrap();
    fs::write(directory.path().join("target/lockgraph/report.json"), report).unwrap();
    directory
}

/// What is told, with names from the directory on.
fn learned(root: &Path, prune: bool, dry_run: bool) -> Result<String, String> {
    let place = Place::new(root, &root.join("target"));
    let mut out = Vec::new();
    let done = run(&Learn { reports: Vec::new(), prune, dry_run }, &place, &mut out);
    let from_here = |text: &str| text.replace(&format!("{}/", root.display()), "");
    match done {
        Ok(()) => Ok(from_here(&String::from_utf8(out).unwrap())),
        Err(Failure::Trouble(what)) => Err(from_here(&what)),
        Err(Failure::Output(error)) => panic!("{error}"),
    }
}

fn text(edges: &str) -> String {
    Baseline::of(&staged::order("then", edges)).text()
}

#[test]
fn the_order_is_written_and_what_changes_is_told() {
    const WRITES: (bool, bool) = (false, false);
    const PRUNES: (bool, bool) = (true, false);
    const TELLS: (bool, bool) = (false, true);
    const TELLS_WHAT_IT_PRUNES: (bool, bool) = (true, true);
    for (before, seen, (prune, dry_run), after, want) in [
        (
            None,
            "B>C A>B",
            WRITES,
            Some("A>B B>C"),
            "+ A -> B\n+ B -> C\nlock-order.json has 2 edges: commit it\n",
        ),
        (Some("A>B"), "A>B", WRITES, Some("A>B"), "lock-order.json has 1 edge: commit it\n"),
        (
            Some("A>B C>D"),
            "A>B",
            WRITES,
            Some("A>B C>D"),
            "  not seen: C -> D (--prune removes it)\nlock-order.json has 2 edges: commit it\n",
        ),
        (
            Some("A>B C>D"),
            "A>B",
            PRUNES,
            Some("A>B"),
            "- C -> D\nlock-order.json has 1 edge: commit it\n",
        ),
        (
            Some("A>B B>C E>F"),
            "A>X X>C",
            WRITES,
            Some("A>X X>C E>F"),
            "~ A -> X\n  was A -> B\n~ X -> C\n  was B -> C\n  not seen: E -> F (--prune removes \
             it)\nlock-order.json has 3 edges: commit it\n",
        ),
        (None, "A>B", TELLS, None, "+ A -> B\nlock-order.json would have 1 edge\n"),
        (
            Some("A>B C>D"),
            "B>C",
            TELLS_WHAT_IT_PRUNES,
            Some("A>B C>D"),
            "+ B -> C\n- A -> B\n- C -> D\nlock-order.json would have 1 edge\n",
        ),
    ] {
        let project = project(seen, &[]);
        let file = project.path().join(ORDER);
        if let Some(before) = before {
            fs::write(&file, text(before)).unwrap();
        }
        assert_eq!(learned(project.path(), prune, dry_run), Ok(want.to_string()));
        assert_eq!(fs::read_to_string(&file).ok(), after.map(text), "{before:?} {seen}");
    }
}

#[test]
fn functions_stay_while_the_sources_have_them() {
    let project = project("A>B", &[]);
    fs::create_dir(project.path().join("src")).unwrap();
    fs::write(project.path().join("src/a.rs"), "fn kept() {}\n").unwrap();
    let file = project.path().join(ORDER);
    let row = |functions: &str| text("A>B").replace("\"src/a.rs: f2\"", functions);
    fs::write(&file, row("\"src/a.rs: gone\",\"src/a.rs: kept\"")).unwrap();
    assert_eq!(
        learned(project.path(), false, false).as_deref(),
        Ok("lock-order.json has 1 edge: commit it\n")
    );
    let want = row("\"src/a.rs: f2\",\"src/a.rs: kept\"");
    assert_eq!(fs::read_to_string(&file).unwrap(), want);
}

#[test]
fn a_broken_order_is_refused_and_stays() {
    for (broken, want) in [
        ("{\"version\": 1,\n\"order\": [}", "lock-order.json:2:11: "),
        ("{\n<<<<<<< ours\n", "lock-order.json:2:1: git left a conflict here: "),
        ("{\"version\": 9}", "lock-order.json: is of version 9, "),
    ] {
        let project = project("A>B", &[]);
        let file = project.path().join(ORDER);
        fs::write(&file, broken).unwrap();
        let told = learned(project.path(), true, false).unwrap_err();
        assert!(told.starts_with(want), "{told}");
        assert_eq!(fs::read_to_string(&file).unwrap(), broken);
    }
}

#[test]
fn acceptances_get_the_names_of_now() {
    let named = |names: [&str; 2]| {
        let names = Some(names.map(str::to_string).to_vec());
        Finding { names, ..staged::cycle() }
    };
    let then = named(["A -> B in f", "B -> A in g"]);
    let now = named(["A -> C in f", "C -> A in g"]);
    let [was, is] = [&then, &now].map(|finding| shown(finding.fingerprint()));
    let before = format!(
        "[[accept]]\nfingerprint = \"{was}\"\nreason = \"why\"\nwhat = {:?}\n",
        then.names.unwrap()
    );
    for dry_run in [true, false] {
        let project = project("", std::slice::from_ref(&now));
        let file = project.path().join(FILE);
        fs::write(&file, &before).unwrap();
        let told = learned(project.path(), false, dry_run).unwrap();
        let line = format!("accepted as {is}, which was {was}: why\n");
        assert!(told.ends_with(&line), "{told}");
        let accepted = Policy::read(&file).unwrap().accepted;
        let accepted: Vec<_> =
            accepted.iter().map(|it| (shown(it.fingerprint), it.reason.as_str())).collect();
        let want = if dry_run { &was } else { &is };
        assert_eq!(accepted, [(want.clone(), "why")]);
    }
}
