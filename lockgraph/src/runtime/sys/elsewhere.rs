//! Where nothing is known of the process: there are no stacks in traces, and nobody can say what
//! threads do.

use std::mem::MaybeUninit;

use super::Task;
use crate::trace::Module;

/// The number of this thread.
pub(in crate::runtime) fn this_task() -> Option<u32> {
    None
}

/// All threads of this process.
pub(in crate::runtime) fn tasks() -> Option<Vec<Task>> {
    None
}

/// Whether a signal may run code of the program.
pub(in crate::runtime) fn has_handlers() -> bool {
    true
}

/// Reads memory of this process.
pub(in crate::runtime) fn read_memory(_from: usize, _to: &mut [MaybeUninit<u8>]) -> bool {
    false
}

/// Runs `f`, which begins a thread that signals are to leave alone.
pub(in crate::runtime) fn without_signals<R>(f: impl FnOnce() -> R) -> R {
    f()
}

/// The programs and libraries in memory.
pub(in crate::runtime) fn modules() -> Vec<Module> {
    Vec::new()
}

/// Where the stack of this thread begins and ends.
#[cfg(lockgraph_facade)]
pub(in crate::runtime) fn stack() -> Option<(usize, usize)> {
    None
}
