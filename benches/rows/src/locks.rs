//! The locks and channels of one contestant.

use std::ops::{Deref, DerefMut};

use crate::row::{Work, adds};
use crate::waits::{Turns, plain_passes};

/// Locks around a `u64`, and threads that the contestant knows of.
#[expect(missing_docs, reason = "each is what its name says")]
pub trait Locks: Sized + 'static {
    type Mutex: Send + Sync + 'static;
    type Guard<'a>: DerefMut<Target = u64>;
    type RwLock: Send + Sync + 'static;
    type Read<'a>: Deref<Target = u64>;
    type Write<'a>: DerefMut<Target = u64>;
    type Sender: Send + 'static;
    type Receiver: Send + 'static;

    /// `size_of::<Mutex<()>>` over that of the lock whose shape it has.
    const BYTES_OVER_ORIGINAL: usize;
    /// Is the lock the very type whose shape it has?
    fn is_original() -> bool;

    fn mutex() -> Self::Mutex;
    fn lock(lock: &Self::Mutex) -> Self::Guard<'_>;
    fn rwlock() -> Self::RwLock;
    fn read(lock: &Self::RwLock) -> Self::Read<'_>;
    fn write(lock: &Self::RwLock) -> Self::Write<'_>;
    fn channel() -> (Self::Sender, Self::Receiver);
    fn send(sender: &Self::Sender, message: u64);
    fn recv(receiver: &Self::Receiver) -> u64;

    /// Turns that two threads take, if there are condition variables.
    fn turns() -> Option<Turns> {
        None
    }

    /// Taking a permit of a semaphore that is free and giving it back, if there are semaphores.
    fn permits() -> Option<Work> {
        None
    }

    /// Adding to an atomic variable, if there are any.
    fn atomic() -> Option<Work> {
        None
    }

    /// What `work` returns in each of so many threads, which all live at once.
    fn in_threads<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T>;
}

/// `locks!(Name: module, function like std::thread::scope, original module, unwrap)`: the type
/// `Name` with the module's locks. The last argument is left out if locking cannot fail. Channels
/// are those of `std`, unless `; channels module` follows; `; waits { .. }` has the functions
/// [`Locks::turns`] and [`Locks::permits`], if there are any.
#[macro_export]
macro_rules! locks {
    (
        $(#[$attribute:meta])*
        $visibility:vis $name:ident: $($module:ident)::+, $($scope:ident)::+, original $($original:ident)::+
        $(, $result:ident)? $(; waits { $($waits:tt)* })?
    ) => {
        $crate::locks!(
            $(#[$attribute])*
            $visibility $name: $($module)::+, $($scope)::+, original $($original)::+
            $(, $result)?; channels std::sync::mpsc $(; waits { $($waits)* })?
        );
    };
    (
        $(#[$attribute:meta])*
        $visibility:vis $name:ident: $($module:ident)::+, $($scope:ident)::+, original $($original:ident)::+
        $(, $result:ident)?; channels $($channels:ident)::+ $(; waits { $($waits:tt)* })?
    ) => {
        $(#[$attribute])*
        $visibility struct $name;

        // The sites are those of the rows, as if these functions were not there.
        impl $crate::Locks for $name {
            type Mutex = $($module)::+::Mutex<u64>;
            type Guard<'a> = $($module)::+::MutexGuard<'a, u64>;
            type RwLock = $($module)::+::RwLock<u64>;
            type Read<'a> = $($module)::+::RwLockReadGuard<'a, u64>;
            type Write<'a> = $($module)::+::RwLockWriteGuard<'a, u64>;
            type Sender = $($channels)::+::Sender<u64>;
            type Receiver = $($channels)::+::Receiver<u64>;

            const BYTES_OVER_ORIGINAL: usize =
                size_of::<$($module)::+::Mutex<()>>() - size_of::<$($original)::+::Mutex<()>>();

            fn is_original() -> bool {
                std::any::TypeId::of::<$($module)::+::Mutex<()>>()
                    == std::any::TypeId::of::<$($original)::+::Mutex<()>>()
            }

            #[inline(always)]
            #[track_caller]
            fn mutex() -> Self::Mutex {
                $($module)::+::Mutex::new(0)
            }

            #[inline(always)]
            #[track_caller]
            fn lock(lock: &Self::Mutex) -> Self::Guard<'_> {
                lock.lock()$(.$result())?
            }

            #[inline(always)]
            #[track_caller]
            fn rwlock() -> Self::RwLock {
                $($module)::+::RwLock::new(0)
            }

            #[inline(always)]
            #[track_caller]
            fn read(lock: &Self::RwLock) -> Self::Read<'_> {
                lock.read()$(.$result())?
            }

            #[inline(always)]
            #[track_caller]
            fn write(lock: &Self::RwLock) -> Self::Write<'_> {
                lock.write()$(.$result())?
            }

            #[inline(always)]
            #[track_caller]
            fn channel() -> (Self::Sender, Self::Receiver) {
                $($channels)::+::channel()
            }

            #[inline(always)]
            #[track_caller]
            fn send(sender: &Self::Sender, message: u64) {
                assert!(sender.send(message).is_ok());
            }

            #[inline(always)]
            #[track_caller]
            fn recv(receiver: &Self::Receiver) -> u64 {
                receiver.recv().expect("there is a sender")
            }

            $($($waits)*)?

            fn in_threads<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
                let work = &work;
                $($scope)::+(|scope| {
                    let threads: Vec<_> =
                        (0..threads).map(|at| scope.spawn(move || work(at))).collect();
                    let ended = threads.into_iter().map(|thread| thread.join());
                    ended.map(|result| result.expect("the work does not panic")).collect()
                })
            }
        }
    };
}

locks!(
    /// The locks of the standard library, which every other is measured against.
    pub Std: std::sync, std::thread::scope, original std::sync, unwrap;
    waits {
        fn turns() -> Option<Turns> {
            Some(crate::turns!(std::sync, unwrap))
        }

        fn permits() -> Option<Work> {
            Some(plain_passes())
        }

        fn atomic() -> Option<Work> {
            use std::sync::atomic::{AtomicU64, Ordering};
            Some(adds(AtomicU64::new(0), |number| _ = number.fetch_add(1, Ordering::Relaxed)))
        }
    }
);
