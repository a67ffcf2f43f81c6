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

/// Locks are taken at once in both builds, and what is wanted twice is an error in both; ranks are
/// taken in both.
#[test]
fn locks_are_taken_at_once_in_any_build() {
    use lockgraph::acquire::AcquireError;
    use lockgraph::sync::{Mutex, RwLock};
    use lockgraph::{Rank, Ranked, acquire, acquire_any_order, ranked, read, thread, write};

    static PAIR: Rank = Rank::new("pair");
    static LEFT: Mutex<u32> = ranked::mutex(&PAIR, 0);
    static BOOK: RwLock<u32> = ranked::rwlock(&PAIR, 0);
    let right = Mutex::ranked_by(&PAIR, 1, 0);

    thread::scope(|scope| {
        for turn in [true, false] {
            let right = &right;
            scope.spawn(move || {
                for _ in 0..2000 {
                    let (mut left, mut right, mut book) = if turn {
                        acquire((&LEFT, right, write(&BOOK))).unwrap().into_guards()
                    } else {
                        let (book, right, left) =
                            acquire((write(&BOOK), right, &LEFT)).unwrap().into_guards();
                        (left, right, book)
                    };
                    *left += 1;
                    *right += 1;
                    *book += 1;
                }
            });
        }
    });
    let all = acquire_any_order((read(&BOOK), &LEFT, &right)).unwrap();
    assert_eq!((*all.0, *all.1, *all.2), (4000, 4000, 4000));
    drop(all);
    let twice = acquire([&LEFT, &right, &LEFT]).map(drop);
    assert!(matches!(twice, Err(AcquireError::Twice(_))));
    let twice = acquire((read(&BOOK), read(&BOOK))).map(drop);
    assert!(matches!(twice, Err(AcquireError::Twice(_))));
    // What somebody else has is not waited for any longer in either.
    let held = LEFT.lock().unwrap();
    let refused = || matches!(acquire_any_order((&LEFT, &right)), Err(AcquireError::GaveUp(_)));
    assert!(thread::scope(|scope| scope.spawn(refused).join().unwrap()));
    drop(held);
}

/// What this thread holds is known where the detector is, and nowhere else: there the assertions come
/// to nothing, and what they ask about is not looked at.
#[test]
fn what_is_held_is_asserted_where_it_is_known() {
    use lockgraph::sync::Mutex;
    use lockgraph::{assert_held, assert_none_held, assert_not_held};

    let is_on = cfg!(any(debug_assertions, feature = "instrument"));
    let lock = Mutex::new(0);
    let asked = std::cell::Cell::new(0);
    let lock_of = || {
        asked.set(asked.get() + 1);
        &lock
    };
    let panics = |f: &dyn Fn()| std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).is_err();
    assert_eq!(panics(&|| assert_held!(lock_of())), is_on);
    let held = lock.lock().unwrap();
    assert!(!panics(&|| assert_held!(lock_of())));
    assert_eq!(panics(&|| assert_not_held!(lock_of())), is_on);
    assert_eq!(panics(&|| assert_none_held!()), is_on);
    drop(held);
    assert_eq!(asked.get(), if is_on { 3 } else { 0 });
}

/// Time limits are kept in both builds, and who gives up begins again.
#[test]
fn nobody_waits_too_long_in_any_build() {
    use lockgraph::sync::{Condvar, Event, Mutex, Once, OnceLock, RwLock, Semaphore, mpsc};
    use lockgraph::timed::*;
    use lockgraph::{Again, Limits, retry, thread};
    use std::time::{Duration, Instant};

    const SHORT: Duration = Duration::from_millis(1);
    let soon = || Instant::now() + SHORT;
    let (mutex, rwlock) = (Mutex::new(0), RwLock::new(0));
    let (value, write) = (mutex.lock().unwrap(), rwlock.write().unwrap());
    thread::scope(|scope| {
        let other = scope.spawn(|| {
            assert!(matches!(mutex.lock_for(SHORT), Err(TimedLockError::TimedOut)));
            assert!(matches!(rwlock.read_for(SHORT), Err(TimedLockError::TimedOut)));
            assert!(matches!(rwlock.write_until(soon()), Err(TimedLockError::TimedOut)));
            let limits = Limits { attempts: 2, ..Limits::default() };
            let gave_up = retry(&limits, |_| mutex.lock_for(SHORT).map(drop).map_err(Again::from));
            assert_eq!(gave_up.unwrap_err().attempts, 2);
        });
        other.join().unwrap();
    });
    drop(write);
    let (value, ended) = Condvar::new().wait_until(value, soon()).unwrap();
    assert!(ended.timed_out());
    drop(value);
    let had = retry(&Limits::default(), |turn| if turn < 2 { Err(Again) } else { Ok(turn) });
    assert_eq!(had, Ok(2));
    assert_eq!(*rwlock.read_for(SHORT).unwrap() + *mutex.lock_until(soon()).unwrap(), 0);
    assert!(Semaphore::new(0).acquire_until(soon()).is_none());
    assert!(!Event::new().wait_until(soon()) && !Once::new().wait_for(SHORT));
    assert!(OnceLock::<u8>::new().wait_for(SHORT).is_none());
    let (sender, receiver) = mpsc::sync_channel(1);
    sender.send_for(1, SHORT).unwrap();
    assert_eq!(sender.send_for(2, SHORT), Err(SendTimeoutError::TimedOut(2)));
    assert_eq!(receiver.recv_until(soon()), Ok(1));
    let runs = thread::spawn(move || receiver.recv());
    let runs = runs.join_for(SHORT).unwrap_err();
    sender.send(3).unwrap();
    assert_eq!(runs.join().unwrap(), Ok(3));
}

/// The banker judges, and makes wait, in both.
#[test]
fn a_banker_grants_and_refuses_in_any_build() {
    use lockgraph::banker::{Because, TryRequestError};
    use lockgraph::{named, thread};

    let banker = named::banker(&"pool", &[3]);
    let (one, other) = (banker.customer(&[2]).unwrap(), banker.customer(&[3]).unwrap());
    let half = one.request(&[1]).unwrap();
    let Err(TryRequestError::MustWait(why)) = other.try_request(&[2]) else { panic!("unsafe") };
    assert!(matches!(why.because, Because::Unsafe { .. }));
    thread::scope(|scope| {
        let waits = scope.spawn(move || other.request(&[2]).map(|grant| grant.units().to_vec()));
        drop(half);
        assert_eq!(waits.join().unwrap(), Ok(vec![2]));
    });
    drop(one);
    assert_eq!(banker.available(), [3]);
}

/// A watchdog sees that nobody ticks, and calls back; who waits for what, only the detector knows.
/// A deadlock is told and broken where the settings are listened to, so that they can be given.
#[test]
fn a_watchdog_calls_and_settings_are_taken_in_any_build() {
    use lockgraph::{Config, OnDeadlock, Watchdog};
    use std::sync::mpsc;
    use std::time::Duration;

    let victim = Config { on_deadlock: OnDeadlock::Victim, ..Config::default() };
    assert_ne!(victim, Config::default());
    let (call, called) = mpsc::channel();
    let watchdog = Watchdog::after(Duration::from_millis(8))
        .on_standstill(move |seen| _ = call.send(seen.clone()))
        .begin()
        .unwrap();
    watchdog.tick();
    let seen = called.recv().unwrap();
    assert!(seen.elapsed >= Duration::from_millis(8), "{:?}", seen.elapsed);
    let told = format!("no progress for {:.1} s", seen.elapsed.as_secs_f64());
    assert!(seen.to_string().starts_with(&told), "{seen}");
    assert_eq!(seen.victim, None);
    drop(watchdog);
    // One that recovers would take its victim from another test.
    let recovering = Watchdog::after(Duration::from_secs(3600)).recovering().begin().unwrap();
    recovering.tick();
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
