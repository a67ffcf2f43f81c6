//! `parking_lot` 0.12 and 0.13 and the standard library in one cycle.

use super::finding::Wanted;
use super::project::{Project, script};
use super::{Outcome, at, process};

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

/// A compiler that takes none of the rewritten copies: the project is built as it is, and what was
/// not watched is told.
pub(super) fn a_lock_api_that_cannot_be_rewritten() -> Outcome {
    let meadow = Project::copy(&["meadow"])?;
    let picky = meadow.directory.join("picky");
    let text = "case \"$*\" in *rewritten*) exit 1;; esac\nexec \"$@\"";
    script(&picky, text).map_err(at("write the wrapper"))?;
    let said = process::run(meadow.lockgraph("test --locked").env("RUSTC_WRAPPER", &picky))?;
    said.expect_code(0)?;
    said.expect_out(&["test result: ok. 2 passed", "lockgraph: no findings"])?;
    for version in ["0.4.14", "0.5.0"] {
        let note = format!("the locks of lock_api-{version} (parking_lot and others) were not");
        said.require(said.stderr.contains(&note), &note)?;
    }
    Ok(())
}
