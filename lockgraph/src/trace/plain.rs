//! Pieces of the trace file in memory, where there are no shared mappings we know how to make:
//! a buffer, and a write for every record.
//!
//! The interface is that of `map.rs`. What was published survives the death of the process here
//! too, but a record costs a system call.

use std::fs::File;
use std::io;
use std::sync::Arc;

/// A piece of the file.
pub(super) struct Region {
    file: Arc<File>,
    offset: u64,
    bytes: Vec<u8>,
}

impl Region {
    /// Takes `len` bytes of `file` from `offset`, which are zeros.
    pub(super) fn map(file: &File, offset: u64, len: usize) -> io::Result<Region> {
        Ok(Region { file: Arc::new(file.try_clone()?), offset, bytes: vec![0; len] })
    }

    /// Cuts the region at `at` and returns what is behind.
    pub(super) fn split_off(&mut self, at: usize) -> Region {
        let bytes = self.bytes.split_off(at);
        Region { file: self.file.clone(), offset: self.offset + at as u64, bytes }
    }

    /// The bytes from `from` on; none if that is beyond the end.
    pub(super) fn bytes_mut(&mut self, from: usize) -> &mut [u8] {
        let from = from.min(self.bytes.len());
        &mut self.bytes[from..]
    }

    /// `N` bytes from `from` on, if there are so many.
    pub(super) fn window<const N: usize>(&mut self, from: usize) -> Option<&mut [u8; N]> {
        self.bytes_mut(from).first_chunk_mut()
    }

    /// Writes a word. An error is not told: the next [`Region::publish`] will meet it again.
    pub(super) fn store(&mut self, at: usize, value: u32) {
        self.bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        let _ = self.publish(at, at + 4);
    }

    /// Writes `from..to` to the file.
    pub(super) fn publish(&mut self, from: usize, to: usize) -> io::Result<()> {
        write_at(&self.file, self.offset + from as u64, &self.bytes[from..to])
    }
}

/// Makes `file` longer, from `end` by `len` bytes of zeros, with blocks for them.
pub(super) fn grow(file: &File, end: u64, len: usize) -> io::Result<()> {
    write_at(file, end, &vec![0; len])
}

#[cfg(windows)]
fn write_at(file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
    use std::os::windows::fs::FileExt;
    let mut written = 0;
    while written < bytes.len() {
        match file.seek_write(&bytes[written..], offset + written as u64)? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            more => written += more,
        }
    }
    Ok(())
}

/// The clones of a file share their cursor, so one thread at a time may move it.
#[cfg(not(windows))]
fn write_at(mut file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
    use std::io::{Seek, SeekFrom, Write};
    static CURSOR: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _guard = CURSOR.lock();
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(bytes)
}
