//! Our types are `Send`, `Sync`, `Unpin`, `UnwindSafe` and `RefUnwindSafe` exactly where the
//! originals are.

use std::cell::Cell;
use std::marker::PhantomData;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;

/// The answer where the type is not of the trait asked for.
trait Otherwise {
    const IS: bool = false;
}

/// A question to types: are they of this trait? The inherent answer is there only if they are,
/// and is preferred.
macro_rules! question {
    ($question:ident, $trait:path) => {
        struct $question<T: ?Sized>(PhantomData<T>);
        impl<T: ?Sized> Otherwise for $question<T> {}
        impl<T: ?Sized + $trait> $question<T> {
            const IS: bool = true;
        }
    };
}

question!(IsSend, Send);
question!(IsSync, Sync);
question!(IsUnpin, Unpin);
question!(IsUnwindSafe, UnwindSafe);
question!(IsRefUnwindSafe, RefUnwindSafe);

macro_rules! traits_of {
    ($type:ty) => {
        [
            IsSend::<$type>::IS,
            IsSync::<$type>::IS,
            IsUnpin::<$type>::IS,
            IsUnwindSafe::<$type>::IS,
            IsRefUnwindSafe::<$type>::IS,
        ]
    };
}

/// Rows of one module: a generic type, with each of the values in it.
// rustfmt indents the macro within anew at every run.
#[rustfmt::skip]
macro_rules! rows {
    ($shape:ident) => {{
        use $shape::sync::*;
        use $shape::thread::*;
        let mut rows: Vec<(&str, [bool; 5])> = Vec::new();
        macro_rules! row {
            ($type:ty) => {
                rows.push((stringify!($type), traits_of!($type)));
            };
        }
        macro_rules! rows_of {
            ($value:ty) => {
                row!(Mutex<$value>);
                row!(MutexGuard<'static, $value>);
                row!(RwLock<$value>);
                row!(RwLockReadGuard<'static, $value>);
                row!(RwLockWriteGuard<'static, $value>);
                row!(OnceLock<$value>);
                row!(LazyLock<$value>);
                row!(LazyLock<u8, $value>);
                row!(LazyLock<$value, $value>);
                row!(JoinHandle<$value>);
                row!(ScopedJoinHandle<'static, $value>);
                row!(mpsc::Sender<$value>);
                row!(mpsc::SyncSender<$value>);
                row!(mpsc::Receiver<$value>);
                row!(mpsc::Iter<'static, $value>);
                row!(mpsc::TryIter<'static, $value>);
                row!(mpsc::IntoIter<$value>);
                row!(atomic::AtomicPtr<$value>);
            };
        }
        rows_of!(u8);
        rows_of!(Cell<u8>);
        rows_of!(Rc<u8>);
        rows_of!(&'static mut u8);
        rows_of!(*const u8);
        rows_of!(std::sync::MutexGuard<'static, u8>);
        rows_of!(std::marker::PhantomPinned);
        row!(Mutex<dyn Send>);
        row!(MutexGuard<'static, dyn Send>);
        row!(RwLock<dyn Send + Sync>);
        row!(RwLockReadGuard<'static, dyn Sync>);
        row!(Condvar);
        row!(Barrier);
        row!(Once);
        row!(atomic::AtomicBool);
        row!(atomic::AtomicU64);
        row!(Builder);
        row!(Scope<'static, 'static>);
        rows
    }};
}

#[test]
fn as_the_originals() {
    let (ours, originals) = (rows!(lockgraph), rows!(std));
    assert_eq!(ours, originals);
    // The table can tell: each trait is there for some and not for others.
    for column in 0..5 {
        let count = originals.iter().filter(|(_, traits)| traits[column]).count();
        assert!((5..originals.len() - 1).contains(&count), "{column}: {count}");
    }
    let reader = traits_of!(lockgraph::sync::RwLockReadGuard<'static, Cell<u8>>);
    assert_eq!(reader, [false, false, true, false, false]);
}

/// What `std` does not have is of the traits that its like there have: a semaphore of a mutex's, a
/// guard that stays with its thread of a mutex's guard, one that may travel of an `Arc`.
#[test]
fn as_their_like() {
    use lockgraph::sync::{Event, OwnedPermit, Permit, Semaphore};
    use std::sync::{Arc, Mutex, MutexGuard};

    assert_eq!(traits_of!(Semaphore), traits_of!(Mutex<u8>));
    assert_eq!(traits_of!(Event), traits_of!(Mutex<u8>));
    assert_eq!(traits_of!(Permit<'static>), traits_of!(MutexGuard<'static, u8>));
    assert_eq!(traits_of!(OwnedPermit), traits_of!(Arc<Mutex<u8>>));
}
