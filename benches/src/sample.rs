//! Medians, and how far they lie apart.

/// The one in the middle; of an even number, the mean of the two in the middle.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(values[middle]),
        _ => Some((values[middle - 1] + values[middle]) / 2.0),
    }
}

/// Half of the distance between the quartiles, as a share of the median: one round that a busy
/// neighbour spoilt is outside of it.
pub(crate) fn spread(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let outside = sorted.len() / 4;
    let inside = &sorted[outside..sorted.len() - outside];
    Some((inside.last()? - inside.first()?) / 2.0 / median(values)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle_and_the_spread_around_it() {
        let cases: [(&[f64], Option<f64>, Option<f64>); 5] = [
            (&[], None, None),
            (&[2.0], Some(2.0), Some(0.0)),
            (&[3.0, 1.0, 2.0], Some(2.0), Some(0.5)),
            (&[4.0, 1.0, 3.0, 2.0], Some(2.5), Some(0.2)),
            (&[1.0, 2.0, 1.5, 900.0, 0.5], Some(1.5), Some(1.0 / 3.0)),
        ];
        for (values, middle, around) in cases {
            assert_eq!((median(values), spread(values)), (middle, around), "{values:?}");
        }
    }
}
