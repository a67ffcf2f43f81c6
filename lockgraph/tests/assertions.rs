//! `assert_held!` and its kin: what panics and what does not, and what the panic says; and that all
//! of them compile to nothing in a build that is not instrumented.

use lockgraph::sync::{Mutex, RwLock};
use lockgraph::{assert_held, assert_none_held, assert_not_held, named};

/// What `f` panics with.
fn said(f: impl FnOnce() + std::panic::UnwindSafe) -> Option<String> {
    let payload = std::panic::catch_unwind(f).err()?;
    payload.downcast::<String>().ok().map(|text| *text)
}

#[track_caller]
fn check(f: impl FnOnce() + std::panic::UnwindSafe, expected: &[&str]) {
    let is_on = cfg!(any(debug_assertions, feature = "instrument"));
    let said = said(f);
    assert_eq!(said.is_some(), is_on && !expected.is_empty(), "{said:?}");
    for words in expected.iter().filter(|_| is_on) {
        assert!(said.as_ref().is_some_and(|said| said.contains(words)), "{words}: {said:?}");
    }
}

static QUEUE: Mutex<u8> = named::mutex(&"queue", 0);
static BOOK: RwLock<u8> = named::rwlock(&"book", 0);

fn queue() {
    assert_held!(QUEUE);
}

fn read() {
    assert_held!(BOOK);
}

fn written() {
    assert_held!(BOOK, write);
}

fn none() {
    assert_none_held!();
}

#[test]
fn assertions_say_what_is_held_how_and_since_when() {
    let here = file!();
    check(queue, &["`QUEUE` is not held by this thread, which holds none: take it first"]);
    check(read, &["`BOOK` is not held by this thread"]);
    check(none, &[]);
    check(|| assert_not_held!(&QUEUE), &[]);
    {
        let _queue = QUEUE.lock();
        check(queue, &[]);
        check(read, &["`BOOK` is not held by this thread, which holds `queue` since ", here]);
        check(
            || assert_not_held!(QUEUE),
            &["`QUEUE` is held by this thread: `queue` since ", here],
        );
        check(none, &["no lock may be held here, but this thread holds `queue` since ", here]);
    }
    {
        let _book = BOOK.read();
        check(read, &[]);
        check(
            written,
            &[
                "`BOOK` is not held for writing by this thread, which holds `book` for reading since",
            ],
        );
        check(|| assert_not_held!(BOOK), &["`book` for reading since "]);
        let _queue = QUEUE.lock();
        check(none, &["holds `book` for reading since ", ", `queue` since "]);
    }
    {
        let _book = BOOK.write();
        check(read, &[]);
        check(written, &[]);
        check(|| assert_not_held!(BOOK), &["`book` for writing since "]);
    }
    check(none, &[]);
}

/// Another thread's holds are its own.
#[test]
fn what_another_thread_holds_does_not_count() {
    let (mutex, rwlock) = (Mutex::new(0), RwLock::new(0));
    let _held = (mutex.lock(), rwlock.read());
    let other = || {
        assert_none_held!();
        assert_not_held!(mutex);
        assert_not_held!(rwlock);
    };
    std::thread::scope(|scope| scope.spawn(other).join()).expect("nothing is held there");
}

/// The expression is not run where nothing is checked.
#[cfg(not(any(debug_assertions, feature = "instrument")))]
#[test]
fn off_nothing_is_run() {
    let lock = || -> &'static Mutex<u8> { panic!("it is not asked for") };
    assert_held!(lock());
    assert_not_held!(lock());
}
