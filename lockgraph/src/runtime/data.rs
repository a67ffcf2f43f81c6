//! Who reads and writes what, and who hears of what from whom: at level full.
//!
//! A guard knows in one byte what it has still to tell ([`Unseen`]): nothing, unless every event is
//! recorded. So dereferencing one is a test of a byte that the compiler mostly has in a register,
//! and may move out of loops; what is told, once for each critical section, is out of line. A lock
//! whose guards are not ours is taken to be read, and written if that is possible, as soon as it
//! is held ([`assumed`]): then what is derived is true, but less may be derived.
//!
//! What is told and heard, is told and heard of an *object*: a message, of which there is one only
//! ([`anew`]), or what all who tell of it have in common.
//!
//! Where something may have flowed from thread to thread that is not seen here, the trace says so
//! ([`gap`]): nothing can be proved from it.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU8};

use super::tag::{Site, Tag};
use super::{events, local, record};
use crate::event::Op;
use crate::id::Mode;
use crate::trace::Access;

const READ: u8 = Access::Read as u8;
const WRITE: u8 = Access::Write as u8;

/// What each guard is to tell.
static RECORDED: AtomicU8 = AtomicU8::new(0);

/// There is a trace that every event goes into.
pub(super) fn begin() {
    RECORDED.store(READ | WRITE, Relaxed);
}

/// Whether every event is recorded.
#[inline]
pub(crate) fn is_recorded() -> bool {
    RECORDED.load(Relaxed) != 0
}

/// What has not been told of a guard: that it was read through, or written through.
pub(crate) struct Unseen(AtomicU8);

impl Unseen {
    /// Of a guard that was just made.
    #[inline]
    pub(crate) fn new() -> Unseen {
        Unseen(AtomicU8::new(RECORDED.load(Relaxed)))
    }

    /// About to read what the lock behind `tag` guards.
    #[inline]
    pub(crate) fn read(&self, tag: &Tag) {
        // Not a method of the byte's, so that its address stays here, and the byte in a register.
        let unseen = self.0.load(Relaxed);
        if unseen & READ != 0 {
            self.0.store(unseen & !READ, Relaxed);
            accessed(tag, Access::Read);
        }
    }

    /// As [`Unseen::read`], to change it.
    #[inline]
    pub(crate) fn write(&mut self, tag: &Tag) {
        let unseen = *self.0.get_mut();
        if unseen & WRITE != 0 {
            *self.0.get_mut() = 0;
            // Nobody knows what will be changed, so what is there is read.
            accessed(tag, if unseen & READ != 0 { Access::Both } else { Access::Write });
        }
    }
}

/// The holder of this lock uses what it guards.
// Of another language's convention, because such functions do not unwind: a guard that nobody has to
// drop on the way out is kept in registers.
#[cold]
#[inline(never)]
extern "C" fn accessed(tag: &Tag, kind: Access) {
    if let Some(lock) = tag.known_id() {
        events::accessed(lock, kind);
    }
}

/// This thread has taken a lock whose guards are not ours, so that it is not seen what they do.
#[inline]
pub(crate) fn assumed(tag: &Tag, mode: Mode) {
    if is_recorded() {
        accessed(tag, if mode == Mode::Exclusive { Access::Both } else { Access::Read });
    }
}

/// This thread uses what the lock guards without taking it, for nobody else can. It counts as an
/// acquisition that does not wait, so that it has its place among the others.
#[cold]
#[track_caller]
pub(crate) fn used_alone(tag: &Tag) {
    if tag.known_id().is_none() {
        return;
    }
    let site = std::panic::Location::caller();
    local::busy(|local| events::used_alone(local, tag, site));
}

/// About to do what others hear of. Returns the object, which nobody else tells of, or 0.
pub(super) fn anew(site: Site) -> u64 {
    if !is_recorded() {
        return 0;
    }
    let object = local::next_lock_number().0;
    tell(object, site);
    object
}

/// About to do what others hear of at this object.
pub(crate) fn tell(object: u64, site: Site) {
    events::event(Op::Tell(object), Some(site));
}

/// What was told at this object has happened.
pub(crate) fn hear(object: u64, site: Option<Site>) {
    events::event(Op::Hear(object), site);
}

/// Something may have flowed to this thread unseen, for this reason: a whole sentence of a trace.
#[cold]
pub(crate) fn gap(why: &'static str) {
    static IS_TOLD: AtomicBool = AtomicBool::new(false);
    if is_recorded() && !IS_TOLD.swap(true, Relaxed) {
        local::untracked(|| record::data_flow(why));
    }
}

/// A thread was met that others may have begun, or waited for, unseen.
pub(super) fn met() {
    static IS_FIRST: AtomicBool = AtomicBool::new(true);
    // The first one stands for the program, and comes before all others.
    if !IS_FIRST.swap(false, Relaxed) {
        gap("threads were begun without lockgraph, so it is not known what was before them");
    }
}
