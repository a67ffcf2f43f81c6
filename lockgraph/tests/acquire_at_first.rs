//! Locks that nobody has held before, taken at once by many threads in all orders: they are to agree
//! on an order that does not exist before they ask for it.

mod process;

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lockgraph::acquire::{Lockable, acquire};
use lockgraph::{sync, thread};

use process::Case;

const THREADS: usize = 8;
const ROUNDS: usize = 2000;
/// On a machine that is busy otherwise there are fewer rounds.
const ENOUGH: Duration = Duration::from_secs(5);

/// Locks of one shape, or of two.
struct Fresh<A, B> {
    one: A,
    two: B,
    three: A,
}

/// In each round, sets of locks that are new. Each line is another place where a lock may first be
/// taken, which is the class of those that constants make.
fn storm<A: Sync, B: Sync>(some: fn() -> A, others: fn() -> B)
where
    for<'a> &'a A: Lockable,
    for<'a> &'a B: Lockable,
{
    let fresh = |_| Fresh { one: some(), two: others(), three: some() };
    let all: Vec<Fresh<A, B>> = (0..ROUNDS).map(fresh).collect();
    let (met, end) = (Barrier::new(THREADS), AtomicUsize::new(ROUNDS));
    let begun = Instant::now();
    thread::scope(|scope| {
        for seat in 0..THREADS {
            let (all, met, end) = (&all, &met, &end);
            scope.spawn(move || {
                for (round, locks) in all.iter().enumerate() {
                    if seat == 0 && begun.elapsed() > ENOUGH {
                        end.fetch_min(round, Ordering::Relaxed);
                    }
                    met.wait();
                    // Whoever is late in an earlier round does not see its own number here.
                    if end.load(Ordering::Relaxed) <= round {
                        break;
                    }
                    for turn in 0..6 {
                        take(locks, (seat + round + turn) % 6, turn % 2 == 0);
                    }
                }
            });
        }
    });
}

/// With a pause or without, so that others want one of the locks meanwhile.
fn take<A, B>(locks: &Fresh<A, B>, order: usize, with_pause: bool)
where
    for<'a> &'a A: Lockable,
    for<'a> &'a B: Lockable,
{
    let Fresh { one, two, three } = locks;
    let pause = || {
        if with_pause {
            std::thread::yield_now();
        }
    };
    let taken = match order {
        0 => acquire((one, two)).map(|_all| pause()).is_ok(),
        1 => acquire((two, one)).map(|_all| pause()).is_ok(),
        2 => acquire((three, one)).map(|_all| pause()).is_ok(),
        3 => acquire([one, three]).map(|_all| pause()).is_ok(),
        4 => acquire((two, three)).map(|_all| pause()).is_ok(),
        _ => acquire((three, two, one)).map(|_all| pause()).is_ok(),
    };
    assert!(taken, "nothing is held, and nobody panics");
}

const CASES: &[Case] = &[
    ("std", || storm(|| sync::Mutex::new(0), || sync::Mutex::new(0))),
    #[cfg(feature = "parking_lot")]
    ("parking_lot_0_12", || {
        use lockgraph::parking_lot::Mutex;
        storm(|| Mutex::new(0), || Mutex::new(0));
    }),
    #[cfg(feature = "parking_lot_0_13")]
    ("parking_lot_0_13", || {
        use lockgraph::parking_lot_0_13::Mutex;
        storm(|| Mutex::new(0), || Mutex::new(0));
    }),
    #[cfg(feature = "parking_lot")]
    ("std_and_0_12", || {
        storm(|| sync::Mutex::new(0), || lockgraph::parking_lot::Mutex::new(0));
    }),
    #[cfg(all(feature = "parking_lot", feature = "parking_lot_0_13"))]
    ("0_12_and_0_13", || {
        use lockgraph::{parking_lot, parking_lot_0_13};
        storm(|| parking_lot::Mutex::new(0), || parking_lot_0_13::FairMutex::new(0));
    }),
];

#[test]
fn eight_threads_that_take_new_locks_at_once_in_all_orders_never_hang() {
    if process::is_child(CASES) {
        return;
    }
    let test = "eight_threads_that_take_new_locks_at_once_in_all_orders_never_hang";
    for (case, _) in CASES {
        let ended = process::run(test, case, &[]);
        assert!(ended.ended_well(), "{case}: {}", ended.stderr);
        assert_eq!(ended.found(), [], "{case}: {}", ended.stderr);
    }
}
