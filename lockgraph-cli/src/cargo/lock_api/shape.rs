//! What is known of the sources of `lock_api` 0.4 and 0.5.

/// How raw locks hand out what was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Generation {
    /// They return nothing; a type marks what guards promise. `lock_api` 0.4.
    Marker,
    /// They return a guard, which they want back. `lock_api` 0.5.
    Guard,
}

/// A struct that has the raw lock itself.
#[derive(Clone, Copy)]
pub(super) struct Owner {
    /// Its name.
    pub(super) name: &'static str,
    /// The field with the raw lock.
    pub(super) field: &'static str,
    /// The type that goes around the raw lock.
    pub(super) wrapper: &'static str,
    /// What makes one of a raw lock.
    pub(super) constructor: &'static str,
    /// What goes between the field and `raw`, the method that hands the raw lock out.
    pub(super) hand_out: &'static str,
    /// What is added behind the struct.
    pub(super) addition: &'static str,
}

/// All of them. The last is only in 0.5.
pub(super) const OWNERS: [Owner; 4] = [
    Owner {
        name: "Mutex",
        field: "raw",
        wrapper: "crate::lockgraph_raw::Raw",
        constructor: "crate::lockgraph_raw::Raw::mutex",
        hand_out: ".handed_out()",
        addition: " impl<R, T> Mutex<R, T> { pub(crate) const fn lockgraph_with(raw: \
                   crate::lockgraph_raw::Raw<R>, data: T) -> Mutex<R, T> { Mutex { raw, data: \
                   UnsafeCell::new(data) } } } #[allow(dead_code)] impl<R, T: ?Sized> \
                   Mutex<R, T> { pub(crate) fn lockgraph_raw(&self) -> \
                   &crate::lockgraph_raw::Raw<R> { &self.raw } }",
    },
    Owner {
        name: "RwLock",
        field: "raw",
        wrapper: "crate::lockgraph_raw::Raw",
        constructor: "crate::lockgraph_raw::Raw::rwlock",
        hand_out: ".handed_out()",
        addition: " impl<R, T> RwLock<R, T> { pub(crate) const fn lockgraph_with(raw: \
                   crate::lockgraph_raw::Raw<R>, data: T) -> RwLock<R, T> { RwLock { raw, data: \
                   UnsafeCell::new(data) } } } #[allow(dead_code)] impl<R, T: ?Sized> \
                   RwLock<R, T> { pub(crate) fn lockgraph_raw(&self) -> \
                   &crate::lockgraph_raw::Raw<R> { &self.raw } }",
    },
    Owner {
        name: "RawReentrantMutex",
        field: "mutex",
        wrapper: "crate::lockgraph_raw::Raw",
        constructor: "crate::lockgraph_raw::Raw::reentrant",
        hand_out: ".handed_out()",
        addition: " #[allow(missing_docs)] impl<R: RawMutex, G, T> ReentrantMutex<R, G, T> { \
                   #[doc(hidden)] pub const fn lockgraph_named(name: &'static &'static str, raw: \
                   R, get_thread_id: G, data: T) -> ReentrantMutex<R, G, T> { let mut lock = \
                   ReentrantMutex::FROM_RAW(raw, get_thread_id, data); \
                   lock.raw.mutex.name_reentrant(name); lock } }",
    },
    Owner {
        name: "Condvar",
        field: "inner",
        wrapper: "crate::lockgraph_raw::hooks::Condition",
        constructor: "crate::lockgraph_raw::hooks::Condition::new",
        hand_out: ".untracked()",
        addition: "",
    },
];

/// The function that makes a reentrant mutex of a raw lock, by its newer and its older name.
pub(super) const FROM_RAW: [&str; 2] = ["from_raw", "const_new"];

/// The guards that borrow the raw lock, in the field `raw`.
pub(super) const BORROWERS: [&str; 3] =
    ["MappedMutexGuard", "MappedRwLockReadGuard", "MappedRwLockWriteGuard"];

/// What a method wants of a raw lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wish {
    /// To take it, or to use it at a place that is to be told.
    Take,
    /// To give it back, or to hold it in another mode.
    Give,
    /// To look at it.
    Look,
}

/// The methods of the raw traits by what they want.
#[rustfmt::skip]
const WISHES: [(Wish, &[&str]); 3] = [
    (Wish::Take, &[
        "lock", "try_lock", "try_lock_for", "try_lock_until", "bump",
        "lock_shared", "try_lock_shared", "try_lock_shared_for", "try_lock_shared_until",
        "lock_exclusive", "try_lock_exclusive", "try_lock_exclusive_for",
        "try_lock_exclusive_until", "bump_shared", "bump_exclusive",
        "lock_shared_recursive", "try_lock_shared_recursive", "try_lock_shared_recursive_for",
        "try_lock_shared_recursive_until",
        "lock_upgradable", "try_lock_upgradable", "try_lock_upgradable_for",
        "try_lock_upgradable_until", "upgrade", "try_upgrade", "try_upgrade_for",
        "try_upgrade_until", "bump_upgradable",
        "wait", "wait_until", "wait_for", "notify_one", "notify_all",
    ]),
    (Wish::Give, &[
        "unlock", "unlock_fair", "unlock_shared", "unlock_shared_fair", "unlock_exclusive",
        "unlock_exclusive_fair", "unlock_upgradable", "unlock_upgradable_fair",
        "downgrade", "downgrade_upgradable", "downgrade_to_upgradable",
    ]),
    (Wish::Look, &["is_locked", "is_locked_exclusive"]),
];

/// Functions of the raw traits that have no lock at hand.
pub(super) const NO_WISH: [&str; 1] = ["checked_duration_to_instant"];

/// What the method `name` of the raw traits wants. `None` if it is not known.
pub(super) fn wish(name: &str) -> Option<Wish> {
    WISHES.iter().find(|(_, names)| names.contains(&name)).map(|(wish, _)| *wish)
}
