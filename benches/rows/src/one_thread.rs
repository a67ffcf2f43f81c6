//! One thread: a batch of the contestant, a batch of `std`, and so on.
//!
//! What changes slowly (frequency, neighbours, temperature) hits both batches of a pair alike, so
//! the ratio of the pair is steadier than either time.

use std::time::{Duration, Instant};

use crate::locks::{Locks, Std};
use crate::pace::{nanos_each, time, times_in_batch};
use crate::row::{Row, Work};

/// Reports the nanoseconds of each pair of batches, for about this time.
pub(crate) fn compare<L: Locks>(row: Row, limit: Duration, mut report: impl FnMut(f64, f64)) {
    let mut ours = Side::new(row.work::<L>(), row);
    let mut std = Side::new(row.work::<Std>(), row);
    let start = Instant::now();
    while start.elapsed() < limit {
        report(ours.batch(), std.batch());
    }
}

/// Long against the clock's own cost, short against the scheduler's slices.
const BATCH: Duration = Duration::from_millis(2);

struct Side {
    work: Work,
    times: u64,
    per: u64,
}

impl Side {
    fn new(mut work: Work, row: Row) -> Side {
        work(row.warm_up());
        let times = times_in_batch(&mut work, BATCH);
        Side { work, times, per: row.per() }
    }

    fn batch(&mut self) -> f64 {
        nanos_each(time(&mut self.work, self.times), self.times * self.per)
    }
}
