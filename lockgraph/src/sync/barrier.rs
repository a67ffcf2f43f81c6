//! A barrier: a tag beside the original. Who arrives and who leaves is told; the wait is the
//! original's.
//!
//! What every thread did before it arrived is over when any of them leaves, so those who meet leave
//! their stamps in one list. Where more threads use a barrier than pass it together, a race may put
//! one on the list of others: then an order is seen that another run does not have.

use std::fmt;
use std::panic::Location;
use std::sync::{Arc, BarrierWaitResult, Mutex};

use super::hold;
use crate::id::{LockKind, Signal};
use crate::runtime::{self, Stamp, Tag};

/// A point that a number of threads pass together. See [`std::sync::Barrier`].
///
/// # Examples
///
/// ```
/// use lockgraph::sync::Barrier;
/// use lockgraph::thread;
///
/// let start = Barrier::new(2);
/// let leaders = thread::scope(|scope| {
///     let other = scope.spawn(|| start.wait().is_leader());
///     u8::from(start.wait().is_leader()) + u8::from(other.join().unwrap())
/// });
/// assert_eq!(leaders, 1);
/// ```
pub struct Barrier {
    tag: Tag,
    size: usize,
    /// Those who have arrived since somebody left.
    meeting: Mutex<Option<Meeting>>,
    inner: std::sync::Barrier,
}

/// The stamps of those who pass together.
type Meeting = Arc<Mutex<Vec<Stamp>>>;

impl Barrier {
    /// A barrier for `n` threads.
    #[must_use]
    #[inline]
    #[track_caller]
    pub const fn new(n: usize) -> Barrier {
        Barrier::tagged(Tag::here(LockKind::Barrier), n)
    }

    pub(crate) const fn tagged(tag: Tag, n: usize) -> Barrier {
        Barrier { tag, size: n, meeting: Mutex::new(None), inner: std::sync::Barrier::new(n) }
    }

    /// Waits until all threads are here. The result is the leader's in one of them.
    #[track_caller]
    pub fn wait(&self) -> BarrierWaitResult {
        let site = Location::caller();
        let meeting = self.meet(runtime::serving(&self.tag, Signal::Arrival, site));
        let waiting = runtime::awaiting(&self.tag, Signal::Arrival, site);
        let result = self.inner.wait();
        drop(waiting);
        for stamp in hold::taken(meeting.lock()).iter() {
            runtime::heard(*stamp, LockKind::Barrier, None);
        }
        runtime::awaited(&self.tag, Signal::Arrival, Stamp::NONE, site);
        result
    }

    fn meet(&self, stamp: Stamp) -> Meeting {
        let mut current = hold::taken(self.meeting.lock());
        let meeting = Arc::clone(current.get_or_insert_default());
        let mut stamps = hold::taken(meeting.lock());
        stamps.push(stamp);
        if stamps.len() >= self.size {
            *current = None;
        }
        drop(stamps);
        meeting
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
