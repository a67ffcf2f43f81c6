//! Short lists of witnesses, newest first.
//!
//! A list is four bytes: most edges have one witness, and it is that. A longer one has a record
//! beside. A list never gets shorter but goes as a whole.

use super::WITNESSES;
use crate::slab::Slab;

/// Some witnesses: 0 for none, one plus one, or the number of a record with [`LONG`] set.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct List(u32);

const LONG: u32 = 1 << 31;

/// The witnesses plus one, newest first; 0 behind the oldest.
type Record = [u32; WITNESSES];

/// The records of lists of more than one.
#[derive(Default)]
pub(super) struct Lists {
    long: Slab<Record>,
}

impl Lists {
    /// The witnesses of a list, newest first.
    #[inline]
    pub(super) fn of(&self, list: List) -> impl Iterator<Item = u32> + use<> {
        witnesses(self.record(list))
    }

    /// Whether a list has as many witnesses as one may have.
    pub(super) fn is_full(&self, list: List) -> bool {
        list.0 & LONG != 0 && self.record(list)[WITNESSES - 1] != 0
    }

    /// The list with one more witness. It must not be full.
    #[must_use]
    pub(super) fn push(&mut self, list: List, witness: u32) -> List {
        if list == List::default() {
            return List(witness + 1);
        }
        let mut record = self.record(list);
        record.rotate_right(1);
        record[0] = witness + 1;
        if list.0 & LONG == 0 {
            return List(self.long.insert(record) | LONG);
        }
        self.long[list.0 & !LONG] = record;
        list
    }

    /// Puts `new` first on a full list, and takes `old` off.
    pub(super) fn replace(&mut self, list: List, old: u32, new: u32) {
        let mut record = self.record(list);
        if list.0 & LONG != 0
            && let Some(at) = record.iter().position(|witness| *witness == old + 1)
        {
            record[..=at].rotate_right(1);
            record[0] = new + 1;
            self.long[list.0 & !LONG] = record;
        }
    }

    /// Forgets a list. Returns what was on it.
    pub(super) fn remove(&mut self, list: List) -> impl Iterator<Item = u32> + use<> {
        let record = self.record(list);
        if list.0 & LONG != 0 {
            self.long.remove(list.0 & !LONG);
        }
        witnesses(record)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.long.len()
    }

    #[inline]
    fn record(&self, list: List) -> Record {
        if list.0 & LONG != 0 {
            return self.long[list.0 & !LONG];
        }
        let mut record = [0; WITNESSES];
        record[0] = list.0;
        record
    }
}

fn witnesses(record: Record) -> impl Iterator<Item = u32> {
    record.into_iter().map_while(|witness| witness.checked_sub(1))
}
