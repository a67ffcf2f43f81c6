//! Two threads take a lock for the first time, at the same moment and each with another in hand:
//! only one of them gives it its number, and what the graph has heard of it is not of another lock.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use lockgraph::sync::Mutex;

const ROUNDS: usize = 20_000;

fn mutexes() -> Vec<Mutex<u32>> {
    (0..ROUNDS).map(|_| Mutex::new(0)).collect()
}

/// Waits until both threads have come here for the `round`th time.
fn meet(arrived: &AtomicUsize, round: usize) {
    arrived.fetch_add(1, Ordering::SeqCst);
    let mut looks = 0;
    while arrived.load(Ordering::SeqCst) < 2 * (round + 1) {
        looks += 1;
        // Spinning, so that both go on in the same instant; but not for as long as the other one
        // has to wait for a core.
        if looks % 1_000 == 0 { thread::yield_now() } else { std::hint::spin_loop() }
    }
}

#[test]
fn nothing_is_found_where_every_order_is_kept() {
    let (fresh, others) = (mutexes(), [mutexes(), mutexes()]);
    let outers = [Mutex::new(0), Mutex::new(0)];
    let (arrived, ended) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for (others, outer) in others.iter().zip(&outers) {
            scope.spawn(|| {
                for round in 0..ROUNDS {
                    *others[round].lock().expect("not poisoned") += 1;
                    let _outer = outer.lock().expect("not poisoned");
                    meet(&arrived, round);
                    *fresh[round].lock().expect("not poisoned") += 1;
                }
                // Alive when the others are nested, so that both could overlap.
                ended.fetch_add(1, Ordering::SeqCst);
                while ended.load(Ordering::SeqCst) < 3 {
                    thread::yield_now();
                }
            });
        }
        while ended.load(Ordering::SeqCst) < 2 {
            thread::yield_now();
        }
        for other in others.iter().flatten() {
            let _other = other.lock().expect("not poisoned");
            outers.iter().for_each(|outer| *outer.lock().expect("not poisoned") += 1);
        }
        ended.fetch_add(1, Ordering::SeqCst);
    });
    let found: Vec<String> =
        lockgraph::findings().iter().map(|finding| format!("{finding:?}")).collect();
    assert!(found.is_empty(), "{}", found[0]);
}
