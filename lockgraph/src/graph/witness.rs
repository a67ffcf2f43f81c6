//! A witness: as others see it, and as the graph keeps it, in 16 bytes.

use std::num::NonZeroU32;

use super::moments::MomentId;
use crate::chain::ChainId;
use crate::id::{Mode, SiteId, ThreadId};
use crate::span::SpanId;

/// The evidence for an edge: a want, and what was held then.
#[derive(Clone, Copy)]
pub(crate) struct Witness<'a> {
    pub(crate) thread: ThreadId,
    pub(crate) span: SpanId,
    pub(crate) held: ChainId,
    pub(crate) node: u32,
    pub(crate) mode: Mode,
    pub(crate) site: SiteId,
    /// Return addresses, innermost first.
    pub(crate) stack: &'a [u64],
}

/// A witness as it is kept.
pub(super) struct Kept {
    pub(super) moment: MomentId,
    pub(super) held: ChainId,
    pub(super) node: u32,
    /// On how many lists it is.
    pub(super) lists: NonZeroU32,
}

const _: () = assert!(size_of::<Option<Kept>>() == 16);
