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

    /// Whether a thread that holds the lock in this mode, and takes it in mode `taken`, takes a
    /// reentrant lock once more.
    pub fn is_reentered(self, taken: Mode) -> bool {
        self == Mode::Exclusive && taken == Mode::Exclusive
    }

    /// A plain reader: any number of these share the lock.
    pub fn is_read(self) -> bool {
        matches!(self, Mode::Shared | Mode::SharedRecursive)
    }
}

/// What sort of lock it is, which decides what taking it again means. Condition variables, barriers,
/// channels, semaphores, events and bankers are known by the same numbers as locks.
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
    /// A condition variable.
    Condvar = 4,
    /// A barrier.
    Barrier = 5,
    /// A channel.
    Channel = 6,
    /// A counting semaphore.
    Semaphore = 7,
    /// An event, which is set or not.
    Event = 8,
    /// What `unpark` gives a thread. No lock is of this kind.
    Token = 9,
    /// A banker, who grants units of resources.
    Banker = 10,
}

impl LockKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [LockKind; 11] = [
        LockKind::Mutex,
        LockKind::RwLock,
        LockKind::Reentrant,
        LockKind::Once,
        LockKind::Condvar,
        LockKind::Barrier,
        LockKind::Channel,
        LockKind::Semaphore,
        LockKind::Event,
        LockKind::Token,
        LockKind::Banker,
    ];

    /// The word for it in reports.
    pub fn name(self) -> &'static str {
        match self {
            LockKind::Mutex => "mutex",
            LockKind::RwLock => "rwlock",
            LockKind::Reentrant => "reentrant mutex",
            LockKind::Once => "once",
            LockKind::Condvar => "condition variable",
            LockKind::Barrier => "barrier",
            LockKind::Channel => "channel",
            LockKind::Semaphore => "semaphore",
            LockKind::Event => "event",
            LockKind::Token => "token",
            LockKind::Banker => "banker",
        }
    }
}

/// What a thread waits for that is neither a lock nor the end of a thread: another thread has to do
/// something.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Signal {
    /// A notification of a condition variable.
    Notify = 0,
    /// A message in a channel, or the end of its last sender.
    Message = 1,
    /// Room in a channel that is full, or the end of its last receiver.
    Space = 2,
    /// The arrival of the others at a barrier.
    Arrival = 3,
    /// Permits of a semaphore.
    Permits = 4,
    /// The setting of an event.
    Set = 5,
    /// The token of `unpark`.
    Unpark = 6,
    /// Units that a banker grants.
    Units = 7,
}

impl Signal {
    /// How many bits its number takes, for those who pack it with another one.
    pub(crate) const BITS: u32 = 3;

    /// All of them, in the order of their numbers.
    pub const ALL: [Signal; 8] = [
        Signal::Notify,
        Signal::Message,
        Signal::Space,
        Signal::Arrival,
        Signal::Permits,
        Signal::Set,
        Signal::Unpark,
        Signal::Units,
    ];

    /// The word for it in reports for machines.
    pub fn name(self) -> &'static str {
        match self {
            Signal::Notify => "notify",
            Signal::Message => "message",
            Signal::Space => "space",
            Signal::Arrival => "arrival",
            Signal::Permits => "permits",
            Signal::Set => "set",
            Signal::Unpark => "unpark",
            Signal::Units => "units",
        }
    }
}

const _: () = assert!(Signal::ALL.len() <= 1 << Signal::BITS);
