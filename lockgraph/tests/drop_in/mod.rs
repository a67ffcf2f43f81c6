//! One source for two shapes: `crate::sync` and `crate::thread` are ours or the originals.

mod atomic;
mod barrier;
mod condvar;
mod examples;
mod glob;
mod lazy_lock;
mod mpsc;
mod mutex;
mod once;
mod once_lock;
mod rwlock;
mod signature;
mod thread;

use std::panic::{self, AssertUnwindSafe};

/// The message of the panic that `f` ends in. Panics if `f` does not.
fn panic_message<R>(f: impl FnOnce() -> R) -> String {
    let Err(payload) = panic::catch_unwind(AssertUnwindSafe(f)) else {
        panic!("should have panicked");
    };
    match payload.downcast::<String>() {
        Ok(message) => *message,
        Err(payload) => payload.downcast_ref::<&str>().copied().unwrap_or_default().to_string(),
    }
}

/// Unwinds while `held` is alive.
fn unwind_with<G>(held: G) {
    let unwinding = || {
        let _held = held;
        panic::resume_unwind(Box::new("unwound on purpose"));
    };
    assert_eq!(panic_message(unwinding), "unwound on purpose");
}

/// Runs `f` in a destructor, while the thread unwinds.
fn while_unwinding(f: impl FnOnce()) {
    struct Run<F: FnOnce()>(Option<F>);
    impl<F: FnOnce()> Drop for Run<F> {
        fn drop(&mut self) {
            assert!(std::thread::panicking());
            self.0.take().unwrap()();
        }
    }
    unwind_with(Run(Some(f)));
}
