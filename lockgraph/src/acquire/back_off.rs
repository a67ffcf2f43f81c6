//! Several locks in any order: try all, and give back what was had if one is not.
//!
//! C++'s `std::lock` waits for the first lock and tries the others. Here the first one is tried as
//! well, so that a thread that holds something else never waits for a lock of the set: it is in no
//! circle of waits, whatever it holds. The price is that it may give up.
//!
//! 1. Try the locks, the one that was refused last first.
//! 2. If all are had, done. If one is refused, give back those that are had.
//! 3. Pause for a random time, which gets longer, and try again; [`ROUNDS`] times at most.
//!
//! Two threads that get into each other's way do not do so for ever, because their pauses are random
//! and nothing is held during them.

use std::hint;
use std::thread;
use std::time::Duration;

use super::{AcquireError, Acquired, GaveUp, LockSet, finish, give_back, has, in_order};
use crate::lockable::{InTheWay, in_the_way};
use crate::retry::random;

/// How often [`acquire_any_order`] tries before it gives up. With the pauses between, that takes two
/// seconds or more.
pub const ROUNDS: u32 = 1000;

/// In so many rounds at first the pause is a few turns of an empty loop; then, in as many, the rest
/// of the thread's time slice.
const SHORT: u32 = 8;

/// The longest pause.
const LONGEST: Duration = Duration::from_millis(4);

/// Takes all locks of a set, in whatever order they come free.
///
/// A set is what it is for [`acquire`](fn@crate::acquire). It may be called while other locks are
/// held, whatever their order: no lock of the set is waited for, they are only tried, so that no
/// deadlock comes of it and the detector sees no order among them. Where nothing is held, `acquire`
/// is better: it waits for as long as it takes.
///
/// # Errors
///
/// Nothing of the set is held then, but for the last.
///
/// - [`GaveUp`](AcquireError::GaveUp): [`ROUNDS`] times a lock was taken by somebody else. Perhaps he
///   waits for what this thread holds: give that back and start over.
///
///   ```
///   use lockgraph::acquire::{AcquireError, acquire_any_order};
///   use lockgraph::sync::Mutex;
///
///   let (seat, ticket) = (Mutex::new(1), Mutex::new(2));
///   let held = seat.lock().unwrap();
///   std::thread::scope(|scope| {
///       let other = scope.spawn(|| {
///           let error = acquire_any_order((&seat, &ticket)).unwrap_err();
///           assert!(matches!(error, AcquireError::GaveUp(_)));
///           assert_eq!(
///               error.to_string(),
///               "one of the locks was always taken in 1000 rounds of trying; give back what this \
///                thread holds besides, and start over"
///           );
///       });
///       other.join().unwrap();
///   });
///
///   // The remedy.
///   drop(held);
///   drop(acquire_any_order((&seat, &ticket)).unwrap());
///   ```
///
/// - [`Twice`](AcquireError::Twice), [`Poisoned`](AcquireError::Poisoned): as
///   [`acquire`](fn@crate::acquire). In builds that are not instrumented a lock that this thread has
///   already is found only to be taken, in the end.
#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "a set is written in the call: `(&a, &b)`")]
pub fn acquire_any_order<S: LockSet>(set: S) -> Result<Acquired<S>, AcquireError<S>> {
    let mut order =
        in_order(&set, ROUNDS, |wanted| match in_the_way(None, |place| has(wanted, place)) {
            Some(InTheWay::Itself(held)) => Err(AcquireError::held(held)),
            _ => Ok(()),
        })?;
    for round in 0..ROUNDS {
        let (mut taken, mut is_poisoned, mut refused) = (set.nothing(), false, None);
        for (turn, at) in order.as_ref().iter().enumerate() {
            match set.try_take(*at, &mut taken) {
                Some(poisoned) => is_poisoned |= poisoned,
                None => {
                    refused = Some(turn);
                    break;
                }
            }
        }
        let Some(refused) = refused else {
            return finish(Acquired::new(taken, order), is_poisoned);
        };
        give_back::<S>(&mut taken, &order.as_ref()[..refused]);
        order.as_mut().rotate_left(refused);
        pause(round);
    }
    Err(AcquireError::GaveUp(GaveUp))
}

/// The pause after this round.
fn pause(round: u32) {
    if round < SHORT {
        (0..random() % (16 << round)).for_each(|_| hint::spin_loop());
    } else if round < 2 * SHORT {
        thread::yield_now();
    } else {
        let longest = LONGEST.min(Duration::from_micros(u64::from(round - 2 * SHORT + 1) * 50));
        thread::sleep(Duration::from_nanos(random() % longest.as_nanos() as u64));
    }
}
