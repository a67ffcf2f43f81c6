//! The turns of a lock that are still to come.
//!
//! A lock's turns go up by two from writer to writer, and readers between two writers share an odd
//! one. So what one thread takes without another one in between is a run, and takes 16 bytes
//! however long it is.
//!
//! O(1) to note a turn of the latest run, O(log n) for n runs else, and to take one out.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

/// Turns, each as often as it is taken.
#[derive(Default)]
pub(super) struct Turns {
    runs: BinaryHeap<Reverse<Run>>,
    /// The one that is being noted.
    latest: Option<Run>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Run {
    next: u64,
    /// How many there are, that one included.
    len: u32,
}

/// From one turn of a run to the next.
fn step(turn: u64) -> u64 {
    if turn.is_multiple_of(2) { 2 } else { 0 }
}

impl Turns {
    /// One more turn.
    pub(super) fn note(&mut self, turn: u64) {
        if let Some(run) = &mut self.latest {
            let end = run.next.wrapping_add(step(run.next).wrapping_mul(run.len.into()));
            if turn == end && turn >= run.next && run.len < u32::MAX {
                run.len += 1;
                return;
            }
        }
        self.runs.extend(self.latest.take().map(Reverse));
        self.latest = Some(Run { next: turn, len: 1 });
    }

    /// All turns have been noted.
    pub(super) fn seal(&mut self) {
        self.runs.extend(self.latest.take().map(Reverse));
        self.runs.shrink_to_fit();
    }

    /// The smallest turn.
    pub(super) fn next(&self) -> Option<u64> {
        self.runs.peek().map(|Reverse(run)| run.next)
    }

    /// Takes out the smallest turn, once.
    pub(super) fn pop(&mut self) {
        let Some(mut first) = self.runs.peek_mut() else { return };
        if first.0.len == 1 {
            PeekMut::pop(first);
        } else {
            let Run { next, len } = first.0;
            first.0 = Run { next: next.wrapping_add(step(next)), len: len - 1 };
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn turns_come_out_in_order_whatever_went_in(
            turns in proptest::collection::vec(
                prop_oneof![0..12_u64, u64::MAX - 4..=u64::MAX], 0..60
            )
        ) {
            let mut all = Turns::default();
            turns.iter().for_each(|turn| all.note(*turn));
            all.seal();
            let mut sorted = turns;
            sorted.sort_unstable();
            for turn in sorted {
                prop_assert_eq!(all.next(), Some(turn));
                all.pop();
            }
            prop_assert_eq!(all.next(), None);
        }
    }

    #[test]
    fn a_run_is_one_entry() {
        let mut all = Turns::default();
        (1..=1_000).for_each(|turn| all.note(2 * turn));
        (0..1_000).for_each(|_| all.note(2_001));
        all.seal();
        assert_eq!(all.runs.len(), 2);
    }
}
