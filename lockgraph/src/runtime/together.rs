//! Locks that are taken together, in the order of their places, and what this thread holds of
//! them: what `acquire` and the assertions ask.
//!
//! While a thread takes locks together, its [`Local`](super::local::Local) says so, and how many it
//! held when it began: locks of one rank may then be nested. A chain that is right only for that is
//! remembered under another key, made of the chain and that count, so that the same nesting without
//! `acquire` is looked at. Nothing of this is on the fast path.

use super::holds::Hold;
use super::identity::{ClassRef, Identity};
use super::tag::{Site, Tag};
use super::{block, local, provisional, rank, state};
use crate::config;
use crate::finding::{Held, Lock};
use crate::id::{LockId, LockKind};

/// This thread takes locks together until it is dropped.
pub(crate) struct Together {
    before: Option<usize>,
}

impl Together {
    pub(crate) fn begin() -> Together {
        if local::is_unborn() {
            local::busy(|_| ());
        }
        let begin = |local: &mut local::Local| {
            let held = local.holds.as_slice().len();
            local.together.replace(held)
        };
        Together { before: local::hot(begin).flatten() }
    }
}

impl Drop for Together {
    fn drop(&mut self) {
        local::hot(|local| local.together = self.before);
    }
}

/// Forgets holds. What this thread takes together lies less deep then.
pub(super) fn forget(local: &mut local::Local, is_void: impl Fn(&Hold) -> bool) {
    if let Some(begun) = &mut local.together {
        let before = local.holds.as_slice().iter().take(*begun);
        *begun -= before.filter(|hold| is_void(hold)).count();
    }
    local.holds.forget(is_void);
}

/// What a thread holds that stands in the way of taking some locks.
pub(crate) enum InTheWay {
    /// One of them, already.
    Itself(Held),
    /// One that comes later than the first of them.
    Later(Held),
}

/// The place of a lock in the order in which locks are taken together, which goes by ranks as they are
/// declared, then by keys, then by classes, so that it is the same in every run, then by numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    rank: (usize, u64),
    /// A name, or a file with line and column.
    class: (&'static str, u32, u32),
    number: u64,
}

impl Place {
    /// That of a lock that is not tracked: after all that are.
    pub(crate) fn untracked(address: usize) -> Place {
        Place { rank: (usize::MAX, 0), class: ("", 0, 0), number: address as u64 }
    }

    /// That of the lock with this tag, which has a number.
    pub(crate) fn of(tag: &Tag) -> Place {
        Place::of_identity(&tag.identity())
    }

    fn of_identity(identity: &Identity) -> Place {
        let class = match identity.class() {
            Some(ClassRef::Named(name)) => (name, 0, 0),
            Some(ClassRef::Made(site) | ClassRef::FirstTaken(site)) => {
                (site.file(), site.line(), site.column())
            }
            None => ("", 0, 0),
        };
        Place { rank: rank::standing(identity), class, number: identity.lock().0 }
    }
}

/// Whether a lock has a place, and will have no other. Where nobody is tracked nobody gives it one by
/// holding it, and it gets one now.
pub(crate) fn has_place(tag: &Tag, site: Site) -> bool {
    let is_nobody_tracked = || local::is_fork() || !config::get().enabled;
    match tag.known_id() {
        Some(number) => !provisional::is(number) || settled_by_holding(number),
        None if is_nobody_tracked() => {
            tag.id(site);
            true
        }
        None => false,
    }
}

/// Whether this thread holds the lock with this number, which is final then: nobody else is about to
/// give it another one.
#[cold]
fn settled_by_holding(number: LockId) -> bool {
    let is_it = |hold: &Hold| hold.lock() == number;
    let is_held = local::busy(|local| local.holds.as_slice().iter().any(is_it)) == Some(true);
    if is_held {
        provisional::settle(number);
    }
    is_held
}

/// Gives a lock its place, which is final. Only for whoever has it.
pub(crate) fn give_place(tag: &Tag, site: Site) {
    provisional::settle(tag.id(site));
}

/// What this thread holds that stands in the way of taking locks, the first of which has the place
/// `first`, if they are waited for in that order.
pub(crate) fn in_the_way(
    first: Option<Place>,
    is_wanted: impl Fn(Place) -> bool,
) -> Option<InTheWay> {
    if !local::holds_any() {
        return None;
    }
    local::busy(|local| {
        block::purge_foreign(local);
        let mut later = None;
        for hold in local.holds.as_slice().iter().filter(|hold| is_lock(hold.identity().kind())) {
            let place = Place::of_identity(&hold.identity());
            if is_wanted(place) {
                return Some(InTheWay::Itself(rank::held(hold)));
            }
            if first.is_some_and(|first| place > first) {
                later = later.or(Some(hold));
            }
        }
        later.map(rank::held).map(InTheWay::Later)
    })?
}

/// Whether it is taken and given back by a thread, so that the order among such counts.
fn is_lock(kind: LockKind) -> bool {
    matches!(kind, LockKind::Mutex | LockKind::RwLock | LockKind::Reentrant)
}

/// How this thread holds a lock; in the strongest mode, if it has it in several. `None`: it is not
/// known, because the thread is not tracked.
pub(crate) fn holding(tag: &Tag) -> Option<Option<Held>> {
    local::busy(|local| {
        block::purge_foreign(local);
        let number = tag.known_id()?;
        let holds = local.holds.as_slice().iter().filter(|hold| hold.lock() == number);
        holds.min_by_key(|hold| hold.mode().is_read()).map(rank::held)
    })
}

/// All locks that this thread holds.
pub(crate) fn all_held() -> Vec<Held> {
    let all = local::busy(|local| {
        block::purge_foreign(local);
        let holds = local.holds.as_slice().iter();
        holds.filter(|hold| is_lock(hold.identity().kind())).map(rank::held).collect()
    });
    all.unwrap_or_default()
}

/// A lock as messages name it.
pub(crate) fn name(tag: &Tag) -> Lock {
    let identity: Identity = tag.identity();
    local::untracked(|| state::lock(identity.lock(), &identity))
}

/// The key of a chain that is right only because its locks are taken together.
pub(super) fn key(chain: u64, begun: usize) -> u64 {
    // Never 0, which says "free" among the chains that were seen.
    (chain ^ (begun as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)) | 1
}
