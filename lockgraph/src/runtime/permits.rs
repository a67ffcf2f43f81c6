//! How many threads a semaphore lets in at once, as the graph and the trace know it.
//!
//! It lies beside the lock, for few have one, and is there before the semaphore has its number: whoever
//! sees the number finds it. The graph and the trace hear of it when the semaphore is first held where
//! something else is wanted. One that is given more permits than it began with counts for nothing from
//! then on, and what it kept apart is looked at again.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use super::tag::{Site, Tag};
use super::{local, locked, report, state};
use crate::id::LockId;
use crate::slab::Hashing;

/// Of the semaphores that have several, as long as they live and are given no more.
static PERMITS: LazyLock<Mutex<HashMap<LockId, u32, Hashing>>> = LazyLock::new(Mutex::default);

/// The semaphore is used for the first time, at `site`, and has so many permits.
#[cold]
pub(crate) fn let_in(tag: &Tag, permits: u32, site: Site) {
    local::untracked(|| {
        let mut all = locked(&PERMITS);
        // Another thread may have been first.
        if tag.known_id().is_none() {
            all.insert(tag.give_known(site), permits);
        }
    });
}

/// How many it has; `None`: that keeps nobody out.
pub(super) fn of(semaphore: LockId) -> Option<u32> {
    locked(&PERMITS).get(&semaphore).copied()
}

/// The semaphore is about to be given more permits than it began with.
#[cold]
pub(crate) fn let_all_in(tag: &Tag) {
    let Some(semaphore) = tag.known_id() else { return };
    local::untracked(|| {
        locked(&PERMITS).remove(&semaphore);
        state::let_all_in(semaphore);
    });
}

/// It has been given them: tells what they let happen.
#[cold]
pub(crate) fn judge_again(tag: &Tag) {
    let Some(semaphore) = tag.known_id() else { return };
    let found = local::untracked(|| state::judge_again(semaphore));
    found.iter().for_each(report::report_for_another);
}

/// A semaphore is gone.
pub(super) fn forget(semaphore: LockId) {
    locked(&PERMITS).remove(&semaphore);
}
