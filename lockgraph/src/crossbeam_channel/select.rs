//! Selecting: the original, beside what each of its operations waits for.

use std::fmt;
use std::panic::Location;
use std::time::{Duration, Instant};

use ::crossbeam_channel as crossbeam;

use super::looked_at;
use super::receiver::Inner;
use super::{
    ReadyTimeoutError, Receiver, RecvError, SelectTimeoutError, SendError, Sender, TryReadyError,
    TrySelectError,
};
use crate::channel::Patience;
use crate::id::Signal;
use crate::runtime::{self, Awaiting, Site, Tag};

/// Waits for any of several operations. See `crossbeam_channel::Select`.
///
/// # Examples
///
/// ```
/// use lockgraph::crossbeam_channel::{Select, unbounded};
///
/// let (sender, receiver) = unbounded();
/// let (_other_sender, other) = unbounded::<u8>();
/// sender.send(1).unwrap();
///
/// let mut select = Select::new();
/// select.recv(&other);
/// let index = select.recv(&receiver);
/// let operation = select.select();
/// assert_eq!(operation.index(), index);
/// assert_eq!(operation.recv(&receiver), Ok(1));
/// ```
#[derive(Clone)]
pub struct Select<'a> {
    inner: crossbeam::Select<'a>,
    wanted: Vec<Wanted<'a>>,
}

/// What one operation waits for.
#[derive(Clone)]
struct Wanted<'a> {
    index: usize,
    /// Where, or nothing: it ends by itself.
    signal: Option<(&'a Tag, Signal)>,
}

impl<'a> Select<'a> {
    /// A selection from nothing yet.
    pub fn new() -> Select<'a> {
        Select { inner: crossbeam::Select::new(), wanted: Vec::new() }
    }

    /// As [`Select::new`]: of several operations that are ready, the first one is selected.
    pub fn new_biased() -> Select<'a> {
        Select { inner: crossbeam::Select::new_biased(), wanted: Vec::new() }
    }

    /// Adds sending, and returns the number of the operation.
    pub fn send<T>(&mut self, s: &'a Sender<T>) -> usize {
        let index = self.inner.send(&s.inner);
        self.wanted.push(Wanted { index, signal: Some(s.end.wanted()) });
        index
    }

    /// Adds receiving, and returns the number of the operation.
    pub fn recv<T>(&mut self, r: &'a Receiver<T>) -> usize {
        let (index, end) = match &r.0 {
            Inner::Channel(end, inner) => (self.inner.recv(inner), Some(end)),
            Inner::Alone(end, inner) => (self.inner.recv(inner), end.as_ref()),
        };
        self.wanted.push(Wanted { index, signal: end.map(|end| end.wanted()) });
        index
    }

    /// Takes an operation out again. Its number is not given another time.
    ///
    /// # Panics
    ///
    /// If there is no operation with this number.
    pub fn remove(&mut self, index: usize) {
        self.inner.remove(index);
        self.wanted.retain(|wanted| wanted.index != index);
    }

    /// Selects an operation that is ready, if there is one.
    pub fn try_select(&mut self) -> Result<SelectedOperation<'a>, TrySelectError> {
        self.inner.try_select().map(SelectedOperation).map_err(looked_at)
    }

    /// Waits until an operation is ready, and selects it.
    ///
    /// # Panics
    ///
    /// If there is no operation; and if waiting would close a deadlock, and the detector is set to
    /// panic then.
    #[track_caller]
    pub fn select(&mut self) -> SelectedOperation<'a> {
        let soon = self.soon(|inner| inner.try_select().ok());
        SelectedOperation(soon.unwrap_or_else(|| {
            let _waiting = self.awaiting(Location::caller());
            self.inner.select()
        }))
    }

    /// Waits until an operation is ready, for as long at most, and selects it.
    pub fn select_timeout(
        &mut self,
        timeout: Duration,
    ) -> Result<SelectedOperation<'a>, SelectTimeoutError> {
        self.inner.select_timeout(timeout).map(SelectedOperation).map_err(looked_at)
    }

    /// Waits until an operation is ready, until then at most, and selects it.
    pub fn select_deadline(
        &mut self,
        deadline: Instant,
    ) -> Result<SelectedOperation<'a>, SelectTimeoutError> {
        self.inner.select_deadline(deadline).map(SelectedOperation).map_err(looked_at)
    }

    /// The number of an operation that is ready, if there is one.
    pub fn try_ready(&mut self) -> Result<usize, TryReadyError> {
        looked_at(self.inner.try_ready())
    }

    /// Waits until an operation is ready, and returns its number.
    ///
    /// # Panics
    ///
    /// As [`Select::select`].
    #[track_caller]
    pub fn ready(&mut self) -> usize {
        let soon = self.soon(|inner| inner.try_ready().ok());
        looked_at(soon.unwrap_or_else(|| {
            let _waiting = self.awaiting(Location::caller());
            self.inner.ready()
        }))
    }

    /// Waits until an operation is ready, for as long at most, and returns its number.
    pub fn ready_timeout(&mut self, timeout: Duration) -> Result<usize, ReadyTimeoutError> {
        looked_at(self.inner.ready_timeout(timeout))
    }

    /// Waits until an operation is ready, until then at most, and returns its number.
    pub fn ready_deadline(&mut self, deadline: Instant) -> Result<usize, ReadyTimeoutError> {
        looked_at(self.inner.ready_deadline(deadline))
    }

    /// What `attempt` comes to within a moment.
    fn soon<R>(
        &mut self,
        mut attempt: impl FnMut(&mut crossbeam::Select<'a>) -> Option<R>,
    ) -> Option<R> {
        let mut patience = Patience::default();
        loop {
            let result = attempt(&mut self.inner);
            if result.is_some() || !patience.is_left() {
                return result;
            }
        }
    }

    /// About to wait. `None` if that ends by itself.
    #[track_caller]
    fn awaiting(&self, site: Site) -> Option<Awaiting> {
        let signals: Option<Vec<_>> = self.wanted.iter().map(|wanted| wanted.signal).collect();
        runtime::awaiting_any(&signals?, site)
    }
}

impl Default for Select<'_> {
    fn default() -> Self {
        Select::new()
    }
}

impl fmt::Debug for Select<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// An operation that was selected and is to be done. See `crossbeam_channel::SelectedOperation`.
///
/// # Panics
///
/// If it is dropped, not done.
#[must_use]
pub struct SelectedOperation<'a>(crossbeam::SelectedOperation<'a>);

impl SelectedOperation<'_> {
    /// The number of the operation.
    pub fn index(&self) -> usize {
        self.0.index()
    }

    /// Sends `msg`.
    ///
    /// # Panics
    ///
    /// If `s` is not the sender that was selected.
    #[track_caller]
    pub fn send<T>(self, s: &Sender<T>, msg: T) -> Result<(), SendError<T>> {
        let site = Location::caller();
        let message = s.end.next();
        let sent = self.0.send(&s.inner, (msg, s.end.sending(site)));
        s.told(message, sent, site)
    }

    /// Receives.
    ///
    /// # Panics
    ///
    /// If `r` is not the receiver that was selected.
    #[track_caller]
    pub fn recv<T>(self, r: &Receiver<T>) -> Result<T, RecvError> {
        let (end, inner) = match &r.0 {
            Inner::Alone(_, inner) => return self.0.recv(inner),
            Inner::Channel(end, inner) => (end, inner),
        };
        match self.0.recv(inner) {
            Ok((message, stamp)) => {
                end.received_at_once(stamp, Location::caller());
                Ok(message)
            }
            Err(RecvError) => {
                end.found_end(Location::caller());
                Err(RecvError)
            }
        }
    }
}

impl fmt::Debug for SelectedOperation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
