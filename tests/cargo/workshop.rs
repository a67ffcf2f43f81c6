//! A project that takes locks together, gives them ranks, and the rest of what keeps out of deadlock,
//! on locks of each shape: with the plain cargo, and under `cargo lockgraph`.

use super::finding::Wanted;
use super::project::Project;
use super::{Outcome, process};

const FEATURES: &str = "features = [\"parking_lot\", \"parking_lot_0_13\"]";

/// The tests of all shapes.
const PASSED: &str = "test result: ok. 26 passed";

const fn against<'a>(first: &'a [&'a str; 1], seen: &'a [&'a str; 1]) -> Wanted<'a> {
    Wanted { kind: "rank-violation", verdict: "possible", locks: first, seen }
}

/// The one test that does what is wrong, on each shape.
const AGAINST: [Wanted<'_>; 4] = [
    against(&["of_std::body first"], &["shapes of_std::body::against_the_ranks"]),
    against(&["of_lockgraph::body first"], &["shapes of_lockgraph::body::against_the_ranks"]),
    against(
        &["of_parking_lot_0_12::body first"],
        &["shapes of_parking_lot_0_12::body::against_the_ranks"],
    ),
    against(
        &["of_parking_lot_0_13::body first"],
        &["shapes of_parking_lot_0_13::body::against_the_ranks"],
    ),
];

/// Under `cargo lockgraph` all shapes are watched, those of `std` too.
pub(super) fn watched() -> Outcome {
    let workshop = Project::copy(&["workshop"])?;
    workshop.depend_on_lockgraph(FEATURES)?;
    let said = workshop.run("test")?;
    said.expect_code(1)?;
    said.expect_out(&[PASSED, "lockgraph: 4 findings: 4 possible (1 process, "])?;
    workshop.report()?.expect(&AGAINST).map_err(|wrong| said.wrong(&wrong))
}

/// Without it, what is lockgraph's own tells, once; the originals of `std` go unwatched.
pub(super) fn by_itself() -> Outcome {
    let workshop = Project::bare(&["workshop"])?;
    workshop.depend_on_lockgraph(FEATURES)?;
    let said = process::run(workshop.command("cargo").args(["test", "--offline"]))?;
    said.expect_code(0)?;
    said.expect_out(&[PASSED])?;
    let told = |what: &str| said.stderr.matches(what).count();
    said.require(told("warning[") == 3, "not three are told")?;
    for shape in ["of_lockgraph", "of_parking_lot_0_12", "of_parking_lot_0_13"] {
        let (low, high) =
            (format!("`shapes::{shape}::body first`"), format!("`shapes::{shape}::body second`"));
        let headline = format!("warning[rank-violation]: {low} is taken while {high} is held");
        said.require(told(&headline) == 1, &headline)?;
    }
    Ok(())
}
