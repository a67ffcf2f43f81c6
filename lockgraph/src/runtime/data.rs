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

    /// As [`Unseen::read`], of what a mutex guards: it may have a cell in it, which a mutex lets threads
    /// share, and may change though it is not written.
    #[inline]
    pub(crate) fn share<T: ?Sized>(&self, tag: &Tag) {
        let unseen = self.0.load(Relaxed);
        if unseen & READ != 0 {
            self.0.store(shared::<T>(tag, unseen), Relaxed);
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

/// The holder of this lock shares what it guards. Returns what is still unseen.
#[cold]
#[inline(never)]
extern "C" fn shared<T: ?Sized>(tag: &Tag, unseen: u8) -> u8 {
    if is_plain::<T>() {
        accessed(tag, Access::Read);
        return unseen & !READ;
    }
    accessed(tag, Access::Both);
    0
}

/// Whether the type is known to be without cells, by its name: `Freeze` of the compiler is not ours
/// to ask for. Only what the standard library has of values, in vectors, options and the like.
fn is_plain<T: ?Sized>() -> bool {
    const PLAIN: [&str; 20] = [
        "u8",
        "u16",
        "u32",
        "u64",
        "u128",
        "usize",
        "i8",
        "i16",
        "i32",
        "i64",
        "i128",
        "isize",
        "f32",
        "f64",
        "bool",
        "char",
        "str",
        "alloc::string::String",
        "alloc::vec::Vec",
        "core::option::Option",
    ];
    // Of two crates with such a path, both are the compiler's. What is no word stands between words, but
    // for pointers.
    let name = std::any::type_name::<T>();
    let between = |c: char| matches!(c, '<' | '>' | '(' | ')' | '[' | ']' | ',' | ';' | ' ');
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    name.split(between).all(|word| is_number(word) || PLAIN.contains(&word))
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

/// This thread has learnt what others did to `of`, in a way of which the order is not recorded.
// As `accessed`: a guard is at hand where a lock is found poisoned.
#[cold]
#[inline(never)]
pub(crate) extern "C" fn looked(of: Look) {
    gap(match of {
        Look::Lock => "a lock was found taken or free, and it is not seen who took or left it",
        Look::Poison => "a lock was found poisoned, and it is not seen who poisoned it",
        Look::Thread => "a thread was found to have ended, and nobody had waited for it",
        Look::Permits => "permits were counted, and it is not seen who took or gave them",
        Look::Channel => "a channel was looked at, and it is not seen who changed it",
        Look::Ends => "an end of a channel was shared, and it is not seen who came first",
    });
}

/// What is asked for its state.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(crate) enum Look {
    /// Whether a lock is taken.
    Lock,
    /// Whether a lock is poisoned.
    Poison,
    /// Whether a thread has ended.
    Thread,
    /// How many permits are free.
    Permits,
    /// Whether there is a message, or room.
    #[cfg_attr(
        not(feature = "crossbeam-channel"),
        expect(dead_code, reason = "only channels of crossbeam can be asked")
    )]
    Channel,
    /// Who else receives, or has filled the channel.
    Ends,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_have_a_cell_in_it_is_not_plain() {
        struct Own;
        let plain = [
            is_plain::<u32>(),
            is_plain::<()>(),
            is_plain::<[bool; 3]>(),
            is_plain::<Vec<(String, Option<u8>)>>(),
            is_plain::<[char]>(),
        ];
        assert_eq!(plain, [true; 5]);
        let others = [
            is_plain::<std::cell::Cell<u32>>(),
            is_plain::<Vec<std::cell::RefCell<u32>>>(),
            is_plain::<Own>(),
            is_plain::<*mut u8>(),
            is_plain::<&u8>(),
            is_plain::<dyn Send>(),
            is_plain::<fn(u8) -> u8>(),
        ];
        assert_eq!(others, [false; 7]);
    }
}
