//! What `cargo lockgraph` compiles in place of `lockgraph` itself, where a project uses it by name.
//!
//! Everything is the one runtime's, so that there are not two in a process. The locks of
//! `parking_lot` are the plain ones: their `lock_api` reports to the runtime already.

pub use lockgraph_rt::*;

/// The functions of `named` that both versions of `parking_lot` have.
#[cfg(any(feature = "parking_lot", feature = "parking_lot_0_13"))]
macro_rules! named {
    () => {
        use super::lock_api::{GetThreadId, RawMutex as _, RawRwLock as _};
        use super::{
            FairMutex, Mutex, RawFairMutex, RawMutex, RawRwLock, RawThreadId, ReentrantMutex,
            RwLock,
        };

        /// A mutex called `name`.
        pub const fn mutex<T>(name: &'static &'static str, value: T) -> Mutex<T> {
            Mutex::lockgraph_named(name, RawMutex::INIT, value)
        }

        /// A fair mutex called `name`.
        pub const fn fair_mutex<T>(name: &'static &'static str, value: T) -> FairMutex<T> {
            FairMutex::lockgraph_named(name, RawFairMutex::INIT, value)
        }

        /// A reentrant mutex called `name`.
        pub const fn reentrant_mutex<T>(
            name: &'static &'static str,
            value: T,
        ) -> ReentrantMutex<T> {
            ReentrantMutex::lockgraph_named(name, RawMutex::INIT, RawThreadId::INIT, value)
        }

        /// A reader-writer lock called `name`.
        pub const fn rwlock<T>(name: &'static &'static str, value: T) -> RwLock<T> {
            RwLock::lockgraph_named(name, RawRwLock::INIT, value)
        }
    };
}

/// The functions of `ranked` that both versions of `parking_lot` have.
#[cfg(any(feature = "parking_lot", feature = "parking_lot_0_13"))]
macro_rules! ranked {
    () => {
        use super::lock_api::{RawMutex as _, RawRwLock as _};
        use super::{FairMutex, Mutex, RawFairMutex, RawMutex, RawRwLock, RwLock};
        use lockgraph_rt::Rank;

        /// A mutex of this rank.
        pub const fn mutex<T>(rank: &'static Rank, value: T) -> Mutex<T> {
            Mutex::lockgraph_ranked(rank, RawMutex::INIT, value)
        }

        /// A fair mutex of this rank.
        pub const fn fair_mutex<T>(rank: &'static Rank, value: T) -> FairMutex<T> {
            FairMutex::lockgraph_ranked(rank, RawFairMutex::INIT, value)
        }

        /// A reader-writer lock of this rank.
        pub const fn rwlock<T>(rank: &'static Rank, value: T) -> RwLock<T> {
            RwLock::lockgraph_ranked(rank, RawRwLock::INIT, value)
        }
    };
}

/// The locks of `parking_lot` 0.12.
#[cfg(feature = "parking_lot")]
pub mod parking_lot {
    pub use ::parking_lot_0_12::*;

    /// The raw lock of [`ReentrantMutex`].
    pub use ::parking_lot_0_12::RawMutex as RawReentrantMutex;

    /// Locks with a name, which reports use instead of the place where a lock was made.
    pub mod named {
        named!();
    }

    /// Locks with a rank.
    pub mod ranked {
        ranked!();
    }
}

/// The locks of `parking_lot` 0.13.
#[cfg(feature = "parking_lot_0_13")]
pub mod parking_lot_0_13 {
    pub use ::parking_lot_0_13::*;

    /// The raw lock of [`ReentrantMutex`].
    pub use ::parking_lot_0_13::RawMutex as RawReentrantMutex;

    /// Locks with a name, which reports use instead of the place where a lock was made.
    pub mod named {
        use super::RecursiveRwLock;

        named!();

        /// A reader-writer lock called `name`, whose readers overtake waiting writers.
        pub const fn recursive_rwlock<T>(
            name: &'static &'static str,
            value: T,
        ) -> RecursiveRwLock<T> {
            RecursiveRwLock::lockgraph_named(name, RawRwLock::INIT, value)
        }
    }

    /// Locks with a rank.
    pub mod ranked {
        use super::RecursiveRwLock;

        ranked!();

        /// A reader-writer lock of this rank, whose readers overtake waiting writers.
        pub const fn recursive_rwlock<T>(rank: &'static Rank, value: T) -> RecursiveRwLock<T> {
            RecursiveRwLock::lockgraph_ranked(rank, RawRwLock::INIT, value)
        }
    }
}

/// The channels of `crossbeam-channel`, which are not watched here, but for the locks in them.
#[cfg(feature = "crossbeam-channel")]
pub mod crossbeam_channel {
    pub use ::crossbeam_channel::*;

    /// Channels whose names go unused.
    pub mod named {
        use super::{Receiver, Sender};

        /// A channel that has room for any number of messages; the name is not used.
        pub fn unbounded<T>(_name: &'static &'static str) -> (Sender<T>, Receiver<T>) {
            super::unbounded()
        }

        /// A channel that has room for `cap` messages; the name is not used.
        pub fn bounded<T>(_name: &'static &'static str, cap: usize) -> (Sender<T>, Receiver<T>) {
            super::bounded(cap)
        }
    }
}
