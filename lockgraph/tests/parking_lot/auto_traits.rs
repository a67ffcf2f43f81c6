//! Which auto traits every type has, for payloads that have them or not.

use std::cell::Cell;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;

use super::pl::*;
use crate::AutoTraits;

/// The inherent constants below hide these where their bounds hold.
trait Lacking {
    const SEND: bool = false;
    const SYNC: bool = false;
    const UNWIND_SAFE: bool = false;
    const REF_UNWIND_SAFE: bool = false;
}

struct Probe<T: ?Sized>(PhantomData<T>);

impl<T: ?Sized> Lacking for Probe<T> {}

impl<T: ?Sized + Send> Probe<T> {
    const SEND: bool = true;
}

impl<T: ?Sized + Sync> Probe<T> {
    const SYNC: bool = true;
}

impl<T: ?Sized + UnwindSafe> Probe<T> {
    const UNWIND_SAFE: bool = true;
}

impl<T: ?Sized + RefUnwindSafe> Probe<T> {
    const REF_UNWIND_SAFE: bool = true;
}

macro_rules! row {
    ($type:ty) => {
        (
            stringify!($type),
            [
                <Probe<$type>>::SEND,
                <Probe<$type>>::SYNC,
                <Probe<$type>>::UNWIND_SAFE,
                <Probe<$type>>::REF_UNWIND_SAFE,
            ],
        )
    };
}

/// Neither is missing, `Sync` is, `Send` is, both are.
type Whole = i32;
type NotSync = Cell<i32>;
type NotSend = std::sync::MutexGuard<'static, i32>;
type Neither = Rc<i32>;

macro_rules! rows {
    (locks: $($lock:ident)*; guards: $($guard:ident)*; plain: $($plain:ident)*;) => {
        vec![
            $(
                row!($lock<Whole>), row!($lock<NotSync>), row!($lock<NotSend>),
                row!($lock<Neither>),
            )*
            $(
                row!($guard<'static, Whole>), row!($guard<'static, NotSync>),
                row!($guard<'static, NotSend>), row!($guard<'static, Neither>),
            )*
            $(row!($plain),)*
        ]
    };
}

pub(crate) fn auto_traits() -> AutoTraits {
    rows! {
        locks: Mutex FairMutex ReentrantMutex RwLock;
        guards: MutexGuard MappedMutexGuard FairMutexGuard MappedFairMutexGuard
            ReentrantMutexGuard MappedReentrantMutexGuard RwLockReadGuard RwLockWriteGuard
            RwLockUpgradableReadGuard MappedRwLockReadGuard MappedRwLockWriteGuard;
        plain: RawMutex RawFairMutex RawRwLock Condvar Once OnceState WaitTimeoutResult
            RawThreadId;
    }
}
