//! What the locks call. Down once before an acquisition, up once after it.
//!
//! Nothing here is generic but the cold shell that must call back into a raw lock. In a build with
//! debug assertions, and under `cargo lockgraph`, the fast path is a call into this crate, so that
//! it is compiled once, optimised, whatever the profile of the user's crate; in a release build it
//! is inlined, and its parts are a handful of instructions around the raw lock's own.

use std::mem;

use super::block;
use super::contended::Unkept;
use super::holds::{Hold, Holds};
use super::tag::{self, Site, Tag};
use super::word::{KNOWN, Word};
use super::{data, events, hold_time, local, provisional, report, state, time_out, way};
use crate::event::{How, Op};
use crate::id::{LockId, Mode};

/// A blocking acquisition that has been announced.
///
/// The order graph has seen it. The caller tries the raw lock, calls `contended` if that
/// fails, and then [`Attempt::acquired`].
#[must_use]
#[derive(Clone, Copy)]
pub struct Attempt<'a> {
    pub(super) tag: &'a Tag,
    pub(super) mode: Mode,
    pub(super) is_upgrade: bool,
    pub(super) site: Site,
    pub(super) ticket: Ticket,
}

/// What is known of an acquisition before it happens; two registers.
#[derive(Clone, Copy)]
pub(super) struct Ticket {
    /// The lock's word; of no lock, if the hold must go the slow way.
    word: Word,
    /// The chain that the hold makes; of no lock, the number that is promised to the lock, by which
    /// the graph knows it, or 0.
    chain: u64,
}

impl Ticket {
    const SLOW: Ticket = Ticket { word: Word::OF_NO_LOCK, chain: 0 };

    pub(super) fn promised(self) -> Option<LockId> {
        (self.word == Word::OF_NO_LOCK && self.chain != 0).then_some(LockId(self.chain))
    }
}

/// Announces a blocking acquisition of `tag`, which is not one of a writer whom readers queue
/// behind.
#[cfg_attr(not(any(debug_assertions, lockgraph_facade)), inline)]
pub fn acquiring(tag: &Tag, mode: Mode, site: Site) -> Attempt<'_> {
    let ticket = announce::<false>(tag, mode, site);
    Attempt { tag, mode, is_upgrade: false, site, ticket }
}

/// As [`acquiring`], for a reader-writer lock that is wanted exclusively.
#[cfg_attr(not(any(debug_assertions, lockgraph_facade)), inline)]
pub(crate) fn acquiring_to_write(tag: &Tag, site: Site) -> Attempt<'_> {
    let ticket = announce::<true>(tag, Mode::Exclusive, site);
    Attempt { tag, mode: Mode::Exclusive, is_upgrade: false, site, ticket }
}

#[inline]
fn announce<const IS_WRITER: bool>(tag: &Tag, mode: Mode, site: Site) -> Ticket {
    let word = tag.word();
    let (chain, is_known) = local::look::<IS_WRITER>(word, mode);
    if is_known { Ticket { word, chain } } else { announce_slowly(tag, mode, site) }
}

/// Something new: a chain, a lock, or a thread. Or a chain that is not at home among those seen.
#[cold]
#[inline(never)]
pub(super) fn announce_slowly(tag: &Tag, mode: Mode, site: Site) -> Ticket {
    if local::is_over() {
        return Ticket::SLOW;
    }
    let word = tag.word();
    let chain =
        local::hot(|local| (local.holds.chain_with(word, mode), local.is_known(word, mode)));
    if let Some((chain, true)) = chain {
        return Ticket { word, chain };
    }
    if word.is_internal() {
        return Ticket::SLOW;
    }
    if local::is_at_work() {
        tag.mark_internal();
        return Ticket::SLOW;
    }
    let promised = if word.has_number() { None } else { number_for(tag, mode) };
    if !word.has_number() && promised.is_none() {
        return Ticket::SLOW;
    }
    let found = state::show(tag, promised, mode, site);
    if !found.is_empty() {
        let unwinding = Unkept { promised };
        found.iter().for_each(report::report);
        mem::forget(unwinding);
    }
    match promised {
        Some(number) => Ticket { word: Word::OF_NO_LOCK, chain: number.0 },
        None => {
            let word = tag.word();
            local::hot(|local| Ticket { word, chain: local.holds.chain_with(word, mode) })
                .unwrap_or(Ticket::SLOW)
        }
    }
}

/// A number for a lock that has none, if the graph is to know it before it is held.
fn number_for(tag: &Tag, mode: Mode) -> Option<LockId> {
    let word = tag.word();
    local::busy(|local| (!local.is_known(word, mode)).then(|| local.next_lock_number()))?
}

impl Attempt<'_> {
    /// Where the lock is wanted.
    pub(crate) fn site(&self) -> Site {
        self.site
    }

    /// The raw lock is taken.
    #[cfg_attr(not(any(debug_assertions, lockgraph_facade)), inline)]
    pub fn acquired(self) {
        push_with(self.tag, self.mode, How::Blocking, self.site, self.ticket);
    }

    /// The upgrade has happened.
    pub fn upgraded(self) {
        changed_mode(self.tag, Mode::Exclusive);
    }
}

#[inline]
pub(super) fn push(tag: &Tag, mode: Mode, how: How, site: Site) {
    let word = tag.word();
    let (chain, _) = local::look::<false>(word, mode);
    push_with(tag, mode, how, site, Ticket { word, chain });
}

#[inline]
fn push_with(tag: &Tag, mode: Mode, how: How, site: Site, ticket: Ticket) {
    let Ticket { word, chain } = ticket;
    let class = tag.class();
    let is_fast = word.is_plain() && !tag::is_special(class);
    if !is_fast || !local::push(word, class, mode, site, chain) {
        push_slowly(tag, mode, how, site, ticket);
    }
    if way::NOTES && how == How::Blocking {
        local::note(tag, mode, site);
    }
}

/// A lock without a number, one that is special, a stack of holds that is full, a thread whose
/// events are recorded or whose holds are timed, or one that is not tracked.
#[cold]
#[inline(never)]
fn push_slowly(tag: &Tag, mode: Mode, how: How, site: Site, ticket: Ticket) {
    if mode == Mode::Exclusive && ticket.promised().is_none() && local::push_first(tag, site) {
        return;
    }
    if !push_recorded(tag, mode, how, site, ticket) && !local::is_over() {
        push_otherwise(tag, mode, how, site, ticket.promised());
        hold_time::begun(tag, mode, site);
    }
}

/// The way of a thread whose events are recorded, if this one names nothing new.
#[inline]
fn push_recorded(tag: &Tag, mode: Mode, how: How, site: Site, ticket: Ticket) -> bool {
    let word = ticket.word;
    let Some(count) = tag.count_of_plain().filter(|_| word.is_plain()) else { return false };
    let is_done = local::hot(|local| {
        let is_done = !local.holds.is_full()
            && local.times.is_none()
            && events::acquired(local, word.number(), mode, how, site, || count.turn(mode));
        if is_done {
            local.holds.push_recorded(word, count.class(), mode, site);
        }
        is_done
    });
    is_done == Some(true)
}

#[inline(never)]
fn push_otherwise(tag: &Tag, mode: Mode, how: How, site: Site, promised: Option<LockId>) {
    if tag.is_internal() {
        local::suspend();
        return;
    }
    let push = |local: &mut local::Local| {
        // Growing allocates, and the allocator may be the user's own.
        let is_simple = !local.holds.is_full() && local.events.is_none() && promised.is_none();
        if is_simple {
            give_number(local, tag, site, None);
            local.holds.push_slowly(Hold::new(tag.identity(), mode, site));
        }
        is_simple
    };
    // A thread that is suspended makes no edges, but it is to know what it gives back later.
    let is_done = local::hot(push).or_else(|| local::set_aside(push));
    if is_done != Some(true) {
        push_more_slowly(tag, mode, how, site, promised);
    }
}

#[cold]
fn push_more_slowly(tag: &Tag, mode: Mode, how: How, site: Site, promised: Option<LockId>) {
    if let Some(promised) = promised {
        local::hot(|local| give_number(local, tag, site, Some(promised)));
        keep_promise(tag, mode, site, promised);
    }
    local::busy(|local| {
        let lock = give_number(local, tag, site, None);
        if local.holds.is_full() {
            local.holds.reserve();
        }
        local.holds.push_slowly(Hold::new(tag.identity(), mode, site));
        events::acquired_slowly(local, tag, lock, mode, how, Some(site));
    });
}

/// The number of a lock that this thread holds.
fn give_number(
    local: &mut local::Local,
    tag: &Tag,
    site: Site,
    promised: Option<LockId>,
) -> LockId {
    if let Some(lock) = tag.known_id() {
        provisional::settle(lock);
        return lock;
    }
    let number = promised.unwrap_or_else(|| local.next_lock_number());
    // The graph knows the lock already by a number that was promised.
    tag.give(site, number, if promised.is_some() { KNOWN } else { 0 })
}

/// Two threads may take a lock for the first time, one after the other, each with a number in mind.
/// The first one gives it; what the graph knows by the other number is shown again.
fn keep_promise(tag: &Tag, mode: Mode, site: Site, promised: LockId) {
    if tag.known_id().is_some_and(|lock| lock != promised) {
        destroyed(promised);
        state::show(tag, None, mode, site).iter().for_each(report::report_for_another);
    }
}

/// A try or timed acquisition succeeded. It makes a hold, but no edge into itself.
#[cfg_attr(not(any(debug_assertions, lockgraph_facade)), inline)]
pub fn acquired_politely(tag: &Tag, mode: Mode, how: How, site: Site) {
    push(tag, mode, how, site);
    if how == How::Timed {
        time_out::had_in_time(tag, site);
    }
}

/// A try or timed acquisition failed.
#[inline]
pub fn refused(tag: &Tag, mode: Mode, how: How, site: Site) {
    if local::hot(|local| local.events.is_some()) == Some(true) {
        data::looked(data::Look::Lock);
        events::refused(tag, mode, how, site);
    }
    if how == How::Timed {
        time_out::failed(tag, mode, site);
    }
}

/// About to give the raw lock back, which is held exclusively. Call it before the raw unlock.
#[cfg_attr(not(any(debug_assertions, lockgraph_facade)), inline)]
pub fn released(tag: &Tag) {
    if !local::pop(tag.word(), Mode::Exclusive) {
        give_back(tag, Mode::Exclusive, Holds::release);
    }
}

/// As [`released`], for locks that a thread may hold in several modes at once.
#[cfg_attr(not(any(debug_assertions, lockgraph_facade)), inline)]
pub fn released_as(tag: &Tag, mode: Mode) {
    if !local::pop(tag.word(), mode) {
        give_back_as(tag, mode);
    }
}

#[cold]
#[inline(never)]
fn give_back_as(tag: &Tag, mode: Mode) {
    give_back(tag, mode, |holds, lock| holds.release_as(lock, mode));
}

/// A release by a thread whose events are recorded or whose holds are timed, or one that is not
/// simple.
#[cold]
#[inline(never)]
fn give_back(tag: &Tag, mode: Mode, release: impl Fn(&mut Holds, LockId) -> Option<Hold>) {
    let word = tag.word();
    hold_time::ending(tag);
    if !local::pop(word.recorded(), mode) {
        give_back_otherwise(tag, release);
    } else if local::hot(|local| events::released(local, word.number())) != Some(true) {
        event(Op::Release(word.number()), None);
    }
}

/// A release from the middle, one that somebody is to be told of, or one by a thread that is not
/// tracked or did not take the lock.
#[inline(never)]
fn give_back_otherwise(tag: &Tag, release: impl Fn(&mut Holds, LockId) -> Option<Hold>) {
    let number = tag.known_id();
    if local::is_suspended() {
        let hold = number
            .and_then(|lock| local::set_aside(|local| release(&mut local.holds, lock)).flatten());
        give_back_suspended(tag, hold);
        return;
    }
    let Some(lock) = number else { return };
    if local::is_gone() {
        block::released_after_the_end(lock);
        return;
    }
    let given = local::hot(|local| (release(&mut local.holds, lock), local.events.is_some()));
    match given {
        // A thread that has never locked gives back what another took.
        None if local::is_unborn() => block::released_by_another(tag, lock),
        None => {}
        Some((hold, is_recorded)) => released_slowly(tag, lock, hold, is_recorded),
    }
}

/// A release by a thread that is suspended, and the hold that it ends, if there is one.
fn give_back_suspended(tag: &Tag, hold: Option<Hold>) {
    if hold.is_some_and(|hold| hold.is_told()) {
        tag.mark_known();
    } else if hold.is_none() && tag.is_internal() {
        local::resume();
    }
}

/// As [`released_as`], for a lock that may also be given back unseen (see [`handed_out`]): that no
/// hold of it is there is no news.
#[cold]
pub fn released_if_held(tag: &Tag, mode: Mode) {
    let Some(lock) = tag.known_id() else { return };
    hold_time::ending(tag);
    let given = local::hot(|local| (local.holds.release_as(lock, mode), local.events.is_some()));
    if let Some((Some(hold), is_recorded)) = given {
        released_slowly(tag, lock, Some(hold), is_recorded);
    }
}

/// The raw lock of `tag` was given out of our hands, and may be taken and given back unseen from
/// now on. Whoever has it among its holds is to forget them.
#[cold]
pub fn handed_out(tag: &Tag) {
    tag.mark_sendable();
    let Some(lock) = tag.known_id() else { return };
    hold_time::ending(tag);
    while local::hot(|local| local.holds.release(lock)).flatten().is_some() {
        event(Op::Release(lock), None);
    }
    block::released_by_another(tag, lock);
}

#[cold]
fn released_slowly(tag: &Tag, lock: LockId, hold: Option<Hold>, is_recorded: bool) {
    match hold {
        // The graph met the lock through this hold, and is to hear of its end.
        Some(hold) if hold.is_told() => {
            tag.mark_known();
        }
        Some(_) => {}
        None => block::released_by_another(tag, lock),
    }
    if is_recorded {
        events::event(Op::Release(lock), None);
    }
}

/// A hold changes its mode in place and cannot block: a downgrade, or a successful try-upgrade.
pub fn changed_mode(tag: &Tag, mode: Mode) {
    let Some(lock) = tag.known_id() else { return };
    local::set_aside(|local| local.holds.change_mode(lock, mode));
    let change = || {
        local::busy(|local| {
            local.holds.change_mode(lock, mode);
            // One hold, which the reader of the trace knows by the lock being held already.
            events::acquired_slowly(local, tag, lock, mode, How::Try, None);
        });
    };
    hold_time::changing(tag, mode, change);
    // Only guards that are not ours can be upgraded.
    if mode == Mode::Exclusive {
        data::assumed(tag, mode);
    }
}

/// Announces the upgrade of an upgradable hold to an exclusive one, which waits for readers.
/// Use as [`acquiring`], but end with [`Attempt::upgraded`].
pub fn upgrading(tag: &Tag, site: Site) -> Attempt<'_> {
    Attempt { is_upgrade: true, ..acquiring_to_write(tag, site) }
}

pub(super) fn event(op: Op, site: Option<Site>) {
    if local::hot(|local| local.events.is_some()) == Some(true) {
        events::event(op, site);
    }
}

/// A lock that the graph or the trace knows is gone.
#[cold]
pub(crate) fn destroyed(lock: LockId) {
    // At work already, its own locks may be taken: the lock is left in the graph.
    if !local::is_busy() && !local::is_fork() {
        local::untracked(|| state::forget_lock(lock));
    }
}

/// Whether `tag` is given back only because this thread unwinds to break a deadlock. Such a lock
/// must not be poisoned: the other threads are to go on. Ask before [`released`].
pub(crate) fn is_spared(tag: &Tag) -> bool {
    let Some(lock) = tag.known_id() else { return false };
    let spared = local::hot(|local| {
        let mut holds = local.holds.as_slice().iter();
        holds.any(|hold| hold.lock() == lock && hold.is_spared())
    });
    std::thread::panicking() && spared == Some(true)
}

#[cfg(test)]
mod tests;
