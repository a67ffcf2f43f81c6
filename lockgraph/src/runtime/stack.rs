//! Stacks: return addresses when something new is seen, names only when it is printed.
//!
//! | built | how the addresses are found | who finds the names |
//! |---|---|---|
//! | under `cargo lockgraph` | the chain of frame pointers, a nanosecond a frame | the reader of the trace |
//! | with the feature `backtrace` | the unwinder, two microseconds, the first time | this process, when it prints |
//! | else | there are none | |

#[cfg(lockgraph_facade)]
#[path = "stack/chain.rs"]
mod source;
#[cfg(all(not(lockgraph_facade), feature = "backtrace"))]
#[path = "stack/unwound.rs"]
mod source;
#[cfg(not(any(lockgraph_facade, feature = "backtrace")))]
#[path = "stack/none.rs"]
mod source;

#[cfg(all(
    not(lockgraph_facade),
    feature = "backtrace",
    target_os = "linux",
    target_arch = "x86_64"
))]
mod latest;

#[cfg(lockgraph_origins)]
pub(crate) use source::walk;
pub(crate) use source::{capture_if_cheap, resolve};

/// Frames of a stack that are kept, if there are any stacks.
const DEPTH: usize = 32 * cfg!(any(lockgraph_facade, feature = "backtrace")) as usize;

/// A stack as raw return addresses, innermost first.
pub(crate) struct Stack {
    addresses: [u64; DEPTH],
    count: usize,
}

/// The stack of this moment, if stacks are wanted.
pub(crate) fn capture() -> Stack {
    let mut stack = Stack { addresses: [0; DEPTH], count: 0 };
    if crate::config::get().stacks {
        stack.count = source::capture(&mut stack.addresses);
    }
    stack
}

impl AsRef<[u64]> for Stack {
    fn as_ref(&self) -> &[u64] {
        &self.addresses[..self.count]
    }
}
