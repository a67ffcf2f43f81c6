//! The order graph for Graphviz. What is in a cycle is red.

use std::io::{self, Write};

use lockgraph::explain::Spelling;
use lockgraph::finding::{Class, Place};

use crate::graph::{Edge, Node, OrderGraph};

/// How many pairs of places are at one edge.
const SITES: usize = 3;

/// Prints the graph.
pub(crate) fn graph(out: &mut dyn Write, graph: &OrderGraph) -> io::Result<()> {
    let sites = graph.edges.iter().flat_map(|edge| &edge.sites).flat_map(|(from, to)| [from, to]);
    let spell = Spelling::of_all(graph.nodes.iter().map(|node| &node.lock), [], sites.flatten());
    writeln!(out, "// An edge a -> b: b was wanted while a was held. Cycles are red.")?;
    writeln!(out, "digraph lockgraph {{")?;
    writeln!(out, "  node [shape=box, fontname=\"monospace\", fontsize=10];")?;
    writeln!(out, "  edge [fontname=\"monospace\", fontsize=8];")?;
    for (number, node) in graph.nodes.iter().enumerate() {
        let label = label(&spell, node, graph.is_by_class);
        let colour = if node.cycle.is_some() { RED } else { "" };
        writeln!(out, "  n{number} [label=\"{}\"{colour}];", quoted(&label))?;
    }
    for edge in &graph.edges {
        let colour = if edge.is_in_cycle { RED } else { "" };
        let (from, to) = (edge.from, edge.to);
        writeln!(out, "  n{from} -> n{to} [label=\"{}\"{colour}];", places(&spell, edge))?;
    }
    writeln!(out, "}}")
}

const RED: &str = ", color=red, fontcolor=red";

fn label(spell: &Spelling, node: &Node, is_by_class: bool) -> String {
    if !is_by_class || node.lock.class == Class::Unknown {
        return spell.label(&node.lock);
    }
    let class = spell.class(&node.lock.class);
    match node.locks.len() {
        1 => class,
        count => format!("{class} ({count} locks)"),
    }
}

/// The count and the places of an edge, one a line, in the words of the format.
fn places(spell: &Spelling, edge: &Edge) -> String {
    let place = |place: &Option<Place>| place.as_ref().map_or("?".into(), |it| spell.place(it));
    let mut lines = vec![format!("{}x", edge.count)];
    for (from, to) in edge.sites.iter().take(SITES) {
        if from.is_some() || to.is_some() {
            lines.push(quoted(&format!("{} -> {}", place(from), place(to))));
        }
    }
    if edge.sites.len() > SITES {
        lines.push(format!("{} more", edge.sites.len() - SITES));
    }
    lines.join("\\n")
}

/// Text between quotes. Control characters have been escaped already, with backslashes, which
/// must not mean anything to Graphviz.
fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use lockgraph::check::Report;

    use super::*;
    use crate::staged;

    fn printed(report: &Report, is_by_class: bool) -> String {
        let mut order = OrderGraph::new(is_by_class);
        order.add(0, report);
        order.find_cycles();
        let mut out = Vec::new();
        graph(&mut out, &order).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn cycles_are_red() {
        let text = printed(&staged::edges(&[(1, 2), (2, 1), (2, 3)]), false);
        let want = r#"
  n0 [label="lock-1", color=red, fontcolor=red];
  n1 [label="lock-2", color=red, fontcolor=red];
  n2 [label="lock-3"];
  n0 -> n1 [label="1x\na.rs:1:5 -> a.rs:2:9", color=red, fontcolor=red];
  n1 -> n0 [label="1x\na.rs:2:5 -> a.rs:1:9", color=red, fontcolor=red];
  n1 -> n2 [label="1x\na.rs:2:5 -> a.rs:3:9"];
}
"#;
        assert!(text.ends_with(want), "{text}");
    }

    #[test]
    fn classes_count_their_locks() {
        let text = printed(&staged::edges(&[(10, 11), (11, 12), (12, 1)]), true);
        assert!(text.contains("  n0 [label=\"many (3 locks)\"];"), "{text}");
        let text = printed(&staged::edges(&[(10, 11)]), false);
        assert!(text.contains("  n0 [label=\"many (lock 10)\"];"), "{text}");
    }

    #[test]
    fn names_cannot_leave_their_quotes() {
        let mut report = staged::edges(&[(1, 2)]);
        report.edges[0].from.class = Class::Named("\"]; evil [x=\"\n\\".into());
        let text = printed(&report, false);
        assert!(text.contains(r#"n0 [label="\"]; evil [x=\"\\n\\"];"#), "{text}");
    }
}
