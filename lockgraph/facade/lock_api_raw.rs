//! What `cargo lockgraph` puts into its copy of `lock_api`: a raw lock with a tag beside it.
//!
//! The rewritten types have a [`Raw<R>`] where the original has an `R`. There is no way around
//! the hooks: `Raw` does not dereference to `R`, so that a use which the rewriter overlooked does
//! not compile. What takes a lock says where, by [`Raw::at`]; or by [`Raw::again`], if that
//! happens for a guard which is alive. The hooks themselves, which differ between `lock_api` 0.4
//! and 0.5, are in `hooks`; what the locks have here that `lock_api`'s have not is in `added`.
//!
//! The class of a lock is the place where it was made. Where that is a constant function of
//! `parking_lot` or `lock_api`, which hides its caller, it is the place where the lock is first
//! taken.
//!
//! Who asks for the raw lock itself (`Mutex::raw`) may take it and give it back unseen. From then
//! on the lock is not tracked, because a hold that never ended would make wrong edges for the
//! rest of its thread's life. The condition variables of `parking_lot` and `lock_api` ask for it
//! too, but give back what they have taken.
//!
//! Nothing blocks here but the raw lock. What may fail is an acquisition: the runtime panics
//! where it breaks a deadlock, and the raw lock is not taken then.

use core::mem;
use core::panic::Location;
use core::sync::atomic::{AtomicU8, Ordering};

use ::lockgraph_rt::hooks as runtime;
use runtime::{How, LockKind, Mode, Site, Tag};

mod added;
pub(crate) mod hooks;

/// The type of the raw lock has been looked at.
const MET: u8 = 1;
/// Readers wait behind writers who wait.
const QUEUES_READERS: u8 = 1 << 1;
/// The raw lock was handed out: not tracked any more.
const HANDED_OUT: u8 = 1 << 2;

/// A raw lock and which it is.
pub(crate) struct Raw<R> {
    tag: Tag,
    facts: AtomicU8,
    raw: R,
}

impl<R> Raw<R> {
    #[track_caller]
    pub(crate) const fn mutex(raw: R) -> Raw<R> {
        Raw { tag: tag_here(LockKind::Mutex), facts: AtomicU8::new(0), raw }
    }

    #[track_caller]
    pub(crate) const fn rwlock(raw: R) -> Raw<R> {
        Raw { tag: tag_here(LockKind::RwLock), facts: AtomicU8::new(0), raw }
    }

    /// The guards of a reentrant mutex stay in their thread, whatever `R` says of its own.
    #[track_caller]
    pub(crate) const fn reentrant(raw: R) -> Raw<R> {
        Raw { tag: tag_here(LockKind::Reentrant), facts: AtomicU8::new(MET), raw }
    }

    pub(crate) const fn tagged(tag: Tag, raw: R) -> Raw<R> {
        Raw { tag, facts: AtomicU8::new(0), raw }
    }

    /// Gives a reentrant mutex a name. It has not been used yet.
    pub(crate) const fn name_reentrant(&mut self, name: &'static &'static str) {
        mem::forget(mem::replace(&mut self.tag, Tag::named(LockKind::Reentrant, name)));
    }

    /// The raw lock, for what neither takes it nor gives it back.
    #[inline]
    pub(crate) fn untracked(&self) -> &R {
        &self.raw
    }

    /// The raw lock, for whoever asks for it.
    #[track_caller]
    pub(crate) fn handed_out(&self) -> &R {
        if !is_of(Location::caller().file(), Some("condvar.rs")) {
            self.facts.fetch_or(HANDED_OUT, Ordering::Relaxed);
            runtime::handed_out(&self.tag);
        }
        &self.raw
    }

    pub(crate) fn into_raw(self) -> R {
        self.raw
    }

    /// This lock, to be taken at `site`.
    #[inline]
    pub(crate) fn at(&self, site: Site) -> At<'_, R> {
        At { lock: self, site, is_again: false }
    }

    /// As [`Raw::at`], for a guard that is alive: if the acquisition panics, the process is
    /// aborted, because the guard would give back what it does not hold.
    #[inline]
    pub(crate) fn again(&self, site: Site) -> At<'_, R> {
        At { lock: self, site, is_again: true }
    }

    #[inline]
    fn is_tracked(&self) -> bool {
        self.facts.load(Ordering::Relaxed) & HANDED_OUT == 0
    }

    /// Looks once at the type of the raw lock. A guard that may go to other threads proves
    /// nothing about its own.
    #[inline]
    fn meet(&self, are_guards_sendable: impl FnOnce() -> bool) {
        // Acquire, so that whoever sees that it was met sees the mark of its tag too.
        if self.facts.load(Ordering::Acquire) & MET == 0 {
            self.meet_now(are_guards_sendable());
        }
    }

    #[cold]
    fn meet_now(&self, are_guards_sendable: bool) {
        if are_guards_sendable {
            self.tag.mark_sendable();
        }
        let queues = if queues_readers(core::any::type_name::<R>()) { QUEUES_READERS } else { 0 };
        self.facts.fetch_or(MET | queues, Ordering::Release);
    }

    #[inline]
    fn reader(&self) -> Mode {
        match self.facts.load(Ordering::Relaxed) & QUEUES_READERS {
            0 => Mode::SharedRecursive,
            _ => Mode::Shared,
        }
    }

    /// The writer, or the holder of a mutex, is about to give the raw lock back.
    #[inline]
    fn give_back(&self) {
        if self.is_tracked() {
            runtime::released(&self.tag);
        } else {
            runtime::released_if_held(&self.tag, Mode::Exclusive);
        }
    }

    /// As [`Raw::give_back`], of a lock that a thread may hold in several modes.
    fn give_back_as(&self, mode: Mode) {
        if self.is_tracked() {
            runtime::released_as(&self.tag, mode);
        } else {
            runtime::released_if_held(&self.tag, mode);
        }
    }

    /// The hold is about to become one of `mode`, without waiting for anybody.
    fn change_mode(&self, mode: Mode) {
        if self.is_tracked() {
            runtime::changed_mode(&self.tag, mode);
        }
    }
}

/// A raw lock at the moment of being taken.
pub(crate) struct At<'a, R> {
    lock: &'a Raw<R>,
    site: Site,
    is_again: bool,
}

impl<R> At<'_, R> {
    #[inline]
    fn take<G>(
        &self,
        mode: Mode,
        try_raw: impl FnMut() -> Option<G>,
        block: impl FnOnce() -> G,
    ) -> G {
        if !self.lock.is_tracked() {
            block()
        } else if self.is_again {
            runtime::take_again(|| runtime::take(&self.lock.tag, mode, self.site, try_raw, block))
        } else {
            runtime::take(&self.lock.tag, mode, self.site, try_raw, block)
        }
    }

    /// About to wait with a time limit. Hold the result until it is told how that ended.
    fn limited(&self, mode: Mode) -> Option<runtime::Limited> {
        let lock = self.lock;
        lock.is_tracked().then(|| runtime::limited(&lock.tag, mode, self.site))
    }

    /// Tells how a try or timed acquisition ended.
    #[inline]
    fn tell(&self, mode: Mode, how: How, is_taken: bool) {
        if self.lock.is_tracked() {
            runtime::took_politely(&self.lock.tag, mode, how, self.site, is_taken);
        }
    }

    /// Tells how a try or timed upgrade ended.
    fn tell_upgrade(&self, how: How, is_upgraded: bool) {
        if self.lock.is_tracked() {
            runtime::upgraded_politely(&self.lock.tag, how, self.site, is_upgraded);
        }
    }

    /// Turns an upgradable hold into the writer's, waiting for the readers to leave.
    fn take_upgrade<G>(
        &self,
        mut try_raw: impl FnMut() -> Option<G>,
        block: impl FnOnce() -> G,
    ) -> G {
        if !self.lock.is_tracked() {
            return block();
        }
        let attempt = runtime::upgrading(&self.lock.tag, self.site);
        let upgraded = match try_raw() {
            Some(upgraded) => upgraded,
            None => runtime::contended(attempt, try_raw, block),
        };
        attempt.upgraded();
        upgraded
    }
}

/// Whether `lock_shared` of a raw lock of this type queues behind writers who wait.
///
/// True for `parking_lot`'s, but for the recursive one of 0.13. The readers of others overtake
/// (`spin`, `dashmap`), or are believed to: that finds less, and never too much.
fn queues_readers(name: &str) -> bool {
    name.starts_with("parking_lot::") && !name.ends_with("<true>")
}

#[track_caller]
const fn tag_here(kind: LockKind) -> Tag {
    if is_of(Location::caller().file(), None) { Tag::unplaced(kind) } else { Tag::here(kind) }
}

/// Whether `path` is a source file of `parking_lot` or `lock_api`, and is called `name`.
///
/// They look like `parking_lot-0.12.5/src/condvar.rs`, or `vendor/lock_api/src/mutex.rs`.
const fn is_of(path: &str, name: Option<&str>) -> bool {
    let path = path.as_bytes();
    let (before, file) = last_part(path, path.len());
    let (before, source) = last_part(path, before);
    let (_, krate) = last_part(path, before);
    let is_named = match name {
        Some(name) => is_equal(path, file, name.as_bytes()),
        None => true,
    };
    is_named
        && is_equal(path, source, b"src")
        && (is_version_of(path, krate, b"parking_lot") || is_version_of(path, krate, b"lock_api"))
}

/// The last part of a path that ends before `end`, as its begin and end; and where the parts
/// before it end.
const fn last_part(path: &[u8], end: usize) -> (usize, (usize, usize)) {
    let mut begin = end;
    while begin > 0 && path[begin - 1] != b'/' && path[begin - 1] != b'\\' {
        begin -= 1;
    }
    (begin.saturating_sub(1), (begin, end))
}

const fn is_equal(path: &[u8], (begin, end): (usize, usize), name: &[u8]) -> bool {
    end - begin == name.len() && starts_with(path, (begin, end), name)
}

const fn is_version_of(path: &[u8], (begin, end): (usize, usize), name: &[u8]) -> bool {
    starts_with(path, (begin, end), name)
        && (end - begin == name.len() || path[begin + name.len()] == b'-')
}

const fn starts_with(path: &[u8], (begin, end): (usize, usize), name: &[u8]) -> bool {
    if end - begin < name.len() {
        return false;
    }
    let mut at = 0;
    while at < name.len() {
        if path[begin + at] != name[at] {
            return false;
        }
        at += 1;
    }
    true
}
