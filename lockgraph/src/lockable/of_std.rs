//! The locks of `std`'s shape, which may be poisoned: ours, and in instrumented builds the originals
//! too, of which it is not known who holds them.

use std::sync::{LockResult, TryLockError, TryLockResult};

#[cfg(any(debug_assertions, feature = "instrument"))]
use super::Id;
use super::{Identified, Lockable, ReaderWriter, Taken};
#[cfg(any(debug_assertions, feature = "instrument"))]
use crate::id::LockKind;

macro_rules! lockable {
    ($($sync:ident)::+) => {
        impl<'a, T: ?Sized> Lockable for &'a $($sync)::+::Mutex<T> {
            type Guard = $($sync)::+::MutexGuard<'a, T>;

            #[track_caller]
            fn take(self) -> Taken<Self::Guard> {
                taken(self.lock())
            }

            #[track_caller]
            fn try_take(self) -> Option<Taken<Self::Guard>> {
                taken_at_once(self.try_lock())
            }
        }

        impl<T: ?Sized> ReaderWriter for $($sync)::+::RwLock<T> {
            type Reading<'a>
                = $($sync)::+::RwLockReadGuard<'a, T>
            where
                T: 'a;
            type Writing<'a>
                = $($sync)::+::RwLockWriteGuard<'a, T>
            where
                T: 'a;

            #[track_caller]
            fn take_read(&self) -> Taken<Self::Reading<'_>> {
                taken(self.read())
            }

            #[track_caller]
            fn try_take_read(&self) -> Option<Taken<Self::Reading<'_>>> {
                taken_at_once(self.try_read())
            }

            #[track_caller]
            fn take_write(&self) -> Taken<Self::Writing<'_>> {
                taken(self.write())
            }

            #[track_caller]
            fn try_take_write(&self) -> Option<Taken<Self::Writing<'_>>> {
                taken_at_once(self.try_write())
            }
        }
    };
}

lockable!(crate::sync);
#[cfg(any(debug_assertions, feature = "instrument"))]
lockable!(std::sync);

#[cfg(any(debug_assertions, feature = "instrument"))]
impl<T: ?Sized> Identified for std::sync::Mutex<T> {
    fn id(&self) -> Id<'_> {
        Id::untracked(self, LockKind::Mutex)
    }

    fn find_place(&self) -> bool {
        true
    }
}

#[cfg(any(debug_assertions, feature = "instrument"))]
impl<T: ?Sized> Identified for std::sync::RwLock<T> {
    fn id(&self) -> Id<'_> {
        Id::untracked(self, LockKind::RwLock)
    }

    fn find_place(&self) -> bool {
        true
    }
}

fn taken<G>(result: LockResult<G>) -> Taken<G> {
    match result {
        Ok(guard) => Taken::sound(guard),
        Err(poisoned) => Taken { guard: poisoned.into_inner(), is_poisoned: true },
    }
}

fn taken_at_once<G>(result: TryLockResult<G>) -> Option<Taken<G>> {
    match result {
        Ok(guard) => Some(Taken::sound(guard)),
        Err(TryLockError::Poisoned(poisoned)) => {
            Some(Taken { guard: poisoned.into_inner(), is_poisoned: true })
        }
        Err(TryLockError::WouldBlock) => None,
    }
}
