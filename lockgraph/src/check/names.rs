//! The names in a trace.

use crate::finding::{Blocks, Finding, Held, Lock, Place, Reason, Thread, Wanted};
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

/// No names at all: what is found while a trace is read is spelled with numbers, and gets its
/// names with [`TraceNames::name`] when all of them are known.
pub(super) struct Bare;

impl Names for Bare {
    fn place(&self, site: SiteId) -> Option<Place> {
        (site != SiteId::UNKNOWN).then(|| Place { file: String::new(), line: site.0, column: 0 })
    }

    fn lock(&self, lock: LockId) -> Lock {
        unknown_lock(lock)
    }

    fn thread(&self, thread: ThreadId) -> Thread {
        Thread { id: thread.0, name: None }
    }
}

impl TraceNames<'_> {
    /// Gives names to a finding that was spelled with [`Bare`] numbers.
    pub(super) fn name(&self, mut finding: Finding) -> Finding {
        let lock = |lock: &mut Lock| *lock = self.lock(LockId(lock.id));
        let thread = |thread: &mut Thread| *thread = Names::thread(self, ThreadId(thread.id));
        let place = |place: &mut Option<Place>| {
            *place = place.take().and_then(|place| Names::place(self, SiteId(place.line)));
        };
        let held = |held: &mut Held| {
            lock(&mut held.lock);
            place(&mut held.site);
        };
        for step in &mut finding.steps {
            thread(&mut step.thread);
            place(&mut step.site);
            step.also_holds.iter_mut().for_each(held);
            match &mut step.blocks {
                Blocks::Holds(hold) | Blocks::LeftBehind(hold) => held(hold),
                Blocks::QueuesBefore(of) | Blocks::CannotServe(_, Some(of)) => lock(of),
                Blocks::HasNotEnded | Blocks::CannotServe(_, None) | Blocks::Nobody => {}
            }
            match &mut step.wants {
                Some(Wanted::Lock(of, _) | Wanted::Signal(_, Some(of))) => lock(of),
                Some(Wanted::End(of)) => thread(of),
                Some(Wanted::Signal(_, None)) | None => {}
            }
        }
        match &mut finding.excluded {
            Some(Reason::OneThread(of)) => thread(of),
            Some(Reason::Gate(of) | Reason::ReadersOnly(of) | Reason::Permits(of, _)) => lock(of),
            Some(Reason::SpawnJoin(first, second) | Reason::Message(first, second, _)) => {
                thread(first);
                thread(second);
            }
            None => {}
        }
        finding
    }
}
