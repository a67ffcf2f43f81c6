//! The drop-in tests, on the originals. See `drop_in`.

#![expect(clippy::unwrap_used, reason = "what tests call is part of the tests")]

use std::{sync, thread};

#[path = "drop_in/mod.rs"]
mod shape;
