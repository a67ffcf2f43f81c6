//! Acquisitions that must not unwind: whoever waits there cannot be freed by a panic.
//!
//! Where the detector panics nevertheless, the process is aborted. A test runner keeps to itself
//! what a test has printed until the test has ended, and this one never will: so what is to be
//! told goes straight to descriptor 2, and the report is not left to the message of the panic.

use std::cell::Cell;
use std::mem;
use std::process;

thread_local! {
    /// How many such calls this thread is in.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Runs `f`. If it unwinds, prints `why` and aborts the process.
pub(crate) fn inescapable<R>(why: &str, f: impl FnOnce() -> R) -> R {
    DEPTH.set(DEPTH.get() + 1);
    let unwinding = Unwinding { why };
    let result = f();
    mem::forget(unwinding);
    DEPTH.set(DEPTH.get() - 1);
    result
}

/// Whether a panic of this thread would abort the process.
pub(super) fn is_inescapable() -> bool {
    DEPTH.get() > 0
}

/// Prints `why` and aborts the process.
#[cold]
pub(crate) fn abort(why: &str) -> ! {
    super::report::warn(why);
    process::abort()
}

/// Dropped only when the call unwinds.
struct Unwinding<'a> {
    why: &'a str,
}

impl Drop for Unwinding<'_> {
    #[cold]
    fn drop(&mut self) {
        abort(self.why);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_can_escape_again_when_the_outermost_call_has_returned() {
        inescapable("", || {
            inescapable("", || assert!(is_inescapable()));
            assert!(is_inescapable());
        });
        assert!(!is_inescapable());
    }
}
