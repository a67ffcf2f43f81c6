//! Locks taken while a thread's locals are destroyed, inside an allocator, and inside a callback.
#![cfg(any(debug_assertions, feature = "instrument"))]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

use lockgraph::sync::Mutex;
use lockgraph::thread;

/// An allocator that locks, as those that keep statistics do.
struct Counting;

static ALLOCATIONS: Mutex<u64> = Mutex::new(0);

thread_local! {
    static IS_COUNTING: Cell<bool> = const { Cell::new(false) };
}

fn count() {
    // An allocation made while counting is not counted: the allocator's own lock is not reentrant.
    if IS_COUNTING.try_with(|counting| counting.replace(true)) == Ok(false) {
        *ALLOCATIONS.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += 1;
        IS_COUNTING.set(false);
    }
}

// SAFETY: it hands every request to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the promises of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count();
        // SAFETY: the pointer came from `alloc` above, so from the system's allocator.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static LATE: Mutex<u32> = Mutex::new(0);
static OTHER: Mutex<u32> = Mutex::new(0);

/// Locks when its thread is over.
struct AtEnd;

impl Drop for AtEnd {
    fn drop(&mut self) {
        let mut late = LATE.lock().expect("nobody panics");
        *late += 1;
        *OTHER.lock().expect("nobody panics") += 1;
    }
}

thread_local! {
    static FIRST: AtEnd = const { AtEnd };
    static SECOND: AtEnd = const { AtEnd };
}

#[test]
fn locks_work_in_the_destructors_of_thread_locals() {
    for _ in 0..50 {
        // One is set up before the thread meets its first lock and one after, so that one is
        // destroyed before and one after the detector's own.
        let thread = thread::spawn(|| {
            FIRST.with(|_| ());
            drop(LATE.lock());
            SECOND.with(|_| ());
        });
        thread.join().expect("no panic in a destructor");
    }
    assert_eq!(*LATE.lock().expect("nobody panics"), 100);
}

#[test]
fn a_scope_does_not_wait_for_the_locals_of_its_threads() {
    static HELD: Mutex<u32> = Mutex::new(0);
    struct Locks;
    impl Drop for Locks {
        fn drop(&mut self) {
            *HELD.lock().expect("nobody panics") += 1;
        }
    }
    thread_local! {
        static LOCKS: Locks = const { Locks };
    }
    for _ in 0..20 {
        let held = HELD.lock().expect("nobody panics");
        thread::scope(|scope| {
            scope.spawn(|| LOCKS.with(|_| ()));
        });
        drop(held);
    }
    let is_ours = |finding: &lockgraph::finding::Finding| {
        finding.verdict == lockgraph::finding::Verdict::Actual
    };
    assert_eq!(lockgraph::findings().iter().filter(|finding| is_ours(finding)).count(), 0);
}

#[test]
fn an_initialisation_that_was_passed_is_never_waited_for_again() {
    static VALUE: lockgraph::sync::OnceLock<u32> = lockgraph::named::once_lock(&"passed value");
    static GUARDED: Mutex<u32> = lockgraph::named::mutex(&"guarded", 0);
    let (passed, wait) = std::sync::mpsc::channel();
    let second = thread::spawn(move || {
        wait.recv().expect("the other sends");
        // Passed with nothing held, so that it cannot be waited for below.
        VALUE.get_or_init(|| 0);
        let _guard = GUARDED.lock();
        VALUE.get_or_init(|| 0);
    });
    let first = thread::spawn(move || {
        VALUE.get_or_init(|| *GUARDED.lock().expect("nobody panics"));
        passed.send(()).expect("the other receives");
    });
    first.join().expect("it does not panic");
    second.join().expect("it does not panic");
    let is_ours = |finding: &lockgraph::finding::Finding| {
        finding.locks().iter().any(|lock| lock.class.key() == "guarded")
    };
    assert_eq!(lockgraph::findings().iter().filter(|finding| is_ours(finding)).count(), 0);
}

#[test]
fn an_allocator_may_lock() {
    let before = *ALLOCATIONS.lock().expect("nobody panics");
    let (a, b) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for number in 0..4 {
            let (a, b) = (&a, &b);
            scope.spawn(move || {
                for _ in 0..200 {
                    let mut a = a.lock().expect("nobody panics");
                    a.push(number.to_string());
                    b.lock().expect("nobody panics").push(a.len());
                }
            });
        }
    });
    assert_eq!(b.lock().expect("nobody panics").len(), 800);
    assert!(*ALLOCATIONS.lock().expect("nobody panics") > before + 800);
}

#[test]
fn a_callback_may_take_locks_and_in_a_bad_order_too() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    static X: Mutex<u32> = Mutex::new(0);
    static Y: Mutex<u32> = Mutex::new(0);
    static P: Mutex<u32> = Mutex::new(0);
    static Q: Mutex<u32> = Mutex::new(0);
    fn nested(first: &'static Mutex<u32>, second: &'static Mutex<u32>) {
        let mut outer = first.lock().expect("nobody panics");
        *outer += *second.lock().expect("nobody panics") + 1;
    }
    lockgraph::on_finding(|_| {
        CALLS.fetch_add(1, Ordering::Relaxed);
        // The thread holds Y at this moment; P and Q are free.
        nested(&P, &Q);
        nested(&Q, &P);
    });
    // Both threads begin before either locks, so nothing but luck orders them; the channel is not
    // known to the detector.
    let (go, wait) = std::sync::mpsc::channel();
    let second = thread::spawn(move || {
        wait.recv().expect("the other sends");
        nested(&Y, &X);
    });
    let first = thread::spawn(move || {
        nested(&X, &Y);
        go.send(()).expect("the other receives");
    });
    first.join().expect("it does not panic");
    second.join().expect("it does not panic");
    assert!(CALLS.load(Ordering::Relaxed) >= 1, "the inversion is found, and told");
    let ours = |name: &str| {
        lockgraph::findings().iter().filter(|finding| finding.kind.name() == name).count()
    };
    assert!(ours("lock-order-cycle") >= 1);
}
