//! Acquisitions with a time limit that fail over and over.
//!
//! Each one that fails is counted by its place and lock (see `rows`); one that succeeds looks at a
//! mark, and ends the row if there is one. When a row is as long as the settings say it is reported,
//! once for each place and class, with what holds the lock then:
//!
//! - a thread that is blocked, as the wait-for graph knows it;
//! - one that waits with a time limit itself, which is known where a row has begun: from then on
//!   such waits are published, beside the wait-for graph, for they end by themselves and would
//!   make deadlocks of what is none. Where both go round in a circle, only the limits break it;
//! - one that sleeps in something else, read from its memory (see `bystander`).
//!
//! Who holds the lock may run at that moment. Then the next time-outs look again, and the row is
//! told without a holder if that is in vain.
//!
//! The lock of who is blocked is held while it is copied, and inside it that of the waits with a time
//! limit, so that both are of one moment. That of the rows is held for a look, inside no other. No
//! lock is held while something is reported.

mod rows;

use std::sync::{LazyLock, Mutex, Once};

use super::block::{self, Live, STATE, Taken, nanos};
use super::bystander;
use super::identity::Identity;
use super::local::{self, Local};
use super::tag::{Site, Tag};
use super::{locked, report, stack, state, sys};
use crate::config;
use crate::describe;
use crate::explain;
use crate::finding::{Blocks, Finding, Kind, Step, Stranger, Verdict};
use crate::id::{LockId, Mode, ThreadId};
use crate::wait::{Blocked, Target, Waits};
use rows::{MOST, Marks, Row, Rows, Spot};

/// So many further time-outs look for a holder that was not to be seen.
const MORE_LOOKS: u32 = 5;

static MARKS: Marks = Marks::new();
/// The waits with a time limit that others know of.
static LIMITED: LazyLock<Mutex<Waits<Taken>>> = LazyLock::new(Mutex::default);
static ROWS: LazyLock<Mutex<Rows>> = LazyLock::new(|| Mutex::new(Rows::new(&MARKS)));

/// A wait with a time limit. Hold it until the runtime has been told how the wait ended: then of two
/// that are in each other's way the one that looks first finds the other.
pub struct Limited {
    _published: Option<Published>,
}

/// About to wait for the lock with a time limit, by trying again and again: nobody has to queue behind
/// that. Others are to know of it if such waits have failed here.
#[inline]
pub fn limited(tag: &Tag, mode: Mode, site: Site) -> Limited {
    let publish = |spot| publish(tag, spot, mode, site, false);
    Limited { _published: marked(tag, site).and_then(publish) }
}

/// As [`limited`], in the queue of a lock that keeps readers behind whoever waits to write.
#[cfg(any(feature = "parking_lot", feature = "parking_lot_0_13"))]
#[inline]
pub(crate) fn limited_in_queue(tag: &Tag, mode: Mode, site: Site) -> Limited {
    let publish = |spot| publish(tag, spot, mode, site, true);
    Limited { _published: marked(tag, site).and_then(publish) }
}

/// The lock was had within a time limit.
#[inline]
pub(crate) fn had_in_time(tag: &Tag, site: Site) {
    if let Some(spot) = marked(tag, site) {
        end_row(spot);
    }
}

#[inline]
fn marked(tag: &Tag, site: Site) -> Option<Spot> {
    let spot = Spot::new(site, tag.known_id()?);
    MARKS.has(spot).then_some(spot)
}

#[cold]
fn end_row(spot: Spot) {
    local::busy(|_| locked(&ROWS).had(spot));
}

/// The lock was given back by a thread that did not hold it. Call it with the lock of who is blocked.
pub(super) fn released_by_another(lock: LockId) {
    locked(&LIMITED).forget_hold(lock);
}

/// The lock is gone.
pub(super) fn forget(lock: LockId) {
    locked(&ROWS).forget(lock);
}

/// A wait with a time limit that others know of. Dropping it withdraws it.
struct Published(ThreadId);

#[cold]
fn publish(tag: &Tag, spot: Spot, mode: Mode, site: Site, queues: bool) -> Option<Published> {
    let lock = tag.known_id()?;
    local::busy(|local| {
        locked(&ROWS).get(spot)?;
        let mut wait = wait_of(local, tag.identity(), lock, mode, site);
        wait.is_writer &= queues;
        let state = locked(&STATE);
        // Once more, because a lock may have been given back since they were copied.
        wait.held.retain(|hold| state.is_sure(hold));
        locked(&LIMITED).block(local.id, wait);
        Some(Published(local.id))
    })?
}

impl Drop for Published {
    fn drop(&mut self) {
        local::untracked(|| locked(&LIMITED).unblock(self.0));
    }
}

fn wait_of(
    local: &mut Local,
    identity: Identity,
    lock: LockId,
    mode: Mode,
    site: Site,
) -> Blocked<Taken> {
    block::purge_foreign(local);
    let held: Vec<_> = block::sure_holds(local).collect();
    let is_own = |mode| held.iter().any(|hold| hold.lock == lock && hold.mode == mode);
    let (target, site) = (Target::Lock(lock, mode), Taken { site, identity, releases: 0 });
    Blocked {
        is_writer: block::is_writer(&target, &site),
        target,
        site,
        is_upgrade: mode == Mode::Exclusive && is_own(Mode::Upgradable),
        held,
        has_returned: false,
        stack: stack::capture_if_cheap(),
        turn: 0,
        task: local.task,
        since: 0,
    }
}

/// An acquisition with a time limit has failed.
#[cold]
pub(super) fn failed(tag: &Tag, mode: Mode, site: Site) {
    let least = config::get().repeated_timeout;
    let Some(lock) = tag.known_id().filter(|_| least > 0 && !tag.is_internal()) else { return };
    let spot = Spot::new(site, lock);
    let finding = local::busy(|local| {
        // Its destruction is to be told, so that the row does not outlive it.
        tag.mark_known();
        let identity = tag.identity();
        let row = count(spot, class_of(&identity)).filter(|row| row.count >= least)?;
        let wait = wait_of(local, identity, lock, mode, site);
        let (mut finding, limited) = found(local.id, wait, row);
        let is_circle = finding.steps[0].blocks != Blocks::Nobody;
        // Who only queues before it is in nobody's way for long.
        let holds = |step: &Step| matches!(step.blocks, Blocks::Holds(_) | Blocks::LeftBehind(_));
        let is_whole = is_circle || finding.steps.iter().skip(1).any(holds);
        let is_last = row.count - least >= MORE_LOOKS;
        let is_due = (is_whole || is_last) && locked(&ROWS).tell(spot, class_of(&identity));
        is_due.then(|| {
            // A circle is told of the others too.
            for wait in limited.iter().filter(|_| is_circle) {
                locked(&ROWS).tell(wait.spot, wait.class);
            }
            finding.steps[0].addresses = stack::capture().as_ref().to_vec();
            stack::resolve(&mut finding);
            finding
        })
    });
    finding.flatten().iter().for_each(report::report_misuse);
}

fn class_of(identity: &Identity) -> usize {
    identity.parts().1.addr()
}

/// The row, this time-out included, if it has not been told.
fn count(spot: Spot, class: usize) -> Option<Row> {
    static FULL: Once = Once::new();
    let mut rows = locked(&ROWS);
    let row = rows.failed(spot, nanos());
    let (is_told, is_full) = (rows.is_told(spot, class), rows.left_out > 0);
    drop(rows);
    if is_full {
        let text = format!(
            "locks time out at more than {MOST} places at once: of the oldest the time-outs are \
             counted anew"
        );
        FULL.call_once(|| report::warn(&text));
    }
    (!is_told).then_some(row)
}

/// A wait with a time limit, as it is counted.
struct Counted {
    thread: ThreadId,
    spot: Spot,
    class: usize,
}

/// Who is in the way of `wait` now, as far as can be seen; and of these who has a time limit. The first
/// step is that of `thread`, whose own wait is none of the latter.
fn found(thread: ThreadId, wait: Blocked<Taken>, row: Row) -> (Finding, Vec<Counted>) {
    let (waits, mut limited) = waits_with(thread, wait);
    // Who queues may be gone from there by now, so that it takes more to make a circle.
    let circle = waits.without_queues().deadlock(thread);
    let is_circle = circle.is_some();
    let steps = match circle {
        Some(circle) => describe::circle(&waits, &circle, &Live),
        None => describe::queue(&waits, &waits.queue(thread), &Live),
    };
    limited.retain(|wait| {
        wait.thread != thread && steps.iter().any(|step| step.thread.id == wait.thread.0)
    });
    let others = limited.iter().filter_map(|wait| {
        let row = locked(&ROWS).get(wait.spot)?;
        Some(timed_out(wait.thread, row))
    });
    let strangers = [timed_out(thread, row)].into_iter().chain(others).collect();
    let kind = Kind::RepeatedTimeout;
    let mut finding = Finding { strangers, ..Finding::new(kind, Verdict::Possible, steps) };
    if !is_circle {
        add_holder(&mut finding);
    }
    (finding, limited)
}

/// Whoever holds what the last one of a line waits for, if it sleeps.
fn add_holder(line: &mut Finding) {
    let last = line.steps.pop().into_iter().collect();
    let mut end = Finding::new(line.kind, line.verdict, last);
    bystander::add_holders(&mut end, &sys::tasks().unwrap_or_default());
    line.steps.append(&mut end.steps);
}

/// All waits of one moment, with this one; and those that have a time limit.
fn waits_with(thread: ThreadId, mut wait: Blocked<Taken>) -> (Waits<Taken>, Vec<Counted>) {
    let state = locked(&STATE);
    let mut waits = state.waits.clone();
    let limited = locked(&LIMITED).clone();
    // As where they are published.
    wait.held.retain(|hold| state.is_sure(hold));
    drop(state);
    wait.is_writer &= limited.get(thread).is_some_and(|published| published.is_writer);
    let mut counted = Vec::new();
    for (thread, wait) in limited.iter() {
        if let Target::Lock(lock, _) = wait.target {
            let (spot, class) = (Spot::new(wait.site.site, lock), class_of(&wait.site.identity));
            counted.push(Counted { thread, spot, class });
        }
        waits.block(thread, wait.clone());
    }
    waits.block(thread, wait);
    (waits, counted)
}

/// What is counted at the place where the thread waits, by whatever threads.
fn timed_out(thread: ThreadId, row: Row) -> Stranger {
    Stranger { thread: state::name_thread(thread), does: explain::row(row.count, row.nanos) }
}

#[cfg(test)]
mod tests;
