//! Who waits right now: fixed slots that are overwritten in place.
//!
//! After SIGKILL they tell who waited for what. A [`Slot`] belongs to one thread at a time, which
//! writes it without a lock or a system call. Its version stands at both ends, the last word is
//! written first and the first one last: whoever reads it from the front while it is written, or
//! finds it half-written, sees two different numbers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};

use super::decode;
use super::encode;
use super::layout::{SLOT, SLOT_END, SLOT_HEADER};
use super::map::Region;
use super::wire::{Decoder, Encoder, Malformed};
use crate::id::{LockId, Mode, Signal, SiteId, ThreadId};

/// A thread that waits, and what it holds meanwhile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WaitSlot {
    /// Who.
    pub thread: ThreadId,
    /// For what.
    pub wants: Waiting,
    /// Where.
    pub site: SiteId,
    /// Since when, in nanoseconds since the trace began.
    pub since_nanos: u64,
    /// What it holds, oldest first, each with where it was taken; as many as fit into a slot.
    pub held: Vec<(LockId, Mode, SiteId)>,
    /// How many it holds. The writer puts it at `held.len()` if that is more.
    pub held_count: u32,
    /// The return addresses of that moment, innermost first; as many as fit beside the holds.
    pub stack: Vec<u64>,
}

/// What a thread waits for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Waiting {
    /// A lock.
    Lock(LockId, Mode),
    /// The ends of threads.
    Ends {
        /// Which; as many as fit.
        threads: Vec<ThreadId>,
        /// How many. The writer puts it at `threads.len()` if that is more.
        count: u32,
    },
    /// Something that another thread has to do, at an object; and a mutex that must be had again.
    Signal(Signal, Option<LockId>, Option<LockId>),
}

/// So many ends of threads leave room for a few holds.
const MOST_ENDS: usize = 48;
/// So many return addresses, of at most nine bytes, leave room for a few holds and ends.
const MOST_ADDRESSES: usize = 16;

/// A place in the file that shows what one thread waits for.
///
/// Dropping it leaves the place unused from then on, with what it shows;
/// [`Writer::take_back`](super::Writer::take_back) is better.
pub struct Slot {
    region: Region,
    version: u32,
    /// False in the child of a fork: the file is the parent's.
    is_ours: Arc<AtomicBool>,
}

impl Slot {
    /// All slots of a new chunk, the first one last.
    pub(super) fn all(
        pieces: Vec<Region>,
        is_ours: &Arc<AtomicBool>,
    ) -> impl Iterator<Item = Slot> {
        let is_ours = is_ours.clone();
        pieces.into_iter().rev().map(move |region| Slot {
            region,
            version: 0,
            is_ours: is_ours.clone(),
        })
    }

    /// Whether it is of the file that `is_ours` stands for.
    pub(super) fn is_of(&self, is_ours: &Arc<AtomicBool>) -> bool {
        Arc::ptr_eq(&self.is_ours, is_ours)
    }

    /// Shows `wait`, in place of what is shown.
    pub fn show(&mut self, wait: &WaitSlot) {
        self.rewrite(|out| encode_fitting(wait, out));
    }

    /// Shows nothing any more.
    pub fn clear(&mut self) {
        self.rewrite(|_| 0);
    }

    fn rewrite(&mut self, write: impl FnOnce(&mut [u8]) -> usize) {
        if !self.is_ours.load(Ordering::Relaxed) {
            return;
        }
        self.version = self.version.wrapping_add(1);
        self.region.store(SLOT_END, self.version);
        // The last word must be there before the first byte of the new contents.
        fence(Ordering::Release);
        let bytes = &mut self.region.bytes_mut(0)[..SLOT_END];
        let len = write(&mut bytes[SLOT_HEADER..]);
        bytes[4..SLOT_HEADER].copy_from_slice(&(len as u32).to_le_bytes());
        // An error is not told: a record will meet it too, and a wait can be done without.
        let _ = self.region.publish(4, SLOT_HEADER + len);
        self.region.store(0, self.version);
    }
}

fn encode_fitting(wait: &WaitSlot, out: &mut [u8]) -> usize {
    // A hold takes at least three bytes.
    let most = wait.held.len().min(SLOT / 3);
    let fits = |fit: &usize| encode_wait(wait, *fit, &mut []) <= SLOT_END - SLOT_HEADER;
    let len = encode_wait(wait, most, out);
    if len <= out.len() {
        return len;
    }
    encode_wait(wait, (0..most).rev().find(fits).unwrap_or(0), out)
}

fn encode_wait(wait: &WaitSlot, fit: usize, out: &mut [u8]) -> usize {
    let mut to = Encoder::new(out);
    to.number(wait.thread.0.into());
    to.number(wait.site.0.into());
    to.number(wait.since_nanos);
    match &wait.wants {
        Waiting::Lock(lock, mode) => {
            to.byte(0);
            to.number(lock.0);
            to.byte(*mode as u8);
        }
        Waiting::Ends { threads, count } => {
            to.byte(1);
            to.number((*count).max(threads.len() as u32).into());
            let fit = threads.len().min(MOST_ENDS);
            to.list(&threads[..fit], |to, thread| to.number(thread.0.into()));
        }
        Waiting::Signal(signal, object, mutex) => {
            to.byte(2);
            to.byte(*signal as u8);
            to.option(object.as_ref(), |to, object| to.number(object.0));
            to.option(mutex.as_ref(), |to, mutex| to.number(mutex.0));
        }
    }
    to.number(wait.held_count.max(wait.held.len() as u32).into());
    to.list(&wait.held[..fit], encode::hold);
    // Many holds say more than many frames.
    let frames = if fit < wait.held.len() { MOST_ADDRESSES / 4 } else { MOST_ADDRESSES };
    encode::addresses_of(&mut to, &wait.stack[..wait.stack.len().min(frames)]);
    to.len()
}

/// A slot's contents; `None` if it is free. `slot` is a whole one.
pub(super) fn read_slot(slot: &[u8]) -> Result<Option<WaitSlot>, Malformed> {
    let version = super::layout::u32_at(slot, 0);
    let len = super::layout::u32_at(slot, 4) as usize;
    if version != super::layout::u32_at(slot, SLOT_END) {
        return Err(Malformed("a wait was being written when the process died"));
    }
    if len == 0 {
        return Ok(None);
    }
    let bytes = slot.get(SLOT_HEADER..SLOT_END).and_then(|body| body.get(..len));
    decode_wait(&mut Decoder::new(bytes.ok_or(Malformed("a wait is larger than its slot"))?))
        .map(Some)
}

fn decode_wait(from: &mut Decoder<'_>) -> Result<WaitSlot, Malformed> {
    let thread = ThreadId(from.number32()?);
    let site = SiteId(from.number32()?);
    let since_nanos = from.number()?;
    let wants = match from.byte()? {
        0 => {
            let lock = LockId(from.number()?);
            let number = usize::from(from.byte()?);
            let mode = Mode::ALL.get(number).copied();
            Waiting::Lock(lock, mode.ok_or(Malformed("no mode has this number"))?)
        }
        1 => Waiting::Ends {
            count: from.number32()?,
            threads: from.list(|from| from.number32().map(ThreadId))?,
        },
        2 => Waiting::Signal(
            decode::signal(from)?,
            from.option(|from| from.number().map(LockId))?,
            from.option(|from| from.number().map(LockId))?,
        ),
        _ => return Err(Malformed("nothing to wait for has this number")),
    };
    let held_count = from.number32()?;
    let held = from.list(decode::hold)?;
    let stack = from.list(Decoder::number)?;
    Ok(WaitSlot { thread, wants, site, since_nanos, held, held_count, stack })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wants: Waiting, holds: usize, expected_holds: std::ops::Range<usize>) {
        let large = u64::MAX - 7;
        let held = (0..holds as u64).map(|n| (LockId(large - n), Mode::Shared, SiteId(u32::MAX)));
        let wait = WaitSlot {
            thread: ThreadId(u32::MAX),
            wants,
            site: SiteId(u32::MAX),
            since_nanos: u64::MAX,
            held: held.collect(),
            held_count: 0,
            stack: vec![u64::MAX >> 16; 40],
        };
        let mut slot = [0; SLOT];
        let len = encode_fitting(&wait, &mut slot[SLOT_HEADER..SLOT_END]);
        slot[4..8].copy_from_slice(&(len as u32).to_le_bytes());
        let read = read_slot(&slot).expect("a slot that we wrote").expect("it is not free");
        assert!(expected_holds.contains(&read.held.len()), "{} holds", read.held.len());
        assert_eq!(read.held[..], wait.held[..read.held.len()]);
        assert_eq!(read.held_count as usize, holds);
        assert_eq!((read.thread, read.site, read.since_nanos), (wait.thread, wait.site, u64::MAX));
    }

    #[test]
    fn a_slot_keeps_as_many_holds_as_fit_and_the_count_of_all() {
        let lock = || Waiting::Lock(LockId(u64::MAX), Mode::Upgradable);
        check(lock(), 0, 0..1);
        check(lock(), 3, 3..4);
        check(lock(), 2000, 25..40);
        let threads: Vec<ThreadId> = (0..2000).map(|n| ThreadId(u32::MAX - n)).collect();
        check(Waiting::Ends { threads, count: 2000 }, 2000, 5..40);
        let far = Some(LockId(u64::MAX));
        check(Waiting::Signal(Signal::Notify, far, far), 2000, 25..40);
        check(Waiting::Signal(Signal::Unpark, None, None), 1, 1..2);
    }

    #[test]
    fn two_versions_are_a_torn_slot_and_a_wild_length_is_none() {
        let mut slot = [0; SLOT];
        assert_eq!(read_slot(&slot), Ok(None));
        slot[4] = 1;
        slot[5] = 2;
        assert!(read_slot(&slot).is_err());
        slot[5] = 0;
        slot[0] = 1;
        assert!(read_slot(&slot).is_err());
        slot[4] = 0;
        assert!(read_slot(&slot).is_err());
        slot[SLOT_END] = 1;
        assert_eq!(read_slot(&slot), Ok(None));
    }
}
