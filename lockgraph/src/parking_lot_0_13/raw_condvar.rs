//! The raw half of [`Condvar`](super::Condvar): a tag beside `parking_lot`'s.
//!
//! Where it is used is told apart, see [`raw::placed`]. While a thread waits, the runtime counts its mutex as given back.

use std::time::{Duration, Instant};

use ::lock_api_0_5 as lock_api;
use ::parking_lot_0_13 as parking_lot;

use super::raw_mutex::{Guard, RawMutex};
use crate::event::How;
use crate::id::LockKind;
use crate::raw;
use crate::runtime::{self, CondvarTag, Tag};

/// The raw half of [`Condvar`](super::Condvar). Like `parking_lot`'s, it never wakes without
/// being notified, and panics if threads wait with two mutexes at once.
pub struct RawCondvar {
    tag: CondvarTag,
    inner: parking_lot::RawCondvar,
}

// SAFETY: the waits are those of `parking_lot`, on the mutex behind ours; the caller's promises
// about ours hold for that one, and `guard` is its guard.
unsafe impl lock_api::RawCondvar for RawCondvar {
    const INIT: RawCondvar = RawCondvar {
        tag: CondvarTag::new(Tag::unplaced(LockKind::Condvar)),
        inner: parking_lot::RawCondvar::INIT,
    };

    type RawMutex = RawMutex;

    #[track_caller]
    unsafe fn wait(&self, mutex: &RawMutex, guard: &mut Guard) {
        // Whoever notifies learns whether somebody waits.
        let site = raw::place();
        runtime::changing(&self.tag, site);
        let _waiting = runtime::cond_waiting(&self.tag, mutex.tag(), How::Blocking, site);
        // SAFETY: the caller holds `mutex` by `guard`.
        unsafe { self.inner.wait(mutex.inner(), guard) }
    }

    #[track_caller]
    fn notify_one(&self) -> bool {
        let site = raw::place();
        let _notifying = runtime::notifying(&self.tag, site);
        let was_there = self.inner.notify_one();
        if was_there {
            runtime::seen_changed(&self.tag, site);
        }
        was_there
    }

    #[track_caller]
    fn notify_all(&self) -> usize {
        let site = raw::place();
        let _notifying = runtime::notifying(&self.tag, site);
        let were_there = self.inner.notify_all();
        if were_there > 0 {
            runtime::seen_changed(&self.tag, site);
        }
        were_there
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawCondvarTimed for RawCondvar {
    fn checked_duration_to_instant(timeout: &Duration) -> Option<Instant> {
        parking_lot::RawCondvar::checked_duration_to_instant(timeout)
    }

    #[track_caller]
    unsafe fn wait_until(&self, mutex: &RawMutex, guard: &mut Guard, timeout: &Instant) -> bool {
        // Whoever notifies learns whether somebody waits.
        let site = raw::place();
        runtime::changing(&self.tag, site);
        let _waiting = runtime::cond_waiting(&self.tag, mutex.tag(), How::Timed, site);
        // SAFETY: the caller holds `mutex` by `guard`.
        unsafe { self.inner.wait_until(mutex.inner(), guard, timeout) }
    }

    #[track_caller]
    unsafe fn wait_for(&self, mutex: &RawMutex, guard: &mut Guard, timeout: &Duration) -> bool {
        // Whoever notifies learns whether somebody waits.
        let site = raw::place();
        runtime::changing(&self.tag, site);
        let _waiting = runtime::cond_waiting(&self.tag, mutex.tag(), How::Timed, site);
        // SAFETY: the caller holds `mutex` by `guard`.
        unsafe { self.inner.wait_for(mutex.inner(), guard, timeout) }
    }
}
