//! Stacks by the chain of frame pointers, which all of a project built by `cargo lockgraph` has.
//!
//! Each frame begins with the address of its caller's frame and the return address. A frame of
//! foreign code may keep something else in that register, so every address is checked before it
//! is read: it must lie in this thread's stack, above the one before. A thread that has moved to
//! a stack of its own making (a coroutine) has no stack here.

use std::cell::Cell;

use crate::finding::Finding;
use crate::runtime::sys;

/// Frames that are kept of a thread that waits, and of the making of a lock.
const SHORT: usize = 16;

thread_local! {
    /// Where this thread's stack is; `None` if that has not been asked yet.
    static STACK: Cell<Option<(usize, usize)>> = const { Cell::new(None) };
}

pub(super) use walk as capture;

/// The stack of this moment.
pub(crate) fn capture_if_cheap() -> Vec<u64> {
    let mut addresses = [0; SHORT];
    let count = walk(&mut addresses);
    addresses[..count].to_vec()
}

/// Nothing: whoever reads the trace finds the names.
pub(crate) fn resolve(_finding: &mut Finding) {}

/// Fills `addresses` with the return addresses of this moment, innermost first, and returns how
/// many there are.
#[inline(never)]
pub(crate) fn walk(addresses: &mut [u64]) -> usize {
    let mut frame = frame_pointer();
    // Callees lie below their callers, so this is where the walk begins.
    let mut below = std::ptr::from_ref(&frame).addr();
    let (bottom, top) = stack();
    if below < bottom {
        return 0;
    }
    let mut count = 0;
    while count < addresses.len()
        && frame > below
        && frame.is_multiple_of(size_of::<usize>())
        && frame.checked_add(2 * size_of::<usize>()).is_some_and(|end| end <= top)
    {
        let words: *const usize = std::ptr::with_exposed_provenance(frame);
        // SAFETY: both words lie between a local variable of this function, which is on this
        // thread's stack, and the end of that stack, all of which is mapped; and they are aligned.
        let (caller, address) = unsafe { (words.read(), words.add(1).read()) };
        if address == 0 {
            break;
        }
        addresses[count] = address as u64;
        count += 1;
        below = frame;
        frame = caller;
    }
    count
}

#[inline]
fn stack() -> (usize, usize) {
    STACK.get().unwrap_or_else(|| {
        let stack = sys::stack().unwrap_or_default();
        STACK.set(Some(stack));
        stack
    })
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn frame_pointer() -> usize {
    let frame: usize;
    // SAFETY: reads a register.
    unsafe {
        std::arch::asm!("mov {}, rbp", out(reg) frame, options(nomem, nostack, preserves_flags));
    }
    frame
}

#[cfg(target_arch = "aarch64")]
#[inline(always)]
fn frame_pointer() -> usize {
    let frame: usize;
    // SAFETY: reads a register.
    unsafe {
        std::arch::asm!("mov {}, x29", out(reg) frame, options(nomem, nostack, preserves_flags));
    }
    frame
}

/// Elsewhere the chain is not known, and there are no stacks.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn frame_pointer() -> usize {
    0
}
