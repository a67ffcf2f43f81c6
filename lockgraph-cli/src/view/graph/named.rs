//! What the classes of a graph are called, which modules they belong to, and in which functions
//! the second lock of an edge is wanted.
//!
//! A class goes by the item that makes it, where the order or the sources tell that, and else by its
//! place. Two classes never have the same name.

use std::collections::{BTreeSet, HashMap};

use lockgraph::explain::{Spelling, visible};
use lockgraph::finding::{Class, Lock, Place};

use super::OfOrder;
use crate::graph::{Edge, OrderGraph};
use crate::names::Names;
use crate::places::origin;
use crate::view::module::{self, Module};
use crate::view::root_or_crate;
use crate::workspace::Files;

/// Names, by the positions of nodes and edges.
pub(super) struct Labels {
    pub(super) names: Vec<String>,
    pub(super) modules: Vec<Module>,
    pub(super) functions: HashMap<usize, BTreeSet<String>>,
}

impl Labels {
    pub(super) fn of(order: &OrderGraph, of_order: &OfOrder, files: &Files) -> Labels {
        let in_source = Names::of(files);
        let full = |at: usize, lock: &Lock| match of_order.names.get(&at) {
            Some(name) => name.clone(),
            None => in_source.class(lock),
        };
        let full: Vec<String> =
            order.nodes.iter().enumerate().map(|(at, node)| full(at, &node.lock)).collect();
        let root = root_or_crate(files);
        Labels {
            names: names(order, &full),
            modules: modules(order, &root),
            functions: functions(order, of_order, &in_source),
        }
    }
}

fn names(order: &OrderGraph, full: &[String]) -> Vec<String> {
    let spell = Spelling::of_all(order.nodes.iter().map(|node| &node.lock), [], []);
    let label = |lock: &Lock| match lock.class {
        Class::Unknown => spell.label(lock),
        _ => spell.class(&lock.class),
    };
    let mut names: Vec<String> = Vec::new();
    for (node, full) in order.nodes.iter().zip(full) {
        names.push(match item(&node.lock, full) {
            Some(item) => visible(item),
            None => label(&node.lock),
        });
    }
    for at in shared(&names) {
        let place = origin(&order.nodes[at].lock.class).map(|place| spell.place(place));
        if let Some(place) = place.filter(|place| !names[at].contains(place.as_str())) {
            names[at] = format!("{} ({place})", names[at]);
        }
    }
    for (number, at) in (1..).zip(shared(&names)) {
        names[at] = format!("{} #{number}", names[at]);
    }
    names
}

/// The item in the name of a lock that is known by its place: `Bank::new.accounts`.
fn item<'a>(lock: &Lock, full: &'a str) -> Option<&'a str> {
    origin(&lock.class)?;
    full.split_once(": ").map(|(_, item)| item)
}

/// The positions of names that are not the only ones of their sort.
fn shared(names: &[String]) -> Vec<usize> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    names.iter().for_each(|name| *counts.entry(name).or_default() += 1);
    (0..names.len()).filter(|at| counts[names[*at].as_str()] > 1).collect()
}

/// The modules of the places where locks come from, or else of one where they are taken.
fn modules(order: &OrderGraph, root: &str) -> Vec<Module> {
    let mut taken: HashMap<usize, &Place> = HashMap::new();
    for edge in &order.edges {
        for (held, wanted) in &edge.sites {
            for (node, site) in [(edge.from, held), (edge.to, wanted)] {
                if let Some(site) = site {
                    let first = taken.entry(node).or_insert(site);
                    *first = site.min(*first);
                }
            }
        }
    }
    let place = |at: usize| origin(&order.nodes[at].lock.class).or(taken.get(&at).copied());
    (0..order.nodes.len())
        .map(|at| place(at).map(|place| module::of_file(&place.file, root)).unwrap_or_default())
        .collect()
}

fn functions(
    order: &OrderGraph,
    of_order: &OfOrder,
    in_source: &Names<'_>,
) -> HashMap<usize, BTreeSet<String>> {
    let short = |name: &String| name.split_once(": ").map(|(_, item)| item.to_string());
    let of_edge = |(at, edge): (usize, &Edge)| {
        let known = of_order.functions.get(&at).filter(|names| !names.is_empty()).cloned();
        let wanted = || edge.sites.iter().filter_map(|(_, wanted)| wanted.as_ref());
        let names = known.unwrap_or_else(|| wanted().map(|at| in_source.item(at)).collect());
        (at, names.iter().filter_map(short).collect())
    };
    order.edges.iter().enumerate().map(of_edge).collect()
}
