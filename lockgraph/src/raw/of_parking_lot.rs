//! What the raw locks over `parking_lot` need beside: tags made by constants, and the place of a
//! caller that `lock_api` forgets.

use std::cell::Cell;
use std::panic::Location;

use crate::id::LockKind;
use crate::rank::Rank;
use crate::runtime::{Site, Tag};

/// What a build of `parking_lot` promises about its guards.
pub(crate) trait GuardMarker {
    /// Guards may go to other threads.
    const SENDABLE: bool;
}

#[cfg(feature = "parking_lot")]
impl GuardMarker for lock_api_0_4::GuardSend {
    const SENDABLE: bool = true;
}

#[cfg(feature = "parking_lot")]
impl GuardMarker for lock_api_0_4::GuardNoSend {
    const SENDABLE: bool = false;
}

#[cfg(feature = "parking_lot_0_13")]
impl GuardMarker for lock_api_0_5::GuardSend {
    const SENDABLE: bool = true;
}

#[cfg(feature = "parking_lot_0_13")]
impl GuardMarker for lock_api_0_5::GuardNoSend {
    const SENDABLE: bool = false;
}

/// The tag of a lock whose guards are marked `M`, made by a constant.
pub(crate) const fn unplaced<M: GuardMarker>(kind: LockKind) -> Tag {
    if M::SENDABLE { Tag::unplaced_sendable(kind) } else { Tag::unplaced(kind) }
}

/// The tag of a lock whose guards are marked `M`, with a name.
pub(crate) const fn named<M: GuardMarker>(kind: LockKind, name: &'static &'static str) -> Tag {
    if M::SENDABLE { Tag::named_sendable(kind, name) } else { Tag::named(kind, name) }
}

/// The tag of a lock whose guards are marked `M`, with a rank.
pub(crate) const fn ranked<M: GuardMarker>(kind: LockKind, rank: &'static Rank) -> Tag {
    if M::SENDABLE { Tag::ranked_sendable(kind, rank) } else { Tag::ranked(kind, rank) }
}

thread_local! {
    /// Where a raw lock is being used on whose way `lock_api` forgets the place.
    static SITE: Cell<Option<Site>> = const { Cell::new(None) };
}

/// Runs `acquire`, in which [`place`] is `site`.
///
/// For the reentrant mutex and the condvar of `lock_api`, which do not hand the place of their
/// caller on to the raw lock.
pub(crate) fn placed<R>(site: Site, acquire: impl FnOnce() -> R) -> R {
    SITE.set(Some(site));
    let taken = acquire();
    // Still there if the raw lock was not asked, because the mutex is held already.
    SITE.set(None);
    taken
}

/// The place that [`placed`] says, else the caller.
#[track_caller]
pub(crate) fn place() -> Site {
    let caller = Location::caller();
    SITE.take().unwrap_or(caller)
}
