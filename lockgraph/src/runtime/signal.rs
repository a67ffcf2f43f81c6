//! What everything calls that waits for another thread to do something: to send, to notify, to
//! arrive, to give a permit or units back, to set an event, to unpark.
//!
//! The calls, from the thin shells of the primitives:
//!
//! | call | when |
//! |---|---|
//! | [`serving`] | about to do what others wait for, before the raw operation |
//! | [`giving_back`] | the same, where it was held as a lock |
//! | [`could_serve`] | has got what others wait for, and will do that by giving it back |
//! | [`could_wait`] | ready to wait for it without a time limit, if it is not there |
//! | [`awaiting`] | about to wait for it without a time limit; the result is held meanwhile |
//! | [`awaited`] | it has come, whether or not this thread had to wait |
//!
//! A wait with a time limit ends by itself, so it is never announced.

use super::block::Wait;
use super::stamp::{self, Stamp};
use super::tag::{Site, Tag};
use super::{local, meeting, standstill, turns};
use crate::event::Op;
use crate::id::Signal;

/// About to give `signal` to whoever waits for it at `tag`.
#[inline]
pub(crate) fn serving(tag: &Tag, signal: Signal, site: Site) -> Stamp {
    meeting::serves_again(tag, signal).unwrap_or_else(|| serving_slowly(tag, signal, site))
}

/// Whatever is not the same as the last time.
#[inline(never)]
fn serving_slowly(tag: &Tag, signal: Signal, site: Site) -> Stamp {
    tag.id(site);
    note(tag, signal, site);
    meeting::serves(tag, signal, site);
    let stamp = stamp::stamp();
    match signal {
        Signal::Arrival => {
            turns::told(tag, Op::Arrive, site);
            stamp
        }
        // They are told of otherwise.
        Signal::Notify | Signal::Permits | Signal::Units => stamp,
        _ => stamp.told(site),
    }
}

/// As [`serving`], by the end of the last of those who could: what others wait for will not come. A
/// thread that cannot serve cannot end either, so this says nothing of what is needed to serve.
pub(crate) fn leaving(tag: &Tag, signal: Signal, site: Site) -> Stamp {
    tag.id(site);
    note(tag, signal, site);
    stamp::stamp()
}

/// As [`serving`], for what this thread has held as a lock. That somebody takes it next is no order,
/// as it is none with a mutex.
pub(crate) fn giving_back(tag: &Tag, signal: Signal, site: Site) {
    tag.id(site);
    note(tag, signal, site);
    meeting::gives_back(tag, signal, site);
}

/// This thread will give `signal` at `tag`, if it goes on: it has what others wait for.
pub(crate) fn could_serve(tag: &Tag, signal: Signal, site: Site) {
    tag.id(site);
    note(tag, signal, site);
}

/// Takes note of who gives this signal, once for each thread and object.
fn note(tag: &Tag, signal: Signal, site: Site) {
    let Some(object) = tag.known_id() else { return };
    // Not a chain, but as good a key among those that this thread has seen.
    let key = (object.0 << Signal::BITS | signal as u64).wrapping_mul(0xd6e8_feb8_6659_fd93) | 1;
    if local::hot(|local| local.seen.contains(key)) != Some(true) && !local::is_over() {
        local::busy(|local| {
            standstill::note_server(local.id, signal, tag, site);
            local.seen.insert(key);
        });
    }
}

/// Is ready to wait, as long as it takes, until somebody gives `signal` at `tag`, whether or not that
/// turns out to be there already. [`awaiting`] says so by itself.
#[inline]
pub(crate) fn could_wait(tag: &Tag, signal: Signal, site: Site) {
    meeting::waits(tag, signal, None, site);
}

/// About to wait, as long as it takes, until somebody gives `signal` at `tag`. Hold the result
/// until the raw wait is over.
#[track_caller]
pub(crate) fn awaiting(tag: &Tag, signal: Signal, site: Site) -> Awaiting {
    tag.id(site);
    could_wait(tag, signal, site);
    Awaiting { _wait: Wait::for_signal(signal, Some(tag), None, site) }
}

/// As [`awaiting`], until any of these signals comes at its object. `None` if there are none.
#[cfg_attr(
    not(feature = "crossbeam-channel"),
    expect(dead_code, reason = "only channels of crossbeam can be selected from")
)]
#[track_caller]
pub(crate) fn awaiting_any(objects: &[(&Tag, Signal)], site: Site) -> Option<Awaiting> {
    objects.iter().for_each(|(tag, _)| _ = tag.id(site));
    let (tag, signal) = objects.first()?;
    // Whoever ends one of these waits ends them all, so none of them is foreseen by itself.
    Some(Awaiting { _wait: Wait::for_any_signal(*signal, tag, site) })
}

/// About to wait for the token of this thread. Hold the result until the raw wait is over.
#[track_caller]
pub(crate) fn parking(site: Site) -> Awaiting {
    Awaiting { _wait: Wait::for_signal(Signal::Unpark, None, None, site) }
}

/// What was waited for at `tag` has come, or was there already; `stamp` is that of whoever gave it.
#[inline]
pub(crate) fn awaited(tag: &Tag, signal: Signal, stamp: Stamp, site: Site) {
    stamp::heard(stamp, tag.kind(), Some(site));
    if matches!(signal, Signal::Permits | Signal::Units) {
        // What was taken before them is not needed any more to give them back.
        local::hot(|local| local.way.arrive());
    }
    if signal == Signal::Arrival {
        turns::told(tag, Op::Leave, site);
    }
}

/// A wait that is under way. Dropping it ends it.
#[must_use]
pub(crate) struct Awaiting {
    _wait: Option<Wait>,
}
