//! Drop-in threads: all of `std::thread`, with every spawn and join recorded.
//!
//! Replace `use std::thread` by `use lockgraph::thread`. What happens before a spawn or after a
//! join cannot overlap with the thread, so these threads are what lets the detector tell an order
//! that can deadlock from one that cannot; and a join that waits for a thread that waits for a
//! lock of ours is a deadlock that it finds. In builds that are not instrumented the whole module
//! is `std::thread`.
//!
//! Threads of `std::thread` itself work as well. The detector meets them at their first lock, and
//! does not know when they began or who waits for them.
//!
//! ```
//! use lockgraph::thread;
//!
//! let words = ["dead", "lock"];
//! let length: usize = thread::scope(|scope| {
//!     let counts = words.map(|word| scope.spawn(move || word.len()));
//!     counts.map(|count| count.join().unwrap()).iter().sum()
//! });
//! assert_eq!(length, 8);
//! ```

mod builder;
mod handle;
mod join_handle;
mod scope;

use crate::runtime;

// What is ours shadows what comes by the glob.
pub use std::thread::*;

#[expect(deprecated, reason = "the original is, too")]
pub use self::handle::park_timeout_ms;
pub use self::{
    builder::Builder,
    handle::{Thread, current, park, park_timeout},
    join_handle::JoinHandle,
    scope::{Scope, ScopedJoinHandle, scope},
};

/// Whether a thread has ended, as somebody has seen without waiting for it.
fn found_finished(is_finished: bool) -> bool {
    if is_finished {
        runtime::looked(runtime::Look::Thread);
    }
    is_finished
}

/// Begins a thread that runs `f`. See [`std::thread::spawn`].
///
/// # Panics
///
/// If the system cannot begin a thread; [`Builder::spawn`] returns an error instead.
#[track_caller]
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T,
    F: Send + 'static,
    T: Send + 'static,
{
    Builder::new().spawn(f).expect("failed to spawn thread")
}
