//! The order that messages make: what a thread has to tell, and what it has heard.
//!
//! A message carries a *stamp*: its sender, and a segment of the sender's life that is over when
//! the message is received (see [`crate::span`]). Making one and hearing of one takes the graph's
//! lock, once for each news: where nothing new was seen since the last message, the same stamp goes
//! out again, and a stamp that was heard is known. So in the steady state a message costs a few
//! loads, and nothing shared is written.
//!
//! A chain that was shown before a segment was closed is not shown again after it, though it may
//! then meet what the receiver does. So at the first, the second, the fourth, the eighth ... closing
//! of a segment all chains are looked at again, as after a spawn. What a thread does for the first
//! time is never missed; what it did before, does again after a message, and meets another thread
//! only there, may be: if it happens between two powers of two, and not after the next one.
//!
//! No locking but the graph's, in the cold parts.

use std::sync::atomic::{AtomicU64, Ordering};

use super::data;
use super::local::{self, Local};
use super::state;
use super::tag::Site;
use crate::id::{LockKind, ThreadId};

/// What is handed over with what a thread serves: what that thread did before is over when another
/// one gets it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Stamp {
    moment: Moment,
    /// At level full, what was told ([`data::anew`]); else 0.
    object: u64,
}

impl Stamp {
    /// Nothing is known of the one who served.
    pub(crate) const NONE: Stamp = Stamp { moment: Moment::NONE, object: 0 };

    /// The same, about to be told of at `site`.
    pub(super) fn told(self, site: Site) -> Stamp {
        Stamp { object: data::anew(site), ..self }
    }

    /// That of whoever gives what `before` was given with, too, at level full: who hears of this one
    /// has heard of that one.
    pub(crate) fn after(self, before: Stamp, site: Site) -> Stamp {
        if !data::is_recorded() {
            return self;
        }
        if before.object != 0 {
            data::hear(before.object, Some(site));
        }
        self.told(site)
    }

    /// That of whoever gives, with `other`, what was given with this one already: whoever gets it
    /// may have it from either. They agree only in what both senders did, if they are one.
    pub(super) fn and_also(self, other: Stamp, site: Site) -> Stamp {
        if self.object != 0 {
            data::tell(self.object, site);
        }
        let is_none = [self, other].iter().any(|stamp| stamp.moment == Moment::NONE);
        let is_one = !is_none && self.moment.thread() == other.moment.thread();
        Stamp { moment: if is_one { self.moment } else { Moment::NONE }, ..self }
    }

    /// A stamp of this moment.
    pub(super) fn of(moment: Moment) -> Stamp {
        Stamp { moment, object: 0 }
    }

    #[cfg(test)]
    pub(crate) fn from_bits(bits: u64) -> Stamp {
        Stamp::of(Moment(bits))
    }

    #[cfg(test)]
    pub(crate) fn bits(self) -> u64 {
        self.moment.0
    }
}

/// A moment in the life of a thread: the thread, and the segment plus one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Moment(u64);

impl Moment {
    /// Nothing is known of the one who served.
    pub(super) const NONE: Moment = Moment(0);

    fn new(thread: ThreadId, segment: u32) -> Moment {
        // The last segment is never closed.
        Moment(u64::from(thread.0) << 32 | u64::from(segment + 1))
    }

    #[cfg(test)]
    pub(super) fn from_bits(bits: u64) -> Moment {
        Moment(bits)
    }

    #[inline]
    fn thread(self) -> ThreadId {
        ThreadId((self.0 >> 32) as u32)
    }

    fn segment(self) -> u32 {
        self.0 as u32 - 1
    }

    /// The segment that is over, if any.
    pub(super) fn closed(self) -> Option<u32> {
        (self != Moment::NONE).then(|| self.segment())
    }
}

/// A stamp that lies in an object until somebody comes for it. Its halves are written one after the
/// other: whoever may look meanwhile is to look for that, or to be content with two stamps' halves.
#[derive(Debug, Default)]
pub(crate) struct StampCell {
    moment: AtomicU64,
    object: AtomicU64,
}

impl StampCell {
    pub(crate) const fn new() -> StampCell {
        StampCell { moment: AtomicU64::new(0), object: AtomicU64::new(0) }
    }

    pub(crate) fn put(&self, stamp: Stamp) {
        self.object.store(stamp.object, Ordering::Relaxed);
        self.moment.store(stamp.moment.0, Ordering::Release);
    }

    pub(crate) fn get(&self) -> Stamp {
        let moment = Moment(self.moment.load(Ordering::Acquire));
        Stamp { moment, object: self.object.load(Ordering::Relaxed) }
    }
}

/// So many senders are remembered, each at the place of its number.
const HEARD: usize = 256;

const STALE: u8 = 1;
const SLOW: u8 = 2;

/// What a thread has to tell, and what it has heard.
pub(super) struct News {
    stamp: Moment,
    /// [`STALE`]: there is more to tell than the stamp says. [`SLOW`]: whatever is served is told of.
    state: u8,
    /// Of that, something that the spans have not heard of.
    is_marked: bool,
    /// How many segments were closed.
    closed: u32,
    heard: Option<Box<[Moment; HEARD]>>,
}

impl News {
    /// A new thread may know what its parent did.
    pub(super) const fn new() -> News {
        News { stamp: Moment::NONE, state: STALE, is_marked: false, closed: 0, heard: None }
    }

    /// From now on everything that is served is to go the slow way: it is told of in the trace.
    pub(super) fn tell_slowly(&mut self) {
        self.state |= SLOW;
    }

    /// Something happened that others are to be told of.
    pub(super) fn add(&mut self) {
        self.state |= STALE;
    }

    /// As [`News::add`], for what no witness tells.
    pub(super) fn add_mark(&mut self) {
        self.state |= STALE;
        self.is_marked = true;
    }

    /// The stamp of the last message.
    pub(super) fn latest(&self) -> Moment {
        self.stamp
    }

    /// The last segment of `thread` that is over by what it said itself.
    pub(super) fn known_of(&self, thread: ThreadId) -> Option<u32> {
        let heard = self.heard.as_ref()?[thread.0 as usize % HEARD];
        heard.closed().filter(|_| heard.thread() == thread)
    }

    /// What is to be handed over, unless there is news or it must be told of.
    #[inline]
    pub(super) fn stamp(&self) -> Option<Moment> {
        (self.state == 0).then_some(self.stamp)
    }

    /// What is to be handed over, unless there is news.
    fn stamp_to_tell(&self) -> Option<Moment> {
        (self.state & STALE == 0).then_some(self.stamp)
    }

    /// Whether all chains are to be looked at again.
    fn renew(&mut self, stamp: Moment) -> bool {
        self.state &= !STALE;
        let is_closed = std::mem::replace(&mut self.stamp, stamp) != stamp;
        self.closed += u32::from(is_closed);
        is_closed && self.closed.is_power_of_two()
    }

    #[inline]
    fn has_heard(&self, stamp: Moment) -> bool {
        let Some(heard) = &self.heard else { return false };
        let known = heard[stamp.thread().0 as usize % HEARD];
        known.thread() == stamp.thread() && known.0 >= stamp.0
    }

    fn hear(&mut self, stamp: Moment) {
        let heard = self.heard.get_or_insert_with(|| Box::new([Moment::NONE; HEARD]));
        heard[stamp.thread().0 as usize % HEARD] = stamp;
    }
}

/// The stamp for a message that this thread sends now, but that it is not told of.
#[inline]
pub(super) fn stamp() -> Stamp {
    Stamp::of(match local::hot(|local| local.news.stamp_to_tell()) {
        Some(Some(stamp)) => stamp,
        Some(None) => renewed(),
        // A thread that has not met a lock yet has nothing to tell.
        None => Moment::NONE,
    })
}

#[cold]
fn renewed() -> Moment {
    let renew = |local: &mut Local| {
        let is_marked = std::mem::take(&mut local.news.is_marked);
        let sent = state::with_known(|known| {
            if is_marked {
                known.graph.spans.mark(local.id);
            }
            known.graph.spans.send(local.id)
        });
        let stamp = sent.map_or(Moment::NONE, |segment| Moment::new(local.id, segment));
        if local.news.renew(stamp) {
            local.next_span();
            local.way.look_again();
        }
        stamp
    };
    local::busy(renew).unwrap_or_default()
}

/// A message with this stamp was received, through an object of this kind.
#[inline]
pub(crate) fn heard(stamp: Stamp, by: LockKind, site: Option<Site>) {
    if stamp.object != 0 {
        data::hear(stamp.object, site);
    }
    heard_moment(stamp.moment, by);
}

#[inline]
fn heard_moment(stamp: Moment, by: LockKind) {
    if stamp == Moment::NONE {
        return;
    }
    let is_known = |local: &mut Local| stamp.thread() == local.id || local.news.has_heard(stamp);
    if local::hot(is_known).unwrap_or_else(|| !local::is_unborn()) {
        return;
    }
    hear(stamp, by);
}

#[cold]
fn hear(stamp: Moment, by: LockKind) {
    local::busy(|local| {
        let sent = (stamp.thread(), stamp.segment());
        if state::with_known(|known| known.graph.spans.receive(local.id, sent, by)) {
            local.news.add();
        }
        local.news.hear(stamp);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_are_looked_at_again_at_powers_of_two() {
        let mut news = News::new();
        let again: Vec<u32> = (1..20)
            .filter(|segment| {
                news.add();
                assert_eq!(news.stamp(), None);
                news.renew(Moment::new(ThreadId(3), *segment))
            })
            .collect();
        assert_eq!(again, [1, 2, 4, 8, 16]);
        news.add();
        assert!(!news.renew(Moment::new(ThreadId(3), 19)), "no segment was closed");
        assert_eq!(news.stamp(), Some(Moment::new(ThreadId(3), 19)));
    }

    #[test]
    fn what_was_heard_of_a_thread_is_known_with_all_before_it() {
        let mut news = News::new();
        let (old, new) = (Moment::new(ThreadId(7), 4), Moment::new(ThreadId(7), 5));
        assert!(!news.has_heard(old));
        news.hear(old);
        for (stamp, is_known) in [
            (old, true),
            (Moment::new(ThreadId(7), 0), true),
            (new, false),
            (Moment::new(ThreadId(7 + HEARD as u32), 0), false),
            (Moment::new(ThreadId(8), 0), false),
        ] {
            assert_eq!(news.has_heard(stamp), is_known, "{stamp:?}");
        }
    }
}
