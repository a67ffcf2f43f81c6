//! What every instrumented lock carries: its number, its kind and its class, in 16 bytes.
//!
//! Constructors are `const`, so the number is given at first use; the class is there from the
//! start. Both lie beside the lock word, on the same cache line.
//!
//! | bits of the word | meaning |
//! |---|---|
//! | 0 to 47 | the number; 0 before first use |
//! | 48 | known to the graph or the trace, so its destruction must be told |
//! | 49 | guards may go to other threads, so a hold proves nothing about its thread |
//! | 50, 51 | what the class pointer points to |
//! | 52 | poisoned, as the `std` shapes mean it |
//! | 53 | taken by what the detector itself calls (an allocator): never tracked |
//! | 54 | the class pointer points to an [`Origin`], which has the place |
//! | 56, 57 | the kind of lock |

use std::panic::Location;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use super::local;
use super::origin::Origin;
use crate::id::{LockId, LockKind};

/// A place in the source, as the compiler hands it to `#[track_caller]` functions.
pub type Site = &'static Location<'static>;

const NUMBER: u64 = (1 << 48) - 1;
const KNOWN: u64 = 1 << 48;
const SENDABLE: u64 = 1 << 49;
const CLASS: u32 = 50;
const CLASS_MADE: u64 = 1;
const CLASS_NAMED: u64 = 2;
const CLASS_FIRST_TAKEN: u64 = 3;
const POISONED: u64 = 1 << 52;
const INTERNAL: u64 = 1 << 53;
const ORIGIN: u64 = 1 << 54;
const KIND: u32 = 56;

const _: () = assert!(size_of::<Tag>() == 16);

/// The identity of one lock.
pub struct Tag {
    class: AtomicPtr<()>,
    word: AtomicU64,
}

/// What a tag says of its lock, apart from it: the lock may go while this stays.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity {
    class: *const (),
    word: u64,
}

// SAFETY: the class pointer points to a static, or is null (see `Identity::class`).
unsafe impl Send for Identity {}

/// Where a lock comes from, while the program lives.
#[derive(Clone, Copy)]
pub(crate) enum ClassRef {
    /// The name that it was given.
    Named(&'static str),
    /// Where it was made.
    Made(Site),
    /// Where it was first taken: it was made by a constant, which leaves no mark.
    FirstTaken(Site),
}

impl Tag {
    /// A lock whose class is the place of the caller.
    #[track_caller]
    pub const fn here(kind: LockKind) -> Tag {
        made(Location::caller(), kind, 0)
    }

    /// As [`Tag::here`], for locks whose guards may be released by another thread.
    #[track_caller]
    pub const fn here_sendable(kind: LockKind) -> Tag {
        made(Location::caller(), kind, SENDABLE)
    }

    /// A lock whose class is `name`.
    pub const fn named(kind: LockKind, name: &'static &'static str) -> Tag {
        Tag::new(ptr::from_ref(name).cast(), CLASS_NAMED, kind, 0)
    }

    /// As [`Tag::named`], for locks whose guards may be released by another thread.
    pub const fn named_sendable(kind: LockKind, name: &'static &'static str) -> Tag {
        Tag::new(ptr::from_ref(name).cast(), CLASS_NAMED, kind, SENDABLE)
    }

    /// A lock made by a constant: its class will be the place where it is first taken.
    pub const fn unplaced(kind: LockKind) -> Tag {
        Tag::new(ptr::null(), 0, kind, 0)
    }

    /// As [`Tag::unplaced`], for locks whose guards may be released by another thread.
    #[cfg_attr(
        not(any(feature = "parking_lot", feature = "parking_lot_0_13")),
        expect(dead_code, reason = "only parking_lot's guards can be sent")
    )]
    pub(crate) const fn unplaced_sendable(kind: LockKind) -> Tag {
        Tag::new(ptr::null(), 0, kind, SENDABLE)
    }

    const fn new(class: *const (), class_bits: u64, kind: LockKind, flags: u64) -> Tag {
        Tag {
            class: AtomicPtr::new(class.cast_mut()),
            word: AtomicU64::new(class_bits << CLASS | (kind as u64) << KIND | flags),
        }
    }

    /// The lock's number, given now if this is its first use, `site` being where.
    #[inline]
    pub(crate) fn id(&self, site: Site) -> LockId {
        let number = self.word.load(Ordering::Relaxed) & NUMBER;
        if number == 0 { self.first_use(site) } else { LockId(number) }
    }

    /// The lock's number, if it has been used.
    #[inline]
    pub(crate) fn known_id(&self) -> Option<LockId> {
        match self.word.load(Ordering::Relaxed) & NUMBER {
            0 => None,
            number => Some(LockId(number)),
        }
    }

    /// What sort of lock it is.
    #[inline]
    pub(crate) fn kind(&self) -> LockKind {
        kind_of(self.word.load(Ordering::Relaxed))
    }

    /// What the tag says of its lock.
    #[inline]
    pub(crate) fn identity(&self) -> Identity {
        let word = self.word.load(Ordering::Acquire);
        let mut class = self.class.load(Ordering::Acquire);
        if class.addr() & COUNTED != 0 {
            // SAFETY: with this bit it was made by `count_turns`, and is freed only with the tag.
            class = unsafe { &*counter(class) }.class;
        }
        Identity { class: class.cast_const(), word }
    }

    /// Counts the acquisitions of this lock, from 1: call it while holding the lock.
    pub(crate) fn next_turn(&self) -> u64 {
        let class = self.class.load(Ordering::Acquire);
        let counted = if class.addr() & COUNTED == 0 { self.count_turns(class) } else { class };
        // SAFETY: with this bit the pointer was made by `count_turns`, and is freed only with
        // the tag.
        unsafe { &*counter(counted) }.turns.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// A guard was seen to be released by another thread than took it.
    pub fn mark_sendable(&self) {
        self.word.fetch_or(SENDABLE, Ordering::Relaxed);
    }

    /// Whether the lock is poisoned. As precise as its caller: who holds the lock knows.
    #[inline]
    pub(crate) fn is_poisoned(&self) -> bool {
        self.word.load(Ordering::Relaxed) & POISONED != 0
    }

    /// Poisons the lock. Called by its holder, whose unlock shows the bit to the next one.
    pub(crate) fn poison(&self) {
        self.word.fetch_or(POISONED, Ordering::Relaxed);
    }

    /// The lock is not poisoned any more.
    pub(crate) fn clear_poison(&self) {
        self.word.fetch_and(!POISONED, Ordering::Relaxed);
    }

    /// Whether the detector itself may need this lock while it holds its own.
    #[inline]
    pub(crate) fn is_internal(&self) -> bool {
        self.word.load(Ordering::Relaxed) & INTERNAL != 0
    }

    /// The detector itself was seen to need this lock.
    pub(crate) fn mark_internal(&self) {
        self.word.fetch_or(INTERNAL, Ordering::Relaxed);
    }

    /// The graph or the trace now knows this lock. True the first time.
    pub(crate) fn mark_known(&self) -> bool {
        self.word.fetch_or(KNOWN, Ordering::Relaxed) & KNOWN == 0
    }

    #[cold]
    fn count_turns(&self, class: *mut ()) -> *mut () {
        let counter = Box::into_raw(Box::new(Counter { turns: AtomicU64::new(0), class }));
        let tagged = counter.cast::<()>().map_addr(|addr| addr | COUNTED);
        match self.class.compare_exchange(class, tagged, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => tagged,
            Err(other) => {
                // SAFETY: it was made above, and nobody else has seen it.
                drop(unsafe { Box::from_raw(counter) });
                other
            }
        }
    }

    #[cold]
    fn first_use(&self, site: Site) -> LockId {
        let mut class_bits = 0;
        if self.word.load(Ordering::Relaxed) >> CLASS & 3 == 0 {
            // A thread that loses the race for the place may still win the one for the number.
            let place = ptr::from_ref(site).cast_mut().cast();
            let null = ptr::null_mut();
            let _ = self.class.compare_exchange(null, place, Ordering::Relaxed, Ordering::Relaxed);
            class_bits = CLASS_FIRST_TAKEN << CLASS;
        }
        let number = local::next_lock_number();
        let named = self.word.fetch_update(Ordering::Release, Ordering::Relaxed, |word| {
            (word & NUMBER == 0).then_some(word | class_bits | number)
        });
        match named {
            Ok(_) => LockId(number),
            Err(word) => LockId(word & NUMBER),
        }
    }
}

impl Identity {
    /// Of no lock.
    pub(crate) const NONE: Identity = Identity { class: ptr::null(), word: 0 };

    /// What sort of lock it is.
    pub(crate) fn kind(&self) -> LockKind {
        kind_of(self.word)
    }

    /// Whether a guard may be released by another thread than took it.
    pub(crate) fn is_sendable(&self) -> bool {
        self.word & SENDABLE != 0
    }

    /// The stack of the moment when the lock was made, innermost first, if it is known.
    pub(crate) fn origin(&self) -> Option<&'static [u64]> {
        self.made().map(|origin| &*origin.stack)
    }

    fn made(&self) -> Option<&'static Origin> {
        // SAFETY: with this bit the pointer was made from an `Origin` in `made`, which is never
        // freed.
        (self.word & ORIGIN != 0).then(|| unsafe { &*self.class.cast() })
    }

    /// Where the lock comes from. `None` before the first use of a lock that a constant made.
    pub(crate) fn class(&self) -> Option<ClassRef> {
        match self.word >> CLASS & 3 {
            CLASS_MADE if self.word & ORIGIN != 0 => {
                self.made().map(|origin| ClassRef::Made(origin.site))
            }
            // SAFETY: with these bits the pointer was made from a `Site` or a
            // `&'static &'static str`, in `Tag::new` or `first_use`.
            CLASS_MADE => Some(ClassRef::Made(unsafe { &*self.class.cast() })),
            // SAFETY: as above.
            CLASS_FIRST_TAKEN => Some(ClassRef::FirstTaken(unsafe { &*self.class.cast() })),
            // SAFETY: as above.
            CLASS_NAMED => Some(ClassRef::Named(unsafe { *self.class.cast::<&'static str>() })),
            _ => None,
        }
    }
}

/// A tag of the class `site`.
#[cfg(not(lockgraph_origins))]
const fn made(site: Site, kind: LockKind, flags: u64) -> Tag {
    Tag::new(ptr::from_ref(site).cast(), CLASS_MADE, kind, flags)
}

/// A tag of the class `site`, with the origin if this is not the making of a constant.
///
/// What a constant function does at run time is not for stable Rust to say, so this is compiled
/// only where the compiler can be told that it knows.
#[cfg(lockgraph_origins)]
#[inline]
const fn made(site: Site, kind: LockKind, flags: u64) -> Tag {
    const fn of_constant(site: Site, kind: LockKind, flags: u64) -> Tag {
        Tag::new(ptr::from_ref(site).cast(), CLASS_MADE, kind, flags)
    }

    fn at_run_time(site: Site, kind: LockKind, flags: u64) -> Tag {
        match super::origin::here(site) {
            Some(origin) => {
                Tag::new(ptr::from_ref(origin).cast(), CLASS_MADE, kind, flags | ORIGIN)
            }
            None => of_constant(site, kind, flags),
        }
    }

    std::intrinsics::const_eval_select((site, kind, flags), of_constant, at_run_time)
}

fn kind_of(word: u64) -> LockKind {
    LockKind::ALL[(word >> KIND) as usize & 3]
}

/// Takes the place of the class pointer, marked by its lowest bit, once turns are counted (full
/// recording only).
struct Counter {
    turns: AtomicU64,
    class: *mut (),
}

const COUNTED: usize = 1;

fn counter(class: *mut ()) -> *mut Counter {
    class.map_addr(|addr| addr & !COUNTED).cast()
}

impl Drop for Tag {
    #[inline]
    fn drop(&mut self) {
        let class = *self.class.get_mut();
        if class.addr() & COUNTED != 0 {
            // SAFETY: with this bit it was made by `count_turns`, and this is its only owner.
            drop(unsafe { Box::from_raw(counter(class)) });
        }
        if *self.word.get_mut() & KNOWN != 0 {
            super::destroyed(LockId(*self.word.get_mut() & NUMBER));
        }
    }
}
