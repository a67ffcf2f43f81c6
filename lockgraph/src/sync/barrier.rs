//! A barrier: a tag beside the original. Who arrives and who leaves is told; the wait is the
//! original's.

use std::fmt;
use std::panic::Location;
use std::sync::BarrierWaitResult;

use crate::id::{LockKind, Signal};
use crate::runtime::{self, Tag};

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
    inner: std::sync::Barrier,
}

impl Barrier {
    /// A barrier for `n` threads.
    #[must_use]
    #[inline]
    #[track_caller]
    pub const fn new(n: usize) -> Barrier {
        Barrier::tagged(Tag::here(LockKind::Barrier), n)
    }

    pub(crate) const fn tagged(tag: Tag, n: usize) -> Barrier {
        Barrier { tag, inner: std::sync::Barrier::new(n) }
    }

    /// Waits until all threads are here. The result is the leader's in one of them.
    #[track_caller]
    pub fn wait(&self) -> BarrierWaitResult {
        let site = Location::caller();
        let stamp = runtime::serving(&self.tag, Signal::Arrival, site);
        let waiting = runtime::awaiting(&self.tag, Signal::Arrival, site);
        let result = self.inner.wait();
        drop(waiting);
        runtime::awaited(&self.tag, Signal::Arrival, stamp, site);
        result
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
