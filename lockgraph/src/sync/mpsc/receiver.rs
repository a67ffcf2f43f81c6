//! The receiver: our end of the channel beside the original.

use std::fmt;
use std::panic::Location;
use std::sync::mpsc::{self, RecvError, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use super::{Iter, TryIter};
use crate::channel::{Patience, ReceivingEnd};
use crate::runtime::{Site, Stamp};

/// Receives from a channel. See [`std::sync::mpsc::Receiver`].
///
/// # Examples
///
/// ```
/// use lockgraph::sync::mpsc::{self, TryRecvError};
///
/// let (sender, receiver) = mpsc::channel();
/// sender.send(1).unwrap();
/// assert_eq!(receiver.recv(), Ok(1));
/// assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
/// ```
pub struct Receiver<T> {
    // Dropped before the original, so that the end is told before it happens.
    end: ReceivingEnd,
    inner: mpsc::Receiver<(T, Stamp)>,
}

impl<T> Receiver<T> {
    pub(super) fn new(end: ReceivingEnd, inner: mpsc::Receiver<(T, Stamp)>) -> Receiver<T> {
        Receiver { end, inner }
    }

    /// Receives a message if there is one.
    ///
    /// # Errors
    ///
    /// There is none, or there will be none any more.
    #[track_caller]
    #[inline]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.try_recv_at(Location::caller())
    }

    /// Receives a message, and waits for one if there is none.
    ///
    /// # Errors
    ///
    /// There is none, and no sender.
    ///
    /// # Panics
    ///
    /// If waiting would close a deadlock, and the detector is set to panic then.
    #[track_caller]
    #[inline]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.recv_at(Location::caller())
    }

    /// Receives a message, and waits for one for about `timeout` at most.
    ///
    /// # Errors
    ///
    /// None has come, or there is none and no sender.
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        let site = Location::caller();
        self.end.receiving(site);
        match self.inner.recv_timeout(timeout) {
            Ok(pair) => Ok(self.received(pair, site)),
            Err(RecvTimeoutError::Timeout) => Err(RecvTimeoutError::Timeout),
            Err(RecvTimeoutError::Disconnected) => {
                self.end.found_end(site);
                Err(RecvTimeoutError::Disconnected)
            }
        }
    }

    /// The messages to come, until there is none and no sender. Waits for each.
    #[track_caller]
    pub fn iter(&self) -> Iter<'_, T> {
        Iter::new(self, Location::caller())
    }

    /// The messages that are there. Never waits.
    #[track_caller]
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter::new(self, Location::caller())
    }

    #[inline]
    pub(super) fn try_recv_at(&self, site: Site) -> Result<T, TryRecvError> {
        self.end.trying(site);
        match self.inner.try_recv() {
            Ok((message, stamp)) => {
                self.end.received_at_once(stamp, site);
                Ok(message)
            }
            Err(TryRecvError::Empty) => Err(TryRecvError::Empty),
            Err(TryRecvError::Disconnected) => {
                self.end.found_end(site);
                Err(TryRecvError::Disconnected)
            }
        }
    }

    #[track_caller]
    #[inline]
    pub(super) fn recv_at(&self, site: Site) -> Result<T, RecvError> {
        self.end.could_wait(site);
        self.end.receiving(site);
        let mut patience = Patience::default();
        // One call of the original, so that it is inlined.
        let received = loop {
            match self.inner.try_recv() {
                Ok(pair) => break Ok(pair),
                Err(TryRecvError::Disconnected) => break Err(RecvError),
                Err(TryRecvError::Empty) if patience.is_left() => {}
                Err(TryRecvError::Empty) => break self.wait(site),
            }
        };
        match received {
            Ok(pair) => Ok(self.received(pair, site)),
            Err(RecvError) => {
                self.end.found_end(site);
                Err(RecvError)
            }
        }
    }

    // Never inlined: whoever has to wait does not mind the call.
    #[cold]
    #[inline(never)]
    #[track_caller]
    fn wait(&self, site: Site) -> Result<(T, Stamp), RecvError> {
        let _waiting = self.end.awaiting_message(site);
        self.inner.recv()
    }

    #[inline]
    fn received(&self, (message, stamp): (T, Stamp), site: Site) -> T {
        self.end.received(stamp, site);
        message
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
