//! A source line as it is printed, and where on the screen its characters are.
//!
//! Tabs become four spaces, wide characters take two columns, combining ones none; what would
//! move the cursor or turn the direction of the text becomes a replacement character. A line
//! longer than [`WIDEST`] is cut to a window around what is marked.

use crate::explain::is_hostile;

/// How many columns of a source line are printed.
pub(super) const WIDEST: usize = 140;
/// How much of a cut line is printed before the first mark.
const BEFORE: usize = 40;

/// A line, ready to be printed.
pub(super) struct Line {
    pub(super) text: String,
    /// By character: the column where it begins, from 0; one more for the end of the line.
    starts: Vec<usize>,
    /// The characters of the source that are in `text`.
    from: usize,
    letters: Vec<char>,
}

impl Line {
    /// Prepares `source`, showing the character `first` (from 0) and as much after it as there is
    /// room for.
    pub(super) fn new(source: &str, first: usize) -> Line {
        let letters: Vec<char> = source.chars().collect();
        let whole: usize = letters.iter().copied().map(width).sum();
        let from =
            if whole <= WIDEST { 0 } else { first.min(letters.len()).saturating_sub(BEFORE) };
        let mut line = Line { text: String::new(), starts: Vec::new(), from, letters };
        line.render();
        line
    }

    fn render(&mut self) {
        let mut column = 0;
        if self.from > 0 {
            self.text.push_str("...");
            column = 3;
        }
        for letter in &self.letters[self.from..] {
            if column + width(*letter) > WIDEST {
                self.text.push_str("...");
                break;
            }
            self.starts.push(column);
            column += width(*letter);
            match letter {
                '\t' => self.text.push_str("    "),
                hostile if is_hostile(*hostile) => self.text.push('\u{fffd}'),
                letter => self.text.push(*letter),
            }
        }
        self.starts.push(column);
    }

    /// The columns of what begins at character `at` (from 0): a word, or one character. `None`
    /// marks the line without the space around it.
    pub(super) fn span(&self, at: Option<usize>) -> (usize, usize) {
        let (first, last) = match at {
            Some(at) => {
                let rest = self.letters.get(at..).unwrap_or_default();
                let word = rest.iter().take_while(|letter| is_word(**letter)).count();
                (at, at + word.max(1))
            }
            None => {
                let is_text = |letter: &char| !letter.is_whitespace();
                let first = self.letters.iter().position(is_text).unwrap_or(0);
                let last = self.letters.iter().rposition(is_text).map_or(1, |last| last + 1);
                (first, last)
            }
        };
        let start = self.column(first);
        (start, self.column(last).max(start + 1))
    }

    fn column(&self, at: usize) -> usize {
        let shown = at.saturating_sub(self.from).min(self.starts.len() - 1);
        self.starts[shown]
    }

    /// Whether the character `at` is in the part that is printed.
    pub(super) fn shows(&self, at: usize) -> bool {
        (self.from..self.from + self.starts.len()).contains(&at)
    }
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Combining characters, which take no column.
const NARROW: [(u32, u32); 8] = [
    (0x0300, 0x036f),
    (0x0483, 0x0489),
    (0x0591, 0x05bd),
    (0x064b, 0x065f),
    (0x1ab0, 0x1aff),
    (0x1dc0, 0x1dff),
    (0x20d0, 0x20ff),
    (0xfe00, 0xfe0f),
];

/// What takes two columns in terminals, in coarse blocks: East Asian scripts and pictures.
const WIDE: [(u32, u32); 14] = [
    (0x1100, 0x115f),
    (0x2e80, 0x303e),
    (0x3041, 0x4dbf),
    (0x4e00, 0xa4cf),
    (0xa960, 0xa97f),
    (0xac00, 0xd7a3),
    (0xf900, 0xfaff),
    (0xfe30, 0xfe6f),
    (0xff00, 0xff60),
    (0xffe0, 0xffe6),
    (0x1f300, 0x1f64f),
    (0x1f680, 0x1f6ff),
    (0x1f900, 0x1f9ff),
    (0x20000, 0x3fffd),
];

/// How many columns a text takes on a terminal, in which nothing is hostile.
pub fn text_width(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// How many columns a character takes.
fn width(letter: char) -> usize {
    let code = u32::from(letter);
    let is_in =
        |ranges: &[(u32, u32)]| ranges.iter().any(|(from, to)| (*from..=*to).contains(&code));
    match letter {
        '\t' => 4,
        _ if letter.is_ascii() => 1,
        _ if is_in(&NARROW) => 0,
        _ if is_in(&WIDE) => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_under_what_they_mark() {
        // Source, character (from 0), columns of the mark.
        for (source, at, want) in [
            ("a.lock()", Some(2), (2, 6)),
            ("\ta.lock()", Some(3), (6, 10)),
            ("\u{4e16}\u{754c}.lock()", Some(3), (5, 9)),
            ("e\u{301}.lock()", Some(3), (2, 6)),
            ("(x)", Some(0), (0, 1)),
            ("short", Some(99), (5, 6)),
            ("   a.b()  ", None, (3, 8)),
            ("", None, (0, 1)),
            ("", Some(0), (0, 1)),
        ] {
            assert_eq!(Line::new(source, 0).span(at), want, "{source:?} {at:?}");
        }
    }

    #[test]
    fn a_long_line_is_cut_around_the_mark() {
        let source = format!("{}lock(){}", "x".repeat(5000), "y".repeat(5000));
        let line = Line::new(&source, 5000);
        let (start, end) = line.span(Some(5000));
        // The run of letters goes on to the left, but the mark begins where it was asked to.
        assert_eq!(&line.text[start..end], "lock");
        assert!(line.text.starts_with("...x") && line.text.ends_with("y..."));
        assert!(line.text.len() <= WIDEST + 6);
        assert!(line.shows(5000) && !line.shows(0) && !line.shows(9000));
    }

    #[test]
    fn a_line_cannot_move_the_cursor() {
        let line = Line::new("a\x1b[2J\u{202e}b\r", 0);
        assert_eq!(line.text, "a\u{fffd}[2J\u{fffd}b\u{fffd}");
    }
}
