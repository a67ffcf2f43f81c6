//! The locks that a thread has waited for, or might have: on its way to what it does next for
//! others, and in its whole life.
//!
//! An acquisition with nothing held makes no edge, so the order graph does not know of it. But
//! whoever waits for this thread while holding that lock waits for ever. So where the hooks are calls
//! anyway (see [`NOTES`]) each blocking acquisition is noted here, in a table with a place for every
//! lock number: a few stores. Who comes to a place that is taken is left out: then something is not
//! known to be needed, and nothing is said.
//!
//! The *way* begins anew whenever the thread serves ([`Way::arrive`]): others may have gone on then,
//! so what was taken before may be over. The *life* has for each lock the stamp that the thread had
//! when it took it first: it is over for whoever has heard a later one. It is noted again when chains
//! are looked at again ([`super::stamp`]).
//!
//! It belongs to one thread. No locking.

use super::block::Taken;
use super::holds::Hold;
use super::identity::Identity;
use super::stamp::Moment;
use super::tag::Site;
use super::word::Word;
use crate::held;
use crate::id::Mode;

/// Whether acquisitions are noted at all: not in a release build, where they are inlined.
pub(super) const NOTES: bool = cfg!(any(debug_assertions, lockgraph_facade));

const PLACES: usize = 16;

/// See the head of this file.
pub(super) struct Way {
    taken: [Place; PLACES],
    /// Counts the services.
    round: u32,
    /// Counts how often the life begins anew.
    epoch: u32,
    /// What was taken in this round, in any order, as one number.
    sum: u64,
}

#[derive(Clone, Copy)]
struct Place {
    word: Word,
    class: *const (),
    site: Site,
    round: u32,
    epoch: u32,
    stamp: Moment,
}

impl Way {
    pub(super) const fn new() -> Way {
        let place = Place {
            word: Word::OF_NO_LOCK,
            class: std::ptr::null(),
            site: std::panic::Location::caller(),
            round: 0,
            epoch: 0,
            stamp: Moment::NONE,
        };
        Way { taken: [place; PLACES], round: 1, epoch: 1, sum: 0 }
    }

    /// A lock was taken that this thread was ready to wait for. Returns whether that is new in its
    /// life.
    #[inline]
    pub(super) fn note(
        &mut self,
        word: Word,
        class: *const (),
        mode: Mode,
        site: Site,
        stamp: Moment,
    ) -> bool {
        let word = word.with_mode(mode);
        let place = &mut self.taken[word.number().0 as usize % PLACES];
        let is_same = place.word.key() == word.key();
        if is_same && place.round == self.round && place.epoch == self.epoch {
            return false;
        }
        if !is_same && place.epoch == self.epoch {
            return false;
        }
        let is_new = place.epoch != self.epoch;
        let stamp = if is_new { stamp } else { place.stamp };
        *place = Place { word, class, site, round: self.round, epoch: self.epoch, stamp };
        self.sum = self.sum.wrapping_add(word.key().wrapping_mul(0x9e37_79b9_7f4a_7c15));
        is_new
    }

    /// What was taken in this round, as one number.
    #[inline]
    pub(super) fn sum(&self) -> u64 {
        self.sum
    }

    /// What was taken on the way here.
    pub(super) fn here(&self) -> impl Iterator<Item = held::Hold<Taken>> {
        self.taken.iter().filter(|place| place.round == self.round).map(Place::shown)
    }

    /// The thread serves: what comes is another way.
    #[inline]
    pub(super) fn arrive(&mut self) {
        if !NOTES {
            return;
        }
        self.round = self.round.wrapping_add(1);
        self.sum = 0;
    }

    /// What is taken again is to be noted again.
    pub(super) fn look_again(&mut self) {
        self.epoch += 1;
    }

    /// All that was taken in this thread's life, with the stamp of that time.
    pub(super) fn life(&self) -> Vec<(held::Hold<Taken>, Moment)> {
        let taken = self.taken.iter().filter(|place| place.word != Word::OF_NO_LOCK);
        taken.map(|place| (place.shown(), place.stamp)).collect()
    }
}

impl Place {
    fn shown(&self) -> held::Hold<Taken> {
        let identity = Identity::of_hold(self.word, self.class);
        let hold = Hold::new(identity, self.word.mode(), self.site);
        hold.shown(Taken { site: self.site, identity, releases: hold.releases })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::LockId;
    use crate::runtime::word::NUMBER;

    fn take(way: &mut Way, lock: u64, stamp: Moment) -> bool {
        let word = Word(lock << NUMBER);
        way.note(word, std::ptr::null(), Mode::Exclusive, std::panic::Location::caller(), stamp)
    }

    fn locks(taken: impl IntoIterator<Item = held::Hold<Taken>>) -> Vec<u64> {
        let mut locks: Vec<u64> = taken.into_iter().map(|hold| hold.lock.0).collect();
        locks.sort_unstable();
        locks
    }

    #[test]
    fn a_way_ends_where_the_thread_serves_and_its_life_goes_on() {
        let mut way = Way::new();
        assert!(take(&mut way, 1, Moment::NONE) && take(&mut way, 2, Moment::NONE));
        assert!(!take(&mut way, 1, Moment::NONE), "not new");
        assert_eq!(locks(way.here()), [1, 2]);
        way.arrive();
        assert_eq!((locks(way.here()), way.sum()), (vec![], 0));
        assert!(!take(&mut way, 2, Moment::from_bits(5)), "new on the way, not in the life");
        assert_eq!(locks(way.here()), [2]);
        let life = way.life();
        assert!(life.iter().all(|(_, stamp)| *stamp == Moment::NONE), "that of the first time");
        assert_eq!(locks(life.into_iter().map(|(hold, _)| hold)), [1, 2]);
    }

    #[test]
    fn a_place_that_is_taken_is_kept_until_all_is_looked_at_again() {
        let mut way = Way::new();
        assert!(take(&mut way, 1, Moment::NONE));
        let other = 1 + PLACES as u64;
        assert!(!take(&mut way, other, Moment::NONE));
        assert_eq!(locks(way.here()), [1]);
        way.look_again();
        assert!(take(&mut way, other, Moment::from_bits(7)));
        assert_eq!(way.life()[0].0.lock, LockId(other));
        assert_eq!(way.life()[0].1, Moment::from_bits(7));
    }

    #[test]
    fn the_sum_does_not_depend_on_the_order() {
        let sum = |locks: &[u64]| {
            let mut way = Way::new();
            locks.iter().for_each(|lock| _ = take(&mut way, *lock, Moment::NONE));
            way.sum()
        };
        assert_eq!(sum(&[1, 2, 3, 2]), sum(&[3, 1, 2]));
        assert_ne!(sum(&[1, 2]), sum(&[1, 3]));
    }
}
