//! A project that names lockgraph beside the standard library's locks.

use std::fs;

use super::finding::Wanted;
use super::project::{Project, repository};
use super::stuck::LATER;
use super::{Outcome, at};

const BOTH: Wanted<'_> = Wanted {
    locks: &["the named one", "src/lib.rs:10"],
    seen: &["both a_cycle_over_both"],
    ..LATER
};

/// There is one runtime, whatever features the project asks for: the finding is one, and the
/// project's own call of `lockgraph::findings` has it.
pub(super) fn one_runtime(features: &str) -> Outcome {
    let explicit = Project::copy(&["explicit"])?;
    let lockgraph = repository().join("lockgraph");
    let manifest = format!(
        "[package]\nname = \"explicit\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n\
         [dependencies]\nlockgraph = {{ path = {lockgraph:?}, {features} }}\n\n[workspace]\n"
    );
    explicit.write("Cargo.toml", &manifest)?;
    // The versions that are here, so that nothing is missing offline.
    fs::copy(repository().join("Cargo.lock"), explicit.directory.join("Cargo.lock"))
        .map_err(at("copy Cargo.lock"))?;
    let said = explicit.run("test")?;
    said.expect_code(1)?;
    said.expect_out(&[
        "test result: ok. 1 passed",
        "the named one",
        "lockgraph: 1 finding: 1 possible (1 process, ",
    ])?;
    explicit.report()?.expect(&[BOTH]).map_err(|wrong| said.wrong(&wrong))
}
