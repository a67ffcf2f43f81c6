//! A cell that is written once: a tag beside the original.
//!
//! All that may wait for a running initialiser goes through [`OnceLock::get_or_init`]; looking
//! whether there is a value is not recorded. No unsafe code.

use std::fmt;
use std::panic::Location;

use crate::id::LockKind;
use crate::runtime::{self, OnceTag, Site, Tag};

/// A cell that is written once. See [`std::sync::OnceLock`].
///
/// # Examples
///
/// ```
/// use lockgraph::sync::OnceLock;
///
/// static HOST: OnceLock<String> = OnceLock::new();
///
/// assert_eq!(HOST.get(), None);
/// assert_eq!(HOST.get_or_init(|| "localhost".to_string()), "localhost");
/// assert!(HOST.set("elsewhere".to_string()).is_err());
/// ```
pub struct OnceLock<T> {
    tag: OnceTag,
    inner: std::sync::OnceLock<T>,
}

impl<T> OnceLock<T> {
    /// An empty cell.
    #[must_use]
    #[inline]
    #[track_caller]
    pub const fn new() -> OnceLock<T> {
        OnceLock::tagged(Tag::here(LockKind::Once))
    }

    pub(crate) const fn tagged(tag: Tag) -> OnceLock<T> {
        OnceLock { tag: OnceTag::new(tag), inner: std::sync::OnceLock::new() }
    }

    /// The value, if there is one. Never waits.
    #[inline]
    #[track_caller]
    pub fn get(&self) -> Option<&T> {
        let value = self.inner.get();
        if runtime::is_recorded() && value.is_some() {
            runtime::once_seen(&self.tag, Location::caller());
        }
        value
    }

    /// The value, if there is one. Never waits.
    #[inline]
    #[track_caller]
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.get();
        self.inner.get_mut()
    }

    /// Waits until there is a value.
    ///
    /// # Panics
    ///
    /// If waiting would close a deadlock, and the detector is set to panic then.
    #[inline]
    #[track_caller]
    pub fn wait(&self) -> &T {
        match self.inner.get() {
            Some(value) => self.passed(value, Location::caller()),
            None => {
                let _wait = runtime::once_waiting(&self.tag, Location::caller());
                self.inner.wait()
            }
        }
    }

    /// Writes the value if there is none. If somebody is about to, waits and sees.
    ///
    /// # Errors
    ///
    /// There is a value already. The error is `value`.
    ///
    /// # Panics
    ///
    /// If waiting would close a deadlock, and the detector is set to panic then.
    #[inline]
    #[track_caller]
    pub fn set(&self, value: T) -> Result<(), T> {
        let mut value = Some(value);
        self.get_or_init(|| value.take().expect("an initialiser runs once"));
        value.map_or(Ok(()), Err)
    }

    /// The value. If there is none, `f` makes it; if somebody is about to, waits for it.
    ///
    /// # Panics
    ///
    /// If `f` panics; the cell is then still empty. And if waiting would close a deadlock, and the
    /// detector is set to panic then.
    #[inline]
    #[track_caller]
    pub fn get_or_init<F>(&self, f: F) -> &T
    where
        F: FnOnce() -> T,
    {
        match self.inner.get() {
            Some(value) => self.passed(value, Location::caller()),
            None => self.initialize(f, Location::caller()),
        }
    }

    /// The value, the cell being gone.
    #[inline]
    #[track_caller]
    pub fn into_inner(self) -> Option<T> {
        self.get();
        self.inner.into_inner()
    }

    /// The value, leaving the cell empty.
    #[inline]
    #[track_caller]
    pub fn take(&mut self) -> Option<T> {
        self.get();
        self.inner.take()
    }

    /// Writes the value of a cell that nobody else has.
    pub(super) fn fill(&mut self, value: T) {
        self.inner = std::sync::OnceLock::from(value);
    }

    #[inline]
    fn passed<'a>(&'a self, value: &'a T, site: Site) -> &'a T {
        runtime::once_passed(&self.tag, site);
        value
    }

    // Cold, because it happens once.
    #[cold]
    fn initialize(&self, f: impl FnOnce() -> T, site: Site) -> &T {
        let wait = runtime::once_waiting(&self.tag, site);
        self.inner.get_or_init(|| {
            let _run = wait.begin();
            f()
        })
    }
}

impl<T> Default for OnceLock<T> {
    #[inline]
    #[track_caller]
    fn default() -> OnceLock<T> {
        OnceLock::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get();
        self.inner.fmt(f)
    }
}

impl<T: Clone> Clone for OnceLock<T> {
    #[inline]
    #[track_caller]
    fn clone(&self) -> OnceLock<T> {
        self.get();
        OnceLock { tag: OnceTag::here(), inner: self.inner.clone() }
    }
}

impl<T> From<T> for OnceLock<T> {
    #[inline]
    #[track_caller]
    fn from(value: T) -> OnceLock<T> {
        OnceLock { tag: OnceTag::here(), inner: std::sync::OnceLock::from(value) }
    }
}

impl<T: PartialEq> PartialEq for OnceLock<T> {
    #[inline]
    fn eq(&self, other: &OnceLock<T>) -> bool {
        self.get();
        other.get();
        self.inner == other.inner
    }
}

impl<T: Eq> Eq for OnceLock<T> {}
