//! Locks of `std`'s shape, and what else of it threads wait for, with a name, which reports use
//! instead of the place where the lock was made.
//!
//! ```
//! use lockgraph::named;
//! use lockgraph::sync::Mutex;
//!
//! static ACCOUNTS: Mutex<Vec<u64>> = named::mutex(&"accounts", Vec::new());
//!
//! ACCOUNTS.lock().unwrap().push(100);
//! ```
//!
//! A name is a `&'static &'static str`, which `&"accounts"` is: a lock keeps one pointer to say
//! where it comes from, so that it is but 16 bytes larger than the original, and a `&str` is two
//! pointers wide. Locks of one name are one class.
//!
//! In builds that are not instrumented the names go unused.

use crate::banker::Banker;
use crate::sync::mpsc::{Receiver, Sender, SyncSender};
use crate::sync::{Barrier, Condvar, Event, LazyLock, Mutex, Once, OnceLock, RwLock, Semaphore};

#[cfg_attr(any(debug_assertions, feature = "instrument"), path = "named/tagged.rs")]
#[cfg_attr(not(any(debug_assertions, feature = "instrument")), path = "named/plain.rs")]
mod made;

/// A mutex called `name`.
#[must_use]
#[inline]
pub const fn mutex<T>(name: &'static &'static str, value: T) -> Mutex<T> {
    made::mutex(name, value)
}

/// A reader-writer lock called `name`.
#[must_use]
#[inline]
pub const fn rwlock<T>(name: &'static &'static str, value: T) -> RwLock<T> {
    made::rwlock(name, value)
}

/// A one-time initialisation called `name`.
#[must_use]
#[inline]
pub const fn once(name: &'static &'static str) -> Once {
    made::once(name)
}

/// A cell that is written once, called `name`.
#[must_use]
#[inline]
pub const fn once_lock<T>(name: &'static &'static str) -> OnceLock<T> {
    made::once_lock(name)
}

/// A value that `f` makes when it is first needed, called `name`.
#[must_use]
#[inline]
pub const fn lazy_lock<T, F: FnOnce() -> T>(name: &'static &'static str, f: F) -> LazyLock<T, F> {
    made::lazy_lock(name, f)
}

/// A condition variable called `name`.
#[must_use]
#[inline]
pub const fn condvar(name: &'static &'static str) -> Condvar {
    made::condvar(name)
}

/// A barrier for `n` threads called `name`.
#[must_use]
#[inline]
pub const fn barrier(name: &'static &'static str, n: usize) -> Barrier {
    made::barrier(name, n)
}

/// A semaphore called `name` that begins with so many permits. See [`Semaphore::new`].
#[must_use]
#[inline]
pub const fn semaphore(name: &'static &'static str, permits: usize) -> Semaphore {
    Semaphore::named(name, permits, false)
}

/// A semaphore called `name` that never has more permits. See [`Semaphore::bounded`].
#[must_use]
#[inline]
pub const fn bounded_semaphore(name: &'static &'static str, permits: usize) -> Semaphore {
    Semaphore::named(name, permits, true)
}

/// An event called `name` that is not set.
#[must_use]
#[inline]
pub const fn event(name: &'static &'static str) -> Event {
    Event::named(name)
}

/// A banker called `name` with so many units of each kind of resource. See [`Banker::new`].
#[must_use]
pub fn banker(name: &'static &'static str, total: &[usize]) -> Banker {
    Banker::named(name, total)
}

/// A channel called `name` that has room for any number of messages.
#[must_use]
#[track_caller]
pub fn channel<T>(name: &'static &'static str) -> (Sender<T>, Receiver<T>) {
    made::channel(name)
}

/// A channel called `name` that has room for `bound` messages.
#[must_use]
#[track_caller]
pub fn sync_channel<T>(name: &'static &'static str, bound: usize) -> (SyncSender<T>, Receiver<T>) {
    made::sync_channel(name, bound)
}
