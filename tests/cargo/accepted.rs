//! The verbs that write the settings: at the root of the workspace, on the report of the last run.

use std::fs;

use super::project::Project;
use super::{Outcome, at};

/// As much of a report as it takes to accept what it says.
const REPORT: &str = r#"{
    "version": 1,
    "findings": [{
        "kind": "lock-order-cycle", "verdict": "possible", "fingerprint": "0123456789abcdef",
        "headline": "two orders", "steps": [], "verdict_because": "some schedule may hang",
        "way_out": { "advice": "take them in one order" }
    }]
}"#;

/// Nothing is built or run for them.
pub(super) fn at_the_root_of_the_workspace() -> Outcome {
    let project = Project::bare(&["lodger", "landlord"])?;
    let file = project.directory.join("lockgraph.toml");
    project.run("init")?.expect_code(0)?;
    let again = project.run("init")?;
    again.expect_code(2)?;
    again.expect_error(&["lockgraph.toml: is there already, and was left as it is"])?;
    let none = project.run("prune")?;
    none.expect_code(2)?;
    none.expect_error(&["report.json: there is no such report: "])?;
    let reports = project.target.join("lockgraph");
    fs::create_dir_all(&reports).map_err(at("make the target directory"))?;
    fs::write(reports.join("report.json"), REPORT).map_err(at("write the report"))?;
    let silent = project.run("review")?;
    silent.expect_code(2)?;
    silent.expect_error(&["standard input has no answers; without a terminal: "])?;
    let accepted = project.run("accept --all --reason old")?;
    accepted.expect_code(0)?;
    accepted.expect_out(&["accepted 0123456789abcdef: two orders"])?;
    let text = fs::read_to_string(&file).map_err(at("read the settings"))?;
    accepted.require(text.ends_with("\nreason = \"old\"\n"), "it is not in the settings")?;
    let review = project.run("review")?;
    review.expect_out(&["there is nothing to review: none of 1 findings fails"])?;
    let help = project.run("accept --help")?;
    help.expect_code(0)?;
    help.expect_out(&["--reason <TEXT>", "--manifest-path"])
}
