//! How locks came to be made: the stack of that moment.
//!
//! The line that makes a lock is often that of a wrapper type, which many places call. A lock
//! then carries, instead of the line, one of these, which has the line and the stack. Only under
//! `cargo lockgraph` are there any.

use super::tag::Site;

#[cfg(lockgraph_origins)]
mod kept;
#[cfg(lockgraph_origins)]
pub(super) use kept::here;

/// Where and how a lock was made.
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) site: Site,
    pub(super) stack: Box<[u64]>,
}
