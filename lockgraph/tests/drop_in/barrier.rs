//! `Barrier`.

use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::{Barrier, BarrierWaitResult};
use crate::thread;

static PAIR: Barrier = Barrier::new(2);

#[test]
fn all_arrive_before_any_leaves_and_one_leads() {
    let (barrier, arrived, leaders) = (Barrier::new(4), AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for round in 1..=10 {
                    arrived.fetch_add(1, Ordering::SeqCst);
                    let result: BarrierWaitResult = barrier.wait();
                    assert!(arrived.load(Ordering::SeqCst) >= 4 * round);
                    leaders.fetch_add(usize::from(result.is_leader()), Ordering::SeqCst);
                    barrier.wait();
                }
            });
        }
    });
    assert_eq!(leaders.into_inner(), 10);
}

#[test]
fn one_thread_or_none_do_not_wait() {
    for size in [0, 1] {
        let barrier = Barrier::new(size);
        assert!(barrier.wait().is_leader());
        assert!(barrier.wait().is_leader());
    }
}

#[test]
fn printed() {
    thread::scope(|scope| {
        let other = scope.spawn(|| PAIR.wait().is_leader());
        let mine = PAIR.wait();
        assert_ne!(mine.is_leader(), other.join().unwrap());
    });
    assert_eq!(format!("{PAIR:?}"), "Barrier { .. }");
    assert_eq!(format!("{:?}", Barrier::new(1).wait()), "BarrierWaitResult { is_leader: true }");
}
