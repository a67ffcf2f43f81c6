//! The slow path of an acquisition whose raw lock is taken: try again, publish, look, block.
//!
//! Where a wait may be told to give up (see `victim`) it does not block, but tries and rests.

use std::hint;
use std::mem;
use std::thread;
use std::time::Duration;

use super::block::Wait;
use super::hook::{Attempt, announce_slowly, destroyed, event};
use super::tag::Tag;
use super::{local, provisional};
use crate::event::Op;
use crate::id::LockId;

/// The raw lock was not to be had at once: publishes the wait, looks for a deadlock, and blocks.
///
/// `try_raw` is asked again when a suspected deadlock needs a second look. Panics in the thread
/// that closes a deadlock, or that is its victim, if the configuration says so; the raw lock is not
/// taken then.
#[cold]
#[track_caller]
pub fn contended<R>(
    attempt: Attempt<'_>,
    try_raw: impl FnMut() -> Option<R>,
    block: impl FnOnce() -> R,
) -> R {
    let tag = attempt.tag;
    let taken = take(attempt, try_raw, block);
    // Whoever gave it.
    tag.known_id().into_iter().for_each(provisional::settle);
    taken
}

#[track_caller]
fn take<R>(
    attempt: Attempt<'_>,
    mut try_raw: impl FnMut() -> Option<R>,
    block: impl FnOnce() -> R,
) -> R {
    if let Some(taken) = spin(&mut try_raw) {
        return taken;
    }
    let mut pauses = 0;
    let mut given = Given { tag: attempt.tag, number: None };
    while is_to_be_numbered(&attempt, &mut pauses, &mut given) {
        if let Some(taken) = try_raw() {
            return taken;
        }
    }
    let unwinding = Unkept { promised: attempt.ticket.promised() };
    let wait = waiting(attempt);
    let taken = wait_and_block(wait, try_raw, block);
    mem::forget(unwinding);
    taken
}

/// The number that this thread gave a lock which it waits for. If the lock has got another one by the
/// end of the wait, nobody will ask about this one any more.
struct Given<'a> {
    tag: &'a Tag,
    number: Option<LockId>,
}

impl Drop for Given<'_> {
    fn drop(&mut self) {
        let number = self.number.filter(|number| self.tag.known_id() != Some(*number));
        number.into_iter().for_each(provisional::settle);
    }
}

#[track_caller]
fn wait_and_block<R>(
    wait: Option<Wait>,
    mut try_raw: impl FnMut() -> Option<R>,
    block: impl FnOnce() -> R,
) -> R {
    let Some(mut wait) = wait else { return block() };
    while let Some(pause) = wait.look() {
        if let Some(taken) = try_raw() {
            return taken;
        }
        wait.has_tried();
        wait.rest(pause);
    }
    wait.try_while_willing(try_raw).unwrap_or_else(block)
}

/// A number that was promised to a lock, and will not be given if the acquisition unwinds.
pub(super) struct Unkept {
    pub(super) promised: Option<LockId>,
}

impl Drop for Unkept {
    fn drop(&mut self) {
        if let Some(promised) = self.promised {
            destroyed(promised);
        }
    }
}

/// Rounds of trying again, each with twice the pauses of the one before: together about as long as
/// the raw locks themselves spin before they sleep.
const SPINS: u32 = 6;

/// Most locks are held for a moment only: tries again for as long.
fn spin<R>(try_raw: &mut impl FnMut() -> Option<R>) -> Option<R> {
    (0..SPINS).find_map(|round| {
        (0..1 << round).for_each(|_| hint::spin_loop());
        try_raw()
    })
}

/// Whether the lock has no number yet, because the thread that holds it has taken it an instant
/// ago, or is not tracked. Waits for longer and longer, and is the one who gives it in the end.
fn is_to_be_numbered(attempt: &Attempt<'_>, pauses: &mut u32, given: &mut Given<'_>) -> bool {
    let tag = attempt.tag;
    if tag.known_id().is_some() || tag.is_internal() || local::is_untracked() {
        return false;
    }
    *pauses += 1;
    match *pauses {
        0..64 => hint::spin_loop(),
        64..128 => thread::yield_now(),
        128..192 => thread::sleep(Duration::from_millis(1)),
        _ => {
            // Its holder is not tracked, and nobody else gives it one. Were he about to, after all
            // this time, the lock would have two, and what is known of it by either stays apart.
            given.number = Some(provisional::give(tag, attempt.site));
            return false;
        }
    }
    true
}

/// Publishes a wait for a lock. `None` if the thread is not tracked.
fn waiting(attempt: Attempt<'_>) -> Option<Wait> {
    let Attempt { tag, mode, is_upgrade, site, ticket } = attempt;
    if ticket.promised().is_some() {
        // Another thread was first, and so the lock has another number.
        let _ = announce_slowly(tag, mode, site);
    }
    let wait = Wait::for_lock(tag, mode, is_upgrade, true, site)?;
    event(Op::Request(tag.known_id()?, mode), Some(site));
    Some(wait)
}
