//! Time limits for what waits without one: locks, joins, channels.
//!
//! Everything is in extension traits, so that the names of `std` stay what they are:
//!
//! ```
//! use std::time::Duration;
//! use lockgraph::sync::Mutex;
//! use lockgraph::timed::*;
//!
//! let orders = Mutex::new(vec!["tea"]);
//! match orders.lock_for(Duration::from_millis(100)) {
//!     Ok(mut orders) => orders.push("cake"),
//!     Err(TimedLockError::TimedOut) => println!("somebody has the orders, later then"),
//!     Err(TimedLockError::Poisoned(_)) => println!("somebody panicked over the orders"),
//! }
//! ```
//!
//! They work in builds that are not instrumented too, and on the types of `std` itself. Where `std` has a
//! timed wait it is used; elsewhere the call is tried again and again: at first at once, then with the
//! processor given up in between, then with sleeps that grow to one millisecond. Such a wait does not
//! queue. The locks of `parking_lot` have time limits of their own, and so have semaphores and events.
//!
//! To the detector a lock that was had in time is a hold that waited for nobody: no deadlock can need
//! it. That a lock was refused is in the trace at level full. Where a mutex, a reader-writer lock, a
//! semaphore or a [banker](crate::banker::Banker) of lockgraph is refused many times in a row, with no
//! success in between, that is reported as
//! [`repeated-timeout`](crate::finding::Kind::RepeatedTimeout), with who is in the way if that can be
//! seen. The rest is not counted: sends, receives, joins, events, condition variables, `Once` and
//! `OnceLock`; nor are the types of `std` itself, unless `cargo lockgraph` has put its own in their
//! place.
//!
//! A `Barrier` has no time limit: a thread that has arrived counts, and cannot take that back. Nor
//! has `LazyLock`: whoever comes first runs the initialiser itself. Of `Once` and `OnceLock`, which
//! can be waited for without running anything, these waits have one.
//!
//! # What times out
//!
//! | error | what to do about it |
//! |---|---|
//! | [`TimedLockError::TimedOut`] | give back what is held, and begin again: [`retry`](crate::retry()) |
//! | [`TimedLockError::Poisoned`] | as with any poisoned lock; the error holds the guard |
//! | [`SendTimeoutError::TimedOut`] | the channel is full: the error holds the message |
//! | [`SendTimeoutError::Disconnected`] | nobody will ever receive it: likewise |
//! | the handle, from [`TimedJoin::join_for`] | the thread still runs: wait on, or let it go |
//!
//! As they are printed:
//!
//! ```
//! use std::time::Duration;
//! use lockgraph::sync::{Mutex, mpsc};
//! use lockgraph::thread;
//! use lockgraph::timed::*;
//!
//! const SHORT: Duration = Duration::from_millis(1);
//! let orders = Mutex::new(vec!["tea"]);
//! let guard = orders.lock().unwrap();
//! thread::scope(|scope| {
//!     let other = scope.spawn(|| {
//!         let error = orders.lock_for(SHORT).map(drop).unwrap_err();
//!         assert_eq!(
//!             error.to_string(),
//!             "the lock was not free in time; give back what is held and begin again"
//!         );
//!     });
//!     other.join().unwrap();
//! });
//! drop(guard);
//!
//! # let hook = std::panic::take_hook();
//! # std::panic::set_hook(Box::new(|_| ()));
//! thread::scope(|scope| {
//!     let panics = scope.spawn(|| {
//!         let _held = orders.lock();
//!         panic!("this poisons `orders`");
//!     });
//!     assert!(panics.join().is_err());
//! });
//! # std::panic::set_hook(hook);
//! let error = orders.lock_for(SHORT).map(drop).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "the lock is poisoned: another thread panicked with it; the guard is in this error"
//! );
//!
//! let (sender, receiver) = mpsc::sync_channel(1);
//! sender.send("tea").unwrap();
//! let error = sender.send_for("cake", SHORT).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "there was no room in the channel in time; the message is in this error, to be sent again"
//! );
//! drop(receiver);
//! let error = sender.send_for("cake", SHORT).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "the receiver of the channel is gone; the message is in this error, for another one"
//! );
//! ```

use std::fmt;
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{LockResult, PoisonError, TryLockError, WaitTimeoutResult};
use std::thread;
use std::time::{Duration, Instant};

use crate::polling::left;
use crate::sync::{Event, Permit, Semaphore};

mod of_std;
mod within;

/// Why a lock was not had in time.
pub enum TimedLockError<G> {
    /// The time was over.
    TimedOut,
    /// The lock was had, and is poisoned.
    Poisoned(PoisonError<G>),
}

/// A lock with a time limit.
pub type TimedLockResult<G> = Result<G, TimedLockError<G>>;

impl<G> From<TryLockError<G>> for TimedLockError<G> {
    fn from(error: TryLockError<G>) -> TimedLockError<G> {
        match error {
            TryLockError::WouldBlock => TimedLockError::TimedOut,
            TryLockError::Poisoned(error) => TimedLockError::Poisoned(error),
        }
    }
}

impl<G> fmt::Debug for TimedLockError<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TimedLockError::TimedOut => "TimedOut",
            TimedLockError::Poisoned(_) => "Poisoned(..)",
        })
    }
}

impl<G> fmt::Display for TimedLockError<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TimedLockError::TimedOut => {
                "the lock was not free in time; give back what is held and begin again"
            }
            TimedLockError::Poisoned(_) => {
                "the lock is poisoned: another thread panicked with it; the guard is in this error"
            }
        })
    }
}

impl<G> std::error::Error for TimedLockError<G> {}

/// [`Mutex`](crate::sync::Mutex) with a time limit.
pub trait TimedMutex {
    /// What holds it.
    type Guard<'a>
    where
        Self: 'a;

    /// Takes the lock, waiting for it for `limit` at most.
    ///
    /// # Errors
    ///
    /// The time was over, or the lock is poisoned; then the error holds the guard.
    fn lock_for(&self, limit: Duration) -> TimedLockResult<Self::Guard<'_>>;

    /// As [`TimedMutex::lock_for`], until `end`.
    ///
    /// # Errors
    ///
    /// As there.
    fn lock_until(&self, end: Instant) -> TimedLockResult<Self::Guard<'_>>;
}

/// [`RwLock`](crate::sync::RwLock) with a time limit. Readers do not wait for a writer that waits in this way.
pub trait TimedRwLock {
    /// What holds it for reading.
    type Reading<'a>
    where
        Self: 'a;

    /// What holds it for writing.
    type Writing<'a>
    where
        Self: 'a;

    /// Takes the lock for reading, waiting for it for `limit` at most.
    ///
    /// # Errors
    ///
    /// The time was over, or the lock is poisoned; then the error holds the guard.
    fn read_for(&self, limit: Duration) -> TimedLockResult<Self::Reading<'_>>;

    /// As [`TimedRwLock::read_for`], until `end`.
    ///
    /// # Errors
    ///
    /// As there.
    fn read_until(&self, end: Instant) -> TimedLockResult<Self::Reading<'_>>;

    /// Takes the lock for writing, waiting for it for `limit` at most.
    ///
    /// # Errors
    ///
    /// As [`TimedRwLock::read_for`].
    fn write_for(&self, limit: Duration) -> TimedLockResult<Self::Writing<'_>>;

    /// As [`TimedRwLock::write_for`], until `end`.
    ///
    /// # Errors
    ///
    /// As [`TimedRwLock::read_for`].
    fn write_until(&self, end: Instant) -> TimedLockResult<Self::Writing<'_>>;
}

/// [`Condvar`](crate::sync::Condvar) until a moment; for a time it has `wait_timeout`.
pub trait TimedCondvar {
    /// What holds the mutex.
    type Guard<'a, T: 'a>;

    /// Waits for a notification, but no longer than until `end`.
    ///
    /// # Errors
    ///
    /// The mutex is poisoned. The error holds the result too.
    fn wait_until<'a, T>(
        &self,
        guard: Self::Guard<'a, T>,
        end: Instant,
    ) -> LockResult<(Self::Guard<'a, T>, WaitTimeoutResult)>;
}

/// [`Semaphore`] until a moment; for a time it has `acquire_timeout`.
pub trait TimedSemaphore {
    /// Takes a permit, waiting for it until `end` at most.
    fn acquire_until(&self, end: Instant) -> Option<Permit<'_>>;

    /// Takes `n` permits at once, waiting for them until `end` at most.
    fn acquire_many_until(&self, n: usize, end: Instant) -> Option<Permit<'_>>;
}

impl TimedSemaphore for Semaphore {
    #[track_caller]
    fn acquire_until(&self, end: Instant) -> Option<Permit<'_>> {
        self.acquire_timeout(left(end))
    }

    #[track_caller]
    fn acquire_many_until(&self, n: usize, end: Instant) -> Option<Permit<'_>> {
        self.acquire_many_timeout(n, left(end))
    }
}

/// [`Event`] until a moment; for a time it has `wait_timeout`.
pub trait TimedEvent {
    /// Waits until the event is set, or until `end`. Returns whether it was set.
    fn wait_until(&self, end: Instant) -> bool;
}

impl TimedEvent for Event {
    #[track_caller]
    fn wait_until(&self, end: Instant) -> bool {
        self.wait_timeout(left(end))
    }
}

/// [`OnceLock`](crate::sync::OnceLock) with a time limit.
pub trait TimedOnceLock<T> {
    /// Waits for the value, which another thread is to set, for `limit` at most.
    fn wait_for(&self, limit: Duration) -> Option<&T>;

    /// As [`TimedOnceLock::wait_for`], until `end`.
    fn wait_until(&self, end: Instant) -> Option<&T>;
}

/// [`Once`](crate::sync::Once) with a time limit.
pub trait TimedOnce {
    /// Waits until another thread has run it, for `limit` at most. Returns whether it has.
    fn wait_for(&self, limit: Duration) -> bool;

    /// As [`TimedOnce::wait_for`], until `end`.
    fn wait_until(&self, end: Instant) -> bool;
}

/// Why a message was not sent in time. Either way, here it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SendTimeoutError<T> {
    /// There was no room in time.
    TimedOut(T),
    /// The receiver is gone.
    Disconnected(T),
}

impl<T> fmt::Debug for SendTimeoutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SendTimeoutError::TimedOut(_) => "TimedOut(..)",
            SendTimeoutError::Disconnected(_) => "Disconnected(..)",
        })
    }
}

impl<T> fmt::Display for SendTimeoutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SendTimeoutError::TimedOut(_) => {
                "there was no room in the channel in time; the message is in this error, to be sent again"
            },
            SendTimeoutError::Disconnected(_) => {
                "the receiver of the channel is gone; the message is in this error, for another one"
            },
        })
    }
}

impl<T> std::error::Error for SendTimeoutError<T> {}

/// [`SyncSender`](crate::sync::mpsc::SyncSender) with a time limit.
pub trait TimedSender<T> {
    /// Sends, waiting for room for `limit` at most.
    ///
    /// # Errors
    ///
    /// The time was over, or the receiver is gone. The error holds the message.
    fn send_for(&self, message: T, limit: Duration) -> Result<(), SendTimeoutError<T>>;

    /// As [`TimedSender::send_for`], until `end`.
    ///
    /// # Errors
    ///
    /// As there.
    fn send_until(&self, message: T, end: Instant) -> Result<(), SendTimeoutError<T>>;
}

/// [`Receiver`](crate::sync::mpsc::Receiver) until a moment; for a time it has `recv_timeout`.
pub trait TimedReceiver<T> {
    /// Waits for a message, until `end` at most.
    ///
    /// # Errors
    ///
    /// The time was over, or all senders are gone.
    fn recv_until(&self, end: Instant) -> Result<T, RecvTimeoutError>;
}

/// [`JoinHandle`](crate::thread::JoinHandle) and
/// [`ScopedJoinHandle`](crate::thread::ScopedJoinHandle) with a time limit.
pub trait TimedJoin<T>: Sized {
    /// Waits for the end of the thread, for `limit` at most, and returns what it returned.
    ///
    /// # Errors
    ///
    /// The thread still runs. The error is the handle, with which one can wait on.
    fn join_for(self, limit: Duration) -> Result<thread::Result<T>, Self>;

    /// As [`TimedJoin::join_for`], until `end`.
    ///
    /// # Errors
    ///
    /// As there.
    fn join_until(self, end: Instant) -> Result<thread::Result<T>, Self>;
}
