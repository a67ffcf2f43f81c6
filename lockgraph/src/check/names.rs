//! The names in a trace.

use crate::finding::{Held, Lock, Place, Thread};
use crate::held::Hold;
use crate::id::{LockId, SiteId, ThreadId};
use crate::names::{HoldNames, Names, unknown_lock};
use crate::trace::Trace;

pub(super) struct TraceNames<'a>(pub(super) &'a Trace);

impl Names for TraceNames<'_> {
    fn place(&self, site: SiteId) -> Option<Place> {
        self.0.sites.get(&site).cloned()
    }

    fn lock(&self, lock: LockId) -> Lock {
        self.0.locks.get(&lock).cloned().unwrap_or_else(|| unknown_lock(lock))
    }

    fn thread(&self, thread: ThreadId) -> Thread {
        let name = self.0.threads.get(&thread).and_then(|thread| thread.name.clone());
        Thread { id: thread.0, name }
    }
}

impl HoldNames<SiteId> for TraceNames<'_> {
    fn held(&self, hold: &Hold) -> Held {
        Held { lock: self.lock(hold.lock), mode: hold.mode, site: Names::place(self, hold.site) }
    }

    fn wanted_lock(&self, lock: LockId, _: &SiteId) -> Lock {
        self.lock(lock)
    }

    fn place(&self, site: &SiteId) -> Option<Place> {
        Names::place(self, *site)
    }

    fn thread(&self, thread: ThreadId) -> Thread {
        Names::thread(self, thread)
    }
}
