//! Drop-in locks: all of `std::sync`, with every lock recorded.
//!
//! Replace `use std::sync::..` by `use lockgraph::sync::..`. [`Mutex`], [`RwLock`], [`Condvar`],
//! [`Barrier`], [`Once`], [`OnceLock`], [`LazyLock`], the channels of [`mpsc`] and the variables of
//! [`atomic`] have the methods,
//! signatures, trait implementations and panics of the originals; everything else *is* the
//! original, so that `use lockgraph::sync::*` is a full replacement. Two primitives that `std` does not have are
//! there besides: [`Semaphore`] and [`Event`]. In builds that are not instrumented the whole
//! module is `std::sync` and those two.
//!
//! ```
//! use lockgraph::sync::{Arc, Mutex, mpsc};
//! use lockgraph::thread;
//!
//! let balance = Arc::new(Mutex::new(0));
//! let (done, is_done) = mpsc::channel();
//! for deposit in [10, 20] {
//!     let (balance, done) = (Arc::clone(&balance), done.clone());
//!     thread::spawn(move || {
//!         *balance.lock().unwrap() += deposit;
//!         done.send(()).unwrap();
//!     });
//! }
//! assert_eq!(is_done.iter().take(2).count(), 2);
//! assert_eq!(*balance.lock().unwrap(), 30);
//! ```
//!
//! A lock is the original beside 16 bytes that say which lock it is and where it was made. What
//! is announced to the detector, and when:
//!
//! | operation | before the original is called | after |
//! |---|---|---|
//! | `lock`, `read`, `write` | that it is wanted, and if it is not free, the wait | the hold |
//! | `try_lock`, `try_read`, `try_write` | | the hold, or the refusal |
//! | drop of a guard | that it is given back | |
//! | `Condvar::wait` and kin | that the mutex is given back | that it is held again |
//! | `call_once`, `get_or_init`, `force`, `set` | the wait for it; while the initialiser runs, a hold | |
//! | `get`, `get_mut`, `is_completed`, `into_inner` | | |
//! | `acquire` and kin | as of a lock; what the permits are waited for | the hold, if the permits stay with the thread |
//! | `release`, drop of permits, `set` of an [`Event`] | that it is about to happen | |
//! | `wait` of an [`Event`] | the wait | that it is over |
//! | use of a guard; operations of [`atomic`] | at level full, what is read and written | |
//!
//! Where the detector breaks a deadlock, these calls panic, in the thread that closed it, and the
//! locks this thread then gives back are not poisoned (see [`Mutex`]).

pub mod atomic;
pub(crate) mod banker;
mod barrier;
mod condvar;
mod event;
mod hold;
mod lazy_lock;
mod ledger;
pub mod mpsc;
mod mutex;
mod once;
mod once_lock;
mod permit;
mod permits;
pub(crate) mod refusal;
mod rwlock;
mod semaphore;
mod watch;

// What is ours shadows what comes by the glob.
pub use std::sync::*;

#[expect(deprecated, reason = "the original still has it")]
pub use self::once::ONCE_INIT;
pub use self::{
    barrier::Barrier,
    condvar::Condvar,
    event::Event,
    lazy_lock::LazyLock,
    mutex::{Mutex, MutexGuard},
    once::Once,
    once_lock::OnceLock,
    permit::{OwnedPermit, Permit},
    rwlock::{RwLock, RwLockReadGuard, RwLockWriteGuard},
    semaphore::Semaphore,
};

/// What must not compile, as with the originals: guards that can be written through are invariant
/// in what they guard, and scopes in what they borrow.
///
/// ```compile_fail
/// fn shorten<'a, 'b>(
///     guard: lockgraph::sync::MutexGuard<'a, &'static str>,
/// ) -> lockgraph::sync::MutexGuard<'a, &'b str> {
///     guard
/// }
/// ```
///
/// ```compile_fail
/// fn shorten<'a, 'b>(
///     guard: lockgraph::sync::RwLockWriteGuard<'a, &'static str>,
/// ) -> lockgraph::sync::RwLockWriteGuard<'a, &'b str> {
///     guard
/// }
/// ```
///
/// ```compile_fail
/// fn shorten<'scope, 'b: 'scope>(
///     scope: &'scope lockgraph::thread::Scope<'scope, 'static>,
/// ) -> &'scope lockgraph::thread::Scope<'scope, 'b> {
///     scope
/// }
/// ```
///
/// The same with a reader does compile, so the above fails for its variance alone:
///
/// ```
/// fn shorten<'a, 'b>(
///     guard: lockgraph::sync::RwLockReadGuard<'a, &'static str>,
/// ) -> lockgraph::sync::RwLockReadGuard<'a, &'b str> {
///     guard
/// }
/// ```
#[cfg(doctest)]
struct Variance;
