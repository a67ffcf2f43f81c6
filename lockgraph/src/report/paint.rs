//! Text with or without ANSI colours.

use std::io::{self, Write};

/// What a piece of text is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Paint {
    Error,
    Warning,
    Note,
    Help,
    Title,
    /// Line numbers, arrows, and marks that are not the main one.
    Gutter,
}

impl Paint {
    fn code(self) -> &'static str {
        match self {
            Paint::Error => "1;31",
            Paint::Warning => "1;33",
            Paint::Note => "1;32",
            Paint::Help => "1;36",
            Paint::Title => "1",
            Paint::Gutter => "1;34",
        }
    }
}

/// A writer that knows whether to paint.
pub(super) struct Painter<'a> {
    out: &'a mut dyn Write,
    is_coloured: bool,
    severity: Paint,
}

impl<'a> Painter<'a> {
    pub(super) fn new(out: &'a mut dyn Write, is_coloured: bool, severity: Paint) -> Painter<'a> {
        Painter { out, is_coloured, severity }
    }

    /// Writes a piece of a line.
    pub(super) fn paint(&mut self, paint: Paint, text: &str) -> io::Result<()> {
        if self.is_coloured && !text.trim().is_empty() {
            write!(self.out, "\x1b[{}m{text}\x1b[0m", paint.code())
        } else {
            self.out.write_all(text.as_bytes())
        }
    }

    /// As [`Painter::paint`], in the colour of the finding.
    pub(super) fn severe(&mut self, text: &str) -> io::Result<()> {
        self.paint(self.severity, text)
    }

    /// The colour of a mark.
    pub(super) fn mark(&self, is_primary: bool) -> Paint {
        if is_primary { self.severity } else { Paint::Gutter }
    }

    /// Writes a piece of a line, unpainted.
    pub(super) fn plain(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())
    }

    /// Writes the rest of a line, unpainted.
    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.end_line()
    }

    pub(super) fn end_line(&mut self) -> io::Result<()> {
        self.out.write_all(b"\n")
    }
}
