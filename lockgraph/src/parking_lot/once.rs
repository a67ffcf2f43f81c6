//! An initialisation that runs once: a tag beside `parking_lot`'s.
//!
//! One that has happened costs one load more than the original. Else the runtime is told who waits
//! and who runs; it may panic where that closes a deadlock, and nothing has been run then.

use std::fmt;
use std::panic::Location;

use ::parking_lot_0_12 as parking_lot;
use parking_lot::OnceState;

use crate::runtime::{self, Look, OnceTag};

/// An initialisation that runs once. See `parking_lot::Once`.
pub struct Once {
    tag: OnceTag,
    inner: parking_lot::Once,
}

impl Once {
    /// Makes one that has not run; its class is the place of the call.
    #[track_caller]
    pub const fn new() -> Once {
        Once { tag: OnceTag::here(), inner: parking_lot::Once::new() }
    }

    /// Whether it has run, runs, or has panicked.
    #[track_caller]
    pub fn state(&self) -> OnceState {
        let state = self.inner.state();
        if matches!(state, OnceState::Poisoned | OnceState::InProgress) {
            runtime::looked(Look::Lock);
        }
        if runtime::is_recorded() && state.done() {
            runtime::once_seen(&self.tag, Location::caller());
        }
        state
    }

    /// Runs `f` if nothing has been run here, and waits if another thread is at it.
    ///
    /// # Panics
    ///
    /// If an earlier initialisation panicked.
    #[track_caller]
    pub fn call_once<F: FnOnce()>(&self, f: F) {
        let site = Location::caller();
        if self.inner.state().done() {
            return runtime::once_passed(&self.tag, site);
        }
        let waiting = runtime::once_waiting(&self.tag, site);
        self.inner.call_once(|| {
            let _running = waiting.begin();
            f();
        });
    }

    /// As [`Once::call_once`], but runs `f` even if an earlier initialisation panicked, and tells
    /// it so.
    #[track_caller]
    pub fn call_once_force<F: FnOnce(OnceState)>(&self, f: F) {
        let site = Location::caller();
        if self.inner.state().done() {
            return runtime::once_passed(&self.tag, site);
        }
        let waiting = runtime::once_waiting(&self.tag, site);
        self.inner.call_once_force(|state| {
            if matches!(state, OnceState::Poisoned) {
                runtime::looked(Look::Poison);
            }
            let _running = waiting.begin();
            f(state);
        });
    }
}

impl Default for Once {
    #[track_caller]
    fn default() -> Once {
        Once::new()
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
