//! A chunk while it is written: append, then commit.
//!
//! One owner, no locking, no system call. A record that does not fit leaves the chunk as it was.

use std::io;

use super::encode::encode;
use super::layout::{CHUNK_HEADER, CHUNK_MAGIC, CHUNK_MAGIC_AT, COMMITTED_AT, ChunkHeader};
use super::map::Region;
use super::record::Record;

/// Why a record was not appended.
pub(super) enum Refused {
    /// It needs this many bytes, and there are not so many left.
    Full(usize),
    /// It could not be written.
    Failed(io::Error),
}

/// The part of a region after its header, and how much of it is committed.
pub(super) struct Chunk {
    region: Region,
    /// Where in the region the chunk's header is.
    start: usize,
    committed: usize,
    room: usize,
}

impl Chunk {
    /// Makes `region`, from `start` to its end, a chunk.
    pub(super) fn new(mut region: Region, start: usize, header: ChunkHeader) -> io::Result<Chunk> {
        let bytes = region.bytes_mut(start);
        let size = bytes.len();
        let header = ChunkHeader { size: size as u32, committed: 0, ..header }.to_bytes();
        bytes[..header.len()].copy_from_slice(&header);
        region.publish(start, start + header.len())?;
        region.store(start + CHUNK_MAGIC_AT, CHUNK_MAGIC);
        Ok(Chunk { region, start, committed: 0, room: size - CHUNK_HEADER })
    }

    /// How many bytes are left.
    pub(super) fn room(&self) -> usize {
        self.room - self.committed
    }

    /// Whether a record of `len` bytes would fit if the chunk were empty.
    pub(super) fn could_hold(&self, len: usize) -> bool {
        len <= self.room
    }

    /// Writes `record` behind the others.
    #[inline]
    pub(super) fn append(&mut self, record: &Record<'_>) -> Result<(), Refused> {
        let at = self.body() + self.committed;
        let len = encode(record, self.region.bytes_mut(at));
        if len > self.room() {
            return Err(Refused::Full(len));
        }
        self.region.publish(at, at + len).map_err(Refused::Failed)?;
        self.commit(self.committed + len);
        Ok(())
    }

    /// Overwrites `len` bytes at `at` of what is committed, or commits them now.
    pub(super) fn put(&mut self, at: usize, bytes: &[u8]) -> io::Result<()> {
        let from = self.body() + at;
        let Some(place) = self.region.bytes_mut(from).get_mut(..bytes.len()) else {
            return Err(io::ErrorKind::UnexpectedEof.into());
        };
        place.copy_from_slice(bytes);
        self.region.publish(from, from + bytes.len())?;
        if at + bytes.len() > self.committed {
            self.commit(at + bytes.len());
        }
        Ok(())
    }

    /// Stores a word of what is committed.
    pub(super) fn store(&mut self, at: usize, value: u32) {
        self.region.store(self.body() + at, value);
    }

    fn body(&self) -> usize {
        self.start + CHUNK_HEADER
    }

    #[inline]
    fn commit(&mut self, committed: usize) {
        self.committed = committed;
        self.region.store(self.start + COMMITTED_AT, committed as u32);
    }
}
