//! The order in which classes of locks are taken, of one run or of many.
//!
//! An edge says that a lock of one class was wanted while one of another class was held. Locks of
//! one class among each other are left out: they may be taken in an order of their own, which the
//! judge of each run looks at. Classes and the functions in which locks are wanted have names
//! without lines ([`Names`]), so the order of two versions of a program can be compared.
//!
//! All of it is sums, unions, intersections and least values, so orders can be added in any order
//! and grouping. Memory follows classes, edges and the distinct circles of single runs.

mod across;
mod circles;
mod collected;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use lockgraph::finding::{Class, Place};
use lockgraph::id::LockKind;

use serde::Deserialize;

use crate::seen::Seen;

pub(crate) use collected::{Collected, Run, is_in_test_module};
pub(crate) use rows::OrderRows;

/// A class and the one that is wanted while it is held, by name.
pub(crate) type Pair = (String, String);

/// How many tests or programs are named of each edge.
const NAMED: usize = 3;

/// What is taken while what is held.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize)]
#[serde(try_from = "OrderRows")]
pub(crate) struct Order {
    /// By name.
    pub(crate) classes: BTreeMap<String, Known>,
    pub(crate) edges: BTreeMap<Pair, Edge>,
    /// For each run in which edges go round: those edges. Its judge has looked at the locks
    /// themselves, so circles of such edges are none across runs. None is part of another.
    pub(crate) together: BTreeSet<BTreeSet<Pair>>,
}

/// A class of locks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Known {
    pub(crate) kind: LockKind,
    pub(crate) class: Class,
    /// For whom it was made, where a dependency makes it.
    pub(crate) made_for: Option<Place>,
    /// The most locks of it that a run had.
    pub(crate) most: u64,
}

/// What was seen of an edge.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Edge {
    /// How often, or in how many distinct ways.
    pub(crate) count: u64,
    /// In how many runs.
    pub(crate) runs: u64,
    /// The functions in which the second one is wanted.
    pub(crate) within: BTreeSet<String>,
    /// The first tests or programs by name.
    pub(crate) seen: BTreeSet<Seen>,
    pub(crate) example: Example,
    /// Whether the first was held, and the second wanted, only as readers do who share it.
    pub(crate) are_reads: (bool, bool),
    /// What else was held each time, of classes with one lock a run; and how many can hold it at once.
    pub(crate) under: BTreeMap<String, u64>,
}

/// One time that an edge was seen.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub(crate) struct Example {
    /// Where the first was taken, and the second wanted.
    pub(crate) held: Option<Place>,
    pub(crate) wanted: Option<Place>,
    /// The test or the program.
    pub(crate) seen: Option<Seen>,
}

impl Order {
    /// Adds what other runs did.
    pub(crate) fn add(&mut self, other: Order) {
        for (name, known) in other.classes {
            self.class(name, known);
        }
        for (pair, edge) in other.edges {
            self.edge(pair, edge);
        }
        other.together.into_iter().for_each(|edges| self.circle(edges));
    }

    fn class(&mut self, name: String, known: Known) {
        let same = self.classes.entry(name).or_insert_with(|| known.clone());
        let most = same.most.max(known.most);
        // Which of them is kept must not depend on which came first.
        if known.rank() < same.rank() {
            *same = known;
        }
        same.most = most;
    }

    fn edge(&mut self, pair: Pair, edge: Edge) {
        match self.edges.get_mut(&pair) {
            Some(same) => same.add(edge),
            None => {
                self.edges.insert(pair, edge);
            }
        }
    }

    /// Keeps the edges that went round in one run, unless another one had them and more.
    fn circle(&mut self, edges: BTreeSet<Pair>) {
        if edges.is_empty() || self.together.iter().any(|other| edges.is_subset(other)) {
            return;
        }
        self.together.retain(|other| !other.is_subset(&edges));
        self.together.insert(edges);
    }
}

impl Known {
    /// One that no run had, but the committed order has.
    pub(crate) fn committed(name: &str) -> Known {
        let class = Class::Named(name.to_string());
        Known { kind: LockKind::Mutex, class, made_for: None, most: 0 }
    }

    fn rank(&self) -> (&Class, &Option<Place>, &'static str) {
        (&self.class, &self.made_for, self.kind.name())
    }
}

impl Edge {
    /// One that no run had, but the committed order has.
    pub(crate) fn committed(within: BTreeSet<String>) -> Edge {
        Edge {
            count: 0,
            runs: 0,
            within,
            seen: BTreeSet::new(),
            example: Example::default(),
            are_reads: (false, false),
            under: BTreeMap::new(),
        }
    }

    fn add(&mut self, other: Edge) {
        self.count = self.count.saturating_add(other.count);
        self.runs = self.runs.saturating_add(other.runs);
        self.within.extend(other.within);
        self.seen.extend(other.seen);
        while self.seen.len() > NAMED {
            self.seen.pop_last();
        }
        self.example = std::mem::take(&mut self.example).min(other.example);
        self.are_reads.0 &= other.are_reads.0;
        self.are_reads.1 &= other.are_reads.1;
        self.under = common(std::mem::take(&mut self.under), &other.under);
    }
}

/// What is under both, with the larger number of those whom it lets in.
fn common<T: Ord>(one: BTreeMap<T, u64>, other: &BTreeMap<T, u64>) -> BTreeMap<T, u64> {
    let both =
        |(gate, most): (T, u64)| other.get(&gate).map(|it| (*it).max(most)).map(|it| (gate, it));
    one.into_iter().filter_map(both).collect()
}

#[cfg(test)]
mod tests;
