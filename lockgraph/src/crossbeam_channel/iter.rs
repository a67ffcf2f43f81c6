//! The iterators of a receiver. Where they wait is the place that made them: a loop calls `next`
//! from there, and an adapter from somewhere in the standard library.

use std::fmt;
use std::iter::FusedIterator;
use std::panic::Location;

use super::Receiver;
use crate::runtime::Site;

/// The messages to come. See `crossbeam_channel::Iter`.
pub struct Iter<'a, T> {
    receiver: &'a Receiver<T>,
    site: Site,
}

/// The messages that are there. See `crossbeam_channel::TryIter`.
pub struct TryIter<'a, T> {
    receiver: &'a Receiver<T>,
    site: Site,
}

/// The messages to come, with their receiver. See `crossbeam_channel::IntoIter`.
pub struct IntoIter<T> {
    receiver: Receiver<T>,
    site: Site,
}

impl<'a, T> Iter<'a, T> {
    pub(super) fn new(receiver: &'a Receiver<T>, site: Site) -> Iter<'a, T> {
        Iter { receiver, site }
    }
}

impl<'a, T> TryIter<'a, T> {
    pub(super) fn new(receiver: &'a Receiver<T>, site: Site) -> TryIter<'a, T> {
        TryIter { receiver, site }
    }
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.receiver.recv_at(self.site).ok()
    }
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.receiver.try_recv_at(self.site).ok()
    }
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.receiver.recv_at(self.site).ok()
    }
}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    #[track_caller]
    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    #[track_caller]
    fn into_iter(self) -> IntoIter<T> {
        IntoIter { receiver: self, site: Location::caller() }
    }
}

impl<T> FusedIterator for Iter<'_, T> {}

impl<T> FusedIterator for IntoIter<T> {}

impl<T> fmt::Debug for Iter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Iter { .. }")
    }
}

impl<T> fmt::Debug for TryIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("TryIter { .. }")
    }
}

impl<T> fmt::Debug for IntoIter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("IntoIter { .. }")
    }
}
