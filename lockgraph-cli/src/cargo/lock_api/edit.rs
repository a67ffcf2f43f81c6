//! Insertions and replacements in a text, by byte positions in the original.

use std::ops::Range;

use proc_macro2::Span;

/// Edits of one text. They do not overlap.
#[derive(Default)]
pub(super) struct Edits {
    edits: Vec<(Range<usize>, String)>,
}

impl Edits {
    /// Puts `text` before `span`.
    pub(super) fn before(&mut self, span: Span, text: impl Into<String>) {
        let at = span.byte_range().start;
        self.edits.push((at..at, text.into()));
    }

    /// Puts `text` after `span`.
    pub(super) fn after(&mut self, span: Span, text: impl Into<String>) {
        let at = span.byte_range().end;
        self.edits.push((at..at, text.into()));
    }

    /// Puts `text` in place of `span`.
    pub(super) fn replace(&mut self, span: Span, text: impl Into<String>) {
        self.edits.push((span.byte_range(), text.into()));
    }

    /// The edited text. Insertions at one position come in the order in which they were made.
    pub(super) fn apply(mut self, text: &str) -> String {
        self.edits.sort_by_key(|(range, _)| range.start);
        let mut edited = String::with_capacity(text.len() * 5 / 4);
        let mut done = 0;
        for (range, new) in self.edits {
            edited.push_str(&text[done..range.start]);
            edited.push_str(&new);
            done = range.end;
        }
        edited.push_str(&text[done..]);
        edited
    }
}
