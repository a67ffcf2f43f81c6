//! How two orders differ: edges that only one of them has, and edges that are the same under other
//! names.
//!
//! Linear in their edges, but for the search for what was renamed ([`moved`]).

use std::collections::{BTreeMap, BTreeSet};

use crate::baseline::Baseline;
use crate::names::moved;
use crate::order::Pair;

/// From one order to another.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Difference {
    /// Edges of one of them alone.
    pub(crate) new: Vec<Pair>,
    pub(crate) unseen: Vec<Pair>,
    /// The same edge under two names: then and now.
    pub(crate) moved: Vec<(Pair, Pair)>,
}

impl Difference {
    /// From then to now. `is_there` says whether the sources have a name now.
    pub(crate) fn of(
        then: &Baseline,
        now: &Baseline,
        is_there: &dyn Fn(&str) -> bool,
    ) -> Difference {
        let moved = renamed(then, now, is_there);
        let reached: BTreeSet<&Pair> = moved.values().collect();
        let (mut new, mut unseen) = (only(now, then), only(then, now));
        new.retain(|pair| !reached.contains(pair));
        unseen.retain(|pair| !moved.contains_key(pair));
        Difference { new, unseen, moved: moved.into_iter().collect() }
    }
}

/// The edges that only the first of the two has.
fn only(of: &Baseline, other: &Baseline) -> Vec<Pair> {
    of.edges.keys().filter(|pair| !other.edges.contains_key(*pair)).cloned().collect()
}

/// The edges that have other names now, and those names.
fn renamed(
    then: &Baseline,
    now: &Baseline,
    is_there: &dyn Fn(&str) -> bool,
) -> BTreeMap<Pair, Pair> {
    let text = |(from, to): &Pair| [format!("{from} -> {to}")];
    // Of all edges, because a name that an edge has then and now has neither gone nor come.
    let [old, new] = [then, now].map(|it| it.edges.keys().map(text).collect::<Vec<_>>());
    let [entries, fresh] = [&old, &new].map(|it| it.iter().map(|it| &it[..]).collect::<Vec<_>>());
    let pairs = moved(&entries, &fresh, is_there);
    let [then, now] = [then, now].map(|it| it.edges.keys().collect::<Vec<_>>());
    pairs.into_iter().map(|(from, to)| (then[from].clone(), now[to].clone())).collect()
}
