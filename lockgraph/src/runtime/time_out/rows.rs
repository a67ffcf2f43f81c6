//! Time-outs in a row, by place and lock.
//!
//! A row begins with a time-out and ends with a success, or with the lock. At most [`MOST`] of them
//! are kept: when there are more, the half that grew longest ago is forgotten, and counted. What was
//! told is known by place and class, of which there are no more than that either: what comes later
//! counts as told.
//!
//! Whether there is a row is asked without a lock, of marks that rows with the same hash share. A
//! mark without a row costs a look at the table, no more.
//!
//! O(rows of the lock), and now and then O([`MOST`]).

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::id::LockId;
use crate::runtime::tag::Site;
use crate::slab::Hashing;

/// So many rows, and so many places and classes that were told.
pub(super) const MOST: usize = 1024;

/// The lock at the place.
#[derive(Clone, Copy)]
pub(super) struct Spot {
    place: usize,
    lock: LockId,
}

impl Spot {
    pub(super) fn new(site: Site, lock: LockId) -> Spot {
        Spot { place: std::ptr::from_ref(site).addr(), lock }
    }
}

/// How many rows there are, by hash.
pub(super) struct Marks([AtomicU32; 256]);

impl Marks {
    pub(super) const fn new() -> Marks {
        Marks([const { AtomicU32::new(0) }; 256])
    }

    fn mark(&self, spot: Spot) -> &AtomicU32 {
        let mixed =
            (spot.place as u64 ^ spot.lock.0.rotate_left(24)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        &self.0[(mixed >> 56) as usize]
    }

    /// False: there is no row.
    #[inline]
    pub(super) fn has(&self, spot: Spot) -> bool {
        self.mark(spot).load(Ordering::Relaxed) != 0
    }
}

/// Time-outs without a success in between.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Row {
    place: usize,
    pub(super) count: u32,
    /// From the first to the last.
    pub(super) nanos: u64,
    last: u64,
}

pub(super) struct Rows {
    marks: &'static Marks,
    by_lock: HashMap<LockId, Vec<Row>, Hashing>,
    count: usize,
    /// How many were forgotten for want of room.
    pub(super) left_out: u64,
    told: HashSet<(usize, usize)>,
}

impl Rows {
    pub(super) fn new(marks: &'static Marks) -> Rows {
        let (by_lock, told) = (HashMap::default(), HashSet::new());
        Rows { marks, by_lock, count: 0, left_out: 0, told }
    }

    /// A time-out, `now`.
    pub(super) fn failed(&mut self, spot: Spot, now: u64) -> Row {
        if self.get(spot).is_none() {
            self.begin(spot, now);
        }
        let rows = self.by_lock.entry(spot.lock).or_default();
        let row = rows.iter_mut().find(|row| row.place == spot.place);
        let row = row.expect("it is there, or was just begun");
        row.count = row.count.saturating_add(1);
        row.nanos += now.saturating_sub(row.last);
        row.last = now.max(row.last);
        *row
    }

    fn begin(&mut self, spot: Spot, now: u64) {
        if self.count >= MOST {
            self.make_room();
        }
        let row = Row { place: spot.place, count: 0, nanos: 0, last: now };
        self.by_lock.entry(spot.lock).or_default().push(row);
        self.count += 1;
        self.marks.mark(spot).fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn get(&self, spot: Spot) -> Option<Row> {
        let rows = self.by_lock.get(&spot.lock)?;
        rows.iter().find(|row| row.place == spot.place).copied()
    }

    /// The lock was had in time.
    pub(super) fn had(&mut self, spot: Spot) {
        self.end(spot.lock, |row| row.place == spot.place);
    }

    /// The lock is gone.
    pub(super) fn forget(&mut self, lock: LockId) {
        self.end(lock, |_| true);
    }

    fn end(&mut self, lock: LockId, is_over: impl Fn(&Row) -> bool) -> usize {
        let Some(rows) = self.by_lock.get_mut(&lock) else { return 0 };
        let before = rows.len();
        rows.retain(|row| {
            let is_over = is_over(row);
            if is_over {
                let spot = Spot { place: row.place, lock };
                self.marks.mark(spot).fetch_sub(1, Ordering::Relaxed);
            }
            !is_over
        });
        let ended = before - rows.len();
        if rows.is_empty() {
            self.by_lock.remove(&lock);
        }
        self.count -= ended;
        ended
    }

    fn make_room(&mut self) {
        let mut lasts: Vec<u64> = self.by_lock.values().flatten().map(|row| row.last).collect();
        let middle = lasts.len() / 2;
        let (_, median, _) = lasts.select_nth_unstable(middle);
        let median = *median;
        let locks: Vec<LockId> = self.by_lock.keys().copied().collect();
        for lock in locks {
            self.left_out += self.end(lock, |row| row.last <= median) as u64;
        }
    }

    /// Whether time-outs of this class of locks have been told at the place.
    pub(super) fn is_told(&self, spot: Spot, class: usize) -> bool {
        self.told.len() >= MOST || self.told.contains(&(spot.place, class))
    }

    /// They are told now. False: they have been.
    pub(super) fn tell(&mut self, spot: Spot, class: usize) -> bool {
        !self.is_told(spot, class) && self.told.insert((spot.place, class))
    }
}

#[cfg(test)]
mod tests {
    use std::panic::Location;

    use super::*;

    fn rows() -> Rows {
        Rows::new(Box::leak(Box::new(Marks::new())))
    }

    fn spots() -> [Spot; 3] {
        let (here, there) = (Location::caller(), elsewhere());
        [(here, 1), (here, 2), (there, 1)].map(|(site, lock)| Spot::new(site, LockId(lock)))
    }

    #[track_caller]
    fn elsewhere() -> Site {
        Location::caller()
    }

    #[test]
    fn a_row_is_of_one_lock_at_one_place_and_ends_with_a_success() {
        let mut rows = rows();
        let [spot, other_lock, other_place] = spots();
        let mut fails = |spot, now| {
            let Row { count, nanos, .. } = rows.failed(spot, now);
            (count, nanos)
        };
        assert_eq!(fails(spot, 10), (1, 0));
        assert_eq!(fails(spot, 15), (2, 5));
        assert_eq!(fails(other_lock, 16), (1, 0));
        assert_eq!(fails(other_place, 17), (1, 0));
        assert_eq!(fails(spot, 30), (3, 20));
        // Threads come in no order.
        assert_eq!(fails(spot, 29), (4, 20));
        rows.had(other_lock);
        assert_eq!(rows.get(other_lock), None);
        rows.had(spot);
        assert_eq!(rows.failed(spot, 40).count, 1);
        assert_eq!(rows.failed(other_place, 40).count, 2);
    }

    #[test]
    fn marks_are_there_as_long_as_rows() {
        let mut rows = rows();
        let [spot, other_lock, other_place] = spots();
        let marks = rows.marks;
        for spot in spots() {
            assert!(!marks.has(spot));
            rows.failed(spot, 1);
            rows.failed(spot, 1);
            assert!(marks.has(spot));
        }
        rows.had(other_lock);
        rows.had(other_lock);
        rows.forget(LockId(1));
        assert!(![spot, other_lock, other_place].into_iter().any(|spot| marks.has(spot)));
        assert_eq!((rows.count, rows.by_lock.len()), (0, 0));
    }

    #[test]
    fn when_there_are_too_many_those_that_grew_long_ago_go() {
        let mut rows = rows();
        let spot = |lock| Spot { place: 8, lock: LockId(lock) };
        for lock in 0..MOST as u64 {
            rows.failed(spot(lock), lock);
        }
        rows.failed(spot(0), 5_000);
        assert_eq!((rows.count, rows.left_out), (MOST, 0));
        rows.failed(spot(9_999), 5_001);
        assert!(rows.count + rows.left_out as usize == MOST + 1 && rows.left_out >= 500);
        assert_eq!(rows.get(spot(0)).map(|row| row.count), Some(2));
        assert_eq!(rows.get(spot(1)), None);
        assert_eq!(rows.get(spot(MOST as u64 - 1)).map(|row| row.count), Some(1));
        for lock in 0..20_000 {
            rows.failed(spot(lock), 6_000);
        }
        assert!(rows.count <= MOST);
    }

    #[test]
    fn a_place_is_told_once_for_each_class() {
        let mut rows = rows();
        let [spot, other_lock, other_place] = spots();
        assert!(rows.tell(spot, 7));
        assert!(!rows.tell(other_lock, 7), "of the same class");
        assert!(rows.tell(other_lock, 8) && rows.tell(other_place, 7));
        for class in 100..100 + MOST {
            rows.tell(spot, class);
        }
        assert_eq!(rows.told.len(), MOST);
        assert!(rows.is_told(spot, 99));
    }
}
