//! Every signature, as the type of a function pointer; and what may be made in a constant.
//!
//! Nothing here runs: if it compiles on both sides, the signatures are the same.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use crate::sync::*;
use crate::thread::{self, Builder, JoinHandle, Scope, ScopedJoinHandle};

const fn made_by_constant_functions<T>(a: T, b: T) -> (Mutex<T>, RwLock<T>, OnceLock<T>) {
    (Mutex::new(a), RwLock::new(b), OnceLock::new())
}

struct Constants;

#[expect(clippy::declare_interior_mutable_const, reason = "that it compiles is the test")]
impl Constants {
    const LOCKS: (Mutex<u8>, RwLock<u8>, OnceLock<u8>) = made_by_constant_functions(1, 2);
    const OTHERS: (Condvar, Barrier, Once) = (Condvar::new(), Barrier::new(2), Once::new());
    const LAZY: LazyLock<u8> = LazyLock::new(|| 1);
}

static IN_A_STATIC: (Mutex<Vec<u8>>, LazyLock<String>) =
    (Mutex::new(Vec::new()), LazyLock::new(String::new));

#[test]
fn constants_are_values() {
    let (mutex, rwlock, cell) = Constants::LOCKS;
    assert_eq!((mutex.into_inner().unwrap(), rwlock.into_inner().unwrap()), (1, 2));
    assert_eq!(cell.into_inner(), None);
    let (_, _, once) = Constants::OTHERS;
    assert!(!once.is_completed());
    let lazy = Constants::LAZY;
    assert_eq!(*lazy, 1);
    assert!(IN_A_STATIC.0.lock().unwrap().is_empty() && IN_A_STATIC.1.is_empty());
}

#[expect(dead_code, reason = "that it compiles is the test")]
fn mutex<'a, T: Default + 'a>() {
    let _: fn(T) -> Mutex<T> = Mutex::new;
    let _: fn(T) -> Mutex<T> = From::from;
    let _: fn() -> Mutex<T> = Default::default;
    let _: fn(&'a Mutex<T>) -> LockResult<MutexGuard<'a, T>> = Mutex::lock;
    let _: fn(&'a Mutex<T>) -> TryLockResult<MutexGuard<'a, T>> = Mutex::try_lock;
    let _: fn(&Mutex<T>) -> bool = Mutex::is_poisoned;
    let _: fn(&Mutex<T>) = Mutex::clear_poison;
    let _: fn(Mutex<T>) -> LockResult<T> = Mutex::into_inner;
    let _: fn(&'a mut Mutex<T>) -> LockResult<&'a mut T> = Mutex::get_mut;
    let _: for<'b> fn(&'b MutexGuard<'a, T>) -> &'b T = Deref::deref;
    let _: for<'b> fn(&'b mut MutexGuard<'a, T>) -> &'b mut T = DerefMut::deref_mut;
}

#[expect(dead_code, reason = "that it compiles is the test")]
fn rwlock<'a, T: Default + 'a>() {
    let _: fn(T) -> RwLock<T> = RwLock::new;
    let _: fn(T) -> RwLock<T> = From::from;
    let _: fn() -> RwLock<T> = Default::default;
    let _: fn(&'a RwLock<T>) -> LockResult<RwLockReadGuard<'a, T>> = RwLock::read;
    let _: fn(&'a RwLock<T>) -> TryLockResult<RwLockReadGuard<'a, T>> = RwLock::try_read;
    let _: fn(&'a RwLock<T>) -> LockResult<RwLockWriteGuard<'a, T>> = RwLock::write;
    let _: fn(&'a RwLock<T>) -> TryLockResult<RwLockWriteGuard<'a, T>> = RwLock::try_write;
    let _: fn(&RwLock<T>) -> bool = RwLock::is_poisoned;
    let _: fn(&RwLock<T>) = RwLock::clear_poison;
    let _: fn(RwLock<T>) -> LockResult<T> = RwLock::into_inner;
    let _: fn(&'a mut RwLock<T>) -> LockResult<&'a mut T> = RwLock::get_mut;
    let _: fn(RwLockWriteGuard<'a, T>) -> RwLockReadGuard<'a, T> = RwLockWriteGuard::downgrade;
    let _: for<'b> fn(&'b RwLockReadGuard<'a, T>) -> &'b T = Deref::deref;
    let _: for<'b> fn(&'b RwLockWriteGuard<'a, T>) -> &'b T = Deref::deref;
    let _: for<'b> fn(&'b mut RwLockWriteGuard<'a, T>) -> &'b mut T = DerefMut::deref_mut;
}

type Waited<'a, T> = LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>;
type WaitedMs<'a, T> = LockResult<(MutexGuard<'a, T>, bool)>;

#[expect(dead_code, deprecated, reason = "that it compiles is the test")]
fn condvar_and_barrier<'a, T: 'a, F: FnMut(&mut T) -> bool>() {
    type Guard<'a, T> = MutexGuard<'a, T>;
    let _: fn() -> Condvar = Condvar::new;
    let _: fn() -> Condvar = Default::default;
    let _: fn(&Condvar, Guard<'a, T>) -> LockResult<Guard<'a, T>> = Condvar::wait;
    let _: fn(&Condvar, Guard<'a, T>, F) -> LockResult<Guard<'a, T>> = Condvar::wait_while;
    let _: fn(&Condvar, Guard<'a, T>, u32) -> WaitedMs<'a, T> = Condvar::wait_timeout_ms;
    let _: fn(&Condvar, Guard<'a, T>, Duration) -> Waited<'a, T> = Condvar::wait_timeout;
    let _: fn(&Condvar, Guard<'a, T>, Duration, F) -> Waited<'a, T> = Condvar::wait_timeout_while;
    let _: fn(&Condvar) = Condvar::notify_one;
    let _: fn(&Condvar) = Condvar::notify_all;
    let _: fn(usize) -> Barrier = Barrier::new;
    let _: fn(&Barrier) -> BarrierWaitResult = Barrier::wait;
}

#[expect(dead_code, reason = "that it compiles is the test")]
fn channels<'a, T: 'a>() {
    use mpsc::{IntoIter, Iter, Receiver, Sender, SyncSender, TryIter};
    use mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};
    let _: fn() -> (Sender<T>, Receiver<T>) = mpsc::channel;
    let _: fn(usize) -> (SyncSender<T>, Receiver<T>) = mpsc::sync_channel;
    let _: fn(&Sender<T>, T) -> Result<(), SendError<T>> = Sender::send;
    let _: fn(&Sender<T>) -> Sender<T> = Clone::clone;
    let _: fn(&SyncSender<T>, T) -> Result<(), SendError<T>> = SyncSender::send;
    let _: fn(&SyncSender<T>, T) -> Result<(), TrySendError<T>> = SyncSender::try_send;
    let _: fn(&SyncSender<T>) -> SyncSender<T> = Clone::clone;
    let _: fn(&Receiver<T>) -> Result<T, RecvError> = Receiver::recv;
    let _: fn(&Receiver<T>) -> Result<T, TryRecvError> = Receiver::try_recv;
    let _: fn(&Receiver<T>, Duration) -> Result<T, RecvTimeoutError> = Receiver::recv_timeout;
    let _: fn(&'a Receiver<T>) -> Iter<'a, T> = Receiver::iter;
    let _: fn(&'a Receiver<T>) -> TryIter<'a, T> = Receiver::try_iter;
    let _: fn(&'a Receiver<T>) -> Iter<'a, T> = IntoIterator::into_iter;
    let _: fn(Receiver<T>) -> IntoIter<T> = IntoIterator::into_iter;
}

#[expect(dead_code, deprecated, reason = "that it compiles is the test")]
fn once<F: FnOnce(), G: FnOnce(&OnceState)>() -> Once {
    let _: fn() -> Once = Once::new;
    let _: fn(&Once, F) = Once::call_once;
    let _: fn(&Once, G) = Once::call_once_force;
    let _: fn(&Once) -> bool = Once::is_completed;
    let _: fn(&Once) = Once::wait;
    let _: fn(&Once) = Once::wait_force;
    ONCE_INIT
}

#[expect(dead_code, reason = "that it compiles is the test")]
fn once_lock<'a, T: Clone + PartialEq + 'a, F: FnOnce() -> T>() {
    let _: fn() -> OnceLock<T> = OnceLock::new;
    let _: fn() -> OnceLock<T> = Default::default;
    let _: fn(T) -> OnceLock<T> = From::from;
    let _: fn(&OnceLock<T>) -> OnceLock<T> = Clone::clone;
    let _: fn(&OnceLock<T>, &OnceLock<T>) -> bool = PartialEq::eq;
    let _: fn(&'a OnceLock<T>) -> Option<&'a T> = OnceLock::get;
    let _: fn(&'a mut OnceLock<T>) -> Option<&'a mut T> = OnceLock::get_mut;
    let _: fn(&'a OnceLock<T>) -> &'a T = OnceLock::wait;
    let _: fn(&OnceLock<T>, T) -> Result<(), T> = OnceLock::set;
    let _: fn(&'a OnceLock<T>, F) -> &'a T = OnceLock::get_or_init;
    let _: fn(OnceLock<T>) -> Option<T> = OnceLock::into_inner;
    let _: fn(&mut OnceLock<T>) -> Option<T> = OnceLock::take;
}

#[expect(dead_code, reason = "that it compiles is the test")]
fn lazy_lock<'a, T: Default + 'a, F: FnOnce() -> T + 'a>() {
    let _: fn(F) -> LazyLock<T, F> = LazyLock::new;
    let _: fn() -> LazyLock<T> = Default::default;
    let _: fn(&'a LazyLock<T, F>) -> &'a T = LazyLock::force;
    let _: fn(&'a mut LazyLock<T, F>) -> &'a mut T = LazyLock::force_mut;
    let _: fn(&'a LazyLock<T, F>) -> Option<&'a T> = LazyLock::get;
    let _: fn(&'a mut LazyLock<T, F>) -> Option<&'a mut T> = LazyLock::get_mut;
    let _: fn(&'a LazyLock<T, F>) -> &'a T = Deref::deref;
    let _: fn(&'a mut LazyLock<T, F>) -> &'a mut T = DerefMut::deref_mut;
}

#[expect(dead_code, reason = "that it compiles is the test")]
fn threads<T: Send + 'static, F: FnOnce() -> T + Send + 'static>() {
    use std::io::Result;

    let _: fn(F) -> JoinHandle<T> = thread::spawn;
    let _: fn() -> Builder = Builder::new;
    let _: fn(Builder, String) -> Builder = Builder::name;
    let _: fn(Builder, usize) -> Builder = Builder::stack_size;
    let _: fn(Builder, F) -> Result<JoinHandle<T>> = Builder::spawn;
    let _: unsafe fn(Builder, F) -> Result<JoinHandle<T>> = Builder::spawn_unchecked;
    let _: fn(&JoinHandle<T>) -> &thread::Thread = JoinHandle::thread;
    let _: fn(JoinHandle<T>) -> thread::Result<T> = JoinHandle::join;
    let _: fn(&JoinHandle<T>) -> bool = JoinHandle::is_finished;
}

#[expect(dead_code, reason = "that it compiles is the test")]
fn scoped<'scope, 'env: 'scope, T: Send + 'scope, F: FnOnce() -> T + Send + 'scope>() {
    type Handle<'scope, T> = ScopedJoinHandle<'scope, T>;
    let _: fn(for<'s> fn(&'s Scope<'s, 'env>) -> T) -> T = thread::scope;
    let _: fn(&'scope Scope<'scope, 'env>, F) -> Handle<'scope, T> = Scope::spawn;
    let _: fn(Builder, &'scope Scope<'scope, 'env>, F) -> std::io::Result<Handle<'scope, T>> =
        Builder::spawn_scoped;
    let _: for<'b> fn(&'b Handle<'scope, T>) -> &'b thread::Thread = ScopedJoinHandle::thread;
    let _: fn(Handle<'scope, T>) -> thread::Result<T> = ScopedJoinHandle::join;
    let _: fn(&Handle<'scope, T>) -> bool = ScopedJoinHandle::is_finished;
}

/// Iterators over messages shorten like references to their receivers.
#[expect(dead_code, reason = "that it compiles is the test")]
fn covariant_iterators<'short, 'long: 'short>(
    messages: mpsc::Iter<'long, u8>,
    waiting: mpsc::TryIter<'long, u8>,
) -> (mpsc::Iter<'short, u8>, mpsc::TryIter<'short, u8>) {
    (messages, waiting)
}

/// Guards shorten like references; what a reader sees shortens too.
#[expect(dead_code, reason = "that it compiles is the test")]
fn covariant<'short, 'long: 'short>(
    mutex: MutexGuard<'long, u8>,
    reader: RwLockReadGuard<'long, &'long str>,
    writer: RwLockWriteGuard<'long, u8>,
) -> (MutexGuard<'short, u8>, RwLockReadGuard<'short, &'short str>, RwLockWriteGuard<'short, u8>) {
    (mutex, reader, writer)
}
