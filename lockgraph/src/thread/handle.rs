//! A handle of a thread: the original beside the thread's token, in which whoever unparks it leaves
//! what it has to tell.
//!
//! A thread that is begun here gets its token from its parent, any other one makes its own when it
//! is first asked for. After the thread-locals are gone it has one that nobody shares, so that it is
//! not seen who unparks it.

use std::cell::OnceCell;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::thread::ThreadId;
use std::time::Duration;

use crate::runtime::{self, Token};

/// A thread. See [`std::thread::Thread`].
///
/// # Examples
///
/// ```
/// use lockgraph::thread;
///
/// let sleeper = thread::spawn(thread::park);
/// sleeper.thread().unpark();
/// sleeper.join().unwrap();
/// ```
#[derive(Clone)]
pub struct Thread {
    inner: std::thread::Thread,
    token: Arc<Token>,
}

thread_local!(static OWN: OnceCell<Arc<Token>> = const { OnceCell::new() });

impl Thread {
    pub(super) fn new(inner: std::thread::Thread, token: Arc<Token>) -> Thread {
        Thread { inner, token }
    }

    /// Gives the thread its token, so that its [`park`] returns, or the next one does.
    #[track_caller]
    pub fn unpark(&self) {
        self.token.giving(Location::caller());
        self.inner.unpark();
    }

    /// The number of the thread.
    #[must_use]
    pub fn id(&self) -> ThreadId {
        self.inner.id()
    }

    /// The name of the thread, if it has one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.inner.name()
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// A handle of this thread. See [`std::thread::current`].
#[must_use]
pub fn current() -> Thread {
    Thread::new(std::thread::current(), own())
}

/// Blocks this thread until it is unparked. See [`std::thread::park`]. May return for nothing.
#[track_caller]
pub fn park() {
    let site = Location::caller();
    let waiting = runtime::parking(site);
    std::thread::park();
    drop(waiting);
    own().taken(site);
}

/// Blocks this thread until it is unparked, but for about `dur` at most. See
/// [`std::thread::park_timeout`].
pub fn park_timeout(dur: Duration) {
    std::thread::park_timeout(dur);
    own().perhaps_taken();
}

/// As [`park_timeout`], in milliseconds. See [`std::thread::park_timeout_ms`].
#[deprecated(note = "replaced by `park_timeout`")]
pub fn park_timeout_ms(ms: u32) {
    park_timeout(Duration::from_millis(ms.into()));
}

/// This thread was begun with this token.
pub(super) fn adopt(token: Arc<Token>) {
    // It has just begun, so it has no other, and its thread-locals are there.
    OWN.with(|own| _ = own.set(token));
}

fn own() -> Arc<Token> {
    OWN.try_with(|own| Arc::clone(own.get_or_init(Arc::default))).unwrap_or_default()
}
