//! Locks with a rank in instrumented builds: the rank's name is the class.

use crate::id::LockKind;
use crate::rank::Rank;
use crate::runtime::{self, Tag};
use crate::sync::{Mutex, RwLock};

pub(super) const fn mutex<T>(rank: &'static Rank, value: T) -> Mutex<T> {
    Mutex::tagged(Tag::ranked(LockKind::Mutex, rank), value)
}

pub(super) const fn rwlock<T>(rank: &'static Rank, value: T) -> RwLock<T> {
    RwLock::tagged(Tag::ranked(LockKind::RwLock, rank), value)
}

#[track_caller]
pub(super) fn mutex_by<T>(rank: &'static Rank, key: u64, value: T) -> Mutex<T> {
    Mutex::tagged(runtime::keyed(Tag::ranked(LockKind::Mutex, rank), key), value)
}

#[track_caller]
pub(super) fn rwlock_by<T>(rank: &'static Rank, key: u64, value: T) -> RwLock<T> {
    RwLock::tagged(runtime::keyed(Tag::ranked(LockKind::RwLock, rank), key), value)
}
