//! Locks that can be taken together with others, whatever their shape.
//!
//! A mutex is taken by reference, `&mutex`; of a reader-writer lock one says how: [`read`] or
//! [`write`]. Both are here for `std`'s shape and for both of `parking_lot`'s. The traits are sealed:
//! who takes several locks must know what each of them tells the detector. Only what `cargo lockgraph`
//! puts into its copy of `lock_api` implements them too.

#[cfg_attr(any(debug_assertions, feature = "instrument"), path = "lockable/tracked.rs")]
#[cfg_attr(not(any(debug_assertions, feature = "instrument")), path = "lockable/plain.rs")]
mod known;
#[cfg(any(feature = "parking_lot", feature = "parking_lot_0_13"))]
mod of_parking_lot;
mod of_std;

#[cfg(not(lockgraph_facade))]
pub(crate) use known::Id;
#[cfg(lockgraph_facade)]
pub use known::Id;
#[cfg(any(debug_assertions, feature = "instrument"))]
pub(crate) use known::all_held;
pub(crate) use known::{InTheWay, Place, Together, in_the_way};

/// What tells a lock from all others.
pub trait Identified {
    /// Which lock it is.
    fn id(&self) -> Id<'_>;

    /// Sees to it that the lock has its place in the order of all locks. False: somebody has it
    /// who has not given it one yet.
    #[track_caller]
    fn find_place(&self) -> bool;
}

impl<L: Identified + ?Sized> Identified for &L {
    fn id(&self) -> Id<'_> {
        (**self).id()
    }

    #[track_caller]
    fn find_place(&self) -> bool {
        (**self).find_place()
    }
}

/// A guard, and whether its lock is poisoned.
pub struct Taken<G> {
    pub(crate) guard: G,
    pub(crate) is_poisoned: bool,
}

impl<G> Taken<G> {
    /// Of a lock that is not poisoned.
    pub fn sound(guard: G) -> Taken<G> {
        Taken { guard, is_poisoned: false }
    }
}

/// A lock, and how it is wanted, for [`acquire`](fn@crate::acquire): `&mutex`, `read(&rwlock)`,
/// `write(&rwlock)`, of any shape that lockgraph has. This trait is sealed.
pub trait Lockable: Copy + Identified {
    /// What holds the lock.
    type Guard;

    #[doc(hidden)]
    #[track_caller]
    fn take(self) -> Taken<Self::Guard>;

    #[doc(hidden)]
    #[track_caller]
    fn try_take(self) -> Option<Taken<Self::Guard>>;
}

/// A reader-writer lock that is wanted for reading. Made by [`read`].
#[derive(Debug)]
pub struct Read<'a, L: ?Sized>(&'a L);

/// A reader-writer lock that is wanted for writing. Made by [`write()`].
#[derive(Debug)]
pub struct Write<'a, L: ?Sized>(&'a L);

/// `rwlock`, wanted for reading.
///
/// ```
/// use lockgraph::sync::{Mutex, RwLock};
/// use lockgraph::{acquire, read};
///
/// let (prices, basket) = (RwLock::new([3, 4]), Mutex::new(Vec::new()));
/// let mut both = acquire((read(&prices), &basket)).unwrap();
/// let (prices, basket) = &mut *both;
/// basket.push(prices[1]);
/// ```
pub const fn read<L: ?Sized>(rwlock: &L) -> Read<'_, L> {
    Read(rwlock)
}

/// `rwlock`, wanted for writing.
///
/// ```
/// use lockgraph::sync::RwLock;
/// use lockgraph::{acquire, read, write};
///
/// let (source, copy) = (RwLock::new(vec![1, 2]), RwLock::new(Vec::new()));
/// let mut both = acquire((read(&source), write(&copy))).unwrap();
/// let (source, copy) = &mut *both;
/// copy.clone_from(source);
/// ```
pub const fn write<L: ?Sized>(rwlock: &L) -> Write<'_, L> {
    Write(rwlock)
}

macro_rules! of_rwlock {
    ($($how:ident)*) => { $(
        impl<L: ?Sized> Clone for $how<'_, L> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<L: ?Sized> Copy for $how<'_, L> {}

        impl<L: Identified + ?Sized> Identified for $how<'_, L> {
            fn id(&self) -> Id<'_> {
                self.0.id()
            }

            #[track_caller]
            fn find_place(&self) -> bool {
                self.0.find_place()
            }
        }
    )* };
}

of_rwlock!(Read Write);

/// So that a slice of anything that can be taken can be.
impl<L: Lockable> Lockable for &L {
    type Guard = L::Guard;

    #[track_caller]
    fn take(self) -> Taken<L::Guard> {
        (*self).take()
    }

    #[track_caller]
    fn try_take(self) -> Option<Taken<L::Guard>> {
        (*self).try_take()
    }
}

/// A reader-writer lock of some shape, for [`Read`] and [`Write`]. This trait is sealed.
pub trait ReaderWriter: Identified {
    /// What holds it for reading.
    type Reading<'a>
    where
        Self: 'a;

    /// What holds it for writing.
    type Writing<'a>
    where
        Self: 'a;

    #[doc(hidden)]
    #[track_caller]
    fn take_read(&self) -> Taken<Self::Reading<'_>>;

    #[doc(hidden)]
    #[track_caller]
    fn try_take_read(&self) -> Option<Taken<Self::Reading<'_>>>;

    #[doc(hidden)]
    #[track_caller]
    fn take_write(&self) -> Taken<Self::Writing<'_>>;

    #[doc(hidden)]
    #[track_caller]
    fn try_take_write(&self) -> Option<Taken<Self::Writing<'_>>>;
}

impl<'a, L: ReaderWriter + ?Sized> Lockable for Read<'a, L> {
    type Guard = L::Reading<'a>;

    #[track_caller]
    fn take(self) -> Taken<Self::Guard> {
        self.0.take_read()
    }

    #[track_caller]
    fn try_take(self) -> Option<Taken<Self::Guard>> {
        self.0.try_take_read()
    }
}

impl<'a, L: ReaderWriter + ?Sized> Lockable for Write<'a, L> {
    type Guard = L::Writing<'a>;

    #[track_caller]
    fn take(self) -> Taken<Self::Guard> {
        self.0.take_write()
    }

    #[track_caller]
    fn try_take(self) -> Option<Taken<Self::Guard>> {
        self.0.try_take_write()
    }
}
