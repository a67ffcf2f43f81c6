//! What is wrong with a settings file, or keeps us from reading or writing it: everything at once,
//! a line each, with the place and what to do about it.

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::Path;

/// Why there are no settings, or why they could not be changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Trouble {
    file: String,
    mistakes: Vec<Mistake>,
}

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Mistake {
    /// Where in the file, if it is not the file as a whole.
    at: Option<Position>,
    /// What is wrong, and the remedy.
    what: String,
}

/// A place in a text, both from 1, the column in characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Position {
    /// The place of a byte of `text`.
    pub(crate) fn of(text: &str, byte: usize) -> Position {
        let before = text.get(..byte).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or(before);
        let lines = before.bytes().filter(|byte| *byte == b'\n').count();
        Position { line: lines + 1, column: line.chars().count() + 1 }
    }
}

impl Mistake {
    pub(crate) fn at(text: &str, span: &Range<usize>, what: impl Into<String>) -> Mistake {
        Mistake { at: Some(Position::of(text, span.start)), what: what.into() }
    }

    fn position(&self) -> Option<String> {
        self.at.map(|at| format!("{}:{}", at.line, at.column))
    }
}

impl Trouble {
    /// Mistakes in a file, in the order of their places.
    pub(crate) fn new(file: &Path, mut mistakes: Vec<Mistake>) -> Trouble {
        mistakes.sort();
        mistakes.dedup();
        Trouble { file: file.display().to_string(), mistakes }
    }

    /// The file as a whole.
    pub(crate) fn of_file(file: &Path, what: impl Into<String>) -> Trouble {
        Trouble::new(file, vec![Mistake { at: None, what: what.into() }])
    }

    /// One place in the file.
    pub(crate) fn at_line(
        file: &Path,
        line: usize,
        column: usize,
        what: impl Into<String>,
    ) -> Trouble {
        let at = Some(Position { line, column });
        Trouble::new(file, vec![Mistake { at, what: what.into() }])
    }

    /// For `map_err`: what was tried with the file.
    pub(crate) fn when<'a>(
        what: &'a str,
        file: &'a Path,
    ) -> impl FnOnce(io::Error) -> Trouble + 'a {
        move |error| Trouble::of_file(file, format!("cannot be {what}: {error}"))
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, mistake) in self.mistakes.iter().enumerate() {
            let line_end = if number > 0 { "\n" } else { "" };
            write!(f, "{line_end}{}:", self.file)?;
            if let Some(position) = mistake.position() {
                write!(f, "{position}:")?;
            }
            write!(f, " {}", mistake.what)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_characters() {
        let text = "a = 1\n\u{e4}\u{1f512}b = 2\n";
        for (byte, line, column) in [(0, 1, 1), (4, 1, 5), (6, 2, 1), (12, 2, 3), (17, 2, 8)] {
            assert_eq!(Position::of(text, byte), Position { line, column }, "{byte}");
        }
        assert_eq!(Position::of(text, 99), Position { line: 3, column: 1 });
    }

    #[test]
    fn each_mistake_is_a_line_in_the_order_of_the_file() {
        let text = "a\nb\n";
        let mistakes = vec![
            Mistake::at(text, &(2..3), "second"),
            Mistake::at(text, &(0..1), "first"),
            Mistake::at(text, &(0..1), "first"),
        ];
        let trouble = Trouble::new(Path::new("x.toml"), mistakes);
        assert_eq!(trouble.to_string(), "x.toml:1:1: first\nx.toml:2:1: second");
    }
}
