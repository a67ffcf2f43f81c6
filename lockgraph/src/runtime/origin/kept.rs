//! Each origin is kept once, for all locks that share it, and never freed: a lock points to it for
//! as long as it lives. There are as many as there are distinct ways to make a lock, and at most
//! [`MOST`]. A thread finds those that it met last without a lock of ours.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex};

use super::Origin;
use crate::runtime::tag::Site;
use crate::runtime::{local, locked, stack};
use crate::slab::Hashing;

/// Frames that are kept.
const DEPTH: usize = 16;
/// Distinct stacks that are kept; locks made in other ways have but their line.
const MOST: usize = 1 << 16;
/// Stacks that a thread finds without looking at those of all.
const RECENT: usize = 64;

thread_local! {
    static SEEN: [Cell<Option<&'static Origin>>; RECENT] =
        const { [const { Cell::new(None) }; RECENT] };
}

static KNOWN: LazyLock<Mutex<HashMap<u64, Vec<&'static Origin>, Hashing>>> =
    LazyLock::new(Mutex::default);

/// The settings say that nothing is tracked in this process.
static IS_OFF: AtomicBool = AtomicBool::new(false);

/// The origin of a lock that `site` makes now. `None`: nothing is tracked, or there are too many.
#[inline(never)]
pub(in crate::runtime) fn here(site: Site) -> Option<&'static Origin> {
    if IS_OFF.load(Ordering::Relaxed) || !local::may_begin() {
        return None;
    }
    let mut addresses = [0; DEPTH];
    let count = stack::walk(&mut addresses);
    let addresses = &addresses[..count];
    let hash = hash(site, addresses);
    let slot = hash as usize % RECENT;
    SEEN.try_with(|seen| {
        let is_same = |origin: &Origin| is_of(origin, site, addresses);
        seen[slot].get().filter(|origin| is_same(origin)).or_else(|| {
            let origin = local::untracked(|| keep(hash, site, addresses));
            seen[slot].set(origin);
            origin
        })
    })
    .ok()?
}

#[cold]
fn keep(hash: u64, site: Site, addresses: &[u64]) -> Option<&'static Origin> {
    if !crate::config::get().enabled {
        IS_OFF.store(true, Ordering::Relaxed);
        return None;
    }
    local::watch_forks();
    let mut known = locked(&KNOWN);
    let is_full = known.len() >= MOST;
    let found = known.get(&hash).into_iter().flatten();
    if let Some(origin) = found.copied().find(|origin| is_of(origin, site, addresses)) {
        return Some(origin);
    }
    if is_full {
        return None;
    }
    let origin: &Origin = Box::leak(Box::new(Origin { site, stack: addresses.into() }));
    known.entry(hash).or_default().push(origin);
    Some(origin)
}

fn is_of(origin: &Origin, site: Site, addresses: &[u64]) -> bool {
    std::ptr::eq(origin.site, site) && *origin.stack == *addresses
}

fn hash(site: Site, addresses: &[u64]) -> u64 {
    let site = std::ptr::from_ref(site).addr() as u64;
    let mix =
        |hash: u64, word: &u64| (hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    let hash = addresses.iter().fold(site, mix);
    hash ^ hash >> 32
}
