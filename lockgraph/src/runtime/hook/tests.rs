//! The hooks, called as a lock would, on the thread of the test.

use std::panic::Location;

use super::*;
use crate::id::LockKind;

fn take(tag: &Tag) {
    acquiring(tag, Mode::Exclusive, Location::caller()).acquired();
}

fn held() -> Vec<LockId> {
    let locks = |local: &mut local::Local| local.holds.as_slice().iter().map(Hold::lock).collect();
    local::hot(locks).expect("the thread is tracked")
}

#[test]
fn what_is_given_back_or_taken_while_suspended_is_known_afterwards() {
    let [outer, other, internal] = [(); 3].map(|()| Tag::here(LockKind::Mutex));
    take(&outer);
    internal.mark_internal();
    take(&internal);
    assert!(local::is_untracked(), "whoever holds an internal lock is suspended");
    released(&outer);
    take(&other);
    released(&internal);
    assert_eq!(held(), [other.known_id().expect("it was held")]);
    released(&other);
    assert!(held().is_empty());
    assert!(!other.identity().is_sendable(), "nobody else gave it back");
}

#[test]
fn a_lock_held_before_it_was_seen_to_be_internal_is_given_back_for_itself() {
    let [early, internal] = [(); 2].map(|()| Tag::here(LockKind::Mutex));
    take(&early);
    early.mark_internal();
    internal.mark_internal();
    take(&internal);
    released(&early);
    assert!(local::is_untracked(), "the other one is still held");
    released(&internal);
    assert!(held().is_empty());
}

#[test]
fn a_thread_whose_first_lock_is_internal_is_tracked_afterwards() {
    std::thread::spawn(|| {
        let [internal, plain] = [(); 2].map(|()| Tag::here(LockKind::Mutex));
        internal.mark_internal();
        take(&internal);
        released(&internal);
        assert!(local::is_unborn());
        take(&plain);
        assert_eq!(held().len(), 1);
        released(&plain);
    })
    .join()
    .expect("the assertions hold");
}
