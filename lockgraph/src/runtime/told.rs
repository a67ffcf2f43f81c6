//! What a thread has told the trace, in its own memory: no lock is needed for what is known here.
//!
//! Two direct-mapped tables, of places and of locks. A thread uses few of either in its steady
//! state, and what was pushed out is told once more, which costs two locks of ours and changes
//! nothing. Beside them the thread's wait slot, from its first wait to its end.

use super::block::Taken;
use super::holds::Hold;
use super::tag::Site;
use crate::id::{LockId, Mode, SiteId, ThreadId};
use crate::trace::{Slot, WaitSlot, Waiting};
use crate::wait::Target;

const SITES: usize = 64;
const LOCKS: usize = 64;

/// What one thread has told the trace.
pub(crate) struct Told {
    /// By address: places with their numbers, which the trace knows.
    sites: [(usize, SiteId); SITES],
    /// By number: locks that the trace knows. Numbers are never reused, so this stays true.
    locks: [Option<LockId>; LOCKS],
    /// Where this thread's waits are shown; taken out while one is.
    pub(super) slot: Option<Slot>,
    /// The last wait, for its buffers.
    pub(super) wait: WaitSlot,
}

impl Default for Told {
    fn default() -> Told {
        Told {
            sites: [(0, SiteId::UNKNOWN); SITES],
            locks: [None; LOCKS],
            slot: None,
            wait: WaitSlot {
                thread: ThreadId(0),
                wants: Waiting::Lock(LockId(0), Mode::Exclusive),
                site: SiteId::UNKNOWN,
                since_nanos: 0,
                held: Vec::new(),
                held_count: 0,
                stack: Vec::new(),
            },
        }
    }
}

/// Places are records of three words, often beside each other.
#[inline]
fn row(site: Site) -> (usize, usize) {
    let address = std::ptr::from_ref(site).addr();
    (address / align_of_val(site) % SITES, address)
}

impl Told {
    /// The number of a place that the trace knows.
    #[inline]
    pub(super) fn site(&self, site: Site) -> Option<SiteId> {
        let (at, address) = row(site);
        let (known, number) = self.sites[at];
        (known == address).then_some(number)
    }

    /// The trace knows this place.
    pub(super) fn add_site(&mut self, site: Site, number: SiteId) {
        let (at, address) = row(site);
        self.sites[at] = (address, number);
    }

    /// The trace knows this lock.
    pub(super) fn add_lock(&mut self, lock: LockId) {
        self.locks[lock.0 as usize % LOCKS] = Some(lock);
    }

    fn knows(&self, lock: LockId) -> bool {
        self.locks[lock.0 as usize % LOCKS] == Some(lock)
    }

    /// Fills in what this thread waits for and holds. `None`: the trace does not know all of it,
    /// or this thread has no slot yet.
    pub(super) fn wait_for(
        &mut self,
        target: &Target,
        wanted: &Taken,
        holds: &[Hold],
    ) -> Option<()> {
        let Target::Lock(lock, mode) = *target else { return None };
        if self.slot.is_none() || !self.knows(lock) {
            return None;
        }
        self.wait.site = self.site(wanted.site)?;
        self.wait.wants = Waiting::Lock(lock, mode);
        self.wait.held.clear();
        for hold in holds {
            let site = self.site(hold.site).filter(|_| self.knows(hold.lock()))?;
            self.wait.held.push((hold.lock(), hold.mode(), site));
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use std::panic::Location;

    use super::*;

    #[test]
    fn only_what_was_told_is_known() {
        // More than there are rows, so that some are pushed out.
        let sites: Vec<Site> =
            (0..3 * SITES).map(|_| &*Box::leak(Box::new(*Location::caller()))).collect();
        let mut told = Told::default();
        for (number, site) in (1..).zip(&sites) {
            assert_eq!(told.site(site), None);
            assert!(!told.knows(LockId(number)));
            told.add_site(site, SiteId(number as u32));
            told.add_lock(LockId(number));
            assert_eq!(told.site(site), Some(SiteId(number as u32)));
            assert!(told.knows(LockId(number)));
        }
        for (number, site) in (1..).zip(&sites) {
            assert!(told.site(site).is_none_or(|known| known == SiteId(number)), "{number}");
        }
        assert!(!told.knows(LockId(1)) && told.knows(LockId(3 * SITES as u64)));
    }
}
