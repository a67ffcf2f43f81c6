//! What the locks call. Down once before an acquisition, up once after it.
//!
//! Nothing here is generic but the cold shell that must call back into a raw lock, so the event
//! path is compiled once, optimised, whatever the profile of the user's crate.

use std::cell::Cell;
use std::thread;

use super::block::{self, Wait};
use super::local::{self, Taken};
use super::tag::{Site, Tag};
use super::{record, report, state};
use crate::event::{How, Op};
use crate::held::Held;
use crate::id::{LockId, Mode, ThreadId};
use crate::wait::Target;

/// A blocking acquisition that has been announced.
///
/// The order graph has seen it. The caller tries the raw lock, calls [`contended`] if that
/// fails, and then [`Attempt::acquired`].
#[must_use]
pub struct Attempt<'a> {
    tag: &'a Tag,
    mode: Mode,
    is_upgrade: bool,
    site: Site,
}

/// Announces a blocking acquisition of `tag`.
#[inline]
pub fn acquiring(tag: &Tag, mode: Mode, site: Site) -> Attempt<'_> {
    let lock = tag.id(site);
    // `None` also for a thread that has met no lock yet, which is to begin now.
    let is_known = local::hot(|local| local.is_known(lock, mode, tag)) == Some(true);
    if !is_known && !tag.is_internal() {
        show(tag, lock, mode, site);
    }
    Attempt { tag, mode, is_upgrade: false, site }
}

#[cold]
fn show(tag: &Tag, lock: LockId, mode: Mode, site: Site) {
    if local::is_at_work() {
        tag.mark_internal();
        return;
    }
    if let Some(finding) = state::show(tag, lock, mode, site) {
        report::report(&finding);
    }
}

impl Attempt<'_> {
    /// The raw lock is taken.
    #[inline]
    pub fn acquired(self) {
        push(self.tag, self.mode, How::Blocking, self.site);
    }

    /// The upgrade has happened.
    pub fn upgraded(self) {
        changed_mode(self.tag, Mode::Exclusive);
    }
}

#[inline]
fn push(tag: &Tag, mode: Mode, how: How, site: Site) {
    let lock = tag.id(site);
    let identity = tag.identity();
    if tag.is_internal() {
        local::suspend();
        return;
    }
    let is_done = local::hot(|local| {
        // Growing allocates, and the allocator may be the user's own.
        let is_simple = !local.held.is_full() && local.events.is_none();
        if is_simple {
            local.held.push(lock, mode, Taken::new(site, identity));
        }
        is_simple
    });
    if is_done != Some(true) {
        push_slowly(tag, lock, mode, how, site);
    }
}

#[cold]
fn push_slowly(tag: &Tag, lock: LockId, mode: Mode, how: How, site: Site) {
    let is_recorded = local::busy(|local| {
        local.held.reserve();
        local.held.push(lock, mode, Taken::new(site, tag.identity()));
        local.events.is_some()
    });
    if is_recorded == Some(true) {
        record::lock_seen(tag, lock);
        record::event(Op::Acquire(lock, mode, how), tag.next_turn(), Some(site));
    }
}

/// The raw lock was not to be had at once: publishes the wait, looks for a deadlock, and blocks.
///
/// `try_raw` is asked again when a suspected deadlock needs a second look. Panics in the thread
/// that closes a deadlock, if the configuration says so; the raw lock is not taken then.
#[cold]
#[track_caller]
pub fn contended<R>(
    attempt: &Attempt<'_>,
    mut try_raw: impl FnMut() -> Option<R>,
    block: impl FnOnce() -> R,
) -> R {
    let Attempt { tag, mode, is_upgrade, site } = *attempt;
    let Some(mut wait) = Wait::for_lock(tag, mode, is_upgrade, site) else {
        return block();
    };
    event(Op::Request(tag.id(site), mode), Some(site));
    while let Some(pause) = wait.look() {
        if let Some(taken) = try_raw() {
            return taken;
        }
        thread::sleep(pause);
    }
    block()
}

/// A try or timed acquisition succeeded. It makes a hold, but no edge into itself.
#[inline]
pub fn acquired_politely(tag: &Tag, mode: Mode, how: How, site: Site) {
    push(tag, mode, how, site);
}

/// A try or timed acquisition failed.
#[inline]
pub fn refused(tag: &Tag, mode: Mode, how: How, site: Site) {
    if local::hot(|local| local.events.is_some()) == Some(true) {
        let lock = tag.id(site);
        record::lock_seen(tag, lock);
        record::event(Op::Refused(lock, mode, how), 0, Some(site));
    }
}

/// About to give the raw lock back. Call it before the raw unlock.
#[inline]
pub fn released(tag: &Tag) {
    give_back(tag, |held, lock| held.release(lock));
}

/// As [`released`], for locks that a thread may hold in several modes at once.
pub fn released_as(tag: &Tag, mode: Mode) {
    give_back(tag, |held, lock| held.release_as(lock, mode));
}

#[inline]
fn give_back(tag: &Tag, release: impl FnOnce(&mut Held<Taken>, LockId) -> Option<Taken>) {
    let Some(lock) = tag.known_id() else { return };
    if tag.is_internal() && local::resume() {
        return;
    }
    let taken = local::hot(|local| (release(&mut local.held, lock), local.events.is_some()));
    match taken {
        None if local::is_gone() => block::released_after_the_end(lock),
        // A thread that has never locked gives back what another took.
        None if local::is_unborn() => block::released_by_another(tag, lock),
        Some((Some(Taken { is_told: false, .. }), false)) | None => {}
        Some((taken, is_recorded)) => released_slowly(tag, lock, taken, is_recorded),
    }
}

/// As [`released_as`], for a lock that may also be given back unseen (see [`handed_out`]): that no
/// hold of it is there is no news.
#[cold]
pub fn released_if_held(tag: &Tag, mode: Mode) {
    let Some(lock) = tag.known_id() else { return };
    let taken = local::hot(|local| (local.held.release_as(lock, mode), local.events.is_some()));
    if let Some((Some(taken), is_recorded)) = taken {
        released_slowly(tag, lock, Some(taken), is_recorded);
    }
}

/// The raw lock of `tag` was given out of our hands, and may be taken and given back unseen from
/// now on. Whoever has it among its holds is to forget them.
#[cold]
pub fn handed_out(tag: &Tag) {
    tag.mark_sendable();
    let Some(lock) = tag.known_id() else { return };
    while local::hot(|local| local.held.release(lock)).flatten().is_some() {
        event(Op::Release(lock), None);
    }
    block::released_by_another(tag, lock);
}

#[cold]
fn released_slowly(tag: &Tag, lock: LockId, taken: Option<Taken>, is_recorded: bool) {
    match taken {
        // The graph met the lock through this hold, and is to hear of its end.
        Some(Taken { is_told: true, .. }) => {
            tag.mark_known();
        }
        Some(_) => {}
        None => block::released_by_another(tag, lock),
    }
    if is_recorded {
        record::event(Op::Release(lock), 0, None);
    }
}

/// A hold changes its mode in place and cannot block: a downgrade, or a successful try-upgrade.
pub fn changed_mode(tag: &Tag, mode: Mode) {
    let Some(lock) = tag.known_id() else { return };
    let is_recorded = local::busy(|local| {
        local.held.change_mode(lock, mode);
        local.events.is_some()
    });
    if is_recorded == Some(true) {
        // One hold, which the reader of the trace knows by the lock being held already.
        record::event(Op::Acquire(lock, mode, How::Try), tag.next_turn(), None);
    }
}

/// Announces the upgrade of an upgradable hold to an exclusive one, which waits for readers.
/// Use as [`acquiring`], but end with [`Attempt::upgraded`].
pub fn upgrading(tag: &Tag, site: Site) -> Attempt<'_> {
    Attempt { is_upgrade: true, ..acquiring(tag, Mode::Exclusive, site) }
}

/// An initialisation had already happened: nothing was waited for, but it might have been.
#[inline]
pub(crate) fn once_passed(tag: &Tag, site: Site) {
    // A thread that has passed once will never wait here again.
    let lock = tag.id(site);
    let is_known = local::hot(|local| local.seen.contains(passed(lock))) == Some(true);
    if !is_known && !local::is_over() {
        let _ = acquiring(tag, Mode::Exclusive, site);
        local::busy(|local| local.seen.insert(passed(lock)));
    }
}

/// What stands for "has passed this initialisation" among the chains that a thread has seen.
#[inline]
fn passed(lock: LockId) -> u64 {
    lock.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1
}

/// About to run an initialisation, or to wait for the thread that runs it. Hold the result until
/// the raw call returns.
#[track_caller]
pub(crate) fn once_waiting(tag: &Tag, site: Site) -> OnceWait<'_> {
    let _ = acquiring(tag, Mode::Exclusive, site);
    let mut wait = Wait::for_lock(tag, Mode::Exclusive, false, site);
    if let Some(wait) = &mut wait {
        while let Some(pause) = wait.look() {
            thread::sleep(pause);
        }
    }
    OnceWait { tag, site, wait: Cell::new(wait) }
}

/// A thread at the door of an initialisation. Dropping it ends the wait.
#[must_use]
pub(crate) struct OnceWait<'a> {
    tag: &'a Tag,
    site: Site,
    wait: Cell<Option<Wait>>,
}

impl<'a> OnceWait<'a> {
    /// This thread runs the initialiser. Hold the result while it runs.
    pub(crate) fn begin(&self) -> OnceRun<'a> {
        drop(self.wait.take());
        push(self.tag, Mode::Exclusive, How::Blocking, self.site);
        OnceRun { tag: self.tag }
    }
}

/// A running initialiser. Dropping it ends the hold.
#[must_use]
pub(crate) struct OnceRun<'a> {
    tag: &'a Tag,
}

impl Drop for OnceRun<'_> {
    fn drop(&mut self) {
        released(self.tag);
    }
}

/// About to wait on the condition variable `condvar`, giving `mutex` back meanwhile.
pub fn cond_waiting<'a>(condvar: &'a Tag, mutex: &'a Tag, site: Site) -> CondWait<'a> {
    released(mutex);
    // From here on a panic takes the hold back too.
    let wait = CondWait { condvar, mutex, site };
    // Coming back takes the mutex again while whatever else is held stays so.
    let _ = acquiring(mutex, Mode::Exclusive, site);
    event(Op::Wait(condvar.id(site).0), Some(site));
    wait
}

/// A wait on a condition variable. Dropping it takes the hold of the mutex back, which the raw
/// wait has re-acquired.
#[must_use]
pub struct CondWait<'a> {
    condvar: &'a Tag,
    mutex: &'a Tag,
    site: Site,
}

impl Drop for CondWait<'_> {
    fn drop(&mut self) {
        if let Some(condvar) = self.condvar.known_id() {
            event(Op::Woken(condvar.0), None);
        }
        push(self.mutex, Mode::Exclusive, How::Blocking, self.site);
    }
}

/// Wakes waiters of a condition variable.
pub fn notified(condvar: &Tag, site: Site) {
    event(Op::Notify(condvar.id(site).0), Some(site));
}

/// Arrives at a barrier.
pub(crate) fn arriving(barrier: &Tag, site: Site) {
    event(Op::Arrive(barrier.id(site).0), Some(site));
}

/// Leaves a barrier.
pub(crate) fn left(barrier: &Tag, site: Site) {
    event(Op::Leave(barrier.id(site).0), Some(site));
}

fn event(op: Op, site: Option<Site>) {
    if local::hot(|local| local.events.is_some()) == Some(true) {
        record::event(op, 0, site);
    }
}

/// About to begin a thread. Call it in the parent, and [`Child::enter`] first thing in the child.
pub(crate) fn forking(name: Option<&str>, site: Site) -> Child {
    let id = local::busy(|local| {
        let id = local::next_thread();
        state::thread_forked(local.id, id, name, site);
        local.next_span();
        id
    });
    let id = id.unwrap_or_else(local::next_thread);
    event(Op::Fork(id), Some(site));
    Child { id }
}

/// A thread that is about to begin.
pub(crate) struct Child {
    id: ThreadId,
}

impl Child {
    /// Its number, for [`joining`].
    pub(crate) fn id(&self) -> ThreadId {
        self.id
    }

    /// The thread has begun; called in it.
    pub(crate) fn enter(self) {
        local::enter(self.id);
        event(Op::Begin, None);
    }

    /// The thread could not be begun.
    pub(crate) fn abandon(self) {
        local::untracked(|| state::thread_not_begun(self.id));
    }
}

/// The closure of this thread has returned: a scope waits no longer for it.
pub(crate) fn returned() {
    local::hot(|local| local.has_returned = true);
}

/// About to wait for the end of all of `threads`. Hold the result until the wait is over.
#[track_caller]
pub(crate) fn joining(threads: &[ThreadId], site: Site) -> JoinWait {
    join_wait(threads, Target::Ends(threads.to_vec()), site)
}

/// As [`joining`], at the end of a scope, which waits until the closures have returned.
#[track_caller]
pub(crate) fn scope_ending(threads: &[ThreadId], site: Site) -> JoinWait {
    join_wait(threads, Target::Returns(threads.to_vec()), site)
}

#[track_caller]
fn join_wait(threads: &[ThreadId], target: Target, site: Site) -> JoinWait {
    let wait = Wait::for_threads(target, site);
    let mut wait = JoinWait { wait, threads: threads.to_vec(), site };
    if let Some(wait) = &mut wait.wait {
        while let Some(pause) = wait.look() {
            thread::sleep(pause);
        }
    }
    wait
}

/// A wait for the end of threads. Dropping it without [`JoinWait::joined`] forgets it.
#[must_use]
pub(crate) struct JoinWait {
    wait: Option<Wait>,
    threads: Vec<ThreadId>,
    site: Site,
}

impl JoinWait {
    /// All of them have ended.
    pub(crate) fn joined(mut self) {
        drop(self.wait.take());
        local::busy(|local| {
            state::with_known(|known| {
                self.threads.iter().for_each(|child| known.graph.spans.join(local.id, *child));
            });
            local.next_span();
        });
        for child in &self.threads {
            event(Op::Join(*child), Some(self.site));
        }
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
        let mut holds = local.held.holds().iter();
        holds.any(|hold| hold.lock == lock && hold.site.is_spared)
    });
    thread::panicking() && spared == Some(true)
}
