//! The events of this thread, at level full.
//!
//! What a thread does over and over names a place that it has told before and a lock whose turns
//! are counted, and there is room in its chunk: then an event is a few stores into its own stream,
//! by [`acquired`] and [`released`], with the thread's state in hand. All else is told slowly, by
//! the detector at work, and may take its locks.

use super::local::{self, Local};
use super::tag::{Count, Site, Tag};
use super::{provisional, record};
use crate::event::{How, Op};
use crate::id::{LockId, Mode, SiteId};
use crate::trace::{Access, Entry, EventStream};

/// This thread has taken a raw lock, whose `turn` is asked for once there is room. False: not all of
/// that is told yet, and [`acquired_slowly`] is to do it; or this thread's events are not recorded.
#[inline]
pub(super) fn acquired(
    local: &mut Local,
    lock: LockId,
    mode: Mode,
    how: How,
    site: Site,
    turn: impl FnOnce() -> u64,
) -> bool {
    let (Some(events), Some(told)) = (&mut local.events, &local.told) else { return false };
    let Some(site) = told.site(site) else { return false };
    events.acquired(lock, mode, how, site, turn)
}

/// This thread gives a lock back. False: [`event`] is to tell it.
#[inline]
pub(super) fn released(local: &mut Local, lock: LockId) -> bool {
    local.events.as_mut().is_some_and(|events| events.released(lock))
}

/// As [`acquired`], where anything may be new. Without a place, a hold has changed its mode.
#[cold]
pub(super) fn acquired_slowly(
    local: &mut Local,
    tag: &Tag,
    lock: LockId,
    mode: Mode,
    how: How,
    site: Option<Site>,
) {
    if local.events.is_some() {
        let turn = tell_lock(tag, lock).turn(mode);
        write(local, Op::Acquire(lock, mode, how), site, turn);
    }
}

/// A try or timed acquisition failed.
#[cold]
pub(super) fn refused(tag: &Tag, mode: Mode, how: How, site: Site) {
    // Whoever has it may have begun after recording stopped, and give it a number by a plain store.
    let lock = tag.known_id().unwrap_or_else(|| provisional::give(tag, site));
    local::busy(|local| {
        tell_lock(tag, lock);
        write(local, Op::Refused(lock, mode, how), Some(site), 0);
    });
}

/// Any other event of this thread.
#[cold]
pub(super) fn event(op: Op, site: Option<Site>) {
    in_turn(op, site, 0);
}

/// As [`event`], of which there is an order among all that is done to its object.
pub(super) fn in_turn(op: Op, site: Option<Site>, turn: u64) {
    let is_done = local::hot(|local| {
        let (Some(stream), Some(told)) = (&mut local.events, &local.told) else { return false };
        let place = site.map_or(Some(SiteId::UNKNOWN), |site| told.site(site));
        place.is_some_and(|site| stream.push(&Entry::Step { op, site, turn }))
    });
    if is_done != Some(true) {
        local::busy(|local| write(local, op, site, turn));
    }
}

/// This thread, which holds the lock, uses what it guards.
pub(super) fn accessed(lock: LockId, kind: Access) {
    let access =
        |local: &mut Local| local.events.as_mut().is_none_or(|stream| stream.accessed(lock, kind));
    if local::hot(access) == Some(false) {
        local::busy(|local| {
            if let Some(stream) = &mut local.events {
                record::refill(stream);
            }
            access(local)
        });
    }
}

/// A variable that has turns of its own was used.
pub(super) fn touched(variable: u64, kind: Access, site: Site, turn: u64) {
    let is_done = local::hot(|local| {
        let (Some(stream), Some(told)) = (&mut local.events, &local.told) else { return false };
        told.site(site).is_some_and(|site| stream.touched(variable, kind, site, turn))
    });
    if is_done == Some(true) {
        return;
    }
    local::busy(|local| {
        let site = number(local, site);
        if let Some(stream) = &mut local.events
            && !stream.touched(variable, kind, site, turn)
        {
            record::refill(stream);
            stream.touched(variable, kind, site, turn);
        }
    });
}

/// This thread uses what a lock guards, which nobody holds, and nobody else can take.
#[cold]
pub(super) fn used_alone(local: &mut Local, tag: &Tag, site: Site) {
    let Some(lock) = tag.known_id() else { return };
    acquired_slowly(local, tag, lock, Mode::Exclusive, How::Try, Some(site));
    for op in [Op::Read(lock.0), Op::Write(lock.0), Op::Release(lock)] {
        write(local, op, None, 0);
    }
}

/// The count of what is done to a condition variable or barrier.
#[cold]
pub(super) fn count_of<'a>(tag: &'a Tag, site: Site) -> Option<Count<'a>> {
    let lock = tag.id(site);
    local::busy(|local| local.events.is_some().then(|| tell_lock(tag, lock))).flatten()
}

/// The last event of this thread.
pub(super) fn end(stream: &mut EventStream) {
    push(stream, &Entry::Step { op: Op::End, site: SiteId::UNKNOWN, turn: 0 });
}

/// A lock whose turns are counted is one that the trace knows.
fn tell_lock(tag: &Tag, lock: LockId) -> Count<'_> {
    tag.count().unwrap_or_else(|| {
        tag.mark_known();
        record::lock(lock, &tag.identity());
        tag.begin_count()
    })
}

fn write(local: &mut Local, op: Op, site: Option<Site>, turn: u64) {
    let site = site.map_or(SiteId::UNKNOWN, |site| number(local, site));
    if let Some(stream) = &mut local.events {
        push(stream, &Entry::Step { op, site, turn });
    }
}

fn number(local: &mut Local, site: Site) -> SiteId {
    let told = local.told.get_or_insert_default();
    told.site(site).unwrap_or_else(|| record::site(local.id, told, site))
}

fn push(stream: &mut EventStream, entry: &Entry) {
    if !stream.push(entry) {
        record::refill(stream);
        stream.push(entry);
    }
}
