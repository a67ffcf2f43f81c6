//! The tables of a report.

use super::replay::{EdgeCount, Progress};
use super::{EdgeRow, Judge, LockRow, OrderEdge, ThreadRow};
use crate::finding::{self, Wanted};
use crate::id::{LockId, ThreadId};
use crate::names::{HoldNames, Names};

impl Judge<'_> {
    pub(super) fn order_edges(&self) -> Vec<OrderEdge> {
        let permits = |(lock, is_alone): &(LockId, bool)| {
            let permits = self.trace.permits.get(lock).filter(|_| !is_alone)?;
            (*permits < u32::MAX).then_some((*lock, *permits))
        };
        let row = |((from, to), edge): (&(LockId, LockId), &EdgeCount)| OrderEdge {
            from: *from,
            to: *to,
            count: edge.times,
            threads: edge.threads.clone(),
            sites: edge.sites,
            are_reads: edge.are_reads,
            under: edge.under.iter().filter(|(_, is_alone)| *is_alone).map(|it| it.0).collect(),
            under_permits: edge.under.iter().filter_map(permits).collect(),
        };
        self.edges().into_iter().map(row).collect()
    }

    fn edges(&self) -> Vec<(&(LockId, LockId), &EdgeCount)> {
        let mut edges: Vec<_> = self.replay.counts.rows().into_iter().flatten().collect();
        edges.sort_unstable_by_key(|(ends, _)| **ends);
        edges
    }

    pub(super) fn edge_rows(&self) -> Vec<EdgeRow> {
        let row = |((from, to), edge): (&(LockId, LockId), &EdgeCount)| EdgeRow {
            from: self.names.lock(*from),
            to: self.names.lock(*to),
            count: edge.times,
            threads: edge.threads.iter().map(|thread| self.thread(*thread)).collect(),
            from_site: Names::place(&self.names, edge.sites.0),
            to_site: Names::place(&self.names, edge.sites.1),
        };
        self.edges().into_iter().map(row).collect()
    }

    pub(super) fn lock_rows(&self) -> Vec<LockRow> {
        let row = |lock: &LockId| {
            let used = self.replay.locks.as_ref().and_then(|locks| locks.get(lock));
            LockRow {
                lock: self.names.lock(*lock),
                acquisitions: used.map_or(0, |used| used.acquisitions),
                contended: used.map_or(0, |used| used.contended),
                held_by_at_end: self.holders(*lock),
            }
        };
        self.trace.locks.keys().map(row).collect()
    }

    pub(super) fn thread_rows(&self) -> Vec<ThreadRow> {
        let row = |(id, thread): (&ThreadId, &crate::trace::Thread)| {
            let progress = self.replay.threads.get(id);
            let holds = progress.map(|progress| progress.held.holds()).unwrap_or_default();
            ThreadRow {
                thread: self.thread(*id),
                parent: thread.parent.map(|parent| parent.0),
                acquisitions: progress.map_or(0, |progress| progress.acquisitions),
                waits_for: progress.and_then(|progress| self.pending(*id, progress)),
                holds: holds.iter().map(|hold| self.names.held(hold)).collect(),
            }
        };
        self.trace.threads.iter().map(row).collect()
    }

    fn pending(&self, thread: ThreadId, progress: &Progress) -> Option<Wanted> {
        if let Some((lock, mode, _)) = progress.pending {
            return Some(Wanted::Lock(self.names.lock(lock), mode));
        }
        match &self.waits.get(thread)?.target {
            crate::wait::Target::Ends(threads) | crate::wait::Target::Returns(threads) => {
                threads.first().map(|thread| Wanted::End(self.thread(*thread)))
            }
            crate::wait::Target::Signal(signal, object, _) => {
                Some(Wanted::Signal(*signal, object.map(|object| self.names.lock(object))))
            }
            crate::wait::Target::Lock(..) | crate::wait::Target::Any(..) => None,
        }
    }

    fn holders(&self, lock: LockId) -> Vec<finding::Thread> {
        let holds = |progress: &Progress| progress.held.holds().iter().any(|h| h.lock == lock);
        let mut threads: Vec<ThreadId> = self
            .replay
            .threads
            .iter()
            .filter(|(_, p)| holds(p))
            .map(|(thread, _)| *thread)
            .collect();
        threads.sort_unstable();
        threads.into_iter().map(|thread| self.thread(thread)).collect()
    }

    fn thread(&self, thread: ThreadId) -> finding::Thread {
        Names::thread(&self.names, thread)
    }
}
