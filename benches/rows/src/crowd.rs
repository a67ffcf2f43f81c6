//! Many locks, many threads, many requests: what must stay flat.

use std::sync::Barrier;
use std::time::Instant;

use crate::locks::{Locks, Std};
use crate::pace::{nanos_each, resident, thread_time};

/// Acquisitions to time, whatever the number of locks.
const ACQUISITIONS: usize = 2_000_000;

/// Prints `live LOCKS OURS STD BYTES`: nanoseconds for one acquisition when so many locks are
/// alive and taken in random order, with the contestant's and with `std`; and the memory of the
/// contestant's locks, in bytes, once each has been taken.
pub(crate) fn live<L: Locks>(count: usize) {
    let mut order: Vec<u32> = (0..count as u32).collect();
    fastrand::Rng::with_seed(7).shuffle(&mut order);
    let memory = resident();
    let ours: Vec<L::Mutex> = (0..count).map(|_| L::mutex()).collect();
    ours.iter().for_each(|lock| *L::lock(lock) += 1);
    let bytes = resident().saturating_sub(memory);
    let std: Vec<<Std as Locks>::Mutex> = (0..count).map(|_| Std::mutex()).collect();
    let (ours, std) = (take_all::<L>(&ours, &order), take_all::<Std>(&std, &order));
    println!("live {count} {ours} {std} {bytes}");
}

fn take_all<L: Locks>(locks: &[L::Mutex], order: &[u32]) -> f64 {
    let rounds = ACQUISITIONS / order.len();
    let start = thread_time();
    for _ in 0..rounds {
        order.iter().for_each(|at| *L::lock(&locks[*at as usize]) += 1);
    }
    nanos_each(thread_time().saturating_sub(start), (rounds * order.len()) as u64)
}

/// Prints `threads THREADS NANOSECONDS BYTES`, both for one thread: so many are started, each
/// takes two locks of its own, one inside the other, and they end when all have done so. The
/// memory is that when all are alive.
pub(crate) fn threads<L: Locks>(count: usize) {
    let barrier = Barrier::new(count);
    let (start, memory) = (Instant::now(), resident());
    let bytes = L::in_threads(count, |_| {
        let (outer, inner) = (L::mutex(), L::mutex());
        {
            let _outer = L::lock(&outer);
            *L::lock(&inner) += 1;
        }
        let leads = barrier.wait().is_leader();
        let bytes = leads.then(|| resident().saturating_sub(memory));
        barrier.wait();
        bytes
    });
    let nanos = nanos_each(start.elapsed(), count as u64);
    let bytes = bytes.into_iter().flatten().sum::<usize>() / count;
    println!("threads {count} {nanos} {bytes}");
}

/// Prints `requests REQUESTS NANOSECONDS BYTES` after each million: so many requests were served,
/// what one of the last million took, and the memory over that at the start. A request makes a
/// lock, takes it once, inside a lock that lives for ever if it is `nested`, and drops it.
pub(crate) fn requests<L: Locks>(millions: usize, nested: bool) {
    const MILLION: u64 = 1_000_000;
    let service = L::mutex();
    *L::lock(&service) += 1;
    let memory = resident();
    for million in 1..=millions as u64 {
        let start = thread_time();
        for _ in 0..MILLION {
            let request = L::mutex();
            let _outer = nested.then(|| L::lock(&service));
            *L::lock(&request) += 1;
        }
        let nanos = nanos_each(thread_time().saturating_sub(start), MILLION);
        println!("requests {} {nanos} {}", million * MILLION, resident().saturating_sub(memory));
    }
}
