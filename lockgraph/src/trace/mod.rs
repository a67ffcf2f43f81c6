//! The trace: what a program leaves behind, and how it is read again.
//!
//! One process writes one file, `DIR/<pid>-<start>.lgt`, through shared mappings: what was
//! written is in the page cache at once, so it is there after SIGKILL too. Nothing is
//! compressed, and nothing needs to be closed.
//!
//! ```text
//! 0      header: magic, version, level, process            (layout.rs)
//! 4096   chunk, to the end of the first 64 KiB
//! 64 KiB chunk, or several units for one large record
//! ...
//! ```
//!
//! A chunk belongs to one owner at a time, who appends to it and then raises the committed length;
//! a reader takes what is committed, and nothing straddles chunks. There are chunks of the graph
//! stream ([`Record`]), chunks of events ([`Entry`], one owner thread at a time) and chunks of
//! wait slots, which are overwritten in place and show who waits right now ([`Slot`], one owner
//! thread each).
//!
//! | file | what is in it |
//! |---|---|
//! | `record`, `encode`, `decode`, `wire` | the records and their one code |
//! | `figures` | how long threads waited and held |
//! | `stream` | the events and their code |
//! | `layout`, `chunk` | the bytes of header, chunks and slots |
//! | `map`, `plain` | the file in memory: mapped, with the only unsafe code, or not (not Unix) |
//! | `writer`, `waits` | [`Writer`], [`EventStream`], [`Slot`] |
//! | `read`, `feed`, `intake` | [`read`] and [`scan`]: from bytes to batches of events |
//! | `native`, `lives`, `merge`, `turns` | our file: what it says, and one order of its events |
//! | `std_text`, `std_names`, `rapid_bin` | the field's own formats |
//! | `std_write` | [`write_std`] |
//! | `witness` | the schedule of a finding as such a trace |
//! | `audit`, `holders`, `dense` | whether the events make sense |
//! | `contents`, `problem` | [`Trace`], and what can be wrong with one |
//!
//! The writer never panics and never kills the program: its first failure stops the recording.
//! The reader never panics either, and allocates no more than the file has bytes for.

mod audit;
mod chunk;
mod contents;
mod data_flow;
mod decode;
mod dense;
mod encode;
mod feed;
mod figures;
mod holders;
mod intake;
mod layout;
mod lives;
#[cfg_attr(not(unix), path = "plain.rs")]
mod map;
mod merge;
mod native;
mod objects;
mod problem;
mod rapid_bin;
mod read;
mod record;
mod std_names;
mod std_text;
mod std_write;
mod stream;
mod turns;
mod waits;
mod wire;
mod witness;
mod writer;

#[cfg(test)]
mod arbitrary;

pub use crate::span::Over;
pub use contents::{Process, RapidCounts, Source, Thread, Trace};
pub(crate) use data_flow::{DATA_FLOW, WHOLE};
pub use figures::{Awaited, Contention, LongestHold};
pub use intake::Progress;
pub(crate) use intake::between_threads;
pub use layout::Level;
pub use problem::{ErrorKind, Position, Problem, ReadError};
pub use read::{Scan, is_native, read, read_bytes, scan, scan_bytes};
pub use record::{Dependency, LockClass, Meeting, Module, Record, Span};
pub use std_write::write_std;
pub use stream::{Access, Entry};
pub use waits::{Slot, WaitSlot, Waiting};
pub use witness::write_witness;
pub use writer::{DEFAULT_LIMIT, EventStream, Writer};
