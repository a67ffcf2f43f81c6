//! Who waited for whom, as JSON.

use lockgraph::check::{self, StillNeeds};
use serde::Serialize;

use super::json_finding::{Held, Place, Thread, Want, held, place, thread, want};

#[derive(Serialize)]
pub(super) struct Standstill<'a> {
    threads: Vec<Standing<'a>>,
    rounds: &'a [Vec<usize>],
    stuck: &'a [usize],
}

#[derive(Serialize)]
struct Standing<'a> {
    thread: Thread<'a>,
    state: &'static str,
    wants: Option<Want<'a>>,
    site: Option<Place<'a>>,
    holds: Vec<Held<'a>>,
    needs: Vec<Needs<'a>>,
}

#[derive(Serialize)]
struct Needs<'a> {
    what: Option<Want<'a>>,
    count: usize,
    of: &'a [usize],
}

pub(super) fn standstill(standstill: &check::Standstill) -> Standstill<'_> {
    Standstill {
        threads: standstill.threads.iter().map(standing).collect(),
        rounds: &standstill.rounds,
        stuck: &standstill.stuck,
    }
}

fn standing(standing: &check::Standing) -> Standing<'_> {
    Standing {
        thread: thread(&standing.thread),
        state: standing.state.name(),
        wants: standing.wants.as_ref().map(want),
        site: standing.site.as_ref().map(place),
        holds: standing.holds.iter().map(held).collect(),
        needs: standing.needs.iter().map(needs).collect(),
    }
}

fn needs(needs: &StillNeeds) -> Needs<'_> {
    Needs { what: needs.what.as_ref().map(want), count: needs.count, of: &needs.of }
}
