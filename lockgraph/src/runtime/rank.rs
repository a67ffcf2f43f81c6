//! Acquisitions against the order that ranks declare.
//!
//! Looked at where a chain of holds is new to its thread, so that a known nesting costs nothing. A
//! try is not looked at: it cannot wait. Of all that is held, the first that is in the wrong is told.
//!
//! Locks of one rank are told apart by keys, which lie beside the graph and not in the lock: few
//! have one. A lock that has a key gets its number where it is made, for it is nobody's yet.

use std::collections::HashMap;
use std::ptr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};

use super::block::{Live, Taken};
use super::holds::Hold;
use super::identity::Identity;
use super::local::Local;
use super::tag::{Site, Tag};
use super::{local, locked, stack, state};
use crate::finding::{Blocks, Finding, Held, Kind, Step, Verdict, Wanted};
use crate::id::{LockId, Mode};
use crate::names::HoldNames;
use crate::rank::Rank;
use crate::slab::Hashing;

/// Of the locks that have one, as long as they live.
static KEYS: LazyLock<Mutex<HashMap<LockId, u64, Hashing>>> = LazyLock::new(Mutex::default);
/// How many have one.
static KEYED: AtomicUsize = AtomicUsize::new(0);

/// How deep ranks lie, which does not change: the address of a rank, shifted by so many bits, and its
/// depth. Where it is kept follows from the address, and the one met last is kept.
static DEPTHS: [AtomicU64; 64] = [const { AtomicU64::new(0) }; 64];
const DEPTH_BITS: u32 = 16;

/// A lock of this rank, to be taken in the order of the keys among its like.
#[track_caller]
pub fn keyed(tag: Tag, key: u64) -> Tag {
    let site = std::panic::Location::caller();
    local::untracked(|| {
        let number = tag.give_known(site);
        let mut keys = locked(&KEYS);
        keys.insert(number, key);
        KEYED.store(keys.len(), Ordering::Relaxed);
    });
    tag
}

/// A lock is gone.
pub(super) fn forget(lock: LockId) {
    let mut keys = locked(&KEYS);
    if keys.remove(&lock).is_some() {
        KEYED.store(keys.len(), Ordering::Relaxed);
    }
}

/// What is wrong with taking the lock `wanted` now, if anything is. The second: whether that is only
/// right because the locks are taken together.
pub(super) fn against(
    local: &Local,
    wanted: &Identity,
    mode: Mode,
    site: Site,
) -> (Option<Finding>, bool) {
    let Some(rank) = wanted.rank() else { return (None, false) };
    let mut is_excused = false;
    for (at, hold) in local.holds.as_slice().iter().enumerate() {
        // The same lock again is another mistake.
        if hold.lock() == wanted.lock() {
            continue;
        }
        let Some(other) = hold.identity().rank() else { continue };
        let is_wrong = if rank == other {
            let is_together = local.together.is_some_and(|begun| begun <= at);
            let is_in_order = is_in_order(hold.lock(), wanted.lock());
            is_excused |= is_together && !is_in_order;
            !is_together && !is_in_order
        } else {
            rank.is_before(other)
        };
        if is_wrong {
            return (Some(found(local, at, wanted, mode, site)), false);
        }
    }
    (None, is_excused)
}

/// Whether both have keys, and that of the first is less.
fn is_in_order(first: LockId, second: LockId) -> bool {
    let keys = locked(&KEYS);
    matches!((keys.get(&first), keys.get(&second)), (Some(first), Some(second)) if first < second)
}

/// Where a lock of this identity stands among those that have ranks: first by how many ranks come
/// before its own, then by its key. Those that have none are among the first.
pub(super) fn standing(identity: &Identity) -> (usize, u64) {
    identity.rank().map_or((0, 0), |rank| (depth(rank), key(identity.lock())))
}

fn depth(rank: &'static Rank) -> usize {
    let address = ptr::from_ref(rank).addr() as u64;
    let slot = &DEPTHS[address as usize / size_of::<Rank>() % DEPTHS.len()];
    let kept = slot.load(Ordering::Relaxed);
    if kept >> DEPTH_BITS == address {
        return (kept & ((1 << DEPTH_BITS) - 1)) as usize;
    }
    let depth = local::untracked(|| rank.depth());
    if address >> (u64::BITS - DEPTH_BITS) == 0 && depth >> DEPTH_BITS == 0 {
        slot.store(address << DEPTH_BITS | depth as u64, Ordering::Relaxed);
    }
    depth
}

/// The key of a lock, 0 if it has none.
fn key(lock: LockId) -> u64 {
    // Whoever has the lock to ask for knows that it has been made, with its key. In the child of a
    // fork, where none is, the keys may be locked by somebody who is not there.
    if KEYED.load(Ordering::Relaxed) == 0 || local::is_fork() {
        return 0;
    }
    local::untracked(|| locked(&KEYS).get(&lock).copied().unwrap_or_default())
}

fn found(local: &Local, at: usize, wanted: &Identity, mode: Mode, site: Site) -> Finding {
    let holds = local.holds.as_slice();
    let others = holds.iter().enumerate().filter(|(other, _)| *other != at);
    let step = Step {
        thread: state::name_thread(local.id),
        blocks: Blocks::Holds(held(&holds[at])),
        wants: Some(Wanted::Lock(state::lock(wanted.lock(), wanted), mode)),
        site: Some(state::place(site)),
        through: None,
        stack: Vec::new(),
        addresses: stack::capture().as_ref().to_vec(),
        also_holds: others.map(|(_, hold)| held(hold)).collect(),
    };
    Finding::new(Kind::RankViolation, Verdict::Possible, vec![step])
}

/// A hold as findings show it.
pub(super) fn held(hold: &Hold) -> Held {
    let taken = Taken { site: hold.site, identity: hold.identity(), releases: hold.releases };
    Live.held(&hold.shown(taken))
}
