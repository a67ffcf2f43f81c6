//! What every instrumented lock carries: its number, its kind and its class, in 16 bytes.
//!
//! Constructors are `const`, so the number is given at first use; the class is there from the
//! start. Both lie beside the lock word, on the same cache line.
//!
//! What the bits of the word mean is told in `word`.
//!
//! | bits of the class pointer | meaning |
//! |---|---|
//! | 0 | it points to a counter of turns, which has the class |
//! | 1 | a guard was seen to go to another thread |
//!
//! # Numbers without atomic operations
//!
//! A lock gets its number from the first tracked thread that *holds* it. Whoever holds it
//! exclusively has nobody beside it who might do the same, so it reads the word and writes it; an
//! atomic exchange would cost as much as half of the raw lock. All who do not hold the lock must
//! therefore leave a word without a number alone, but for bits whose loss does no harm: "internal"
//! will be seen again, and "poisoned" is looked at first. Locks that are not held by anybody while
//! they get their number (initialisations, condition variables, barriers) use [`Tag::id`]. Who does
//! not hold a lock, and must know it by a number all the same, gives it one that may be replaced by
//! this store: see `provisional`.

use std::panic::Location;
use std::ptr;
use std::sync::atomic::Ordering::{self, AcqRel, Relaxed};
use std::sync::atomic::{AtomicPtr, AtomicU64};

use super::identity::Identity;
use super::local;
use super::word::{
    CLASS, CLASS_FIRST_TAKEN, CLASS_MADE, CLASS_NAMED, INTERNAL, KNOWN, NUMBER, POINTS_TO_MORE,
    POISONED, SENDABLE, Word, of_kind,
};
use crate::id::{LockId, LockKind, Mode};
use crate::rank::Rank;

/// A place in the source, as the compiler hands it to `#[track_caller]` functions.
pub type Site = &'static Location<'static>;

/// Bits of the class pointer.
const COUNTED: usize = 1;
const SEEN_TO_TRAVEL: usize = 2;
const POINTER_BITS: usize = COUNTED | SEEN_TO_TRAVEL;

const _: () = assert!(size_of::<Tag>() == 16);

/// The identity of one lock.
pub struct Tag {
    class: AtomicPtr<()>,
    word: AtomicU64,
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

    /// A lock of this rank, whose name is its class.
    pub const fn ranked(kind: LockKind, rank: &'static Rank) -> Tag {
        Tag::new(ptr::from_ref(rank).cast(), CLASS_NAMED, kind, POINTS_TO_MORE)
    }

    /// As [`Tag::ranked`], for locks whose guards may be released by another thread.
    #[cfg_attr(
        not(any(feature = "parking_lot", feature = "parking_lot_0_13")),
        expect(dead_code, reason = "only parking_lot's guards can be sent")
    )]
    pub(crate) const fn ranked_sendable(kind: LockKind, rank: &'static Rank) -> Tag {
        Tag::new(ptr::from_ref(rank).cast(), CLASS_NAMED, kind, POINTS_TO_MORE | SENDABLE)
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
            word: AtomicU64::new(class_bits << CLASS | of_kind(kind) | flags),
        }
    }

    /// All but the class, at this moment.
    #[inline]
    pub(crate) fn word(&self) -> Word {
        // Acquire, so that the class is seen of whoever gave the number.
        Word(self.word.load(Ordering::Acquire))
    }

    /// The class, with its bits.
    #[inline]
    pub(crate) fn class(&self) -> *const () {
        self.class.load(Ordering::Relaxed).cast_const()
    }

    /// The lock's number, if it has been used.
    #[inline]
    pub(crate) fn known_id(&self) -> Option<LockId> {
        let word = self.word();
        word.has_number().then_some(word.number())
    }

    /// The lock's number, given now if this is its first use, `site` being where. Only for what
    /// is given its number while nobody holds it; see the head of this file.
    #[inline]
    pub(crate) fn id(&self, site: Site) -> LockId {
        self.known_id().unwrap_or_else(|| self.give(site, local::next_lock_number(), 0))
    }

    /// Gives a lock its number that nobody else has yet, and says that its end must be told.
    pub(super) fn give_known(&self, site: Site) -> LockId {
        self.give_as_known(site, local::next_lock_number())
    }

    /// As [`Tag::give`]; its end must be told.
    pub(super) fn give_as_known(&self, site: Site, number: LockId) -> LockId {
        self.give(site, number, KNOWN)
    }

    /// Gives the lock this number, with `flags`, unless it has one. Returns the one that it has.
    #[cold]
    pub(super) fn give(&self, site: Site, number: LockId, flags: u64) -> LockId {
        let bits = self.first_place(self.word(), site) | flags | number.0 << NUMBER;
        let numbered = self.word.fetch_update(Ordering::Release, Ordering::Acquire, |word| {
            (!Word(word).has_number()).then_some(word | bits)
        });
        match numbered {
            Ok(_) => number,
            Err(word) => Word(word).number(),
        }
    }

    /// What sort of lock it is.
    #[inline]
    pub(crate) fn kind(&self) -> LockKind {
        Word(self.word.load(Ordering::Relaxed)).kind()
    }

    /// What the tag says of its lock.
    #[inline]
    pub(crate) fn identity(&self) -> Identity {
        let word = self.word();
        // Acquire, because it may point to a counter that another thread has just made.
        identity_of(word, self.class.load(Ordering::Acquire))
    }

    /// Gives a lock its number at its first acquisition, at `site`, which is its class if it has none.
    /// Only for whoever holds it exclusively. `None`: it is not as new as that.
    #[inline]
    pub(super) fn number_first(
        &self,
        site: Site,
        number: impl FnOnce() -> Option<LockId>,
    ) -> Option<(Word, *const ())> {
        let (word, class) = (self.word(), self.class());
        if !word.is_new() || is_special(class) || !word.has_class() && !class.is_null() {
            return None;
        }
        let mut bits = number()?.0 << NUMBER;
        if !word.has_class() {
            bits |= CLASS_FIRST_TAKEN << CLASS;
            let (null, place) = (ptr::null_mut(), ptr::from_ref(site).cast_mut().cast());
            if !cfg!(lockgraph_facade) {
                self.class.store(place, Ordering::Relaxed);
            // There, others may mark the lock meanwhile, and that is not to be lost.
            } else if self.class.compare_exchange(null, place, AcqRel, Relaxed).is_err() {
                return None;
            }
        }
        let word = Word(word.0 | bits);
        self.word.store(word.0, Ordering::Release);
        Some((word, self.class()))
    }

    /// What the tag will say of its lock once it has this number, `site` being where it is used first.
    /// If it has got another meanwhile, what it says now.
    pub(crate) fn promise(&self, number: LockId, site: Site) -> Identity {
        let word = self.word();
        if word.has_number() {
            return self.identity();
        }
        let bits = self.first_place(word, site) | KNOWN | number.0 << NUMBER;
        identity_of(Word(word.0 | bits), self.class.load(Ordering::Acquire))
    }

    /// The count of this lock's acquisitions, if they are counted.
    pub(crate) fn count(&self) -> Option<Count<'_>> {
        Count::of(self.class.load(Ordering::Acquire))
    }

    /// As [`Tag::count`], for a lock that is not special besides.
    #[inline]
    pub(crate) fn count_of_plain(&self) -> Option<Count<'_>> {
        let class = self.class.load(Ordering::Acquire);
        if class.addr() & SEEN_TO_TRAVEL == 0 { Count::of(class) } else { None }
    }

    /// From now on the acquisitions of this lock are counted. It must be known, so that the count
    /// does not outlive it.
    #[cold]
    pub(crate) fn begin_count(&self) -> Count<'_> {
        let class = self.class.load(Ordering::Acquire);
        if let Some(count) = Count::of(class) {
            return count;
        }
        let counter = Box::into_raw(Box::new(Counter { turns: AtomicU64::new(0), class }));
        let bits = COUNTED | class.addr() & SEEN_TO_TRAVEL;
        let tagged = counter.cast::<()>().map_addr(|addr| addr | bits);
        let exchanged =
            self.class.compare_exchange(class, tagged, Ordering::AcqRel, Ordering::Acquire);
        if exchanged.is_err() {
            // SAFETY: it was made above, and nobody else has seen it.
            drop(unsafe { Box::from_raw(counter) });
        }
        self.begin_count()
    }

    /// A guard was seen to be released by another thread than took it.
    pub fn mark_sendable(&self) {
        let mark = |class: *mut ()| Some(class.map_addr(|addr| addr | SEEN_TO_TRAVEL));
        let _ = self.class.fetch_update(Ordering::AcqRel, Ordering::Acquire, mark);
    }

    /// Whether the lock is poisoned. As precise as its caller: who holds the lock knows.
    #[cfg_attr(not(any(debug_assertions, lockgraph_facade)), inline)]
    pub(crate) fn is_poisoned(&self) -> bool {
        self.word.load(Ordering::Relaxed) & POISONED != 0
    }

    /// Poisons the lock. Called by its holder, whose unlock shows the bit to the next one.
    pub(crate) fn poison(&self) {
        self.word.fetch_or(POISONED, Ordering::Relaxed);
    }

    /// The lock is not poisoned any more.
    pub(crate) fn clear_poison(&self) {
        if self.is_poisoned() {
            self.word.fetch_and(!POISONED, Ordering::Relaxed);
        }
    }

    /// Whether the detector itself may need this lock while it holds its own.
    #[inline]
    pub(crate) fn is_internal(&self) -> bool {
        self.word().is_internal()
    }

    /// The detector itself was seen to need this lock.
    pub(crate) fn mark_internal(&self) {
        self.word.fetch_or(INTERNAL, Ordering::Relaxed);
    }

    /// The graph or the trace now knows this lock, by the number that it has. True the first time.
    pub(crate) fn mark_known(&self) -> bool {
        // Mostly it is known, and then the line of the lock is not to be written.
        self.word.load(Ordering::Relaxed) & KNOWN == 0
            && self.word.fetch_or(KNOWN, Ordering::Relaxed) & KNOWN == 0
    }

    /// Makes `site` the class if there is none. Returns the bits that say so.
    fn first_place(&self, word: Word, site: Site) -> u64 {
        if word.has_class() {
            return 0;
        }
        // A thread that loses the race for the place may still win the one for the number.
        let place = |class: *mut ()| {
            let bits = class.addr() & POINTER_BITS;
            let site = ptr::from_ref(site).cast_mut().cast::<()>();
            (class.addr() == bits).then(|| site.map_addr(|addr| addr | bits))
        };
        let _ = self.class.fetch_update(Ordering::Relaxed, Ordering::Relaxed, place);
        CLASS_FIRST_TAKEN << CLASS
    }
}

/// What a tag with these parts says of its lock.
fn identity_of(word: Word, class: *const ()) -> Identity {
    let travels = class.addr() & SEEN_TO_TRAVEL != 0;
    let class = if class.addr() & COUNTED != 0 {
        // SAFETY: with this bit it was made by `begin_count`, and is freed only with the tag.
        unsafe { &*counter(class.cast_mut()) }.class.cast_const()
    } else {
        class
    };
    let class = class.map_addr(|addr| addr & !POINTER_BITS);
    Identity::new(if travels { word.sendable() } else { word }, class)
}

/// Whether the class pointer says that a hold of this lock is to go the slow way.
#[inline]
pub(crate) fn is_special(class: *const ()) -> bool {
    class.addr() & POINTER_BITS != 0
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
                Tag::new(ptr::from_ref(origin).cast(), CLASS_MADE, kind, flags | POINTS_TO_MORE)
            }
            None => of_constant(site, kind, flags),
        }
    }

    std::intrinsics::const_eval_select((site, kind, flags), of_constant, at_run_time)
}

/// Takes the place of the class pointer, marked by its lowest bit, once turns are counted (full
/// recording only). On a cache line of its own: locks that are made together are often taken by
/// different threads.
#[repr(align(64))]
struct Counter {
    turns: AtomicU64,
    class: *mut (),
}

/// The count of a lock's turns.
#[derive(Clone, Copy)]
pub(crate) struct Count<'a>(&'a Counter);

impl Count<'_> {
    #[inline]
    fn of<'a>(class: *mut ()) -> Option<Count<'a>> {
        // SAFETY: with this bit the pointer was made by `begin_count`, and is freed only with the
        // tag, which is borrowed as long as the count.
        (class.addr() & COUNTED != 0).then(|| Count(unsafe { &*counter(class) }))
    }

    /// The turn of an acquisition. Call it once for each, while holding the lock in `mode`.
    ///
    /// A turn is an even number, 2 for the first one, and for readers the odd number after that of
    /// the last who was no reader. Only one thread at a time can be no reader, and so change the
    /// count: no atomic operation is needed, and readers write nothing.
    #[inline]
    pub(crate) fn turn(self, mode: Mode) -> u64 {
        let Counter { turns, .. } = self.0;
        let last = turns.load(Ordering::Relaxed);
        if mode.is_read() {
            return last + 1;
        }
        turns.store(last + 2, Ordering::Relaxed);
        last + 2
    }

    /// The turn of what is done to an object that is no lock: an even number, never 0.
    pub(super) fn next(self) -> u64 {
        (self.0.turns.fetch_add(2, Ordering::AcqRel) & !1) + 2
    }

    /// As [`Count::next`], when nobody keeps the count, and keeps it.
    pub(super) fn keep(self) -> u64 {
        loop {
            let last = self.0.turns.load(Ordering::Relaxed) & !1;
            let kept = self.0.turns.compare_exchange(last, last + 3, AcqRel, Relaxed);
            if kept.is_ok() {
                return last + 2;
            }
            std::thread::yield_now();
        }
    }

    /// This thread keeps it no more.
    pub(super) fn let_go(self) {
        self.0.turns.fetch_sub(1, Ordering::AcqRel);
    }

    /// The lock's class, without bits.
    #[inline]
    pub(crate) fn class(self) -> *const () {
        self.0.class.map_addr(|addr| addr & !POINTER_BITS).cast_const()
    }
}

fn counter(class: *mut ()) -> *mut Counter {
    class.map_addr(|addr| addr & !POINTER_BITS).cast()
}

impl Drop for Tag {
    #[inline]
    fn drop(&mut self) {
        let word = *self.word.get_mut();
        // One that was never used is gone at once.
        let is_used = word & (KNOWN | u64::MAX << NUMBER) != 0;
        // A lock that is destroyed while this thread has it: its guard was leaked.
        if is_used && (word & KNOWN != 0 || local::holds_any()) {
            self.forget();
        }
    }
}

impl Tag {
    /// The end of a lock that the graph or the trace knows, or that may be taken.
    #[cold]
    fn forget(&mut self) {
        let word = Word(*self.word.get_mut());
        let is_told = word.has_number() && super::misuse::destroyed(word.number());
        if word.0 & KNOWN == 0 && !is_told {
            return;
        }
        let class = *self.class.get_mut();
        if class.addr() & COUNTED != 0 {
            // SAFETY: with this bit it was made by `begin_count`, and this is its only owner.
            drop(unsafe { Box::from_raw(counter(class)) });
        }
        super::destroyed(word.number());
    }
}

#[cfg(test)]
mod tests;
