//! Orders that are declared in two places: ranks in the code, names in `lockgraph.toml`. A program
//! runs, and the command line judges its trace beside that file.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};
use serde_json::Value;
use tempfile::TempDir;

use crate::child::{self, Order, What};
use crate::scenario::NESTED;
use crate::{cli, fixture};

/// What is declared in the file, what the program nests, and what is found: which was wanted while
/// which was held. In the code `branch` comes before `account`, and that before `audit`; `cache` and
/// `log` have no rank.
struct Row {
    name: &'static str,
    declared: &'static str,
    nested: &'static str,
    live: &'static [&'static str],
    checked: &'static [&'static str],
}

const ROWS: &[Row] = &[
    Row {
        name: "the_code_alone",
        declared: "",
        nested: "branch account account branch audit branch cache branch branch cache",
        live: &["branch while account", "branch while audit"],
        checked: &["branch while account", "branch while audit"],
    },
    Row {
        name: "both_agree",
        declared: "branch < account",
        nested: "branch account account branch",
        live: &["branch while account"],
        checked: &["branch while account"],
    },
    Row {
        name: "they_contradict_and_the_code_is_kept",
        declared: "account < branch",
        nested: "branch account",
        live: &[],
        checked: &["account while branch"],
    },
    Row {
        name: "they_contradict_and_the_file_is_kept",
        declared: "account < branch",
        nested: "account branch",
        live: &["branch while account"],
        checked: &["branch while account"],
    },
    Row {
        name: "classes_of_the_file_alone",
        declared: "log < cache",
        nested: "log cache cache log",
        live: &[],
        checked: &["log while cache"],
    },
    Row {
        name: "a_class_of_the_file_before_a_rank",
        declared: "cache < branch",
        nested: "branch cache branch account",
        live: &[],
        checked: &["cache while branch"],
    },
    Row {
        name: "a_rank_that_the_file_does_not_name",
        declared: "cache < branch",
        nested: "audit account cache branch",
        live: &["account while audit"],
        checked: &["account while audit"],
    },
    Row {
        name: "through_code_and_file",
        declared: "audit < log",
        nested: "log branch",
        live: &[],
        checked: &[],
    },
];

pub(crate) fn trials() -> Vec<Trial> {
    let trial = |row: &'static Row| {
        Trial::test(format!("declared/{}", row.name), move || run(row).map_err(Failed::from))
    };
    ROWS.iter().map(trial).collect()
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn run(row: &Row) -> Result<(), String> {
    let (project, traces) = (TempDir::new().map_err(text)?, TempDir::new().map_err(text)?);
    let declared: Vec<&str> =
        Some(row.declared).filter(|line| !line.is_empty()).into_iter().collect();
    let settings = format!("[order]\ndeclared = {declared:?}\n");
    fs::write(project.path().join("lockgraph.toml"), settings).map_err(text)?;
    let live = live(row, traces.path())?;
    let files = fixture::files(traces.path()).map_err(text)?;
    let checked = checked(project.path(), &files)?;
    expect("live", row.live, &live)?;
    expect("checked", row.checked, &checked)?;
    // A report says what its traces did.
    let report = traces.path().join("report.json");
    let form = format!("json={}", report.display());
    let mut command = cli::lockgraph();
    command.args(["check", "--format", &form]).args(&files).current_dir(project.path());
    command.output().map_err(text)?;
    expect("read again", row.checked, &self::checked(project.path(), &[report])?)
}

fn expect(what: &str, wanted: &[&str], got: &BTreeSet<String>) -> Result<(), String> {
    let is_so = wanted.iter().eq(got.iter());
    if is_so { Ok(()) } else { Err(format!("{what}: wanted {wanted:?}, got {got:?}")) }
}

/// What the program says itself.
fn live(row: &Row, traces: &Path) -> Result<BTreeSet<String>, String> {
    let directory = traces.to_string_lossy();
    let environment = [("LOCKGRAPH_TRACE", &*directory), (NESTED, row.nested)];
    let what = What::Scenario("declared");
    let order = Order { what, environment: &environment, limit: child::limit() };
    let outcome = child::run(&order).map_err(text)?;
    if !outcome.status.is_some_and(|status| status.success()) {
        return Err(outcome.full());
    }
    let heads =
        outcome.stderr.lines().filter_map(|line| line.strip_prefix("warning[rank-violation]: "));
    heads.map(in_short).collect()
}

/// What `lockgraph check --gate` says in the directory of the settings, and whether it fails if, and
/// only if, that is anything.
fn checked(project: &Path, files: &[PathBuf]) -> Result<BTreeSet<String>, String> {
    let mut command = cli::lockgraph();
    command.args(["check", "--gate", "--format", "json"]).args(files).current_dir(project);
    let output = command.output().map_err(text)?;
    let report: Value = serde_json::from_slice(&output.stdout).map_err(text)?;
    let all = report["findings"].as_array().ok_or("there are no findings")?;
    let violations = all.iter().filter(|finding| finding["kind"] == "rank-violation");
    let heads: Result<Vec<String>, String> = violations
        .map(|finding| in_short(finding["headline"].as_str().unwrap_or_default()))
        .collect();
    let heads = heads?;
    let (found, code) = (BTreeSet::from_iter(heads.clone()), output.status.code());
    if found.len() < heads.len() {
        return Err(format!("told twice: {heads:?}"));
    }
    let wanted = i32::from(!found.is_empty());
    if code == Some(wanted) { Ok(found) } else { Err(format!("it ended with {code:?}: {found:?}")) }
}

/// "branch while account" of what was taken while what was held.
fn in_short(headline: &str) -> Result<String, String> {
    let mut names = headline.split('`').skip(1).step_by(2);
    let both = names
        .next()
        .zip(names.next())
        .filter(|_| headline.ends_with(", against the declared order"));
    let (wanted, held) = both.ok_or_else(|| format!("it says something else: {headline}"))?;
    Ok(format!("{wanted} while {held}"))
}
