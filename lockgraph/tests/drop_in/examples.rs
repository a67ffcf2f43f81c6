//! What the examples of `std::sync`'s documentation show, told anew.

use std::collections::HashMap;
use std::time::Duration;

use super::unwind_with;
use crate::sync::atomic::{AtomicUsize, Ordering};
use crate::sync::mpsc::channel;
use crate::sync::{
    Arc, Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, PoisonError, RwLock, RwLockWriteGuard,
};
use crate::thread;

/// Mutex: threads count together; the last one to count says so through a channel.
#[test]
fn the_last_of_many_says_so() {
    const THREADS: usize = 10;
    let count = Arc::new(Mutex::new(0));
    let (sender, receiver) = channel();
    for _ in 0..THREADS {
        let (count, sender) = (Arc::clone(&count), sender.clone());
        thread::spawn(move || {
            let mut count = count.lock().unwrap();
            *count += 1;
            if *count == THREADS {
                sender.send(*count).unwrap();
            }
        });
    }
    assert_eq!(receiver.recv().unwrap(), THREADS);
}

/// Mutex: a thread panics with the lock held; whoever comes next may look all the same.
#[test]
fn poison_is_a_warning() {
    let lock = Arc::new(Mutex::new(0_u32));
    let other = Arc::clone(&lock);
    let failing = thread::spawn(move || {
        unwind_with({
            let mut guard = other.lock().unwrap();
            *guard = 1;
            guard
        });
    });
    failing.join().unwrap();
    assert!(lock.is_poisoned());
    let mut guard = match lock.lock() {
        Ok(_) => panic!("not poisoned"),
        Err(poisoned) => poisoned.into_inner(),
    };
    *guard += 1;
    drop(guard);
    lock.clear_poison();
    assert_eq!(*lock.lock().unwrap(), 2);
}

/// Mutex: a guard is dropped by hand, or by the end of a block, before the next lock is taken.
#[test]
fn guards_end_early() {
    let (data, total) = (Mutex::new(vec![1, 2, 3, 4]), Mutex::new(0));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let sum = {
                    let mut data = data.lock().unwrap();
                    let sum: usize = data.iter().sum();
                    data.push(sum);
                    sum
                };
                *total.lock().unwrap() += sum;
            });
        }
        let mut data = data.lock().unwrap();
        let length = data.len();
        data.push(length);
        drop(data);
        *total.lock().unwrap() += length;
    });
    assert_eq!(data.into_inner().unwrap().len(), 8);
    assert!(total.into_inner().unwrap() > 0);
}

/// Mutex: a try that fails is no error of the program.
#[test]
fn a_try_may_fail() {
    let mutex = Arc::new(Mutex::new(0));
    let other = Arc::clone(&mutex);
    thread::spawn(move || {
        if let Ok(mut guard) = other.try_lock() {
            *guard = 10;
        }
    })
    .join()
    .unwrap();
    assert_eq!(*mutex.lock().unwrap(), 10);
}

/// RwLock: many readers at once, then one writer, who becomes a reader.
#[test]
fn many_readers_one_writer() {
    let lock = RwLock::new(5);
    {
        let (first, second) = (lock.read().unwrap(), lock.read().unwrap());
        assert_eq!((*first, *second), (5, 5));
        assert!(lock.try_write().is_err());
    }
    {
        let mut writer = lock.write().unwrap();
        *writer += 1;
        let reader = RwLockWriteGuard::downgrade(writer);
        assert_eq!(*reader, 6);
    }
    assert_eq!(lock.into_inner().unwrap(), 6);
}

/// Condvar: one thread sets a flag, the other waits for it, in each of the documented ways.
#[test]
fn a_flag_is_waited_for() {
    let check = |wait: fn(&Condvar, &Mutex<bool>)| {
        let pair = Arc::new((Mutex::new(false), Condvar::new()));
        let other = Arc::clone(&pair);
        thread::spawn(move || {
            let (flag, condvar) = &*other;
            *flag.lock().unwrap() = true;
            condvar.notify_one();
        });
        wait(&pair.1, &pair.0);
        assert!(*pair.0.lock().unwrap());
    };
    check(|condvar, flag| {
        let mut is_set = flag.lock().unwrap();
        while !*is_set {
            is_set = condvar.wait(is_set).unwrap();
        }
    });
    check(|condvar, flag| {
        drop(condvar.wait_while(flag.lock().unwrap(), |is_set| !*is_set).unwrap());
    });
    check(|condvar, flag| {
        let mut is_set = flag.lock().unwrap();
        loop {
            is_set = condvar.wait_timeout(is_set, Duration::from_millis(10)).unwrap().0;
            if *is_set {
                break;
            }
        }
    });
    check(|condvar, flag| {
        let (is_set, result) = condvar
            .wait_timeout_while(flag.lock().unwrap(), Duration::from_secs(600), |is_set| !*is_set)
            .unwrap();
        assert!(*is_set && !result.timed_out());
    });
}

/// Barrier: no thread is past it before all are there.
#[test]
fn before_and_after_do_not_mix() {
    let (before, barrier) = (AtomicUsize::new(0), Barrier::new(10));
    let leaders = thread::scope(|scope| {
        let threads: Vec<_> = (0..10)
            .map(|_| {
                scope.spawn(|| {
                    before.fetch_add(1, Ordering::SeqCst);
                    let is_leader = barrier.wait().is_leader();
                    assert_eq!(before.load(Ordering::SeqCst), 10);
                    is_leader
                })
            })
            .collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).filter(|leads| *leads).count()
    });
    assert_eq!(leaders, 1);
}

/// Once: a value is computed once for all; poison spreads until somebody forces the matter.
#[test]
fn once_for_all() {
    static VALUE: AtomicUsize = AtomicUsize::new(0);
    static INIT: Once = Once::new();
    fn cached() -> usize {
        INIT.call_once(|| {
            VALUE.fetch_add(7, Ordering::SeqCst);
        });
        VALUE.load(Ordering::SeqCst)
    }
    assert_eq!((cached(), cached()), (7, 7));

    static FRAGILE: Once = Once::new();
    let unwind = || std::panic::resume_unwind(Box::new(()));
    let attempt = || thread::spawn(move || FRAGILE.call_once(unwind)).join();
    assert!(attempt().is_err());
    assert!(attempt().is_err());
    FRAGILE.call_once_force(|state| assert!(state.is_poisoned()));
    FRAGILE.call_once(|| unreachable!());
    let waiting = thread::spawn(|| FRAGILE.wait());
    waiting.join().unwrap();
}

/// OnceLock: a static inside a function; another thread's value is there for all.
#[test]
fn a_static_written_once() {
    static CELL: OnceLock<usize> = OnceLock::new();
    assert!(CELL.get().is_none());
    thread::spawn(|| assert_eq!(*CELL.get_or_init(|| 12345), 12345)).join().unwrap();
    assert_eq!(CELL.get(), Some(&12345));
    assert_eq!(CELL.set(1), Err(1));

    let waited: OnceLock<u8> = OnceLock::new();
    thread::scope(|scope| {
        scope.spawn(|| waited.set(1));
        assert_eq!(*waited.wait(), 1);
    });
}

/// LazyLock: a table that the first reader fills, and a field that is filled on demand.
#[test]
fn filled_on_demand() {
    static TABLE: LazyLock<HashMap<i32, String>> =
        LazyLock::new(|| HashMap::from([(13, "Spica".to_string()), (74, "Hoyten".to_string())]));
    let name = thread::spawn(|| TABLE.get(&13)).join().unwrap();
    assert_eq!(name.map(String::as_str), Some("Spica"));
    assert_eq!(TABLE.get(&74).map(String::as_str), Some("Hoyten"));

    struct Sheet {
        number: LazyLock<u32>,
    }
    let mut sheet = Sheet { number: LazyLock::new(|| 92) };
    assert_eq!(LazyLock::get(&sheet.number), None);
    assert_eq!(*sheet.number, 92);
    *sheet.number = 44;
    assert_eq!(LazyLock::force(&sheet.number), &44);
}

/// PoisonError: the lock of a poisoned value is still a lock.
#[test]
fn an_error_holds_the_guard() {
    let lock = Mutex::new(String::from("half"));
    unwind_with(lock.lock().unwrap());
    let guard = lock.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(lock.try_lock().is_err());
    assert_eq!(*guard, "half");
}
