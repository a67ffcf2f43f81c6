//! What a function takes for granted about locks, said and checked: [`assert_held!`],
//! [`assert_not_held!`], [`assert_none_held!`].
//!
//! They look at what this thread holds, as the detector knows it: some hundred nanoseconds. A
//! thread that is not tracked (`LOCKGRAPH=off`, the end of a thread) is taken at its word. In builds
//! that are not instrumented they are checked by the compiler and come to nothing.
//!
//! [`assert_held!`]: crate::assert_held
//! [`assert_not_held!`]: crate::assert_not_held
//! [`assert_none_held!`]: crate::assert_none_held

use crate::lockable::Identified;

/// Panics unless this thread holds a lock: `assert_held!(lock)`, or, of a reader-writer lock,
/// `assert_held!(lock, write)`, which a reader does not satisfy.
///
/// ```
/// use lockgraph::assert_held;
/// use lockgraph::sync::{Mutex, RwLock};
///
/// /// Call it with `journal` locked for writing.
/// fn truncate(journal: &RwLock<Vec<u8>>, length: &Mutex<usize>) {
///     assert_held!(journal, write);
///     *length.lock().unwrap() = 0;
/// }
///
/// let (journal, length) = (RwLock::new(vec![1]), Mutex::new(1));
/// let mut held = journal.write().unwrap();
/// held.clear();
/// truncate(&journal, &length);
/// ```
///
/// ```should_panic
/// # #[cfg(not(any(debug_assertions, feature = "instrument")))] panic!("nothing is checked here");
/// use lockgraph::{assert_held, sync::Mutex};
///
/// let queue = Mutex::new(0);
/// assert_held!(queue); // take it first, and keep the guard meanwhile
/// ```
#[cfg(any(debug_assertions, feature = "instrument"))]
#[macro_export]
macro_rules! assert_held {
    ($lock:expr $(,)?) => {
        $crate::asserted::held(&$lock, ::core::stringify!($lock), false)
    };
    ($lock:expr, write $(,)?) => {
        $crate::asserted::held(&$lock, ::core::stringify!($lock), true)
    };
}

/// Panics if this thread holds a lock, in whatever mode.
///
/// ```
/// use lockgraph::{assert_not_held, sync::Mutex};
///
/// let queue = Mutex::new(0);
/// drop(queue.lock());
/// assert_not_held!(queue);
/// ```
///
/// ```should_panic
/// # #[cfg(not(any(debug_assertions, feature = "instrument")))] panic!("nothing is checked here");
/// use lockgraph::{assert_not_held, sync::Mutex};
///
/// let queue = Mutex::new(0);
/// let _guard = queue.lock().unwrap();
/// assert_not_held!(queue); // drop the guard first
/// ```
#[cfg(any(debug_assertions, feature = "instrument"))]
#[macro_export]
macro_rules! assert_not_held {
    ($lock:expr $(,)?) => {
        $crate::asserted::not_held(&$lock, ::core::stringify!($lock))
    };
}

/// Panics if this thread holds any lock: for what waits long, or calls what may take locks.
///
/// ```
/// use lockgraph::{assert_none_held, sync::Mutex};
///
/// let queue = Mutex::new(vec![1]);
/// let job = queue.lock().unwrap().pop();
/// assert_none_held!();
/// # let _ = job;
/// ```
///
/// ```should_panic
/// # #[cfg(not(any(debug_assertions, feature = "instrument")))] panic!("nothing is checked here");
/// use lockgraph::{assert_none_held, sync::Mutex};
///
/// let queue = Mutex::new(vec![1]);
/// let _guard = queue.lock().unwrap();
/// assert_none_held!(); // drop the guard first
/// ```
#[cfg(any(debug_assertions, feature = "instrument"))]
#[macro_export]
macro_rules! assert_none_held {
    () => {
        $crate::asserted::none_held()
    };
}

/// Does nothing in this build, which is not instrumented.
#[cfg(not(any(debug_assertions, feature = "instrument")))]
#[macro_export]
macro_rules! assert_held {
    ($lock:expr $(,)?) => {
        if false {
            $crate::asserted::is_lock(&$lock);
        }
    };
    ($lock:expr, write $(,)?) => {
        $crate::assert_held!($lock)
    };
}

/// Does nothing in this build, which is not instrumented.
#[cfg(not(any(debug_assertions, feature = "instrument")))]
#[macro_export]
macro_rules! assert_not_held {
    ($lock:expr $(,)?) => {
        $crate::assert_held!($lock)
    };
}

/// Does nothing in this build, which is not instrumented.
#[cfg(not(any(debug_assertions, feature = "instrument")))]
#[macro_export]
macro_rules! assert_none_held {
    () => {
        ()
    };
}

/// Asks nothing of a lock but that it is one.
#[cfg(not(any(debug_assertions, feature = "instrument")))]
pub fn is_lock(_lock: &impl Identified) {}

#[cfg(any(debug_assertions, feature = "instrument"))]
pub use tracked::{held, none_held, not_held};

#[cfg(any(debug_assertions, feature = "instrument"))]
mod tracked {
    use super::Identified;
    use crate::explain::{Spelling, full_place};
    use crate::finding::Held;
    use crate::id::{LockKind, Mode};
    use crate::lockable::all_held;

    /// Panics unless this thread holds `lock`, for writing if `exclusively`.
    #[track_caller]
    pub fn held(lock: &impl Identified, name: &str, exclusively: bool) {
        match lock.id().holding() {
            Some(None) => panic!(
                "`{name}` is not held by this thread, which {}: take it first, and keep the guard",
                list(&all_held())
            ),
            Some(Some(held)) if exclusively && held.mode != Mode::Exclusive => panic!(
                "`{name}` is not held for writing by this thread, which holds {}: take it for \
                 writing instead",
                spelled(&held)
            ),
            _ => {}
        }
    }

    /// Panics if this thread holds `lock`.
    #[track_caller]
    pub fn not_held(lock: &impl Identified, name: &str) {
        if let Some(Some(held)) = lock.id().holding() {
            panic!("`{name}` is held by this thread: {}; drop the guard first", spelled(&held));
        }
    }

    /// Panics if this thread holds any lock.
    #[track_caller]
    pub fn none_held() {
        let held = all_held();
        if !held.is_empty() {
            panic!("no lock may be held here, but this thread {}: drop the guards", list(&held));
        }
    }

    fn list(held: &[Held]) -> String {
        let all: Vec<String> = held.iter().map(spelled).collect();
        if all.is_empty() { "holds none".into() } else { format!("holds {}", all.join(", ")) }
    }

    /// `` `queue` for reading since src/main.rs:3:9 ``
    fn spelled(held: &Held) -> String {
        let lock = Spelling::of_all([&held.lock], [], held.site.iter()).lock(&held.lock);
        let how = match (held.lock.kind, held.mode) {
            (LockKind::RwLock, Mode::Exclusive) => " for writing",
            (LockKind::RwLock, Mode::Upgradable) => " upgradably",
            (LockKind::RwLock, _) => " for reading",
            _ => "",
        };
        let since = held.site.as_ref().map(|site| format!(" since {}", full_place(site)));
        format!("{lock}{how}{}", since.unwrap_or_default())
    }
}
