//! How the raw locks under `lock_api`'s types are taken, whatever the version of `lock_api`.
//!
//! A raw lock of ours is a [`Tag`] beside a raw lock of `parking_lot`. Nothing blocks here but
//! the raw lock itself, and nothing is shared but what the runtime keeps.
//!
//! What may fail is the acquisition: the runtime panics where a deadlock is to be broken. The raw
//! lock is not taken then, and no guard is made. One caller cannot bear that: `unlocked` of a
//! guard gives the lock back, runs a closure, and takes the lock again while the guard is alive.
//! Were it to unwind, the guard would give back a lock that somebody else holds. There the
//! process is aborted, as `lock_api` 0.5 does by itself.

use std::mem;
use std::path::Path;

use crate::event::How;
use crate::id::{LockKind, Mode};
#[cfg(any(feature = "parking_lot", feature = "parking_lot_0_13"))]
use crate::runtime::Look;
use crate::runtime::{self, Site, Tag};

#[cfg(any(feature = "parking_lot", feature = "parking_lot_0_13"))]
mod of_parking_lot;

#[cfg(any(feature = "parking_lot", feature = "parking_lot_0_13"))]
pub(crate) use of_parking_lot::{named, place, placed, ranked, unplaced};

const GUARD_ALIVE: &str = "no panic can break this deadlock: a lock is taken again for a guard \
                           that is still alive, and would then be given back without being held; \
                           aborting";

/// Takes a raw lock, waiting for it if it must.
#[inline]
#[track_caller]
pub fn take<R>(
    tag: &Tag,
    mode: Mode,
    site: Site,
    mut try_raw: impl FnMut() -> Option<R>,
    block: impl FnOnce() -> R,
) -> R {
    let unwinding = Unwinding { site };
    let is_writer = mode == Mode::Exclusive && tag.kind() == LockKind::RwLock;
    let attempt = match is_writer {
        true => runtime::acquiring_to_write(tag, site),
        false => runtime::acquiring(tag, mode, site),
    };
    let taken = match try_raw() {
        Some(taken) => taken,
        None => contended(attempt, try_raw, block),
    };
    attempt.acquired();
    runtime::assumed(tag, mode);
    mem::forget(unwinding);
    taken
}

/// Where nobody may unwind, the runtime is told so, for it can choose who does.
#[cold]
#[track_caller]
fn contended<R>(
    attempt: runtime::Attempt<'_>,
    try_raw: impl FnMut() -> Option<R>,
    block: impl FnOnce() -> R,
) -> R {
    if is_in_lock_api(Path::new(attempt.site().file())) {
        return take_again(|| runtime::contended(attempt, try_raw, block));
    }
    runtime::contended(attempt, try_raw, block)
}

/// Tells how a try or timed acquisition ended.
#[inline]
pub fn took_politely(tag: &Tag, mode: Mode, how: How, site: Site, taken: bool) {
    if taken {
        runtime::acquired_politely(tag, mode, how, site);
        runtime::assumed(tag, mode);
    } else {
        runtime::refused(tag, mode, how, site);
    }
}

/// Tells how a try or timed upgrade ended.
#[inline]
pub fn upgraded_politely(tag: &Tag, how: How, site: Site, upgraded: bool) {
    if upgraded {
        runtime::changed_mode(tag, Mode::Exclusive);
        if how == How::Timed {
            runtime::had_in_time(tag, site);
        }
    } else {
        runtime::refused(tag, Mode::Exclusive, how, site);
    }
}

/// Whether a lock is taken, for somebody who acts on it.
#[cfg(any(feature = "parking_lot", feature = "parking_lot_0_13"))]
pub(crate) fn looked_at(is_locked: bool) -> bool {
    runtime::looked(Look::Lock);
    is_locked
}

/// Takes a lock again for a guard that is alive. Aborts the process if that unwinds.
pub fn take_again<R>(take: impl FnOnce() -> R) -> R {
    runtime::inescapable(GUARD_ALIVE, take)
}

/// Dropped only when an acquisition unwinds.
struct Unwinding {
    site: Site,
}

impl Drop for Unwinding {
    #[cold]
    fn drop(&mut self) {
        if is_in_lock_api(Path::new(self.site.file())) {
            runtime::abort(GUARD_ALIVE);
        }
    }
}

/// Whether `file` is a lock of `lock_api` itself.
///
/// Its methods hand on the place of their caller, or ours do for them, but not through the
/// closures in which `unlocked` takes the lock again.
fn is_in_lock_api(file: &Path) -> bool {
    let mut names = file.iter().rev().filter_map(|name| name.to_str());
    matches!(names.next(), Some("mutex.rs" | "remutex.rs" | "rwlock.rs"))
        && names.next() == Some("src")
        && names.next().is_some_and(|name| {
            name.strip_prefix("lock_api")
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_lock_api_are_its_own() {
        let check = |file: &str, expected: bool| {
            assert_eq!(is_in_lock_api(Path::new(file)), expected, "{file}");
        };
        check("/registry/src/index/lock_api-0.4.14/src/mutex.rs", true);
        check("/registry/src/index/lock_api-0.5.0/src/rwlock.rs", true);
        check("vendor/lock_api/src/mutex.rs", true);
        check("/registry/src/index/lock_api-0.4.14/src/remutex.rs", true);
        check("/home/me/lock_api_tests/src/mutex.rs", false);
        check("/home/me/lock_api/src/main.rs", false);
        check("src/mutex.rs", false);
        check("mutex.rs", false);
    }
}
