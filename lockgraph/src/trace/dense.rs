//! Rows by number, where the numbers come from a file.
//!
//! Most files number things from 0 or 1 on, so the way from such a number to its row is a table.
//! The table never has more than a few places for each row there is: a number far above the
//! count of rows is found by hashing, so that no number, however large, makes a large table.
//!
//! A look-up costs O(1). Rows are never taken out. No locking inside.

use std::collections::HashMap;

/// Places in the table for each row, and for none.
const PLACES_A_ROW: usize = 4;
const FIRST_PLACES: usize = 256;

/// Rows of `T`, each made when its number is first asked for.
pub(super) struct Rows<T> {
    rows: Vec<(u64, T)>,
    /// By number: the place of the row plus one, or 0 for "not here".
    near: Vec<u32>,
    /// What is not in `near`, or was not at the time. Hashed with a secret, because whoever made
    /// the file chose the numbers.
    far: HashMap<u64, u32>,
}

impl<T> Default for Rows<T> {
    fn default() -> Rows<T> {
        Rows { rows: Vec::new(), near: Vec::new(), far: HashMap::new() }
    }
}

impl<T: Default> Rows<T> {
    /// The row of `number`.
    #[inline]
    pub(super) fn row(&mut self, number: u64) -> &mut T {
        let near = usize::try_from(number).ok().and_then(|number| self.near.get(number));
        let at = match near {
            Some(at) if *at != 0 => *at - 1,
            _ => self.find_or_add(number),
        };
        &mut self.rows[at as usize].1
    }

    #[cold]
    fn find_or_add(&mut self, number: u64) -> u32 {
        let known = self.far.get(&number).copied();
        let at = known.unwrap_or_else(|| {
            self.rows.push((number, T::default()));
            u32::try_from(self.rows.len() - 1).expect("memory ends before 2^32 rows do")
        });
        match self.near_place(number) {
            Some(place) => self.near[place] = at + 1,
            None => {
                self.far.insert(number, at);
            }
        }
        at
    }

    /// Where `number` is in the table, which grows to have it if there are rows enough for that.
    fn near_place(&mut self, number: u64) -> Option<usize> {
        let place = usize::try_from(number).ok()?;
        if place >= self.near.len() {
            if place >= FIRST_PLACES + PLACES_A_ROW * self.rows.len() {
                return None;
            }
            self.near.resize((place + 1).next_power_of_two(), 0);
        }
        Some(place)
    }
}

impl<T> Rows<T> {
    /// The row of `number`, if it was asked for before.
    pub(super) fn get(&self, number: u64) -> Option<&T> {
        let near = usize::try_from(number).ok().and_then(|number| self.near.get(number));
        let at = match near {
            Some(at) if *at != 0 => *at - 1,
            _ => *self.far.get(&number)?,
        };
        self.rows.get(at as usize).map(|(_, row)| row)
    }

    /// All rows and their numbers, in the order in which they were made.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u64, &T)> {
        self.rows.iter().map(|(number, row)| (*number, row))
    }

    /// As [`Rows::iter`], to be changed.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = (u64, &mut T)> {
        self.rows.iter_mut().map(|(number, row)| (*number, row))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number() -> impl Strategy<Value = u64> {
        prop_oneof![0..300_u64, 0..5_000_u64, u64::MAX - 3..=u64::MAX, any::<u64>()]
    }

    proptest! {
        #[test]
        fn agrees_with_a_hash_map(numbers in proptest::collection::vec(number(), 0..400)) {
            let mut rows: Rows<u64> = Rows::default();
            let mut twin: HashMap<u64, u64> = HashMap::new();
            for number in &numbers {
                prop_assert_eq!(rows.get(*number), twin.get(number));
                *rows.row(*number) += 1;
                *twin.entry(*number).or_default() += 1;
            }
            let all: HashMap<u64, u64> = rows.iter().map(|(number, row)| (number, *row)).collect();
            prop_assert_eq!(all.len(), rows.iter().count());
            prop_assert_eq!(all, twin);
        }
    }

    #[test]
    fn a_large_number_makes_no_large_table() {
        let mut rows: Rows<u8> = Rows::default();
        for number in [u64::MAX, 1 << 32, 1 << 20, 4_000] {
            rows.row(number);
        }
        assert!(rows.near.len() <= 512, "{}", rows.near.len());
        // With rows enough, what was far is found in the table too, and is the same.
        *rows.row(4_000) = 7;
        (0..2_000).for_each(|number| *rows.row(number) = 1);
        assert_eq!(*rows.row(4_000), 7);
        assert_ne!(rows.near[4_000], 0);
        assert_eq!(rows.iter().count(), 2_004);
    }
}
