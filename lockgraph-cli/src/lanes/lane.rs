//! One thread: what it holds, and what it waits for.

use lockgraph::id::{Mode, SiteId, ThreadId};

use super::{Bar, By, Kind, LaneId, ThingId};

/// Where a thread is in the trace.
pub(super) struct Lane {
    pub(super) thread: ThreadId,
    /// By level, each on another one.
    pub(super) holds: Vec<Hold>,
    /// While there is one, no hold begins.
    pub(super) wait: Option<Wait>,
    /// The last event so far that was of the thread, or ended a hold of it.
    pub(super) latest: Option<u64>,
    /// Its end.
    pub(super) ended: Option<u64>,
}

/// A lock that is held.
#[derive(Clone, Copy)]
pub(super) struct Hold {
    pub(super) thing: ThingId,
    pub(super) level: u32,
    /// When it was taken.
    pub(super) taken: u64,
    /// Since when it is held in this mode.
    pub(super) from: u64,
    pub(super) site: SiteId,
    pub(super) mode: Mode,
    /// Taken how many times over.
    pub(super) depth: u32,
}

/// Something that is waited for.
pub(super) struct Wait {
    pub(super) from: u64,
    pub(super) level: u32,
    pub(super) thing: Option<ThingId>,
    /// If it is a lock, how it is wanted.
    pub(super) want: Option<(ThingId, Mode)>,
    pub(super) site: SiteId,
    pub(super) by: Option<By>,
    /// It ends by itself.
    pub(super) is_timed: bool,
    /// The trace says that it had not ended.
    pub(super) is_recorded: bool,
}

impl Lane {
    pub(super) fn new(thread: ThreadId) -> Lane {
        Lane { thread, holds: Vec::new(), wait: None, latest: None, ended: None }
    }

    /// The lowest level on which no hold lies: levels rise, so up to the first gap each is its
    /// position.
    pub(super) fn free_level(&self) -> u32 {
        let mut range = 0..self.holds.len();
        while !range.is_empty() {
            let middle = range.start + range.len() / 2;
            match self.holds[middle].level as usize == middle {
                true => range.start = middle + 1,
                false => range.end = middle,
            }
        }
        range.start as u32
    }

    /// Adds a hold on the lowest free level.
    pub(super) fn take(&mut self, hold: Hold) {
        self.holds.insert(hold.level as usize, hold);
    }

    /// The latest hold of this.
    pub(super) fn latest_of(&self, thing: ThingId) -> Option<&Hold> {
        self.holds.iter().filter(|hold| hold.thing == thing).max_by_key(|hold| hold.taken)
    }

    pub(super) fn deepen(&mut self, thing: ThingId) {
        if let Some(at) = self.position(thing, |_| true) {
            self.holds[at].depth += 1;
        }
    }

    /// The latest hold of this that `is_it`.
    fn position(&self, thing: ThingId, is_it: impl Fn(&Hold) -> bool) -> Option<usize> {
        let holds = self.holds.iter().enumerate();
        let those = holds.filter(|(_, hold)| hold.thing == thing && is_it(hold));
        those.max_by_key(|(_, hold)| hold.taken).map(|(at, _)| at)
    }

    /// From now on this is held in another mode. Returns the hold as it was, and as it is. Readers do
    /// not change: it is the writer's or the upgradable hold, if there is one.
    pub(super) fn change_mode(
        &mut self,
        thing: ThingId,
        mode: Mode,
        now: u64,
    ) -> Option<(Hold, &mut Hold)> {
        let writes = self.position(thing, |hold| !hold.mode.is_read());
        let at = writes.or_else(|| self.position(thing, |_| true))?;
        let before = self.holds[at];
        self.holds[at] = Hold { mode, from: now, ..before };
        Some((before, &mut self.holds[at]))
    }

    /// The latest hold of this ends, unless it was taken several times over.
    pub(super) fn give_back(&mut self, thing: ThingId) -> Option<Hold> {
        let at = self.position(thing, |_| true)?;
        if self.holds[at].depth > 1 {
            self.holds[at].depth -= 1;
            return None;
        }
        Some(self.holds.remove(at))
    }

    /// All holds of this end.
    pub(super) fn lose(&mut self, thing: ThingId) -> Vec<Hold> {
        self.holds.extract_if(.., |hold| hold.thing == thing).collect()
    }
}

impl Hold {
    pub(super) fn bar(&self, lane: LaneId, kind: Kind, to: u64) -> Bar {
        let Hold { thing, level, from, site, .. } = *self;
        Bar { lane, kind, from, to, level, thing: Some(thing), site, by: None }
    }
}

impl Wait {
    /// Whether there was anything to wait for: of a lock, that somebody had it.
    pub(super) fn was_one(&self) -> bool {
        self.want.is_none() || self.by.is_some()
    }

    pub(super) fn bar(&self, lane: LaneId, kind: Kind, to: u64) -> Bar {
        let Wait { from, level, thing, site, by, .. } = *self;
        Bar { lane, kind, from, to, level, thing, site, by }
    }
}
