//! The bytes of a trace as they come: a buffer over a file, a pipe or memory.
//!
//! Who reads takes what it understands from the front, and asks for more. What is not taken is
//! kept, so the buffer grows with the largest thing that is read in one piece.

use std::io::{self, Read};
use std::sync::atomic::Ordering;

use super::intake::Progress;
use super::problem::{ErrorKind, Position};
use super::read::{Failure, lower};

const PIECE: usize = 128 * 1024;

pub(super) struct Feed<'a> {
    from: &'a mut (dyn Read + Send),
    buffer: Vec<u8>,
    /// What was not taken yet: `start..end` of the buffer.
    start: usize,
    end: usize,
    /// How many bytes there were before those in the buffer.
    before: u64,
    progress: Option<&'a Progress>,
}

impl<'a> Feed<'a> {
    pub(super) fn new(from: &'a mut (dyn Read + Send), progress: Option<&'a Progress>) -> Feed<'a> {
        Feed { from, buffer: vec![0; PIECE], start: 0, end: 0, before: 0, progress }
    }

    /// What is there and was not taken.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Where in the file that begins.
    pub(super) fn offset(&self) -> u64 {
        self.before + self.start as u64
    }

    /// Takes `len` bytes, which must be there.
    pub(super) fn take(&mut self, len: usize) {
        self.start += len.min(self.end - self.start);
    }

    /// Waits for more bytes. False: there are none.
    pub(super) fn more(&mut self) -> Result<bool, Failure> {
        self.buffer.copy_within(self.start..self.end, 0);
        self.before += self.start as u64;
        (self.start, self.end) = (0, self.end - self.start);
        if self.end == self.buffer.len() {
            self.buffer.resize(2 * self.end, 0);
        }
        let read = loop {
            match self.from.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result.map_err(|error| self.failure(&error))?,
            }
        };
        self.end += read;
        if let Some(progress) = self.progress {
            progress.done.store(self.before + self.end as u64, Ordering::Relaxed);
        }
        Ok(read > 0)
    }

    /// Asks for more until there are `len` bytes, or no more.
    pub(super) fn at_least(&mut self, len: usize) -> Result<(), Failure> {
        while self.end - self.start < len && self.more()? {}
        Ok(())
    }

    /// All that was not taken yet.
    pub(super) fn rest(&mut self) -> Result<Vec<u8>, Failure> {
        let mut bytes = self.bytes().to_vec();
        self.take(bytes.len());
        self.from.read_to_end(&mut bytes).map_err(|error| self.failure(&error))?;
        Ok(bytes)
    }

    fn failure(&self, error: &io::Error) -> Failure {
        let at = Position::Byte(self.before + self.end as u64);
        (ErrorKind::Io, at, format!("cannot read the trace: {}", lower(&error.to_string())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives what was asked for in small pieces, with interruptions, and fails at the end.
    struct Trickle(Vec<u8>, bool);

    impl Read for Trickle {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            if self.0.is_empty() {
                return Err(io::Error::other("The pipe burst"));
            }
            let len = self.0.len().min(out.len()).min(1000);
            out[..len].copy_from_slice(&self.0[..len]);
            self.0.drain(..len);
            Ok(len)
        }
    }

    #[test]
    fn bytes_come_in_order_whatever_is_taken_when() {
        let all: Vec<u8> = (0..300_000_u32).map(|number| number as u8).collect();
        let mut from = Trickle(all.clone(), false);
        let mut feed = Feed::new(&mut from, None);
        let mut taken: Vec<u8> = Vec::new();
        for len in (0..40_000).step_by(777).chain([200_000]) {
            feed.at_least(len).expect("so many bytes are there, or it fails later");
            assert_eq!(feed.offset(), taken.len() as u64);
            taken.extend(&feed.bytes()[..len.min(feed.bytes().len())]);
            feed.take(len);
            if taken.len() > 90_000 {
                break;
            }
        }
        assert_eq!(taken, all[..taken.len()]);
        let (kind, at, what) = feed.rest().expect_err("it fails in the end");
        assert_eq!((kind, at), (ErrorKind::Io, at));
        assert_eq!(what, "cannot read the trace: the pipe burst");
    }
}
