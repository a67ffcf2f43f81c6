//! What a thread has of a semaphore, until it is dropped.

use std::fmt;
use std::marker::PhantomData;
use std::mem;
use std::sync::{Arc, MutexGuard};

use super::semaphore::Semaphore;
use super::watch::Site;
use crate::id::Mode;

/// Permits of a [`Semaphore`], given back when this is dropped. It stays with its thread.
#[must_use = "if unused the permits are given back at once"]
#[clippy::has_significant_drop]
pub struct Permit<'a> {
    semaphore: &'a Semaphore,
    permits: usize,
    mode: Mode,
    /// Where they were taken.
    site: Site,
    /// As the guard of a mutex it may be shared but not sent, because the thread that took it is
    /// known to have it.
    _stays: PhantomData<MutexGuard<'a, ()>>,
}

/// Permits of a [`Semaphore`] that this keeps alive, given back when it is dropped, by whichever
/// thread.
#[must_use = "if unused the permits are given back at once"]
#[clippy::has_significant_drop]
pub struct OwnedPermit {
    semaphore: Arc<Semaphore>,
    permits: usize,
    /// Where they were taken.
    site: Site,
}

impl<'a> Permit<'a> {
    pub(super) fn new(
        semaphore: &'a Semaphore,
        permits: usize,
        mode: Mode,
        site: Site,
    ) -> Permit<'a> {
        Permit { semaphore, permits, mode, site, _stays: PhantomData }
    }

    /// How many permits these are.
    pub fn permits(&self) -> usize {
        self.permits
    }

    /// Does away with the permits: they are not given back. [`Semaphore::release`] can make up for
    /// them.
    pub fn forget(mut self) {
        let permits = mem::take(&mut self.permits);
        if permits > 0 {
            self.semaphore.forget(permits, self.mode);
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.permits > 0 {
            self.semaphore.give_back(self.permits, self.mode, self.site);
        }
    }
}

impl OwnedPermit {
    pub(super) fn new(semaphore: Arc<Semaphore>, permits: usize, site: Site) -> OwnedPermit {
        OwnedPermit { semaphore, permits, site }
    }

    /// How many permits these are.
    pub fn permits(&self) -> usize {
        self.permits
    }

    /// Does away with the permits: they are not given back. [`Semaphore::release`] can make up for
    /// them.
    pub fn forget(mut self) {
        let permits = mem::take(&mut self.permits);
        self.semaphore.forget_handed_out(permits);
    }
}

impl Drop for OwnedPermit {
    fn drop(&mut self) {
        if self.permits > 0 {
            self.semaphore.hand_back(self.permits, self.site);
        }
    }
}

impl fmt::Debug for Permit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").field("permits", &self.permits).finish_non_exhaustive()
    }
}

impl fmt::Debug for OwnedPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedPermit").field("permits", &self.permits).finish_non_exhaustive()
    }
}
