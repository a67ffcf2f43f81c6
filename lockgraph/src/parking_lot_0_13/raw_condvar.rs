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
        let _waiting = runtime::cond_waiting(&self.tag, mutex.tag(), How::Blocking, raw::place());
        // SAFETY: the caller holds `mutex` by `guard`.
        unsafe { self.inner.wait(mutex.inner(), guard) }
    }

    #[track_caller]
    fn notify_one(&self) -> bool {
        let _notifying = runtime::notifying(&self.tag, raw::place());
        self.inner.notify_one()
    }

    #[track_caller]
    fn notify_all(&self) -> usize {
        let _notifying = runtime::notifying(&self.tag, raw::place());
        self.inner.notify_all()
    }
}

// SAFETY: as above.
unsafe impl lock_api::RawCondvarTimed for RawCondvar {
    fn checked_duration_to_instant(timeout: &Duration) -> Option<Instant> {
        parking_lot::RawCondvar::checked_duration_to_instant(timeout)
    }

    #[track_caller]
    unsafe fn wait_until(&self, mutex: &RawMutex, guard: &mut Guard, timeout: &Instant) -> bool {
        let _waiting = runtime::cond_waiting(&self.tag, mutex.tag(), How::Timed, raw::place());
        // SAFETY: the caller holds `mutex` by `guard`.
        unsafe { self.inner.wait_until(mutex.inner(), guard, timeout) }
    }

    #[track_caller]
    unsafe fn wait_for(&self, mutex: &RawMutex, guard: &mut Guard, timeout: &Duration) -> bool {
        let _waiting = runtime::cond_waiting(&self.tag, mutex.tag(), How::Timed, raw::place());
        // SAFETY: the caller holds `mutex` by `guard`.
        unsafe { self.inner.wait_for(mutex.inner(), guard, timeout) }
    }
}
