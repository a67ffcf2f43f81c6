//! The channels of a test program.
//!
//! Where one thread receives and nobody chooses, it is a channel of `mpsc`. Both of its ends live
//! as long as the program, unless the program closes it: then there are no senders any more.

use std::collections::BTreeMap;
use std::sync::mpsc::{SendError, TryRecvError, TrySendError};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lockgraph::named;
use lockgraph::sync::mpsc::{Receiver, Sender, SyncSender};

use super::shared::Shared;
use crate::hold::eternal_name;
use crate::program::{Arm, Objects};

/// Long enough to be sure that nothing comes by accident.
const SHORT: Duration = Duration::from_millis(20);

/// All channels of a program.
pub(crate) struct Channels {
    plain: BTreeMap<String, Plain>,
    shared: Shared,
}

struct Plain {
    sender: Mutex<Option<AnySender>>,
    /// Locked while its one receiver waits, by nobody else.
    receiver: Mutex<Receiver<()>>,
}

#[derive(Clone)]
enum AnySender {
    Bounded(SyncSender<()>),
    Unbounded(Sender<()>),
}

impl Channels {
    pub(crate) fn new(objects: &Objects) -> Channels {
        let (shared, plain): (Vec<_>, Vec<_>) =
            objects.channels.iter().partition(|(name, _)| objects.shared.contains(*name));
        let plain = plain.into_iter().map(|(name, room)| (name.clone(), Plain::new(name, *room)));
        let shared = shared.into_iter().map(|(name, room)| (name.clone(), *room));
        Channels { plain: plain.collect(), shared: Shared::new(shared) }
    }

    /// Does one of `arms`; nothing if none is possible at once and `otherwise`.
    pub(crate) fn select(&self, arms: &[Arm], otherwise: bool) {
        let [Arm { channel, sends }] = arms else {
            return self.shared.select(arms, otherwise);
        };
        match self.plain.get(channel) {
            None => self.shared.select(arms, otherwise),
            Some(plain) if *sends => plain.send(otherwise),
            Some(plain) => plain.receive(otherwise),
        }
    }

    pub(crate) fn receive_timed(&self, channel: &str) {
        match self.plain.get(channel) {
            // Whether it came or the time was over is the same to the program.
            Some(plain) => drop(lock(&plain.receiver).recv_timeout(SHORT)),
            None => self.shared.receive_timed(channel, SHORT),
        }
    }

    pub(crate) fn close(&self, channel: &str) {
        match self.plain.get(channel) {
            Some(plain) => drop(lock(&plain.sender).take()),
            None => self.shared.close(channel),
        }
    }
}

impl Plain {
    fn new(name: &str, room: Option<usize>) -> Plain {
        let (sender, receiver) = match room {
            Some(room) => {
                let (sender, receiver) = named::sync_channel(eternal_name(name), room);
                (AnySender::Bounded(sender), receiver)
            }
            None => {
                let (sender, receiver) = named::channel(eternal_name(name));
                (AnySender::Unbounded(sender), receiver)
            }
        };
        Plain { sender: Mutex::new(Some(sender)), receiver: Mutex::new(receiver) }
    }

    fn send(&self, otherwise: bool) {
        let sender = lock(&self.sender).clone();
        let sent = match sender.expect("nobody sends after closing") {
            AnySender::Unbounded(sender) => sender.send(()),
            AnySender::Bounded(sender) if otherwise => match sender.try_send(()) {
                Err(TrySendError::Disconnected(())) => Err(SendError(())),
                Ok(()) | Err(TrySendError::Full(())) => Ok(()),
            },
            AnySender::Bounded(sender) => sender.send(()),
        };
        sent.expect("the receiver lives as long as the program");
    }

    fn receive(&self, otherwise: bool) {
        let receiver = lock(&self.receiver);
        if otherwise {
            let _: Result<(), TryRecvError> = receiver.try_recv();
        } else {
            // An error says that the channel is closed, and the program goes on then.
            let _ = receiver.recv();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
