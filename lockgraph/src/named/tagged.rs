//! Named locks in instrumented builds: the name is the class.

use crate::id::LockKind;
use crate::runtime::Tag;
use crate::sync::mpsc::{self, Receiver, Sender, SyncSender};
use crate::sync::{Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock};

pub(super) const fn mutex<T>(name: &'static &'static str, value: T) -> Mutex<T> {
    Mutex::tagged(Tag::named(LockKind::Mutex, name), value)
}

pub(super) const fn rwlock<T>(name: &'static &'static str, value: T) -> RwLock<T> {
    RwLock::tagged(Tag::named(LockKind::RwLock, name), value)
}

pub(super) const fn once(name: &'static &'static str) -> Once {
    Once::tagged(Tag::named(LockKind::Once, name))
}

pub(super) const fn once_lock<T>(name: &'static &'static str) -> OnceLock<T> {
    OnceLock::tagged(Tag::named(LockKind::Once, name))
}

pub(super) const fn lazy_lock<T, F: FnOnce() -> T>(
    name: &'static &'static str,
    f: F,
) -> LazyLock<T, F> {
    LazyLock::tagged(Tag::named(LockKind::Once, name), f)
}

pub(super) const fn condvar(name: &'static &'static str) -> Condvar {
    Condvar::tagged(Tag::named(LockKind::Condvar, name))
}

pub(super) const fn barrier(name: &'static &'static str, n: usize) -> Barrier {
    Barrier::tagged(Tag::named(LockKind::Barrier, name), n)
}

#[track_caller]
pub(super) fn channel<T>(name: &'static &'static str) -> (Sender<T>, Receiver<T>) {
    mpsc::tagged(Tag::named(LockKind::Channel, name))
}

#[track_caller]
pub(super) fn sync_channel<T>(
    name: &'static &'static str,
    bound: usize,
) -> (SyncSender<T>, Receiver<T>) {
    mpsc::tagged_sync(Tag::named(LockKind::Channel, name), bound)
}
