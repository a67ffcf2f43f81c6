//! What one thread's times say, against holds that are pushed and released by hand.

use std::panic::Location;

use super::*;
use crate::runtime::holds::Hold;

struct Thread {
    holds: Holds,
    times: Times,
    tags: Vec<Tag>,
}

/// What a thread does, and the holds that end by it: lock, when it was taken, for how long.
enum Step {
    Take(usize, Mode),
    Release(usize, Mode),
    /// Another thread gives it back.
    Lose(usize),
}

impl Thread {
    fn new() -> Thread {
        let known = [(LockId(0), 0); REMEMBERED];
        let times = Times { holds: Vec::with_capacity(4), known };
        let tags: Vec<Tag> = (0..3).map(|_| Tag::unplaced(LockKind::RwLock)).collect();
        for tag in &tags {
            tag.id(Location::caller());
        }
        Thread { holds: Holds::with_room(true), times, tags }
    }

    fn id(&self, at: usize) -> LockId {
        self.tags[at].known_id().expect("it has its number")
    }

    fn step(&mut self, step: &Step, now: u64) -> Option<u64> {
        match *step {
            Step::Take(at, mode) => {
                let site = Location::caller();
                self.holds.push_slowly(Hold::new(self.tags[at].identity(), mode, site));
                let hold = Timed { lock: self.id(at), mode, site, since: now };
                assert!(self.times.begin(&self.holds, hold), "there is room");
                None
            }
            Step::Release(at, mode) => {
                let lock = self.id(at);
                let ended = self.times.end(&self.holds, ThreadId(1), lock, now);
                self.holds.release_as(lock, mode);
                ended.map(|ended| ended.nanos)
            }
            Step::Lose(at) => {
                let lock = self.id(at);
                self.holds.forget(|hold| hold.lock() == lock);
                None
            }
        }
    }
}

const X: Mode = Mode::Exclusive;
const R: Mode = Mode::Shared;

#[test]
fn a_hold_is_timed_from_the_first_time_to_the_last_release() {
    use Step::{Lose, Release, Take};
    let check = |steps: &[(u64, Step, Option<u64>)]| {
        let mut thread = Thread::new();
        for (now, step, want) in steps {
            assert_eq!(thread.step(step, *now), *want, "at {now}");
        }
    };
    check(&[(5, Take(0, X), None), (9, Release(0, X), Some(4)), (9, Release(0, X), None)]);
    // Released in any order.
    check(&[
        (1, Take(0, X), None),
        (2, Take(1, X), None),
        (3, Take(2, R), None),
        (10, Release(1, X), Some(8)),
        (11, Release(0, X), Some(10)),
        (12, Release(2, R), Some(9)),
    ]);
    // Read again while it is read.
    check(&[
        (1, Take(0, R), None),
        (5, Take(0, R), None),
        (6, Release(0, R), None),
        (9, Release(0, R), Some(8)),
        (20, Take(0, X), None),
        (21, Release(0, X), Some(1)),
    ]);
    // What another thread has given back is no hold of this one, nor the beginning of the next.
    check(&[
        (1, Take(0, X), None),
        (50, Lose(0), None),
        (90, Take(0, X), None),
        (95, Release(0, X), Some(5)),
    ]);
}

#[test]
fn the_longest_is_told_whatever_was_remembered() {
    let mut thread = Thread::new();
    let lock = LockId(1);
    // As far apart as to be remembered at the same place.
    let other = LockId(1 + REMEMBERED as u64);
    let mut is_longest = |lock, nanos| {
        let hold = Timed { lock, mode: X, site: Location::caller(), since: 0 };
        assert!(thread.times.begin(&thread.holds, hold));
        let ended = thread.times.end(&thread.holds, ThreadId(1), lock, nanos);
        ended.expect("it was the only hold").is_longest
    };
    let told = [(lock, 5), (lock, 4), (lock, 6), (other, 1), (lock, 3), (lock, 2)]
        .map(|(lock, nanos)| is_longest(lock, nanos));
    assert_eq!(told, [true, false, true, true, true, false]);
}

#[test]
fn a_list_that_is_full_says_so() {
    let mut thread = Thread::new();
    let site = Location::caller();
    let room = thread.times.holds.capacity() as u64;
    let mut begin = |lock| {
        thread.times.begin(&thread.holds, Timed { lock: LockId(lock), mode: X, site, since: 0 })
    };
    assert!((1..=room).all(&mut begin));
    assert!(!begin(room + 1) && begin(room));
}
