//! All of `std::sync`, itself, and beside it what it does not have: a semaphore and an event.

#[path = "../sync/banker.rs"]
pub(crate) mod banker;
#[path = "../sync/event.rs"]
mod event;
#[path = "../sync/ledger.rs"]
mod ledger;
#[path = "../sync/permit.rs"]
mod permit;
#[path = "../sync/permits.rs"]
mod permits;
#[path = "../sync/refusal.rs"]
pub(crate) mod refusal;
#[path = "../sync/semaphore.rs"]
mod semaphore;
mod watch;

// What is ours shadows what comes by the glob.
pub use std::sync::*;

pub use self::event::Event;
pub use self::permit::{OwnedPermit, Permit};
pub use self::semaphore::Semaphore;
