//! Deadlocks that are broken where that costs least: the thread of the circle that holds least
//! panics, whoever closed it, and the others go on.
//!
//! Each case runs in a child process with a time limit, since it hangs if it is not broken.
#![cfg(any(debug_assertions, feature = "instrument"))]

mod process;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use lockgraph::finding::Verdict;
use lockgraph::sync::{Mutex, RwLock, mpsc};
use lockgraph::thread::{self, JoinHandle};
use lockgraph::{Standstill, Watchdog};

use process::Case;

const TEST: &str = "the_one_that_holds_least_gives_up_and_the_others_end";

/// What a process does, and who gives up in it.
const CASES: &[(Case, &str)] = &[
    (("circle_of_three", circle_of_three), "least"),
    (("at_the_same_time", at_the_same_time), "least"),
    (("readers_and_writers", readers_and_writers), "least"),
    (("join", join), "least"),
    (("many_readers", many_readers), "reader"),
    #[cfg(feature = "parking_lot")]
    (("readers_and_writers_of_0_12", parking_lot::readers_and_writers), "least"),
    #[cfg(feature = "parking_lot")]
    (("fair_of_0_12", parking_lot::fair), "least"),
    #[cfg(feature = "parking_lot")]
    (("reentrant_of_0_12", parking_lot::reentrant), "least"),
    #[cfg(feature = "parking_lot")]
    (("unlocked_of_0_12", parking_lot::unlocked), "more"),
    #[cfg(feature = "parking_lot_0_13")]
    (("readers_and_writers_of_0_13", parking_lot_0_13::readers_and_writers), "least"),
    #[cfg(feature = "parking_lot_0_13")]
    (("fair_of_0_13", parking_lot_0_13::fair), "least"),
    #[cfg(feature = "parking_lot_0_13")]
    (("reentrant_of_0_13", parking_lot_0_13::reentrant), "least"),
    #[cfg(feature = "parking_lot_0_13")]
    (("unlocked_of_0_13", parking_lot_0_13::unlocked), "more"),
];

const REPORT: (&str, &str) = ("LOCKGRAPH_ON_DEADLOCK", "report");

/// What hangs without a watchdog, and ends with one.
const WATCHED: &[[Case; 2]] = &[
    [("watched", || watched(message)), ("unwatched", message)],
    #[cfg(feature = "parking_lot")]
    [("watched_0_12", || watched(parking_lot::message)), ("unwatched_0_12", parking_lot::message)],
    #[cfg(feature = "parking_lot_0_13")]
    [
        ("watched_0_13", || watched(parking_lot_0_13::message)),
        ("unwatched_0_13", parking_lot_0_13::message),
    ],
];

/// Long enough for what does not hang, once the deadlock is told.
const HANGS: Duration = Duration::from_secs(1);

/// Whether so much time is over since the child has said `words`.
fn has_hung_since(words: &str) -> impl FnMut(&str) -> bool {
    let mut told = None;
    move |stderr| {
        let is_told = told.is_some() || stderr.contains(words);
        is_told && told.get_or_insert_with(Instant::now).elapsed() > HANGS
    }
}

/// Whether the thread was told to give up.
fn was_victim<T>(handle: JoinHandle<T>) -> bool {
    let Err(payload) = handle.join() else { return false };
    let message = payload.downcast_ref::<String>().expect("the detector says what it is");
    assert!(message.starts_with("lockgraph: "), "{message}");
    true
}

fn named<T: Send + 'static>(name: &str, f: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    thread::Builder::new().name(name.into()).spawn(f).expect("a thread can begin")
}

/// Any of the three may close the circle, and in many rounds each does.
fn circle_of_three() {
    for _ in 0..10 {
        let locks: [Mutex<u32>; 5] = std::array::from_fn(|_| Mutex::new(0));
        let shared = Arc::new((locks, Barrier::new(3)));
        let worker = |name, own: &'static [usize], wanted: usize| {
            let shared = Arc::clone(&shared);
            named(name, move || {
                let (locks, all_hold) = &*shared;
                let mut held: Vec<_> =
                    own.iter().map(|at| locks[*at].lock().expect("as staged")).collect();
                all_hold.wait();
                *locks[wanted].lock().expect("not poisoned") += 1;
                held.iter_mut().for_each(|value| **value += 1);
            })
        };
        let first = worker("first", &[0, 3], 1);
        let least = worker("least", &[1], 2);
        let last = worker("last", &[2, 4], 0);
        assert!(was_victim(least), "it holds least");
        assert!(!was_victim(first) && !was_victim(last));
        let values = shared.0.each_ref().map(|lock| *lock.lock().expect("not poisoned"));
        assert_eq!(values, [2, 1, 1, 1, 1]);
    }
}

/// Each finds the other one waiting, or just about to, at every moment of that in one round or another.
fn at_the_same_time() {
    for _ in 0..300 {
        let locks: [Mutex<u32>; 3] = std::array::from_fn(|_| Mutex::new(0));
        let shared = Arc::new((locks, AtomicUsize::new(0)));
        let worker = |name, own: &'static [usize], wanted: usize| {
            let shared = Arc::clone(&shared);
            named(name, move || {
                let (locks, holding) = &*shared;
                let take = |at: &usize| locks[*at].lock().expect("as staged");
                let _held: Vec<_> = own.iter().map(take).collect();
                holding.fetch_add(1, Ordering::AcqRel);
                while holding.load(Ordering::Acquire) < 2 {
                    std::hint::spin_loop();
                }
                drop(locks[wanted].lock());
            })
        };
        let (least, more) = (worker("least", &[0], 1), worker("more", &[1, 2], 0));
        assert!(was_victim(least) && !was_victim(more));
    }
}

/// A writer and a reader that want what the other one has, and one of them has more.
fn readers_and_writers() {
    let shared = Arc::new((RwLock::new(1), RwLock::new(1), Mutex::new(()), Barrier::new(2)));
    let own = Arc::clone(&shared);
    let more = named("more", move || {
        let (a, b, other, all_hold) = &*own;
        let (_other, read) = (other.lock().expect("as staged"), a.read().expect("as staged"));
        all_hold.wait();
        *b.write().expect("not poisoned") += *read;
    });
    let own = Arc::clone(&shared);
    let least = named("least", move || {
        let (a, b, _, all_hold) = &*own;
        let read = b.read().expect("as staged");
        all_hold.wait();
        *a.write().expect("as staged") += *read;
    });
    assert!(was_victim(least) && !was_victim(more));
    assert_eq!(
        (*shared.0.read().expect("as staged"), *shared.1.read().expect("as staged")),
        (1, 2)
    );
}

/// The joined thread holds nothing, and the joining one what it wants.
fn join() {
    let lock = Arc::new(Mutex::new(0));
    let own = Arc::clone(&lock);
    let guard = lock.lock().expect("as staged");
    let least = named("least", move || *own.lock().expect("as staged") += 1);
    assert!(was_victim(least));
    drop(guard);
    assert_eq!(*lock.lock().expect("not poisoned"), 0);
}

/// Who waits for a message cannot be told, but who would send it waits for a lock.
fn message() {
    let lock = Arc::new(Mutex::new(0));
    let (sender, receiver) = mpsc::channel::<()>();
    let own = Arc::clone(&lock);
    let guard = lock.lock().expect("as staged");
    let least = named("least", move || {
        let _sender = sender;
        *own.lock().expect("as staged") += 1;
    });
    waits_now();
    assert!(receiver.recv().is_err(), "the sender is gone");
    drop(guard);
    assert!(was_victim(least));
}

/// What a child says before it waits for what does not come.
const WAITS: &str = "waits for a message";

fn waits_now() {
    eprintln!("{WAITS}");
}

/// One writer waits for two readers, each of whom waits for it: two circles, one closed after the
/// other or both at once.
fn many_readers() {
    let shared = Arc::new((RwLock::new(0), Mutex::new(()), Mutex::new(()), Barrier::new(3)));
    let readers: [_; 2] = std::array::from_fn(|_| {
        let own = Arc::clone(&shared);
        named("reader", move || {
            let (value, first, _, all_hold) = &*own;
            let _read = value.read().expect("as staged");
            all_hold.wait();
            drop(first.lock());
        })
    });
    let own = Arc::clone(&shared);
    let writer = named("writer", move || {
        let (value, first, second, all_hold) = &*own;
        let _both = (first.lock().expect("as staged"), second.lock().expect("as staged"));
        all_hold.wait();
        *value.write().expect("as staged") += 1;
    });
    assert!(!was_victim(writer));
    assert!(readers.into_iter().all(was_victim));
}

/// The same with locks in the shape of `parking_lot`, of either version.
#[cfg(any(feature = "parking_lot", feature = "parking_lot_0_13"))]
macro_rules! of_parking_lot {
    ($shape:ident) => {
        mod $shape {
            use std::sync::{Arc, Barrier};

            use lockgraph::$shape::{FairMutex, Mutex, MutexGuard, ReentrantMutex, RwLock};

            use super::{named, was_victim};

            pub(crate) fn readers_and_writers() {
                let shared = (RwLock::new(1), Mutex::new(1), Mutex::new(()), Barrier::new(2));
                let shared = Arc::new(shared);
                let own = Arc::clone(&shared);
                let more = named("more", move || {
                    let (a, b, other, all_hold) = &*own;
                    let (_other, read) = (other.lock(), a.read());
                    all_hold.wait();
                    *b.lock() += *read;
                });
                let own = Arc::clone(&shared);
                let least = named("least", move || {
                    let (a, b, _, all_hold) = &*own;
                    let had = b.lock();
                    all_hold.wait();
                    *a.write() += *had;
                });
                assert!(was_victim(least) && !was_victim(more));
                assert_eq!((*shared.0.read(), *shared.1.lock()), (1, 2));
            }

            /// A reader waits for a writer, who waits for a fair mutex.
            pub(crate) fn fair() {
                let shared = (RwLock::new(1), FairMutex::new(1), Mutex::new(()), Barrier::new(2));
                let shared = Arc::new(shared);
                let own = Arc::clone(&shared);
                let more = named("more", move || {
                    let (a, b, other, all_hold) = &*own;
                    let (_other, mut had) = (other.lock(), a.write());
                    all_hold.wait();
                    *had += *b.lock();
                });
                let own = Arc::clone(&shared);
                let least = named("least", move || {
                    let (a, b, _, all_hold) = &*own;
                    let mut had = b.lock();
                    all_hold.wait();
                    *had += *a.read();
                });
                assert!(was_victim(least) && !was_victim(more));
                assert_eq!((*shared.0.read(), *shared.1.lock()), (2, 1));
            }

            /// Who has a reentrant mutex twice waits for nothing by that.
            pub(crate) fn reentrant() {
                let shared = (ReentrantMutex::new(1), FairMutex::new(1), Barrier::new(2));
                let shared = Arc::new(shared);
                let own = Arc::clone(&shared);
                let more = named("more", move || {
                    let (a, b, all_hold) = &*own;
                    let (had, again) = (a.lock(), a.lock());
                    all_hold.wait();
                    *b.lock() += *had + *again;
                });
                let own = Arc::clone(&shared);
                let least = named("least", move || {
                    let (a, b, all_hold) = &*own;
                    let mut had = b.lock();
                    all_hold.wait();
                    *had += *a.lock();
                });
                assert!(was_victim(least) && !was_victim(more));
                assert_eq!((*shared.0.lock(), *shared.1.lock()), (1, 3));
            }

            /// Who takes a lock again for a guard that is alive must not unwind, so it is the other
            /// one.
            pub(crate) fn unlocked() {
                let shared = (Mutex::new(1), Mutex::new(1), Mutex::new(()), Barrier::new(2));
                let shared = Arc::new(shared);
                let own = Arc::clone(&shared);
                let least = named("least", move || {
                    let (a, b, _, both) = &*own;
                    let had = b.lock();
                    let mut guard = a.lock();
                    MutexGuard::unlocked(&mut guard, || {
                        both.wait();
                        both.wait();
                    });
                    *guard += *had;
                });
                let own = Arc::clone(&shared);
                let more = named("more", move || {
                    let (a, b, other, both) = &*own;
                    both.wait();
                    let (mut had, _other) = (a.lock(), other.lock());
                    both.wait();
                    *had += *b.lock();
                });
                assert!(was_victim(more) && !was_victim(least));
                assert_eq!(*shared.0.lock(), 2);
            }

            /// As [`message`](super::message).
            pub(crate) fn message() {
                let lock = Arc::new(RwLock::new(0));
                let (sender, receiver) = super::mpsc::channel::<()>();
                let own = Arc::clone(&lock);
                let guard = lock.read();
                let least = named("least", move || {
                    let _sender = sender;
                    *own.write() += 1;
                });
                super::waits_now();
                assert!(receiver.recv().is_err(), "the sender is gone");
                drop(guard);
                assert!(was_victim(least));
            }
        }
    };
}

#[cfg(feature = "parking_lot")]
of_parking_lot!(parking_lot);
#[cfg(feature = "parking_lot_0_13")]
of_parking_lot!(parking_lot_0_13);

/// Nothing is certain here, for a thread that nobody knows might send: but there is no progress. The
/// waits begin when that has been told already, and as long before a victim is chosen as it takes.
fn watched(message: fn()) {
    let (_sender, receiver) = std::sync::mpsc::channel::<()>();
    std::thread::spawn(move || receiver.recv());
    let (tell, told) = std::sync::mpsc::channel();
    // Its end by the first victim: if that takes its time to unwind, there is no second one.
    let watchdog = Arc::new(std::sync::Mutex::new(None));
    let own = Arc::clone(&watchdog);
    let on_standstill = move |seen: &Standstill| {
        tell.send(seen.clone()).expect("it is waited for");
        if seen.victim.is_some() {
            drop(own.lock().expect("as staged").take());
        }
    };
    let begun = Watchdog::after(Duration::from_millis(400))
        .on_standstill(on_standstill)
        .recovering()
        .begin()
        .expect("a thread can begin");
    begun.tick();
    *watchdog.lock().expect("as staged") = Some(begun);
    let first = told.recv().expect("nobody ticks");
    assert!(first.victim.is_none() && first.findings.is_empty(), "{first}");
    message();
    let second = told.recv().expect("there is a victim");
    assert!(told.try_recv().is_err(), "without a victim it is told once");
    assert_eq!(second.victim.as_ref().and_then(|thread| thread.name.as_deref()), Some("least"));
    let told = second.to_string();
    assert!(told.starts_with("no progress for ") && told.contains("[stall]"), "{told}");
}

#[test]
fn a_watchdog_has_somebody_give_up_where_nothing_is_certain() {
    if process::is_child(WATCHED.as_flattened()) {
        return;
    }
    let test = "a_watchdog_has_somebody_give_up_where_nothing_is_certain";
    for [(watched, _), (unwatched, _)] in WATCHED {
        let ended = process::run(test, watched, &[]);
        assert!(ended.ended_well(), "{watched}: {}", ended.stderr);
        let told = "this wait is given up so that others go on: a watchdog saw no progress";
        assert!(ended.stderr.contains(told), "{watched}: {}", ended.stderr);
        let hung = process::run_until(has_hung_since(WAITS), test, unwatched, &[REPORT]);
        let goes_on = hung.ended_well() || hung.stderr.contains("panicked");
        assert!(!goes_on, "{unwatched}: {}", hung.stderr);
    }
}

#[test]
fn the_one_that_holds_least_gives_up_and_the_others_end() {
    let cases: Vec<Case> = CASES.iter().map(|(case, _)| *case).collect();
    if process::is_child(&cases) {
        return;
    }
    for ((case, _), victim) in CASES {
        let ended = process::run(TEST, case, &[("LOCKGRAPH_ON_DEADLOCK", "victim")]);
        assert!(ended.ended_well(), "{case}: {}", ended.stderr);
        let named = format!("thread `{victim}` is the victim: its wait ends in a panic");
        assert!(ended.stderr.contains(&named), "{case}: {}", ended.stderr);
        let hung = process::run_until(has_hung_since("verdict: actual"), TEST, case, &[REPORT]);
        let is_found = hung.found().iter().any(|(_, verdict)| *verdict == Verdict::Actual);
        let goes_on = hung.ended_well() || hung.stderr.contains("panicked");
        assert!(is_found && !goes_on, "{case}: {}", hung.stderr);
    }
}
