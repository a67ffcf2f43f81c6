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
    }
);

fn main() {
    rows::main::<Ours>();
}
