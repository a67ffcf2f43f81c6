//! The chains that a thread has shown to the graph: a table of hashes, in buckets of eight, each
//! bucket on a cache line of its own.
//!
//! A thread has few chains, so the table begins with a few buckets; it doubles
//! when a bucket is full, so that nothing is forgotten, up to [`MOST`] hashes. That is 2 MiB: what
//! the second-level cache of a core holds at best, beyond which a look here would cost as much as
//! what it saves. From then on a new chain pushes an old one of its bucket out, which costs a look
//! at the graph when that is met again, and nothing else.
//!
//! A look is one load when the hash is where it belongs, O(1) at worst. No locking; it belongs to
//! one thread.

use std::ptr;

/// Hashes of one bucket: a cache line.
const BUCKET: usize = 8;
const FEWEST: usize = 64;
const MOST: usize = 1 << 18;

/// See the head of this file. A hash of 0 says "free".
#[repr(C)]
pub(crate) struct Seen {
    /// `mask + 1` slots.
    slots: *mut Slot,
    mask: usize,
    /// It grows up to so many slots.
    most: usize,
}

/// A hash, and the alignment that puts buckets on cache lines.
type Slot = u64;

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Bucket([Slot; BUCKET]);

static NOTHING: Bucket = Bucket([0; BUCKET]);

impl Seen {
    /// Those of threads that are not tracked: none.
    pub(super) const fn nobodys() -> Seen {
        Seen { slots: (&raw const NOTHING).cast_mut().cast(), mask: 0, most: 0 }
    }

    pub(super) fn new() -> Seen {
        Seen::with_slots(FEWEST, MOST)
    }

    fn with_slots(count: usize, most: usize) -> Seen {
        let buckets = vec![Bucket([0; BUCKET]); count / BUCKET].into_boxed_slice();
        Seen { slots: Box::into_raw(buckets).cast(), mask: count - 1, most }
    }

    /// Whether a chain is where most are.
    #[inline]
    pub(super) fn has_at_home(&self, chain: u64) -> bool {
        // SAFETY: masked, so among the slots.
        unsafe { *self.slots.add(chain as usize & self.mask) == chain }
    }

    pub(super) fn contains(&self, chain: u64) -> bool {
        self.bucket(chain).contains(&chain)
    }

    /// Takes a chain in. It is never lost again before the table has its full size.
    pub(super) fn insert(&mut self, chain: u64) {
        // SAFETY: masked, so among the slots, which are this thread's own.
        let home = unsafe { &mut *self.slots.add(chain as usize & self.mask) };
        // Nothing is ever taken out, so whoever is in the bucket has found its home full.
        if *home == 0 {
            *home = chain;
            return;
        }
        loop {
            let is_full = self.mask + 1 >= self.most;
            let home = chain as usize % BUCKET;
            let bucket = self.bucket_mut(chain);
            if bucket.contains(&chain) {
                return;
            }
            let mut around = (0..BUCKET).map(|step| (home + step) % BUCKET);
            if let Some(free) = around.find(|at| bucket[*at] == 0) {
                bucket[free] = chain;
                return;
            }
            if is_full {
                // To its home, and who was there into the place of another.
                bucket[(home + 1) % BUCKET] = bucket[home];
                bucket[home] = chain;
                return;
            }
            self.grow();
        }
    }

    fn grow(&mut self) {
        let mut twice = Seen::with_slots((self.mask + 1) * 2, self.most);
        self.all().iter().filter(|chain| **chain != 0).for_each(|chain| twice.insert(*chain));
        *self = twice;
    }

    fn all(&self) -> &[Slot] {
        // SAFETY: there are so many slots.
        unsafe { std::slice::from_raw_parts(self.slots, self.mask + 1) }
    }

    fn bucket(&self, chain: u64) -> &[Slot] {
        let first = chain as usize & self.mask & !(BUCKET - 1);
        // SAFETY: slots come by the bucket, those of nobody too, whose mask is 0.
        unsafe { std::slice::from_raw_parts(self.slots.add(first), BUCKET) }
    }

    fn bucket_mut(&mut self, chain: u64) -> &mut [Slot] {
        let first = chain as usize & self.mask & !(BUCKET - 1);
        // SAFETY: as above; whoever has it mutably has slots of its own.
        unsafe { std::slice::from_raw_parts_mut(self.slots.add(first), BUCKET) }
    }
}

impl Drop for Seen {
    fn drop(&mut self) {
        let buckets =
            ptr::slice_from_raw_parts_mut(self.slots.cast::<Bucket>(), self.mask / BUCKET + 1);
        // SAFETY: made so in `with_slots`; that of nobody lives in a static, never dropped.
        drop(unsafe { Box::from_raw(buckets) });
    }
}

#[cfg(test)]
impl Seen {
    /// As small as can be, and never more.
    pub(super) fn tiny() -> Seen {
        Seen::with_slots(BUCKET, BUCKET)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Something that looks like hashes.
    fn chains(count: u64) -> impl Iterator<Item = u64> {
        (1..=count).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ n << 7)
    }

    #[test]
    fn no_chain_is_lost_before_the_table_is_full() {
        let mut seen = Seen::new();
        let count = MOST as u64 / 4;
        for (at, chain) in chains(count).enumerate() {
            assert!(!seen.contains(chain));
            seen.insert(chain);
            assert!(seen.contains(chain), "{at}");
        }
        assert!(chains(count).all(|chain| seen.contains(chain)));
        assert!(seen.mask < MOST);
    }

    #[test]
    fn a_full_table_keeps_its_size_and_what_came_last() {
        let mut seen = Seen::new();
        for chain in chains(MOST as u64 * 2) {
            seen.insert(chain);
            assert!(seen.contains(chain));
        }
        assert_eq!(seen.mask + 1, MOST);
        assert!(chains(MOST as u64 * 2).filter(|chain| seen.contains(*chain)).count() > MOST / 2);
    }
}
