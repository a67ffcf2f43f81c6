//! Threads that sleep with a lock, and threads in step.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};

use lockgraph::named;
use lockgraph::sync::Mutex;
use lockgraph::thread::{self, JoinHandle};

use crate::asleep::Sleeper;

pub(crate) fn spawned<T: Send + 'static>(
    name: &str,
    f: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<T> {
    thread::Builder::new().name(name.into()).spawn(f).expect("a thread can begin")
}

/// A thread that takes what it wants, says so, and then sleeps: it does when this returns, for whoever
/// runs is not seen to hold something.
pub(crate) fn sleeping(f: impl FnOnce(&Sleeper) + Send + 'static) -> JoinHandle<()> {
    let sleeper = Arc::<Sleeper>::default();
    let own = Arc::clone(&sleeper);
    let thread = spawned("holder", move || f(&own));
    sleeper.wait();
    thread
}

/// A thread that sleeps with `lock` in `then`.
pub(crate) fn holder(
    lock: &Arc<Mutex<()>>,
    then: impl FnOnce() + Send + 'static,
) -> JoinHandle<()> {
    let lock = Arc::clone(lock);
    sleeping(move |sleeper| {
        let _held = lock.lock().expect("as staged");
        sleeper.is_here();
        then();
    })
}

/// A closure that ends when the other one is called.
pub(crate) fn until_told() -> (impl FnOnce() + Send + 'static, impl FnOnce()) {
    let barrier = Arc::new(Barrier::new(2));
    let own = Arc::clone(&barrier);
    (move || _ = own.wait(), move || _ = barrier.wait())
}

pub(crate) fn a() -> Arc<Mutex<()>> {
    Arc::new(named::mutex(&"a", ()))
}

/// Where two threads meet without sleeping: whoever sleeps somewhere else with a lock is told so.
#[derive(Default)]
pub(crate) struct Meeting(AtomicU32);

impl Meeting {
    pub(crate) fn wait(&self) {
        let arrived = self.0.fetch_add(1, Ordering::SeqCst);
        while self.0.load(Ordering::SeqCst) < (arrived / 2 + 1) * 2 {
            thread::yield_now();
        }
    }
}

/// Two threads, each of which takes its own lock and wants the other's, and begin again together.
pub(crate) fn in_step(
    rounds: u32,
    round: impl Fn(&Mutex<()>, &Mutex<()>, &Meeting) + Send + Sync + 'static,
) {
    let shared = Arc::new((a(), named::mutex(&"b", ()), Meeting::default(), round));
    let own = Arc::clone(&shared);
    let left = spawned("left", move || (0..rounds).for_each(|_| own.3(&own.0, &own.1, &own.2)));
    let right = spawned("right", move || {
        (0..rounds).for_each(|_| shared.3(&shared.1, &shared.0, &shared.2));
    });
    left.join().expect("it ends");
    right.join().expect("it ends");
}
