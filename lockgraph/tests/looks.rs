//! What a full trace does not prove: that a thread would do the same, had it looked a moment before. Each
//! case has two locks that are taken in opposite orders, the second time because of what the first thread
//! did, which the second one finds out without waiting for it.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::channel;

use lockgraph::check::{Options, check};
use lockgraph::finding::Verdict;
use lockgraph::sync::mpsc::{self, TryRecvError, TrySendError};
use lockgraph::sync::{Event, Mutex, Once, OnceLock, RwLock, Semaphore};
use lockgraph::{named, thread};

mod recorded;

const TEST: &str = "what_was_found_out_proves_nothing";

static A: Mutex<()> = Mutex::new(());
static B: Mutex<()> = Mutex::new(());

fn take(outer: &Mutex<()>, inner: &Mutex<()>) {
    let _outer = outer.lock().expect("nobody panics");
    let _inner = inner.lock().expect("nobody panics");
}

/// One thread takes the locks and does `change`; then another one asks `is_changed`, and takes them the
/// other way round. The first one lives until then.
fn crossed<R>(change: impl FnOnce() -> R + Send, is_changed: impl FnOnce() -> bool + Send) {
    let ((done, is_done), (over, is_over)) = (channel(), channel());
    thread::scope(|scope| {
        scope.spawn(move || {
            take(&A, &B);
            let _until_then = change();
            done.send(()).expect("the other thread waits");
            is_over.recv().expect("the other thread ends well");
        });
        scope.spawn(move || {
            is_done.recv().expect("the other thread ends well");
            assert!(is_changed());
            take(&B, &A);
            over.send(()).expect("the other thread waits");
        });
    });
}

fn poisons(lock: &Mutex<()>) {
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        let _guard = lock.lock();
        panic!("with the lock");
    }));
    assert!(panicked.is_err());
}

type Case = (&'static str, fn());

const CASES: &[Case] = &[
    ("a lock is taken", || {
        let lock = named::mutex(&"lock", ());
        crossed(|| lock.lock(), || lock.try_lock().is_err());
    }),
    ("a lock is read", || {
        let lock = named::rwlock(&"lock", ());
        crossed(|| lock.read(), || lock.try_write().is_err());
    }),
    ("a lock is poisoned", || {
        let lock = named::mutex(&"lock", ());
        crossed(|| poisons(&lock), || lock.is_poisoned());
    }),
    ("a lock is poisoned, and was taken", || {
        let lock = named::mutex(&"lock", ());
        crossed(|| poisons(&lock), || lock.lock().is_err());
    }),
    ("a lock is poisoned no more", || {
        let lock = named::mutex(&"lock", ());
        poisons(&lock);
        crossed(|| lock.clear_poison(), || lock.lock().is_ok());
    }),
    ("an initialisation has panicked", || {
        let once = Once::new();
        let mut was_poisoned = false;
        crossed(
            || catch_unwind(AssertUnwindSafe(|| once.call_once(|| panic!("at once")))),
            || {
                once.call_once_force(|state| was_poisoned = state.is_poisoned());
                was_poisoned
            },
        );
    }),
    ("a cell in a mutex", || {
        let cell = Mutex::new(Cell::new(false));
        let lock = || cell.lock().expect("nobody panics");
        crossed(|| lock().set(true), || lock().get());
    }),
    ("a receiver in a mutex", || {
        let (sender, receiver) = mpsc::channel();
        sender.send(()).expect("there is a receiver");
        let receiver = Mutex::new(receiver);
        let lock = || receiver.lock().expect("nobody panics");
        crossed(|| lock().recv(), || lock().try_recv() == Err(TryRecvError::Empty));
    }),
    ("a cell that is filled, in a lock that is not", || {
        let cell: RwLock<OnceLock<u32>> = RwLock::new(OnceLock::new());
        let fill = || cell.read().map(|cell| cell.set(1)).is_ok();
        crossed(fill, || cell.write().expect("nobody panics").take() == Some(1));
    }),
    ("a cell that is compared", || {
        let cell = OnceLock::new();
        crossed(|| cell.set(1), || cell == OnceLock::from(1));
    }),
    ("a thread has ended", || {
        let (ended, is_ended) = channel();
        let other = thread::spawn(move || {
            take(&A, &B);
            ended.send(()).expect("the test waits");
        });
        is_ended.recv().expect("the other thread sends");
        while !other.is_finished() {
            thread::yield_now();
        }
        take(&B, &A);
    }),
    ("a thread is joined because it has ended", || {
        let other = thread::spawn(|| drop(A.lock()));
        while !other.is_finished() {
            thread::yield_now();
        }
        let _a = A.lock().expect("nobody panics");
        other.join().expect("it does not panic");
    }),
    ("an event is cleared", || {
        let event = Event::new();
        event.set();
        crossed(|| event.clear(), || !event.is_set());
    }),
    ("permits are given", || {
        let permits = Semaphore::new(0);
        crossed(|| permits.release(1), || permits.available() == 1);
    }),
    ("permits are taken", || {
        let permits = Semaphore::new(2);
        crossed(|| permits.acquire_many(2), || permits.try_acquire().is_none());
    }),
    ("a receiver is gone", || {
        let (sender, receiver) = mpsc::channel();
        crossed(move || drop(receiver), move || sender.send(1).is_err());
    }),
    ("a channel is full", || {
        let (sender, _receiver) = mpsc::sync_channel(1);
        let other = sender.clone();
        crossed(move || sender.send(1), move || other.try_send(2) == Err(TrySendError::Full(2)));
    }),
];

#[cfg(feature = "crossbeam-channel")]
const OF_CROSSBEAM: &[Case] = {
    use lockgraph::crossbeam_channel::{Select, bounded, unbounded};
    &[
        ("a message of crossbeam", || {
            let (sender, receiver) = unbounded();
            crossed(|| sender.send(1), || !receiver.is_empty());
        }),
        ("a message of crossbeam that was taken", || {
            let (sender, receiver) = unbounded();
            sender.send(1).expect("there is a receiver");
            crossed(|| receiver.recv(), || receiver.try_recv().is_err());
        }),
        ("a second message of crossbeam", || {
            let (sender, receiver) = unbounded();
            _ = [1, 2].map(|message| sender.send(message).expect("there is a receiver"));
            crossed(|| receiver.recv(), || receiver.recv() == Ok(2));
        }),
        ("a full channel of crossbeam", || {
            let (sender, _receiver) = bounded(1);
            crossed(|| sender.send(1), || sender.try_send(2).is_err());
        }),
        ("a channel of crossbeam is ready", || {
            let (sender, receiver) = unbounded();
            crossed(
                || sender.send(1),
                || {
                    let mut select = Select::new();
                    select.recv(&receiver);
                    select.try_ready().is_ok()
                },
            );
        }),
        ("no channel of crossbeam can be selected", || {
            let (sender, receiver) = unbounded();
            sender.send(1).expect("there is a receiver");
            crossed(
                || receiver.recv(),
                || {
                    let mut select = Select::new();
                    select.recv(&receiver);
                    select.try_select().is_err()
                },
            );
        }),
    ]
};
#[cfg(not(feature = "crossbeam-channel"))]
const OF_CROSSBEAM: &[Case] = &[];

#[cfg(feature = "parking_lot")]
const OF_PARKING_LOT: &[Case] = {
    use lockgraph::parking_lot::{Condvar, Mutex};
    &[
        ("a lock of parking_lot is taken", || {
            let lock = Mutex::new(());
            crossed(|| lock.lock(), || lock.is_locked());
        }),
        ("a condition variable of parking_lot", || {
            let (lock, condition) = (&Mutex::new(()), &Condvar::new());
            let (over, is_over) = channel();
            thread::scope(|scope| {
                scope.spawn(move || {
                    take(&A, &B);
                    condition.wait(&mut lock.lock());
                    is_over.recv().expect("the other thread ends well");
                });
                scope.spawn(move || {
                    while !condition.notify_one() {
                        thread::yield_now();
                    }
                    take(&B, &A);
                    over.send(()).expect("the other thread waits");
                });
            });
        }),
    ]
};
#[cfg(not(feature = "parking_lot"))]
const OF_PARKING_LOT: &[Case] = &[];

#[test]
fn what_was_found_out_proves_nothing() {
    let cases = || [CASES, OF_CROSSBEAM, OF_PARKING_LOT].into_iter().flatten();
    if let Some(child) = recorded::case() {
        let (_, run) = cases().find(|(case, _)| *case == child).expect("a case of ours");
        return run();
    }
    for (case, _) in cases() {
        let trace = recorded::trace_of(TEST, case);
        let findings = check(&trace, &Options { all: true, ..Options::default() }).findings;
        let verdicts: Vec<Verdict> = findings.iter().map(|finding| finding.verdict).collect();
        assert!(
            !verdicts.is_empty() && verdicts.iter().all(|v| *v > Verdict::Proved),
            "{case}: {verdicts:?}"
        );
    }
}

#[test]
fn a_channel_of_two_threads_alone_is_looked_at_freely() {
    if recorded::case().is_some() {
        let (sender, receiver) = mpsc::channel::<u32>();
        let keep = sender.clone();
        return crossed(
            move || sender,
            move || receiver.try_recv() == Err(TryRecvError::Empty) && keep.send(1).is_ok(),
        );
    }
    let trace = recorded::trace_of("a_channel_of_two_threads_alone_is_looked_at_freely", "-");
    assert_eq!(trace.data_gap(), None);
    let verdicts = check(&trace, &Options::default()).findings.into_iter().map(|f| f.verdict);
    assert_eq!(verdicts.min(), Some(Verdict::Proved));
}
