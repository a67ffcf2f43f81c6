//! Named locks in builds that are not instrumented: the originals, which have no name.

use crate::sync::mpsc::{self, Receiver, Sender, SyncSender};
use crate::sync::{Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock};

pub(super) const fn mutex<T>(_name: &'static &'static str, value: T) -> Mutex<T> {
    Mutex::new(value)
}

pub(super) const fn rwlock<T>(_name: &'static &'static str, value: T) -> RwLock<T> {
    RwLock::new(value)
}

pub(super) const fn once(_name: &'static &'static str) -> Once {
    Once::new()
}

pub(super) const fn once_lock<T>(_name: &'static &'static str) -> OnceLock<T> {
    OnceLock::new()
}

pub(super) const fn lazy_lock<T, F: FnOnce() -> T>(
    _name: &'static &'static str,
    f: F,
) -> LazyLock<T, F> {
    LazyLock::new(f)
}

pub(super) const fn condvar(_name: &'static &'static str) -> Condvar {
    Condvar::new()
}

pub(super) const fn barrier(_name: &'static &'static str, n: usize) -> Barrier {
    Barrier::new(n)
}

pub(super) fn channel<T>(_name: &'static &'static str) -> (Sender<T>, Receiver<T>) {
    mpsc::channel()
}

pub(super) fn sync_channel<T>(
    _name: &'static &'static str,
    bound: usize,
) -> (SyncSender<T>, Receiver<T>) {
    mpsc::sync_channel(bound)
}
