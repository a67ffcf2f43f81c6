//! Pictures in rows, as words are in lines, so that the whole is somewhat wider than high.

use super::drawn::Drawn;

/// Between two pictures.
const GAP: f64 = 36.0;
/// Never narrower than this.
const NARROWEST: f64 = 900.0;
/// How much wider than high the whole should be.
const RATIO: f64 = 1.6;

/// Gives each picture its place; what all of them take, in width and height.
pub(super) fn pack(parts: &mut [Drawn]) -> (f64, f64) {
    let area: f64 = parts.iter().map(|part| (part.width + GAP) * (part.height + GAP)).sum();
    let widest = parts.iter().map(|part| part.width).fold(0.0, f64::max);
    let line = (area * RATIO).sqrt().max(widest).max(NARROWEST);
    let (mut x, mut y, mut row, mut size) = (0.0_f64, 0.0_f64, 0.0_f64, (0.0_f64, 0.0_f64));
    for part in parts {
        if x > 0.0 && x + part.width > line {
            (x, y, row) = (0.0, y + row + GAP, 0.0);
        }
        (part.x, part.y) = (x, y);
        row = row.max(part.height);
        size = (size.0.max(x + part.width), size.1.max(y + row));
        x += part.width + GAP;
    }
    size
}
