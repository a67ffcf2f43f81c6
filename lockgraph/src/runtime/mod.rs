//! The live program: one static, one thread-local, and the hooks that the locks call.
//!
//! | file | what is in it |
//! |---|---|
//! | `tag` | what a lock carries |
//! | `origin` | how locks came to be made |
//! | `identity` | what it says, apart from it |
//! | `word` | the bits of it that are looked at all the time |
//! | `local` | the thread-local and its life |
//! | `holds`, `seen` | what a thread holds, and which chains of holds it has shown |
//! | `hook` | what the locks call: the fast path |
//! | `once`, `condvar` | what initialisations and condition variables call |
//! | `signal` | what everything calls that waits for another thread to do something |
//! | `stamp` | the order that this makes |
//! | `token` | the same of `unpark` and `park` |
//! | `meeting`, `way` | what could have hung: who waits under a lock, and what the others need first |
//! | `thread` | what the beginning and the end of threads call |
//! | `state` | the graph and the names: the slow path of something new |
//! | `contended` | the slow path of a lock that was not free |
//! | `block` | who is blocked, as far as others are to know |
//! | `contention`, `hold_time` | how long threads waited, and held |
//! | `lookout`, `standstill`, `watchdog` | that nobody is left to run, and waits that take long |
//! | `bystander` | what threads hold that are not blocked |
//! | `report` | what was found, and what is done about it |
//! | `victim` | waits that can be told to give up, and who is told |
//! | `rank` | acquisitions against the declared order |
//! | `together` | locks that are taken together, and what a thread holds |
//! | `provisional` | numbers of locks that may not last |
//! | `permits` | how many threads a semaphore lets in |
//! | `time_out` | time limits that are over again and again |
//! | `misuse` | primitives that are used wrongly, though nobody waits |
//! | `inescapable` | acquisitions that must not unwind |
//! | `record` | what goes into the trace |
//! | `events` | of that, what every thread does, at level full |
//! | `atomic` | the order of what is done to atomic variables, at level full |
//! | `data` | who reads and writes what, and who hears of what, at level full |
//! | `told` | what of that a thread knows to be there |
//! | `turns` | the order of what is done to a condition variable or barrier, at level full |
//! | `stack`, `sys` | stacks, calls to the system |

use std::sync::{Mutex, MutexGuard, PoisonError};

mod atomic;
mod block;
mod bystander;
mod condvar;
mod contended;
mod contention;
mod data;
mod events;
mod hold_time;
mod holds;
mod hook;
mod identity;
mod inescapable;
mod local;
mod lookout;
mod meeting;
mod misuse;
mod once;
mod origin;
mod permits;
mod provisional;
mod rank;
mod record;
mod report;
mod seen;
mod signal;
mod stack;
mod stamp;
mod standstill;
mod state;
mod sys;
mod tag;
mod thread;
mod time_out;
mod together;
mod token;
mod told;
mod turns;
mod victim;
mod watchdog;
mod way;
mod word;

pub use report::{findings, on_finding};

pub(crate) use atomic::{changing, in_its_turn, seen_changed};
pub use condvar::*;
pub use contended::contended;

pub(crate) use data::{Look, Unseen, assumed, gap, hear, is_recorded, looked, tell, used_alone};
pub use hook::*;
#[cfg(all(test, any(feature = "parking_lot", feature = "parking_lot_0_13")))]
pub(crate) use identity::ClassRef;
pub(crate) use inescapable::{abort, inescapable};
pub(crate) use misuse::over_released;
pub(crate) use once::{OnceTag, OnceWait, once_passed, once_seen, once_waiting};
pub(crate) use permits::{judge_again, let_all_in, let_in};
pub use rank::keyed;
#[cfg(feature = "crossbeam-channel")]
pub(crate) use signal::awaiting_any;
pub(crate) use signal::{
    Awaiting, awaited, awaiting, could_serve, could_wait, giving_back, leaving, parking, serving,
};
pub(crate) use stamp::{Stamp, StampCell, heard};
pub use tag::{Site, Tag};
pub(crate) use thread::{Child, JoinWait, forking, joining, returned, scope_ending};
pub(crate) use time_out::had_in_time;
#[cfg(any(feature = "parking_lot", feature = "parking_lot_0_13"))]
pub(crate) use time_out::limited_in_queue;
pub use time_out::{Limited, limited};
pub(crate) use together::{
    InTheWay, Place, Together, all_held, give_place, has_place, holding, in_the_way, name,
};
pub(crate) use token::Token;
pub(crate) use victim::Recovering;
pub(crate) use watchdog::{StalledNow, guarding, stalled_now};

/// Locks one of our own. They are never left half-changed by a panic.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
