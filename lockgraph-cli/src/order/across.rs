//! A circle across runs as a finding.

use std::collections::BTreeSet;

use lockgraph::finding::{Blocks, Finding, Held, Kind, Lock, Place, Step, Thread, Verdict, Wanted};
use lockgraph::id::{LockKind, Mode};

use super::{Order, Pair};
use crate::seen::Seen;

/// What is said of a step that the committed order alone has.
const COMMITTED: &str = "the committed order";

impl Order {
    /// The circle as a finding: one thread a run, each with one edge.
    pub(crate) fn finding(&self, circle: &[Pair]) -> Finding {
        let steps = (1..).zip(circle).map(|(number, pair)| self.step(number, pair)).collect();
        let runs = circle.iter().map(|pair| self.run(pair)).collect();
        // It is known by its classes where it has places too: lines shift, what is committed has
        // none, and which functions are seen depends on what is run.
        let names = Some(names(circle));
        Finding { runs, names, ..Finding::new(Kind::LockOrderCycle, Verdict::Possible, steps) }
    }

    /// Who took these edges; of many the first.
    pub(crate) fn seen(&self, pairs: &[Pair]) -> BTreeSet<Seen> {
        let edges = pairs.iter().filter_map(|pair| self.edges.get(pair));
        edges.flat_map(|edge| edge.seen.iter().cloned()).collect()
    }

    /// One edge as a finding of its own.
    pub(crate) fn finding_of_edge(&self, kind: Kind, pair: &Pair) -> Finding {
        let names = Some(names(std::slice::from_ref(pair)));
        Finding { names, ..Finding::new(kind, Verdict::Possible, vec![self.step(1, pair)]) }
    }

    fn step(&self, number: u32, pair: &Pair) -> Step {
        let edge = self.edges.get(pair);
        let place = |of: fn(&super::Example) -> &Option<Place>| {
            edge.and_then(|edge| of(&edge.example).clone())
        };
        let are_reads = edge.map(|edge| edge.are_reads).unwrap_or_default();
        let held = Held {
            lock: self.lock(&pair.0),
            mode: mode(are_reads.0),
            site: place(|example| &example.held),
        };
        Step {
            thread: Thread { id: number, name: None },
            blocks: Blocks::Holds(held),
            wants: Some(Wanted::Lock(self.lock(&pair.1), mode(are_reads.1))),
            site: place(|example| &example.wanted),
            through: None,
            stack: Vec::new(),
            addresses: Vec::new(),
            also_holds: Vec::new(),
        }
    }

    /// Numbered by its place in the order of names.
    fn lock(&self, name: &str) -> Lock {
        let number = self.classes.keys().take_while(|known| known.as_str() < name).count() as u64;
        match self.classes.get(name) {
            Some(known) => Lock {
                id: number,
                kind: known.kind,
                class: known.class.clone(),
                made_for: known.made_for.clone(),
            },
            None => Lock {
                id: number,
                kind: LockKind::Mutex,
                class: lockgraph::finding::Class::Named(name.to_string()),
                made_for: None,
            },
        }
    }

    fn run(&self, pair: &Pair) -> String {
        let Some(edge) = self.edges.get(pair) else { return COMMITTED.to_string() };
        match (&edge.example.seen, edge.within.first()) {
            (Some(Seen::Test(name)), _) => format!("test {name}"),
            (Some(Seen::Program(name)), _) => format!("`{name}`"),
            (None, Some(function)) => format!("{COMMITTED}, by `{function}`"),
            (None, None) => COMMITTED.to_string(),
        }
    }
}

fn names(circle: &[Pair]) -> Vec<String> {
    let mut names: Vec<String> =
        circle.iter().map(|(from, to)| format!("{from} -> {to}")).collect();
    names.sort_unstable();
    names
}

fn mode(is_read: bool) -> Mode {
    if is_read { Mode::Shared } else { Mode::Exclusive }
}
