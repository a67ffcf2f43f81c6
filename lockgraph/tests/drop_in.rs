//! The drop-in tests, on our locks and threads. `drop_in_std` runs the same source on the
//! originals, so that what is asserted here is what they do.

#![expect(clippy::unwrap_used, reason = "what tests call is part of the tests")]

use lockgraph::{sync, thread};

#[path = "drop_in/mod.rs"]
mod shape;
