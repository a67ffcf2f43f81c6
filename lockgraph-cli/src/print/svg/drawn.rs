//! What hangs together in a graph, with coordinates.
//!
//! Edges end in ports, side by side below and above a node in the order of where they come from, so
//! that two between the same nodes do not lie on each other. They are curves that stand upright at
//! nodes and bends.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::view::layout::{self, Layout, Widths};

/// Of a node.
const HEIGHT: f64 = 40.0;
/// Between two neighbours in a layer, and what a bend takes.
const GAP: f64 = 18.0;
const BEND: f64 = 6.0;
/// Between layers: at least, and for each edge more in between.
const RISE: f64 = 46.0;
const RISE_EACH: f64 = 1.5;
const RISE_MOST: f64 = 150.0;
/// Between two ports, at most.
const PORT: f64 = 22.0;
/// How far a loop stands out.
const LOOP: f64 = 26.0;

pub(super) struct Drawn {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) nodes: Vec<Box>,
    pub(super) edges: Vec<Line>,
}

/// A node.
pub(super) struct Box {
    pub(super) number: usize,
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// An edge.
pub(super) struct Line {
    pub(super) edge: usize,
    pub(super) path: String,
    pub(super) middle: Point,
}

type Point = (f64, f64);

/// A layout with coordinates.
struct Plan {
    layout: Layout,
    widths: Vec<f64>,
    /// By cell: its middle.
    x: Vec<f64>,
    /// By layer: its upper edge.
    top: Vec<f64>,
    /// By cell.
    layer: Vec<usize>,
}

impl Drawn {
    /// Draws these nodes and edges, which are numbers in the graph.
    pub(super) fn of(
        nodes: &[usize],
        edges: &[usize],
        ends: &dyn Fn(usize) -> (usize, usize),
        width: &dyn Fn(usize) -> f64,
    ) -> Drawn {
        let here: HashMap<usize, usize> = nodes.iter().copied().zip(0..).collect();
        let pairs: Vec<(usize, usize)> = edges
            .iter()
            .map(|edge| ends(*edge))
            .map(|(from, to)| (here[&from], here[&to]))
            .collect();
        let widths: Vec<f64> = nodes.iter().map(|node| width(*node)).collect();
        let plan = Plan::of(layout::layout(nodes.len(), &pairs), widths);
        let boxes = nodes.iter().enumerate().map(|(at, number)| plan.node(at, *number));
        let boxes: Vec<Box> = boxes.collect();
        let right = |node: &Box| node.left + node.width;
        let mut size = boxes.iter().map(right).fold(0.0, f64::max);
        if pairs.iter().any(|(from, to)| from == to) {
            size += LOOP;
        }
        let height = plan.top.last().map_or(0.0, |top| top + HEIGHT);
        let edges = plan.lines(edges);
        Drawn { x: 0.0, y: 0.0, width: size, height, nodes: boxes, edges }
    }
}

impl Plan {
    fn of(layout: Layout, widths: Vec<f64>) -> Plan {
        let x = layout.spread(&Widths { nodes: &widths, bend: BEND, gap: GAP });
        let mut layer = vec![0; x.len()];
        for (number, cells) in layout.layers.iter().enumerate() {
            cells.iter().for_each(|cell| layer[*cell] = number);
        }
        let mut begun = vec![0_usize; layout.layers.len()];
        for pair in layout.ways.iter().flat_map(|way| way.windows(2)) {
            begun[layer[pair[0]]] += 1;
        }
        let mut top = Vec::with_capacity(begun.len());
        let mut next = 0.0;
        for edges in begun {
            top.push(next);
            next += HEIGHT + (RISE + edges as f64 * RISE_EACH).min(RISE_MOST);
        }
        Plan { layout, widths, x, top, layer }
    }

    fn node(&self, at: usize, number: usize) -> Box {
        let width = self.widths[at];
        let left = self.x[at] - width / 2.0;
        Box { number, left, top: self.top[self.layer[at]], width, height: HEIGHT }
    }

    /// The edges, which have these numbers.
    fn lines(&self, numbers: &[usize]) -> Vec<Line> {
        let below = self.ports(|way| (way[0], way[1]));
        let above = self.ports(|way| (way[way.len() - 1], way[way.len() - 2]));
        let line = |(at, edge): (usize, &usize)| {
            let (edge, way) = (*edge, &self.layout.ways[at]);
            if way.len() == 1 {
                let (path, middle) = self.turn(way[0]);
                return Line { edge, path, middle };
            }
            let points = self.points(at, below[at], above[at]);
            Line { edge, path: path(&points), middle: middle(&points) }
        };
        numbers.iter().enumerate().map(line).collect()
    }

    /// What an edge goes through, from where it begins.
    fn points(&self, edge: usize, below: f64, above: f64) -> Vec<Point> {
        let way = &self.layout.ways[edge];
        let top = |cell: usize| self.top[self.layer[cell]];
        let mut points = vec![(below, top(way[0]) + HEIGHT)];
        for bend in &way[1..way.len() - 1] {
            points.extend([(self.x[*bend], top(*bend)), (self.x[*bend], top(*bend) + HEIGHT)]);
        }
        points.push((above, top(way[way.len() - 1])));
        if self.layout.leads_up[edge] {
            points.reverse();
        }
        points
    }

    /// By edge: where it meets the node at one of its ends. `end` gives that and what comes next.
    fn ports(&self, end: impl Fn(&[usize]) -> (usize, usize)) -> Vec<f64> {
        let mut at_node: HashMap<usize, Vec<(f64, usize)>> = HashMap::new();
        for (edge, way) in self.layout.ways.iter().enumerate().filter(|(_, way)| way.len() > 1) {
            let (node, next) = end(way);
            at_node.entry(node).or_default().push((self.x[next], edge));
        }
        let mut ports = vec![0.0; self.layout.ways.len()];
        for (node, mut edges) in at_node {
            edges.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let apart = ((self.widths[node] - 12.0) / edges.len() as f64).min(PORT);
            let first = self.x[node] - apart * (edges.len() - 1) as f64 / 2.0;
            for (at, (_, edge)) in edges.into_iter().enumerate() {
                ports[edge] = first + at as f64 * apart;
            }
        }
        ports
    }

    /// From a node to itself, and the outermost point of that.
    fn turn(&self, node: usize) -> (String, Point) {
        let (x, top) = (self.x[node] + self.widths[node] / 2.0, self.top[self.layer[node]]);
        let (first, second, out) = (top + HEIGHT * 0.3, top + HEIGHT * 0.7, x + LOOP);
        let path = format!(
            "M{x:.1} {first:.1}C{out:.1} {first:.1} {out:.1} {second:.1} {x:.1} {second:.1}"
        );
        (path, (x + LOOP * 0.75, top + HEIGHT / 2.0))
    }
}

/// It goes up or down, and stands upright at each point.
fn path(points: &[Point]) -> String {
    let Some((x, y)) = points.first() else { return String::new() };
    let mut path = format!("M{x:.1} {y:.1}");
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        if x0 == x1 {
            let _ = write!(path, "V{y1:.1}");
        } else {
            let half = f64::midpoint(y0, y1);
            let _ = write!(path, "C{x0:.1} {half:.1} {x1:.1} {half:.1} {x1:.1} {y1:.1}");
        }
    }
    path
}

/// Half way, between two layers: a curve through a pair of points has its middle there.
fn middle(points: &[Point]) -> Point {
    let at = points.len().saturating_sub(1) / 2;
    // Bends have two points, and between them is no room.
    let at = at - at % 2;
    match points.get(at..at + 2) {
        Some(&[(x0, y0), (x1, y1)]) => (f64::midpoint(x0, x1), f64::midpoint(y0, y1)),
        _ => (0.0, 0.0),
    }
}
