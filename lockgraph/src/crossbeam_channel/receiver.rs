//! The receiver: our end of the channel beside the original.

use std::fmt;
use std::panic::Location;
use std::time::{Duration, Instant};

use ::crossbeam_channel as crossbeam;

use super::looked_at;
use super::{Iter, RecvError, RecvTimeoutError, TryIter, TryRecvError};
use crate::channel::{Patience, ReceivingEnd};
use crate::runtime::{Site, Stamp};

/// Receives from a channel. See `crossbeam_channel::Receiver`.
pub struct Receiver<T>(pub(super) Inner<T>);

// In both, our end is dropped before the original, so that the end is told before it happens.
pub(super) enum Inner<T> {
    /// Threads send to it.
    Channel(ReceivingEnd, crossbeam::Receiver<(T, Stamp)>),
    /// Nobody does: a clock, or with our end a channel to which nothing ever comes.
    Alone(Option<ReceivingEnd>, crossbeam::Receiver<T>),
}
use Inner::{Alone, Channel};

/// The same of either original.
macro_rules! of_either {
    ($receiver:expr, $method:ident) => {
        match &$receiver.0 {
            Channel(_, inner) => inner.$method(),
            Alone(_, inner) => inner.$method(),
        }
    };
}

impl<T> Receiver<T> {
    pub(super) fn new(end: ReceivingEnd, inner: crossbeam::Receiver<(T, Stamp)>) -> Receiver<T> {
        Receiver(Channel(end, inner))
    }

    pub(super) fn of_clock(inner: crossbeam::Receiver<T>) -> Receiver<T> {
        Receiver(Alone(None, inner))
    }

    pub(super) fn of_never(end: ReceivingEnd, inner: crossbeam::Receiver<T>) -> Receiver<T> {
        Receiver(Alone(Some(end), inner))
    }

    /// Receives a message if there is one.
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.try_recv_at(Location::caller())
    }

    /// Receives a message, and waits for one if there is none.
    ///
    /// # Panics
    ///
    /// If waiting would close a deadlock, and the detector is set to panic then.
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.recv_at(Location::caller())
    }

    /// Receives a message, and waits for one for as long at most.
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        match &self.0 {
            Alone(_, inner) => inner.recv_timeout(timeout),
            Channel(end, inner) => in_time(end, Location::caller(), || inner.recv_timeout(timeout)),
        }
    }

    /// Receives a message, and waits for one until then at most.
    #[track_caller]
    pub fn recv_deadline(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        match &self.0 {
            Alone(_, inner) => inner.recv_deadline(deadline),
            Channel(end, inner) => {
                in_time(end, Location::caller(), || inner.recv_deadline(deadline))
            }
        }
    }

    /// Whether there is no message in the channel.
    pub fn is_empty(&self) -> bool {
        looked_at(of_either!(self, is_empty))
    }

    /// Whether there is no room in the channel.
    pub fn is_full(&self) -> bool {
        looked_at(of_either!(self, is_full))
    }

    /// How many messages are in the channel.
    pub fn len(&self) -> usize {
        looked_at(of_either!(self, len))
    }

    /// How many messages the channel has room for, if that is bounded.
    pub fn capacity(&self) -> Option<usize> {
        of_either!(self, capacity)
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

    /// Whether both receive from the same channel.
    pub fn same_channel(&self, other: &Receiver<T>) -> bool {
        match (&self.0, &other.0) {
            (Channel(_, one), Channel(_, other)) => one.same_channel(other),
            (Alone(_, one), Alone(_, other)) => one.same_channel(other),
            _ => false,
        }
    }

    pub(super) fn try_recv_at(&self, site: Site) -> Result<T, TryRecvError> {
        let (end, inner) = match &self.0 {
            Alone(_, inner) => return inner.try_recv(),
            Channel(end, inner) => (end, inner),
        };
        end.trying(site);
        match inner.try_recv() {
            Ok((message, stamp)) => {
                end.received_at_once(stamp, site);
                Ok(message)
            }
            Err(TryRecvError::Empty) => Err(TryRecvError::Empty),
            Err(TryRecvError::Disconnected) => {
                end.found_end(site);
                Err(TryRecvError::Disconnected)
            }
        }
    }

    #[track_caller]
    pub(super) fn recv_at(&self, site: Site) -> Result<T, RecvError> {
        match &self.0 {
            Alone(None, clock) => clock.recv(),
            Alone(Some(end), never) => {
                let _waiting = end.awaiting_message(site);
                never.recv()
            }
            Channel(end, inner) => recv(end, inner, site),
        }
    }
}

#[track_caller]
fn recv<T>(
    end: &ReceivingEnd,
    inner: &crossbeam::Receiver<(T, Stamp)>,
    site: Site,
) -> Result<T, RecvError> {
    end.receiving(site);
    let mut patience = Patience::default();
    let received = loop {
        match inner.try_recv() {
            Ok(pair) => break Ok(pair),
            Err(TryRecvError::Disconnected) => break Err(RecvError),
            Err(TryRecvError::Empty) if patience.is_left() => {}
            Err(TryRecvError::Empty) => {
                let _waiting = end.awaiting_message(site);
                break inner.recv();
            }
        }
    };
    told(end, received, site)
}

fn in_time<T>(
    end: &ReceivingEnd,
    site: Site,
    receive: impl FnOnce() -> Result<(T, Stamp), RecvTimeoutError>,
) -> Result<T, RecvTimeoutError> {
    end.receiving(site);
    let received = match receive() {
        Ok(pair) => Ok(pair),
        Err(RecvTimeoutError::Timeout) => return Err(RecvTimeoutError::Timeout),
        Err(RecvTimeoutError::Disconnected) => Err(RecvError),
    };
    told(end, received, site).map_err(|RecvError| RecvTimeoutError::Disconnected)
}

/// Tells what has come.
fn told<T>(
    end: &ReceivingEnd,
    received: Result<(T, Stamp), RecvError>,
    site: Site,
) -> Result<T, RecvError> {
    match received {
        Ok((message, stamp)) => {
            end.received(stamp, site);
            Ok(message)
        }
        Err(RecvError) => {
            end.found_end(site);
            Err(RecvError)
        }
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Receiver<T> {
        Receiver(match &self.0 {
            Channel(end, inner) => Channel(end.clone(), inner.clone()),
            Alone(end, inner) => Alone(end.clone(), inner.clone()),
        })
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Channel(_, inner) => inner.fmt(f),
            Alone(_, inner) => inner.fmt(f),
        }
    }
}
