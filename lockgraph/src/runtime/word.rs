//! The word of a lock: its number, its kind and what else is to be known of it at once.
//!
//! | bits of the word | meaning |
//! |---|---|
//! | 0, 1 | 0; in a hold, the mode |
//! | 2, 3, 4 | 0; in a hold, its marks: told, spared, recorded |
//! | 5, 6, 14, 15 | the kind of lock |
//! | 7 | known to the graph or the trace, so its destruction must be told |
//! | 8, 9 | what the class pointer points to |
//! | 10 | the class pointer points to an `Origin`, which has the place, or to a `Rank`, which has the name |
//! | 11 | guards may go to other threads, so a hold proves nothing about its thread |
//! | 12 | poisoned, as the `std` shapes mean it |
//! | 13 | taken by what the detector itself calls (an allocator): never tracked |
//! | 16 to 62 | the number; 0 before first use |
//! | 63 | special: bit 11 or 13 is set |
//!
//! So one signed comparison tells whether a lock is plain: has a number, and is not special.

use crate::id::{LockId, LockKind, Mode};

const MODE: u64 = 0b11;
const TOLD: u64 = 1 << 2;
const SPARED: u64 = 1 << 3;
const RECORDED: u64 = 1 << 4;
const MARKS: u64 = MODE | TOLD | SPARED | RECORDED;
const KIND: u32 = 5;
const KIND_HIGH: u32 = 14;
pub(super) const KNOWN: u64 = 1 << 7;
pub(super) const CLASS: u32 = 8;
pub(super) const CLASS_MADE: u64 = 1;
pub(super) const CLASS_NAMED: u64 = 2;
pub(super) const CLASS_FIRST_TAKEN: u64 = 3;
pub(super) const POINTS_TO_MORE: u64 = 1 << 10;
const TRAVELS: u64 = 1 << 11;
pub(super) const POISONED: u64 = 1 << 12;
const INNER: u64 = 1 << 13;
pub(super) const NUMBER: u32 = 16;
const SPECIAL: u64 = 1 << 63;
pub(super) const SENDABLE: u64 = SPECIAL | TRAVELS;
pub(super) const INTERNAL: u64 = SPECIAL | INNER;

/// The bits for a kind of lock.
pub(super) const fn of_kind(kind: LockKind) -> u64 {
    let number = kind as u64;
    (number & 3) << KIND | (number >> 2) << KIND_HIGH
}

/// The word of a tag at one moment, or of a hold, which has more bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Word(pub(super) u64);

impl Word {
    /// What no lock has. It is not plain.
    pub(crate) const OF_NO_LOCK: Word = Word(u64::MAX);

    #[inline]
    pub(crate) fn has_number(self) -> bool {
        self.0 << 1 >= 1 << (NUMBER + 1)
    }

    #[inline]
    pub(crate) fn number(self) -> LockId {
        LockId((self.0 & !SPECIAL) >> NUMBER)
    }

    /// What sort of lock it is.
    #[inline]
    pub(crate) fn kind(self) -> LockKind {
        let number = self.0 >> KIND & 3 | (self.0 >> KIND_HIGH & 3) << 2;
        LockKind::ALL.get(number as usize).copied().unwrap_or(LockKind::Mutex)
    }

    /// Whether a hold of this lock may go the fast way: it has its number, and is nothing special.
    #[inline]
    pub(crate) fn is_plain(self) -> bool {
        self.0.cast_signed() >= 1 << NUMBER
    }

    /// Whether all that the lock lacks to be plain is its number, and perhaps its class.
    #[inline]
    pub(crate) fn is_new(self) -> bool {
        self.0 < 1 << NUMBER && self.0 & POISONED == 0
    }

    #[inline]
    pub(super) fn has_class(self) -> bool {
        self.0 >> CLASS & 3 != 0
    }

    #[inline]
    pub(crate) fn is_internal(self) -> bool {
        self.0 & INNER != 0
    }

    /// The word of a hold in `mode`. A word of a tag has no mode yet.
    #[inline]
    pub(crate) fn with_mode(self, mode: Mode) -> Word {
        Word(self.0 | mode as u64)
    }

    /// A hold's word, now in `mode`.
    pub(super) fn in_mode(self, mode: Mode) -> Word {
        Word(self.0 & !MODE | mode as u64)
    }

    #[inline]
    pub(super) fn mode(self) -> Mode {
        Mode::ALL[(self.0 & MODE) as usize]
    }

    /// The number and the mode, and whether it is special.
    #[inline]
    pub(super) fn key(self) -> u64 {
        self.0 & (u64::MAX << NUMBER | MODE)
    }

    /// As it was in the tag.
    pub(super) fn without_marks(self) -> Word {
        Word(self.0 & !MARKS)
    }

    pub(super) fn is_sendable(self) -> bool {
        self.0 & TRAVELS != 0
    }

    pub(super) fn sendable(self) -> Word {
        Word(self.0 | SENDABLE)
    }

    /// The graph or the trace has heard of the lock through this hold: the end of the hold is to mark
    /// the lock, unless that has been done.
    pub(super) fn told(self) -> Word {
        if self.0 & KNOWN != 0 { self } else { Word(self.0 | TOLD) }
    }

    pub(super) fn is_told(self) -> bool {
        self.0 & TOLD != 0
    }

    pub(super) fn spared(self) -> Word {
        Word(self.0 | SPARED)
    }

    pub(super) fn is_spared(self) -> bool {
        self.0 & SPARED != 0
    }

    /// Every event of this hold's thread is recorded, its end too.
    pub(super) fn recorded(self) -> Word {
        Word(self.0 | RECORDED)
    }
}
