//! The channels of `crossbeam-channel` 0.5, instrumented. Replace `use crossbeam_channel::..` by
//! `use lockgraph::crossbeam_channel::..`.
//!
//! [`Sender`], [`Receiver`], their iterators, [`Select`] and [`SelectedOperation`] have the methods,
//! signatures and trait implementations of the originals, [`select!`] and [`select_biased!`] their
//! syntax; the errors *are* the originals. In builds that are not instrumented, every name here is
//! the original. [`named`] gives a channel a name for reports.
//!
//! ```
//! use lockgraph::crossbeam_channel::{bounded, select};
//! use lockgraph::thread;
//!
//! let (jobs, todo) = bounded(0);
//! let (stop, stopped) = bounded::<()>(0);
//! let worker = thread::spawn(move || {
//!     let mut sum = 0;
//!     loop {
//!         select! {
//!             recv(todo) -> job => sum += job.unwrap_or(0),
//!             recv(stopped) -> _ => break sum,
//!         }
//!     }
//! });
//! jobs.send(1).unwrap();
//! jobs.send(2).unwrap();
//! drop(stop);
//! assert_eq!(worker.join().unwrap(), 3);
//! ```
//!
//! What is announced, and when, is told in [`sync::mpsc`](crate::sync::mpsc). Beyond that:
//!
//! - A selection that may wait for ever is published with every channel in it.
//! - The channels of [`after`], [`at`] and [`tick`] are clocks: a wait for them ends by itself, and is
//!   not published, nor is a selection with one of them. That no second message comes from [`after`]
//!   is not seen.
//! - Who made room in a bounded channel, for which message, cannot be told where several threads
//!   receive, so a sender that waited for room is not ordered after them.
//!
//! What is different from the original: [`select!`] takes any number of operations, each through a
//! [`Select`], which allocates; and temporaries of its channel expressions end before a body
//! begins.

#[cfg(any(debug_assertions, feature = "instrument"))]
mod iter;
#[cfg(any(debug_assertions, feature = "instrument"))]
mod make;
#[cfg(any(debug_assertions, feature = "instrument"))]
mod receiver;
#[cfg(any(debug_assertions, feature = "instrument"))]
mod select;
#[cfg(any(debug_assertions, feature = "instrument"))]
mod select_macro;
#[cfg(any(debug_assertions, feature = "instrument"))]
mod sender;

pub mod named;

#[cfg(any(debug_assertions, feature = "instrument"))]
use crate::runtime;

// What is ours shadows what comes by the glob.
pub use ::crossbeam_channel::*;

#[cfg(any(debug_assertions, feature = "instrument"))]
pub use self::{
    iter::{IntoIter, Iter, TryIter},
    make::{after, at, bounded, never, tick, unbounded},
    receiver::Receiver,
    select::{Select, SelectedOperation},
    sender::Sender,
};

/// What somebody was told who looked at channels, and neither sent nor received.
#[cfg(any(debug_assertions, feature = "instrument"))]
fn looked_at<R>(result: R) -> R {
    runtime::looked(runtime::Look::Channel);
    result
}

#[cfg(any(debug_assertions, feature = "instrument"))]
pub use crate::{__crossbeam_select as select, __crossbeam_select_biased as select_biased};
