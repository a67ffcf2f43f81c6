//! What this thread holds: a stack of holds, each with the chain up to itself.
//!
//! The chain is one 64-bit number for a whole stack of holds, locks and modes in order (lockdep's
//! idea). A chain seen before means that every edge it implies is known, so the steady state is
//! one look-up and one push. Guards may be dropped in any order: a release from the middle hashes
//! anew what lies above it.
//!
//! ```text
//! memory    [ floor | hold | hold | ....... ]
//!                     ^ base        ^ top     ^ limit
//! ```
//!
//! Below the first hold lies the *floor*, which no lock matches and whose chain is the salt. So
//! "the latest hold" is there even when nothing is held, and taking and giving back touch two
//! words beside the hold itself. The limit is the end of the memory, or the base if the next push
//! is to go the slow way; where events are recorded or holds are timed, every push.
//!
//! Push and pop from the top are O(1), a release from the middle O(depth). No locking inside; it
//! belongs to one thread.

use std::ptr;

use super::identity::Identity;
use super::tag::Site;
use super::word::Word;
use crate::held;
use crate::id::{LockId, Mode};

/// One lock held. Enough is kept of it to name it in a report, because the lock itself may be
/// freed while a leaked guard keeps the hold here.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Hold {
    /// The lock's word when it was taken, with the mode, and with marks.
    word: Word,
    class: *const (),
    /// Where it was taken.
    pub(super) site: Site,
    /// The chain of this hold and all below it.
    chain: u64,
    /// How many releases by another thread there had been, for a lock that is known to see them.
    pub(super) releases: u64,
}

/// The locks that one thread holds, oldest first.
#[repr(C)]
pub(crate) struct Holds {
    /// One past the latest hold.
    top: *mut Hold,
    /// Where `top` is when nothing is held.
    base: *mut Hold,
    /// From here on a push must go the slow way.
    limit: *mut Hold,
    /// The end of the memory.
    end: *mut Hold,
    /// Every push is to go the slow way.
    are_recorded: bool,
}

/// Where the holds of a thread lie, read from outside: the first words of [`Holds`].
#[repr(C)]
#[derive(Clone, Copy)]
pub(super) struct Extent {
    top: usize,
    base: usize,
}

impl Extent {
    /// Where the first hold lies.
    pub(super) fn start(self) -> usize {
        self.base
    }

    /// How many there are. `None`: this is nothing that a thread has written.
    pub(super) fn count(self) -> Option<usize> {
        let len = self.top.checked_sub(self.base)?;
        len.is_multiple_of(size_of::<Hold>()).then_some(len / size_of::<Hold>())
    }
}

/// The floor of threads that are not tracked, one of which is shared by all of them. Never
/// written, because a push stops at the limit, and no lock matches it. No chain on it is 0, which
/// would be found in an empty table.
static NOBODYS: Floor = Floor(Hold::floor(1 << 8));

struct Floor(Hold);

// SAFETY: it is never written, and its pointer is null.
unsafe impl Sync for Floor {}

/// Room for so many holds at first.
const ROOM: usize = 16;

impl Hold {
    /// Of a lock that has its number.
    pub(super) fn new(identity: Identity, mode: Mode, site: Site) -> Hold {
        let (word, class) = identity.parts();
        let releases = if identity.is_sendable() { super::block::foreign_releases() } else { 0 };
        Hold { word: word.with_mode(mode), class, site, chain: 0, releases }
    }

    const fn floor(salt: u64) -> Hold {
        let site = std::panic::Location::caller();
        Hold { word: Word::OF_NO_LOCK, class: ptr::null(), site, chain: salt, releases: 0 }
    }

    /// Which lock.
    #[inline]
    pub(super) fn lock(&self) -> LockId {
        self.word.number()
    }

    /// How.
    #[inline]
    pub(super) fn mode(&self) -> Mode {
        self.word.mode()
    }

    /// What the lock's tag said when it was taken.
    pub(super) fn identity(&self) -> Identity {
        Identity::of_hold(self.word, self.class)
    }

    /// Whether it was held when this thread was chosen to break a deadlock: the panic does not
    /// poison it.
    pub(super) fn is_spared(&self) -> bool {
        self.word.is_spared()
    }

    /// Whether the graph or the trace has heard of the lock through this hold.
    pub(super) fn is_told(&self) -> bool {
        self.word.is_told()
    }

    /// The chain of this hold on top of the chain `below`.
    #[inline]
    fn chain_on(&self, below: u64) -> u64 {
        mix(below, self.word)
    }

    /// As the core knows it.
    pub(super) fn shown<S>(&self, site: S) -> held::Hold<S> {
        held::Hold::new(self.lock(), self.mode(), site)
    }
}

impl Holds {
    /// Those of a thread that is not tracked: it seems to hold something unknown, and to have no
    /// room, so that all its acquisitions go the slow way.
    pub(super) const fn nobodys() -> Holds {
        let floor = (&raw const NOBODYS.0).cast_mut();
        // SAFETY: one past the end of the static.
        let top = unsafe { floor.add(1) };
        Holds { top, base: ptr::null_mut(), limit: top, end: top, are_recorded: false }
    }

    /// Nothing held, with room for a few locks. If they are recorded or timed, every push goes the slow way.
    pub(super) fn with_room(are_recorded: bool) -> Holds {
        let (floor, end) = allocate(ROOM);
        // SAFETY: there is a floor and more.
        let base = unsafe { floor.add(1) };
        Holds { top: base, base, limit: if are_recorded { base } else { end }, end, are_recorded }
    }

    /// Whether nothing is held.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.top == self.base
    }

    #[inline]
    fn latest(&self) -> *mut Hold {
        // SAFETY: below `top` there is always a hold or the floor.
        unsafe { self.top.sub(1) }
    }

    /// The chain that taking the lock with this word now would make.
    #[inline]
    pub(super) fn chain_with(&self, word: Word, mode: Mode) -> u64 {
        // SAFETY: as in `latest`.
        let below = unsafe { (*self.latest()).chain };
        mix(below, word.with_mode(mode))
    }

    /// Takes a lock, `chain` being what [`Holds::chain_with`] says of it. False if that must go
    /// the slow way; then nothing is written.
    ///
    /// # Safety
    ///
    /// `holds` is this thread's own, or [`Holds::nobodys`].
    #[inline]
    pub(super) unsafe fn push(
        holds: *mut Holds,
        word: Word,
        class: *const (),
        mode: Mode,
        site: Site,
        chain: u64,
    ) -> bool {
        // SAFETY: `top` lies below the limit, so in the memory, which is then this thread's own.
        // Field by field: `releases` is of no account for these locks, and what an earlier hold
        // left there is not newer.
        unsafe {
            let top = (*holds).top;
            if top >= (*holds).limit {
                return false;
            }
            (*top).word = word.with_mode(mode);
            (*top).class = class;
            (*top).site = site;
            (*top).chain = chain;
            (*holds).top = top.add(1);
        }
        true
    }

    /// As [`Holds::push`], whatever the limit, on a thread whose events are recorded. There must be
    /// room.
    #[inline]
    pub(super) fn push_recorded(&mut self, word: Word, class: *const (), mode: Mode, site: Site) {
        assert!(!self.is_full());
        let chain = self.chain_with(word, mode);
        let word = word.with_mode(mode).recorded();
        // SAFETY: there is room.
        unsafe {
            self.top.write(Hold { word, class, site, chain, releases: 0 });
            self.top = self.top.add(1);
        }
    }

    /// Gives a lock back if it is the latest hold, has that mode, and nothing is to be done
    /// besides. False if not; then nothing is written.
    ///
    /// # Safety
    ///
    /// As for [`Holds::push`].
    #[inline]
    pub(super) unsafe fn pop(holds: *mut Holds, word: Word, mode: Mode) -> bool {
        // SAFETY: below `top` there is always a hold or the floor, which does not match.
        unsafe {
            let latest = (*holds).top.sub(1);
            let is_latest = (*latest).word == word.with_mode(mode);
            if is_latest {
                (*holds).top = latest;
            }
            is_latest
        }
    }

    /// Whether the next push needs more memory.
    pub(super) fn is_full(&self) -> bool {
        self.top == self.end
    }

    /// Makes room for the next pushes.
    pub(super) fn reserve(&mut self) {
        let len = self.as_slice().len();
        let (floor, end) = allocate(len * 2);
        // SAFETY: the new memory is greater than what is in the old, the floor included.
        unsafe {
            ptr::copy_nonoverlapping(self.base.sub(1), floor, len + 1);
            free(self.base.sub(1), self.end);
            self.base = floor.add(1);
            self.top = self.base.add(len);
            self.end = end;
            self.limit = if self.are_recorded { self.base } else { end };
        }
    }

    /// Takes a lock the slow way, whatever the limit. There must be room.
    pub(super) fn push_slowly(&mut self, mut hold: Hold) {
        assert!(!self.is_full());
        if self.are_recorded {
            hold.word = hold.word.recorded();
        } else {
            self.limit = self.end;
        }
        // SAFETY: there is room, and a hold or the floor below.
        unsafe {
            hold.chain = hold.chain_on((*self.latest()).chain);
            self.top.write(hold);
            self.top = self.top.add(1);
        }
    }

    /// The holds, oldest first.
    pub(super) fn as_slice(&self) -> &[Hold] {
        // SAFETY: all between base and top were written; nobody else writes them while `self` is
        // borrowed.
        unsafe { std::slice::from_raw_parts(self.base, self.top.offset_from_unsigned(self.base)) }
    }

    fn as_mut_slice(&mut self) -> &mut [Hold] {
        let len = self.as_slice().len();
        // SAFETY: as in `as_slice`.
        unsafe { std::slice::from_raw_parts_mut(self.base, len) }
    }

    /// The graph or the trace has heard of all of them: the ends of those that did not know it go
    /// the slow way.
    pub(super) fn mark_told(&mut self) {
        self.as_mut_slice().iter_mut().for_each(|hold| hold.word = hold.word.told());
    }

    /// This thread was chosen to break a deadlock: what it holds now is not poisoned by that.
    pub(super) fn mark_spared(&mut self) {
        self.as_mut_slice().iter_mut().for_each(|hold| hold.word = hold.word.spared());
    }

    /// Ends the latest hold of `lock`. Returns it, or `None` if it is not held.
    pub(super) fn release(&mut self, lock: LockId) -> Option<Hold> {
        let at = self.as_slice().iter().rposition(|hold| hold.lock() == lock)?;
        Some(self.remove(at))
    }

    /// As [`Holds::release`], the latest hold that is of `mode`, or is a reader's like it, first: a
    /// thread may hold one lock upgradably and as a reader at once.
    pub(super) fn release_as(&mut self, lock: LockId, mode: Mode) -> Option<Hold> {
        let is_it = |hold: &Hold| {
            let is_like = hold.mode() == mode || hold.mode().is_read() && mode.is_read();
            hold.lock() == lock && is_like
        };
        match self.as_slice().iter().rposition(is_it) {
            Some(at) => Some(self.remove(at)),
            None => self.release(lock),
        }
    }

    /// Forgets holds, however deep.
    pub(super) fn forget(&mut self, mut is_void: impl FnMut(&Hold) -> bool) {
        let mut at = 0;
        while at < self.as_slice().len() {
            if is_void(&self.as_slice()[at]) {
                self.remove(at);
                self.chains_have_changed();
            } else {
                at += 1;
            }
        }
    }

    /// Turns a hold into another mode (upgrade, downgrade).
    pub(super) fn change_mode(&mut self, lock: LockId, mode: Mode) {
        // Readers do not change: it is the writer's or the upgradable hold, if there is one.
        let is_it = |hold: &Hold| hold.lock() == lock && !hold.mode().is_read();
        let any = |hold: &Hold| hold.lock() == lock;
        let holds = self.as_mut_slice();
        let at = holds.iter().rposition(is_it).or_else(|| holds.iter().rposition(any));
        if let Some(at) = at {
            holds[at].word = holds[at].word.in_mode(mode);
            self.rehash(at);
        }
    }

    /// All chains change: those seen before are to be looked at again.
    pub(super) fn change_salt(&mut self, salt: u64) {
        // With a bit that no lock has, so that the first chain is not 0.
        // SAFETY: below the base is the floor.
        unsafe { (*self.base.sub(1)).chain = salt | 1 << 8 };
        self.rehash(0);
        self.chains_have_changed();
    }

    /// An acquisition may be under way, with a chain in hand that is wrong now: the next push goes
    /// the slow way, and makes its own.
    fn chains_have_changed(&mut self) {
        self.limit = self.base;
    }

    fn remove(&mut self, at: usize) -> Hold {
        let holds = self.as_mut_slice();
        let hold = holds[at];
        holds.copy_within(at + 1.., at);
        self.top = self.latest();
        self.rehash(at);
        hold
    }

    /// Hashes the stack anew from position `from` up.
    fn rehash(&mut self, from: usize) {
        // SAFETY: below a hold there is another or the floor.
        let mut chain = unsafe { (*self.base.add(from).sub(1)).chain };
        for hold in &mut self.as_mut_slice()[from..] {
            chain = hold.chain_on(chain);
            hold.chain = chain;
        }
    }
}

impl Drop for Holds {
    fn drop(&mut self) {
        // SAFETY: it was allocated so in `with_room` or `reserve`; those of nobody live in a
        // static, which is never dropped.
        unsafe { free(self.base.sub(1), self.end) };
    }
}

/// Memory for a floor and `room` holds.
fn allocate(room: usize) -> (*mut Hold, *mut Hold) {
    let holds = vec![Hold::floor(0); room + 1].into_boxed_slice();
    let floor = Box::into_raw(holds).cast::<Hold>();
    // SAFETY: one past its end.
    (floor, unsafe { floor.add(room + 1) })
}

/// # Safety
///
/// Both come from `allocate`, and nobody uses them any more.
unsafe fn free(floor: *mut Hold, end: *mut Hold) {
    // SAFETY: as the caller promises, this is the box that `allocate` took apart.
    unsafe {
        let len = end.offset_from_unsigned(floor);
        drop(Box::from_raw(ptr::slice_from_raw_parts_mut(floor, len)));
    }
}

/// One step of the chain hash. The mode is part of it: the same locks held in another mode are
/// another chain, with other edges.
#[inline]
fn mix(chain: u64, word: Word) -> u64 {
    let wide = u128::from(chain ^ word.key()) * 0xa076_1d64_78bd_642f;
    (wide >> 64) as u64 ^ wide as u64
}

#[cfg(test)]
mod tests;
