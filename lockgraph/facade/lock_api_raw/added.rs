//! What the locks have here that those of `lock_api` have not: names and ranks, which [`crate::Mutex`]
//! and [`crate::RwLock`] are made with, and the traits of lockgraph by which `acquire` takes them
//! together with others. Only the crate of the locks can implement those.
//!
//! The same for `lock_api` 0.4 and 0.5. Neither has poison.

use core::panic::Location;

use ::lockgraph_rt::lockable::{Id, Identified, Lockable, ReaderWriter, Taken};
use ::lockgraph_rt::{Rank, Ranked};

use super::Raw;
use super::runtime::{self, LockKind, Tag};
use crate::{
    Mutex, MutexGuard, RawMutex, RawRwLock, RwLock, RwLockReadGuard, RwLockWriteGuard,
};

macro_rules! made {
    ($lock:ident: $kind:expr) => {
        #[allow(missing_docs)]
        impl<R, T> $lock<R, T> {
            #[doc(hidden)]
            pub const fn lockgraph_named(name: &'static &'static str, raw: R, data: T) -> Self {
                $lock::lockgraph_with(Raw::tagged(Tag::named($kind, name), raw), data)
            }

            #[doc(hidden)]
            pub const fn lockgraph_ranked(rank: &'static Rank, raw: R, data: T) -> Self {
                $lock::lockgraph_with(Raw::tagged(Tag::ranked($kind, rank), raw), data)
            }

            #[track_caller]
            fn keyed(rank: &'static Rank, key: u64, raw: R, data: T) -> Self {
                let tag = runtime::keyed(Tag::ranked($kind, rank), key);
                $lock::lockgraph_with(Raw::tagged(tag, raw), data)
            }
        }
    };
}

made!(Mutex: LockKind::Mutex);
made!(RwLock: LockKind::RwLock);

impl<R: RawMutex, T> Ranked<T> for Mutex<R, T> {
    fn ranked(rank: &'static Rank, value: T) -> Mutex<R, T> {
        Mutex::lockgraph_ranked(rank, R::INIT, value)
    }

    #[track_caller]
    fn ranked_by(rank: &'static Rank, key: u64, value: T) -> Mutex<R, T> {
        Mutex::keyed(rank, key, R::INIT, value)
    }
}

impl<R: RawRwLock, T> Ranked<T> for RwLock<R, T> {
    fn ranked(rank: &'static Rank, value: T) -> RwLock<R, T> {
        RwLock::lockgraph_ranked(rank, R::INIT, value)
    }

    #[track_caller]
    fn ranked_by(rank: &'static Rank, key: u64, value: T) -> RwLock<R, T> {
        RwLock::keyed(rank, key, R::INIT, value)
    }
}

impl<R: RawMutex, T: ?Sized> Identified for Mutex<R, T> {
    fn id(&self) -> Id<'_> {
        Id::of(&self.lockgraph_raw().tag)
    }

    #[track_caller]
    fn find_place(&self) -> bool {
        let held = self.try_lock();
        if held.is_some() {
            self.id().give_place(Location::caller());
        }
        held.is_some()
    }
}

impl<R: RawRwLock, T: ?Sized> Identified for RwLock<R, T> {
    fn id(&self) -> Id<'_> {
        Id::of(&self.lockgraph_raw().tag)
    }

    #[track_caller]
    fn find_place(&self) -> bool {
        let held = self.try_read();
        if held.is_some() {
            self.id().give_place(Location::caller());
        }
        held.is_some()
    }
}

impl<'a, R: RawMutex, T: ?Sized> Lockable for &'a Mutex<R, T> {
    type Guard = MutexGuard<'a, R, T>;

    #[track_caller]
    fn take(self) -> Taken<Self::Guard> {
        Taken::sound(self.lock())
    }

    #[track_caller]
    fn try_take(self) -> Option<Taken<Self::Guard>> {
        self.try_lock().map(Taken::sound)
    }
}

impl<R: RawRwLock, T: ?Sized> ReaderWriter for RwLock<R, T> {
    type Reading<'a>
        = RwLockReadGuard<'a, R, T>
    where
        Self: 'a;
    type Writing<'a>
        = RwLockWriteGuard<'a, R, T>
    where
        Self: 'a;

    #[track_caller]
    fn take_read(&self) -> Taken<Self::Reading<'_>> {
        Taken::sound(self.read())
    }

    #[track_caller]
    fn try_take_read(&self) -> Option<Taken<Self::Reading<'_>>> {
        self.try_read().map(Taken::sound)
    }

    #[track_caller]
    fn take_write(&self) -> Taken<Self::Writing<'_>> {
        Taken::sound(self.write())
    }

    #[track_caller]
    fn try_take_write(&self) -> Option<Taken<Self::Writing<'_>>> {
        self.try_write().map(Taken::sound)
    }
}
