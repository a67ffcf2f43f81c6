//! Clocks, and how long a batch is.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::row::Work;

/// The processor time of this thread: other programs do not count.
pub(crate) fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// The processor time of `work`, done so many times.
pub(crate) fn time(work: &mut Work, times: u64) -> Duration {
    let start = thread_time();
    work(times);
    thread_time().saturating_sub(start)
}

/// How often `work` is done in this time.
pub(crate) fn times_in_batch(work: &mut Work, batch: Duration) -> u64 {
    let mut times = 64;
    loop {
        let taken = time(work, times);
        if taken >= batch / 4 {
            return (times as f64 * batch.as_secs_f64() / taken.as_secs_f64()).ceil() as u64;
        }
        times *= 2;
    }
}

/// Nanoseconds for one of `count`.
pub(crate) fn nanos_each(taken: Duration, count: u64) -> f64 {
    taken.as_nanos() as f64 / count as f64
}

/// The memory of this process that is resident, in bytes.
pub(crate) fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").expect("Linux has it");
    let pages = text.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.expect("its second number is the resident pages") * rustix::param::page_size()
}
