//! Channels with one receiver: all of `std::sync::mpsc`, with every channel recorded.
//!
//! Replace `use std::sync::mpsc` by `use lockgraph::sync::mpsc`. [`Sender`], [`SyncSender`],
//! [`Receiver`] and its iterators have the methods, signatures and trait implementations of the
//! originals; the errors *are* the originals.
//!
//! ```
//! use lockgraph::sync::mpsc;
//! use lockgraph::thread;
//!
//! let (jobs, todo) = mpsc::channel();
//! let worker = thread::spawn(move || todo.iter().sum::<u32>());
//! for job in 1..=4 {
//!     jobs.send(job).unwrap();
//! }
//! drop(jobs);
//! assert_eq!(worker.join().unwrap(), 10);
//! ```
//!
//! A channel is the original, whose messages have 8 bytes more: a moment in the life of the thread
//! that sent it. Which channel it is, and how many handles are left, lies in one allocation beside.
//!
//! | operation | before the original is called | after |
//! |---|---|---|
//! | `send`, `try_send` | that a message is given | that room was found, if the channel is bounded |
//! | `send`, if there is no room | the wait for room | |
//! | `recv`, `recv_timeout`, `iter` | that room is given, if the channel is bounded | that the message came |
//! | `try_recv`, `try_iter` | | both, if there was a message |
//! | `recv`, `iter`, if there is no message | the wait for a message | |
//! | drop of the last handle of an end | that the other end's waits are over | |

mod iter;
mod receiver;
mod sender;

// What is ours shadows what comes by the glob.
pub use std::sync::mpsc::*;

pub use self::{
    iter::{IntoIter, Iter, TryIter},
    receiver::Receiver,
    sender::{Sender, SyncSender},
};

use crate::channel;
use crate::id::LockKind;
use crate::runtime::Tag;

/// A channel that has room for any number of messages. See [`std::sync::mpsc::channel`].
#[must_use]
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    tagged(Tag::here(LockKind::Channel))
}

/// A channel that has room for `bound` messages. If that is 0, whoever sends waits for whoever
/// receives. See [`std::sync::mpsc::sync_channel`].
#[must_use]
#[track_caller]
pub fn sync_channel<T>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
    tagged_sync(Tag::here(LockKind::Channel), bound)
}

#[track_caller]
pub(crate) fn tagged<T>(tag: Tag) -> (Sender<T>, Receiver<T>) {
    let (sending, receiving) = channel::ends(tag, None, true);
    let (sender, receiver) = std::sync::mpsc::channel();
    (Sender::new(sending, sender), Receiver::new(receiving, receiver))
}

#[track_caller]
pub(crate) fn tagged_sync<T>(tag: Tag, bound: usize) -> (SyncSender<T>, Receiver<T>) {
    let (sending, receiving) = channel::ends(tag, Some(bound), true);
    let (sender, receiver) = std::sync::mpsc::sync_channel(bound);
    (SyncSender::new(sending, sender), Receiver::new(receiving, receiver))
}
