//! How far to the right each cell is, once it is known who stands beside whom.
//!
//! Each layer in turn goes as near as it can to where its cells want to be, which is the mean of
//! those that they hang on, and keeps its order and its distances: least squares, by pooling
//! neighbours that want to pass each other. Bends want it most, so that long edges are straight.

use super::crossings::Links;
use super::{Cell, Layout};

/// Passes over all layers, down and up in turn.
const PASSES: usize = 12;
/// How much more a bend counts than a node.
const STRAIGHT: f64 = 8.0;
/// How much less what hangs on nothing.
const LOOSE: f64 = 0.1;

/// How wide everything is.
pub(crate) struct Widths<'a> {
    /// By node.
    pub(crate) nodes: &'a [f64],
    pub(crate) bend: f64,
    /// Between two neighbours, unless both are bends.
    pub(crate) gap: f64,
}

impl Widths<'_> {
    fn of(&self, cell: Cell) -> f64 {
        self.nodes.get(cell).copied().unwrap_or(self.bend)
    }

    /// From the middle of a cell to that of its right neighbour.
    fn between(&self, cells: [Cell; 2]) -> f64 {
        let are_bends = cells.iter().all(|cell| *cell >= self.nodes.len());
        let gap = if are_bends { self.bend } else { self.gap };
        cells.map(|cell| self.of(cell)).iter().sum::<f64>() / 2.0 + gap
    }
}

impl Layout {
    /// The middle of each cell, from the left edge of the leftmost one.
    pub(crate) fn spread(&self, widths: &Widths<'_>) -> Vec<f64> {
        let cells = self.layers.iter().map(Vec::len).sum();
        let links = Links::of(cells, &self.ways);
        let mut x = vec![0.0; cells];
        let offsets: Vec<Vec<f64>> =
            self.layers.iter().map(|layer| offsets(layer, widths)).collect();
        for (layer, offsets) in self.layers.iter().zip(&offsets) {
            layer.iter().zip(offsets).for_each(|(cell, offset)| x[*cell] = *offset);
        }
        for pass in 0..PASSES {
            let layers = self.layers.iter().zip(&offsets);
            if pass % 2 == 0 {
                layers.for_each(|layer| self.settle(layer, &links.above, &mut x));
            } else {
                layers.rev().for_each(|layer| self.settle(layer, &links.below, &mut x));
            }
        }
        let left = |cell: Cell| x[cell] - widths.of(cell) / 2.0;
        let left = (0..cells).map(left).fold(f64::MAX, f64::min);
        x.iter().map(|middle| middle - left).collect()
    }

    /// Moves the cells of a layer, with their offsets, to where they want to be.
    fn settle(
        &self,
        (layer, offsets): (&Vec<Cell>, &Vec<f64>),
        hang_on: &[Vec<Cell>],
        x: &mut [f64],
    ) {
        let wanted = layer.iter().zip(offsets).map(|(cell, offset)| {
            let is_bend = *cell >= self.nodes.len();
            match &hang_on[*cell][..] {
                // It stays, if nobody pushes it.
                [] => (x[*cell] - offset, LOOSE),
                cells => {
                    let mean = cells.iter().map(|cell| x[*cell]).sum::<f64>() / cells.len() as f64;
                    (mean - offset, if is_bend { STRAIGHT } else { 1.0 })
                }
            }
        });
        let settled = ascending(wanted);
        for ((cell, offset), settled) in layer.iter().zip(offsets).zip(settled) {
            x[*cell] = settled + offset;
        }
    }
}

/// Of each cell: where its middle is if all stand close together. Without these distances, no cell
/// may be left of the one before.
fn offsets(layer: &[Cell], widths: &Widths<'_>) -> Vec<f64> {
    let Some(first) = layer.first() else { return Vec::new() };
    let mut offset = widths.of(*first) / 2.0;
    let mut offsets = vec![offset];
    for pair in layer.windows(2) {
        offset += widths.between([pair[0], pair[1]]);
        offsets.push(offset);
    }
    offsets
}

/// The ascending numbers that are nearest to these, which have weights, by least squares.
fn ascending(wanted: impl Iterator<Item = (f64, f64)>) -> Vec<f64> {
    // Sum of weighted numbers, sum of weights, how many.
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for (number, weight) in wanted {
        let mut pool = (number * weight, weight, 1);
        while let Some(before) = pools.last().copied()
            && before.0 / before.1 > pool.0 / pool.1
        {
            pools.pop();
            pool = (before.0 + pool.0, before.1 + pool.1, before.2 + pool.2);
        }
        pools.push(pool);
    }
    let each = |(sum, weight, count): (f64, f64, usize)| std::iter::repeat_n(sum / weight, count);
    pools.into_iter().flat_map(each).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::layout::layout;

    #[test]
    fn who_wants_to_pass_meets_in_the_middle() {
        let want = |numbers: &[(f64, f64)]| ascending(numbers.iter().copied());
        assert_eq!(want(&[(1.0, 1.0), (2.0, 1.0)]), [1.0, 2.0]);
        assert_eq!(want(&[(4.0, 1.0), (2.0, 1.0)]), [3.0, 3.0]);
        assert_eq!(want(&[(5.0, 1.0), (1.0, 3.0), (0.0, 1.0)]), [1.6, 1.6, 1.6]);
    }

    #[test]
    fn nobody_overlaps_and_a_parent_stands_above_its_children() {
        let graph = layout(4, &[(0, 1), (0, 2), (0, 3)]);
        let nodes = [40.0, 20.0, 60.0, 20.0];
        let x = graph.spread(&Widths { nodes: &nodes, bend: 4.0, gap: 10.0 });
        assert_eq!(x, [60.0, 10.0, 60.0, 110.0]);
    }
}
