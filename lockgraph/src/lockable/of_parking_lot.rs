//! The locks of both versions of `parking_lot`, which are not poisoned.

use super::{Id, Identified, Lockable, ReaderWriter, Taken};
#[cfg(not(any(debug_assertions, feature = "instrument")))]
use crate::id::LockKind;

macro_rules! lockable {
    ($lock_api:ident) => {
        impl<'a, R, T: ?Sized> Lockable for &'a $lock_api::Mutex<R, T>
        where
            R: $lock_api::RawMutex,
            $lock_api::Mutex<R, T>: Identified,
        {
            type Guard = $lock_api::MutexGuard<'a, R, T>;

            #[track_caller]
            fn take(self) -> Taken<Self::Guard> {
                Taken::sound(self.lock())
            }

            #[track_caller]
            fn try_take(self) -> Option<Taken<Self::Guard>> {
                self.try_lock().map(Taken::sound)
            }
        }

        impl<R, T: ?Sized> ReaderWriter for $lock_api::RwLock<R, T>
        where
            R: $lock_api::RawRwLock,
            $lock_api::RwLock<R, T>: Identified,
        {
            type Reading<'a>
                = $lock_api::RwLockReadGuard<'a, R, T>
            where
                Self: 'a;
            type Writing<'a>
                = $lock_api::RwLockWriteGuard<'a, R, T>
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
    };
}

#[cfg(any(debug_assertions, feature = "instrument"))]
macro_rules! identified {
    ($lock_api:ident, $shape:ident) => {
        impl<R, T: ?Sized> Identified for $lock_api::Mutex<R, T>
        where
            R: $lock_api::RawMutex + crate::$shape::tagged::Tagged,
        {
            fn id(&self) -> Id<'_> {
                Id::of(crate::$shape::tagged::of_mutex(self))
            }

            #[track_caller]
            fn find_place(&self) -> bool {
                let held = self.try_lock();
                if held.is_some() {
                    self.id().give_place(std::panic::Location::caller());
                }
                held.is_some()
            }
        }

        impl<R, T: ?Sized> Identified for $lock_api::RwLock<R, T>
        where
            R: $lock_api::RawRwLock + crate::$shape::tagged::Tagged,
        {
            fn id(&self) -> Id<'_> {
                Id::of(crate::$shape::tagged::of_rwlock(self))
            }

            #[track_caller]
            fn find_place(&self) -> bool {
                let held = self.try_read();
                if held.is_some() {
                    self.id().give_place(std::panic::Location::caller());
                }
                held.is_some()
            }
        }
    };
}

#[cfg(not(any(debug_assertions, feature = "instrument")))]
macro_rules! identified {
    ($lock_api:ident, $shape:ident) => {
        impl<R: $lock_api::RawMutex, T: ?Sized> Identified for $lock_api::Mutex<R, T> {
            fn id(&self) -> Id<'_> {
                Id::new(self, LockKind::Mutex)
            }

            fn find_place(&self) -> bool {
                true
            }
        }

        impl<R: $lock_api::RawRwLock, T: ?Sized> Identified for $lock_api::RwLock<R, T> {
            fn id(&self) -> Id<'_> {
                Id::new(self, LockKind::RwLock)
            }

            fn find_place(&self) -> bool {
                true
            }
        }
    };
}

#[cfg(feature = "parking_lot")]
mod of_0_12 {
    use super::*;
    use lock_api_0_4 as lock_api;

    lockable!(lock_api);
    identified!(lock_api, parking_lot);
}

#[cfg(feature = "parking_lot_0_13")]
mod of_0_13 {
    use super::*;
    use lock_api_0_5 as lock_api;

    lockable!(lock_api);
    identified!(lock_api, parking_lot_0_13);
}
