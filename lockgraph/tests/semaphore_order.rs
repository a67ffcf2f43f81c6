//! Semaphores in the order graph and in the wait-for graph: used as locks, they are judged as
//! locks, as far as one permit shuts others out.
#![cfg(any(debug_assertions, feature = "instrument"))]

mod process;

use std::sync::mpsc;
use std::time::Duration;

use lockgraph::finding::Verdict;
use lockgraph::named;
use lockgraph::sync::{Arc, Mutex, Semaphore};

use process::Case;

static A: Semaphore = named::semaphore(&"a", 1);
static B: Semaphore = named::semaphore(&"b", 1);
static BOUNDED_A: Semaphore = named::bounded_semaphore(&"bounded a", 1);
static BOUNDED_B: Semaphore = named::bounded_semaphore(&"bounded b", 1);
static SLOTS_A: Semaphore = named::semaphore(&"slots a", 2);
static SLOTS_B: Semaphore = named::semaphore(&"slots b", 2);
static POOL: Semaphore = named::bounded_semaphore(&"pool", 3);
static ROOM_FOR_TWO: Semaphore = named::semaphore(&"room for two", 2);
static ROOM_FOR_THREE: Semaphore = named::semaphore(&"room for three", 3);
static BOUNDED_ROOM: Semaphore = named::bounded_semaphore(&"bounded room", 2);
static FORKS: [Mutex<()>; 3] =
    [named::mutex(&"fork 1", ()), named::mutex(&"fork 2", ()), named::mutex(&"fork 3", ())];
static M: Mutex<()> = named::mutex(&"m", ());
static N: Mutex<()> = named::mutex(&"n", ());

const TEST: &str = "semaphores_are_judged_as_locks";

const CASES: &[(Case, &[(&str, Verdict)])] = &[
    (("two_binary", || abba(&take(&A), &take(&B))), ORDER),
    (("two_counting", || abba(&take(&SLOTS_A), &take(&SLOTS_B))), ORDER),
    (("mixed", || abba(&take(&A), &lock(&M))), ORDER),
    (("owned", || abba(&take_owned(), &lock(&M))), WAIT),
    (("polite", || abba(&try_take(&A), &lock(&M))), NOTHING),
    (("timed", || abba(&take_in_time(&A), &lock(&M))), NOTHING),
    (("binary_gate", || gated(&take(&A))), GATE),
    (("counting_gate", || gated(&take(&SLOTS_A))), ORDER),
    (("whole_gate", || gated(&take_many(3))), GATE),
    (("part_gate", || gated(&take_many(2))), ORDER),
    (("grown_gate", || grown(&A)), ORDER),
    (("room_for_two_of_three", || circle(&ROOM_FOR_TWO, 3)), GATE),
    (("room_for_two_of_two", || circle(&ROOM_FOR_TWO, 2)), ORDER),
    (("room_for_three", || circle(&ROOM_FOR_THREE, 3)), ORDER),
    (("bounded_room", || circle(&BOUNDED_ROOM, 3)), GATE),
    (("room_that_grows", room_that_grows), ORDER),
    (("room_that_grows_later", room_that_grows_later), ORDER),
    (("room_that_is_given_back", room_that_is_given_back), GATE),
    (("again", again), NOTHING),
    (("forgotten", forgotten), WAIT),
];

const ORDER: &[(&str, Verdict)] = &[("lock-order-cycle", Verdict::Possible)];
const GATE: &[(&str, Verdict)] = &[("lock-order-cycle", Verdict::Excluded)];
const WAIT: &[(&str, Verdict)] = &[("wait-while-holding", Verdict::Possible)];
const NOTHING: &[(&str, Verdict)] = &[];

/// Something that is held as long as it lives.
type Take = Box<dyn Fn() -> Box<dyn Held> + Send + Sync>;

trait Held {}
impl<T> Held for T {}

fn take(semaphore: &'static Semaphore) -> Take {
    Box::new(|| Box::new(semaphore.acquire()))
}

fn take_many(count: usize) -> Take {
    Box::new(move || Box::new(POOL.acquire_many(count)))
}

fn try_take(semaphore: &'static Semaphore) -> Take {
    Box::new(|| Box::new(semaphore.try_acquire().expect("it is free")))
}

fn take_in_time(semaphore: &'static Semaphore) -> Take {
    Box::new(|| Box::new(semaphore.acquire_timeout(Duration::MAX).expect("it is free")))
}

/// A guard that may go elsewhere proves nothing about its thread, so it is no lock of its own; but
/// whoever gives it back needs the mutex for that.
fn take_owned() -> Take {
    let semaphore = Arc::new(Semaphore::bounded(1));
    Box::new(move || Box::new(semaphore.acquire_owned()))
}

fn lock(mutex: &'static Mutex<()>) -> Take {
    Box::new(|| Box::new(mutex.lock()))
}

/// Runs both on threads of their own, one after the other, with no order that the detector sees.
fn one_by_one(first: impl FnOnce() + Send, second: impl FnOnce() + Send) {
    let (done, is_done) = mpsc::channel();
    lockgraph::thread::scope(|scope| {
        scope.spawn(move || {
            first();
            done.send(()).expect("the second waits");
        });
        scope.spawn(move || {
            is_done.recv().expect("the first comes to its end");
            second();
        });
    });
}

fn abba(a: &Take, b: &Take) {
    let there = || {
        let _a = a();
        let _b = b();
    };
    let back = || {
        let _b = b();
        let _a = a();
    };
    one_by_one(there, back);
}

fn gated(gate: &Take) {
    let there = || {
        let _gate = gate();
        let _m = M.lock();
        let _n = N.lock();
    };
    let back = || {
        let _gate = gate();
        let _n = N.lock();
        let _m = M.lock();
    };
    one_by_one(there, back);
}

/// A semaphore that had one permit is no gate once it has had two.
fn grown(semaphore: &'static Semaphore) {
    semaphore.release(1);
    gated(&take(semaphore));
}

/// So many threads, one after the other, each take a fork and the next one, in a room.
fn circle(room: &'static Semaphore, threads: usize) {
    let eat = move |at: usize| {
        let _in = room.acquire();
        let _left = FORKS[at].lock();
        let _right = FORKS[(at + 1) % threads].lock();
    };
    lockgraph::thread::scope(|scope| {
        for at in 0..threads {
            // Of this wait the detector knows nothing, so nothing orders the threads.
            let (done, is_done) = mpsc::channel();
            scope.spawn(move || {
                eat(at);
                done.send(()).expect("it is waited for");
            });
            is_done.recv().expect("it eats");
        }
    });
}

fn room_that_grows() {
    ROOM_FOR_TWO.release(1);
    circle(&ROOM_FOR_TWO, 3);
}

/// What it kept apart then is told when it does so no more.
fn room_that_grows_later() {
    circle(&ROOM_FOR_TWO, 3);
    assert!(lockgraph::findings().is_empty());
    ROOM_FOR_TWO.release(1);
    assert_eq!(lockgraph::findings().len(), 1);
}

/// A release that makes up for what was forgotten.
fn room_that_is_given_back() {
    ROOM_FOR_TWO.acquire().forget();
    ROOM_FOR_TWO.release(1);
    circle(&ROOM_FOR_TWO, 3);
}

/// Several permits of one semaphore, taken one by one.
fn again() {
    let there = || {
        let _first = SLOTS_A.acquire();
        let _second = SLOTS_A.acquire();
    };
    one_by_one(there, there);
}

/// A permit that was forgotten is not held any more, so there is no order of locks; the release by
/// hand needs the mutex all the same.
fn forgotten() {
    let there = || {
        A.acquire().forget();
        drop(M.lock());
        A.release(1);
    };
    let back = || {
        let _m = M.lock();
        let _a = A.acquire();
    };
    one_by_one(there, back);
}

#[test]
fn semaphores_are_judged_as_locks() {
    let cases: Vec<Case> = CASES.iter().map(|(case, _)| *case).collect();
    if process::is_child(&cases) {
        return;
    }
    for ((case, _), expected) in CASES {
        let ended = process::run(TEST, case, &[]);
        assert!(ended.ended_well(), "{case}: {}", ended.stderr);
        assert_eq!(ended.found(), *expected, "{case}: {}", ended.stderr);
        assert!(!ended.stderr.contains("reading"), "{case}: {}", ended.stderr);
    }
}

const HANGS: &[(Case, &str)] = &[
    (("two_bounded", || hang(|| BOUNDED_A.acquire(), || BOUNDED_B.acquire())), "deadlock"),
    (("bounded_and_mutex", || hang(|| BOUNDED_A.acquire(), || M.lock())), "deadlock"),
    (("whole_and_mutex", || hang(|| POOL.acquire_many(3), || M.lock())), "deadlock"),
    (("again_in_vain", again_in_vain), "self-deadlock"),
    (("leaked", leaked), "orphaned-lock"),
];

/// Each thread takes one and then waits for the other's.
fn hang<A, B>(a: impl Fn() -> A + Sync, b: impl Fn() -> B + Sync) {
    let have_first = std::sync::Barrier::new(2);
    let there = || {
        let _a = a();
        have_first.wait();
        let _b = b();
    };
    let back = || {
        let _b = b();
        have_first.wait();
        let _a = a();
    };
    let has_ended_well = lockgraph::thread::scope(|scope| {
        let there = scope.spawn(there);
        [scope.spawn(back).join().is_ok(), there.join().is_ok()]
    });
    // The one that closed the circle was ended, and the other went on.
    assert!(has_ended_well.contains(&true) && has_ended_well.contains(&false));
}

/// A thread that wants what it has itself.
fn again_in_vain() {
    let permit = BOUNDED_A.acquire();
    let waiting = std::panic::catch_unwind(|| drop(BOUNDED_A.acquire()));
    assert!(waiting.is_err());
    drop(permit);
    assert_eq!(BOUNDED_A.available(), 1);
}

/// A guard that is leaked takes the permit along for ever.
fn leaked() {
    let leak = || std::mem::forget(BOUNDED_A.acquire());
    lockgraph::thread::spawn(leak).join().expect("it does not panic");
    let waiting = std::panic::catch_unwind(|| drop(BOUNDED_A.acquire()));
    assert!(waiting.is_err());
}

#[test]
fn a_bounded_semaphore_that_one_guard_has_is_waited_for_as_a_mutex_is() {
    let test = "a_bounded_semaphore_that_one_guard_has_is_waited_for_as_a_mutex_is";
    let cases: Vec<Case> = HANGS.iter().map(|(case, _)| *case).collect();
    if process::is_child(&cases) {
        return;
    }
    for ((case, _), kind) in HANGS {
        let ended = process::run(test, case, &[]);
        assert!(ended.ended_well(), "{case}: {}", ended.stderr);
        let actual = ended.found().into_iter().filter(|(_, verdict)| *verdict == Verdict::Actual);
        assert_eq!(actual.map(|(kind, _)| kind).collect::<Vec<_>>(), [*kind], "{}", ended.stderr);
    }
}
