//! The sender: our end of the channel beside the original.

use std::fmt;
use std::panic::Location;
use std::time::{Duration, Instant};

use ::crossbeam_channel as crossbeam;

use super::looked_at;
use super::{SendError, SendTimeoutError, TrySendError};
use crate::channel::{Patience, SendingEnd};
use crate::runtime::{Site, Stamp};

/// Sends to a channel. See `crossbeam_channel::Sender`.
pub struct Sender<T> {
    // Dropped before the original, so that the end is told before it happens.
    pub(super) end: SendingEnd,
    pub(super) inner: crossbeam::Sender<(T, Stamp)>,
}

impl<T> Sender<T> {
    pub(super) fn new(end: SendingEnd, inner: crossbeam::Sender<(T, Stamp)>) -> Sender<T> {
        Sender { end, inner }
    }

    /// Sends `msg` if there is room; in a channel without any, if a receiver waits.
    #[track_caller]
    pub fn try_send(&self, msg: T) -> Result<(), TrySendError<T>> {
        let site = Location::caller();
        let message = self.end.next();
        match self.inner.try_send((msg, self.end.sending(site))) {
            Ok(()) => {
                self.end.found_room(message, site);
                Ok(())
            }
            Err(TrySendError::Full((msg, _))) => {
                self.end.found_full();
                Err(TrySendError::Full(msg))
            }
            Err(TrySendError::Disconnected((msg, _))) => {
                self.end.found_end(site);
                Err(TrySendError::Disconnected(msg))
            }
        }
    }

    /// Sends `msg`, and waits for room if there is none; in a channel without any, for a receiver.
    ///
    /// # Panics
    ///
    /// If waiting would close a deadlock, and the detector is set to panic then.
    #[track_caller]
    pub fn send(&self, msg: T) -> Result<(), SendError<T>> {
        let site = Location::caller();
        let message = self.end.next();
        let (mut pair, mut patience) = ((msg, self.end.sending(site)), Patience::default());
        let sent = loop {
            match self.inner.try_send(pair) {
                Ok(()) => break Ok(()),
                Err(TrySendError::Disconnected(unsent)) => break Err(SendError(unsent)),
                Err(TrySendError::Full(unsent)) if patience.is_left() => pair = unsent,
                Err(TrySendError::Full(unsent)) => break self.wait(unsent, site),
            }
        };
        self.told(message, sent, site)
    }

    /// Sends `msg`, and waits for room for as long at most.
    #[track_caller]
    pub fn send_timeout(&self, msg: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        self.send_in_time(msg, Location::caller(), |pair| self.inner.send_timeout(pair, timeout))
    }

    /// Sends `msg`, and waits for room until then at most.
    #[track_caller]
    pub fn send_deadline(&self, msg: T, deadline: Instant) -> Result<(), SendTimeoutError<T>> {
        self.send_in_time(msg, Location::caller(), |pair| self.inner.send_deadline(pair, deadline))
    }

    /// Whether there is no message in the channel.
    pub fn is_empty(&self) -> bool {
        looked_at(self.inner.is_empty())
    }

    /// Whether there is no room in the channel.
    pub fn is_full(&self) -> bool {
        looked_at(self.inner.is_full())
    }

    /// How many messages are in the channel.
    pub fn len(&self) -> usize {
        looked_at(self.inner.len())
    }

    /// How many messages the channel has room for, if that is bounded.
    pub fn capacity(&self) -> Option<usize> {
        self.inner.capacity()
    }

    /// Whether both send to the same channel.
    pub fn same_channel(&self, other: &Sender<T>) -> bool {
        self.inner.same_channel(&other.inner)
    }

    #[cold]
    #[track_caller]
    fn wait(&self, pair: (T, Stamp), site: Site) -> Result<(), SendError<(T, Stamp)>> {
        let _waiting = self.end.awaiting_room(site);
        self.inner.send(pair)
    }

    fn send_in_time(
        &self,
        msg: T,
        site: Site,
        send: impl FnOnce((T, Stamp)) -> Result<(), SendTimeoutError<(T, Stamp)>>,
    ) -> Result<(), SendTimeoutError<T>> {
        let message = self.end.next();
        let sent = match send((msg, self.end.sending(site))) {
            Ok(()) => Ok(()),
            Err(SendTimeoutError::Timeout((msg, _))) => {
                self.end.found_full();
                return Err(SendTimeoutError::Timeout(msg));
            }
            Err(SendTimeoutError::Disconnected(pair)) => Err(SendError(pair)),
        };
        let told = self.told(message, sent, site);
        told.map_err(|SendError(msg)| SendTimeoutError::Disconnected(msg))
    }

    /// Tells what became of a message.
    pub(super) fn told(
        &self,
        message: u64,
        sent: Result<(), SendError<(T, Stamp)>>,
        site: Site,
    ) -> Result<(), SendError<T>> {
        match sent {
            Ok(()) => {
                self.end.found_room(message, site);
                Ok(())
            }
            Err(SendError((msg, _))) => {
                self.end.found_end(site);
                Err(SendError(msg))
            }
        }
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
