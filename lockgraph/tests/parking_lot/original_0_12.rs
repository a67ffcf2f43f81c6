//! The shared tests on: the originals of parking_lot 0.12.

use parking_lot_0_12 as pl;

#[path = "auto_traits.rs"]
mod auto_traits;
#[path = "condvar.rs"]
mod condvar;
#[path = "mutex.rs"]
mod mutex;
#[path = "once.rs"]
mod once;
#[path = "only_0_12.rs"]
mod only;
#[path = "reentrant_mutex.rs"]
mod reentrant_mutex;
#[path = "rwlock.rs"]
mod rwlock;

pub(crate) use auto_traits::auto_traits;
