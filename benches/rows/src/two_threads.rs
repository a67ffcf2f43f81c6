//! Two threads that do the same at once: batches of the contestant and of `std` in turn, begun
//! together at a barrier that spins, on the wall clock.
//!
//! A batch counts from the first start to the last end. It is left out, and the pair with it, if
//! one thread began late or lost its processor: then they were not at it together.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::locks::{Locks, Std};
use crate::pace::{nanos_each, times_in_batch};
use crate::row::{Row, Work, mutex, ping, pong};
use crate::waits::Turns;

const THREADS: usize = 2;
/// Shorter than those of one thread, because a neighbour that takes a processor spoils all of it.
const BATCH: Duration = Duration::from_micros(500);
/// At one lock two threads take several times as long as one alone, by which this is set.
const BATCH_AT_ONE_LOCK: Duration = Duration::from_micros(100);
/// A message there and one back, or two turns, take a hundred times as long as both within one thread.
const BATCH_OF_MESSAGES: Duration = Duration::from_micros(20);
/// One thread may begin later than the other by this share of a batch.
const MOST_SKEW: f64 = 0.05;

/// Reports the nanoseconds of each pair of batches that counts, for about this time.
pub(crate) fn compare<L: Locks>(row: Row, limit: Duration, mut report: impl FnMut(f64, f64)) {
    // How often, as one thread alone would do it in the time of a batch.
    let batch = match row {
        Row::OneLock => BATCH_AT_ONE_LOCK,
        Row::PingPong | Row::Turns => BATCH_OF_MESSAGES,
        _ => BATCH,
    };
    let sides = [row.work::<L>(), row.work::<Std>()];
    let times = sides.map(|mut work| times_in_batch(&mut work, batch));
    let (barrier, over) = (Barrier(AtomicUsize::new(0)), AtomicBool::new(false));
    let (ours, std) = (Sides::<L>::new(row), Sides::<Std>::new(row));
    let start = Instant::now();
    let threads = L::in_threads(THREADS, |at| {
        let (mut ours, mut std) = (ours.work(at), std.work(at));
        ours(row.warm_up());
        std(row.warm_up());
        let mut batches = Vec::new();
        loop {
            // One decides, so that both do the same number of batches.
            if at == 0 {
                over.store(start.elapsed() > limit, Ordering::Release);
            }
            barrier.wait_long();
            if over.load(Ordering::Acquire) {
                return batches;
            }
            let ours = Batch::run(&mut ours, times[0], &barrier);
            batches.push([ours, Batch::run(&mut std, times[1], &barrier)]);
        }
    });
    for (one, other) in threads[0].iter().zip(&threads[1]) {
        if let [Some(ours), Some(std)] = [0, 1].map(|side| together(&one[side], &other[side])) {
            report(nanos_each(ours, times[0] * row.per()), nanos_each(std, times[1] * row.per()));
        }
    }
}

/// Does the row's work so many times in each of two threads. No clock, no barrier.
pub(crate) fn count<L: Locks>(row: Row, times: u64) {
    let sides = Sides::<L>::new(row);
    L::in_threads(THREADS, |at| sides.work(at)(times));
}

/// Until a thread takes them.
type Ends<L> = Mutex<Option<(<L as Locks>::Sender, <L as Locks>::Receiver)>>;

/// What two threads share.
enum Sides<L: Locks> {
    Nothing(Row),
    Lock(&'static L::Mutex),
    /// The ends of two channels: those of the one thread, and of the other.
    Channels([Ends<L>; THREADS]),
    Turns(Turns),
}

impl<L: Locks> Sides<L> {
    fn new(row: Row) -> Sides<L> {
        match row {
            Row::OneLock => Sides::Lock(Box::leak(Box::new(L::mutex()))),
            Row::PingPong => {
                let (there, from_there) = L::channel();
                let (back, from_back) = L::channel();
                let ends = [(there, from_back), (back, from_there)];
                Sides::Channels(ends.map(|ends| Mutex::new(Some(ends))))
            }
            Row::Turns => Sides::Turns(L::turns().expect("a contestant with condition variables")),
            _ => Sides::Nothing(row),
        }
    }

    /// The work of this thread.
    fn work(&self, at: usize) -> Work {
        match self {
            Sides::Nothing(row) => row.work::<L>(),
            Sides::Lock(lock) => mutex::<L>(lock),
            Sides::Channels(ends) => {
                let ends = ends[at].lock().expect("nobody panics with it").take();
                let (sender, receiver) = ends.expect("each thread asks once");
                if at == 0 { ping::<L>(sender, receiver) } else { pong::<L>(sender, receiver) }
            }
            Sides::Turns(turns) => turns(at as u64),
        }
    }
}

/// What one thread saw of a batch.
struct Batch {
    start: Instant,
    end: Instant,
    preempted: bool,
}

impl Batch {
    fn run(work: &mut Work, times: u64, barrier: &Barrier) -> Batch {
        // Twice, because one of the two may wait long for the other, and lose its processor then.
        barrier.wait_long();
        let switches = involuntary_switches();
        barrier.wait();
        let start = Instant::now();
        work(times);
        let end = Instant::now();
        Batch { start, end, preempted: involuntary_switches() != switches }
    }
}

/// From the first start to the last end, if the batch counts.
fn together(one: &Batch, other: &Batch) -> Option<Duration> {
    let first = one.start.min(other.start);
    let taken = one.end.max(other.end) - first;
    let skew = one.start.max(other.start) - first;
    let counts = !one.preempted && !other.preempted && skew.div_duration_f64(taken) <= MOST_SKEW;
    counts.then_some(taken)
}

/// How often this thread had to give its processor away.
fn involuntary_switches() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/status").expect("Linux has it");
    let line = text.lines().find_map(|line| line.strip_prefix("nonvoluntary_ctxt_switches:"));
    line.and_then(|number| number.trim().parse().ok()).expect("it has this line")
}

/// Counts arrivals, and never starts again: the next wait is over at the next multiple.
struct Barrier(AtomicUsize);

impl Barrier {
    /// Spins: both go on at the same time.
    fn wait(&self) {
        self.until_all_came(std::hint::spin_loop);
    }

    /// Lets others run meanwhile, if the other thread has no processor.
    fn wait_long(&self) {
        self.until_all_came(std::thread::yield_now);
    }

    fn until_all_came(&self, pause: impl Fn()) {
        let arrived = self.0.fetch_add(1, Ordering::AcqRel) + 1;
        while self.0.load(Ordering::Acquire) < arrived.next_multiple_of(THREADS) {
            pause();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_counts_if_both_began_together_and_kept_their_processors() {
        let origin = Instant::now();
        let batch = |start, end, preempted| Batch {
            start: origin + Duration::from_micros(start),
            end: origin + Duration::from_micros(end),
            preempted,
        };
        let cases = [
            (batch(0, 1000, false), batch(0, 1000, false), Some(1000)),
            (batch(0, 1000, false), batch(50, 900, false), Some(1000)),
            (batch(49, 900, false), batch(0, 1000, false), Some(1000)),
            (batch(0, 1000, false), batch(51, 1000, false), None),
            (batch(0, 1000, false), batch(0, 1000, true), None),
            (batch(0, 1000, true), batch(0, 1000, false), None),
        ];
        for (one, other, expected) in cases {
            assert_eq!(together(&one, &other), expected.map(Duration::from_micros));
        }
    }
}
