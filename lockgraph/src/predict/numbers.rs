//! Small numbers, one after the other, for what comes with numbers of its own.
//!
//! Own numbers that are small lead straight to the new one, all others through a hash table. O(1)
//! expected.

use std::collections::HashMap;

use crate::slab::Hashing;

/// Own numbers below this are looked up in a table by position.
const DENSE: u64 = 1 << 20;

/// What stands in the table where nothing was numbered.
const NONE: u32 = u32::MAX;

#[derive(Clone, Default, Debug)]
pub(super) struct Numbers {
    dense: Vec<u32>,
    sparse: HashMap<u64, u32, Hashing>,
    own: Vec<u64>,
}

impl Numbers {
    /// The number of what calls itself `own`, a new one if need be.
    #[inline]
    pub(super) fn of(&mut self, own: u64) -> u32 {
        match self.dense.get(own as usize) {
            Some(number) if *number != NONE => *number,
            _ => self.find_or_add(own),
        }
    }

    /// The number of what calls itself `own`, if it has one.
    pub(super) fn find(&self, own: u64) -> Option<u32> {
        match own < DENSE {
            true => self.dense.get(own as usize).copied().filter(|number| *number != NONE),
            false => self.sparse.get(&own).copied(),
        }
    }

    /// What calls itself what.
    pub(super) fn own(&self, number: u32) -> u64 {
        self.own[number as usize]
    }

    pub(super) fn len(&self) -> usize {
        self.own.len()
    }

    fn find_or_add(&mut self, own: u64) -> u32 {
        let next = self.own.len() as u32;
        let number = if own < DENSE {
            if self.dense.len() <= own as usize {
                self.dense.resize(own as usize + 1, NONE);
            }
            let place = &mut self.dense[own as usize];
            if *place == NONE {
                *place = next;
            }
            *place
        } else {
            *self.sparse.entry(own).or_insert(next)
        };
        if number == next {
            self.own.push(own);
        }
        number
    }
}
