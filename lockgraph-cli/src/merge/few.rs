//! The first names of what may be many: what a finding says of the runs that it was seen in must
//! not grow with them.
//!
//! The first ones of a union are the first ones of the firsts of its parts, so it does not matter
//! in which order, or by how many steps, reports come together.

use std::collections::BTreeSet;

/// Names that are kept.
pub(crate) const KEPT: usize = 50;

/// The first names of a set, and whether that is all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Few<T> {
    pub(crate) names: BTreeSet<T>,
    pub(crate) is_all: bool,
}

impl<T> Default for Few<T> {
    fn default() -> Few<T> {
        Few { names: BTreeSet::new(), is_all: true }
    }
}

impl<T: Ord> Few<T> {
    pub(crate) fn of(names: BTreeSet<T>) -> Few<T> {
        let mut few = Few { names, is_all: true };
        few.cut();
        few
    }

    pub(crate) fn join(&mut self, mut other: Few<T>) {
        self.names.append(&mut other.names);
        self.is_all &= other.is_all;
        self.cut();
    }

    fn cut(&mut self) {
        while self.names.len() > KEPT {
            self.names.pop_last();
            self.is_all = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: std::ops::Range<usize>) -> Few<usize> {
        Few::of(numbers.collect())
    }

    #[test]
    fn the_first_are_kept_however_they_come_together() {
        let parts = [of(40..60), of(0..30), of(20..45), of(7..9)];
        let joined = |order: [usize; 4]| {
            let mut few = Few::default();
            order.into_iter().for_each(|at| few.join(parts[at].clone()));
            few
        };
        let want = Few { names: (0..KEPT).collect(), is_all: false };
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]] {
            assert_eq!(joined(order), want, "{order:?}");
        }
        assert_eq!(of(0..KEPT), Few { names: (0..KEPT).collect(), is_all: true });
    }
}
