//! The whole life of the thread-local.
//!
//! | `LOCAL` | `STAGE` | meaning |
//! |---|---|---|
//! | set | - | the thread is tracked |
//! | null | `Unborn` | the thread has not met a lock yet |
//! | null | `Busy` | the detector is at work on this thread: what it locks is not tracked |
//! | null | `Gone` | the thread is ending, the detector is off, or this is the child of a fork |
//!
//! A lock that the detector itself needs while it holds its own (the user's allocator locks) is
//! *internal*: while a thread holds one it is suspended, `Busy` with its state set aside, so that
//! it never wants a lock of the detector's while another thread, inside the detector, wants the
//! allocator's.
//!
//! So the fast path looks at one pointer, and re-entry (an allocator that locks, a panic hook)
//! finds a thread that is not tracked. Neither cell has a destructor, so locking works at any
//! time; the end of the thread is told by a third one that has.

use std::cell::Cell;
use std::ptr;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use super::state;
use super::tag::{Site, Tag};
use crate::config;
use crate::held::Held;
use crate::id::{LockId, LockKind, Mode, ThreadId};
use crate::trace::EventStream;

/// Lock numbers are dealt to threads in blocks, so that first uses do not meet on one counter.
const NUMBERS: u64 = 256;

/// What a hold keeps of the lock beside its number: enough to name it in a report, because the
/// lock itself may be freed while a leaked guard keeps the hold here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    /// Where it was taken.
    pub(crate) site: Site,
    /// The lock's word and class pointer at that time.
    pub(crate) identity: super::tag::Identity,
    /// The graph or the trace has heard of the lock through this hold.
    pub(crate) is_told: bool,
    /// It was held when this thread was chosen to break a deadlock: the panic does not poison it.
    pub(crate) is_spared: bool,
    /// How many releases by another thread there had been, for a lock that is known to see them.
    pub(crate) releases: u64,
}

impl Taken {
    #[inline]
    pub(crate) fn new(site: Site, identity: super::tag::Identity) -> Taken {
        let releases = if identity.is_sendable() { super::block::foreign_releases() } else { 0 };
        Taken { site, identity, is_told: false, is_spared: false, releases }
    }
}

/// What the detector knows of this thread, and nobody else looks at.
pub(crate) struct Local {
    pub(crate) id: ThreadId,
    pub(crate) held: Held<Taken>,
    pub(crate) seen: Seen,
    /// Changes with every spawn and join, so that chains seen before are looked at again: they
    /// may now overlap with other threads.
    pub(crate) salt: u64,
    /// The thread's closure has returned.
    pub(crate) has_returned: bool,
    /// Where events go, at level full.
    pub(crate) events: Option<EventStream>,
    numbers: (u64, u64),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Unborn,
    Busy,
    Gone,
}

thread_local! {
    static LOCAL: Cell<*mut Local> = const { Cell::new(ptr::null_mut()) };
    static STAGE: Cell<Stage> = const { Cell::new(Stage::Unborn) };
    /// The state set aside while internal locks are held, and how many are.
    static SUSPENDED: Cell<(*mut Local, u32)> = const { Cell::new((ptr::null_mut(), 0)) };
    static END: End = const { End };
}

static NEXT_NUMBER: AtomicU64 = AtomicU64::new(1);
static NEXT_THREAD: AtomicU32 = AtomicU32::new(0);
static IS_FORK: AtomicBool = AtomicBool::new(false);

/// Runs `f` on the thread's state, if it is tracked. `f` must be short and run no foreign code:
/// it allocates nothing, locks nothing, panics never.
#[inline]
pub(crate) fn hot<R>(f: impl FnOnce(&mut Local) -> R) -> Option<R> {
    let local = LOCAL.get();
    // SAFETY: a pointer in LOCAL comes from `Box::into_raw` in `begin`, belongs to this thread
    // alone, and is taken out of LOCAL before it is freed and while `busy` lends it out. `f` runs
    // no code that could come back here, so the reference is the only one.
    (!local.is_null()).then(|| f(unsafe { &mut *local }))
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
    if local.is_null() {
        if STAGE.get() != Stage::Unborn {
            return None;
        }
        local = begin(None)?;
    }
    let lent = Lent { local };
    LOCAL.set(ptr::null_mut());
    STAGE.set(Stage::Busy);
    // SAFETY: as in `hot`; LOCAL is null meanwhile, so nobody else gets at it.
    Some(f(unsafe { &mut *lent.local }))
}

/// Runs `f` as the detector at work, whether or not this thread is tracked.
pub(crate) fn untracked<R>(f: impl FnOnce() -> R) -> R {
    let before = (LOCAL.replace(ptr::null_mut()), STAGE.replace(Stage::Busy));
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
    } else if !LOCAL.get().is_null() || STAGE.get() == Stage::Unborn {
        SUSPENDED.set((LOCAL.replace(ptr::null_mut()), 1));
        STAGE.set(Stage::Busy);
    }
}

/// This thread gives an internal lock back. False if it was not suspended.
#[cold]
pub(crate) fn resume() -> bool {
    let (local, depth) = SUSPENDED.get();
    match depth {
        0 => return false,
        1 => {
            SUSPENDED.set((ptr::null_mut(), 0));
            STAGE.set(Stage::Unborn);
            LOCAL.set(local);
        }
        _ => SUSPENDED.set((local, depth - 1)),
    }
    true
}

/// A number for a lock at its first use.
pub(crate) fn next_lock_number() -> u64 {
    let own = hot(|local| {
        let (next, end) = local.numbers;
        if next == end {
            let next = NEXT_NUMBER.fetch_add(NUMBERS, Ordering::Relaxed);
            local.numbers = (next + 1, next + NUMBERS);
            return next;
        }
        local.numbers.0 = next + 1;
        next
    });
    own.unwrap_or_else(|| NEXT_NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// A number for a thread that is about to begin, or was met.
pub(crate) fn next_thread() -> ThreadId {
    ThreadId(NEXT_THREAD.fetch_add(1, Ordering::Relaxed))
}

/// First thing in a thread that was begun through us.
pub(crate) fn enter(id: ThreadId) {
    if LOCAL.get().is_null() && STAGE.get() == Stage::Unborn {
        begin(Some(id));
    }
}

/// In the child of a fork: the detector's locks may be held by threads that do not exist here,
/// and the trace belongs to the parent. Nothing is tracked from now on.
pub(crate) extern "C" fn after_fork_in_child() {
    IS_FORK.store(true, Ordering::Relaxed);
    SUSPENDED.set((ptr::null_mut(), 0));
    LOCAL.set(ptr::null_mut());
    STAGE.set(Stage::Gone);
}

/// Whether this process is a fork of the one that the detector began in.
pub(crate) fn is_fork() -> bool {
    IS_FORK.load(Ordering::Relaxed)
}

/// Whether the detector is at work on this thread or suspended, so that its locks must not be
/// asked for.
pub(crate) fn is_busy() -> bool {
    LOCAL.get().is_null() && STAGE.get() == Stage::Busy
}

/// Whether this thread is tracked, or will be when it meets a lock.
#[cfg_attr(not(lockgraph_origins), expect(dead_code, reason = "for the making of locks"))]
pub(crate) fn may_begin() -> bool {
    (!LOCAL.get().is_null() || STAGE.get() == Stage::Unborn) && !is_fork()
}

/// Whether this thread has not met a lock yet.
pub(crate) fn is_unborn() -> bool {
    LOCAL.get().is_null() && STAGE.get() == Stage::Unborn
}

/// Whether nothing is tracked on this thread, and never will be again.
pub(crate) fn is_over() -> bool {
    LOCAL.get().is_null() && STAGE.get() == Stage::Gone
}

/// Whether this thread is past the end of its tracked life.
pub(crate) fn is_gone() -> bool {
    is_over() && !is_fork()
}

/// Whether the detector is at work on this thread, so that its own locks may be held.
pub(crate) fn is_at_work() -> bool {
    is_busy() && SUSPENDED.get().1 == 0
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
    let local = Box::new(Local {
        id,
        held: Held::with_room(),
        seen: Seen::new(),
        salt: 0,
        has_returned: false,
        events: state::event_stream(id),
        numbers: (0, 0),
    });
    let local = Box::into_raw(local);
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
        let local = LOCAL.replace(ptr::null_mut());
        STAGE.set(Stage::Gone);
        if local.is_null() || is_fork() {
            return;
        }
        // SAFETY: it came from `Box::into_raw` in `begin`, and LOCAL no longer has it.
        let local = unsafe { Box::from_raw(local) };
        state::thread_ended(*local);
    }
}

/// The chains that this thread has shown to the graph: a direct-mapped table of hashes.
///
/// A thread has few chains, so it begins small; it doubles when chains push each other out, up
/// to half a megabyte, beyond which a lost chain costs a look at the graph.
pub(crate) struct Seen {
    slots: Box<[u64]>,
    pushed_out: usize,
}

const FEWEST: usize = 64;
const MOST: usize = 1 << 16;

impl Seen {
    fn new() -> Seen {
        Seen { slots: vec![0; FEWEST].into_boxed_slice(), pushed_out: 0 }
    }

    #[inline]
    pub(crate) fn contains(&self, chain: u64) -> bool {
        self.slots[chain as usize & (self.slots.len() - 1)] == chain
    }

    pub(crate) fn insert(&mut self, chain: u64) {
        let at = chain as usize & (self.slots.len() - 1);
        let before = std::mem::replace(&mut self.slots[at], chain);
        if before != 0 && before != chain {
            self.pushed_out += 1;
            if self.pushed_out > self.slots.len() / 4 && self.slots.len() < MOST {
                self.grow();
            }
        }
    }

    fn grow(&mut self) {
        let twice = vec![0; self.slots.len() * 2].into_boxed_slice();
        let before = std::mem::replace(&mut self.slots, twice);
        self.pushed_out = 0;
        for chain in before.into_iter().filter(|chain| *chain != 0) {
            let at = chain as usize & (self.slots.len() - 1);
            self.slots[at] = chain;
        }
    }
}

impl Local {
    /// Whether taking `lock` now is nothing new: no edge, or edges that were shown before.
    #[inline]
    pub(crate) fn is_known(&self, lock: LockId, mode: Mode, tag: &Tag) -> bool {
        // With nothing held there is no edge; but who wants to write is remembered, because
        // readers queue behind it.
        self.held.holds().is_empty() && !(mode == Mode::Exclusive && tag.kind() == LockKind::RwLock)
            || self.seen.contains(self.key(lock, mode))
    }

    /// What `seen` knows a chain by.
    #[inline]
    pub(crate) fn key(&self, lock: LockId, mode: Mode) -> u64 {
        self.held.chain_with(lock, mode) ^ self.salt
    }

    /// A spawn or join: chains are to be looked at again.
    pub(crate) fn next_span(&mut self) {
        self.salt = self.salt.wrapping_add(0x9e37_79b9_7f4a_7c15).rotate_left(17);
    }
}
