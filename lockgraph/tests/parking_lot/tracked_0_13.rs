//! The shared tests on: the locks of ours in the shape of parking_lot 0.13.

use lockgraph::parking_lot_0_13 as pl;

#[path = "auto_traits.rs"]
mod auto_traits;
#[path = "condvar.rs"]
mod condvar;
#[cfg(any(debug_assertions, feature = "instrument"))]
#[path = "findings.rs"]
mod findings;
#[path = "mutex.rs"]
mod mutex;
#[path = "once.rs"]
mod once;
#[path = "only_0_13.rs"]
mod only;
#[path = "reentrant_mutex.rs"]
mod reentrant_mutex;
#[path = "rwlock.rs"]
mod rwlock;
#[path = "together.rs"]
mod together;

pub(crate) use auto_traits::auto_traits;
