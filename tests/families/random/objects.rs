//! What the threads of a random program share, beside locks: how far each object has come.

use super::super::dice::Dice;

/// Room for any number of messages.
pub(super) const ENDLESS: u32 = u32::MAX;

/// A channel.
#[derive(Clone, Debug)]
pub(super) struct Channel {
    pub(super) room: u32,
    pub(super) sent: u32,
    pub(super) received: u32,
    /// Somebody is there to take the next message hand to hand.
    pub(super) has_taker: bool,
}

impl Channel {
    pub(super) fn new(dice: &mut Dice) -> Channel {
        let room = dice.pick(&[0, 0, 1, 2, ENDLESS]);
        Channel { room, sent: 0, received: 0, has_taker: false }
    }

    /// Whether the next message can be sent; hand to hand it is offered.
    pub(super) fn has_room(&self) -> bool {
        self.room == 0 || self.sent - self.received < self.room
    }

    /// Whether who sent the message of this number can go on.
    pub(super) fn is_taken(&self, number: u32) -> bool {
        self.room > 0 || self.received + u32::from(self.has_taker) >= number
    }
}

/// An initialisation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Once {
    New,
    Running,
    Done,
}
