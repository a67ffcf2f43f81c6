//! The standard library as `cargo lockgraph` gives it to the crates of a project: the original, but
//! for the locks and threads, which are lockgraph's.
//!
//! `rustc --extern std=..` makes every `std::..` path of a crate resolve here, those of macros and
//! of the prelude too. What is ours shadows what comes by the glob; `lockgraph_rt` is the library
//! of lockgraph itself, compiled once with optimisation.

#![no_std]

extern crate std as original;

pub use original::*;

pub mod sync {
    pub use lockgraph_rt::sync::*;

    // The original's are `core`'s, which crates may name too, and take for the same types.
    pub use original::sync::atomic;

    // The original has none of these, and a program that takes names by a glob may have them from
    // elsewhere. What nobody else can see hides what comes by our own glob.
    struct Event;
    struct OwnedPermit;
    struct Permit;
    struct Semaphore;
}

pub mod thread {
    pub use lockgraph_rt::thread::*;
}
