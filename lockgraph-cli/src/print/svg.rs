//! The order graph as a picture that needs nothing else: SVG with its own colours, light and dark.
//!
//! What hangs together is laid out by itself ([`layout`]) and packed in rows like words, cycles
//! first. An edge in a cycle is thick and red and has a number, under which its places are listed
//! below the picture; of every other edge they are told to who points at it.

mod drawn;
mod packed;

use std::io::{self, Write};

use lockgraph::explain::Spelling;
use lockgraph::finding::{Class, Place};
use lockgraph::report::text_width;

use super::outline;
use super::xml::{attribute, content};
use crate::graph::{Edge, Node, OrderGraph};
use crate::view::layout;
use drawn::Drawn;

/// How many edges of cycles have numbers, and are listed.
const LISTED: usize = 60;
/// How many columns of a name are in its box; the middle of a longer one is cut out.
const COLUMNS: usize = 40;
/// How many pairs of places are told of an edge.
const SITES: usize = 3;
const MARGIN: f64 = 24.0;
/// Of a line of text.
const LINE: f64 = 18.0;
/// Of a letter.
const LETTER: f64 = 7.3;

const STYLE: &str = "
  svg { --paper: #ffffff; --ink: #1d2330; --faint: #667085; --box: #f2f4f8; --line: #98a2b3;
        --bad: #c4221c; --bad-box: #fdecea; }
  @media (prefers-color-scheme: dark) {
    svg { --paper: #14171f; --ink: #e6e9f0; --faint: #98a2b3; --box: #222835; --line: #667085;
          --bad: #ff7b72; --bad-box: #3a1f22; }
  }
  .paper { fill: var(--paper); }
  text { font: 12px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: var(--ink); }
  text.head { font-weight: bold; }
  text.faint { fill: var(--faint); font-size: 11px; }
  .node rect { fill: var(--box); stroke: var(--line); }
  .node.cycle rect { fill: var(--bad-box); stroke: var(--bad); stroke-width: 1.5; }
  .node text { text-anchor: middle; }
  .edge path { fill: none; stroke: var(--line); }
  .edge.cycle path { stroke: var(--bad); }
  .edge circle { fill: var(--paper); stroke: var(--bad); }
  .edge text { fill: var(--bad); font-size: 10px; text-anchor: middle; }
  .tip { fill: var(--line); }
  .tip.cycle { fill: var(--bad); }
";

/// What is drawn, and how it is spelled.
struct Picture<'a> {
    graph: &'a OrderGraph,
    spell: Spelling,
    /// By edge: its number in the list.
    numbers: Vec<Option<usize>>,
}

/// Prints the graph.
pub(crate) fn graph(out: &mut dyn Write, graph: &OrderGraph) -> io::Result<()> {
    let picture = Picture::of(graph);
    let mut parts = picture.parts();
    let size = packed::pack(&mut parts);
    let list = picture.list();
    let head = picture.head();
    let widest = list.iter().chain(&head).map(|line| text_width(line)).max().unwrap_or(0);
    let width = (size.0.max(widest as f64 * LETTER) + 2.0 * MARGIN).ceil();
    let top = MARGIN + head.len() as f64 * LINE + 6.0;
    let below = top + size.1 + 2.0 * LINE;
    let height = (below + list.len() as f64 * LINE + MARGIN).ceil();
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\">"
    )?;
    writeln!(out, "<title>{}</title>", content(&head[0]))?;
    writeln!(out, "<style>{STYLE}</style>")?;
    writeln!(out, "<defs>{}{}</defs>", tip("tip"), tip("tip cycle"))?;
    writeln!(out, "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>")?;
    lines(out, MARGIN + 12.0, "faint", &head)?;
    for part in &parts {
        writeln!(out, "<g transform=\"translate({:.1} {:.1})\">", MARGIN + part.x, top + part.y)?;
        part.edges.iter().try_for_each(|edge| picture.edge(out, edge))?;
        part.nodes.iter().try_for_each(|node| picture.node(out, node))?;
        writeln!(out, "</g>")?;
    }
    lines(out, below, "line", &list)?;
    writeln!(out, "</svg>")
}

/// A head for arrows. Its name is its class, with a dash.
fn tip(class: &str) -> String {
    format!(
        "<marker id=\"{}\" class=\"{class}\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" \
         markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" \
         orient=\"auto\"><path d=\"M0 0 8 4 0 8Z\"/></marker>",
        class.replace(' ', "-")
    )
}

/// Text, line by line, under the first as a heading.
fn lines(out: &mut dyn Write, top: f64, class: &str, lines: &[String]) -> io::Result<()> {
    for (number, line) in lines.iter().enumerate() {
        let y = top + number as f64 * LINE;
        let class = if number == 0 { "head" } else { class };
        writeln!(
            out,
            "<text class=\"{class}\" x=\"{MARGIN}\" y=\"{y}\" xml:space=\"preserve\">{}</text>",
            content(line)
        )?;
    }
    Ok(())
}

impl<'a> Picture<'a> {
    fn of(graph: &'a OrderGraph) -> Picture<'a> {
        let sites = graph.edges.iter().flat_map(|edge| &edge.sites);
        let sites = sites.flat_map(|(held, wanted)| [held, wanted]).flatten();
        let spell = Spelling::of_all(graph.nodes.iter().map(|node| &node.lock), [], sites);
        let mut next = 0;
        let number = |edge: &Edge| {
            let is_listed = edge.is_in_cycle && next < LISTED;
            next += usize::from(is_listed);
            is_listed.then_some(next)
        };
        let numbers = graph.edges.iter().map(number).collect();
        Picture { graph, spell, numbers }
    }

    /// What hangs together, cycles first, then the largest.
    fn parts(&self) -> Vec<Drawn> {
        let ends: Vec<Vec<usize>> =
            self.graph.edges.iter().map(|edge| vec![edge.from, edge.to]).collect();
        let part_of = layout::parts(self.graph.nodes.len(), &ends);
        let count = part_of.iter().max().map_or(0, |last| last + 1);
        let mut members: Vec<(Vec<usize>, Vec<usize>)> = vec![Default::default(); count];
        part_of.iter().enumerate().for_each(|(node, part)| members[*part].0.push(node));
        for (edge, ends) in ends.iter().enumerate() {
            members[part_of[ends[0]]].1.push(edge);
        }
        let has_cycle =
            |nodes: &[usize]| nodes.iter().any(|node| self.graph.nodes[*node].cycle.is_some());
        members.sort_by_key(|(nodes, _)| (!has_cycle(nodes), usize::MAX - nodes.len()));
        let width = |node: usize| {
            let columns = self.name(node).map(|line| text_width(&line)).into_iter().max();
            columns.unwrap_or(0) as f64 * LETTER + 20.0
        };
        let ends = |edge: usize| (self.graph.edges[edge].from, self.graph.edges[edge].to);
        members.into_iter().map(|(nodes, edges)| Drawn::of(&nodes, &edges, &ends, &width)).collect()
    }

    /// The two lines in the box of a node.
    fn name(&self, node: usize) -> [String; 2] {
        let node = &self.graph.nodes[node];
        let kind = node.lock.kind.name();
        let below = match node.locks.len() {
            count if count > 1 => format!("{kind}, {count} locks"),
            // Its name says it.
            _ if node.lock.class == Class::Unknown => String::new(),
            _ => kind.to_string(),
        };
        [shortened(&self.full_name(node)), below]
    }

    fn full_name(&self, node: &Node) -> String {
        match node.lock.class {
            Class::Unknown => self.spell.label(&node.lock),
            _ if !self.graph.is_by_class => self.spell.label(&node.lock),
            _ => self.spell.class(&node.lock.class),
        }
    }

    fn head(&self) -> Vec<String> {
        let wanted = "an arrow from a to b: b was wanted while a was held; red: in a cycle";
        vec![format!("Lock order: {}", outline::size(self.graph)), wanted.to_string()]
    }

    /// What the numbers stand for.
    fn list(&self) -> Vec<String> {
        let mut list = Vec::new();
        for (edge, number) in self.graph.edges.iter().zip(&self.numbers) {
            if let Some(number) = number {
                let site = edge.sites.first();
                list.push(format!("{number:>3}  {}", self.told(edge)));
                list.extend(site.map(|site| format!("       {}", self.places(site))));
            }
        }
        let all = self.graph.edges.iter().filter(|edge| edge.is_in_cycle).count();
        if all > LISTED {
            list.push(format!("and {} more edges in cycles", all - LISTED));
        }
        if !list.is_empty() {
            list.insert(0, "Edges in cycles".to_string());
        }
        list
    }

    /// `a -> b, 3 times by t1, t2`
    fn told(&self, edge: &Edge) -> String {
        let name = |node: usize| shortened(&self.full_name(&self.graph.nodes[node]));
        let threads = super::table::threads(edge.threads.values());
        let by = if threads.is_empty() { String::new() } else { format!(" by {threads}") };
        let times = if edge.count == 1 { "once".into() } else { format!("{} times", edge.count) };
        format!("{} -> {}, {times}{by}", name(edge.from), name(edge.to))
    }

    fn places(&self, (held, wanted): &(Option<Place>, Option<Place>)) -> String {
        let [held, wanted] = [held, wanted].map(|place| self.spell.site(place.as_ref()));
        format!("held since {held}, wanted at {wanted}")
    }

    fn node(&self, out: &mut dyn Write, node: &drawn::Box) -> io::Result<()> {
        let class =
            if self.graph.nodes[node.number].cycle.is_some() { "node cycle" } else { "node" };
        let [name, below] = self.name(node.number);
        let drawn::Box { left, top, width, height, .. } = node;
        let middle = left + width / 2.0;
        writeln!(
            out,
            "<g class=\"{class}\"><title>{}</title><rect x=\"{left:.1}\" y=\"{top:.1}\" \
             width=\"{width:.1}\" height=\"{height:.1}\" rx=\"6\"/><text x=\"{middle:.1}\" \
             y=\"{:.1}\">{}</text><text class=\"faint\" x=\"{middle:.1}\" \
             y=\"{:.1}\">{below}</text></g>",
            content(&self.full_name(&self.graph.nodes[node.number])),
            top + 17.0,
            content(&name),
            top + 32.0,
        )
    }

    fn edge(&self, out: &mut dyn Write, line: &drawn::Line) -> io::Result<()> {
        let edge = &self.graph.edges[line.edge];
        let (class, tip) =
            if edge.is_in_cycle { ("edge cycle", "tip-cycle") } else { ("edge", "tip") };
        let mut told = vec![self.told(edge)];
        told.extend(edge.sites.iter().take(SITES).map(|site| self.places(site)));
        let width =
            if edge.is_in_cycle { 2.0 } else { 1.0 } + (edge.count.max(1) as f64).log10() / 3.0;
        write!(
            out,
            "<g class=\"{class}\"><title>{}</title><path d=\"{}\" stroke-width=\"{width:.1}\" \
             marker-end=\"url(#{tip})\"/>",
            attribute(&told.join("\n")),
            line.path,
        )?;
        if let Some(number) = self.numbers[line.edge] {
            let (x, y) = line.middle;
            write!(
                out,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"9\"/><text x=\"{x:.1}\" \
                 y=\"{:.1}\">{number}</text>",
                y + 3.5
            )?;
        }
        writeln!(out, "</g>")
    }
}

/// A name with no more columns than a box has.
fn shortened(name: &str) -> String {
    if text_width(name) <= COLUMNS {
        return name.to_string();
    }
    let head: String = name.chars().take(COLUMNS / 3).collect();
    let count = name.chars().count();
    let tail: String = name.chars().skip(count.saturating_sub(COLUMNS / 2)).collect();
    format!("{head}...{tail}")
}

#[cfg(test)]
mod tests;
