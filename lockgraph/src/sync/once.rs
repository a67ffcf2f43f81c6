//! A one-time initialisation: a tag beside the original.
//!
//! A thread that comes too early waits for the one that runs the initialiser, so a running
//! initialiser is a hold. A thread that comes late passes, which costs one load.
//!
//! `call_once` lets the original ignore its poison and looks at the bit in the tag instead, for
//! the reason told in `hold.rs`: an initialiser that the detector unwound may run again.

use std::fmt;
use std::panic::Location;
use std::sync::OnceState;

use super::hold;
use crate::id::LockKind;
use crate::runtime::{self, OnceTag, OnceWait, Tag};

/// A one-time initialisation. See [`std::sync::Once`].
///
/// It is poisoned by an initialiser that panics, unless that is the panic by which the detector
/// breaks a deadlock: then [`Once::call_once`] runs the next initialiser, as if there had been
/// none. [`Once::wait`] and [`OnceState::is_poisoned`] know of every panic.
///
/// # Examples
///
/// ```
/// use lockgraph::sync::Once;
///
/// static START: Once = Once::new();
///
/// let mut runs = 0;
/// START.call_once(|| runs += 1);
/// START.call_once(|| runs += 1);
/// assert_eq!(runs, 1);
/// ```
pub struct Once {
    tag: OnceTag,
    inner: std::sync::Once,
}

/// A [`Once`] that has not run.
#[deprecated(since = "0.1.0", note = "replaced by `Once::new()`, as in `std`")]
#[expect(clippy::declare_interior_mutable_const, reason = "the original is one")]
pub const ONCE_INIT: Once = Once::tagged(Tag::unplaced(LockKind::Once));

impl Once {
    /// An initialisation that has not run.
    #[must_use]
    #[inline]
    #[track_caller]
    #[expect(clippy::new_without_default, reason = "the original has no `Default`")]
    pub const fn new() -> Once {
        Once::tagged(Tag::here(LockKind::Once))
    }

    pub(crate) const fn tagged(tag: Tag) -> Once {
        Once { tag: OnceTag::new(tag), inner: std::sync::Once::new() }
    }

    /// Runs `f` if nothing has run yet, or waits for the one that runs.
    ///
    /// # Panics
    ///
    /// If `f` panics, or an earlier initialiser has; and if waiting would close a deadlock, and
    /// the detector is set to panic then.
    #[inline]
    #[track_caller]
    pub fn call_once<F>(&self, f: F)
    where
        F: FnOnce(),
    {
        if self.has_passed(Location::caller()) {
            return;
        }
        let wait = runtime::once_waiting(&self.tag, Location::caller());
        if hold::is_poisoned(&self.tag) {
            // Panics in the words of the original, unless somebody forced it meanwhile.
            self.inner.call_once(|| self.run(&wait, f));
        } else {
            self.inner.call_once_force(|_| {
                assert!(
                    !hold::is_poisoned(&self.tag),
                    "Once instance has previously been poisoned"
                );
                self.run(&wait, f);
            });
        }
    }

    /// Runs `f` as [`Once::call_once`] does, also if an earlier initialiser has panicked.
    ///
    /// # Panics
    ///
    /// If `f` panics; and if waiting would close a deadlock, and the detector is set to panic then.
    #[inline]
    #[track_caller]
    pub fn call_once_force<F>(&self, f: F)
    where
        F: FnOnce(&OnceState),
    {
        if self.has_passed(Location::caller()) {
            return;
        }
        let wait = runtime::once_waiting(&self.tag, Location::caller());
        self.inner.call_once_force(|state| {
            hold::is_poisoned(&self.tag);
            self.run(&wait, || f(state));
        });
    }

    /// Whether an initialiser has run to its end.
    #[inline]
    #[track_caller]
    pub fn is_completed(&self) -> bool {
        let completed = self.inner.is_completed();
        if runtime::is_recorded() && completed {
            runtime::once_seen(&self.tag, Location::caller());
        }
        completed
    }

    /// Waits until an initialiser has run.
    ///
    /// # Panics
    ///
    /// If an initialiser has panicked; and if waiting would close a deadlock, and the detector is
    /// set to panic then.
    #[track_caller]
    pub fn wait(&self) {
        if !self.has_passed(Location::caller()) {
            let _wait = runtime::once_waiting(&self.tag, Location::caller());
            self.inner.wait();
        }
    }

    /// Waits until an initialiser has run to its end, whatever became of others.
    ///
    /// # Panics
    ///
    /// If waiting would close a deadlock, and the detector is set to panic then.
    #[track_caller]
    pub fn wait_force(&self) {
        if !self.has_passed(Location::caller()) {
            let _wait = runtime::once_waiting(&self.tag, Location::caller());
            self.inner.wait_force();
        }
    }

    #[inline]
    fn has_passed(&self, site: runtime::Site) -> bool {
        let completed = self.inner.is_completed();
        if completed {
            runtime::once_passed(&self.tag, site);
        }
        completed
    }

    /// Runs an initialiser, as a hold.
    fn run(&self, wait: &OnceWait<'_>, f: impl FnOnce()) {
        let _run = wait.begin();
        let _poison = PoisonOnPanic { tag: &self.tag };
        f();
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// Dropped by an initialiser that unwinds, it poisons. Dropped by one that returns, what it does
/// is never looked at: the initialisation has run.
struct PoisonOnPanic<'a> {
    tag: &'a Tag,
}

impl Drop for PoisonOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() && !runtime::is_spared(self.tag) {
            self.tag.poison();
        }
    }
}
