//! The tree of the file, or what is wrong with its TOML.
//!
//! What git leaves in a file that two branches have changed is no TOML either. It is looked for
//! only in what could not be read: a text over several lines may have such lines.

use toml::Spanned;
use toml::de::DeTable;

use super::trouble::{Mistake, Position};

/// Reads it. One mistake a line is told: the rest of the line makes no sense then.
pub(super) fn tree(text: &str) -> Result<Spanned<DeTable<'_>>, Vec<Mistake>> {
    let (tree, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Ok(tree);
    }
    let conflicts = conflicts(text);
    if !conflicts.is_empty() {
        return Err(conflicts);
    }
    let mut lines = Vec::new();
    let mut mistakes = Vec::new();
    for error in errors {
        let at = error.span().unwrap_or(0..0);
        let line = Position::of(text, at.start).line;
        if !lines.contains(&line) {
            lines.push(line);
            let what = match error.message() {
                "duplicate key" => "this is set already: keep one of the two",
                what => what,
            };
            mistakes.push(Mistake::at(text, &at, what));
        }
    }
    Err(mistakes)
}

/// The places where two branches changed the file, and nobody has said which one is right.
fn conflicts(text: &str) -> Vec<Mistake> {
    let mut conflicts = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with("<<<<<<<") {
            let end = end_of_conflict(&text[at..]);
            let lines = match end {
                Some(length) => {
                    format!("this line to line {}", Position::of(text, at + length).line)
                }
                None => "this line on".to_owned(),
            };
            let what = format!(
                "git could not merge the two versions of the file from {lines}: keep what is right \
                 of both (entries of `[[accept]]` can all stay, each once), and remove the lines \
                 with `<<<<<<<`, `=======` and `>>>>>>>`"
            );
            conflicts.push(Mistake::at(text, &(at..at), what));
        }
        at += line.len();
    }
    conflicts
}

/// Where the line begins that ends the first conflict of `text`.
fn end_of_conflict(text: &str) -> Option<usize> {
    text.find("\n>>>>>>>").map(|before| before + 1)
}
