//! Several locks at once, without a deadlock among them.
//!
//! [`acquire`](fn@acquire) takes locks in one order for all threads, whatever the order in which
//! they are written. What nobody waits for against that order closes no circle, so any number of
//! threads may take any sets of locks at once. [`acquire_any_order`] is for a thread that holds
//! something already: it never waits while it holds one of the locks, and gives all of them back if
//! one is not to be had.
//!
//! ```
//! use lockgraph::sync::Mutex;
//! use lockgraph::{acquire, thread};
//!
//! fn transfer(from: &Mutex<i64>, to: &Mutex<i64>, amount: i64) {
//!     let mut both = acquire((from, to)).unwrap();
//!     *both.0 -= amount;
//!     *both.1 += amount;
//! }
//!
//! let (ann, bob) = (Mutex::new(100), Mutex::new(100));
//! thread::scope(|scope| {
//!     scope.spawn(|| transfer(&ann, &bob, 30));
//!     scope.spawn(|| transfer(&bob, &ann, 10));
//! });
//! assert_eq!((ann.into_inner().unwrap(), bob.into_inner().unwrap()), (80, 120));
//! # assert!(lockgraph::findings().is_empty());
//! ```
//!
//! # The order
//!
//! It goes by [`Rank`](crate::Rank)s as they are declared in the program, and by the keys of locks of
//! one rank, so that what is nested by hand in that order goes with what is taken together; locks
//! without a rank come with the first ranks. Then it goes by the locks' classes, which are names or the
//! places where locks are made, so that it is the same in every run; and among locks of one class by
//! numbers. A lock gets its number when it is first held, and keeps it for life; a lock that has none
//! yet is taken for a moment to give it one. A place is final before it is compared with
//! another, so no two threads see two locks in different orders. What `lockgraph.toml` declares is not
//! known to the program: declare it with ranks where locks are taken together.
//!
//! In builds that are not instrumented, where there are no ranks, it is the order of addresses, which do
//! not change while a lock is borrowed: what is taken together there is not to be nested by hand besides.
//!
//! Locks of `std` itself can be in a set too. In instrumented builds they come after all others, by
//! their addresses, and neither their ranks nor who holds them are known: they are not to be nested by
//! hand with others of a set. Under `cargo lockgraph` they are like ours.
//!
//! # Costs
//!
//! Beside taking the locks, O(n²) comparisons at most for n locks in a tuple and O(n log n) in a
//! slice; a slice also allocates. Each lock is asked once for its place. No lock of lockgraph's own,
//! but for a look at what this thread holds, if it holds anything, and, while there are keys, for those
//! of locks that have a rank.

mod back_off;
mod error;
mod set;

use std::fmt;
use std::hint;
use std::ops::{Deref, DerefMut};
use std::sync::PoisonError;
use std::thread;
use std::time::Duration;

use crate::lockable::{InTheWay, Place, Together, in_the_way};
pub use crate::lockable::{Lockable, Read, Write, read, write};
pub use back_off::{ROUNDS, acquire_any_order};
pub use error::{AcquireError, GaveUp, LockOrderViolation, LockTwice};
pub use set::LockSet;

/// Locks that were taken together, as a tuple, an array or a vector of their guards in the order written.
///
/// Dropped, it gives them back in the reverse of the order in which they were taken.
#[must_use = "if unused the locks are given back at once"]
pub struct Acquired<S: LockSet> {
    /// There until it is dropped or taken apart.
    guards: Option<S::Guards>,
    order: S::Each<usize>,
}

const THERE: &str = "the guards are there until it is dropped or taken apart";

impl<S: LockSet> Acquired<S> {
    fn new(taken: S::Slots, order: S::Each<usize>) -> Acquired<S> {
        Acquired { guards: Some(S::close(taken)), order }
    }

    /// The guards, to be dropped one by one, or handed to a condition variable.
    ///
    /// ```
    /// use lockgraph::acquire;
    /// use lockgraph::sync::Mutex;
    ///
    /// let (queue, log) = (Mutex::new(vec![7]), Mutex::new(Vec::new()));
    /// let (mut queue, mut log) = acquire((&queue, &log)).unwrap().into_guards();
    /// log.extend(queue.pop());
    /// drop(queue);
    /// assert_eq!(*log, [7]);
    /// ```
    pub fn into_guards(mut self) -> S::Guards {
        self.guards.take().expect(THERE)
    }
}

impl<S: LockSet> Deref for Acquired<S> {
    type Target = S::Guards;

    fn deref(&self) -> &S::Guards {
        self.guards.as_ref().expect(THERE)
    }
}

impl<S: LockSet> DerefMut for Acquired<S> {
    fn deref_mut(&mut self) -> &mut S::Guards {
        self.guards.as_mut().expect(THERE)
    }
}

impl<S: LockSet> Drop for Acquired<S> {
    fn drop(&mut self) {
        if let Some(guards) = self.guards.take() {
            give_back::<S>(&mut S::open(guards), self.order.as_ref());
        }
    }
}

impl<S: LockSet> fmt::Debug for Acquired<S>
where
    S::Guards: fmt::Debug,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Acquired").field(&**self).finish()
    }
}

/// Takes all locks of a set, waiting for each if it must.
///
/// A set is a tuple of up to 12 locks of any shapes, mutexes as `&mutex` and reader-writer locks as
/// [`read(&rwlock)`](read) or [`write(&rwlock)`](write()); or an array or a vector of such of one type;
/// or a slice, an array or a vector of mutexes by reference.
///
/// Locks of one [`Rank`](crate::Rank) may be taken so.
///
/// # Errors
///
/// Nothing is held then, but for the last.
///
/// - [`OutOfOrder`](AcquireError::OutOfOrder): this thread already holds a lock that comes later in
///   the order than one of these. Take all in one call, or use [`acquire_any_order`]. A guard that
///   was sent to another thread counts as held by the one that took it until it is dropped.
///
///   ```
///   # #[cfg(any(debug_assertions, feature = "instrument"))] {
///   use lockgraph::acquire::{AcquireError, acquire, acquire_any_order};
///   use lockgraph::named;
///
///   let [first, second, third] = [&"first", &"second", &"third"].map(|name| named::mutex(name, 0));
///   drop(acquire((&first, &second, &third))); // from now on they have an order
///
///   let held = third.lock().unwrap();
///   let error = acquire((&first, &second)).unwrap_err();
///   let AcquireError::OutOfOrder(violation) = &error else { unreachable!() };
///   let place = violation.held.site.as_ref().unwrap(); // of the call of `third.lock()`
///   let place = format!("{}:{}:{}", place.file, place.line, place.column);
///   assert_eq!(
///       error.to_string(),
///       format!(
///           "`third`, which this thread has held since {place}, comes after `first` in the order of \
///            locks; take all of them in one `acquire`, or use `acquire_any_order`"
///       )
///   );
///
///   // The remedies.
///   drop(acquire_any_order((&first, &second)).unwrap());
///   drop(held);
///   drop(acquire((&first, &second, &third)).unwrap());
///   # }
///   ```
///
/// - [`Twice`](AcquireError::Twice): a lock is in the set twice, or this thread has it already. Name
///   each lock once, and pass the guard on where there is one.
///
///   ```
///   use lockgraph::acquire::{AcquireError, acquire};
///   use lockgraph::{named, read, sync::RwLock};
///
///   let (account, rates) = (named::mutex(&"account", 10), RwLock::new(3));
///   let error = acquire((&account, &account)).unwrap_err();
///   assert!(matches!(error, AcquireError::Twice(_)));
///   # #[cfg(any(debug_assertions, feature = "instrument"))]
///   assert_eq!(error.to_string(), "`account` is wanted twice at once; name each lock once");
///   // Two reads as well: a writer may come between them.
///   assert!(acquire((read(&rates), read(&rates))).is_err());
///
///   # #[cfg(any(debug_assertions, feature = "instrument"))] {
///   let held = account.lock().unwrap();
///   let error = acquire((&account, read(&rates))).unwrap_err();
///   let AcquireError::Twice(twice) = &error else { unreachable!() };
///   let place = twice.held.as_ref().unwrap().site.as_ref().unwrap(); // of `account.lock()`
///   let place = format!("{}:{}:{}", place.file, place.line, place.column);
///   assert_eq!(
///       error.to_string(),
///       format!(
///           "`account` has been held by this thread since {place} and is wanted again; pass its \
///            guard on, or give it back first"
///       )
///   );
///   # drop(held);
///   # }
///
///   // The remedy.
///   assert_eq!(*acquire((&account,)).unwrap().0, 10);
///   ```
///
/// - [`Poisoned`](AcquireError::Poisoned): one of the locks of `std`'s shape is poisoned. All of them
///   are held, and the error has them, as that of `lock` does.
///
///   ```
///   use lockgraph::acquire::{AcquireError, acquire};
///   use lockgraph::sync::Mutex;
///
///   let (name, age) = (Mutex::new("Ada"), Mutex::new(36));
///   # let hook = std::panic::take_hook();
///   # std::panic::set_hook(Box::new(|_| ()));
///   std::thread::scope(|scope| {
///       let panics = scope.spawn(|| {
///           let _held = name.lock();
///           panic!("this poisons `name`");
///       });
///       assert!(panics.join().is_err());
///   });
///   # std::panic::set_hook(hook);
///   let error = acquire((&name, &age)).unwrap_err();
///   assert_eq!(
///       error.to_string(),
///       "a lock is poisoned: a thread panicked while it held it; the guards are in this error, \
///        `into_inner` hands them out"
///   );
///
///   // The remedy: look at the values, and go on if they are sound.
///   let AcquireError::Poisoned(poisoned) = error else { unreachable!() };
///   let both = poisoned.into_inner();
///   assert_eq!((*both.0, *both.1), ("Ada", 36));
///   name.clear_poison();
///   ```
///
/// In builds that are not instrumented, and with the detector off, it is not known what a thread holds:
/// there a lock that this thread has already is waited for, and the order is that of this set alone.
///
/// # Panics
///
/// If waiting would close a deadlock with locks that are taken in other ways, and the detector is
/// set to panic then. Nothing is held after that.
#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "a set is written in the call: `(&a, &b)`")]
pub fn acquire<S: LockSet>(set: S) -> Result<Acquired<S>, AcquireError<S>> {
    let order = in_order(&set, u32::MAX, |wanted| look_at_held(&set, wanted))?;
    let _together = Together::begin();
    let (mut taken, mut is_poisoned) = (set.nothing(), false);
    for at in order.as_ref() {
        is_poisoned |= set.take(*at, &mut taken);
    }
    finish(Acquired::new(taken, order), is_poisoned)
}

/// Whether this thread holds nothing that the locks must not be taken after.
fn look_at_held<S: LockSet>(set: &S, wanted: &[Placed]) -> Result<(), AcquireError<S>> {
    let Some(first) = wanted.first() else { return Ok(()) };
    match in_the_way(Some(first.place), |place| has(wanted, place)) {
        Some(InTheWay::Itself(held)) => Err(AcquireError::held(held)),
        Some(InTheWay::Later(held)) => {
            Err(AcquireError::out_of_order(held, set.id(first.at).lock()))
        }
        None => Ok(()),
    }
}

fn finish<S: LockSet>(
    acquired: Acquired<S>,
    is_poisoned: bool,
) -> Result<Acquired<S>, AcquireError<S>> {
    match is_poisoned {
        true => Err(AcquireError::Poisoned(PoisonError::new(acquired))),
        false => Ok(acquired),
    }
}

/// A lock of a set.
#[derive(Clone, Copy)]
struct Placed {
    /// Its place in the order of all locks.
    place: Place,
    /// Which lock of the set it is.
    at: usize,
}

/// Which lock of `set` is taken when, if the look at them in that order finds nothing wrong. Gives up
/// after so many tries to find their places, all of which are final before any two are compared.
#[track_caller]
fn in_order<S: LockSet>(
    set: &S,
    tries: u32,
    look: impl FnOnce(&[Placed]) -> Result<(), AcquireError<S>>,
) -> Result<S::Each<usize>, AcquireError<S>> {
    for at in 0..set.count() {
        if !has_found_place(set, at, tries) {
            return Err(AcquireError::GaveUp(GaveUp));
        }
    }
    let mut placed = set.each(|at| Placed { place: set.id(at).place(), at });
    let placed = placed.as_mut();
    placed.sort_unstable_by_key(|placed| placed.place);
    if let Some(pair) = placed.windows(2).find(|pair| pair[0].place == pair[1].place) {
        return Err(AcquireError::twice(set.id(pair[0].at).lock()));
    }
    look(placed)?;
    Ok(set.each(|turn| placed[turn].at))
}

/// Whether the lock with this place is one of those that are wanted.
fn has(wanted: &[Placed], place: Place) -> bool {
    wanted.binary_search_by_key(&place, |placed| placed.place).is_ok()
}

/// Gives locks back, the one that was taken last first.
fn give_back<S: LockSet>(taken: &mut S::Slots, order: &[usize]) {
    order.iter().rev().for_each(|at| S::give_back(taken, *at));
}

/// Sees to it that a lock has its place in the order. Who has it alone without having given it one does
/// so within instants, or is not tracked; then it is waited for, for so many tries. So it is where
/// somebody waited for it so long that he gave it a number, gave up himself, and another one has it.
#[track_caller]
fn has_found_place<S: LockSet>(set: &S, at: usize, tries: u32) -> bool {
    let mut tried = 0;
    while !set.id(at).has_place() && !set.find_place(at) {
        if tried == tries {
            return false;
        }
        tried += 1;
        match tried {
            0..64 => hint::spin_loop(),
            64..128 => thread::yield_now(),
            _ => thread::sleep(Duration::from_millis(1)),
        }
    }
    true
}
