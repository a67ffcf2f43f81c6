//! A project that names lockgraph beside the standard library's locks.

use super::Outcome;
use super::finding::Wanted;
use super::project::Project;
use super::stuck::LATER;

const BOTH: Wanted<'_> = Wanted {
    locks: &["the named one", "src/lib.rs:10"],
    seen: &["both a_cycle_over_both"],
    ..LATER
};

/// There is one runtime, whatever features the project asks for: the finding is one, and the
/// project's own call of `lockgraph::findings` has it.
pub(super) fn one_runtime(features: &str) -> Outcome {
    let explicit = Project::copy(&["explicit"])?;
    explicit.depend_on_lockgraph(features)?;
    let said = explicit.run("test")?;
    said.expect_code(1)?;
    said.expect_out(&[
        "test result: ok. 1 passed",
        "the named one",
        "lockgraph: 1 finding: 1 possible (1 process, ",
    ])?;
    explicit.report()?.expect(&[BOTH]).map_err(|wrong| said.wrong(&wrong))
}
