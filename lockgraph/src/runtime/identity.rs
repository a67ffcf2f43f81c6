//! What a tag says of its lock, apart from it: the lock may go while this stays.

use std::ptr;

use super::origin::Origin;
use super::tag::Site;
use super::word::{CLASS, CLASS_FIRST_TAKEN, CLASS_MADE, CLASS_NAMED, POINTS_TO_MORE, Word};
use crate::id::{LockId, LockKind};
use crate::rank::Rank;

/// What a tag says of its lock, apart from it: the lock may go while this stays.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity {
    class: *const (),
    word: Word,
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

impl Identity {
    /// Of no lock.
    pub(crate) const NONE: Identity = Identity { class: ptr::null(), word: Word(0) };

    /// From a word and a class without bits of the tag's.
    pub(super) fn new(word: Word, class: *const ()) -> Identity {
        Identity { class, word }
    }

    /// From the parts of a hold.
    #[inline]
    pub(super) fn of_hold(word: Word, class: *const ()) -> Identity {
        Identity { class, word: word.without_marks() }
    }

    /// The parts of a hold.
    #[inline]
    pub(super) fn parts(self) -> (Word, *const ()) {
        (self.word, self.class)
    }

    /// Which lock.
    pub(crate) fn lock(&self) -> LockId {
        self.word.number()
    }

    /// What sort of lock it is.
    pub(crate) fn kind(&self) -> LockKind {
        self.word.kind()
    }

    /// All but the class.
    pub(super) fn word(&self) -> Word {
        self.word
    }

    /// Whether a guard may be released by another thread than took it.
    pub(crate) fn is_sendable(&self) -> bool {
        self.word.is_sendable()
    }

    /// The stack of the moment when the lock was made, innermost first, if it is known.
    pub(crate) fn origin(&self) -> Option<&'static [u64]> {
        self.made().map(|origin| &*origin.stack)
    }

    fn made(&self) -> Option<&'static Origin> {
        // SAFETY: with these bits the pointer was made from an `Origin` in `made`, which is never
        // freed.
        self.points_to_more(CLASS_MADE).then(|| unsafe { &*self.class.cast() })
    }

    /// The rank of the lock, if it has one.
    pub(super) fn rank(&self) -> Option<&'static Rank> {
        // SAFETY: with these bits the pointer was made from a `&'static Rank`.
        self.points_to_more(CLASS_NAMED).then(|| unsafe { &*self.class.cast() })
    }

    fn points_to_more(&self, class: u64) -> bool {
        self.word.0 & POINTS_TO_MORE != 0 && self.word.0 >> CLASS & 3 == class
    }

    /// Where the lock comes from. `None` before the first use of a lock that a constant made.
    pub(crate) fn class(&self) -> Option<ClassRef> {
        match self.word.0 >> CLASS & 3 {
            CLASS_MADE if self.points_to_more(CLASS_MADE) => {
                self.made().map(|origin| ClassRef::Made(origin.site))
            }
            // SAFETY: with these bits the pointer was made from a `Site` or a
            // `&'static &'static str`, when the tag was made or first used.
            CLASS_MADE => Some(ClassRef::Made(unsafe { &*self.class.cast() })),
            // SAFETY: as above.
            CLASS_FIRST_TAKEN => Some(ClassRef::FirstTaken(unsafe { &*self.class.cast() })),
            // SAFETY: as above, or from a `&'static Rank`, which begins with its name.
            CLASS_NAMED => Some(ClassRef::Named(unsafe { *self.class.cast::<&'static str>() })),
            _ => None,
        }
    }
}
