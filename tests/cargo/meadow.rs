//! `parking_lot` 0.12 and 0.13 and the standard library in one cycle.

use super::Outcome;
use super::finding::Wanted;
use super::project::Project;

/// The derived `Default` makes all three; their fields tell them apart.
const CIRCLE: Wanted<'_> = Wanted {
    kind: "lock-order-cycle",
    verdict: "possible",
    locks: &["src/lib.rs:11", "src/lib.rs:13", "src/lib.rs:15"],
    seen: &["circle three_kinds_of_locks"],
};

pub(super) fn two_versions_of_parking_lot() -> Outcome {
    let meadow = Project::copy(&["meadow"])?;
    let said = meadow.run("test --locked")?;
    said.expect_code(1)?;
    said.expect_out(&[
        "test result: ok. 2 passed",
        "lockgraph: 1 finding: 1 possible (1 process, ",
        "--> src/lib.rs:28:",
        "--> src/lib.rs:34:",
        "--> src/lib.rs:40:",
    ])?;
    meadow.report()?.expect(&[CIRCLE]).map_err(|wrong| said.wrong(&wrong))
}
