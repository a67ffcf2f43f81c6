//! Which auto traits every type has, for messages that have them or not.

use std::cell::Cell;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;

use super::cb::*;
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

macro_rules! rows_of {
    ($($message:ty),*) => {
        vec![
            $(
                row!(Sender<$message>), row!(Receiver<$message>),
                row!(Iter<'static, $message>), row!(TryIter<'static, $message>),
                row!(IntoIter<$message>),
            )*
            row!(Select<'static>), row!(SelectedOperation<'static>),
        ]
    };
}

pub(crate) fn auto_traits() -> AutoTraits {
    rows_of!(i32, Cell<i32>, std::sync::MutexGuard<'static, i32>, Rc<i32>, &'static mut i32)
}
