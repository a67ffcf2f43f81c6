//! The tags of the raw locks, which say which lock it is.

use ::lock_api_0_5 as lock_api;

use super::{RawFairMutex, RawMutex, RawRwLock};
use crate::runtime::Tag;

/// A raw lock of ours.
pub trait Tagged {
    /// Which lock it is.
    fn tag(&self) -> &Tag;
}

impl Tagged for RawMutex {
    fn tag(&self) -> &Tag {
        RawMutex::tag(self)
    }
}

impl Tagged for RawFairMutex {
    fn tag(&self) -> &Tag {
        self.0.tag()
    }
}

impl<const RECURSIVE: bool> Tagged for RawRwLock<RECURSIVE> {
    fn tag(&self) -> &Tag {
        RawRwLock::tag(self)
    }
}

/// Which lock `mutex` is.
pub(crate) fn of_mutex<R, T>(mutex: &lock_api::Mutex<R, T>) -> &Tag
where
    R: lock_api::RawMutex + Tagged,
    T: ?Sized,
{
    // SAFETY: the raw lock is only asked for its tag, neither taken nor given back.
    unsafe { mutex.raw() }.tag()
}

/// Which lock `rwlock` is.
pub(crate) fn of_rwlock<R, T>(rwlock: &lock_api::RwLock<R, T>) -> &Tag
where
    R: lock_api::RawRwLock + Tagged,
    T: ?Sized,
{
    // SAFETY: the raw lock is only asked for its tag, neither taken nor given back.
    unsafe { rwlock.raw() }.tag()
}
