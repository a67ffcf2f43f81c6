//! `lockgraph::sync`, as a program uses it that replaced `use std::sync` by it.

rows::locks!(
    Ours: lockgraph::sync, lockgraph::thread::scope, original std::sync, unwrap;
    channels lockgraph::sync::mpsc;
    waits {
        fn turns() -> Option<rows::Turns> {
            Some(rows::turns!(lockgraph::sync, unwrap))
        }

        fn permits() -> Option<rows::Work> {
            let semaphore = lockgraph::sync::Semaphore::new(1);
            Some(rows::passes(semaphore, |semaphore| drop(semaphore.acquire())))
        }

        fn atomic() -> Option<rows::Work> {
            use lockgraph::sync::atomic::{AtomicU64, Ordering};
            // The first lock begins the trace, if there is to be one.
            drop(lockgraph::sync::Mutex::new(()).lock());
            let add = |number: &AtomicU64| _ = number.fetch_add(1, Ordering::Relaxed);
            Some(rows::adds(AtomicU64::new(0), add))
        }
    }
);

fn main() {
    rows::main::<Ours>();
}
