//! Giving everything back and beginning again.
//!
//! Who cannot have all that he needs must not sit on what he has: that is how deadlocks are made. So
//! what takes locks with a time limit goes into a closure that returns when one of them is not to be
//! had; its guards are dropped by that, and after a pause it is called again. The pause is a random
//! part of a limit that doubles, so that threads that were in each other's way do not meet again
//! ("full jitter"; M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015). The
//! attempts and the time are bounded. No locking inside, one small state for each thread.

use std::cell::Cell;
use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;
use std::sync::TryLockError;
use std::thread;
use std::time::{Duration, Instant};

use crate::timed::TimedLockError;

/// How often and for how long [`retry`] tries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// The closure is called so often at most, and at least once.
    pub attempts: u32,
    /// No attempt begins after so long.
    pub total: Duration,
    /// The first pause is not longer than this, the second one than twice this, and so on.
    pub first_pause: Duration,
    /// No pause is longer than this.
    pub longest_pause: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            attempts: 1000,
            total: Duration::from_secs(10),
            first_pause: Duration::from_micros(50),
            longest_pause: Duration::from_millis(10),
        }
    }
}

/// Something was not to be had: what is held is given back, and the closure is called again.
///
/// A lock that was not had in time or at once becomes this by `?`. So does a poisoned one, which will
/// be so again; where that can be, ask for the guard first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Again;

impl<G> From<TimedLockError<G>> for Again {
    fn from(_: TimedLockError<G>) -> Again {
        Again
    }
}

impl<G> From<TryLockError<G>> for Again {
    fn from(_: TryLockError<G>) -> Again {
        Again
    }
}

/// [`retry`] has reached one of its limits.
///
/// What to do about it: if it happens now and then, more time or shorter sections; if always,
/// somebody keeps a lock for good. Who that is the detector says where a lock is taken with a time limit,
/// as a [`repeated-timeout`](crate::finding::Kind::RepeatedTimeout). A closure that takes locks with
/// `try_lock` is told nothing: let it wait for a while, with
/// [`lock_for`](crate::timed::TimedMutex::lock_for).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GaveUp {
    /// How often the closure was called.
    pub attempts: u32,
    /// How long it took.
    pub elapsed: Duration,
}

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (attempts, seconds) = (self.attempts, self.elapsed.as_secs_f64());
        match attempts {
            1 => f.write_str("gave up: tried once"),
            _ => write!(f, "gave up: tried {attempts} times"),
        }?;
        write!(
            f,
            ", in {seconds:.3} s; hold locks for less, or take them with a time limit instead of \
             `try_lock` to be told who is in the way"
        )
    }
}

impl std::error::Error for GaveUp {}

/// Calls `attempt` until it has what it wants, with pauses in which the caller holds nothing of what
/// the closure took. The closure is told how often it was called before.
///
/// ```
/// use std::time::Duration;
/// use lockgraph::sync::Mutex;
/// use lockgraph::timed::*;
/// use lockgraph::{Again, Limits, retry};
///
/// fn transfer(from: &Mutex<u32>, to: &Mutex<u32>) -> Result<(), lockgraph::GaveUp> {
///     retry(&Limits::default(), |_| {
///         let mut from = from.lock().map_err(|_| Again)?;
///         // Whoever holds `to` may want `from`: not for ever, then.
///         let mut to = to.lock_for(Duration::from_millis(1))?;
///         (*from, *to) = (*from - 1, *to + 1);
///         Ok(())
///     })
/// }
///
/// let (a, b) = (Mutex::new(10), Mutex::new(10));
/// std::thread::scope(|scope| {
///     scope.spawn(|| transfer(&a, &b).unwrap());
///     scope.spawn(|| transfer(&b, &a).unwrap());
/// });
/// assert_eq!((a.into_inner().unwrap(), b.into_inner().unwrap()), (10, 10));
/// ```
///
/// # Errors
///
/// It was called so often, or for so long, as `limits` say:
///
/// ```
/// use lockgraph::{Again, Limits, retry};
///
/// let limits = Limits { attempts: 3, ..Limits::default() };
/// let gave_up = retry(&limits, |_| Err::<(), _>(Again)).unwrap_err();
/// assert_eq!(gave_up.attempts, 3);
/// # let gave_up = lockgraph::GaveUp { elapsed: std::time::Duration::from_millis(2), ..gave_up };
/// assert_eq!(
///     gave_up.to_string(),
///     "gave up: tried 3 times, in 0.002 s; hold locks for less, or take them with a time limit instead \
///      of `try_lock` to be told who is in the way"
/// );
/// ```
pub fn retry<T>(
    limits: &Limits,
    mut attempt: impl FnMut(u32) -> Result<T, Again>,
) -> Result<T, GaveUp> {
    let start = Instant::now();
    let mut attempts = 0;
    let mut most = limits.first_pause;
    loop {
        if let Ok(had) = attempt(attempts) {
            return Ok(had);
        }
        attempts += 1;
        let left = limits.total.saturating_sub(start.elapsed());
        if attempts >= limits.attempts || left.is_zero() {
            return Err(GaveUp { attempts, elapsed: start.elapsed() });
        }
        thread::sleep(part_of(most.min(limits.longest_pause)).min(left));
        most = most.saturating_mul(2).min(limits.longest_pause);
    }
}

/// A random part of `most`.
fn part_of(most: Duration) -> Duration {
    let nanos = u64::try_from(most.as_nanos()).unwrap_or(u64::MAX);
    match random() % nanos.saturating_add(1).max(1) {
        0 if nanos > 0 => Duration::from_nanos(1),
        part => Duration::from_nanos(part),
    }
}

/// The next number of this thread: xorshift (G. Marsaglia, "Xorshift RNGs", 2003).
pub(crate) fn random() -> u64 {
    thread_local!(static STATE: Cell<u64> = const { Cell::new(0) });
    let mut x = STATE.get();
    if x == 0 {
        // Keys that differ from thread to thread.
        x = RandomState::new().hash_one(0) | 1;
    }
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    STATE.set(x);
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_within_their_limit_and_differ() {
        let most = Duration::from_micros(50);
        let pauses: Vec<Duration> = (0..100).map(|_| part_of(most)).collect();
        assert!(pauses.iter().all(|pause| *pause <= most));
        assert!(pauses.iter().any(|pause| *pause != pauses[0]));
        assert_eq!(part_of(Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn no_attempt_begins_when_the_time_is_over() {
        let limits = Limits { total: Duration::ZERO, ..Limits::default() };
        let gave_up = retry(&limits, |_| Err::<(), _>(Again)).expect_err("it never succeeds");
        assert_eq!(gave_up.attempts, 1);
        assert!(gave_up.to_string().starts_with("gave up: tried once, in "), "{gave_up}");
    }

    #[test]
    fn each_attempt_is_told_its_number() {
        let mut told = Vec::new();
        let had = retry(&Limits::default(), |number| {
            told.push(number);
            if number == 3 { Ok("had") } else { Err(Again) }
        });
        assert_eq!((had, told), (Ok("had"), vec![0, 1, 2, 3]));
    }
}
