//! The whole life of the thread-local.
//!
//! | `LOCAL` | `STAGE` | meaning |
//! |---|---|---|
//! | its own | - | the thread is tracked |
//! | nobody's | `Unborn` | the thread has not met a lock yet |
//! | nobody's | `Busy` | the detector is at work on this thread: what it locks is not tracked |
//! | nobody's | `Gone` | the thread is ending, the detector is off, or this is the child of a fork |
//!
//! Nobody's state is one static that all untracked threads point to. It seems to hold a lock that
//! nobody knows and to have no room for more, so the fast path need not ask whether a thread is
//! tracked: on such a thread nothing is ever fast, and nothing is ever written.
//!
//! A lock that the detector itself needs while it holds its own (the user's allocator locks) is
//! *internal*: while a thread holds one it is suspended, `Busy` with its state set aside, so that
//! it never wants a lock of the detector's while another thread, inside the detector, wants the
//! allocator's.
//!
//! So the fast path looks at one pointer, and re-entry (an allocator that locks, a panic hook)
//! finds a thread that is not tracked. Neither cell has a destructor, so locking works at any
//! time; the end of the thread is told by a third one that has.

use std::cell::{Cell, UnsafeCell};
use std::ptr;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use super::block::Taken;
use super::bystander;
use super::hold_time::Times;
use super::holds::Holds;
use super::seen::Seen;
use super::stamp::News;
use super::state;
use super::tag::{Site, Tag};
use super::together;
use super::told::Told;
use super::way::Way;
use super::word::Word;
use crate::config;
use crate::held::Hold;
use crate::id::{LockId, LockKind, Mode, ThreadId};
use crate::trace::EventStream;

/// Lock numbers are dealt to threads in blocks, so that first uses do not meet on one counter.
const NUMBERS: u64 = 1024;

/// What the detector knows of this thread, and nobody else looks at; on cache lines of its own.
#[repr(C, align(128))]
pub(crate) struct Local {
    /// Its salt changes with every spawn and join, and with some messages, so that chains seen before
    /// are looked at again: they may now overlap with other threads.
    pub(crate) holds: Holds,
    pub(crate) seen: Seen,
    pub(crate) id: ThreadId,
    salt: u64,
    /// The thread's closure has returned.
    pub(crate) has_returned: bool,
    /// Where events go, at level full.
    pub(crate) events: Option<Box<EventStream>>,
    /// What the trace has heard from this thread; from its first wait on, at level full from its
    /// first event.
    pub(crate) told: Option<Box<Told>>,
    /// Since when it holds what it holds, if the settings ask for it.
    pub(super) times: Option<Box<Times>>,
    /// Memory for what the next wait publishes.
    pub(super) spare: Vec<Hold<Taken>>,
    /// The system's number of this thread, 0 if it is not known.
    pub(super) task: u32,
    pub(super) news: News,
    pub(super) way: Way,
    /// How many locks it held when it began to take some together, if it does.
    pub(super) together: Option<usize>,
    numbers: (u64, u64),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Unborn,
    Busy,
    Gone,
}

struct Nobody(UnsafeCell<Local>);

// SAFETY: it is read by all and written by none, see `hot`, `push` and `pop`.
unsafe impl Sync for Nobody {}

static NOBODY: Nobody =
    Nobody(UnsafeCell::new(Local::new(ThreadId(u32::MAX), Holds::nobodys(), Seen::nobodys())));

const fn nobody() -> *mut Local {
    NOBODY.0.get()
}

thread_local! {
    static LOCAL: Cell<*mut Local> = const { Cell::new(nobody()) };
    static STAGE: Cell<Stage> = const { Cell::new(Stage::Unborn) };
    /// The state set aside while internal locks are held, and how many are.
    static SUSPENDED: Cell<(*mut Local, u32)> = const { Cell::new((nobody(), 0)) };
    static END: End = const { End };
}

static NEXT_NUMBER: AtomicU64 = AtomicU64::new(1);
static NEXT_THREAD: AtomicU32 = AtomicU32::new(0);
/// How many threads are tracked now.
static ALIVE: AtomicUsize = AtomicUsize::new(0);
static IS_FORK: AtomicBool = AtomicBool::new(false);

/// Runs `f` on the thread's state, if it is tracked. `f` must be short and run no foreign code:
/// it allocates nothing, locks nothing, panics never.
#[inline]
pub(crate) fn hot<R>(f: impl FnOnce(&mut Local) -> R) -> Option<R> {
    let local = LOCAL.get();
    // SAFETY: a pointer in LOCAL that is not nobody's comes from `Box::into_raw` in `begin`,
    // belongs to this thread alone, and is taken out of LOCAL before it is freed and while `busy`
    // lends it out. `f` runs no code that could come back here, so the reference is the only one.
    (!is_nobodys(local)).then(|| f(unsafe { &mut *local }))
}

/// As [`hot`], on the state that is set aside while this thread is suspended.
pub(super) fn set_aside<R>(f: impl FnOnce(&mut Local) -> R) -> Option<R> {
    let (local, depth) = SUSPENDED.get();
    // SAFETY: as in `hot`; nobody else gets at it before `resume` puts it back.
    (depth > 0 && !is_nobodys(local)).then(|| f(unsafe { &mut *local }))
}

#[inline]
fn is_nobodys(local: *mut Local) -> bool {
    ptr::eq(local, nobody())
}

/// What the fast path asks before an acquisition: the chain that it will make, and whether that is
/// nothing new. `IS_WRITER`: somebody who wants to write, behind whom readers queue, which is
/// remembered even if nothing is held.
#[inline]
pub(super) fn look<const IS_WRITER: bool>(word: Word, mode: Mode) -> (u64, bool) {
    // SAFETY: as in `hot`, or it is nobody's, which is never written.
    let local = unsafe { &*LOCAL.get() };
    let chain = local.holds.chain_with(word, mode);
    (chain, !IS_WRITER && local.holds.is_empty() || local.seen.has_at_home(chain))
}

/// The fast path after an acquisition. False if it must go the slow way.
#[inline]
pub(super) fn push(word: Word, class: *const (), mode: Mode, site: Site, chain: u64) -> bool {
    // SAFETY: as in `hot`; nobody's has no room, and so is not written.
    unsafe { Holds::push(&raw mut (*LOCAL.get()).holds, word, class, mode, site, chain) }
}

/// This thread has taken a lock that it was ready to wait for.
#[inline]
pub(super) fn note(tag: &Tag, mode: Mode, site: Site) {
    let (word, class) = tag.identity().parts();
    if word.has_number() && !word.is_internal() {
        hot(|local| {
            let stamp = local.news.latest();
            if local.way.note(word, class, mode, site, stamp) {
                local.news.add_mark();
            }
        });
    }
}

/// The fast path of a lock's first acquisition, which is an exclusive one: gives the number, and
/// pushes. False if it must go the slow way, with or without a number.
#[inline]
pub(super) fn push_first(tag: &Tag, site: Site) -> bool {
    let number = || {
        let number = |local: &mut Local| {
            // Where everything is recorded, refusals give numbers too, and their threads hold
            // nothing.
            let has_room = local.events.is_none() && !local.holds.is_full();
            has_room.then(|| local.next_lock_number())
        };
        hot(number).flatten()
    };
    let Some((word, class)) = tag.number_first(site, number) else { return false };
    let (chain, _) = look::<false>(word, Mode::Exclusive);
    push(word, class, Mode::Exclusive, site, chain)
}

/// The fast path of a release. False if it must go the slow way.
#[inline]
pub(super) fn pop(word: Word, mode: Mode) -> bool {
    // SAFETY: as in `hot`; nobody's matches no lock, and so is not written.
    unsafe { Holds::pop(&raw mut (*LOCAL.get()).holds, word, mode) }
}

/// Runs `f` on the thread's state as the detector at work: locks that `f` happens to take are
/// not tracked. A thread not met before begins now. `None` if the thread is not tracked.
#[cold]
pub(crate) fn busy<R>(f: impl FnOnce(&mut Local) -> R) -> Option<R> {
    busy_again(|local| {
        meet_allocator();
        f(local)
    })
}

/// As [`busy`], where that has been called before with this thread's present locks.
#[cold]
pub(crate) fn busy_again<R>(f: impl FnOnce(&mut Local) -> R) -> Option<R> {
    let mut local = LOCAL.get();
    if is_nobodys(local) {
        if STAGE.get() != Stage::Unborn {
            return None;
        }
        local = begin(None)?;
    }
    let lent = Lent { local };
    LOCAL.set(nobody());
    STAGE.set(Stage::Busy);
    // SAFETY: as in `hot`; LOCAL is nobody's meanwhile, so nobody else gets at it.
    Some(f(unsafe { &mut *lent.local }))
}

/// Runs `f` as the detector at work, whether or not this thread is tracked.
pub(crate) fn untracked<R>(f: impl FnOnce() -> R) -> R {
    let before = (LOCAL.replace(nobody()), STAGE.replace(Stage::Busy));
    let _restore = Restore(before);
    meet_allocator();
    f()
}

/// Has the allocator show its locks, if it has any of ours, before one of the detector's is taken.
fn meet_allocator() {
    drop(std::hint::black_box(Box::new(0_u64)));
}

struct Restore((*mut Local, Stage));

impl Drop for Restore {
    fn drop(&mut self) {
        if STAGE.get() == Stage::Busy {
            let (local, stage) = self.0;
            STAGE.set(stage);
            LOCAL.set(local);
        }
    }
}

/// Puts the state back, also when the borrower panics.
struct Lent {
    local: *mut Local,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if STAGE.get() == Stage::Busy {
            STAGE.set(Stage::Unborn);
            LOCAL.set(self.local);
        }
    }
}

/// This thread has taken an internal lock.
#[cold]
pub(crate) fn suspend() {
    let (local, depth) = SUSPENDED.get();
    if depth > 0 {
        SUSPENDED.set((local, depth + 1));
    } else if !is_nobodys(LOCAL.get()) || STAGE.get() == Stage::Unborn {
        SUSPENDED.set((LOCAL.replace(nobody()), 1));
        STAGE.set(Stage::Busy);
    }
}

/// Whether this thread is suspended.
pub(crate) fn is_suspended() -> bool {
    SUSPENDED.get().1 > 0
}

/// This thread, which is suspended, gives an internal lock back.
#[cold]
pub(crate) fn resume() {
    let (local, depth) = SUSPENDED.get();
    match depth {
        0 => {}
        1 => {
            SUSPENDED.set((nobody(), 0));
            STAGE.set(Stage::Unborn);
            LOCAL.set(local);
        }
        _ => SUSPENDED.set((local, depth - 1)),
    }
}

/// A number for a lock at its first use.
pub(crate) fn next_lock_number() -> LockId {
    let alone = || LockId(NEXT_NUMBER.fetch_add(1, Ordering::Relaxed));
    hot(Local::next_lock_number).unwrap_or_else(alone)
}

/// A number for a thread that is about to begin, or was met.
pub(crate) fn next_thread() -> ThreadId {
    ThreadId(NEXT_THREAD.fetch_add(1, Ordering::Relaxed))
}

/// First thing in a thread that was begun through us.
pub(crate) fn enter(id: ThreadId) {
    if is_nobodys(LOCAL.get()) && STAGE.get() == Stage::Unborn {
        begin(Some(id));
    }
}

/// In the child of a fork: the detector's locks may be held by threads that do not exist here,
/// and the trace belongs to the parent. Nothing is tracked from now on.
pub(crate) extern "C" fn after_fork_in_child() {
    IS_FORK.store(true, Ordering::Relaxed);
    SUSPENDED.set((nobody(), 0));
    LOCAL.set(nobody());
    STAGE.set(Stage::Gone);
}

/// How many threads are tracked now.
pub(super) fn alive() -> usize {
    ALIVE.load(Ordering::Relaxed)
}

/// Whether this process is a fork of the one that the detector began in.
pub(crate) fn is_fork() -> bool {
    IS_FORK.load(Ordering::Relaxed)
}

/// Whether the detector is at work on this thread or suspended, so that its locks must not be
/// asked for.
pub(crate) fn is_busy() -> bool {
    is_nobodys(LOCAL.get()) && STAGE.get() == Stage::Busy
}

/// Whether this thread is tracked, or will be when it meets a lock.
#[cfg_attr(not(lockgraph_origins), expect(dead_code, reason = "for the making of locks"))]
pub(crate) fn may_begin() -> bool {
    (!is_nobodys(LOCAL.get()) || STAGE.get() == Stage::Unborn) && !is_fork()
}

/// Whether this thread is not tracked now.
pub(crate) fn is_untracked() -> bool {
    is_nobodys(LOCAL.get())
}

/// Whether this thread has not met a lock yet.
pub(crate) fn is_unborn() -> bool {
    is_nobodys(LOCAL.get()) && STAGE.get() == Stage::Unborn
}

/// Whether this thread is tracked and holds a lock.
#[inline]
pub(crate) fn holds_any() -> bool {
    hot(|local| !local.holds.is_empty()) == Some(true)
}

/// Whether nothing is tracked on this thread, and never will be again.
pub(crate) fn is_over() -> bool {
    is_nobodys(LOCAL.get()) && STAGE.get() == Stage::Gone
}

/// Whether this thread is past the end of its tracked life.
pub(crate) fn is_gone() -> bool {
    is_over() && !is_fork()
}

/// Whether the detector is at work on this thread, so that its own locks may be held.
pub(crate) fn is_at_work() -> bool {
    is_busy() && !is_suspended()
}

fn begin(id: Option<ThreadId>) -> Option<*mut Local> {
    // Whatever happens below must not come back here.
    STAGE.set(Stage::Busy);
    // A thread that is already past its destructors could not tell of its end.
    if is_fork() || !config::get().enabled || END.try_with(|_| ()).is_err() {
        STAGE.set(Stage::Gone);
        return None;
    }
    watch_forks();
    let is_new = id.is_none();
    let id = id.unwrap_or_else(next_thread);
    if is_new {
        state::thread_met(id, std::thread::current().name());
    }
    let events = state::event_stream(id);
    if is_new {
        super::data::met();
    }
    let times = Times::if_wanted();
    let is_slow = events.is_some() || times.is_some();
    let mut local = Local::new(id, Holds::with_room(is_slow), Seen::new());
    if events.is_some() {
        local.news.tell_slowly();
    }
    (local.events, local.times) = (events, times);
    local.task = super::sys::this_task().unwrap_or(0);
    local.next_span();
    let task = local.task;
    let local = Box::into_raw(Box::new(local));
    ALIVE.fetch_add(1, Ordering::Relaxed);
    bystander::begins(id, local, task);
    STAGE.set(Stage::Unborn);
    LOCAL.set(local);
    Some(local)
}

/// From now on the child of a fork leaves the detector alone.
pub(crate) fn watch_forks() {
    static FIRST: Once = Once::new();
    FIRST.call_once(super::sys::watch_forks);
}

struct End;

impl Drop for End {
    fn drop(&mut self) {
        let local = LOCAL.replace(nobody());
        STAGE.set(Stage::Gone);
        if is_nobodys(local) || is_fork() {
            return;
        }
        // SAFETY: it came from `Box::into_raw` in `begin`, and LOCAL no longer has it.
        let local = unsafe { Box::from_raw(local) };
        ALIVE.fetch_sub(1, Ordering::Relaxed);
        bystander::ends(local.id);
        state::thread_ended(*local);
    }
}

impl Local {
    /// Where the holds lie in it.
    pub(super) const HOLDS: usize = std::mem::offset_of!(Local, holds);

    const fn new(id: ThreadId, holds: Holds, seen: Seen) -> Local {
        Local {
            holds,
            seen,
            id,
            salt: 0,
            has_returned: false,
            events: None,
            told: None,
            times: None,
            spare: Vec::new(),
            task: 0,
            news: News::new(),
            way: Way::new(),
            together: None,
            numbers: (0, 0),
        }
    }

    /// A thread of its own for tests, with the smallest table of chains.
    #[cfg(test)]
    pub(super) fn tiny(id: ThreadId) -> Local {
        let mut local = Local::new(id, Holds::with_room(false), Seen::tiny());
        local.next_span();
        local
    }

    /// A number for a lock at its first use.
    #[inline]
    pub(super) fn next_lock_number(&mut self) -> LockId {
        let (next, end) = self.numbers;
        if next == end {
            return self.deal_lock_numbers();
        }
        self.numbers.0 = next + 1;
        LockId(next)
    }

    #[cold]
    fn deal_lock_numbers(&mut self) -> LockId {
        let next = NEXT_NUMBER.fetch_add(NUMBERS, Ordering::Relaxed);
        self.numbers = (next + 1, next + NUMBERS);
        LockId(next)
    }

    /// Whether taking a lock now is nothing new: no edge, or edges that were shown before.
    pub(crate) fn is_known(&self, word: Word, mode: Mode) -> bool {
        // With nothing held there is no edge; but who wants to write is remembered, because
        // readers queue behind it.
        let is_writer = mode == Mode::Exclusive && word.kind() == LockKind::RwLock;
        if self.holds.is_empty() && !is_writer {
            return true;
        }
        let chain = self.holds.chain_with(word, mode);
        let is_known_together = |begun| self.seen.contains(together::key(chain, begun));
        self.seen.contains(chain) || self.together.is_some_and(is_known_together)
    }

    #[inline]
    pub(super) fn salt(&self) -> u64 {
        self.salt
    }

    /// A spawn, a join or a message: chains are to be looked at again.
    pub(crate) fn next_span(&mut self) {
        self.salt = self.salt.wrapping_add(0x9e37_79b9_7f4a_7c15).rotate_left(17);
        self.holds.change_salt(self.salt);
    }
}
