//! Channels that several threads receive from, or that a choice is made between: of the shape of
//! `crossbeam-channel`. As with the plain ones, both ends live as long as the program, unless it
//! closes the channel.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lockgraph::crossbeam_channel::{Receiver, Select, Sender, named};

use crate::hold::eternal_name;
use crate::program::Arm;

/// All such channels of a program.
pub(super) struct Shared(BTreeMap<String, Channel>);

struct Channel {
    sender: Mutex<Option<Sender<()>>>,
    receiver: Receiver<()>,
}

/// What one arm uses.
enum End {
    Sender(Sender<()>),
    Receiver(Receiver<()>),
}

impl Shared {
    pub(super) fn new(channels: impl Iterator<Item = (String, Option<usize>)>) -> Shared {
        let channel = |(name, room): (String, Option<usize>)| {
            let class = eternal_name(&name);
            let made = match room {
                Some(room) => named::bounded(class, room),
                None => named::unbounded(class),
            };
            let (sender, receiver) = made;
            (name, Channel { sender: Mutex::new(Some(sender)), receiver })
        };
        Shared(channels.map(channel).collect())
    }

    /// Does one of `arms`; nothing if none is possible at once and `otherwise`.
    pub(super) fn select(&self, arms: &[Arm], otherwise: bool) {
        let ends: Vec<End> = arms.iter().map(|arm| self.end(arm)).collect();
        match &ends[..] {
            // To try is to leave it be, whether or not it was possible.
            [End::Sender(sender)] if otherwise => sender.try_send(()).unwrap_or_default(),
            [End::Receiver(receiver)] if otherwise => receiver.try_recv().unwrap_or_default(),
            [End::Sender(sender)] => sender.send(()).expect("the receiver lives as long"),
            // An error says that the channel is closed, and the program goes on then.
            [End::Receiver(receiver)] => receiver.recv().unwrap_or_default(),
            _ => choose(&ends, otherwise),
        }
    }

    pub(super) fn receive_timed(&self, channel: &str, limit: Duration) {
        // Whether it came or the time was over is the same to the program.
        self.0[channel].receiver.recv_timeout(limit).unwrap_or_default();
    }

    /// There are no senders any more.
    pub(super) fn close(&self, channel: &str) {
        drop(self.0[channel].sender.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    fn end(&self, arm: &Arm) -> End {
        let channel = &self.0[&arm.channel];
        if !arm.sends {
            return End::Receiver(channel.receiver.clone());
        }
        let sender = channel.sender.lock().unwrap_or_else(PoisonError::into_inner).clone();
        End::Sender(sender.expect("nobody sends after closing"))
    }
}

fn choose(ends: &[End], otherwise: bool) {
    let mut select = Select::new();
    for end in ends {
        match end {
            End::Sender(sender) => select.send(sender),
            End::Receiver(receiver) => select.recv(receiver),
        };
    }
    let chosen = if otherwise { select.try_select().ok() } else { Some(select.select()) };
    let Some(chosen) = chosen else { return };
    match &ends[chosen.index()] {
        End::Sender(sender) => chosen.send(sender, ()).expect("the receiver lives as long"),
        End::Receiver(receiver) => chosen.recv(receiver).unwrap_or_default(),
    }
}
