//! Several locks at once: what would hang ends, what is wrong is an error, and the detector says
//! nothing of what cannot hang.
#![cfg(any(debug_assertions, feature = "instrument"))]

mod process;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, PoisonError};

use lockgraph::acquire::{AcquireError, Acquired, LockSet, acquire, acquire_any_order};
use lockgraph::finding::Class;
use lockgraph::sync::{Mutex, RwLock};
use lockgraph::{named, read, thread, write};

use process::Case;

static LEFT: Mutex<u64> = named::mutex(&"left", 0);
static RIGHT: Mutex<u64> = named::mutex(&"right", 0);
static BOOK: RwLock<u64> = named::rwlock(&"book", 0);

/// What two threads do, each with both locks, in its own order; whether the child ends well, and
/// what its trace comes to.
const ROWS: &[(Case, bool, &[&str])] = &[
    // Both hold one lock when they want the other.
    (("plain", || crossed(plain)), false, &["deadlock"]),
    (("ordered", || crossed(ordered)), true, &[]),
    (("any_order", || crossed(any_order)), true, &[]),
    (("any_order_while_holding", any_order_while_holding), true, &[]),
    (("mixed", mixed), true, &[]),
];

/// Two threads, many times; the first time they meet between the first lock and the second, if `f`
/// comes there.
fn crossed(f: fn(&'static Mutex<u64>, &'static Mutex<u64>, &Barrier)) {
    let met = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| f(&LEFT, &RIGHT, &met));
        scope.spawn(|| f(&RIGHT, &LEFT, &met));
    });
}

fn plain(first: &Mutex<u64>, second: &Mutex<u64>, met: &Barrier) {
    let _first = first.lock();
    met.wait();
    drop(second.lock());
}

fn ordered(first: &Mutex<u64>, second: &Mutex<u64>, met: &Barrier) {
    met.wait();
    for _ in 0..2000 {
        let mut both = acquire((first, second)).expect("nothing is held");
        *both.0 += 1;
        *both.1 += 1;
    }
}

fn any_order(first: &Mutex<u64>, second: &Mutex<u64>, met: &Barrier) {
    met.wait();
    for _ in 0..2000 {
        let mut both = at_last(|| acquire_any_order((first, second)));
        *both.0 += 1;
        *both.1 += 1;
    }
}

/// Begins again with whoever gives up, as is meant: a thread that is stopped with a lock for long is in
/// the way for all rounds.
fn at_last<S: LockSet>(take: impl Fn() -> Result<Acquired<S>, AcquireError<S>>) -> Acquired<S> {
    loop {
        match take() {
            Ok(all) => return all,
            Err(AcquireError::GaveUp(_)) => {}
            Err(error) => panic!("nothing is held, and all are given back: {error}"),
        }
    }
}

/// Each holds a lock that comes before or after those that it tries.
fn any_order_while_holding() {
    let own = [Mutex::new(0), Mutex::new(0)];
    drop(acquire((&own[0], &LEFT, &RIGHT, &own[1])));
    thread::scope(|scope| {
        for own in &own {
            scope.spawn(move || {
                let mut own = own.lock().expect("nobody panics");
                for _ in 0..500 {
                    drop(at_last(|| acquire_any_order((&LEFT, &RIGHT))));
                    *own += 1;
                }
            });
        }
    });
}

/// Readers, writers and mutexes, written in different orders.
fn mixed() {
    let last = Mutex::new(());
    let met = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            met.wait();
            for _ in 0..500 {
                let all = acquire((read(&BOOK), &LEFT, &RIGHT, &last)).expect("nothing is held");
                assert_eq!(*all.0, *all.1);
            }
        });
        scope.spawn(|| {
            met.wait();
            for _ in 0..500 {
                let mut all = acquire((&last, &LEFT, write(&BOOK))).expect("nothing is held");
                *all.1 += 1;
                *all.2 += 1;
            }
        });
    });
}

#[test]
fn what_hangs_with_plain_locks_ends_with_locks_taken_at_once() {
    let cases: Vec<Case> = ROWS.iter().map(|(case, ..)| *case).collect();
    if process::is_child(&cases) {
        return;
    }
    let test = "what_hangs_with_plain_locks_ends_with_locks_taken_at_once";
    for ((case, _), ends_well, expected) in ROWS {
        for level in ["graph", "full"] {
            let ended = process::run(test, case, &[("LOCKGRAPH_LEVEL", level)]);
            assert_eq!(ended.ended_well(), *ends_well, "{case} {level}: {}", ended.stderr);
            let found: Vec<&str> = ended.findings.iter().map(|found| found.kind.name()).collect();
            let found: Vec<&str> =
                found.into_iter().filter(|kind| *kind != "lock-order-cycle").collect();
            assert_eq!(found, *expected, "{case} {level}: {}", ended.stderr);
        }
    }
}

fn name(lock: &lockgraph::finding::Lock) -> &str {
    match &lock.class {
        Class::Named(name) => name,
        _ => "",
    }
}

#[test]
fn guards_come_in_the_order_written_whatever_the_order_of_the_locks() {
    let (a, b, c) = (Mutex::new('a'), RwLock::new('b'), Mutex::new('c'));
    for lock in [&c, &a] {
        drop(lock.lock());
    }
    drop(b.read());
    let all = acquire((&a, write(&b), &c)).expect("nothing is held");
    assert_eq!((*all.0, *all.1, *all.2), ('a', 'b', 'c'));
    drop(all);
    let all = acquire([&c, &a]).expect("nothing is held");
    let [c, a] = all.into_guards();
    assert_eq!((*c, *a), ('c', 'a'));
}

/// Whichever was used first in a run: another run may have used the other one first.
#[test]
fn the_order_is_that_of_classes_before_that_of_numbers() {
    let names: [&'static &'static str; 2] = [&"accounts, in one order", &"audit, in one order"];
    for first_used in [0, 1] {
        let [accounts, audit] = names.map(|name| named::mutex(name, ()));
        [&accounts, &audit].iter().cycle().skip(first_used).take(2).for_each(|it| drop(it.lock()));
        drop(acquire((&audit, &accounts)).expect("nothing is held"));
        let held = audit.lock().expect("nobody panics");
        assert!(matches!(acquire((&accounts,)), Err(AcquireError::OutOfOrder(_))), "{first_used}");
        drop(held);
        let _held = accounts.lock().expect("nobody panics");
        drop(acquire((&audit,)).expect("it comes later"));
    }
}

/// Nobody is tracked, so nobody gives a lock its number by holding it.
fn with_the_detector_off() {
    let (held, other, book) = (Mutex::new(0), Mutex::new(0), RwLock::new(0));
    let (_held, _read) = (held.lock().expect("nobody panics"), book.read().expect("nobody panics"));
    thread::scope(|scope| {
        let gives_up =
            || matches!(acquire_any_order((&held, &other)), Err(AcquireError::GaveUp(_)));
        let reads = || *acquire((read(&book), &other)).expect("nobody writes").0;
        assert!(scope.spawn(gives_up).join().expect("it ends"));
        assert_eq!(scope.spawn(reads).join().expect("it ends"), 0);
    });
}

#[test]
fn what_is_held_without_a_number_is_not_waited_for() {
    let case: Case = ("with_the_detector_off", with_the_detector_off);
    if process::is_child(&[case]) {
        return;
    }
    let test = "what_is_held_without_a_number_is_not_waited_for";
    let ended = process::run(test, case.0, &[("LOCKGRAPH", "off")]);
    assert!(ended.ended_well(), "{}", ended.stderr);
}

#[test]
fn twelve_locks_and_any_number_in_a_slice() {
    let locks: Vec<Mutex<usize>> = (0..40).map(Mutex::new).collect();
    let l = &locks;
    let twelve = acquire((
        &l[11], &l[10], &l[9], &l[8], &l[7], &l[6], &l[5], &l[4], &l[3], &l[2], &l[1], &l[0],
    ))
    .expect("nothing is held");
    assert_eq!((*twelve.0, *twelve.11), (11, 0));
    drop(twelve);
    let values = |guards: &Vec<lockgraph::sync::MutexGuard<'_, usize>>| -> Vec<usize> {
        guards.iter().map(|guard| **guard).collect()
    };
    let expected: Vec<usize> = (0..40).collect();
    assert_eq!(values(&acquire(&locks).expect("nothing is held")), expected);
    assert_eq!(values(&acquire_any_order(&locks[..]).expect("nobody else")), expected);
    assert!(acquire(&locks[..0]).expect("nothing is wanted").is_empty());
    let readers: Vec<_> = [RwLock::new(1), RwLock::new(2)].into();
    let wanted: Vec<_> = readers.iter().map(read).collect();
    assert_eq!(*acquire(&wanted).expect("nothing is held")[1], 2);
}

#[test]
fn a_later_lock_that_is_held_is_an_error_and_nothing_is_taken() {
    let (first, second): (Mutex<u8>, Mutex<u8>) =
        (named::mutex(&"first", 1), named::mutex(&"second", 2));
    drop(acquire((&first, &second)));
    let [mut lower, mut higher] = [&first, &second];
    let held = higher.lock().expect("nobody panics");
    if !matches!(acquire((lower,)), Err(AcquireError::OutOfOrder(_))) {
        // They were numbered in the order of the tuple.
        std::mem::swap(&mut lower, &mut higher);
    }
    drop(held);
    let held = higher.lock().expect("nobody panics");
    let Err(AcquireError::OutOfOrder(error)) = acquire((lower,)) else { panic!("out of order") };
    assert_eq!(name(&error.held.lock), "second");
    assert_eq!(name(&error.wanted), "first");
    assert!(error.held.site.as_ref().is_some_and(|site| site.file.ends_with("acquire.rs")));
    let text = error.to_string();
    assert!(text.starts_with("`second`, which this thread has held since "), "{text}");
    assert!(text.ends_with("or use `acquire_any_order`"), "{text}");
    // Nothing was taken.
    drop(lower.try_lock().expect("it is free"));
    drop(held);
    // The other way round is right.
    let held = lower.lock().expect("nobody panics");
    drop(acquire((higher,)).expect("it comes later"));
    drop(held);
}

#[test]
fn a_lock_that_is_wanted_twice_is_an_error() {
    fn check<S: LockSet>(wanted: impl Fn() -> S, expected: &str) {
        for result in [acquire(wanted()), acquire_any_order(wanted())] {
            let Err(error) = result.map(drop) else { panic!("it is wanted twice") };
            assert!(matches!(error, AcquireError::Twice(_)), "{error}");
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
    let (mutex, rwlock): (Mutex<u8>, RwLock<u8>) =
        (named::mutex(&"twice", 1), named::rwlock(&"often", 2));
    check(|| (&mutex, &mutex), "`twice` is wanted twice at once");
    check(|| (read(&rwlock), &mutex, read(&rwlock)), "`often` is wanted twice at once");
    check(|| (read(&rwlock), write(&rwlock)), "`often` is wanted twice at once");
    let (_held, _read) = (mutex.lock(), rwlock.read());
    check(|| (&mutex,), "`twice` has been held by this thread since");
    check(|| (read(&rwlock),), "`often` has been held by this thread since");
}

#[test]
fn poison_comes_with_the_guards() {
    let (poisoned, sound) = (Mutex::new(1), Mutex::new(2));
    thread::scope(|scope| {
        let panics = scope.spawn(|| {
            let _held = poisoned.lock();
            panic!("on purpose");
        });
        panics.join().expect_err("it panics");
    });
    for in_order in [true, false] {
        let both = (&sound, &poisoned);
        let result = if in_order { acquire(both) } else { acquire_any_order(both) };
        let Err(AcquireError::Poisoned(error)) = result else { panic!("it is poisoned") };
        let both = error.into_inner();
        assert_eq!((*both.0, *both.1), (2, 1));
        drop(both);
        // They were given back.
        drop(poisoned.try_lock().unwrap_or_else(|error| match error {
            std::sync::TryLockError::Poisoned(error) => PoisonError::into_inner(error),
            std::sync::TryLockError::WouldBlock => panic!("it is free"),
        }));
        drop(sound.try_lock().expect("it is free"));
    }
}

/// How many are in, and whether one of them writes.
#[derive(Default)]
struct Inside {
    readers: AtomicUsize,
    writers: AtomicUsize,
}

impl Inside {
    fn read(&self) {
        self.readers.fetch_add(1, Ordering::SeqCst);
        assert_eq!(self.writers.load(Ordering::SeqCst), 0);
        self.readers.fetch_sub(1, Ordering::SeqCst);
    }

    fn write(&self) {
        assert_eq!(self.writers.fetch_add(1, Ordering::SeqCst), 0);
        assert_eq!(self.readers.load(Ordering::SeqCst), 0);
        self.writers.fetch_sub(1, Ordering::SeqCst);
    }
}

const THREADS: u64 = 8;
const LOCKS: usize = 6;

/// Random sets of mutexes and of readers and writers, in random orders, from 8 threads at once.
fn random_sets(rounds: usize, in_order: bool) {
    let mutexes: Vec<Mutex<Inside>> = (0..LOCKS).map(|_| Mutex::default()).collect();
    let rwlocks: Vec<RwLock<Inside>> = (0..LOCKS).map(|_| RwLock::default()).collect();
    let met = Barrier::new(THREADS as usize);
    thread::scope(|scope| {
        for seed in 1..=THREADS {
            let (mutexes, rwlocks, met) = (&mutexes, &rwlocks, &met);
            scope.spawn(move || {
                let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
                met.wait();
                for _ in 0..rounds {
                    let count = 1 + dice.below(LOCKS);
                    let wanted: Vec<&Mutex<Inside>> =
                        dice.some(count).into_iter().map(|at| &mutexes[at]).collect();
                    let all = at_last(|| match in_order {
                        true => acquire(&wanted),
                        false => acquire_any_order(&wanted),
                    });
                    all.iter().for_each(|inside| inside.write());
                    drop(all);
                    let at = dice.some(3);
                    let all = at_last(|| {
                        let set = (read(&rwlocks[at[0]]), write(&rwlocks[at[1]]), &mutexes[at[2]]);
                        if in_order { acquire(set) } else { acquire_any_order(set) }
                    });
                    all.0.read();
                    all.1.write();
                    all.2.write();
                }
            });
        }
    });
}

/// Marsaglia's xorshift.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }

    /// So many different locks, in a random order.
    fn some(&mut self, count: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..LOCKS).collect();
        (0..count).for_each(|at| {
            let other = at + self.below(LOCKS - at);
            all.swap(at, other);
        });
        all.truncate(count);
        all
    }
}

const RANDOM: &[Case] = &[
    ("in_order", || random_sets(1500, true)),
    ("back_off", || random_sets(400, false)),
    // One thread in each way, so that they meet each other too.
];

#[test]
fn random_sets_from_eight_threads_never_hang_and_never_share_what_is_exclusive() {
    if process::is_child(RANDOM) {
        return;
    }
    let test = "random_sets_from_eight_threads_never_hang_and_never_share_what_is_exclusive";
    for (case, _) in RANDOM {
        let ended = process::run(test, case, &[]);
        assert!(ended.ended_well(), "{case}: {}", ended.stderr);
        assert_eq!(ended.found(), [], "{case}: {}", ended.stderr);
    }
}
