//! What is published of waits with a time limit, on the thread of the test.

use std::panic::Location;

use super::*;
use crate::hooks::How;
use crate::id::LockKind;
use crate::runtime::hook::{acquiring, refused, released};

/// A lock that was refused at `site` once, so that waits there are published from now on.
fn refused_once(kind: LockKind, site: Site) -> Tag {
    let tag = Tag::here(kind);
    acquiring(&tag, Mode::Exclusive, site).acquired();
    released(&tag);
    refused(&tag, Mode::Exclusive, How::Timed, site);
    tag
}

/// What others know of this thread.
fn known<T>(of: impl FnOnce(&Blocked<Taken>) -> T) -> Option<T> {
    let thread = local::busy(|local| local.id)?;
    locked(&LIMITED).get(thread).map(of)
}

#[test]
fn a_hold_that_another_thread_gives_back_is_no_longer_published() {
    let site = Location::caller();
    let (wanted, held) = (refused_once(LockKind::Mutex, site), Tag::here(LockKind::Mutex));
    acquiring(&held, Mode::Exclusive, site).acquired();
    let lock = held.known_id().expect("it was taken");
    let has_it = |wait: &Blocked<Taken>| wait.held.iter().any(|hold| hold.lock == lock);
    let waiting = limited(&wanted, Mode::Exclusive, site);
    assert_eq!(known(has_it), Some(true));
    block::released_by_another(&held, lock);
    assert_eq!(known(has_it), Some(false));
    drop(waiting);
    assert_eq!(known(has_it), None);
    released(&held);
}

#[test]
fn readers_queue_behind_a_writer_only_if_it_queues_itself() {
    let site = Location::caller();
    let table = refused_once(LockKind::RwLock, site);
    let mutex = refused_once(LockKind::Mutex, site);
    type Begin = fn(&Tag, Mode, Site) -> Limited;
    for (begin, tag, mode, want) in [
        (limited as Begin, &table, Mode::Exclusive, false),
        #[cfg(any(feature = "parking_lot", feature = "parking_lot_0_13"))]
        (limited_in_queue as Begin, &table, Mode::Exclusive, true),
        #[cfg(any(feature = "parking_lot", feature = "parking_lot_0_13"))]
        (limited_in_queue as Begin, &table, Mode::Shared, false),
        #[cfg(any(feature = "parking_lot", feature = "parking_lot_0_13"))]
        (limited_in_queue as Begin, &mutex, Mode::Exclusive, false),
        (limited as Begin, &mutex, Mode::Exclusive, false),
    ] {
        let _waiting = begin(tag, mode, site);
        assert_eq!(known(|wait| wait.is_writer), Some(want), "{mode:?}");
    }
}
