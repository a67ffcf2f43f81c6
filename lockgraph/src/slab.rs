//! A vector with holes that are filled again, and the hashing of small numbers.
//!
//! Insert, remove and look-up are O(1). Indices are reused, so whoever keeps one must know when
//! what it named is gone.

use std::hash::{BuildHasherDefault, Hasher};
use std::ops::{Index, IndexMut};

/// In pieces of a fixed size, so that growing copies nothing and leaves no holes in the heap.
pub(crate) struct Slab<T> {
    /// All but the last are full.
    pieces: Vec<Vec<Option<T>>>,
    free: Vec<u32>,
}

const PIECE: usize = 256;

impl<T> Slab<T> {
    pub(crate) const fn new() -> Slab<T> {
        Slab { pieces: Vec::new(), free: Vec::new() }
    }

    pub(crate) fn insert(&mut self, value: T) -> u32 {
        match self.free.pop() {
            Some(at) => {
                *self.slot(at) = Some(value);
                at
            }
            None => self.push(value),
        }
    }

    pub(crate) fn remove(&mut self, at: u32) -> Option<T> {
        let value = self.slot(at).take();
        if value.is_some() {
            self.free.push(at);
        }
        value
    }

    /// The value at an index that may be vacant.
    pub(crate) fn get(&self, at: u32) -> Option<&T> {
        self.pieces.get(at as usize / PIECE)?.get(at as usize % PIECE)?.as_ref()
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.count() - self.free.len()
    }

    /// The indices in use.
    #[cfg(test)]
    pub(crate) fn full(&self) -> impl Iterator<Item = u32> {
        let slots = self.pieces.iter().flatten();
        (0..).zip(slots).filter(|(_, slot)| slot.is_some()).map(|(at, _)| at)
    }

    fn push(&mut self, value: T) -> u32 {
        let at = u32::try_from(self.count()).expect("memory ends before 2^32 slots do");
        match self.pieces.last_mut() {
            Some(last) if last.len() < PIECE => last.push(Some(value)),
            first => {
                // Most programs have few of anything: the first piece grows as it is needed.
                let size = if first.is_some() { PIECE } else { 4 };
                let mut piece = Vec::with_capacity(size);
                piece.push(Some(value));
                self.pieces.push(piece);
            }
        }
        at
    }

    /// Indices dealt out so far.
    fn count(&self) -> usize {
        self.pieces.last().map_or(0, |last| (self.pieces.len() - 1) * PIECE + last.len())
    }

    fn slot(&mut self, at: u32) -> &mut Option<T> {
        &mut self.pieces[at as usize / PIECE][at as usize % PIECE]
    }
}

impl<T> Default for Slab<T> {
    fn default() -> Slab<T> {
        Slab::new()
    }
}

impl<T> Index<u32> for Slab<T> {
    type Output = T;
    #[inline]
    fn index(&self, at: u32) -> &T {
        self.get(at).expect("an index is kept only while its slot is full")
    }
}

impl<T> IndexMut<u32> for Slab<T> {
    #[inline]
    fn index_mut(&mut self, at: u32) -> &mut T {
        self.slot(at).as_mut().expect("an index is kept only while its slot is full")
    }
}

/// Hashing for keys that are small numbers of our own making: nobody can choose them to collide.
pub(crate) type Hashing = BuildHasherDefault<Mixer>;

#[derive(Default)]
pub(crate) struct Mixer(u64);

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn write_isize(&mut self, value: isize) {
        self.write_u64(value as u64);
    }

    #[inline]
    fn write_u64(&mut self, value: u64) {
        let wide = u128::from(self.0.rotate_left(29) ^ value ^ 0x9e37_79b9_7f4a_7c15)
            * 0xd6e8_feb8_6659_fd93;
        self.0 = (wide >> 64) as u64 ^ wide as u64;
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}
