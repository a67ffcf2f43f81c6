//! A scope of threads: the original, seen through a type of ours.
//!
//! The end of a scope waits for all its threads. The original does so by itself, after the user's
//! closure and with no way to ask which threads there are, so the unjoined children of every open
//! scope are kept here, under the scope's address.
//!
//! The wait is announced when the user's closure is left, returning or unwinding, and is over when
//! the original returns or goes on unwinding. A child may begin others while the scope waits;
//! these are not part of the announced wait, but they too have ended when it is over.
//!
//! A panic does not end the wait, so it cannot break a deadlock with it: there the process is
//! aborted.
//!
//! One lock for the children of all scopes, taken once per spawn and once per join, and held for a
//! look-up and a walk over one scope's children.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::panic::Location;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::Result;

use super::{Builder, Thread};
use crate::id::ThreadId;
use crate::runtime::{self, JoinWait, Site, Token};

/// A scope to begin threads in. See [`std::thread::Scope`].
#[repr(transparent)]
pub struct Scope<'scope, 'env: 'scope> {
    inner: std::thread::Scope<'scope, 'env>,
}

/// The right to wait for the end of a thread of a scope. See [`std::thread::ScopedJoinHandle`].
pub struct ScopedJoinHandle<'scope, T> {
    inner: std::thread::ScopedJoinHandle<'scope, T>,
    id: ThreadId,
    thread: Thread,
    scope: ScopeKey,
}

/// Runs `f`, which may begin threads that borrow, and waits for these. See [`std::thread::scope`].
///
/// # Panics
///
/// If `f` panics, or a thread that was not joined by hand has panicked.
///
/// # Aborts
///
/// If the wait for the threads would close a deadlock, and the detector is set to panic then: the
/// wait goes on in spite of a panic.
#[track_caller]
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    let site = Location::caller();
    let waiting = Cell::new(None);
    // Dropped when the original has waited, also if it unwinds.
    let _waited = Waited { waiting: &waiting, site };
    std::thread::scope(|inner| {
        let scope = Scope::over(inner);
        let _leaving = Leaving { scope: scope.key(), waiting: &waiting, site };
        f(scope)
    })
}

impl<'scope, 'env> Scope<'scope, 'env> {
    /// Begins a thread that runs `f` and ends before the scope does.
    ///
    /// # Panics
    ///
    /// If the system cannot begin a thread; [`Builder::spawn_scoped`] returns an error instead.
    #[track_caller]
    pub fn spawn<F, T>(&'scope self, f: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        Builder::new().spawn_scoped(self, f).expect("failed to spawn thread")
    }

    fn over(inner: &'scope std::thread::Scope<'scope, 'env>) -> &'scope Scope<'scope, 'env> {
        // SAFETY: `Scope` is `repr(transparent)` over the original with the same lifetimes, so a
        // reference to the one is a valid reference to the other.
        unsafe { &*ptr::from_ref(inner).cast() }
    }

    pub(super) fn original(&'scope self) -> &'scope std::thread::Scope<'scope, 'env> {
        &self.inner
    }

    fn key(&self) -> ScopeKey {
        ScopeKey(ptr::from_ref(&self.inner).addr())
    }
}

impl<'scope, T> ScopedJoinHandle<'scope, T> {
    pub(super) fn new(
        inner: std::thread::ScopedJoinHandle<'scope, T>,
        (id, token): (ThreadId, Arc<Token>),
        scope: &'scope Scope<'scope, '_>,
    ) -> ScopedJoinHandle<'scope, T> {
        let scope = scope.key();
        children().entry(scope).or_default().push(id);
        let thread = Thread::new(inner.thread().clone(), token);
        ScopedJoinHandle { inner, id, thread, scope }
    }

    /// The thread itself.
    #[must_use]
    pub fn thread(&self) -> &Thread {
        &self.thread
    }

    /// Waits for the end of the thread, and returns what it returned.
    ///
    /// # Errors
    ///
    /// The thread panicked. The error is what it panicked with.
    ///
    /// # Panics
    ///
    /// If waiting would close a deadlock, and the detector is set to panic then.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        let is_over = || self.inner.is_finished();
        let wait = runtime::joining(self.id, Location::caller(), is_over);
        let result = self.inner.join();
        if let Some(unjoined) = children().get_mut(&self.scope) {
            unjoined.retain(|child| *child != self.id);
        }
        wait.joined();
        result
    }

    /// Whether the thread has run to its end, so that [`ScopedJoinHandle::join`] will not wait
    /// long.
    pub fn is_finished(&self) -> bool {
        super::found_finished(self.inner.is_finished())
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// An open scope: its address. The original lies at one place for as long as it is open.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct ScopeKey(usize);

/// The children of open scopes that have not been joined by hand.
fn children() -> MutexGuard<'static, BTreeMap<ScopeKey, Vec<ThreadId>>> {
    static CHILDREN: Mutex<BTreeMap<ScopeKey, Vec<ThreadId>>> = Mutex::new(BTreeMap::new());
    CHILDREN.lock().unwrap_or_else(PoisonError::into_inner)
}

const INESCAPABLE: &str = "no panic can break this deadlock: a scope waits for its threads even \
                           while it unwinds; aborting";

/// The wait at the end of a scope.
struct ScopeWait {
    scope: ScopeKey,
    wait: Option<JoinWait>,
}

/// Dropped when the user's closure is left, it announces the wait for the threads.
struct Leaving<'a> {
    scope: ScopeKey,
    waiting: &'a Cell<Option<ScopeWait>>,
    site: Site,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        let unjoined = take_children(self.scope);
        let wait = (!unjoined.is_empty()).then(|| {
            runtime::inescapable(INESCAPABLE, || runtime::scope_ending(&unjoined, self.site))
        });
        self.waiting.set(Some(ScopeWait { scope: self.scope, wait }));
    }
}

/// Dropped when the threads have ended, it tells that the wait for them is over.
struct Waited<'a> {
    waiting: &'a Cell<Option<ScopeWait>>,
    site: Site,
}

impl Drop for Waited<'_> {
    fn drop(&mut self) {
        let Some(ScopeWait { scope, wait }) = self.waiting.take() else { return };
        if let Some(wait) = wait {
            wait.joined();
        }
        let latecomers = take_children(scope);
        if !latecomers.is_empty() {
            runtime::scope_ending(&latecomers, self.site).joined();
        }
    }
}

fn take_children(scope: ScopeKey) -> Vec<ThreadId> {
    children().remove(&scope).unwrap_or_default()
}
