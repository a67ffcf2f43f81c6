//! How a thread begins: the parent announces it, and the first thing the child does is to say
//! that it is there.
//!
//! The system may refuse to begin a thread. The original drops the closure then, and with it what
//! says that the child never came.

use std::io;
use std::panic::Location;
use std::sync::Arc;

use super::{JoinHandle, Scope, ScopedJoinHandle, handle};
use crate::id::ThreadId;
use crate::runtime::{self, Child, Site, Token};

/// A thread to be, with a name or a stack of some size. See [`std::thread::Builder`].
///
/// # Examples
///
/// ```
/// use lockgraph::thread;
///
/// let builder = thread::Builder::new().name("teller".to_string()).stack_size(64 * 1024);
/// let teller = builder.spawn(|| thread::current().name().map(str::len)).unwrap();
/// assert_eq!(teller.join().unwrap(), Some(6));
/// ```
#[must_use = "must eventually spawn the thread"]
pub struct Builder {
    inner: std::thread::Builder,
    /// Kept beside, because the original does not tell it.
    name: Option<String>,
}

impl Builder {
    /// A thread without a name, with a stack of the usual size.
    #[expect(clippy::new_without_default, reason = "the original has no `Default`")]
    pub fn new() -> Builder {
        Builder { inner: std::thread::Builder::new(), name: None }
    }

    /// Names the thread. Reports use the name too.
    ///
    /// # Panics
    ///
    /// Where the original panics: when the thread is begun, if the name contains a null byte.
    pub fn name(mut self, name: String) -> Builder {
        self.inner = self.inner.name(name.clone());
        self.name = Some(name);
        self
    }

    /// Sets the size of the stack, in bytes.
    pub fn stack_size(mut self, size: usize) -> Builder {
        self.inner = self.inner.stack_size(size);
        self
    }

    /// Begins a thread that runs `f`.
    ///
    /// # Errors
    ///
    /// The system cannot begin a thread.
    #[track_caller]
    pub fn spawn<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T,
        F: Send + 'static,
        T: Send + 'static,
    {
        let (known, child) = Newborn::announced(self.name.as_deref(), Location::caller());
        Ok(JoinHandle::new(self.inner.spawn(|| child.run(f))?, known))
    }

    /// Begins a thread that runs `f`, which may borrow what does not live for ever.
    ///
    /// # Safety
    ///
    /// As for [`std::thread::Builder::spawn_unchecked`]: the caller sees to it that the thread
    /// does not outlive what `f` and its result borrow.
    ///
    /// # Errors
    ///
    /// The system cannot begin a thread.
    #[track_caller]
    pub unsafe fn spawn_unchecked<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T,
        F: Send,
        T: Send,
    {
        let (known, child) = Newborn::announced(self.name.as_deref(), Location::caller());
        // SAFETY: the closure borrows what `f` borrows and no more, and its result is that of
        // `f`. That the thread does not outlive these is what our caller has promised.
        let inner = unsafe { self.inner.spawn_unchecked(|| child.run(f)) }?;
        Ok(JoinHandle::new(inner, known))
    }

    /// Begins a thread that runs `f` and ends before `scope` does.
    ///
    /// # Errors
    ///
    /// The system cannot begin a thread.
    #[track_caller]
    pub fn spawn_scoped<'scope, 'env, F, T>(
        self,
        scope: &'scope Scope<'scope, 'env>,
        f: F,
    ) -> io::Result<ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        let (known, child) = Newborn::announced(self.name.as_deref(), Location::caller());
        let inner = self.inner.spawn_scoped(scope.original(), || child.run(f))?;
        Ok(ScopedJoinHandle::new(inner, known, scope))
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.inner.fmt(f)
    }
}

/// A thread that has been announced. Dropped before it has begun, it is taken back.
struct Newborn {
    child: Option<Child>,
    token: Arc<Token>,
}

impl Newborn {
    /// With what its parent knows it by.
    fn announced(name: Option<&str>, site: Site) -> ((ThreadId, Arc<Token>), Newborn) {
        let (child, token) = (runtime::forking(name, site), Arc::<Token>::default());
        let known = (child.id(), Arc::clone(&token));
        (known, Newborn { child: Some(child), token })
    }

    /// The life of the thread.
    fn run<T>(mut self, f: impl FnOnce() -> T) -> T {
        handle::adopt(Arc::clone(&self.token));
        if let Some(child) = self.child.take() {
            child.enter();
        }
        let _returned = Returned;
        f()
    }
}

/// Dropped when the closure of a thread returns or unwinds.
struct Returned;

impl Drop for Returned {
    fn drop(&mut self) {
        runtime::returned();
    }
}

impl Drop for Newborn {
    fn drop(&mut self) {
        if let Some(child) = self.child.take() {
            child.abandon();
        }
    }
}
