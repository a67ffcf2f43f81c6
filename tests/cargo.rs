//! `cargo lockgraph` with the real cargo, on copies of the projects in `fixtures/projects`.
//!
//! Every project is copied to a temporary directory whose name has spaces, and is built there with
//! a target directory of its own, offline, and without what this environment says about cargo,
//! rustc and lockgraph. The instrumented standard library takes long to compile, so it is compiled
//! once, kept between runs, and copied; only `installed` compiles its own. Trials of one project
//! share its target directory, one after the other.
//!
//! What was found is read from the `report.json` that a run leaves; what the user sees, from the
//! output.

mod accepted;
mod bazaar;
mod ci;
mod ended;
mod exit_codes;
mod explicit;
mod finding;
mod gate;
mod installed;
mod lodger;
mod meadow;
mod nextest;
mod page;
mod process;
mod project;
mod refused;
mod settings;
mod stuck;
mod tree;
mod workshop;

use std::time::Duration;

use libtest_mimic::{Failed, Trial};

use crate::child;
pub(crate) use project::script;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = bazaar::trials();
    trials.extend(stuck::trials());
    trials.extend(settings::trials());
    trials.extend(exit_codes::trials());
    trials.extend(ci::trials());
    trials.extend(gate::trials());
    trials.extend([
        trial("meadow/watched", meadow::two_versions_of_parking_lot),
        trial("meadow/unwatched", meadow::a_lock_api_that_cannot_be_rewritten),
        trial("accepted", accepted::at_the_root_of_the_workspace),
        trial("lodger", lodger::findings_inside_dependencies),
        trial("explicit/without_features", || explicit::one_runtime("default-features = false")),
        trial("explicit/with_features", || {
            explicit::one_runtime("features = [\"parking_lot\", \"parking_lot_0_13\"]")
        }),
        trial("workshop/watched", workshop::watched),
        trial("workshop/by_itself", workshop::by_itself),
        trial("installed", installed::alone_and_for_the_first_time),
    ]);
    trials
}

type Outcome = Result<(), String>;

fn trial(name: &str, test: impl FnOnce() -> Outcome + Send + 'static) -> Trial {
    Trial::test(format!("cargo/{name}"), move || test().map_err(Failed::from))
}

/// How long a call of cargo may take. Only failures use it up, and machines that are busy.
fn limit() -> Duration {
    child::limit() * 5
}

/// For `map_err`: what was tried when it went wrong.
fn at<E: std::fmt::Display>(what: &str) -> impl FnOnce(E) -> String {
    move |error| format!("{what}: {error}")
}
