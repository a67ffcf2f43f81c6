//! The two senders: our end of the channel beside the original.

use std::fmt;
use std::panic::Location;
use std::sync::mpsc::{self, SendError, TrySendError};

use crate::channel::{Patience, SendingEnd};
use crate::runtime::{Site, Stamp};

/// Sends to a channel that has room for any number of messages. See [`std::sync::mpsc::Sender`].
///
/// # Examples
///
/// ```
/// use lockgraph::sync::mpsc;
///
/// let (sender, receiver) = mpsc::channel();
/// sender.clone().send("one").unwrap();
/// sender.send("two").unwrap();
/// drop(sender);
/// assert_eq!(receiver.into_iter().collect::<Vec<_>>(), ["one", "two"]);
/// ```
pub struct Sender<T> {
    // Dropped before the original, so that the end is told before it happens.
    end: SendingEnd,
    inner: mpsc::Sender<(T, Stamp)>,
}

impl<T> Sender<T> {
    pub(super) fn new(end: SendingEnd, inner: mpsc::Sender<(T, Stamp)>) -> Sender<T> {
        Sender { end, inner }
    }

    /// Sends `t`. Never waits.
    ///
    /// # Errors
    ///
    /// The receiver is gone. The error has the message.
    #[track_caller]
    #[inline]
    pub fn send(&self, t: T) -> Result<(), SendError<T>> {
        let stamp = self.end.sending(Location::caller());
        self.inner.send((t, stamp)).map_err(|SendError((t, _))| {
            self.end.found_end(Location::caller());
            SendError(t)
        })
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Sender<T> {
        Sender { end: self.end.clone(), inner: self.inner.clone() }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// Sends to a channel that has room for some messages. See [`std::sync::mpsc::SyncSender`].
///
/// # Examples
///
/// ```
/// use lockgraph::sync::mpsc::{self, TrySendError};
///
/// let (sender, receiver) = mpsc::sync_channel(1);
/// sender.send(1).unwrap();
/// assert_eq!(sender.try_send(2), Err(TrySendError::Full(2)));
/// assert_eq!(receiver.recv(), Ok(1));
/// ```
pub struct SyncSender<T> {
    // As in `Sender`.
    end: SendingEnd,
    inner: mpsc::SyncSender<(T, Stamp)>,
}

impl<T> SyncSender<T> {
    pub(super) fn new(end: SendingEnd, inner: mpsc::SyncSender<(T, Stamp)>) -> SyncSender<T> {
        SyncSender { end, inner }
    }

    /// Sends `t`, and waits for room if there is none; in a channel without any, for the receiver.
    ///
    /// # Errors
    ///
    /// The receiver is gone. The error has the message.
    ///
    /// # Panics
    ///
    /// If waiting would close a deadlock, and the detector is set to panic then.
    #[track_caller]
    #[inline]
    pub fn send(&self, t: T) -> Result<(), SendError<T>> {
        let site = Location::caller();
        self.end.could_wait(site);
        let message = self.end.next();
        let stamp = self.end.sending(site);
        let (mut pair, mut patience) = ((t, stamp), Patience::default());
        // One call of the original, so that it is inlined.
        let sent = loop {
            match self.inner.try_send(pair) {
                Ok(()) => break Ok(()),
                Err(TrySendError::Disconnected(unsent)) => break Err(SendError(unsent)),
                Err(TrySendError::Full(unsent)) if patience.is_left() => pair = unsent,
                Err(TrySendError::Full(unsent)) => break self.wait(unsent, site),
            }
        };
        self.told(message, sent, site).map_err(|SendError((t, _))| SendError(t))
    }

    /// Sends `t` if there is room; in a channel without any, if the receiver waits.
    ///
    /// # Errors
    ///
    /// There is no room, or the receiver is gone. The error has the message.
    #[track_caller]
    #[inline]
    pub fn try_send(&self, t: T) -> Result<(), TrySendError<T>> {
        let site = Location::caller();
        let message = self.end.next();
        let stamp = self.end.sending(site);
        let sent = match self.inner.try_send((t, stamp)) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full((t, _))) => {
                self.end.found_full();
                return Err(TrySendError::Full(t));
            }
            Err(TrySendError::Disconnected(pair)) => Err(SendError(pair)),
        };
        let told = self.told(message, sent, site);
        told.map_err(|SendError((t, _))| TrySendError::Disconnected(t))
    }

    // Never inlined: whoever has to wait does not mind the call.
    #[cold]
    #[inline(never)]
    #[track_caller]
    fn wait(&self, pair: (T, Stamp), site: Site) -> Result<(), SendError<(T, Stamp)>> {
        let _waiting = self.end.awaiting_room(site);
        self.inner.send(pair)
    }

    /// Tells what became of a message.
    #[inline]
    fn told<E>(&self, message: u64, sent: Result<(), E>, site: Site) -> Result<(), E> {
        match sent {
            Ok(()) => self.end.found_room(message, site),
            Err(_) => self.end.found_end(site),
        }
        sent
    }
}

impl<T> Clone for SyncSender<T> {
    fn clone(&self) -> SyncSender<T> {
        SyncSender { end: self.end.clone(), inner: self.inner.clone() }
    }
}

impl<T> fmt::Debug for SyncSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
