//! Waits with a time limit: they end when what they wait for does not come, have it when it does, and
//! are the same in builds that are not instrumented.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Barrier;
use std::time::{Duration, Instant};

use lockgraph::sync::{Condvar, Event, Mutex, Once, OnceLock, RwLock, Semaphore, mpsc};
use lockgraph::thread;
use lockgraph::timed::*;
use lockgraph::{Again, Limits, retry};

const SHORT: Duration = Duration::from_millis(2);
/// Nothing here takes so long.
const LONG: Duration = Duration::from_secs(60);

fn soon() -> Instant {
    Instant::now() + SHORT
}

fn late() -> Instant {
    Instant::now() + LONG
}

/// Runs `f` on another thread, to its end.
fn elsewhere<T: Send>(f: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| scope.spawn(f).join().expect("it does not panic"))
}

#[test]
fn a_mutex_that_stays_taken_is_not_had() {
    let mutex = Mutex::new(1);
    let guard = mutex.lock().expect("as staged");
    let is_over =
        |error: Option<TimedLockError<_>>| matches!(error, Some(TimedLockError::TimedOut));
    assert!(elsewhere(|| is_over(mutex.lock_for(SHORT).err())));
    assert!(elsewhere(|| is_over(mutex.lock_until(soon()).err())));
    drop(guard);
    assert_eq!(elsewhere(|| *mutex.lock_for(Duration::ZERO).expect("as staged")), 1);
    assert_eq!(*mutex.lock_until(late()).expect("as staged"), 1);
}

#[test]
fn a_mutex_that_is_given_back_in_time_is_had() {
    let (mutex, both) = (Mutex::new(1), Barrier::new(2));
    thread::scope(|scope| {
        let guard = mutex.lock().expect("as staged");
        let waiter = scope.spawn(|| {
            both.wait();
            *mutex.lock_for(Duration::MAX).expect("as staged")
        });
        both.wait();
        drop(guard);
        assert_eq!(waiter.join().expect("as staged"), 1);
    });
}

#[test]
fn a_poisoned_lock_says_so_and_is_had() {
    let (mutex, lock) = (Mutex::new(1), RwLock::new(1));
    let poison = || {
        let _guards = (mutex.lock().expect("as staged"), lock.write().expect("as staged"));
        resume_unwind(Box::new(()));
    };
    assert!(catch_unwind(AssertUnwindSafe(poison)).is_err());
    let Err(TimedLockError::Poisoned(error)) = mutex.lock_for(LONG) else { panic!("poisoned") };
    assert_eq!(*error.into_inner(), 1);
    let error = lock.read_for(LONG).map(drop).unwrap_err();
    let told = "the lock is poisoned: another thread panicked with it; the guard is in this error";
    assert_eq!(error.to_string(), told);
}

#[test]
fn readers_wait_for_a_writer_and_not_for_each_other() {
    let lock = RwLock::new(1);
    let reader = lock.read().expect("as staged");
    assert_eq!(elsewhere(|| *lock.read_for(SHORT).expect("as staged")), 1);
    assert!(elsewhere(|| lock.write_for(SHORT).is_err()));
    drop(reader);
    let writer = lock.write_until(late()).expect("as staged");
    assert!(elsewhere(|| lock.read_until(soon()).is_err() && lock.write_until(soon()).is_err()));
    drop(writer);
    assert_eq!(*lock.read_until(late()).expect("as staged"), 1);
}

#[test]
fn a_channel_that_stays_full_gives_the_message_back() {
    let (sender, receiver) = mpsc::sync_channel(1);
    assert_eq!(sender.send_for(1, SHORT), Ok(()));
    assert_eq!(sender.send_until(2, soon()), Err(SendTimeoutError::TimedOut(2)));
    assert_eq!(receiver.recv_until(late()), Ok(1));
    assert_eq!(receiver.recv_until(soon()), Err(mpsc::RecvTimeoutError::Timeout));
    drop(receiver);
    assert_eq!(sender.send_for(3, LONG), Err(SendTimeoutError::Disconnected(3)));
}

#[test]
fn a_thread_that_runs_on_gives_its_handle_back() {
    let (sender, receiver) = mpsc::channel();
    let runs = thread::spawn(move || receiver.recv().expect("as staged"));
    let runs = runs.join_for(SHORT).expect_err("it waits for a message");
    sender.send(7).expect("as staged");
    assert_eq!(runs.join_until(late()).expect("it has it").expect("as staged"), 7);
}

#[test]
fn initialisations_events_permits_and_conditions_have_an_end_too() {
    let (cell, once, event) = (OnceLock::new(), Once::new(), Event::new());
    assert!(cell.wait_for(SHORT).is_none() && !once.wait_for(SHORT) && !event.wait_until(soon()));
    cell.set(1).expect("as staged");
    once.call_once(|| ());
    event.set();
    assert!(cell.wait_until(late()).is_some() && once.wait_until(late()));
    assert!(event.wait_until(late()));
    let semaphore = Semaphore::new(2);
    let one = semaphore.acquire_until(late()).expect("as staged");
    assert!(semaphore.acquire_many_until(2, soon()).is_none());
    drop(one);
    let (mutex, never) = (Mutex::new(()), Condvar::new());
    let (_guard, result) =
        never.wait_until(mutex.lock().expect("as staged"), Instant::now()).expect("as staged");
    assert!(result.timed_out());
}

/// Without giving back what they have, they would starve.
#[test]
fn eight_at_a_round_table_all_eat() {
    let forks: [Mutex<u32>; 8] = std::array::from_fn(|_| Mutex::new(0));
    let limits = Limits { attempts: u32::MAX, total: LONG, ..Limits::default() };
    thread::scope(|scope| {
        for seat in 0..8 {
            let (left, right) = (&forks[seat], &forks[(seat + 1) % 8]);
            scope.spawn(move || {
                for _ in 0..20 {
                    let meal = retry(&limits, |_| {
                        let mut left = left.lock_for(SHORT)?;
                        let mut right = right.lock_for(SHORT)?;
                        (*left, *right) = (*left + 1, *right + 1);
                        Ok::<_, Again>(())
                    });
                    meal.expect("there is time enough");
                }
            });
        }
    });
    assert!(forks.into_iter().all(|fork| fork.into_inner().expect("as staged") == 40));
}
