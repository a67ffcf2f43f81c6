//! What condition variables and barriers call.

use super::hook::{acquiring, event, push, released};
use super::tag::{Site, Tag};
use crate::event::{How, Op};
use crate::id::Mode;

/// About to wait on the condition variable `condvar`, giving `mutex` back meanwhile.
pub fn cond_waiting<'a>(condvar: &'a Tag, mutex: &'a Tag, site: Site) -> CondWait<'a> {
    released(mutex);
    // From here on a panic takes the hold back too.
    let wait = CondWait { condvar, mutex, site };
    // Coming back takes the mutex again while whatever else is held stays so.
    let _ = acquiring(mutex, Mode::Exclusive, site);
    event(Op::Wait(condvar.id(site).0), Some(site));
    wait
}

/// A wait on a condition variable. Dropping it takes the hold of the mutex back, which the raw
/// wait has re-acquired.
#[must_use]
pub struct CondWait<'a> {
    condvar: &'a Tag,
    mutex: &'a Tag,
    site: Site,
}

impl Drop for CondWait<'_> {
    fn drop(&mut self) {
        if let Some(condvar) = self.condvar.known_id() {
            event(Op::Woken(condvar.0), None);
        }
        push(self.mutex, Mode::Exclusive, How::Blocking, self.site);
    }
}

/// Wakes waiters of a condition variable.
pub fn notified(condvar: &Tag, site: Site) {
    event(Op::Notify(condvar.id(site).0), Some(site));
}

/// Arrives at a barrier.
pub(crate) fn arriving(barrier: &Tag, site: Site) {
    event(Op::Arrive(barrier.id(site).0), Some(site));
}

/// Leaves a barrier.
pub(crate) fn left(barrier: &Tag, site: Site) {
    event(Op::Leave(barrier.id(site).0), Some(site));
}
