//! Where nothing is known of the process's memory: there are no stacks in traces.

use crate::trace::Module;

/// The programs and libraries in memory.
pub(in crate::runtime) fn modules() -> Vec<Module> {
    Vec::new()
}

/// Where the stack of this thread begins and ends.
#[cfg(lockgraph_facade)]
pub(in crate::runtime) fn stack() -> Option<(usize, usize)> {
    None
}
