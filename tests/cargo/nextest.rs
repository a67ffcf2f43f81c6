//! Nextest, which runs every test in a process of its own.

use std::env;
use std::process::{Command, Stdio};

use libtest_mimic::Trial;

use super::Outcome;
use super::bazaar::{LEDGER, TILLS};
use super::finding::Wanted;
use super::project::Project;

/// A trial that is shown as ignored where there is no nextest, unless `E2E_REQUIRE_NEXTEST` is set.
pub(super) fn trial(name: &str, test: impl FnOnce() -> Outcome + Send + 'static) -> Trial {
    let is_required = env::var_os("E2E_REQUIRE_NEXTEST").is_some();
    super::trial(name, test).with_ignored_flag(!is_required && !is_installed())
}

fn is_installed() -> bool {
    let mut command = Command::new("cargo");
    command.args(["nextest", "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Findings name tests as nextest does.
pub(super) fn tests(bazaar: &Project) -> Outcome {
    let said = bazaar.run("nextest")?;
    said.expect_code(1)?;
    said.expect_error(&["4 tests run: 4 passed", "market::day tills_are_balanced_both_ways"])?;
    let ledger = ["market::day a_review_after_a_deposit", "market::day the_same_in_another_test"];
    let tills = ["market::day tills_are_balanced_both_ways"];
    let wanted = [Wanted { seen: &ledger, ..LEDGER }, Wanted { seen: &tills, ..TILLS }];
    let report = bazaar.report()?;
    report.expect(&wanted).map_err(|wrong| said.wrong(&wrong))?;
    // One process for each of the tests.
    report.expect_traces(4)
}
