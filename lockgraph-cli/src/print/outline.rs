//! The order graph as text: each cycle as a ring of arrows, then who is taken under whom.
//!
//! The second part is an outline. What is in a cycle stands as one line in it; an edge is left out
//! where another way leads there too, and who has been shown with all below is only named. Of a
//! large graph it shows modules instead of locks, and there is a last line for what it leaves out.
//! Time follows nodes times edges of that outline at worst, for which there is a limit.

mod under;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::io::{self, Write};

use lockgraph::explain::Spelling;
use lockgraph::finding::{Class, Place};
use lockgraph::report::Style;

use super::table;
use crate::graph::{Edge, OrderGraph};
use crate::print::text::counted;

/// So many cycles, locks of one, and further edges of one are shown.
const CYCLES: usize = 20;
const ROUND: usize = 24;
const FURTHER: usize = 12;
/// So many members are named of what stands in one line.
const NAMED: usize = 4;

/// Colours, as other reports have them.
const RED: &str = "1;31";
const BOLD: &str = "1";
const BLUE: &str = "1;34";

/// A graph, and how it is spelled and painted.
struct Page<'a> {
    graph: &'a OrderGraph,
    spell: Spelling,
    style: Style,
}

/// Prints the graph.
pub(crate) fn graph(out: &mut dyn Write, graph: &OrderGraph, style: Style) -> io::Result<()> {
    let sites = graph.edges.iter().flat_map(|edge| &edge.sites);
    let sites = sites.flat_map(|(held, wanted)| [held, wanted]).flatten();
    let spell = Spelling::of_all(graph.nodes.iter().map(|node| &node.lock), [], sites);
    let page = Page { graph, spell, style };
    for number in 0..graph.cycles.len().min(CYCLES) {
        page.cycle(out, number)?;
        writeln!(out)?;
    }
    if graph.cycles.len() > CYCLES {
        writeln!(
            out,
            "and {} more\n",
            counted((graph.cycles.len() - CYCLES) as u64, "cycle", "cycles")
        )?;
    }
    if graph.edges.iter().any(|edge| !edge.is_in_cycle && edge.from != edge.to) {
        writeln!(out, "{}", page.paint(BOLD, "what is taken under what"))?;
        under::outline(out, &page)?;
        writeln!(out)?;
    }
    writeln!(out, "{}", size(graph))
}

impl Page<'_> {
    fn paint(&self, colour: &str, text: &str) -> String {
        match self.style {
            Style::Colour => format!("\x1b[{colour}m{text}\x1b[0m"),
            _ => text.to_string(),
        }
    }

    fn name(&self, node: usize) -> String {
        let node = &self.graph.nodes[node];
        match node.lock.class {
            Class::Unknown => self.spell.label(&node.lock),
            _ if !self.graph.is_by_class => self.spell.label(&node.lock),
            _ => match node.locks.len() {
                0 | 1 => self.spell.class(&node.lock.class),
                count => format!("{} ({count} locks)", self.spell.class(&node.lock.class)),
            },
        }
    }

    /// One cycle: the shortest way round, and what else is in it.
    fn cycle(&self, out: &mut dyn Write, number: usize) -> io::Result<()> {
        let nodes = &self.graph.cycles[number];
        let inside: HashMap<(usize, usize), &Edge> = self
            .graph
            .edges
            .iter()
            .filter(|edge| self.graph.nodes[edge.from].cycle == Some(number) && edge.is_in_cycle)
            .map(|edge| ((edge.from, edge.to), edge))
            .collect();
        let what = if self.graph.is_by_class { ("class", "classes") } else { ("lock", "locks") };
        let title = format!(
            "cycle {} of {}: {}",
            number + 1,
            self.graph.cycles.len(),
            counted(nodes.len() as u64, what.0, what.1)
        );
        writeln!(out, "{}", self.paint(RED, &title))?;
        let ring = ring(nodes, &inside);
        self.ring(out, &ring, &inside)?;
        let on_ring: BTreeSet<(usize, usize)> = pairs(&ring).collect();
        let mut further: Vec<_> =
            inside.iter().filter(|(ends, _)| !on_ring.contains(ends)).collect();
        further.sort_unstable_by_key(|(ends, _)| **ends);
        for ((from, to), edge) in further.iter().take(FURTHER) {
            writeln!(out, "  also {} -> {}", self.name(*from), self.name(*to))?;
            writeln!(out, "         {}", self.told(edge))?;
        }
        match further.len().saturating_sub(FURTHER) {
            0 => Ok(()),
            more => writeln!(
                out,
                "  and {} in this cycle",
                counted(more as u64, "more edge", "more edges")
            ),
        }
    }

    fn ring(
        &self,
        out: &mut dyn Write,
        ring: &[usize],
        inside: &HashMap<(usize, usize), &Edge>,
    ) -> io::Result<()> {
        let line = self.paint(BLUE, "|");
        let left_out = ring.len().saturating_sub(ROUND);
        for (at, (from, to)) in pairs(ring).enumerate() {
            if at >= ROUND {
                break;
            }
            let lead = if at == 0 { self.paint(BLUE, "+-->") } else { format!("{line}   ") };
            writeln!(out, "  {lead} {}", self.paint(BOLD, &self.name(from)))?;
            let told = inside.get(&(from, to)).map(|edge| self.told(edge)).unwrap_or_default();
            writeln!(out, "  {line}      {line}  {told}")?;
            if at + 1 < ring.len().min(ROUND) {
                writeln!(out, "  {line}      {}", self.paint(BLUE, "v"))?;
            }
        }
        if left_out > 0 {
            let more = counted(left_out as u64, "lock", "locks");
            writeln!(out, "  {line}      {line}  and so on, by {more} more")?;
        }
        writeln!(out, "  {}", self.paint(BLUE, "+------+"))
    }

    /// `held since a.rs:1:5, next wanted at a.rs:2:9 (3 times by t1)`
    fn told(&self, edge: &Edge) -> String {
        let (held, wanted) = edge.sites.first().cloned().unwrap_or_default();
        let site = |place: &Option<Place>| self.spell.site(place.as_ref());
        let more = match edge.sites.len() {
            0 | 1 => String::new(),
            count => {
                format!(", and at {}", counted(count as u64 - 1, "other place", "other places"))
            }
        };
        let threads = table::threads(edge.threads.values());
        let by = if threads.is_empty() { String::new() } else { format!(" by {threads}") };
        let (held, wanted) = (site(&held), site(&wanted));
        format!("held since {held}, next wanted at {wanted}{more} ({}{by})", times(edge.count))
    }
}

/// How much there is in the graph.
pub(super) fn size(graph: &OrderGraph) -> String {
    let (one, many) = if graph.is_by_class { ("class", "classes") } else { ("lock", "locks") };
    let count = |list: usize, one, many| counted(list as u64, one, many);
    let nodes = count(graph.nodes.len(), one, many);
    let edges = count(graph.edges.len(), "edge", "edges");
    format!("{nodes}, {edges}, {}", count(graph.cycles.len(), "cycle", "cycles"))
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_string() } else { format!("{count} times") }
}

/// The edges of a ring.
fn pairs(ring: &[usize]) -> impl Iterator<Item = (usize, usize)> {
    ring.iter().copied().zip(ring.iter().copied().cycle().skip(1))
}

/// A shortest way round through the first node of a cycle.
fn ring(nodes: &[usize], inside: &HashMap<(usize, usize), &Edge>) -> Vec<usize> {
    let mut next: HashMap<usize, Vec<usize>> = HashMap::new();
    for (from, to) in inside.keys() {
        next.entry(*from).or_default().push(*to);
    }
    next.values_mut().for_each(|list| list.sort_unstable());
    let Some(first) = nodes.first().copied() else { return Vec::new() };
    let mut came_from: HashMap<usize, usize> = HashMap::new();
    let mut queue = VecDeque::from([first]);
    while let Some(node) = queue.pop_front() {
        for to in next.get(&node).into_iter().flatten() {
            if *to == first {
                let mut ring: Vec<usize> =
                    std::iter::successors(Some(node), |node| came_from.get(node).copied())
                        .collect();
                ring.reverse();
                return ring;
            }
            came_from.entry(*to).or_insert_with(|| {
                queue.push_back(*to);
                node
            });
        }
    }
    vec![first]
}

#[cfg(test)]
mod tests;
