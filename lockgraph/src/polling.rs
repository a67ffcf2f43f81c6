//! Trying for a time what has no time limit of its own.
//!
//! First in quick succession, for most locks are held for a moment only; then the processor is given
//! up in between; then the thread sleeps, twice as long each time, up to a millisecond. So whoever
//! polls is at most that late, and costs next to nothing meanwhile. It does not queue: a lock goes to
//! whoever comes when it is free.

use std::hint;
use std::thread;
use std::time::{Duration, Instant};

/// Rounds of trying in quick succession, each with twice the pauses of the one before.
const SPINS: u32 = 6;
/// Rounds in which others get the processor.
const YIELDS: u32 = 16;
const SHORTEST: Duration = Duration::from_micros(50);
const LONGEST: Duration = Duration::from_millis(1);

/// The end of a time that begins now. `None`: it never comes.
pub(crate) fn end_of(limit: Duration) -> Option<Instant> {
    Instant::now().checked_add(limit)
}

/// What is left until `end`.
pub(crate) fn left(end: Instant) -> Duration {
    end.saturating_duration_since(Instant::now())
}

/// Tries at least once, and for the last time when it is over.
pub(crate) fn poll<R>(end: Option<Instant>, mut attempt: impl FnMut() -> Option<R>) -> Option<R> {
    let mut round = 0;
    loop {
        if let Some(had) = attempt() {
            return Some(had);
        }
        let left = end.map_or(LONGEST, left);
        if left.is_zero() {
            return None;
        }
        pause(round, left);
        round += 1;
    }
}

fn pause(round: u32, left: Duration) {
    if round < SPINS {
        (0..1 << round).for_each(|_| hint::spin_loop());
    } else if round < SPINS + YIELDS {
        thread::yield_now();
    } else {
        let longer = SHORTEST * 2_u32.saturating_pow((round - SPINS - YIELDS).min(16));
        thread::sleep(longer.min(LONGEST).min(left));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_had_although_no_time_is_left() {
        assert_eq!(poll(end_of(Duration::ZERO), || Some(1)), Some(1));
    }

    #[test]
    fn what_never_comes_is_tried_once_more_than_there_is_time() {
        let mut tries = 0;
        let never = poll(end_of(Duration::ZERO), || -> Option<()> {
            tries += 1;
            None
        });
        assert_eq!((never, tries), (None, 1));
    }

    #[test]
    fn what_comes_late_is_had_however_often_it_was_not_there() {
        let mut tries = 0;
        let come = poll(None, || {
            tries += 1;
            (tries == 40).then_some(tries)
        });
        assert_eq!(come, Some(40));
    }
}
