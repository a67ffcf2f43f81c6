//! What all handles of one channel share beside the original: which channel it is, how many handles
//! are left at either end, and the moments at which the last of them went.
//!
//! | end | its handles | a call at it gives | and waits for |
//! |---|---|---|---|
//! | [`SendingEnd`] | `Sender`, `SyncSender` | a message | room, if the channel is bounded |
//! | [`ReceivingEnd`] | `Receiver` | room, if the channel is bounded | a message |
//!
//! The last handle of an end gives, as it goes, what the other end waits for: the wait is over, with
//! an error. The moment of a sender travels with its message; that of a receiver lies in `room`.
//!
//! No locks. Nothing here costs more than a few instructions but the counts of a bounded channel.

mod one_thread;
mod patience;
mod room;

use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use self::one_thread::OneThread;
pub(crate) use self::patience::Patience;
use self::room::Room;
use crate::id::Signal;
use crate::runtime::{self, Awaiting, Look, Site, Stamp, StampCell, Tag};

/// What the handles of one channel share.
struct Channel {
    tag: Tag,
    /// Where it was made, which stands for where its last handles go: destructors have no place.
    made: Site,
    senders: AtomicUsize,
    receivers: AtomicUsize,
    /// How many messages find room; `None`: any number, and no sender ever waits.
    capacity: Option<usize>,
    /// Who made room for which message, where that can be told.
    room: Option<Room>,
    /// Several threads may receive at a time.
    is_shared: bool,
    /// At level full, of the messages of a bounded channel without `room`.
    sent: AtomicUsize,
    last_sender: StampCell,
    last_receiver: StampCell,
    /// At level full: who sends, and who receives or has looked for a message.
    sending: OneThread,
    receiving: OneThread,
    /// At level full: somebody has found the channel full.
    has_been_full: AtomicBool,
}

/// The two ends of a channel that has room for `capacity` messages, or for any number.
///
/// With `one_receiver` there is never more than one thread that receives at a time.
#[track_caller]
pub(crate) fn ends(
    tag: Tag,
    capacity: Option<usize>,
    one_receiver: bool,
) -> (SendingEnd, ReceivingEnd) {
    let room = capacity.filter(|_| one_receiver).and_then(Room::new);
    let is_shared = !one_receiver;
    let channel = Channel { capacity, room, is_shared, ..Channel::new(tag, 1) };
    let channel = Arc::new(channel);
    (SendingEnd(Arc::clone(&channel)), ReceivingEnd(channel))
}

/// The receiving end of a channel that nobody ever sends to.
#[cfg_attr(
    not(feature = "crossbeam-channel"),
    expect(dead_code, reason = "only crossbeam has such channels")
)]
#[track_caller]
pub(crate) fn end_of_never(tag: Tag) -> ReceivingEnd {
    ReceivingEnd(Arc::new(Channel::new(tag, 0)))
}

/// The part of a sender that is ours. Drop it before the original's.
pub(crate) struct SendingEnd(Arc<Channel>);

impl SendingEnd {
    /// About to send. The stamp is to go with the message.
    #[inline]
    pub(crate) fn sending(&self, site: Site) -> Stamp {
        if runtime::is_recorded() {
            self.0.sends();
        }
        runtime::serving(&self.0.tag, Signal::Message, site)
    }

    /// Which message the next one is at least, for [`SendingEnd::found_room`]. Ask before sending.
    #[inline]
    pub(crate) fn next(&self) -> u64 {
        self.0.room.as_ref().map_or(0, Room::next_message)
    }

    /// Ready to wait for room, if the channel is bounded.
    #[inline]
    pub(crate) fn could_wait(&self, site: Site) {
        if self.0.is_bounded() {
            runtime::could_wait(&self.0.tag, Signal::Space, site);
        }
    }

    /// About to wait until there is room.
    #[track_caller]
    pub(crate) fn awaiting_room(&self, site: Site) -> Awaiting {
        runtime::awaiting(&self.0.tag, Signal::Space, site)
    }

    /// The message has been sent, which was at least the one with this number.
    #[inline]
    pub(crate) fn found_room(&self, message: u64, site: Site) {
        if !self.0.is_bounded() {
            return;
        }
        let stamp = match &self.0.room {
            Some(room) if runtime::is_recorded() => room.sent_recorded(),
            Some(room) => room.sent(message),
            None => self.0.sent_somewhere(),
        };
        runtime::awaited(&self.0.tag, Signal::Space, stamp, site);
    }

    /// There is no room. Who else has sent may have filled it.
    #[inline]
    pub(crate) fn found_full(&self) {
        if runtime::is_recorded() {
            self.0.has_been_full.store(true, Ordering::SeqCst);
            self.0.sends();
        }
    }

    /// There will be no room: there is no receiver any more.
    #[cold]
    pub(crate) fn found_end(&self, site: Site) {
        self.0.hear(Signal::Space, site);
        if self.0.is_bounded() {
            runtime::awaited(&self.0.tag, Signal::Space, self.0.last_receiver.get(), site);
        }
    }

    /// What a wait at this end waits for, and where.
    #[cfg(feature = "crossbeam-channel")]
    pub(crate) fn wanted(&self) -> (&Tag, Signal) {
        (&self.0.tag, Signal::Space)
    }
}

impl Clone for SendingEnd {
    #[inline]
    fn clone(&self) -> SendingEnd {
        self.0.senders.fetch_add(1, Ordering::Relaxed);
        SendingEnd(Arc::clone(&self.0))
    }
}

impl Drop for SendingEnd {
    #[inline]
    fn drop(&mut self) {
        self.0.tell(Signal::Message);
        if self.0.senders.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.senders_are_gone();
        }
    }
}

/// The part of a receiver that is ours. Drop it before the original's.
pub(crate) struct ReceivingEnd(Arc<Channel>);

impl ReceivingEnd {
    /// About to receive, and to wait for a message if there is none.
    #[inline]
    pub(crate) fn receiving(&self, site: Site) {
        self.0.receives();
        if self.0.is_bounded() {
            self.0.make_room(site);
        }
    }

    /// Ready to wait for a message, if there is none.
    #[inline]
    pub(crate) fn could_wait(&self, site: Site) {
        runtime::could_wait(&self.0.tag, Signal::Message, site);
    }

    /// About to wait until there is a message.
    #[track_caller]
    pub(crate) fn awaiting_message(&self, site: Site) -> Awaiting {
        runtime::awaiting(&self.0.tag, Signal::Message, site)
    }

    /// A message has come after [`ReceivingEnd::receiving`], with this stamp.
    #[inline]
    pub(crate) fn received(&self, stamp: Stamp, site: Site) {
        self.0.receives();
        if let Some(room) = &self.0.room {
            room.received();
        }
        runtime::awaited(&self.0.tag, Signal::Message, stamp, site);
    }

    /// A message was there, with this stamp. Had there been none, nobody would have waited for it:
    /// whoever tries over and over is to tell of nothing but of what came.
    #[inline]
    pub(crate) fn received_at_once(&self, stamp: Stamp, site: Site) {
        if self.0.room.is_none() || !runtime::is_recorded() {
            self.receiving(site);
        }
        self.received(stamp, site);
    }

    /// About to look for a message, for [`ReceivingEnd::received_at_once`]. At level full, whoever
    /// finds the room is to find who made it.
    #[inline]
    pub(crate) fn trying(&self, site: Site) {
        self.0.receives();
        if self.0.room.is_some() && runtime::is_recorded() {
            self.receiving(site);
        }
    }

    /// There will be no message: there is no sender any more.
    #[cold]
    pub(crate) fn found_end(&self, site: Site) {
        self.0.hear(Signal::Message, site);
        runtime::awaited(&self.0.tag, Signal::Message, self.0.last_sender.get(), site);
    }

    /// What a wait at this end waits for, and where.
    #[cfg(feature = "crossbeam-channel")]
    pub(crate) fn wanted(&self) -> (&Tag, Signal) {
        (&self.0.tag, Signal::Message)
    }
}

impl Clone for ReceivingEnd {
    #[inline]
    fn clone(&self) -> ReceivingEnd {
        self.0.receivers.fetch_add(1, Ordering::Relaxed);
        ReceivingEnd(Arc::clone(&self.0))
    }
}

impl Drop for ReceivingEnd {
    #[inline]
    fn drop(&mut self) {
        self.0.tell(Signal::Space);
        if self.0.receivers.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.receivers_are_gone();
        }
    }
}

impl Channel {
    #[track_caller]
    fn new(tag: Tag, senders: usize) -> Channel {
        Channel {
            tag,
            made: Location::caller(),
            senders: AtomicUsize::new(senders),
            receivers: AtomicUsize::new(1),
            capacity: None,
            room: None,
            is_shared: true,
            sent: AtomicUsize::new(0),
            last_sender: StampCell::default(),
            last_receiver: StampCell::default(),
            sending: OneThread::default(),
            receiving: OneThread::default(),
            has_been_full: AtomicBool::new(false),
        }
    }

    #[inline]
    fn is_bounded(&self) -> bool {
        self.capacity.is_some()
    }

    /// A message found room that somebody made, unless it is one of the first.
    fn sent_somewhere(&self) -> Stamp {
        if runtime::is_recorded() {
            let before = self.sent.fetch_add(1, Ordering::Relaxed);
            if self.capacity.is_some_and(|capacity| before >= capacity) {
                runtime::gap("a channel was full, and it is not seen who made room in it");
            }
        }
        Stamp::NONE
    }

    /// Who comes second to the messages of a channel that threads share gets what the first one left.
    /// Where there is one receiver, whatever moves it from thread to thread is seen.
    #[inline]
    fn receives(&self) {
        if runtime::is_recorded() && self.is_shared && !self.receiving.is_still() {
            runtime::looked(Look::Ends);
        }
    }

    /// Whoever finds no room has it from the others who sent.
    fn sends(&self) {
        if !self.sending.is_still() && self.has_been_full.load(Ordering::SeqCst) {
            runtime::looked(Look::Ends);
        }
    }

    /// A handle goes, and others may find that none is left to give this signal.
    fn tell(&self, signal: Signal) {
        if runtime::is_recorded() {
            runtime::tell(self.end_of(signal), self.made);
        }
    }

    /// No handle is left to give this signal.
    fn hear(&self, signal: Signal, site: Site) {
        if runtime::is_recorded() {
            runtime::hear(self.end_of(signal), Some(site));
        }
    }

    /// What stands for the handles that give this signal.
    fn end_of(&self, signal: Signal) -> u64 {
        self.tag.id(self.made).0 << 1 | u64::from(signal == Signal::Space) | 1 << 62
    }

    #[inline]
    fn make_room(&self, site: Site) {
        let stamp = runtime::serving(&self.tag, Signal::Space, site);
        if let Some(room) = &self.room {
            room.receiving(stamp);
        }
    }

    #[inline(never)]
    fn senders_are_gone(&self) {
        self.last_sender.put(runtime::leaving(&self.tag, Signal::Message, self.made));
    }

    #[inline(never)]
    fn receivers_are_gone(&self) {
        if self.is_bounded() {
            self.last_receiver.put(runtime::leaving(&self.tag, Signal::Space, self.made));
        }
    }
}
