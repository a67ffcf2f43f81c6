//! The order as traces have it, by place: what becomes an [`Order`] once all traces are in.
//!
//! Left out is what is not the user's to put in order: edges among locks of dependencies alone, those
//! with a lock that a test made or that was made for one, and those from a lock that a test itself
//! holds, which nobody but that test's run can wait for. So are locks of which only is known where
//! in a dependency they were first taken: all that go through that line would be one class (each
//! `lazy_static!` of a program).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use lockgraph::check::OrderEdge;
use lockgraph::finding::{Class, Lock, Place};
use lockgraph::id::{LockId, SiteId};
use petgraph::algo::kosaraju_scc;
use petgraph::graphmap::DiGraphMap;

use crate::names;
use crate::own;
use crate::places::origin;
use crate::seen::Seen as SeenIn;

use super::{Edge, Example, Known, Order, Pair, common};

/// The edges of traces.
#[derive(Default)]
pub(crate) struct Collected {
    locks: Vec<Lock>,
    /// The most locks of it that a run had.
    most: Vec<u64>,
    by_class: HashMap<(Class, Option<Place>), usize>,
    edges: HashMap<Ends, Seen>,
    /// Of single runs: the edges that go round.
    together: Vec<BTreeSet<Ends>>,
}

/// Two classes, by number.
type Ends = (usize, usize);

/// What was seen of an edge.
#[derive(Default)]
struct Seen {
    count: u64,
    runs: u64,
    wanted: BTreeSet<Option<Place>>,
    seen: BTreeSet<SeenIn>,
    example: Option<Example>,
    are_reads: Option<(bool, bool)>,
    under: Option<BTreeMap<usize, u64>>,
}

/// What a trace tells of its edges.
pub(crate) struct Run<'a> {
    /// The lock with this number, as a finding would show it; `None` if nothing is known of it.
    pub(crate) lock: &'a dyn Fn(LockId) -> Option<Lock>,
    pub(crate) place: &'a dyn Fn(SiteId) -> Option<Place>,
    pub(crate) is_own: &'a dyn Fn(&Place) -> bool,
    /// Whether a place is in the code of a test.
    pub(crate) is_in_test: &'a dyn Fn(&Place) -> bool,
    /// Which tests or programs an edge belongs to.
    pub(crate) seen: &'a dyn Fn(&OrderEdge) -> BTreeSet<SeenIn>,
}

impl Collected {
    /// Adds the edges of a trace.
    pub(crate) fn add(&mut self, edges: &[OrderEdge], run: &Run<'_>) {
        let mut new: HashMap<Ends, Seen> = HashMap::new();
        let mut locks: HashMap<usize, HashSet<LockId>> = HashMap::new();
        for edge in edges {
            if let Some((ends, seen)) = self.edge(edge, run) {
                locks.entry(ends.0).or_default().insert(edge.from);
                locks.entry(ends.1).or_default().insert(edge.to);
                new.entry(ends).or_default().join(seen);
            }
        }
        for (class, locks) in locks {
            self.most[class] = self.most[class].max(locks.len() as u64);
        }
        self.together.extend(going_round(&new));
        for (ends, seen) in new {
            self.edges.entry(ends).or_default().join(Seen { runs: 1, ..seen });
        }
    }

    fn edge(&mut self, edge: &OrderEdge, run: &Run<'_>) -> Option<(Ends, Seen)> {
        let (from, to) = ((run.lock)(edge.from)?, (run.lock)(edge.to)?);
        let (held, wanted) = ((run.place)(edge.sites.0), (run.place)(edge.sites.1));
        let is_own = |place: &Option<Place>| place.as_ref().is_some_and(run.is_own);
        let is_ours = |lock: &Lock| origin(&lock.class).is_none_or(run.is_own);
        if !is_ours(&from) && !is_ours(&to) && !is_own(&held) && !is_own(&wanted) {
            return None;
        }
        if held.as_ref().is_some_and(run.is_in_test) {
            return None;
        }
        let ends = (self.class(from), self.class(to));
        if ends.0 == ends.1 {
            return None;
        }
        let permits = edge.under_permits.iter().map(|(gate, most)| (*gate, u64::from(*most)));
        let gates = edge.under.iter().map(|gate| (*gate, 1)).chain(permits);
        let under = gates.filter_map(|(gate, most)| Some((self.class((run.lock)(gate)?), most)));
        let under = under.collect();
        let seen = (run.seen)(edge);
        let example = Example { held, wanted: wanted.clone(), seen: seen.first().cloned() };
        Some((
            ends,
            Seen {
                count: edge.count,
                runs: 0,
                wanted: [wanted].into(),
                seen,
                example: Some(example),
                are_reads: Some(edge.are_reads),
                under: Some(under),
            },
        ))
    }

    fn class(&mut self, lock: Lock) -> usize {
        let next = self.locks.len();
        let at = *self.by_class.entry((lock.class.clone(), lock.made_for.clone())).or_insert(next);
        if at == next {
            self.locks.push(lock);
            self.most.push(0);
        }
        at
    }

    /// The order in names: of a lock's class, and of the function around a place.
    pub(crate) fn named(
        self,
        class: &dyn Fn(&Lock) -> String,
        function: &dyn Fn(&Place) -> String,
        is_own: &dyn Fn(&Place) -> bool,
    ) -> Order {
        let names: Vec<String> = self.locks.iter().map(class).collect();
        let name = |at: usize| names.get(at).cloned().unwrap_or_default();
        let pair = |(from, to): Ends| (name(from), name(to));
        let is_left_out = |(lock, name): &(&Lock, &String)| !is_the_users(lock, name, is_own);
        let left_out: HashSet<&str> = self
            .locks
            .iter()
            .zip(&names)
            .filter(is_left_out)
            .map(|(_, name)| name.as_str())
            .collect();
        // Two places may have one name.
        let is_edge = |pair: &Pair| {
            let is_in = |name: &String| !left_out.contains(name.as_str());
            pair.0 != pair.1 && is_in(&pair.0) && is_in(&pair.1)
        };
        let mut order = Order::default();
        let used: BTreeSet<usize> = self.edges.keys().flat_map(|(from, to)| [*from, *to]).collect();
        for at in used.into_iter().filter(|at| !left_out.contains(names[*at].as_str())) {
            let Lock { kind, class, made_for, .. } = self.locks[at].clone();
            order.class(name(at), Known { kind, class, made_for, most: self.most[at] });
        }
        for (ends, seen) in self.edges {
            if is_edge(&pair(ends)) {
                let only = |at: &usize| self.most.get(*at).is_some_and(|most| *most <= 1);
                let under = seen.under.iter().flatten().filter(|(at, _)| only(at));
                let under = under.map(|(at, most)| (name(*at), *most));
                let edge = Edge {
                    count: seen.count,
                    runs: seen.runs,
                    within: seen.wanted.iter().flatten().map(function).collect(),
                    under: under.collect(),
                    seen: seen.seen.into_iter().take(super::NAMED).collect(),
                    example: seen.example.unwrap_or_default(),
                    are_reads: seen.are_reads.unwrap_or_default(),
                };
                order.edge(pair(ends), edge);
            }
        }
        for edges in self.together {
            order.circle(edges.into_iter().map(pair).filter(is_edge).collect());
        }
        order
    }
}

impl Seen {
    fn join(&mut self, other: Seen) {
        self.count = self.count.saturating_add(other.count);
        self.runs = self.runs.saturating_add(other.runs);
        self.wanted.extend(other.wanted);
        self.seen.extend(other.seen);
        while self.seen.len() > super::NAMED {
            self.seen.pop_last();
        }
        let examples = [self.example.take(), other.example];
        self.example = examples.into_iter().flatten().min();
        let both = |(held, wanted): (bool, bool), (a, b)| (held && a, wanted && b);
        self.are_reads = joined(self.are_reads.take(), other.are_reads, both);
        self.under = joined(self.under.take(), other.under, |a, b| common(a, &b));
    }
}

fn joined<T>(a: Option<T>, b: Option<T>, both: impl FnOnce(T, T) -> T) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(both(a, b)),
        (a, b) => a.or(b),
    }
}

/// Whether a lock, which goes by this name, is the user's to put in order.
pub(super) fn is_the_users(lock: &Lock, name: &str, is_own: &dyn Fn(&Place) -> bool) -> bool {
    !is_of_test(lock, name) && is_told_apart(lock, name, is_own)
}

/// Whether a test made it, or had it made: then the order with others is nobody's.
fn is_of_test(lock: &Lock, name: &str) -> bool {
    origin(&lock.class).into_iter().chain(&lock.made_for).any(own::is_in_tests)
        || name.split(" for ").any(is_in_test_module)
}

/// Whether an item, with its file before it, is in a module of tests.
pub(crate) fn is_in_test_module(name: &str) -> bool {
    let is_module = |part: &str| part == "tests" || part == "test";
    name.split_once(": ").is_some_and(|(_, item)| item.split("::").any(is_module))
}

/// Whether more is known of a lock than where in a dependency it was first taken. A static there
/// is one lock.
fn is_told_apart(lock: &Lock, name: &str, is_own: &dyn Fn(&Place) -> bool) -> bool {
    match &lock.class {
        Class::FirstTaken(place) => {
            is_own(place) || lock.made_for.is_some() || !name.ends_with(names::FIRST_TAKEN)
        }
        Class::Made(_) | Class::Named(_) | Class::Unknown => true,
    }
}

/// For each component of the graph of these edges in which one can go round: its edges.
fn going_round(edges: &HashMap<Ends, Seen>) -> Vec<BTreeSet<Ends>> {
    let graph: DiGraphMap<usize, ()> = edges.keys().map(|(from, to)| (*from, *to, ())).collect();
    let components = kosaraju_scc(&graph).into_iter().filter(|nodes| nodes.len() > 1);
    let inside = |nodes: Vec<usize>| {
        let nodes: BTreeSet<usize> = nodes.into_iter().collect();
        let is_in = |(from, to): &&Ends| nodes.contains(from) && nodes.contains(to);
        edges.keys().filter(is_in).copied().collect()
    };
    components.map(inside).collect()
}
