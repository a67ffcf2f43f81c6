//! The functions that make channels.

use std::time::{Duration, Instant};

use ::crossbeam_channel as crossbeam;

use super::{Receiver, Sender};
use crate::channel;
use crate::id::LockKind;
use crate::runtime::Tag;

/// A channel that has room for any number of messages.
#[track_caller]
pub fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
    tagged(Tag::here(LockKind::Channel))
}

/// A channel that has room for `cap` messages. If that is 0, whoever sends waits for whoever
/// receives.
#[track_caller]
pub fn bounded<T>(cap: usize) -> (Sender<T>, Receiver<T>) {
    tagged_bounded(Tag::here(LockKind::Channel), cap)
}

/// A receiver to which a message comes once, after this time.
pub fn after(duration: Duration) -> Receiver<Instant> {
    Receiver::of_clock(crossbeam::after(duration))
}

/// A receiver to which a message comes once, at this time.
pub fn at(when: Instant) -> Receiver<Instant> {
    Receiver::of_clock(crossbeam::at(when))
}

/// A receiver to which a message comes again and again.
pub fn tick(duration: Duration) -> Receiver<Instant> {
    Receiver::of_clock(crossbeam::tick(duration))
}

/// A receiver to which no message ever comes.
#[track_caller]
pub fn never<T>() -> Receiver<T> {
    Receiver::of_never(channel::end_of_never(Tag::here(LockKind::Channel)), crossbeam::never())
}

#[track_caller]
pub(super) fn tagged<T>(tag: Tag) -> (Sender<T>, Receiver<T>) {
    let (sending, receiving) = channel::ends(tag, None, false);
    let (sender, receiver) = crossbeam::unbounded();
    (Sender::new(sending, sender), Receiver::new(receiving, receiver))
}

#[track_caller]
pub(super) fn tagged_bounded<T>(tag: Tag, cap: usize) -> (Sender<T>, Receiver<T>) {
    let (sending, receiving) = channel::ends(tag, Some(cap), false);
    let (sender, receiver) = crossbeam::bounded(cap);
    (Sender::new(sending, sender), Receiver::new(receiving, receiver))
}
