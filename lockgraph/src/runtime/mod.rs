//! The live program: one static, one thread-local, and the hooks that the locks call.
//!
//! | file | what is in it |
//! |---|---|
//! | `tag` | what a lock carries |
//! | `origin` | how locks came to be made |
//! | `local` | the thread-local and its life |
//! | `hook` | what the locks call: the fast path |
//! | `state` | the graph and the names: the slow path of something new |
//! | `block` | who is blocked: the slow path of a lock that was not free |
//! | `report` | what was found, and what is done about it |
//! | `inescapable` | acquisitions that must not unwind |
//! | `record` | what goes into the trace |
//! | `stack`, `sys` | stacks, calls to the system |

use std::sync::{Mutex, MutexGuard, PoisonError};

mod block;
mod hook;
mod inescapable;
mod local;
mod origin;
mod record;
mod report;
mod stack;
mod state;
mod sys;
mod tag;

pub use report::{findings, on_finding};

pub use hook::*;
pub(crate) use inescapable::{abort, inescapable};
#[cfg(all(test, any(feature = "parking_lot", feature = "parking_lot_0_13")))]
pub(crate) use tag::ClassRef;
pub use tag::{Site, Tag};

/// Locks one of our own. They are never left half-changed by a panic.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
