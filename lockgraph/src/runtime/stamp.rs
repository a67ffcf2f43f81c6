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

use super::local::{self, Local};
use super::state;
use crate::id::{LockKind, ThreadId};

/// A moment in the life of the thread that served, to be handed over with what it served: what
/// that thread did before is over when the other one gets it.
///
/// The thread, and the segment plus one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Stamp(u64);

impl Stamp {
    /// Nothing is known of the one who served.
    pub(crate) const NONE: Stamp = Stamp(0);

    fn new(thread: ThreadId, segment: u32) -> Stamp {
        // The last segment is never closed.
        Stamp(u64::from(thread.0) << 32 | u64::from(segment + 1))
    }

    /// The stamp with these [`Stamp::bits`].
    pub(crate) fn from_bits(bits: u64) -> Stamp {
        Stamp(bits)
    }

    /// For keeping it where a number fits; none is 0.
    pub(crate) fn bits(self) -> u64 {
        self.0
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
        (self != Stamp::NONE).then(|| self.segment())
    }
}

/// A stamp that lies in an object until somebody comes for it.
#[derive(Debug, Default)]
pub(crate) struct StampCell(AtomicU64);

impl StampCell {
    pub(crate) const fn new() -> StampCell {
        StampCell(AtomicU64::new(0))
    }

    pub(crate) fn put(&self, stamp: Stamp) {
        self.0.store(stamp.bits(), Ordering::Release);
    }

    pub(crate) fn get(&self) -> Stamp {
        Stamp::from_bits(self.0.load(Ordering::Acquire))
    }
}

/// So many senders are remembered, each at the place of its number.
const HEARD: usize = 256;

/// What a thread has to tell, and what it has heard.
pub(super) struct News {
    stamp: Stamp,
    /// There is more to tell than the stamp says.
    is_stale: bool,
    /// Of that, something that the spans have not heard of.
    is_marked: bool,
    /// How many segments were closed.
    closed: u32,
    heard: Option<Box<[Stamp; HEARD]>>,
}

impl News {
    /// A new thread may know what its parent did.
    pub(super) const fn new() -> News {
        News { stamp: Stamp::NONE, is_stale: true, is_marked: false, closed: 0, heard: None }
    }

    /// Something happened that others are to be told of.
    pub(super) fn add(&mut self) {
        self.is_stale = true;
    }

    /// As [`News::add`], for what no witness tells.
    pub(super) fn add_mark(&mut self) {
        self.is_stale = true;
        self.is_marked = true;
    }

    /// The stamp of the last message.
    pub(super) fn latest(&self) -> Stamp {
        self.stamp
    }

    /// The last segment of `thread` that is over by what it said itself.
    pub(super) fn known_of(&self, thread: ThreadId) -> Option<u32> {
        let heard = self.heard.as_ref()?[thread.0 as usize % HEARD];
        heard.closed().filter(|_| heard.thread() == thread)
    }

    /// What is to be handed over, unless there is news.
    #[inline]
    pub(super) fn stamp(&self) -> Option<Stamp> {
        (!self.is_stale).then_some(self.stamp)
    }

    /// Whether all chains are to be looked at again.
    fn renew(&mut self, stamp: Stamp) -> bool {
        self.is_stale = false;
        let is_closed = std::mem::replace(&mut self.stamp, stamp) != stamp;
        self.closed += u32::from(is_closed);
        is_closed && self.closed.is_power_of_two()
    }

    #[inline]
    fn has_heard(&self, stamp: Stamp) -> bool {
        let Some(heard) = &self.heard else { return false };
        let known = heard[stamp.thread().0 as usize % HEARD];
        known.thread() == stamp.thread() && known.0 >= stamp.0
    }

    fn hear(&mut self, stamp: Stamp) {
        let heard = self.heard.get_or_insert_with(|| Box::new([Stamp::NONE; HEARD]));
        heard[stamp.thread().0 as usize % HEARD] = stamp;
    }
}

/// The stamp for a message that this thread sends now.
#[inline]
pub(super) fn stamp() -> Stamp {
    match local::hot(|local| local.news.stamp()) {
        Some(Some(stamp)) => stamp,
        Some(None) => renewed(),
        // A thread that has not met a lock yet has nothing to tell.
        None => Stamp::NONE,
    }
}

#[cold]
fn renewed() -> Stamp {
    let renew = |local: &mut Local| {
        let is_marked = std::mem::take(&mut local.news.is_marked);
        let sent = state::with_known(|known| {
            if is_marked {
                known.graph.spans.mark(local.id);
            }
            known.graph.spans.send(local.id)
        });
        let stamp = sent.map_or(Stamp::NONE, |segment| Stamp::new(local.id, segment));
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
pub(crate) fn heard(stamp: Stamp, by: LockKind) {
    if stamp == Stamp::NONE {
        return;
    }
    let is_known = |local: &mut Local| stamp.thread() == local.id || local.news.has_heard(stamp);
    if local::hot(is_known).unwrap_or_else(|| !local::is_unborn()) {
        return;
    }
    hear(stamp, by);
}

#[cold]
fn hear(stamp: Stamp, by: LockKind) {
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
                news.renew(Stamp::new(ThreadId(3), *segment))
            })
            .collect();
        assert_eq!(again, [1, 2, 4, 8, 16]);
        news.add();
        assert!(!news.renew(Stamp::new(ThreadId(3), 19)), "no segment was closed");
        assert_eq!(news.stamp(), Some(Stamp::new(ThreadId(3), 19)));
    }

    #[test]
    fn what_was_heard_of_a_thread_is_known_with_all_before_it() {
        let mut news = News::new();
        let (old, new) = (Stamp::new(ThreadId(7), 4), Stamp::new(ThreadId(7), 5));
        assert!(!news.has_heard(old));
        news.hear(old);
        for (stamp, is_known) in [
            (old, true),
            (Stamp::new(ThreadId(7), 0), true),
            (new, false),
            (Stamp::new(ThreadId(7 + HEARD as u32), 0), false),
            (Stamp::new(ThreadId(8), 0), false),
        ] {
            assert_eq!(news.has_heard(stamp), is_known, "{stamp:?}");
        }
    }
}
