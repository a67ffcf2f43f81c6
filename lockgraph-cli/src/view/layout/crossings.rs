//! The order in each layer: few edges cross.
//!
//! Barycentres: a cell goes to the mean of the places of those above it, in a sweep down, or below
//! it, in a sweep up. The best order of all sweeps stays. Cells begin in the order of a depth-first
//! search. Parts of the graph that nothing links stand side by side.
//!
//! An edge that goes straight over several layers counts as if they were one: not quite right, and
//! there are few.

use super::Cell;

/// Sweeps, down and up in turn.
const SWEEPS: usize = 16;
/// So many sweeps in a row that make nothing better are enough.
const PATIENCE: usize = 4;

/// Which cells each cell hangs on, above it and below it.
pub(super) struct Links {
    pub(super) above: Vec<Vec<Cell>>,
    pub(super) below: Vec<Vec<Cell>>,
}

impl Links {
    pub(super) fn of(cells: usize, ways: &[Vec<Cell>]) -> Links {
        let mut links = Links { above: vec![Vec::new(); cells], below: vec![Vec::new(); cells] };
        for pair in ways.iter().flat_map(|way| way.windows(2)) {
            links.below[pair[0]].push(pair[1]);
            links.above[pair[1]].push(pair[0]);
        }
        links
    }
}

/// The same layers, each in its order. `part` says which cells hang together.
pub(super) fn ordered(mut layers: Vec<Vec<Cell>>, links: &Links, part: &[usize]) -> Vec<Vec<Cell>> {
    let visited = visited(&layers, links);
    let mut place = vec![0; visited.len()];
    for layer in &mut layers {
        layer.sort_by_key(|cell| (part[*cell], visited[*cell]));
        put(layer, &mut place);
    }
    let (mut best, mut fewest) = (layers.clone(), crossings(&layers, links, &place));
    let mut in_vain = 0;
    for sweep in 0..SWEEPS {
        if fewest == 0 || in_vain == PATIENCE {
            break;
        }
        if sweep % 2 == 0 {
            layers.iter_mut().for_each(|layer| sort(layer, &links.above, part, &mut place));
        } else {
            layers.iter_mut().rev().for_each(|layer| sort(layer, &links.below, part, &mut place));
        }
        let crossed = crossings(&layers, links, &place);
        in_vain += 1;
        if crossed < fewest {
            (best, fewest, in_vain) = (layers.clone(), crossed, 0);
        }
    }
    best
}

/// By cell: when a depth-first search from the top comes to it.
fn visited(layers: &[Vec<Cell>], links: &Links) -> Vec<usize> {
    let mut visited = vec![usize::MAX; links.below.len()];
    let mut next = 0;
    for first in layers.iter().flatten().filter(|cell| links.above[**cell].is_empty()) {
        let mut stack = vec![*first];
        while let Some(cell) = stack.pop() {
            if visited[cell] == usize::MAX {
                visited[cell] = next;
                next += 1;
                stack.extend(links.below[cell].iter().rev());
            }
        }
    }
    visited
}

/// Notes the places of the cells of a layer.
fn put(layer: &[Cell], place: &mut [usize]) {
    layer.iter().enumerate().for_each(|(at, cell)| place[*cell] = at);
}

/// Sorts a layer by what its cells hang on. One that hangs on nothing stays about where it is.
fn sort(layer: &mut [Cell], hangs_on: &[Vec<Cell>], part: &[usize], place: &mut [usize]) {
    let mean = |cell: Cell| match &hangs_on[cell][..] {
        [] => place[cell] as f64,
        cells => cells.iter().map(|cell| place[*cell]).sum::<usize>() as f64 / cells.len() as f64,
    };
    let mut means: Vec<(f64, Cell)> = layer.iter().map(|cell| (mean(*cell), *cell)).collect();
    means.sort_by(|a, b| part[a.1].cmp(&part[b.1]).then(a.0.total_cmp(&b.0)));
    layer.iter_mut().zip(means).for_each(|(cell, (_, sorted))| *cell = sorted);
    put(layer, place);
}

/// How many pairs of edges cross. For each layer: those that end further left than one that begins
/// further left, counted in a tree of sums.
fn crossings(layers: &[Vec<Cell>], links: &Links, place: &[usize]) -> u64 {
    let mut crossings = 0;
    for layer in layers {
        let ends = |cell: &Cell| links.below[*cell].iter().map(|below| place[*below]);
        let width = layer.iter().flat_map(ends).max().map_or(0, |last| last + 1);
        let mut ended = vec![0_u64; width + 1];
        let mut count = 0;
        for cell in layer {
            let mut here: Vec<usize> = ends(cell).collect();
            here.sort_unstable();
            for end in &here {
                crossings += count - sum(&ended, *end);
            }
            for end in here {
                count += 1;
                let mut at = end + 1;
                while at <= width {
                    ended[at] += 1;
                    at += at & at.wrapping_neg();
                }
            }
        }
    }
    crossings
}

/// How many ended at most so far to the right.
fn sum(ended: &[u64], end: usize) -> u64 {
    let (mut at, mut sum) = (end + 1, 0);
    while at > 0 {
        sum += ended[at];
        at &= at - 1;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two layers, 0.. and 10.., and what is linked; how many edges cross.
    #[test]
    fn crossings_are_counted() {
        for (edges, want) in [
            (&[(0, 10), (1, 11)][..], 0),
            (&[(0, 11), (1, 10)], 1),
            (&[(0, 10), (1, 10), (1, 11), (0, 11)], 1),
            (&[(0, 12), (1, 11), (2, 10)], 3),
            (&[(0, 10), (0, 11), (0, 12), (1, 10), (2, 10)], 4),
            (&[(0, 10), (0, 10)], 0),
        ] {
            let ways: Vec<Vec<Cell>> = edges.iter().map(|(a, b)| vec![*a, *b]).collect();
            let layers = vec![vec![0, 1, 2], vec![10, 11, 12]];
            let mut place = vec![0; 13];
            layers.iter().for_each(|layer| put(layer, &mut place));
            let links = Links::of(13, &ways);
            assert_eq!(crossings(&layers, &links, &place), want, "{edges:?}");
        }
    }

    #[test]
    fn what_can_be_untangled_is() {
        // Three trees of two leaves, whose leaves were mixed up.
        let ways = [(0, 3), (1, 4), (2, 5), (0, 6), (1, 7), (2, 8)].map(|(a, b)| vec![a, b]);
        let layers = || vec![vec![0, 1, 2], vec![3, 4, 5, 6, 7, 8]];
        let untangled = ordered(layers(), &Links::of(9, &ways), &[0; 9]);
        assert_eq!(untangled, [vec![0, 1, 2], vec![3, 6, 4, 7, 5, 8]]);
        let parts = [2, 0, 1, 2, 0, 1, 2, 0, 1];
        let apart = ordered(layers(), &Links::of(9, &ways), &parts);
        assert_eq!(apart, [vec![1, 2, 0], vec![4, 7, 5, 8, 3, 6]]);
    }
}
