//! In which order things are done to atomic variables, at level full.
//!
//! A variable has no room for a number: its address stands for it. The turns of all variables are
//! counted by some hundred counters; while one is kept, an operation happens and gets its turn, so
//! that the trace has the order in which the operations took effect. A variable at the address of one
//! that is gone continues it: too much is believed of who saw what, never too little.
//!
//! Whoever keeps a counter runs nothing but the one operation.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::tag::Site;
use super::{data, events, local};
use crate::trace::Access;

const COUNTERS: usize = 128;
/// No lock has this bit in its number.
const IS_ADDRESS: u64 = 1 << 63;

/// The latest turn, an even number; one more while it is kept. On a cache line of its own.
#[repr(align(64))]
struct Counter(AtomicU64);

static TURNS: [Counter; COUNTERS] = [const { Counter(AtomicU64::new(0)) }; COUNTERS];

/// Does what `operation` does to the variable at `address`, and records what it says that this was.
#[cold]
#[inline(never)]
pub(crate) fn in_its_turn<R>(
    address: usize,
    site: Site,
    operation: impl FnOnce() -> (R, Access),
) -> R {
    // The detector itself, and threads that it does not see.
    if local::is_untracked() && !local::is_unborn() {
        return operation().0;
    }
    let mut kept = Kept::new(address);
    let turn = kept.latest + 2;
    let (result, access) = operation();
    kept.latest += access.turns();
    drop(kept);
    events::touched(address as u64 | IS_ADDRESS, access, site, turn);
    result
}

/// About to change what others may see of `object`.
#[inline]
pub(crate) fn changing<T>(object: &T, site: Site) {
    if data::is_recorded() {
        in_its_turn(std::ptr::from_ref(object).addr(), site, || ((), Access::Both));
    }
}

/// This thread has seen what others had changed of `object` before.
#[inline]
pub(crate) fn seen_changed<T>(object: &T, site: Site) {
    if data::is_recorded() {
        in_its_turn(std::ptr::from_ref(object).addr(), site, || ((), Access::Read));
    }
}

struct Kept {
    counter: &'static Counter,
    latest: u64,
}

impl Kept {
    fn new(address: usize) -> Kept {
        let mixed = (address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let counter = &TURNS[(mixed >> 57) as usize % COUNTERS];
        loop {
            let latest = counter.0.load(Relaxed) & !1;
            if counter.0.compare_exchange(latest, latest + 1, Acquire, Relaxed).is_ok() {
                return Kept { counter, latest };
            }
            std::thread::yield_now();
        }
    }
}

// Also where the operation panics, because it has no such order.
impl Drop for Kept {
    fn drop(&mut self) {
        self.counter.0.store(self.latest, Release);
    }
}
