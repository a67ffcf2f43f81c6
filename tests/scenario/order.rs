//! Lock orders that need Rust code: places in the source, other primitives, addresses.

use std::sync::{Arc, Barrier, RwLock, mpsc};

use lockgraph::sync::Mutex;
use lockgraph::{named, sync, thread};

use crate::detector;

/// A thread's name and what it does when its turn comes.
type Turn = (&'static str, Box<dyn FnOnce() + Send>);
type Pair = Arc<(Mutex<u64>, Mutex<u64>)>;

/// Two names that a report must show.
fn accounts() -> Pair {
    Arc::new((named::mutex(&"checking", 0), named::mutex(&"savings", 0)))
}

fn turn(name: &'static str, function: impl FnOnce() + Send + 'static) -> Turn {
    (name, Box::new(function))
}

/// Runs functions on threads of their own, one after the other, without any order that the
/// detector sees: all threads exist before the first function runs.
fn one_by_one(functions: Vec<Turn>) {
    let mut turns = Vec::new();
    for (name, function) in functions {
        let (start, started) = mpsc::channel::<()>();
        let (end, ended) = mpsc::channel::<()>();
        let body = move || {
            started.recv().expect("every thread gets its turn");
            function();
            end.send(()).expect("somebody waits for the end");
        };
        let named = thread::Builder::new().name(name.to_string());
        drop(named.spawn(body).expect("a thread can be begun"));
        turns.push((start, ended));
    }
    for (start, ended) in turns {
        start.send(()).expect("the thread waits for its turn");
        // A thread that panics ends, too.
        let _ = ended.recv();
    }
}

/// The plainest violation, in functions whose names a stack must show.
pub(super) fn abba() {
    detector::tell_at_once();
    cross(accounts());
}

#[inline(never)]
fn deposit(pair: &Pair) {
    let mut checking = pair.0.lock().expect("nobody panics");
    let mut savings = pair.1.lock().expect("nobody panics");
    *checking -= u64::from(*checking > 0);
    *savings += 1;
}

#[inline(never)]
fn withdraw(pair: &Pair) {
    let mut savings = pair.1.lock().expect("nobody panics");
    let mut checking = pair.0.lock().expect("nobody panics");
    *savings -= u64::from(*savings > 0);
    *checking += 1;
}

/// Two independent violations: the first report must not be the last.
pub(super) fn two_mistakes() {
    detector::tell_at_once();
    two_mistakes_untold();
}

/// The same without the usual callback.
pub(super) fn two_mistakes_untold() {
    cross(accounts());
    let pair = Arc::new((named::mutex(&"east", 0), named::mutex(&"west", 0)));
    cross(pair);
}

/// Takes both locks in one order, then in the other.
fn cross(pair: Pair) {
    let other = Arc::clone(&pair);
    let there = turn("depositor", move || deposit(&pair));
    let back = turn("withdrawer", move || withdraw(&other));
    one_by_one(vec![there, back]);
}

/// One violation, a thousand times, by fresh locks of the same classes.
pub(super) fn thousand_times() {
    detector::tell_at_once();
    let pairs: Arc<Vec<Pair>> = Arc::new((0..1000).map(|_| accounts()).collect());
    let others = Arc::clone(&pairs);
    let there = turn("depositor", move || pairs.iter().for_each(deposit));
    let back = turn("withdrawer", move || others.iter().for_each(withdraw));
    one_by_one(vec![there, back]);
}

/// Two orders on two sides of a barrier.
pub(super) fn at_a_barrier() {
    detector::tell_at_once();
    let pair = accounts();
    let other = Arc::clone(&pair);
    let barrier = Arc::new(sync::Barrier::new(2));
    let met = Arc::clone(&barrier);
    let first = thread::spawn(move || {
        deposit(&pair);
        barrier.wait();
    });
    let second = thread::spawn(move || {
        met.wait();
        withdraw(&other);
    });
    first.join().expect("nobody panics");
    second.join().expect("nobody panics");
}

/// Two threads take two locks in opposite orders and back off when the second is taken.
pub(super) fn back_off() {
    detector::tell_at_once();
    let pair = accounts();
    let other = Arc::clone(&pair);
    let both = |first: &Mutex<u64>, second: &Mutex<u64>| {
        let mut mine = first.lock().expect("nobody panics");
        let Ok(mut theirs) = second.try_lock() else { return false };
        *mine += 1;
        *theirs += 1;
        true
    };
    let work = move |first: &Mutex<u64>, second: &Mutex<u64>| {
        for _ in 0..2000 {
            while !both(first, second) {
                std::thread::yield_now();
            }
        }
    };
    let there = thread::spawn(move || work(&pair.0, &pair.1));
    let back = thread::spawn(move || work(&other.1, &other.0));
    there.join().expect("nobody panics");
    back.join().expect("nobody panics");
}

/// A new lock at the address of a dead one is another lock.
pub(super) fn slot_reuse() {
    detector::tell_at_once();
    let anchor = Arc::new(Mutex::new(()));
    let slot = Arc::new(RwLock::new(Box::new(Mutex::new(()))));
    let (anchor_too, slot_too, slot_again) =
        (Arc::clone(&anchor), Arc::clone(&slot), Arc::clone(&slot));
    let there = turn("there", move || {
        let slot = slot.read().expect("nobody panics");
        let _first = anchor.lock().expect("nobody panics");
        let _second = slot.lock().expect("nobody panics");
    });
    let replace = turn("replace", move || {
        let mut slot = slot_again.write().expect("nobody panics");
        **slot = Mutex::new(());
    });
    let back = turn("back", move || {
        let slot = slot_too.read().expect("nobody panics");
        let _first = slot.lock().expect("nobody panics");
        let _second = anchor_too.lock().expect("nobody panics");
    });
    one_by_one(vec![there, replace, back]);
}

/// A ring of 300 locks, found and reported by threads that have hardly any stack.
pub(super) fn ring_on_small_stacks() {
    const SIZE: usize = 300;
    detector::tell_at_once();
    let locks: Arc<Vec<Mutex<()>>> = Arc::new((0..SIZE).map(|_| Mutex::new(())).collect());
    let all_there = Arc::new(Barrier::new(SIZE + 1));
    let turn = Arc::new(std::sync::Mutex::new(()));
    let threads: Vec<_> = (0..SIZE)
        .map(|at| {
            let locks = Arc::clone(&locks);
            let (all_there, turn) = (Arc::clone(&all_there), Arc::clone(&turn));
            let step = move || {
                all_there.wait();
                let _turn = turn.lock().expect("nobody panics");
                let _first = locks[at].lock().expect("nobody panics");
                let _second = locks[(at + 1) % SIZE].lock().expect("nobody panics");
            };
            thread::Builder::new().stack_size(64 * 1024).spawn(step).expect("a thread can begin")
        })
        .collect();
    all_there.wait();
    for thread in threads {
        thread.join().expect("nobody panics");
    }
}

/// Two threads cross over one lock of ours and one that nobody tracks.
pub(super) fn one_raw_lock() {
    detector::tell_at_once();
    let ours = Arc::new(lockgraph::named::mutex(&"ours", ()));
    let raw = Arc::new(std::sync::Mutex::new(()));
    let both_there = Arc::new(Barrier::new(2));
    let (ours_too, raw_too) = (Arc::clone(&ours), Arc::clone(&raw));
    let met = Arc::clone(&both_there);
    let there = thread::Builder::new().name("there".into()).spawn(move || {
        let _first = ours.lock().expect("nobody panics");
        both_there.wait();
        let _second = raw.lock().expect("nobody panics");
    });
    let back = thread::Builder::new().name("back".into()).spawn(move || {
        let _first = raw_too.lock().expect("nobody panics");
        met.wait();
        let _second = ours_too.lock().expect("nobody panics");
    });
    for thread in [there, back] {
        thread.expect("a thread can begin").join().expect("nobody panics");
    }
}
