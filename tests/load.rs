//! A busy machine, made by the parent: a thread of the child that runs would be one that could wake
//! the others, so load from within would hide what it is to show.

use std::hint;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Runs `work` while twice as many threads as there are processors do nothing but run.
pub(crate) fn while_busy<R>(work: impl FnOnce() -> R) -> R {
    let over = AtomicBool::new(false);
    let busy = || {
        while !over.load(Ordering::Relaxed) {
            hint::spin_loop();
        }
    };
    let count = 2 * thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        for _ in 0..count {
            scope.spawn(busy);
        }
        let result = work();
        over.store(true, Ordering::Relaxed);
        result
    })
}
