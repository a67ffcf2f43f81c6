//! Where a lock is said to be taken: in the file of the user, through every method that takes it.
//! Seen here by the class, which is the place of the first acquisition.

#[cfg(feature = "arc_lock")]
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{FairMutex, Mutex, ReentrantMutex, RwLock, named};
use crate::runtime::{ClassRef, Tag};

const SHORT: Duration = Duration::from_millis(1);

#[track_caller]
fn check_tag(name: &str, tag: &Tag) {
    match tag.identity().class() {
        Some(ClassRef::FirstTaken(site)) => assert_eq!(site.file(), file!(), "{name}"),
        Some(ClassRef::Named(class)) => assert_eq!(class, name),
        Some(ClassRef::Made(_)) | None => panic!("{name}: has no place"),
    }
}

#[track_caller]
fn check_mutex(name: &str, take: impl FnOnce(&Mutex<()>)) {
    let mutex = Mutex::new(());
    take(&mutex);
    // SAFETY: only its tag is looked at.
    check_tag(name, unsafe { mutex.raw() }.tag());
}

#[track_caller]
fn check_fair_mutex(name: &str, take: impl FnOnce(&FairMutex<()>)) {
    let mutex = FairMutex::new(());
    take(&mutex);
    // SAFETY: only its tag is looked at.
    check_tag(name, unsafe { mutex.raw() }.0.tag());
}

#[track_caller]
fn check_reentrant(name: &str, take: impl FnOnce(&ReentrantMutex<()>)) {
    let mutex = ReentrantMutex::new(());
    take(&mutex);
    // SAFETY: only its tag is looked at.
    check_tag(name, unsafe { mutex.raw() }.0.tag());
}

#[track_caller]
fn check_rwlock(name: &str, take: impl FnOnce(&RwLock<()>)) {
    let lock = RwLock::new(());
    take(&lock);
    // SAFETY: only its tag is looked at.
    check_tag(name, unsafe { lock.raw() }.tag());
}

#[test]
fn mutexes() {
    let at = Instant::now();
    check_mutex("lock", |mutex| drop(mutex.lock()));
    check_mutex("try_lock", |mutex| drop(mutex.try_lock()));
    check_mutex("try_lock_for", |mutex| drop(mutex.try_lock_for(SHORT)));
    check_mutex("try_lock_until", |mutex| drop(mutex.try_lock_until(at)));
    check_fair_mutex("lock", |mutex| drop(mutex.lock()));
    check_fair_mutex("try_lock", |mutex| drop(mutex.try_lock()));
    check_fair_mutex("try_lock_for", |mutex| drop(mutex.try_lock_for(SHORT)));
    check_fair_mutex("try_lock_until", |mutex| drop(mutex.try_lock_until(at)));
    check_reentrant("lock", |mutex| drop(mutex.lock()));
    check_reentrant("try_lock", |mutex| drop(mutex.try_lock()));
    check_reentrant("try_lock_for", |mutex| drop(mutex.try_lock_for(SHORT)));
    check_reentrant("try_lock_until", |mutex| drop(mutex.try_lock_until(at)));
}

#[test]
fn rwlocks() {
    let at = Instant::now();
    check_rwlock("read", |lock| drop(lock.read()));
    check_rwlock("try_read", |lock| drop(lock.try_read()));
    check_rwlock("try_read_for", |lock| drop(lock.try_read_for(SHORT)));
    check_rwlock("try_read_until", |lock| drop(lock.try_read_until(at)));
    check_rwlock("write", |lock| drop(lock.write()));
    check_rwlock("try_write", |lock| drop(lock.try_write()));
    check_rwlock("try_write_for", |lock| drop(lock.try_write_for(SHORT)));
    check_rwlock("try_write_until", |lock| drop(lock.try_write_until(at)));
    check_rwlock("upgradable_read", |lock| drop(lock.upgradable_read()));
    check_rwlock("try_upgradable_read", |lock| drop(lock.try_upgradable_read()));
    check_rwlock("try_upgradable_read_for", |lock| drop(lock.try_upgradable_read_for(SHORT)));
    check_rwlock("try_upgradable_read_until", |lock| drop(lock.try_upgradable_read_until(at)));
}

#[cfg(feature = "arc_lock")]
#[test]
fn arcs() {
    let mutex = Arc::new(Mutex::new(()));
    drop(mutex.lock_arc());
    // SAFETY: only its tag is looked at.
    check_tag("lock_arc", unsafe { mutex.raw() }.tag());
    let mutex = Arc::new(ReentrantMutex::new(()));
    drop(mutex.lock_arc());
    // SAFETY: as above.
    check_tag("lock_arc", unsafe { mutex.raw() }.0.tag());
    let lock = Arc::new(RwLock::new(()));
    drop(lock.read_arc());
    // SAFETY: as above.
    check_tag("read_arc", unsafe { lock.raw() }.tag());
}

#[test]
fn names() {
    let (mutex, fair) = (named::mutex(&"a", ()), named::fair_mutex(&"b", ()));
    let (reentrant, lock) = (named::reentrant_mutex(&"c", ()), named::rwlock(&"d", ()));
    drop((mutex.lock(), fair.lock(), reentrant.lock(), lock.read()));
    // SAFETY: only the tags are looked at.
    unsafe {
        check_tag("a", mutex.raw().tag());
        check_tag("b", fair.raw().0.tag());
        check_tag("c", reentrant.raw().0.tag());
        check_tag("d", lock.raw().tag());
    }
}
