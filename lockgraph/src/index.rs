//! Numbers found by what they stand for: a hash table that keeps only the numbers.
//!
//! What a number stands for lies in a [`crate::slab::Slab`] of the caller, who lends the hash and
//! the comparison. So an entry costs four bytes, over a load of 3/8 to 3/4.
//!
//! Open addressing, linear probing. A slot is empty (0) or has the number plus one in its low
//! bits, as many as it takes to count the slots, and above them as many bits of the hash as there
//! is room for: a look-up seldom has to fetch what a number stands for in vain. Removing shifts
//! the entries behind back, so that nothing but entries is ever probed.
//!
//! Find, insert and remove cost O(1) expected, insert amortised. No locking inside.

use std::hash::Hasher;

use crate::slab::Mixer;

const FEWEST: usize = 16;

/// The table. Each number is in it once at most.
#[derive(Default)]
pub(crate) struct Index {
    /// Their count is a power of two, or 0 before the first insertion.
    slots: Vec<u32>,
    len: usize,
}

/// The hash of a few small numbers of our own making.
#[inline]
pub(crate) fn hash(words: impl IntoIterator<Item = u64>) -> u64 {
    let mut mixer = Mixer::default();
    words.into_iter().for_each(|word| mixer.write_u64(word));
    mixer.finish()
}

impl Index {
    /// The number with this hash that `is_it`.
    #[inline]
    pub(crate) fn find(&self, hash: u64, mut is_it: impl FnMut(u32) -> bool) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let mask = self.mask();
        let mut at = hash as u32 & mask;
        loop {
            let slot = self.slots[at as usize];
            if slot == 0 {
                return None;
            }
            let number = (slot & mask).wrapping_sub(1);
            if (slot ^ above(hash)) & !mask == 0 && is_it(number) {
                return Some(number);
            }
            at = at.wrapping_add(1) & mask;
        }
    }

    /// Adds a number that is not in the table. `hash_of` gives the hash of any that is.
    #[inline]
    pub(crate) fn insert(&mut self, number: u32, hash: u64, hash_of: impl Fn(u32) -> u64) {
        while self.slots.len() * 3 < (self.len + 1) * 4 || number >= self.mask() {
            self.grow(&hash_of);
        }
        self.place(number, hash);
        self.len += 1;
    }

    /// Takes out a number, if it is there.
    pub(crate) fn remove(&mut self, number: u32, hash: u64, hash_of: impl Fn(u32) -> u64) {
        if self.slots.is_empty() {
            return;
        }
        let mask = self.mask();
        let mut hole = hash as u32 & mask;
        loop {
            match self.slots[hole as usize] {
                0 => return,
                slot if (slot & mask).wrapping_sub(1) == number => break,
                _ => hole = hole.wrapping_add(1) & mask,
            }
        }
        let mut at = hole;
        loop {
            at = at.wrapping_add(1) & mask;
            let slot = self.slots[at as usize];
            if slot == 0 {
                break;
            }
            // It may move back to the hole unless that lies before its home.
            let home = hash_of((slot & mask).wrapping_sub(1)) as u32;
            if at.wrapping_sub(home) & mask >= at.wrapping_sub(hole) & mask {
                self.slots[hole as usize] = slot;
                hole = at;
            }
        }
        self.slots[hole as usize] = 0;
        self.len -= 1;
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The bits of a slot that have the number.
    #[inline]
    fn mask(&self) -> u32 {
        (self.slots.len() as u32).wrapping_sub(1)
    }

    fn place(&mut self, number: u32, hash: u64) {
        let mask = self.mask();
        let mut at = hash as u32 & mask;
        while self.slots[at as usize] != 0 {
            at = at.wrapping_add(1) & mask;
        }
        self.slots[at as usize] = above(hash) & !mask | (number + 1);
    }

    #[cold]
    fn grow(&mut self, hash_of: &impl Fn(u32) -> u64) {
        let before_mask = self.mask();
        let twice = vec![0; (self.slots.len() * 2).max(FEWEST)];
        let before = std::mem::replace(&mut self.slots, twice);
        for slot in before.into_iter().filter(|slot| *slot != 0) {
            let number = (slot & before_mask) - 1;
            self.place(number, hash_of(number));
        }
    }
}

/// The bits of a hash that slots keep: not those that say where the slot is.
#[inline]
fn above(hash: u64) -> u32 {
    (hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// Every entry is found from its home on, and nothing else is there.
    fn check_invariants(index: &Index, keys: &HashMap<u32, u64>) {
        assert_eq!(index.len, keys.len());
        let full = index.slots.iter().filter(|slot| **slot != 0).count();
        assert_eq!(full, keys.len());
        assert!(index.slots.is_empty() || full * 4 <= index.slots.len() * 3);
        for (number, key) in keys {
            assert_eq!(index.find(*key, |other| other == *number), Some(*number), "{number}");
        }
    }

    /// Few numbers, whose hashes collide in their homes, in their upper bits or in both.
    fn check(operations: &[(bool, u32, u64)]) {
        let mut index = Index::default();
        let mut keys: HashMap<u32, u64> = HashMap::new();
        for (inserts, number, key) in operations {
            let key = (key & 3) << 62 | (key >> 2 & 3) << 32 | key >> 4;
            let before = keys.get(number).copied();
            match before {
                None if *inserts => {
                    index.insert(*number, key, |other| keys[&other]);
                    keys.insert(*number, key);
                }
                Some(key) if !inserts => {
                    index.remove(*number, key, |other| keys[&other]);
                    keys.remove(number);
                }
                None => index.remove(*number, key, |other| keys[&other]),
                Some(_) => {}
            }
            check_invariants(&index, &keys);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn agrees_with_a_hash_map(
            operations in prop::collection::vec((prop::bool::ANY, 0..40_u32, 0..256_u64), 1..120)
        ) {
            check(&operations);
        }
    }

    #[test]
    fn numbers_far_above_the_count_have_room() {
        let mut index = Index::default();
        let hash_of = |number: u32| hash([u64::from(number)]);
        let numbers = || (0..1_000).map(|at| at * 37).chain([100_000]);
        numbers().for_each(|number| index.insert(number, hash_of(number), hash_of));
        for number in 0..100_001 {
            let found = index.find(hash_of(number), |other| other == number);
            assert_eq!(found.is_some(), number % 37 == 0 && number < 37_000 || number == 100_000);
        }
        numbers().for_each(|number| index.remove(number, hash_of(number), hash_of));
        assert!(index.slots.iter().all(|slot| *slot == 0));
    }
}
