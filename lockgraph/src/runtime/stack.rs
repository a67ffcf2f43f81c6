//! Stacks: return addresses when something new is seen, names only when it is printed.
//!
//! | built | how the addresses are found | who finds the names |
//! |---|---|---|
//! | under `cargo lockgraph` | the chain of frame pointers, a nanosecond a frame | the reader of the trace |
//! | with the feature `backtrace` | the unwinder, two microseconds | this process, when it prints |
//! | else | there are none | |

use std::sync::Arc;

#[cfg(lockgraph_facade)]
#[path = "stack/chain.rs"]
mod source;
#[cfg(all(not(lockgraph_facade), feature = "backtrace"))]
#[path = "stack/unwound.rs"]
mod source;
#[cfg(not(any(lockgraph_facade, feature = "backtrace")))]
#[path = "stack/none.rs"]
mod source;

#[cfg(lockgraph_origins)]
pub(crate) use source::walk;
pub(crate) use source::{capture_if_cheap, resolve};

/// A stack as raw return addresses, innermost first.
pub(crate) type Stack = Option<Arc<[u64]>>;

/// Frames of a stack that are kept.
#[cfg(any(lockgraph_facade, feature = "backtrace"))]
const DEPTH: usize = 32;

/// The stack of this moment.
pub(crate) fn capture() -> Stack {
    crate::config::get().stacks.then(source::capture)?
}
