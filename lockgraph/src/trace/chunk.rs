//! A chunk while it is written: append, then commit.
//!
//! One owner, no locking, no system call. What does not fit leaves the chunk as it was.

use std::io;

use super::encode::encode;
use super::layout::{CHUNK_HEADER, CHUNK_MAGIC, CHUNK_MAGIC_AT, COMMITTED_AT, ChunkHeader};
use super::map::Region;
use super::record::Record;
use super::stream::WINDOW;

/// Why a record was not appended.
pub(super) enum Refused {
    /// It needs this many bytes, and there are not so many left.
    Full(usize),
    /// It could not be written.
    Failed(io::Error),
}

/// The header and the rest of a chunk, and how much of that is committed.
pub(super) struct Chunk {
    header: Region,
    body: Region,
    committed: usize,
}

impl Chunk {
    /// Makes `region` a chunk.
    pub(super) fn new(mut region: Region, facts: ChunkHeader) -> io::Result<Chunk> {
        let size = region.bytes_mut(0).len();
        let body = region.split_off(CHUNK_HEADER);
        let mut header = region;
        let facts = ChunkHeader { size: size as u32, committed: 0, ..facts }.to_bytes();
        header.bytes_mut(0)[..facts.len()].copy_from_slice(&facts);
        header.publish(0, facts.len())?;
        header.store(CHUNK_MAGIC_AT, CHUNK_MAGIC);
        Ok(Chunk { header, body, committed: 0 })
    }

    /// How many bytes are left.
    pub(super) fn room(&mut self) -> usize {
        self.body.bytes_mut(self.committed).len()
    }

    /// Writes `record` behind the others.
    pub(super) fn append(&mut self, record: &Record<'_>) -> Result<(), Refused> {
        let at = self.committed;
        let len = encode(record, self.body.bytes_mut(at));
        if len > self.room() {
            return Err(Refused::Full(len));
        }
        self.advance(len).map_err(Refused::Failed)
    }

    /// The bytes behind what is committed, if there are so many.
    #[inline]
    pub(super) fn window(&mut self) -> Option<&mut [u8; WINDOW]> {
        self.body.window(self.committed)
    }

    /// Commits the next `len` bytes, which have been written.
    #[inline]
    pub(super) fn advance(&mut self, len: usize) -> io::Result<()> {
        self.body.publish(self.committed, self.committed + len)?;
        self.committed += len;
        self.header.store(COMMITTED_AT, self.committed as u32);
        Ok(())
    }

    /// The whole rest in pieces of `len` bytes, each to be written by itself, and committed now.
    pub(super) fn into_pieces(mut self, len: usize) -> io::Result<Vec<Region>> {
        let mut pieces = Vec::with_capacity(self.room() / len);
        let mut rest = self.body;
        while rest.bytes_mut(0).len() >= len {
            let next = rest.split_off(len);
            pieces.push(std::mem::replace(&mut rest, next));
        }
        self.header.store(COMMITTED_AT, (pieces.len() * len) as u32);
        Ok(pieces)
    }
}
