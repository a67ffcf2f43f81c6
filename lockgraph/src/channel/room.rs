//! Who made room in a bounded channel, for which message.
//!
//! With room for `c` messages, message `k` can be sent once `k - c` have been received, and in a
//! rendezvous once the receive of message `k` has begun. So what the receiver did before that
//! receive is over when the sender goes on; what it did before a later one need not be. A ring
//! keeps the stamps of the latest receives, each with its number.
//!
//! There is one receiver, so it counts its receives alone. Senders count messages when they are
//! sent: a sender that has read `n` sends message `n + 1` or a later one, and may believe too
//! little, but not too much. The same where the ring has gone round meanwhile: an entry that has
//! not the number asked for says nothing.
//!
//! Every call costs O(1). No locking: an entry is void while it is written.

use std::sync::atomic::{AtomicU64, Ordering, fence};

use crate::runtime::{self, Stamp, StampCell};

/// Larger channels are queues, not handshakes, and nobody is told who made room in them.
const MOST_CAPACITY: usize = 62;
/// The same at level full, where nothing may be left out.
const MOST_RECORDED: usize = 1 << 16;

/// The stamps of the latest receives.
pub(super) struct Room {
    capacity: u64,
    /// Two more than the capacity: as many receives as one sender can be behind.
    entries: Box<[Entry]>,
    received: AtomicU64,
    sent: AtomicU64,
    /// At level full: of the messages, including those that are about to be sent.
    begun: AtomicU64,
}

#[derive(Default)]
struct Entry {
    /// The number of the receive, or 0.
    number: AtomicU64,
    stamp: StampCell,
}

impl Room {
    /// The room of a new channel, if it is small.
    pub(super) fn new(capacity: usize) -> Option<Room> {
        let entries = || (0..capacity + 2).map(|_| Entry::default()).collect();
        let most = if runtime::is_recorded() { MOST_RECORDED } else { MOST_CAPACITY };
        (capacity <= most).then(|| Room {
            capacity: capacity as u64,
            entries: entries(),
            received: AtomicU64::new(0),
            sent: AtomicU64::new(0),
            begun: AtomicU64::new(0),
        })
    }

    /// The next receive is about to begin, or has just happened.
    #[inline]
    pub(super) fn receiving(&self, stamp: Stamp) {
        if stamp != Stamp::NONE {
            self.write(self.received.load(Ordering::Relaxed) + 1, stamp);
        }
    }

    fn write(&self, number: u64, stamp: Stamp) {
        let entry = self.entry(number);
        entry.number.store(0, Ordering::Relaxed);
        fence(Ordering::Release);
        entry.stamp.put(stamp);
        entry.number.store(number, Ordering::Release);
    }

    /// The receive is over, with a message.
    #[inline]
    pub(super) fn received(&self) {
        // Only the one receiver writes it.
        self.received.store(self.received.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// The number that the next message has at least.
    #[inline]
    pub(super) fn next_message(&self) -> u64 {
        if runtime::is_recorded() {
            self.begun.fetch_add(1, Ordering::AcqRel);
        }
        self.sent.load(Ordering::Acquire) + 1
    }

    /// A message has been sent that had at least this number: the stamp of whoever made room for it,
    /// if that is known.
    #[inline]
    pub(super) fn sent(&self, message: u64) -> Stamp {
        self.sent.fetch_add(1, Ordering::Release);
        match message.checked_sub(self.capacity) {
            None | Some(0) => Stamp::NONE,
            Some(number) => self.read(number),
        }
    }

    /// As [`Room::sent`], at level full, where too much may be believed, but not too little. The
    /// message is one of those that have begun to be sent, and room was made for it by one of the
    /// receives that have begun.
    pub(super) fn sent_recorded(&self) -> Stamp {
        self.sent.fetch_add(1, Ordering::Release);
        let latest_message = self.begun.load(Ordering::Acquire);
        let Some(wanted) = latest_message.checked_sub(self.capacity).filter(|number| *number > 0)
        else {
            return Stamp::NONE;
        };
        // A receive that is overwritten now is an older one: whoever hears of the next hears of it.
        loop {
            let received = self.received.load(Ordering::Acquire);
            for number in [wanted.min(received + 1), received + 1, received] {
                let stamp = self.read(number);
                if stamp != Stamp::NONE {
                    return stamp;
                }
            }
            if received == self.received.load(Ordering::Acquire) {
                runtime::gap("a channel was full, and it is not seen who made room in it");
                return Stamp::NONE;
            }
        }
    }

    fn read(&self, number: u64) -> Stamp {
        let entry = self.entry(number);
        if entry.number.load(Ordering::Acquire) != number {
            return Stamp::NONE;
        }
        let stamp = entry.stamp.get();
        fence(Ordering::Acquire);
        if entry.number.load(Ordering::Relaxed) == number { stamp } else { Stamp::NONE }
    }

    fn entry(&self, number: u64) -> &Entry {
        let length = self.entries.len() as u64;
        &self.entries[(number % length) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What happens to a channel: a receive of the thread with this stamp begins, or is over; a
    /// message is sent, and its sender learns of this stamp.
    enum Step {
        Receiving(u64),
        Received,
        Sent(u64),
    }
    use Step::{Received, Receiving, Sent};

    fn check(capacity: usize, steps: &[Step]) {
        let room = Room::new(capacity).expect("it is small");
        for (at, step) in steps.iter().enumerate() {
            match step {
                Receiving(stamp) => room.receiving(Stamp::from_bits(*stamp)),
                Received => room.received(),
                Sent(expected) => {
                    let stamp = room.sent(room.next_message());
                    assert_eq!(stamp.bits(), *expected, "capacity {capacity}, step {at}");
                }
            }
        }
    }

    #[test]
    fn room_is_made_by_the_receive_that_many_messages_ago() {
        check(1, &[Sent(0), Receiving(7), Received, Sent(7), Receiving(8), Received, Sent(8)]);
        // The receiver is about to take the next one, which made no room yet.
        check(1, &[Sent(0), Receiving(7), Received, Receiving(8), Sent(7)]);
        check(2, &[Sent(0), Sent(0), Receiving(7), Received, Receiving(8), Received, Sent(7)]);
    }

    #[test]
    fn a_rendezvous_is_with_the_receive_of_the_same_message() {
        check(0, &[Receiving(7), Sent(7), Received, Receiving(8), Sent(8), Received]);
        // A receive that gave up waiting is done again, later in the life of its thread.
        check(0, &[Receiving(7), Receiving(8), Sent(8), Received]);
    }

    #[test]
    fn what_the_ring_has_lost_is_not_known() {
        let room = Room::new(1).expect("it is small");
        let message = room.next_message() + 1;
        for stamp in 1..=5 {
            room.receiving(Stamp::from_bits(stamp));
            room.received();
        }
        assert_eq!(room.sent(message), Stamp::NONE);
    }

    #[test]
    fn a_stamp_that_is_none_hides_no_other() {
        check(1, &[Sent(0), Receiving(0), Received, Sent(0)]);
        check(0, &[Receiving(7), Receiving(0), Sent(7)]);
    }

    #[test]
    fn large_channels_have_no_room() {
        assert!(Room::new(MOST_CAPACITY).is_some() && Room::new(MOST_CAPACITY + 1).is_none());
        assert!(Room::new(usize::MAX).is_none());
    }
}
