//! lockgraph finds deadlocks and lock-order violations in Rust programs.
//!
//! Replace `use std::sync::Mutex` by `use lockgraph::sync::Mutex` and run the tests. A deadlock
//! ends in a panic with a report in the thread that closes it, instead of a hang; locks that are
//! taken in different orders are reported once on standard error, although nothing hung.
//!
//! ```
//! use lockgraph::{sync::Mutex, thread};
//!
//! let (accounts, audit) = (Mutex::new(100), Mutex::new(0));
//! thread::scope(|scope| {
//!     scope.spawn(|| {
//!         let mut balance = accounts.lock().unwrap();
//!         *audit.lock().unwrap() += 1;
//!         *balance -= 30;
//!     });
//!     // The other way round, `audit` before `accounts`, would be reported here.
//!     scope.spawn(|| *accounts.lock().unwrap() += 30);
//! });
//! assert!(lockgraph::findings().is_empty());
//! ```
//!
//! The locks are instrumented in builds with debug assertions, and in all builds with the feature
//! `instrument`. Otherwise every name here is a plain re-export of the original: zero bytes, zero
//! calls, and no `cfg` in your code. (The semaphore and the event, which `std` does not have, work
//! there too, without the calls.)
//!
//! | module | what is in it |
//! |---|---|
//! | [`sync`], [`thread`] | everything of `std::sync` and `std::thread`, the locks instrumented |
//! | `parking_lot`, `parking_lot_0_13` | the same for parking_lot, each behind a feature |
//! | `crossbeam_channel` | the same for the channels of crossbeam, behind a feature |
//! | [`timed`], [`retry()`] | time limits, and beginning again |
//! | [`Watchdog`] | a counter that must advance |
//! | [`named`] | locks with a name for reports |
//! | [`mod@acquire`], [`ranked`] | several locks at once, and orders that are declared |
//! | [`banker`] | resources that are granted only where everybody can still end |
//! | [`finding`], [`explain`], [`report`] | what is found, what it means, how it is printed |
//! | [`trace`], [`check`], [`predict`] | the record of a run, and what it comes to |

#![cfg_attr(lockgraph_origins, feature(const_eval_select, core_intrinsics))]
#![cfg_attr(lockgraph_origins, expect(internal_features, reason = "see runtime/tag.rs"))]
#![cfg_attr(
    not(any(debug_assertions, feature = "instrument")),
    expect(
        dead_code,
        unused_imports,
        reason = "parts of the core that only the live program uses"
    )
)]

// The core: no input or output, no globals, no threads.
mod chain;
mod cycle;
mod describe;
pub mod event;
pub mod explain;
pub mod finding;
mod graph;
mod held;
pub mod id;
mod index;
mod meet;
mod names;
mod order;
pub mod predict;
mod rank;
mod safety;
mod slab;
mod span;
mod stacks;
mod wait;

// The shells that feed it: a recorded run, a live one.
pub mod check;
mod config;
pub mod report;
pub mod trace;

#[cfg(any(debug_assertions, feature = "instrument"))]
mod runtime;
#[cfg(any(debug_assertions, feature = "instrument"))]
pub use runtime::{findings, on_finding};

// Several locks at once, and what is held.
pub mod acquire;
#[doc(hidden)]
pub mod asserted;
#[cfg(not(lockgraph_facade))]
mod lockable;
/// For the locks of other crates, which `cargo lockgraph` makes lockable.
#[cfg(lockgraph_facade)]
#[doc(hidden)]
pub mod lockable;
pub use acquire::{acquire, acquire_any_order, read, write};

// The locks.
#[cfg(any(debug_assertions, feature = "instrument"))]
mod channel;
#[cfg(feature = "crossbeam-channel")]
pub mod crossbeam_channel;
pub mod named;
#[cfg(feature = "parking_lot")]
pub mod parking_lot;
#[cfg(feature = "parking_lot_0_13")]
pub mod parking_lot_0_13;
mod polling;
pub mod ranked;
#[cfg(any(debug_assertions, feature = "instrument"))]
mod raw;
mod retry;
#[cfg(any(debug_assertions, feature = "instrument"))]
pub mod sync;
#[cfg(any(debug_assertions, feature = "instrument"))]
pub mod thread;
pub mod timed;
mod watchdog;

#[cfg(any(debug_assertions, feature = "instrument"))]
#[doc(hidden)]
pub mod hooks;

/// Grants resources only where everybody can still end: Dijkstra's banker.
///
/// It works, without the detector, in builds that are not instrumented too.
pub mod banker {
    pub use crate::sync::banker::{Banker, Customer, Grant};
    pub use crate::sync::refusal::{Because, Exceeded, Limit, MustWait, Stuck, TryRequestError};
}

// Builds that are not instrumented get the originals themselves.
#[cfg(not(any(debug_assertions, feature = "instrument")))]
mod off;
#[cfg(not(any(debug_assertions, feature = "instrument")))]
pub use off::{findings, on_finding};
#[cfg(not(any(debug_assertions, feature = "instrument")))]
#[path = "off/sync.rs"]
pub mod sync;
#[cfg(not(any(debug_assertions, feature = "instrument")))]
pub use std::thread;

/// The sources of this crate, for building it with a compiler and options of one's own: the
/// directories `src` and `facade`.
#[cfg(feature = "source")]
pub static SOURCE: [(&str, include_dir::Dir<'static>); 2] = [
    ("src", include_dir::include_dir!("$CARGO_MANIFEST_DIR/src")),
    ("facade", include_dir::include_dir!("$CARGO_MANIFEST_DIR/facade")),
];

pub use retry::{Again, GaveUp, Limits, retry};
pub use watchdog::{Standstill, Watchdog, WatchdogBuilder};

pub use config::{Config, OnDeadlock, OnStall, OnViolation, TooLate};
pub use rank::Rank;
pub use ranked::Ranked;
