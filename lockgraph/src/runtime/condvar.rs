//! What condition variables call.

use super::block::Wait;
use super::hook::{acquiring, event, push, released};
use super::signal::serving;
use super::tag::{Site, Tag};
use crate::event::{How, Op};
use crate::id::{Mode, Signal};

/// About to wait on the condition variable `condvar`, giving `mutex` back meanwhile.
///
/// A wait that is not [`How::Blocking`] ends by itself.
#[track_caller]
pub fn cond_waiting<'a>(condvar: &'a Tag, mutex: &'a Tag, how: How, site: Site) -> CondWait<'a> {
    released(mutex);
    // From here on a panic takes the hold back too.
    let mut wait = CondWait { condvar, mutex, site, wait: None };
    // Coming back takes the mutex again while whatever else is held stays so.
    let _ = acquiring(mutex, Mode::Exclusive, site);
    event(Op::Wait(condvar.id(site).0), Some(site));
    if how == How::Blocking {
        wait.wait = Wait::for_signal(Signal::Notify, Some(condvar), Some(mutex), site);
    }
    wait
}

/// A wait on a condition variable. Dropping it takes the hold of the mutex back, which the raw
/// wait has re-acquired.
#[must_use]
pub struct CondWait<'a> {
    condvar: &'a Tag,
    mutex: &'a Tag,
    site: Site,
    wait: Option<Wait>,
}

impl Drop for CondWait<'_> {
    fn drop(&mut self) {
        drop(self.wait.take());
        if let Some(condvar) = self.condvar.known_id() {
            event(Op::Woken(condvar.0), None);
        }
        push(self.mutex, Mode::Exclusive, How::Blocking, self.site);
    }
}

/// Wakes waiters of a condition variable.
pub fn notified(condvar: &Tag, site: Site) {
    event(Op::Notify(condvar.id(site).0), Some(site));
    let _ = serving(condvar, Signal::Notify, site);
}
