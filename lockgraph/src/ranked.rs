//! Locks of `std`'s shape that have a [`Rank`], as constants can make them. Those of `parking_lot`'s
//! shape are beside its locks.
//!
//! ```
//! use lockgraph::sync::{Mutex, RwLock};
//! use lockgraph::{Rank, ranked};
//!
//! static ACCOUNTS_RANK: Rank = Rank::new("accounts");
//! static AUDIT_RANK: Rank = Rank::after("audit", &[&ACCOUNTS_RANK]);
//!
//! static ACCOUNTS: RwLock<Vec<u64>> = ranked::rwlock(&ACCOUNTS_RANK, Vec::new());
//! static AUDIT: Mutex<u64> = ranked::mutex(&AUDIT_RANK, 0);
//!
//! let accounts = ACCOUNTS.read().unwrap();
//! *AUDIT.lock().unwrap() += accounts.iter().sum::<u64>();
//! # assert!(lockgraph::findings().is_empty());
//! # drop(accounts);
//!
//! // The other way round is reported where it is done, whatever other threads do.
//! # #[cfg(any(debug_assertions, feature = "instrument"))] {
//! let audit = AUDIT.lock().unwrap();
//! drop(ACCOUNTS.read());
//! let found = lockgraph::explain::explain(&lockgraph::findings()[0]);
//! assert_eq!(
//!     found.headline,
//!     "`accounts` is taken while `audit` is held, against the declared order"
//! );
//! assert!(found.way_out.advice.starts_with("take `accounts` for reading before `audit` at "));
//! assert_eq!(
//!     found.way_out.alternatives,
//!     ["change what is declared, in lockgraph.toml or with the ranks, if it is the order that is wrong"]
//! );
//! # }
//! ```
//!
//! In builds that are not instrumented the ranks go unused.

use crate::rank::Rank;
use crate::sync::{Mutex, RwLock};

#[cfg_attr(any(debug_assertions, feature = "instrument"), path = "ranked/tagged.rs")]
#[cfg_attr(not(any(debug_assertions, feature = "instrument")), path = "ranked/plain.rs")]
mod made;

/// A mutex of this rank.
#[must_use]
#[inline]
pub const fn mutex<T>(rank: &'static Rank, value: T) -> Mutex<T> {
    made::mutex(rank, value)
}

/// A reader-writer lock of this rank.
#[must_use]
#[inline]
pub const fn rwlock<T>(rank: &'static Rank, value: T) -> RwLock<T> {
    made::rwlock(rank, value)
}

/// Makes locks that have a rank: `Mutex::ranked(&RANK, value)`, for mutexes and reader-writer locks
/// of every shape. For statics there are the functions of [`ranked`](mod@crate::ranked).
pub trait Ranked<T>: Sized {
    /// A lock of this rank.
    #[must_use]
    fn ranked(rank: &'static Rank, value: T) -> Self;

    /// A lock of this rank that may be taken while others of the rank are held whose keys are less.
    ///
    /// A key is 16 bytes or so beside the lock while it lives, and making one takes a lock of
    /// lockgraph's.
    ///
    /// ```
    /// use lockgraph::{Rank, Ranked, sync::Mutex};
    ///
    /// static ACCOUNT: Rank = Rank::new("account");
    ///
    /// let accounts: Vec<Mutex<i64>> = (0..3).map(|key| Mutex::ranked_by(&ACCOUNT, key, 100)).collect();
    /// let from = accounts[0].lock().unwrap();
    /// let to = accounts[2].lock().unwrap();
    /// # drop(from);
    /// # assert!(lockgraph::findings().is_empty());
    ///
    /// // While the third is held, the second comes too late.
    /// # #[cfg(any(debug_assertions, feature = "instrument"))] {
    /// drop(accounts[1].lock());
    /// let found = lockgraph::explain::explain(&lockgraph::findings()[0]);
    /// assert_eq!(
    ///     found.headline,
    ///     "`account` (lock 2) is taken while `account` (lock 3) is held, which is of the same rank, \
    ///      with no keys that allow it"
    /// );
    /// assert_eq!(found.way_out.advice, "take both at once: `lockgraph::acquire`");
    /// assert_eq!(
    ///     found.way_out.alternatives,
    ///     ["take the one with the lesser key first; `ranked_by` makes locks with keys"]
    /// );
    /// # }
    /// ```
    #[must_use]
    #[track_caller]
    fn ranked_by(rank: &'static Rank, key: u64, value: T) -> Self;
}

impl<T> Ranked<T> for Mutex<T> {
    fn ranked(rank: &'static Rank, value: T) -> Mutex<T> {
        mutex(rank, value)
    }

    #[track_caller]
    fn ranked_by(rank: &'static Rank, key: u64, value: T) -> Mutex<T> {
        made::mutex_by(rank, key, value)
    }
}

impl<T> Ranked<T> for RwLock<T> {
    fn ranked(rank: &'static Rank, value: T) -> RwLock<T> {
        rwlock(rank, value)
    }

    #[track_caller]
    fn ranked_by(rank: &'static Rank, key: u64, value: T) -> RwLock<T> {
        made::rwlock_by(rank, key, value)
    }
}

/// The originals, in instrumented builds: they are not watched, and their ranks go unused, but under
/// `cargo lockgraph`, where they are ours.
#[cfg(any(debug_assertions, feature = "instrument"))]
macro_rules! of_std {
    ($($lock:ident)*) => { $(
        impl<T> Ranked<T> for std::sync::$lock<T> {
            fn ranked(_rank: &'static Rank, value: T) -> Self {
                std::sync::$lock::new(value)
            }

            fn ranked_by(_rank: &'static Rank, _key: u64, value: T) -> Self {
                std::sync::$lock::new(value)
            }
        }
    )* };
}

#[cfg(any(debug_assertions, feature = "instrument"))]
of_std!(Mutex RwLock);

#[cfg(any(feature = "parking_lot", feature = "parking_lot_0_13"))]
macro_rules! of_parking_lot {
    ($shape:ident: $($lock:ident by $make:ident and $make_by:ident),*) => { $(
        impl<T> Ranked<T> for crate::$shape::$lock<T> {
            fn ranked(rank: &'static Rank, value: T) -> Self {
                crate::$shape::ranked::$make(rank, value)
            }

            #[track_caller]
            fn ranked_by(rank: &'static Rank, key: u64, value: T) -> Self {
                crate::$shape::ranked::$make_by(rank, key, value)
            }
        }
    )* };
}

#[cfg(feature = "parking_lot")]
of_parking_lot!(parking_lot:
    Mutex by mutex and mutex_by,
    FairMutex by fair_mutex and fair_mutex_by,
    RwLock by rwlock and rwlock_by
);

#[cfg(feature = "parking_lot_0_13")]
of_parking_lot!(parking_lot_0_13:
    Mutex by mutex and mutex_by,
    FairMutex by fair_mutex and fair_mutex_by,
    RwLock by rwlock and rwlock_by,
    RecursiveRwLock by recursive_rwlock and recursive_rwlock_by
);
