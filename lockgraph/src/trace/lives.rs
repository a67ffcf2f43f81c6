//! The events of one thread, decoded from its parts of the file as they are wanted.
//!
//! A part is what a chunk has of one thread. The first pass over the file finds the parts and ends
//! each before anything that is no event of the thread. What a life takes beside the bytes is a
//! decoder's memory while it is in a part, and nothing before and after.

use std::ops::Range;
use std::vec;

use super::merge::Logged;
use super::stream::{Entry, Memory};
use super::wire::Decoder;
use crate::event::Event;
use crate::id::ThreadId;

pub(super) struct Life<'a> {
    thread: ThreadId,
    file: &'a [u8],
    parts: vec::IntoIter<Range<usize>>,
    open: Option<Box<Part<'a>>>,
}

struct Part<'a> {
    memory: Memory,
    from: Decoder<'a>,
}

impl<'a> Life<'a> {
    /// Of `thread`, whose events lie in these parts of the file.
    pub(super) fn new(thread: ThreadId, file: &'a [u8], parts: Vec<Range<usize>>) -> Life<'a> {
        Life { thread, file, parts: parts.into_iter(), open: None }
    }
}

impl Iterator for Life<'_> {
    type Item = Logged;

    fn next(&mut self) -> Option<Logged> {
        let mut nanos = None;
        loop {
            let Some(Part { memory, from }) = self.open.as_deref_mut() else {
                let bytes = self.file.get(self.parts.next()?).unwrap_or_default();
                let part = Part { memory: Memory::new(), from: Decoder::new(bytes) };
                self.open = Some(Box::new(part));
                continue;
            };
            match memory.read(from) {
                Ok(Entry::Step { op, site, turn }) => {
                    let event = Event { thread: self.thread, op, site };
                    return Some(Logged { event, turn, nanos });
                }
                Ok(Entry::Time(time)) => nanos = Some(time),
                Ok(Entry::Lost(_)) => {}
                // The part is over.
                Ok(Entry::Owner(_)) | Err(_) => self.open = None,
            }
        }
    }
}
