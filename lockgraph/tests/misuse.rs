//! Primitives used wrongly: each is told once for a place, whatever the settings, and the program
//! goes on.
#![cfg(any(debug_assertions, feature = "instrument"))]

mod process;

use std::sync::mpsc;
use std::time::Duration;

use lockgraph::finding::Verdict::{Actual, Possible};
use lockgraph::finding::{Finding, Verdict};
use lockgraph::sync::{Condvar, Mutex, Semaphore};
use lockgraph::{named, thread};

use process::Case;

static CHANGED: Condvar = named::condvar(&"changed");
static LEFT: Mutex<bool> = named::mutex(&"left", false);
static RIGHT: Mutex<bool> = named::mutex(&"right", false);
static SLOTS: Semaphore = named::bounded_semaphore(&"slots", 2);

/// What a child does, what is found, and what the report must say.
type Row = (Case, &'static [(&'static str, Verdict)], &'static [&'static str]);

const ROWS: &[Row] = &[
    (
        ("two_mutexes", two_mutexes),
        &[("condvar-with-two-mutexes", Actual)],
        &[
            "`changed` is waited for with two mutexes, `left` and `right`",
            "waits for `changed` with `left`",
            "waits here, with `right`",
        ],
    ),
    (("one_after_another", one_after_another), &[], &[]),
    (
        ("over_release", over_release),
        &[("semaphore-over-release", Actual)],
        &["gives `slots` more permits than it began with", "gives permits here that nobody"],
    ),
    (
        ("ended", || thread::spawn(|| std::mem::forget(LEFT.lock())).join().expect("it ends")),
        &[("thread-ended-holding", Possible)],
        &["ended and left `left` taken", "was taken here", "mem::forget"],
    ),
    (("ended_by_hand", ended_by_hand), &[], &[]),
    (("destroyed_late", destroyed_late), &[], &[]),
    (
        ("destroyed", destroyed),
        &[("destroyed-while-locked", Possible)],
        &["`queue` is destroyed while thread", "took `queue` and leaked its guard"],
    ),
    (("destroyed_while_others_are_held", destroyed_while_others_are_held), &[], &[]),
];

/// A thread waits with one mutex, for a time or for good, while another waits with the other.
fn two_mutexes() {
    for _ in 0..3 {
        thread::scope(|scope| {
            let (waits, is_waiting) = mpsc::channel();
            scope.spawn(move || {
                let mut is_over = LEFT.lock().expect("nobody panics");
                waits.send(()).expect("the other is there");
                while !*is_over {
                    is_over = CHANGED.wait(is_over).expect("nobody panics");
                }
            });
            is_waiting.recv().expect("it begins to wait");
            // Once this is to be had, the other waits.
            drop(LEFT.lock());
            let guard = RIGHT.lock().expect("nobody panics");
            drop(CHANGED.wait_timeout(guard, Duration::from_millis(1)));
            *LEFT.lock().expect("nobody panics") = true;
            CHANGED.notify_all();
        });
        *LEFT.lock().expect("nobody panics") = false;
    }
}

/// Two mutexes, but nobody waits with the first any more.
fn one_after_another() {
    for mutex in [&LEFT, &RIGHT, &LEFT] {
        let guard = mutex.lock().expect("nobody panics");
        drop(CHANGED.wait_timeout(guard, Duration::from_millis(1)));
    }
}

fn over_release() {
    for _ in 0..3 {
        let _slot = SLOTS.acquire();
        SLOTS.release(1);
    }
    assert_eq!(SLOTS.available(), 2);
    SLOTS.acquire_many(2).forget();
    SLOTS.release(2);
    assert_eq!(SLOTS.available(), 2);
}

/// The guard is leaked, but its end is made up for: a permit is given by hand.
fn ended_by_hand() {
    thread::spawn(|| SLOTS.acquire().forget()).join().expect("it ends");
    SLOTS.release(1);
}

/// The guard lies in a thread-local, and is dropped at the very end.
fn destroyed_late() {
    use lockgraph::sync::MutexGuard;
    use std::cell::RefCell;

    type Held = RefCell<Option<MutexGuard<'static, bool>>>;
    thread_local!(static HELD: Held = const { RefCell::new(None) });
    let hold = || HELD.set(Some(LEFT.lock().expect("nobody panics")));
    thread::spawn(hold).join().expect("it ends");
    std::thread::spawn(hold).join().expect("it ends");
    drop(LEFT.lock());
}

fn destroyed() {
    for _ in 0..3 {
        let queue: Mutex<u8> = named::mutex(&"queue", 1);
        std::mem::forget(queue.lock());
        drop(queue);
        // What was leaked is held no more: no order begins with it.
        drop(LEFT.lock());
    }
}

fn destroyed_while_others_are_held() {
    let _left = LEFT.lock();
    let queue: Mutex<u8> = named::mutex(&"queue", 1);
    assert_eq!(queue.lock().map(|guard| *guard).ok(), Some(1));
    assert_eq!(queue.into_inner().ok(), Some(1));
}

#[test]
fn every_misuse_is_told_once_and_nothing_else_is() {
    let cases: Vec<Case> = ROWS.iter().map(|(case, ..)| *case).collect();
    if process::is_child(&cases) {
        return;
    }
    for ((case, _), expected, said) in ROWS {
        // The strictest settings, which end a process for less.
        for strict in [&[][..], &[("LOCKGRAPH_ON_DEADLOCK", "abort")]] {
            let ended = process::run("every_misuse_is_told_once_and_nothing_else_is", case, strict);
            assert!(ended.ended_well(), "{case}: {}", ended.stderr);
            assert_eq!(ended.found(), *expected, "{case}: {}", ended.stderr);
            for words in *said {
                assert!(ended.stderr.contains(words), "{case}: {words}: {}", ended.stderr);
            }
            // Each place once, and no word of conditions that do not matter.
            let heads = ended.stderr.lines().filter(|line| line.contains("]: ")).count();
            assert_eq!(heads, expected.len(), "{case}: {}", ended.stderr);
            assert!(!ended.stderr.contains("mutual exclusion"), "{case}: {}", ended.stderr);
            assert!(ended.findings.iter().all(has_its_page), "{case}");
            if std::env::var_os("SHOW").is_some() && strict.is_empty() {
                eprintln!("{}", ended.stderr);
            }
        }
    }
}

fn has_its_page(finding: &Finding) -> bool {
    finding.kind.is_misuse() && lockgraph::explain::page(finding.kind).kind == finding.kind
}
