//! The locks of a test program, chosen by name at run time, and the holds of its threads.
//!
//! A hold owns its lock together with the guard, so that a program can destroy locks in any
//! order, and can leak guards, without this file borrowing anything.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use lockgraph::parking_lot as wide;
use lockgraph::{named, sync};

use crate::program::{Type, Way};

/// Long enough to be sure that the lock is not given back by accident.
const SHORT: Duration = Duration::from_millis(20);

/// A lock of any type.
pub(crate) enum Lock {
    Mutex(sync::Mutex<()>),
    RwLock(sync::RwLock<()>),
    TimedMutex(wide::Mutex<()>),
    Wide(wide::RwLock<()>),
    Reentrant(wide::ReentrantMutex<()>),
}

/// A guard of any type, without its lifetime.
enum Guard {
    Mutex { _guard: sync::MutexGuard<'static, ()> },
    Read { _guard: sync::RwLockReadGuard<'static, ()> },
    Write { _guard: sync::RwLockWriteGuard<'static, ()> },
    TimedMutex { _guard: wide::MutexGuard<'static, ()> },
    WideRead { _guard: wide::RwLockReadGuard<'static, ()> },
    WideWrite { _guard: wide::RwLockWriteGuard<'static, ()> },
    Upgradable { guard: wide::RwLockUpgradableReadGuard<'static, ()> },
    Reentrant { _guard: wide::ReentrantMutexGuard<'static, ()> },
}

/// A lock in somebody's hands. The guard goes first, as fields are dropped in order.
pub(crate) struct Hold {
    guard: Guard,
    lock: Arc<Lock>,
}

impl Lock {
    /// A new lock, its class being `name`.
    pub(crate) fn new(lock_type: Type, name: &str) -> Arc<Lock> {
        let name = eternal_name(name);
        Arc::new(match lock_type {
            Type::Mutex => Lock::Mutex(named::mutex(name, ())),
            Type::RwLock => Lock::RwLock(named::rwlock(name, ())),
            Type::TimedMutex => Lock::TimedMutex(wide::named::mutex(name, ())),
            Type::Wide => Lock::Wide(wide::named::rwlock(name, ())),
            Type::Reentrant => Lock::Reentrant(wide::named::reentrant_mutex(name, ())),
        })
    }
}

/// Classes live as long as the program; a test program has few names.
pub(crate) fn eternal_name(name: &str) -> &'static &'static str {
    Box::leak(Box::new(&*name.to_string().leak()))
}

/// Takes `lock`, waiting as long as it takes.
pub(crate) fn take(lock: &Arc<Lock>, way: Way) -> Hold {
    let guard = match (eternal(lock), way) {
        (Lock::Mutex(lock), _) => Guard::Mutex { _guard: lock.lock().unwrap_or_else(healthy) },
        (Lock::RwLock(lock), Way::Read) => {
            Guard::Read { _guard: lock.read().unwrap_or_else(healthy) }
        }
        (Lock::RwLock(lock), _) => Guard::Write { _guard: lock.write().unwrap_or_else(healthy) },
        (Lock::TimedMutex(lock), _) => Guard::TimedMutex { _guard: lock.lock() },
        (Lock::Wide(lock), Way::Read) => Guard::WideRead { _guard: lock.read() },
        (Lock::Wide(lock), Way::ReadRecursive) => Guard::WideRead { _guard: lock.read_recursive() },
        (Lock::Wide(lock), Way::Upgradable) => Guard::Upgradable { guard: lock.upgradable_read() },
        (Lock::Wide(lock), _) => Guard::WideWrite { _guard: lock.write() },
        (Lock::Reentrant(lock), _) => Guard::Reentrant { _guard: lock.lock() },
    };
    Hold { guard, lock: Arc::clone(lock) }
}

/// Takes `lock` if that needs no waiting.
pub(crate) fn try_take(lock: &Arc<Lock>, way: Way) -> Option<Hold> {
    let guard = match (eternal(lock), way) {
        (Lock::Mutex(lock), _) => Guard::Mutex { _guard: lock.try_lock().ok()? },
        (Lock::RwLock(lock), Way::Read) => Guard::Read { _guard: lock.try_read().ok()? },
        (Lock::RwLock(lock), _) => Guard::Write { _guard: lock.try_write().ok()? },
        (Lock::TimedMutex(lock), _) => Guard::TimedMutex { _guard: lock.try_lock()? },
        (Lock::Wide(lock), Way::Read) => Guard::WideRead { _guard: lock.try_read()? },
        (Lock::Wide(lock), _) => Guard::WideWrite { _guard: lock.try_write()? },
        (Lock::Reentrant(lock), _) => Guard::Reentrant { _guard: lock.try_lock()? },
    };
    Some(Hold { guard, lock: Arc::clone(lock) })
}

/// Takes `lock`, waiting for a short time at most.
pub(crate) fn take_timed(lock: &Arc<Lock>) -> Option<Hold> {
    let guard = match eternal(lock) {
        Lock::TimedMutex(lock) => Guard::TimedMutex { _guard: lock.try_lock_for(SHORT)? },
        Lock::Wide(lock) => Guard::WideWrite { _guard: lock.try_write_for(SHORT)? },
        Lock::Reentrant(lock) => Guard::Reentrant { _guard: lock.try_lock_for(SHORT)? },
        Lock::Mutex(_) | Lock::RwLock(_) => panic!("the standard locks know no time"),
    };
    Some(Hold { guard, lock: Arc::clone(lock) })
}

impl Hold {
    /// Turns an upgradable read into a write.
    pub(crate) fn upgrade(self) -> Hold {
        let Hold { guard, lock } = self;
        let Guard::Upgradable { guard } = guard else { panic!("only `ulock` can be upgraded") };
        let guard = wide::RwLockUpgradableReadGuard::upgrade(guard);
        Hold { guard: Guard::WideWrite { _guard: guard }, lock }
    }

    /// Waits on `condvar` once, for a short time at most if `timed`.
    pub(crate) fn wait(self, condvar: &sync::Condvar, timed: bool) -> Hold {
        let Hold { guard, lock } = self;
        let Guard::Mutex { _guard: guard } = guard else {
            panic!("only a mutex can be waited with")
        };
        let guard = if timed {
            let waited = condvar.wait_timeout(guard, SHORT);
            waited.unwrap_or_else(|poisoned| poisoned.into_inner()).0
        } else {
            condvar.wait(guard).unwrap_or_else(healthy)
        };
        Hold { guard: Guard::Mutex { _guard: guard }, lock }
    }

    /// Leaks the guard: the lock stays taken, and stays alive.
    pub(crate) fn forget(self) {
        mem::forget(self);
    }
}

fn healthy<G>(poisoned: sync::PoisonError<G>) -> G {
    poisoned.into_inner()
}

fn eternal(lock: &Arc<Lock>) -> &'static Lock {
    // SAFETY: the reference goes into the guard of a `Hold` only, whose `lock` field keeps the
    // lock alive until after the guard is dropped; a forgotten `Hold` never lets go of it.
    unsafe { &*Arc::as_ptr(lock) }
}
