//! What semaphores, events and bankers tell the detector.
//!
//! `off/watch.rs` has the same names for builds where nobody listens, so that these primitives have
//! one source.

use std::panic::Location;

use crate::event::How;
use crate::id::{LockKind, Mode, Signal};
use crate::runtime::{self, Look, Tag};
pub(super) use crate::runtime::{Attempt, Awaiting, Limited, Site, Stamp};

/// A semaphore, an event or a banker, as the detector knows it.
pub(super) struct Object {
    tag: Tag,
    signal: Signal,
    /// So many threads may hold permits of it at once, if it is given no more. 0: it is no semaphore, or
    /// has one permit, which is held like a mutex.
    permits: u32,
}

/// The line of the user's call.
#[inline]
#[track_caller]
pub(super) fn here() -> Site {
    Location::caller()
}

/// Whether every event is recorded.
pub(super) fn is_recorded() -> bool {
    runtime::is_recorded()
}

/// What [`Object::permits`] is. More permits than there can be threads keep nobody out.
const fn several(permits: usize) -> u32 {
    if permits > 1 && permits < u32::MAX as usize { permits as u32 } else { 0 }
}

impl Object {
    /// A semaphore that begins with so many permits.
    #[track_caller]
    pub(super) const fn semaphore(permits: usize) -> Object {
        let tag = Tag::here(LockKind::Semaphore);
        Object { tag, signal: Signal::Permits, permits: several(permits) }
    }

    pub(super) const fn semaphore_named(name: &'static &'static str, permits: usize) -> Object {
        let tag = Tag::named(LockKind::Semaphore, name);
        Object { tag, signal: Signal::Permits, permits: several(permits) }
    }

    #[track_caller]
    pub(super) const fn event() -> Object {
        Object { tag: Tag::here(LockKind::Event), signal: Signal::Set, permits: 0 }
    }

    pub(super) const fn event_named(name: &'static &'static str) -> Object {
        Object { tag: Tag::named(LockKind::Event, name), signal: Signal::Set, permits: 0 }
    }

    #[track_caller]
    pub(super) const fn banker() -> Object {
        Object { tag: Tag::here(LockKind::Banker), signal: Signal::Units, permits: 0 }
    }

    pub(super) const fn banker_named(name: &'static &'static str) -> Object {
        Object { tag: Tag::named(LockKind::Banker, name), signal: Signal::Units, permits: 0 }
    }

    /// The tag; before it has a number, it is told how many permits there are.
    #[inline]
    fn tag(&self, site: Site) -> &Tag {
        if self.permits > 0 && self.tag.known_id().is_none() {
            runtime::let_in(&self.tag, self.permits, site);
        }
        &self.tag
    }

    /// About to change what others may see without waiting.
    pub(super) fn changing(&self, site: Site) {
        runtime::changing(&self.tag, site);
    }

    /// Seen without waiting: what others had changed before.
    pub(super) fn seen_changed(&self, site: Site) {
        runtime::seen_changed(&self.tag, site);
    }

    /// The permits were counted.
    pub(super) fn counted() {
        runtime::looked(Look::Permits);
    }

    /// About to do what others wait for.
    pub(super) fn serving(&self, site: Site) -> Stamp {
        runtime::serving(self.tag(site), self.signal, site)
    }

    /// This thread has got what others may wait for, and gives it back if it goes on.
    pub(super) fn could_serve(&self, site: Site) {
        runtime::could_serve(&self.tag, self.signal, site);
    }

    /// That of whoever gives permits now, who would have the stamp `stamp`; `before` is that of whoever
    /// gave them last.
    pub(super) fn giving(&self, before: Stamp, stamp: Option<Stamp>, site: Site) -> Stamp {
        stamp.unwrap_or(before).after(before, site)
    }

    /// Ready to wait as long as it takes, if what is waited for is not there.
    pub(super) fn could_wait(&self, site: Site) {
        runtime::could_wait(self.tag(site), self.signal, site);
    }

    /// About to wait as long as it takes. Hold the result meanwhile.
    #[track_caller]
    pub(super) fn awaiting(&self, site: Site) -> Awaiting {
        runtime::awaiting(&self.tag, self.signal, site)
    }

    /// What is waited for has come, or was there; `stamp` is that of whoever served it.
    pub(super) fn awaited(&self, stamp: Stamp, site: Site) {
        runtime::awaited(self.tag(site), self.signal, stamp, site);
    }

    /// About to take permits, however long it takes.
    pub(super) fn acquiring(&self, site: Site) -> Attempt<'_> {
        // Several threads may hold it at once, so none of them can number it by itself.
        self.tag.id(site);
        runtime::acquiring(&self.tag, Mode::Exclusive, site)
    }

    /// All permits are with one thread: it is waited for as the holder of a mutex is. `try_take` is
    /// asked again when a suspected deadlock needs a second look.
    #[track_caller]
    pub(super) fn contended<R>(
        attempt: Attempt<'_>,
        try_take: impl FnMut() -> Option<R>,
        block: impl FnOnce() -> R,
    ) -> R {
        runtime::contended(attempt, try_take, block)
    }

    /// A permit was taken that is nobody's own, where others have had them all as their own: the order
    /// of the two is not in the trace.
    pub(super) fn taken_between(&self) {
        runtime::gap("a semaphore was used with permits of threads and of nobody, in turns");
    }

    /// Permits are this thread's own from now on.
    pub(super) fn acquired(&self, mode: Mode, how: How, site: Site) {
        self.tag.id(site);
        runtime::acquired_politely(&self.tag, mode, how, site);
    }

    /// A try or timed acquisition has failed.
    pub(super) fn refused(&self, how: How, site: Site) {
        self.tag(site).id(site);
        runtime::refused(&self.tag, Mode::Exclusive, how, site);
    }

    /// About to wait for permits with a time limit. Hold the result until it is told how that ended.
    pub(super) fn limited(&self, site: Site) -> Limited {
        runtime::limited(&self.tag, Mode::Exclusive, site)
    }

    /// Permits were had within a time limit.
    pub(super) fn had_in_time(&self, site: Site) {
        runtime::had_in_time(&self.tag, site);
    }

    /// This thread is about to give permits back that it took in `mode` at `site`.
    pub(super) fn giving_back(&self, mode: Mode, site: Site) {
        runtime::released_as(&self.tag, mode);
        runtime::giving_back(&self.tag, self.signal, site);
    }

    /// Permits that this thread took in `mode` are its own no more, and nobody's else.
    pub(super) fn forgotten(&self, mode: Mode) {
        runtime::released_as(&self.tag, mode);
    }

    /// It is about to have more permits than it began with, and keeps nobody out any more.
    pub(super) fn growing(&self) {
        if self.permits > 0 {
            runtime::let_all_in(&self.tag);
        }
    }

    /// It has them.
    pub(super) fn grown(&self) {
        if self.permits > 0 {
            // If it was not seen before that it would come to that.
            runtime::let_all_in(&self.tag);
            runtime::judge_again(&self.tag);
        }
    }

    /// More permits were given than a bounded semaphore began with. To no effect.
    pub(super) fn over_released(&self, site: Site) {
        runtime::over_released(&self.tag, site);
    }
}
