//! How often and how long threads waited, for the trace.
//!
//! Every published wait counts when it is over, by what was waited for and where. That costs
//! nothing but in waits, which are slow anyway: the figures lie under the lock of who is blocked,
//! which a wait takes to say that it is over.
//!
//! Figures are told to the trace when they are new, when the number of waits or the longest wait
//! has doubled, when the lock is gone, and when the process ends. So after SIGKILL what is in the
//! trace is at least half of what there was; what was waited for at that moment is in the slots.
//!
//! O(places where the same is waited for). At most [`MOST`] figures are kept at a time; waits that
//! find no room are counted together, as those for others.

use std::collections::HashMap;
use std::sync::Once;

use super::block::STATE;
use super::{local, locked, record, sys};
use crate::id::{LockId, SiteId, ThreadId};
use crate::slab::Hashing;
use crate::trace::{Awaited, Contention};
use crate::wait::Target;

/// So many figures are kept: a megabyte.
const MOST: usize = 16_384;

/// Under this number is what was waited for without a lock or object; no lock has it.
const NONE: LockId = LockId(0);

/// The figures of the locks that live.
#[derive(Default)]
pub(super) struct Figures {
    by_object: HashMap<LockId, Vec<Row>, Hashing>,
    count: usize,
    others: Option<Row>,
}

struct Row {
    now: Contention,
    /// As the trace knows them.
    told: Option<Contention>,
}

/// A wait that is over.
#[derive(Clone, Copy)]
pub(super) struct Over {
    pub(super) what: Awaited<LockId>,
    pub(super) site: SiteId,
    pub(super) thread: ThreadId,
    pub(super) nanos: u64,
}

impl Figures {
    /// Counts a wait. Returns what the trace is to be told.
    pub(super) fn add(&mut self, over: Over) -> Option<Contention> {
        let row = self.row(over);
        row.add(over);
        row.is_due().then(|| row.tell())
    }

    fn row(&mut self, over: Over) -> &mut Row {
        let rows = self.by_object.entry(over.what.object().unwrap_or(NONE)).or_default();
        let is_it = |row: &Row| row.now.what == over.what && row.now.site == over.site;
        let at = rows.iter().position(is_it).unwrap_or(rows.len());
        if at == rows.len() {
            if self.count >= MOST {
                let others = Over { what: Awaited::Others, ..over };
                return self.others.get_or_insert_with(|| Row::new(others));
            }
            self.count += 1;
            rows.push(Row::new(over));
        }
        &mut rows[at]
    }

    /// The lock is gone. Returns what the trace does not know yet.
    pub(super) fn forget(&mut self, lock: LockId) -> Vec<Contention> {
        if self.count == 0 {
            return Vec::new();
        }
        let rows = self.by_object.remove(&lock).unwrap_or_default();
        self.count -= rows.len();
        rows.iter().filter(|row| row.told != Some(row.now)).map(|row| row.now).collect()
    }

    /// What the trace does not know yet.
    fn untold(&mut self) -> Vec<Contention> {
        let rows = self.by_object.values_mut().flatten().chain(&mut self.others);
        rows.filter(|row| row.told != Some(row.now)).map(Row::tell).collect()
    }
}

impl Row {
    fn new(Over { what, site, thread, .. }: Over) -> Row {
        let now = Contention { what, site, waits: 0, total_nanos: 0, longest_nanos: 0, thread };
        Row { now, told: None }
    }

    fn add(&mut self, over: Over) {
        self.now.waits += 1;
        self.now.total_nanos = self.now.total_nanos.saturating_add(over.nanos);
        if over.nanos > self.now.longest_nanos {
            self.now.longest_nanos = over.nanos;
            (self.now.site, self.now.thread) = (over.site, over.thread);
        }
    }

    fn is_due(&self) -> bool {
        self.told.is_none_or(|told| {
            self.now.waits >= 2 * told.waits || self.now.longest_nanos > 2 * told.longest_nanos
        })
    }

    fn tell(&mut self) -> Contention {
        self.told = Some(self.now);
        self.now
    }
}

/// What a target is in figures.
pub(super) fn awaited(target: &Target) -> Awaited<LockId> {
    match target {
        Target::Lock(lock, _) => Awaited::Lock(*lock),
        Target::Ends(_) | Target::Returns(_) => Awaited::Ends,
        Target::Any(signal, first) => Awaited::Signal(*signal, Some(*first)),
        Target::Signal(signal, object, _) => Awaited::Signal(*signal, *object),
    }
}

/// Tells the trace. Call it without the lock of who is blocked.
pub(super) fn tell(figures: &[Contention]) {
    static FIRST: Once = Once::new();
    if !figures.is_empty() {
        FIRST.call_once(|| sys::at_exit(at_exit));
        record::waited(figures);
    }
}

extern "C" fn at_exit() {
    if !local::is_fork() {
        local::untracked(|| {
            let untold = locked(&STATE).contention.untold();
            record::waited(&untold);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn over(lock: u64, site: u32, thread: u32, nanos: u64) -> Over {
        let what = Awaited::Lock(LockId(lock));
        Over { what, site: SiteId(site), thread: ThreadId(thread), nanos }
    }

    fn numbers(figures: &Contention) -> (u64, u64, u64, u32) {
        let Contention { waits, total_nanos, longest_nanos, thread, .. } = *figures;
        (waits, total_nanos, longest_nanos, thread.0)
    }

    #[test]
    fn what_is_new_or_has_doubled_is_told() {
        let mut figures = Figures::default();
        for (nanos, thread, told) in [
            (10, 1, Some((1, 10, 10, 1))),
            (5, 2, Some((2, 15, 10, 1))),
            (5, 2, None),
            (5, 2, Some((4, 25, 10, 1))),
            (19, 2, None),
            (20, 3, None),
            (21, 4, Some((7, 85, 21, 4))),
        ] {
            let got = figures.add(over(1, 1, thread, nanos));
            assert_eq!(got.as_ref().map(numbers), told, "{nanos}");
        }
        assert_eq!(figures.untold(), []);
        assert_eq!(figures.add(over(1, 1, 1, 1)), None);
        assert_eq!(figures.untold().iter().map(numbers).collect::<Vec<_>>(), [(8, 86, 21, 4)]);
        assert_eq!(figures.untold(), []);
    }

    #[test]
    fn figures_are_kept_apart_by_what_and_where_until_the_lock_is_gone() {
        let mut figures = Figures::default();
        let notified = Awaited::Signal(crate::id::Signal::Notify, Some(LockId(1)));
        let waits = [over(1, 1, 1, 1), over(1, 2, 1, 1), over(2, 1, 1, 1)];
        let others =
            [Over { what: notified, ..waits[0] }, Over { what: Awaited::Ends, ..waits[0] }];
        for wait in waits.into_iter().chain(others) {
            assert_eq!(figures.add(wait).map(|told| told.waits), Some(1));
        }
        assert_eq!(figures.count, 5);
        assert_eq!(figures.forget(LockId(1)), [], "all of it was told");
        assert_eq!(figures.count, 2);
        assert_eq!(figures.add(waits[0]).map(|told| told.waits), Some(1));
        figures.add(waits[0]);
        assert_eq!(figures.add(waits[0]), None);
        assert_eq!(
            figures.forget(LockId(1)).iter().map(|left| left.waits).collect::<Vec<_>>(),
            [3]
        );
    }

    #[test]
    fn past_the_bound_waits_are_counted_together() {
        let mut figures = Figures::default();
        for lock in 1..=MOST as u64 {
            figures.add(over(lock, 1, 1, 1));
        }
        assert_eq!(figures.add(over(1, 1, 1, 1)).map(|told| told.waits), Some(2));
        let told = figures.add(over(1, 2, 1, 5)).expect("it is new");
        assert_eq!((told.what, told.waits, told.site), (Awaited::Others, 1, SiteId(2)));
        let told = figures.add(over(1 << 20, 3, 1, 90)).expect("it has doubled");
        assert_eq!((told.what, told.waits, told.site), (Awaited::Others, 2, SiteId(3)));
        figures.forget(LockId(7));
        let told = figures.add(over(1 << 20, 3, 1, 90)).expect("there is room for it");
        assert_eq!((told.what, told.waits), (Awaited::Lock(LockId(1 << 20)), 1));
    }
}
