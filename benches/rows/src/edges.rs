//! The order graph as it grows: 10,000 locks, and pairs of them, each new.
//!
//! The pairs ascend, so no order is ever violated, and the next one is nowhere near the last.

use std::time::{Duration, Instant};

use crate::locks::{Locks, Std};
use crate::pace::{nanos_each, resident, thread_time};
use crate::row::pair;

/// How many locks.
pub(crate) const LOCKS: u32 = 10_000;

/// So many between two looks at the clock.
const CHUNK: usize = 1_000;

/// So many different pairs of locks, each ascending, in random order: always the same ones.
pub(crate) fn pairs(count: usize) -> Vec<[u32; 2]> {
    let mut random = fastrand::Rng::with_seed(7);
    let spare = count / 4;
    let mut pairs: Vec<[u32; 2]> = (0..count + spare)
        .map(|_| {
            let first = random.u32(0..LOCKS - 1);
            [first, random.u32(first + 1..LOCKS)]
        })
        .collect();
    // In place: memory that were freed here would be missing from what the edges take.
    pairs.sort_unstable();
    pairs.dedup();
    random.shuffle(&mut pairs);
    assert!(pairs.len() >= count, "the spare ones are enough");
    pairs.truncate(count);
    pairs
}

/// Prints at each number of edges `edges EDGES OURS STD BYTES`: how many were made, nanoseconds
/// for a pair of locks since the line before, with and without the new edge, and the memory that
/// all edges take, in bytes. Stops after `limit`, for detectors that get slower with every edge.
pub(crate) fn grow<L: Locks>(limit: Duration, checkpoints: &[usize]) {
    let all = pairs(checkpoints.iter().copied().max().unwrap_or(0));
    let ours: Vec<L::Mutex> = (0..LOCKS).map(|_| L::mutex()).collect();
    let std: Vec<<Std as Locks>::Mutex> = (0..LOCKS).map(|_| Std::mutex()).collect();
    // What a lock takes when it is first used is not the edges'.
    ours.iter().for_each(|lock| *L::lock(lock) += 1);
    std.iter().for_each(|lock| *Std::lock(lock) += 1);

    let (start, memory) = (Instant::now(), resident());
    let mut made = 0;
    for &checkpoint in checkpoints {
        let before = made;
        let (mut ours_taken, mut std_taken) = (Duration::ZERO, Duration::ZERO);
        for chunk in all[made..checkpoint].chunks(CHUNK) {
            ours_taken += take::<L>(&ours, chunk);
            std_taken += take::<Std>(&std, chunk);
            made += chunk.len();
            if start.elapsed() > limit {
                break;
            }
        }
        let each = |taken| nanos_each(taken, (made - before) as u64);
        let bytes = resident().saturating_sub(memory);
        println!("edges {made} {} {} {bytes}", each(ours_taken), each(std_taken));
        if made < checkpoint {
            return;
        }
    }
}

fn take<L: Locks>(locks: &[L::Mutex], pairs: &[[u32; 2]]) -> Duration {
    let start = thread_time();
    pairs.iter().for_each(|both| pair::<L>(locks, *both));
    thread_time().saturating_sub(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_distinct_ascending_and_always_the_same() {
        let mut some = pairs(100_000);
        assert_eq!(some, pairs(100_000));
        assert!(some.iter().all(|[first, second]| first < second && *second < LOCKS));
        some.sort_unstable();
        some.dedup();
        assert_eq!(some.len(), 100_000);
    }
}
