//! Taking these locks at once, with those of `std`'s shape; their ranks; and whether they are held.

use lockgraph::acquire::{AcquireError, acquire, acquire_any_order};
use lockgraph::{Rank, Ranked, assert_held, assert_none_held, assert_not_held, read, sync, write};

use super::pl::{FairMutex, Mutex, MutexGuard, RwLock, ranked};
use crate::elsewhere;

static FIRST: Rank = Rank::new(concat!(module_path!(), " first"));
static SECOND: Rank = Rank::after(concat!(module_path!(), " second"), &[&FIRST]);

#[test]
fn all_shapes_are_taken_at_once() {
    let (mutex, fair, rwlock) = (Mutex::new(1), FairMutex::new(2), RwLock::new(3));
    let (other, book) = (sync::Mutex::new(4), sync::RwLock::new(5));
    let set = (write(&rwlock), &other, &fair, read(&book), &mutex);
    let mut all = acquire(set).unwrap();
    *all.4 += *all.3;
    assert_eq!((*all.0, *all.1, *all.2, *all.3, *all.4), (3, 4, 2, 5, 6));
    elsewhere(|| {
        assert!(mutex.try_lock().is_none() && fair.try_lock().is_none());
        assert!(rwlock.try_read().is_none());
    });
    drop(all);
    let all = acquire_any_order((&mutex, read(&rwlock), &fair)).unwrap();
    assert!(elsewhere(|| rwlock.try_read().is_some()));
    let (mutex_guard, ..): (MutexGuard<'_, i32>, _, _) = all.into_guards();
    assert_eq!(*mutex_guard, 6);
    drop(mutex_guard);
    assert!(matches!(acquire((&mutex, &mutex)).map(drop), Err(AcquireError::Twice(_))));
    assert!(mutex.try_lock().is_some());
}

#[test]
fn two_orders_at_once_end() {
    let (a, b) = (Mutex::new(0), RwLock::new(0));
    std::thread::scope(|scope| {
        for turn in [true, false] {
            let (a, b) = (&a, &b);
            scope.spawn(move || {
                for _ in 0..1000 {
                    let mut both = match turn {
                        true => acquire((a, write(b))).unwrap().into_guards(),
                        false => {
                            let (b, a) = acquire((write(b), a)).unwrap().into_guards();
                            (a, b)
                        }
                    };
                    *both.0 += 1;
                    *both.1 += 1;
                }
            });
        }
    });
    assert_eq!((*a.lock(), *b.read()), (2000, 2000));
}

#[test]
fn ranks_are_made_and_watched() {
    static LOW: Mutex<u8> = ranked::mutex(&FIRST, 1);
    static HIGH: RwLock<u8> = ranked::rwlock(&SECOND, 2);
    let fair = FairMutex::ranked(&FIRST, 3);
    let keyed: [Mutex<u8>; 2] = [4, 5].map(|key| Mutex::ranked_by(&SECOND, key, 0));
    let violations = || {
        let found = lockgraph::findings();
        let ours = found.iter().filter(|found| format!("{found:?}").contains(FIRST.name()));
        ours.filter(|found| found.kind.name() == "rank-violation").count()
    };
    elsewhere(|| {
        let _low = LOW.lock();
        drop(HIGH.read());
        let _lesser = keyed[0].lock();
        drop(keyed[1].lock());
    });
    assert_eq!(violations(), 0);
    elsewhere(|| {
        let _high = HIGH.write();
        drop(fair.lock());
    });
    let is_on = cfg!(any(debug_assertions, feature = "instrument"));
    assert_eq!(violations(), usize::from(is_on));
}

#[test]
fn it_is_known_what_is_held() {
    let (mutex, rwlock) = (Mutex::new(1), RwLock::new(2));
    elsewhere(|| {
        assert_none_held!();
        let held = (mutex.lock(), rwlock.read());
        assert_held!(mutex);
        assert_held!(rwlock);
        if cfg!(any(debug_assertions, feature = "instrument")) {
            let reads = std::panic::AssertUnwindSafe(|| assert_held!(rwlock, write));
            assert!(std::panic::catch_unwind(reads).is_err());
        }
        drop(held);
        assert_not_held!(mutex);
        let _writes = rwlock.write();
        assert_held!(rwlock, write);
    });
}
