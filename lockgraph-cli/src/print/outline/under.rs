//! Who is taken under whom, as an outline.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use petgraph::algo::kosaraju_scc;
use petgraph::algo::tred::{dag_to_toposorted_adjacency_list, dag_transitive_reduction_closure};
use petgraph::graph::{DiGraph, NodeIndex};

use super::{NAMED, Page, times};
use crate::places::origin;
use crate::print::text::counted;
use crate::view::module;

/// A graph of more nodes is shown by module.
const WHOLE: usize = 80;
/// Edges that others make needless are left out of a graph of so many nodes.
const REDUCED: usize = 2000;
/// So many are shown under one; the rest is counted.
const UNDER: usize = 12;
/// Lines of an outline, and how deep it goes.
const LINES: usize = 200;
const DEPTH: usize = 24;

/// A graph without circles, of what has a line each.
struct Units {
    names: Vec<String>,
    /// What each is taken above, with what is said there.
    next: Vec<BTreeMap<usize, String>>,
    /// How many edges are left out, because other ways lead there.
    implied: usize,
}

/// Prints it.
pub(super) fn outline(out: &mut dyn Write, page: &Page<'_>) -> io::Result<()> {
    let count = page.graph.nodes.len();
    let is_by_module = count > WHOLE;
    let (unit_of, names) = if is_by_module { modules(page) } else { nodes(page) };
    let units = Units::of(page, &unit_of, &names, is_by_module);
    let under: BTreeSet<usize> = units.next.iter().flat_map(|next| next.keys().copied()).collect();
    let is_first = |unit: &usize| !under.contains(unit) && !units.next[*unit].is_empty();
    let firsts: Vec<usize> = (0..units.names.len()).filter(is_first).collect();
    let mut stack: Vec<Line<'_>> = Vec::new();
    units.push(&mut stack, 0, firsts.iter().map(|first| (*first, "")));
    let mut shown = vec![false; units.names.len()];
    let mut lines = 0;
    while let Some(line) = stack.pop() {
        if lines == LINES {
            let rest = counted((stack.len() + 1) as u64, "more line", "more lines");
            writeln!(out, "  and at least {rest}; `lockgraph graph` has all")?;
            break;
        }
        lines += 1;
        match line {
            Line::Unit(unit, depth, told) => {
                let has_more = !units.next[unit].is_empty();
                let is_again = std::mem::replace(&mut shown[unit], true) && has_more;
                let again = if is_again { " (see above)" } else { "" };
                let told = if told.is_empty() { String::new() } else { format!("  {told}") };
                writeln!(out, "{}{}{again}{told}", indent(depth), units.names[unit])?;
                if !is_again {
                    let next = units.next[unit].iter().map(|(next, told)| (*next, told.as_str()));
                    units.push(&mut stack, depth + 1, next);
                }
            }
            Line::More(count, depth) => writeln!(out, "{}and {count} more", indent(depth))?,
        }
    }
    if units.implied > 0 {
        let edges = counted(units.implied as u64, "edge is", "edges are");
        writeln!(out, "  ({edges} left out: another way leads there too)")?;
    }
    Ok(())
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth.min(DEPTH) + 1)
}

/// A line of the outline: what it shows, how deep, and what is said there.
enum Line<'a> {
    Unit(usize, usize, &'a str),
    More(usize, usize),
}

/// Each node by itself.
fn nodes(page: &Page<'_>) -> (Vec<usize>, Vec<String>) {
    let count = page.graph.nodes.len();
    ((0..count).collect(), (0..count).map(|node| page.name(node)).collect())
}

/// The module of each node. Locks without a place are their own.
fn modules(page: &Page<'_>) -> (Vec<usize>, Vec<String>) {
    let mut numbers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, node) in page.graph.nodes.iter().enumerate() {
        let place = origin(&node.lock.class);
        let name = place.map(|place| module::of_file(&place.file, "crate").path);
        numbers.entry(name.unwrap_or_else(|| page.name(at))).or_default().push(at);
    }
    let mut unit_of = vec![0; page.graph.nodes.len()];
    let mut names = Vec::new();
    for (unit, (name, nodes)) in numbers.into_iter().enumerate() {
        nodes.iter().for_each(|node| unit_of[*node] = unit);
        names.push(match nodes.len() {
            1 => name,
            count => format!("{name} ({count})"),
        });
    }
    (unit_of, names)
}

impl Units {
    /// Puts what stands under one line on the stack, those that something stands under first.
    fn push<'a>(
        &self,
        stack: &mut Vec<Line<'a>>,
        depth: usize,
        units: impl Iterator<Item = (usize, &'a str)>,
    ) {
        let mut units: Vec<(usize, &str)> = units.collect();
        units.sort_by_key(|(unit, _)| self.next[*unit].is_empty());
        if let Some(more) = units.len().checked_sub(UNDER).filter(|more| *more > 0) {
            stack.push(Line::More(more, depth));
        }
        let shown = units.into_iter().take(UNDER).rev();
        stack.extend(shown.map(|(unit, told)| Line::Unit(unit, depth, told)));
    }

    /// What goes round becomes one.
    fn of(page: &Page<'_>, unit_of: &[usize], names: &[String], is_by_module: bool) -> Units {
        let mut graph: DiGraph<(), ()> = DiGraph::new();
        names.iter().for_each(|_| {
            graph.add_node(());
        });
        let ends = |edge: &crate::graph::Edge| (unit_of[edge.from], unit_of[edge.to]);
        for (from, to) in page.graph.edges.iter().map(ends) {
            graph.update_edge(NodeIndex::new(from), NodeIndex::new(to), ());
        }
        let mut components: Vec<Vec<usize>> = kosaraju_scc(&graph)
            .into_iter()
            .map(|members| members.into_iter().map(NodeIndex::index).collect())
            .collect();
        components.iter_mut().for_each(|members: &mut Vec<usize>| members.sort_unstable());
        components.sort_unstable();
        let mut whole_of = vec![0; names.len()];
        for (whole, members) in components.iter().enumerate() {
            members.iter().for_each(|member| whole_of[*member] = whole);
        }
        let mut between: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for (at, edge) in page.graph.edges.iter().enumerate() {
            let (from, to) = ends(edge);
            if whole_of[from] != whole_of[to] {
                between.entry((whole_of[from], whole_of[to])).or_default().push(at);
            }
        }
        let told = |edges: &[usize]| match edges {
            [edge] if !is_by_module => {
                let edge = &page.graph.edges[*edge];
                let wanted = edge.sites.first().and_then(|(_, wanted)| wanted.as_ref());
                let at = wanted.map(|at| format!("at {}, ", page.spell.place(at)));
                format!("{}{}", at.unwrap_or_default(), times(edge.count))
            }
            edges => counted(edges.len() as u64, "edge", "edges"),
        };
        let kept = kept(components.len(), between.keys().copied());
        let mut next = vec![BTreeMap::new(); components.len()];
        let mut implied = 0;
        for ((from, to), edges) in &between {
            if kept.as_ref().is_none_or(|kept| kept.contains(&(*from, *to))) {
                next[*from].insert(*to, told(edges));
            } else {
                implied += edges.len();
            }
        }
        let name = |members: &Vec<usize>| name(members, names, is_by_module);
        Units { names: components.iter().map(name).collect(), next, implied }
    }
}

fn name(members: &[usize], names: &[String], is_by_module: bool) -> String {
    let first: Vec<&str> = members.iter().take(NAMED).map(|at| names[*at].as_str()).collect();
    let more = match members.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    match members {
        [_] => first.concat(),
        _ if is_by_module => format!("[{}{more}: under each other]", first.join(", ")),
        _ => format!("[cycle: {}{more}]", first.join(", ")),
    }
}

/// The edges without which something would not be reached; `None` if there are too many to tell.
fn kept(
    count: usize,
    edges: impl Iterator<Item = (usize, usize)>,
) -> Option<BTreeSet<(usize, usize)>> {
    if count > REDUCED {
        return None;
    }
    let mut graph: DiGraph<(), (), usize> = DiGraph::default();
    for _ in 0..count {
        graph.add_node(());
    }
    edges.for_each(|(from, to)| {
        graph.add_edge(NodeIndex::new(from), NodeIndex::new(to), ());
    });
    let sorted = petgraph::algo::toposort(&graph, None).ok()?;
    let (list, _) = dag_to_toposorted_adjacency_list::<_, usize>(&graph, &sorted);
    let (reduced, _) = dag_transitive_reduction_closure(&list);
    let ends = reduced.edge_indices().filter_map(|edge| reduced.edge_endpoints(edge));
    Some(ends.map(|(from, to)| (sorted[from].index(), sorted[to].index())).collect())
}
