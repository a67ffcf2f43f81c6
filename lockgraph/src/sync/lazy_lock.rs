//! A value that is made when it is first needed: our [`OnceLock`] beside its initialiser.
//!
//! The initialiser is taken out to be run, so one that unwinds leaves nothing behind: the lock is
//! poisoned for good, whatever the panic was. It cannot run again.

use std::cell::Cell;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::panic::{RefUnwindSafe, UnwindSafe};

use super::OnceLock;
use crate::id::LockKind;
use crate::runtime::Tag;

/// A value that is made when it is first needed. See [`std::sync::LazyLock`].
///
/// # Examples
///
/// ```
/// use lockgraph::sync::LazyLock;
///
/// static PRIMES: LazyLock<Vec<u32>> = LazyLock::new(|| vec![2, 3, 5, 7]);
///
/// assert!(LazyLock::get(&PRIMES).is_none());
/// assert_eq!(PRIMES.len(), 4);
/// ```
pub struct LazyLock<T, F = fn() -> T> {
    cell: OnceLock<T>,
    init: Cell<Option<F>>,
}

impl<T, F: FnOnce() -> T> LazyLock<T, F> {
    /// A value that `f` will make.
    #[inline]
    #[track_caller]
    pub const fn new(f: F) -> LazyLock<T, F> {
        LazyLock::tagged(Tag::here(LockKind::Once), f)
    }

    pub(crate) const fn tagged(tag: Tag, f: F) -> LazyLock<T, F> {
        LazyLock { cell: OnceLock::tagged(tag), init: Cell::new(Some(f)) }
    }

    /// The value. Makes it if there is none, without locking: nobody else has it.
    ///
    /// # Panics
    ///
    /// If the initialiser panics, or has panicked.
    #[inline]
    pub fn force_mut(this: &mut LazyLock<T, F>) -> &mut T {
        if this.cell.get_mut().is_none() {
            this.cell.fill(make(&this.init));
        }
        this.cell.get_mut().expect("the value was there, or has just been made")
    }

    /// The value. Makes it if there is none, or waits for the thread that makes it.
    ///
    /// # Panics
    ///
    /// If the initialiser panics, or has panicked; and if waiting would close a deadlock, and the
    /// detector is set to panic then.
    #[inline]
    #[track_caller]
    pub fn force(this: &LazyLock<T, F>) -> &T {
        this.cell.get_or_init(|| make(&this.init))
    }
}

impl<T, F> LazyLock<T, F> {
    /// The value, if it has been made. Never waits.
    #[inline]
    pub fn get_mut(this: &mut LazyLock<T, F>) -> Option<&mut T> {
        this.cell.get_mut()
    }

    /// The value, if it has been made. Never waits.
    #[inline]
    #[track_caller]
    pub fn get(this: &LazyLock<T, F>) -> Option<&T> {
        this.cell.get()
    }
}

impl<T, F: FnOnce() -> T> Deref for LazyLock<T, F> {
    type Target = T;

    #[inline]
    #[track_caller]
    fn deref(&self) -> &T {
        LazyLock::force(self)
    }
}

impl<T, F: FnOnce() -> T> DerefMut for LazyLock<T, F> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        LazyLock::force_mut(self)
    }
}

impl<T: Default> Default for LazyLock<T> {
    #[inline]
    #[track_caller]
    fn default() -> LazyLock<T> {
        LazyLock::new(T::default)
    }
}

impl<T: fmt::Debug, F> fmt::Debug for LazyLock<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_tuple("LazyLock");
        match LazyLock::get(self) {
            Some(value) => fields.field(value),
            None => fields.field(&format_args!("<uninit>")),
        };
        fields.finish()
    }
}

// SAFETY: `cell` is `Sync` for these `T`. `init` is only taken in `get_or_init` of `cell`, which
// runs one initialiser at a time and orders each after the one before, or through `&mut`. So no
// two threads are ever in it at once, no `&F` is handed out, and moving an `F` out of it on
// another thread than made it is what `F: Send` allows.
unsafe impl<T: Sync + Send, F: Send> Sync for LazyLock<T, F> {}

impl<T: RefUnwindSafe + UnwindSafe, F: UnwindSafe> RefUnwindSafe for LazyLock<T, F> {}

/// Takes the initialiser out and runs it. It is gone if it has unwound before.
fn make<T, F: FnOnce() -> T>(init: &Cell<Option<F>>) -> T {
    // In the words of the original, and with a message of its type.
    let Some(init) = init.take() else { panic!("LazyLock instance has previously been poisoned") };
    init()
}
