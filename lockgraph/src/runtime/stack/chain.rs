//! Stacks by the chain of frame pointers, which all of a project built by `cargo lockgraph` has.
//!
//! Each frame begins with the address of its caller's frame and the return address. A frame of
//! foreign code may keep something else in that register, so every address is checked before it
//! is read: it must lie in this thread's stack, above the one before.

use std::cell::Cell;

use super::{DEPTH, Stack};
use crate::finding::Finding;
use crate::runtime::sys;

/// Frames that are kept of a thread that waits, and of the making of a lock.
const SHORT: usize = 16;

thread_local! {
    /// Where this thread's stack ends; 0 if that is not known yet, 1 if it cannot be.
    static TOP: Cell<usize> = const { Cell::new(0) };
}

pub(super) fn capture() -> Stack {
    let mut addresses = [0; DEPTH];
    let count = walk(&mut addresses);
    Some(addresses[..count].into())
}

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
    let top = top_of_stack();
    let mut count = 0;
    while count < addresses.len()
        && frame > below
        && frame.is_multiple_of(size_of::<usize>())
        && frame.checked_add(2 * size_of::<usize>()).is_some_and(|end| end <= top)
    {
        let words: *const usize = std::ptr::with_exposed_provenance(frame);
        // SAFETY: both words lie between a local variable of this function and the end of this
        // thread's stack, all of which is mapped, and they are aligned.
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
fn top_of_stack() -> usize {
    match TOP.get() {
        0 => {
            let top = sys::stack_end().unwrap_or(1);
            TOP.set(top);
            top
        }
        top => top,
    }
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
