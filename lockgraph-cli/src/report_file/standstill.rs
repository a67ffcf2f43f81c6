//! Who waited for whom, as it is written.

use std::collections::HashSet;

use lockgraph::check::{self, State, StillNeeds};
use lockgraph::finding;
use serde::Deserialize;

use super::finding::{Held, Place, Thread, Want};
use super::name::Name;

#[derive(Deserialize)]
#[serde(try_from = "StandstillAsWritten")]
pub(super) struct Standstill(pub(super) check::Standstill);

#[derive(Deserialize)]
struct StandstillAsWritten {
    threads: Vec<Standing>,
    rounds: Vec<Vec<usize>>,
    stuck: Vec<usize>,
}

#[derive(Deserialize)]
struct Standing {
    thread: Thread,
    state: Name<State>,
    wants: Option<Want>,
    site: Option<Place>,
    holds: Vec<Held>,
    needs: Vec<Needs>,
}

#[derive(Deserialize)]
struct Needs {
    what: Option<Want>,
    count: usize,
    of: Vec<usize>,
}

impl TryFrom<StandstillAsWritten> for Standstill {
    type Error = String;

    fn try_from(written: StandstillAsWritten) -> Result<Standstill, String> {
        let StandstillAsWritten { threads, rounds, stuck } = written;
        for needs in threads.iter().flat_map(|it| &it.needs) {
            check(&needs.of, threads.len())?;
        }
        check(rounds.iter().flatten().chain(&stuck), threads.len())?;
        let threads = threads.into_iter().map(check::Standing::from).collect();
        Ok(Standstill(check::Standstill { threads, rounds, stuck }))
    }
}

/// Whether all of these are threads, and each at most once.
fn check<'a>(positions: impl IntoIterator<Item = &'a usize>, count: usize) -> Result<(), String> {
    let mut seen = HashSet::new();
    for at in positions {
        if *at >= count {
            return Err(format!("there is no thread {at} of {count} here"));
        }
        if !seen.insert(at) {
            return Err(format!("thread {at} is named twice here"));
        }
    }
    Ok(())
}

impl From<Standing> for check::Standing {
    fn from(standing: Standing) -> check::Standing {
        check::Standing {
            thread: standing.thread.into(),
            state: standing.state.0,
            wants: standing.wants.map(|want| want.0),
            site: standing.site.map(Into::into),
            holds: standing.holds.into_iter().map(finding::Held::from).collect(),
            needs: standing.needs.into_iter().map(StillNeeds::from).collect(),
        }
    }
}

impl From<Needs> for StillNeeds {
    fn from(Needs { what, count, of }: Needs) -> StillNeeds {
        StillNeeds { what: what.map(|want| want.0), count, of }
    }
}
