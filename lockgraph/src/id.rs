//! Names for things: locks, threads, places, modes.
//!
//! Everything is a small number here. What a number stands for (a file and line, a lock's name)
//! is kept by the shells, which know where names come from: a live program or a trace.

/// One lock, from its first use to its destruction. Never reused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct LockId(pub u64);

/// One thread of the program. Never reused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ThreadId(pub u32);

/// A place in the source: where a lock was made or taken. 0 is "not known".
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default)]
pub struct SiteId(pub u32);

impl SiteId {
    /// The place is not known.
    pub const UNKNOWN: SiteId = SiteId(0);
}

/// How a lock is taken.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Mode {
    /// A mutex, a writer, a running initialiser: nobody else may be in.
    Exclusive = 0,
    /// A reader that queues behind waiting writers (`std` and `parking_lot` `read()`).
    Shared = 1,
    /// A reader that overtakes waiting writers (`read_recursive()`).
    SharedRecursive = 2,
    /// A reader that may become the writer; shuts out other upgradable readers and writers.
    Upgradable = 3,
}

impl Mode {
    /// All modes, in the order of their numbers.
    pub const ALL: [Mode; 4] =
        [Mode::Exclusive, Mode::Shared, Mode::SharedRecursive, Mode::Upgradable];

    /// Whether somebody who wants the lock in this mode waits for a holder in mode `held`.
    pub fn waits_for(self, held: Mode) -> bool {
        let exclusive = self == Mode::Exclusive || held == Mode::Exclusive;
        exclusive || self == Mode::Upgradable && held == Mode::Upgradable
    }

    /// Whether somebody who wants the lock in this mode queues behind a waiting writer.
    pub fn queues_behind_writers(self) -> bool {
        matches!(self, Mode::Shared | Mode::Upgradable)
    }

    /// A plain reader: any number of these share the lock.
    pub fn is_read(self) -> bool {
        matches!(self, Mode::Shared | Mode::SharedRecursive)
    }
}

/// What sort of lock it is, which decides what taking it again means.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum LockKind {
    /// A mutex.
    Mutex = 0,
    /// A reader-writer lock.
    RwLock = 1,
    /// A mutex that its holder may take again.
    Reentrant = 2,
    /// An initialisation that runs once: `Once`, `OnceLock`, `LazyLock`.
    Once = 3,
}

impl LockKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [LockKind; 4] =
        [LockKind::Mutex, LockKind::RwLock, LockKind::Reentrant, LockKind::Once];

    /// The word for it in reports.
    pub fn name(self) -> &'static str {
        match self {
            LockKind::Mutex => "mutex",
            LockKind::RwLock => "rwlock",
            LockKind::Reentrant => "reentrant mutex",
            LockKind::Once => "once",
        }
    }
}
