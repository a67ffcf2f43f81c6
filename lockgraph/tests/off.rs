//! What a build is: the originals, or ours at 16 bytes more.
//!
//! Both bodies are to be run: `cargo test -p lockgraph --test off`, and, for the builds that users
//! ship, `cargo test --release -p lockgraph --test off`.

use std::any::TypeId;

/// Name, size and identity of the types of one module.
macro_rules! types {
    ($shape:ident) => {
        types!(
            $shape,
            sync::Mutex<()>,
            sync::Mutex<[u64; 9]>,
            sync::RwLock<()>,
            sync::Condvar,
            sync::Barrier,
            sync::Once,
            sync::OnceLock<u8>,
            sync::LazyLock<u8>,
            sync::MutexGuard<'static, u8>,
            sync::RwLockReadGuard<'static, u8>,
            sync::RwLockWriteGuard<'static, u8>,
            thread::Builder,
            thread::JoinHandle<u8>,
            thread::ScopedJoinHandle<'static, u8>,
            thread::Scope<'static, 'static>,
            sync::Arc<u8>,
            sync::WaitTimeoutResult,
            sync::PoisonError<u8>,
            thread::Thread,
        )
    };
    ($shape:ident, $($module:ident :: $type:ident $(<$($argument:tt),*>)?,)*) => {
        [$((
            stringify!($type),
            size_of::<$shape::$module::$type $(<$($argument),*>)?>(),
            TypeId::of::<$shape::$module::$type $(<$($argument),*>)?>(),
        )),*]
    };
}

#[cfg(not(any(debug_assertions, feature = "instrument")))]
#[test]
fn off_every_type_is_the_original() {
    assert_eq!(types!(lockgraph), types!(std));
    let channel: fn() -> (std::sync::mpsc::Sender<u8>, std::sync::mpsc::Receiver<u8>) =
        lockgraph::sync::mpsc::channel;
    drop(channel());
    let spawn: fn(fn()) -> std::thread::JoinHandle<()> = lockgraph::thread::spawn;
    spawn(|| ()).join().unwrap();
}

#[cfg(any(debug_assertions, feature = "instrument"))]
#[test]
fn on_every_lock_is_ours_and_16_bytes_larger() {
    assert_eq!(size_of::<lockgraph::sync::Mutex<()>>(), size_of::<std::sync::Mutex<()>>() + 16);
    let same = ["Arc", "WaitTimeoutResult", "PoisonError"];
    let handles = ["Builder", "JoinHandle", "ScopedJoinHandle", "Scope", "Thread"];
    for (ours, original) in types!(lockgraph).iter().zip(types!(std)) {
        let (name, size, id) = *ours;
        assert_eq!(id == original.2, same.contains(&name), "{name}");
        // What is larger in a handle is not a cost per lock.
        if !handles.contains(&name) {
            // The originals are made of 4-byte words, ours of 8-byte ones.
            // What is no lock has the moment and the message of whoever served it beside the rest.
            let more = match name {
                "Once" | "OnceLock" => 32,
                "LazyLock" | "Condvar" | "Barrier" => 40,
                _ => 16,
            };
            let most = (original.1 + more).next_multiple_of(8);
            assert!(size <= most, "{name}: {size} bytes, {} without us", original.1);
        }
    }
}

/// Compiles in both builds, and means the same.
#[test]
fn names_are_taken_in_any_build() {
    use lockgraph::named;
    use lockgraph::sync::{
        Barrier, Condvar, Event, LazyLock, Mutex, Once, OnceLock, RwLock, Semaphore,
    };

    static ACCOUNTS: Mutex<u32> = named::mutex(&"accounts", 1);
    static PRICES: RwLock<u32> = named::rwlock(&"prices", 2);
    static START: Once = named::once(&"start");
    static HOST: OnceLock<u32> = named::once_lock(&"host");
    static TABLE: LazyLock<u32> = named::lazy_lock(&"table", || 4);
    static CHANGED: Condvar = named::condvar(&"changed");
    static ALONE: Barrier = named::barrier(&"alone", 1);
    static SLOTS: Semaphore = named::semaphore(&"slots", 1);
    static TICKETS: Semaphore = named::bounded_semaphore(&"tickets", 1);
    static READY: Event = named::event(&"ready");

    START.call_once(|| HOST.set(3).unwrap());
    let values = [*ACCOUNTS.lock().unwrap(), *PRICES.read().unwrap(), *HOST.wait(), *TABLE];
    assert_eq!(values, [1, 2, 3, 4]);
    CHANGED.notify_all();
    assert!(ALONE.wait().is_leader());
    [&SLOTS, &TICKETS].into_iter().for_each(|semaphore| semaphore.release(1));
    assert_eq!([SLOTS.available(), TICKETS.available()], [2, 1]);
    READY.set();
    READY.wait();

    let ((jobs, todo), (results, done)) =
        (named::channel(&"jobs"), named::sync_channel(&"results", 1));
    jobs.send(5).unwrap();
    results.send(todo.recv().unwrap() + 1).unwrap();
    assert_eq!(done.recv(), Ok(6));
}

/// What `std` does not have costs 16 bytes more too, and what it tells the detector of itself.
#[test]
fn a_semaphore_is_no_larger_than_what_it_is_made_of() {
    use lockgraph::sync::{Event, OwnedPermit, Permit, Semaphore};

    let is_on = cfg!(any(debug_assertions, feature = "instrument"));
    let more = if is_on { 1 } else { 0 };
    // A tag with the word for what is waited for, and the stamp of the last release.
    assert!(size_of::<Semaphore>() <= 96 + more * 32, "{}", size_of::<Semaphore>());
    assert!(size_of::<Event>() <= 48 + more * 32, "{}", size_of::<Event>());
    // The mode of the hold, and the place where it was taken.
    assert!(size_of::<Permit<'_>>() <= 24 + more * 8, "{}", size_of::<Permit<'_>>());
    assert_eq!(size_of::<OwnedPermit>(), 16 + more * 8);
}
