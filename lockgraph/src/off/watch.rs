//! What semaphores, events and bankers tell the detector, in builds where nobody listens: nothing.
//! The names are those of `sync/watch.rs`.

use std::marker::PhantomData;

use crate::event::How;
use crate::id::Mode;

pub(super) type Site = ();

#[derive(Clone, Copy)]
pub(super) struct Stamp;

impl Stamp {
    pub(super) const NONE: Stamp = Stamp;
}

#[derive(Clone, Copy)]
pub(super) struct Attempt<'a>(PhantomData<&'a Object>);

pub(super) struct Awaiting;

pub(super) struct Limited;

pub(super) struct Object;

pub(super) const fn here() -> Site {}

pub(super) fn is_recorded() -> bool {
    false
}

impl Object {
    pub(super) const fn semaphore(_permits: usize) -> Object {
        Object
    }

    pub(super) const fn semaphore_named(_name: &'static &'static str, _permits: usize) -> Object {
        Object
    }

    pub(super) const fn event() -> Object {
        Object
    }

    pub(super) const fn event_named(_name: &'static &'static str) -> Object {
        Object
    }

    pub(super) const fn banker() -> Object {
        Object
    }

    pub(super) const fn banker_named(_name: &'static &'static str) -> Object {
        Object
    }

    pub(super) fn changing(&self, _site: Site) {}

    pub(super) fn seen_changed(&self, _site: Site) {}

    pub(super) fn counted() {}

    pub(super) fn serving(&self, _site: Site) -> Stamp {
        Stamp
    }

    pub(super) fn could_serve(&self, _site: Site) {}

    pub(super) fn giving(&self, before: Stamp, _stamp: Option<Stamp>, _site: Site) -> Stamp {
        before
    }

    pub(super) fn could_wait(&self, _site: Site) {}

    pub(super) fn awaiting(&self, _site: Site) -> Awaiting {
        Awaiting
    }

    pub(super) fn awaited(&self, _stamp: Stamp, _site: Site) {}

    pub(super) fn acquiring(&self, _site: Site) -> Attempt<'_> {
        Attempt(PhantomData)
    }

    pub(super) fn contended<R>(
        _attempt: Attempt<'_>,
        mut try_take: impl FnMut() -> Option<R>,
        block: impl FnOnce() -> R,
    ) -> R {
        try_take().unwrap_or_else(block)
    }

    pub(super) fn taken_between(&self) {}

    pub(super) fn acquired(&self, _mode: Mode, _how: How, _site: Site) {}

    pub(super) fn refused(&self, _how: How, _site: Site) {}

    pub(super) fn limited(&self, _site: Site) -> Limited {
        Limited
    }

    pub(super) fn had_in_time(&self, _site: Site) {}

    pub(super) fn giving_back(&self, _mode: Mode, _site: Site) {}

    pub(super) fn forgotten(&self, _mode: Mode) {}

    pub(super) fn growing(&self) {}

    pub(super) fn grown(&self) {}

    pub(super) fn over_released(&self, _site: Site) {}
}
