//! The handle of a thread: the original beside the thread's number.

use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::thread::Result;

use super::Thread;
use crate::id::ThreadId;
use crate::runtime::{self, Token};

/// The right to wait for the end of a thread. See [`std::thread::JoinHandle`].
pub struct JoinHandle<T> {
    inner: std::thread::JoinHandle<T>,
    id: ThreadId,
    thread: Thread,
}

impl<T> JoinHandle<T> {
    pub(super) fn new(
        inner: std::thread::JoinHandle<T>,
        (id, token): (ThreadId, Arc<Token>),
    ) -> JoinHandle<T> {
        let thread = Thread::new(inner.thread().clone(), token);
        JoinHandle { inner, id, thread }
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
    /// If waiting would close a deadlock, and the detector is set to panic then; and where the
    /// original panics, as when a thread joins itself.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        let is_over = || self.inner.is_finished();
        let wait = runtime::joining(self.id, Location::caller(), is_over);
        let result = self.inner.join();
        wait.joined();
        result
    }

    /// Whether the thread has run to its end, so that [`JoinHandle::join`] will not wait long.
    pub fn is_finished(&self) -> bool {
        super::found_finished(self.inner.is_finished())
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

#[cfg(unix)]
mod unix {
    use std::os::unix::thread::{JoinHandleExt, RawPthread};

    use super::JoinHandle;

    impl<T> JoinHandleExt for JoinHandle<T> {
        fn as_pthread_t(&self) -> RawPthread {
            self.inner.as_pthread_t()
        }

        fn into_pthread_t(self) -> RawPthread {
            self.inner.into_pthread_t()
        }
    }
}

#[cfg(windows)]
mod windows {
    use std::os::windows::io::{
        AsHandle, AsRawHandle, BorrowedHandle, IntoRawHandle, OwnedHandle, RawHandle,
    };

    use super::JoinHandle;

    impl<T> AsHandle for JoinHandle<T> {
        fn as_handle(&self) -> BorrowedHandle<'_> {
            self.inner.as_handle()
        }
    }

    impl<T> AsRawHandle for JoinHandle<T> {
        fn as_raw_handle(&self) -> RawHandle {
            self.inner.as_raw_handle()
        }
    }

    impl<T> IntoRawHandle for JoinHandle<T> {
        fn into_raw_handle(self) -> RawHandle {
            self.inner.into_raw_handle()
        }
    }

    impl<T> From<JoinHandle<T>> for OwnedHandle {
        fn from(handle: JoinHandle<T>) -> OwnedHandle {
            handle.inner.into()
        }
    }
}
