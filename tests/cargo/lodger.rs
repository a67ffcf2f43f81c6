//! A project that has done nothing wrong, with a dependency that has.

use super::Outcome;
use super::finding::Wanted;
use super::process;
use super::project::Project;
use super::stuck::LATER;

const INSIDE: Wanted<'_> = Wanted {
    locks: &["landlord/src/lib.rs:7", "landlord/src/lib.rs:8"],
    seen: &["pays pays"],
    ..LATER
};

/// They are counted, and shown on request.
pub(super) fn findings_inside_dependencies() -> Outcome {
    let lodger = Project::copy(&["lodger", "landlord"])?;
    let said = lodger.run("test")?;
    said.expect_code(0)?;
    said.expect_out(&[
        "lockgraph: no findings (1 process, ",
        "1 finding inside dependencies left out: cargo lockgraph report --deps",
    ])?;
    let report = lodger.report()?;
    report.expect(&[])?;
    report.expect_count("hidden", 1)?;
    // With lines alone, functions that the compiler has inlined have no paths.
    let mut command = lodger.lockgraph("test");
    let said = process::run(command.env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only"))?;
    said.expect_code(0)?;
    said.expect_out(&["1 finding inside dependencies left out"])?;
    for words in ["report --deps", "test --deps"] {
        let said = lodger.run(words)?;
        said.expect_code(1)?;
        said.expect_out(&["lockgraph: 1 finding: 1 possible (1 process, "])?;
        let report = lodger.report()?;
        report.expect(&[INSIDE]).map_err(|wrong| said.wrong(&wrong))?;
        report.expect_count("hidden", 0)?;
    }
    Ok(())
}
