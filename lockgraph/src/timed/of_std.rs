//! Time limits for what is of `std`'s shape: ours, and in instrumented builds the originals too, for
//! a program may have both.

use std::sync::mpsc::{RecvTimeoutError, TrySendError};
use std::sync::{LockResult, WaitTimeoutResult};
use std::time::{Duration, Instant};

use super::within::{LockWithin as _, ReadWriteWithin as _};
use super::*;
use crate::polling::{end_of, left, poll};

macro_rules! joined {
    ($handle:ty) => {
        impl<T> TimedJoin<T> for $handle {
            #[track_caller]
            fn join_for(self, limit: Duration) -> Result<std::thread::Result<T>, Self> {
                let end = poll(end_of(limit), || self.is_finished().then_some(()));
                if end.is_some() { Ok(self.join()) } else { Err(self) }
            }

            #[track_caller]
            fn join_until(self, end: Instant) -> Result<std::thread::Result<T>, Self> {
                self.join_for(left(end))
            }
        }
    };
}

macro_rules! timed {
    ($($krate:ident)::+) => {
        impl<T: ?Sized> TimedMutex for $($krate)::+::sync::Mutex<T> {
            type Guard<'a>
                = $($krate)::+::sync::MutexGuard<'a, T>
            where
                T: 'a;

            #[track_caller]
            fn lock_for(&self, limit: Duration) -> TimedLockResult<Self::Guard<'_>> {
                Ok(self.lock_within(end_of(limit))?)
            }

            #[track_caller]
            fn lock_until(&self, end: Instant) -> TimedLockResult<Self::Guard<'_>> {
                Ok(self.lock_within(Some(end))?)
            }
        }

        impl<T: ?Sized> TimedRwLock for $($krate)::+::sync::RwLock<T> {
            type Reading<'a>
                = $($krate)::+::sync::RwLockReadGuard<'a, T>
            where
                T: 'a;
            type Writing<'a>
                = $($krate)::+::sync::RwLockWriteGuard<'a, T>
            where
                T: 'a;

            #[track_caller]
            fn read_for(&self, limit: Duration) -> TimedLockResult<Self::Reading<'_>> {
                Ok(self.read_within(end_of(limit))?)
            }

            #[track_caller]
            fn read_until(&self, end: Instant) -> TimedLockResult<Self::Reading<'_>> {
                Ok(self.read_within(Some(end))?)
            }

            #[track_caller]
            fn write_for(&self, limit: Duration) -> TimedLockResult<Self::Writing<'_>> {
                Ok(self.write_within(end_of(limit))?)
            }

            #[track_caller]
            fn write_until(&self, end: Instant) -> TimedLockResult<Self::Writing<'_>> {
                Ok(self.write_within(Some(end))?)
            }
        }

        impl TimedCondvar for $($krate)::+::sync::Condvar {
            type Guard<'a, T: 'a> = $($krate)::+::sync::MutexGuard<'a, T>;

            #[track_caller]
            fn wait_until<'a, T>(
                &self,
                guard: Self::Guard<'a, T>,
                end: Instant,
            ) -> LockResult<(Self::Guard<'a, T>, WaitTimeoutResult)> {
                self.wait_timeout(guard, left(end))
            }
        }

        impl<T> TimedOnceLock<T> for $($krate)::+::sync::OnceLock<T> {
            #[track_caller]
            fn wait_for(&self, limit: Duration) -> Option<&T> {
                poll(end_of(limit), || self.get())
            }

            #[track_caller]
            fn wait_until(&self, end: Instant) -> Option<&T> {
                poll(Some(end), || self.get())
            }
        }

        impl TimedOnce for $($krate)::+::sync::Once {
            #[track_caller]
            fn wait_for(&self, limit: Duration) -> bool {
                poll(end_of(limit), || self.is_completed().then_some(())).is_some()
            }

            #[track_caller]
            fn wait_until(&self, end: Instant) -> bool {
                poll(Some(end), || self.is_completed().then_some(())).is_some()
            }
        }

        impl<T> TimedSender<T> for $($krate)::+::sync::mpsc::SyncSender<T> {
            #[track_caller]
            fn send_for(&self, message: T, limit: Duration) -> Result<(), SendTimeoutError<T>> {
                send(|message| self.try_send(message), message, end_of(limit))
            }

            #[track_caller]
            fn send_until(&self, message: T, end: Instant) -> Result<(), SendTimeoutError<T>> {
                send(|message| self.try_send(message), message, Some(end))
            }
        }

        impl<T> TimedReceiver<T> for $($krate)::+::sync::mpsc::Receiver<T> {
            #[track_caller]
            fn recv_until(&self, end: Instant) -> Result<T, RecvTimeoutError> {
                self.recv_timeout(left(end))
            }
        }

        joined!($($krate)::+::thread::JoinHandle<T>);
        joined!($($krate)::+::thread::ScopedJoinHandle<'_, T>);
    };
}

timed!(crate);
#[cfg(any(debug_assertions, feature = "instrument"))]
timed!(std);

#[track_caller]
fn send<T>(
    try_send: impl Fn(T) -> Result<(), TrySendError<T>>,
    message: T,
    end: Option<Instant>,
) -> Result<(), SendTimeoutError<T>> {
    let mut message = Some(message);
    let sent = poll(end, || match try_send(message.take()?) {
        Ok(()) => Some(Ok(())),
        Err(TrySendError::Disconnected(back)) => Some(Err(SendTimeoutError::Disconnected(back))),
        Err(TrySendError::Full(back)) => {
            message = Some(back);
            None
        }
    });
    match (sent, message) {
        (Some(sent), _) => sent,
        (None, Some(message)) => Err(SendTimeoutError::TimedOut(message)),
        (None, None) => unreachable!("a message that was not sent comes back"),
    }
}
