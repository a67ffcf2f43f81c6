//! What initialisations call that run once: `Once`, `OnceLock`, `LazyLock`.
//!
//! Nobody holds one before it runs, so its number is given by an atomic exchange (see `tag`).

use std::cell::Cell;
use std::ops::Deref;

use super::block::Wait;
use super::hook::{acquiring, push, released};
use super::local;
use super::stamp::{self, StampCell};
use super::tag::{Site, Tag};
use crate::event::How;
use crate::id::{LockId, LockKind, Mode};

/// The identity of an initialisation, with the stamp of whoever ran it.
pub(crate) struct OnceTag {
    tag: Tag,
    done: StampCell,
}

impl OnceTag {
    /// An initialisation with this tag.
    pub(crate) const fn new(tag: Tag) -> OnceTag {
        OnceTag { tag, done: StampCell::new() }
    }

    /// An initialisation whose class is the place of the caller.
    #[track_caller]
    pub(crate) const fn here() -> OnceTag {
        OnceTag::new(Tag::here(LockKind::Once))
    }

    /// Somebody has run it, and this thread goes on after that.
    fn hear(&self, site: Site) {
        stamp::heard(self.done.get(), LockKind::Once, Some(site));
    }
}

impl Deref for OnceTag {
    type Target = Tag;

    #[inline]
    fn deref(&self) -> &Tag {
        &self.tag
    }
}

/// An initialisation had already happened: nothing was waited for, but it might have been.
#[inline]
pub(crate) fn once_passed(tag: &OnceTag, site: Site) {
    // A thread that has passed once will never wait here again.
    let lock = tag.id(site);
    let is_known = local::hot(|local| local.seen.contains(passed(lock))) == Some(true);
    if !is_known && !local::is_over() {
        let _ = acquiring(tag, Mode::Exclusive, site);
        local::busy(|local| local.seen.insert(passed(lock)));
        tag.hear(site);
    }
}

/// The value of an initialisation was there, and nobody would have waited for it.
pub(crate) fn once_seen(tag: &OnceTag, site: Site) {
    let lock = tag.id(site);
    if local::hot(|local| local.seen.contains(seen(lock))) != Some(true) && !local::is_over() {
        local::busy(|local| local.seen.insert(seen(lock)));
        tag.hear(site);
    }
}

/// As [`passed`], for "has seen its value".
fn seen(lock: LockId) -> u64 {
    passed(lock).rotate_left(32) | 1
}

/// What stands for "has passed this initialisation" among the chains that a thread has seen.
#[inline]
fn passed(lock: LockId) -> u64 {
    lock.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1
}

/// About to run an initialisation, or to wait for the thread that runs it. Hold the result until
/// the raw call returns.
#[track_caller]
pub(crate) fn once_waiting(tag: &OnceTag, site: Site) -> OnceWait<'_> {
    tag.id(site);
    let _ = acquiring(tag, Mode::Exclusive, site);
    let mut wait = Wait::for_lock(tag, Mode::Exclusive, false, false, site);
    if let Some(wait) = &mut wait {
        wait.look_until_sure();
    }
    OnceWait { tag, site, wait: Cell::new(wait) }
}

/// A thread at the door of an initialisation. Dropping it ends the wait.
#[must_use]
pub(crate) struct OnceWait<'a> {
    tag: &'a OnceTag,
    site: Site,
    wait: Cell<Option<Wait>>,
}

impl<'a> OnceWait<'a> {
    /// This thread runs the initialiser. Hold the result while it runs.
    pub(crate) fn begin(&self) -> OnceRun<'a> {
        drop(self.wait.take());
        push(self.tag, Mode::Exclusive, How::Blocking, self.site);
        OnceRun { tag: self.tag, site: self.site }
    }
}

/// A running initialiser. Dropping it ends the hold.
#[must_use]
pub(crate) struct OnceRun<'a> {
    tag: &'a OnceTag,
    site: Site,
}

impl Drop for OnceWait<'_> {
    fn drop(&mut self) {
        drop(self.wait.take());
        self.tag.hear(self.site);
    }
}

impl Drop for OnceRun<'_> {
    fn drop(&mut self) {
        self.tag.done.put(stamp::stamp().told(self.site));
        local::hot(|local| local.way.arrive());
        released(self.tag);
    }
}
