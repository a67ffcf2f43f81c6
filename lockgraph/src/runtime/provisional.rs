//! Numbers that may not last: those that a lock was given by somebody who does not hold it.
//!
//! Whoever holds a lock for the first time gives it its number by a plain store (see `tag`). If that
//! thread is stopped just before it, for so long that somebody who waits gives the lock a number, the
//! store replaces it. What is known by either number stays apart then, which does no harm; but threads
//! that sort locks by one and by the other take them in different orders, and can deadlock. So
//! [`acquire`](fn@crate::acquire) waits with a lock whose number is one of these.
//!
//! A number is final, and is one of these no more, once somebody has had the lock after it was given:
//! whoever held it before has stored his by then. That is who waited for it and has got it, who holds it in
//! a way that is not the fastest, or who takes it for that purpose. A reader will do, because only who
//! holds a lock alone stores plainly.
//!
//! No cost while there is none, but a load. One lock of our own, inside of all others.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};

use super::tag::{Site, Tag};
use super::{local, locked};
use crate::id::LockId;
use crate::slab::Hashing;

static NUMBERS: LazyLock<Mutex<HashSet<LockId, Hashing>>> = LazyLock::new(Mutex::default);
/// How many there are.
static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Gives a lock that has none a number that may not last. Returns the one that it has then.
#[cold]
pub(super) fn give(tag: &Tag, site: Site) -> LockId {
    local::untracked(|| {
        // Before anybody can see it at the lock.
        let number = local::next_lock_number();
        change(|numbers| numbers.insert(number));
        let given = tag.give_as_known(site, number);
        if given != number {
            change(|numbers| numbers.remove(&number));
        }
        given
    })
}

/// Whether this number may not last. After a "no" the lock has the number that it keeps.
pub(super) fn is(number: LockId) -> bool {
    // Acquire, so that the number is seen that has replaced one that is settled.
    let is_any = COUNT.load(Ordering::Acquire) > 0 && !local::is_fork();
    is_any && local::untracked(|| locked(&NUMBERS).contains(&number))
}

/// Nobody who was about to replace this number is left.
pub(super) fn settle(number: LockId) {
    if is(number) {
        local::untracked(|| change(|numbers| numbers.remove(&number)));
    }
}

fn change(change: impl FnOnce(&mut HashSet<LockId, Hashing>) -> bool) {
    let mut numbers = locked(&NUMBERS);
    change(&mut numbers);
    COUNT.store(numbers.len(), Ordering::Release);
}

#[cfg(test)]
mod tests {
    use std::panic::Location;
    use std::sync::mpsc;
    use std::thread;

    use super::super::contended::contended;
    use super::super::hook::acquiring_to_write;
    use super::super::together::{give_place, has_place};
    use super::*;
    use crate::acquire::AcquireError;
    use crate::id::LockKind;
    use crate::sync::{Mutex, RwLock};

    /// Who holds the lock for the first time is stopped before it stores the number.
    #[test]
    fn a_number_that_is_replaced_was_nobodys_place() {
        let site = Location::caller();
        let tag = Tag::unplaced(LockKind::Mutex);
        let (mut waiters, mut holders) = (None, None);
        tag.number_first(site, || {
            assert!(!has_place(&tag, site), "it has no number");
            waiters = Some(give(&tag, site));
            assert_eq!(tag.known_id(), waiters);
            assert!(!has_place(&tag, site), "it is to be replaced");
            holders = Some(local::next_lock_number());
            holders
        });
        assert_eq!(tag.known_id(), holders);
        assert_ne!(waiters, holders);
        assert!(has_place(&tag, site));
        settle(waiters.expect("it was given"));
    }

    /// Who holds the lock for the first time gives it no number, because it is not tracked.
    #[test]
    fn a_number_lasts_once_somebody_has_had_the_lock_alone() {
        let site = Location::caller();
        let tag = Tag::unplaced(LockKind::Mutex);
        let given = give(&tag, site);
        assert!(!has_place(&tag, site));
        assert_eq!(give(&tag, site), given, "it has one");
        assert!(!has_place(&tag, site));
        give_place(&tag, site);
        assert_eq!(tag.known_id(), Some(given));
        assert!(has_place(&tag, site));
    }

    #[test]
    fn a_lock_that_goes_takes_its_number_along() {
        let tag = Tag::unplaced(LockKind::Mutex);
        let given = give(&tag, Location::caller());
        assert!(is(given));
        drop(tag);
        assert!(!is(given));
    }

    /// What a thread holds has the number that it keeps.
    #[test]
    fn what_this_thread_holds_is_not_waited_for() {
        let (held, other) = (Mutex::new(1), Mutex::new(2));
        let guard = held.lock().unwrap();
        let number = held.tag().known_id().expect("it is held");
        local::untracked(|| change(|numbers| numbers.insert(number)));
        assert!(is(number));
        let wanted = crate::acquire((&other, &held)).map(|_| ());
        assert!(matches!(wanted, Err(AcquireError::Twice(_))), "{wanted:?}");
        assert!(!is(number));
        drop(guard);
    }

    /// One that reads for as long as it likes is not in the way.
    #[test]
    fn readers_do_not_keep_a_number_from_being_final() {
        let (read, other) = (RwLock::new(1), Mutex::new(2));
        let number = give(read.tag(), Location::caller());
        thread::scope(|scope| {
            let (done, end) = mpsc::channel::<()>();
            let (begun, beginning) = mpsc::channel();
            let read = &read;
            scope.spawn(move || {
                let _reading = read.read().unwrap();
                // As if it had been read in the fastest way.
                local::untracked(|| change(|numbers| numbers.insert(number)));
                begun.send(()).unwrap();
                let _ = end.recv();
            });
            beginning.recv().unwrap();
            assert!(is(number));
            assert_eq!(*crate::acquire((&other, crate::read(read))).unwrap().1, 1);
            assert!(!is(number));
            drop(done);
        });
    }

    #[test]
    fn whoever_gets_a_lock_settles_its_number() {
        let (first, second) = (Mutex::new(1), Mutex::new(2));
        let site = Location::caller();
        // Not in the fastest way, for this thread has not been seen yet.
        let numbers = [&first, &second].map(|mutex| give(mutex.tag(), site));
        thread::scope(|scope| {
            scope.spawn(|| drop(first.lock()));
        });
        assert!(!is(numbers[0]));
        let attempt = acquiring_to_write(second.tag(), site);
        contended(attempt, || Some(()), || ());
        assert!(!is(numbers[1]));
    }
}
