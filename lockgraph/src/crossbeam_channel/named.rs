//! Channels with a name, which reports use instead of the place where a channel is made.
//!
//! ```
//! use lockgraph::crossbeam_channel::named;
//!
//! let (jobs, todo) = named::bounded(&"jobs", 1);
//! jobs.send(1).unwrap();
//! assert_eq!(todo.recv(), Ok(1));
//! ```
//!
//! In builds that are not instrumented the names go unused.

use super::{Receiver, Sender};

#[cfg(any(debug_assertions, feature = "instrument"))]
use super::make::{tagged, tagged_bounded};
#[cfg(any(debug_assertions, feature = "instrument"))]
use crate::{id::LockKind, runtime::Tag};

/// A channel called `name` that has room for any number of messages.
#[cfg(any(debug_assertions, feature = "instrument"))]
#[track_caller]
pub fn unbounded<T>(name: &'static &'static str) -> (Sender<T>, Receiver<T>) {
    tagged(Tag::named(LockKind::Channel, name))
}

/// A channel called `name` that has room for `cap` messages.
#[cfg(any(debug_assertions, feature = "instrument"))]
#[track_caller]
pub fn bounded<T>(name: &'static &'static str, cap: usize) -> (Sender<T>, Receiver<T>) {
    tagged_bounded(Tag::named(LockKind::Channel, name), cap)
}

/// A channel that has room for any number of messages; the name is not used in this build.
#[cfg(not(any(debug_assertions, feature = "instrument")))]
pub fn unbounded<T>(_name: &'static &'static str) -> (Sender<T>, Receiver<T>) {
    super::unbounded()
}

/// A channel that has room for `cap` messages; the name is not used in this build.
#[cfg(not(any(debug_assertions, feature = "instrument")))]
pub fn bounded<T>(_name: &'static &'static str, cap: usize) -> (Sender<T>, Receiver<T>) {
    super::bounded(cap)
}
