//! Our frames beside those of rustc's own renderer: the same text, for the same marks.
//!
//! The live report may use no library and so draws its frames itself; here the library says how
//! they have to look.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use proptest::prelude::*;

use super::frame::{self, Mark, Sources};
use super::paint::{Paint, Painter};
use crate::finding::Place;

const FILE: &str = "src/bank.rs";
/// Each line has words, in which marks begin.
const SOURCE: &str = "\
use std::sync::Mutex;

fn transfer(from: &Account, to: &Account) {
    let source = from.money.lock().unwrap();
    // While the other one comes the other way:
    let target = to.money.lock().unwrap();
    drop((source, target));
}

fn audit(bank: &Bank) {
    bank.accounts.iter().for_each(Account::check);
}
";

/// Where the words of the source begin and end: line, column in characters from 1, length.
fn words() -> Vec<(u32, u32, usize)> {
    let mut words = Vec::new();
    for (number, line) in (1..).zip(SOURCE.lines()) {
        let mut rest = line;
        while let Some(start) = rest.find(is_letter) {
            let word = &rest[start..];
            let length = word.find(|letter| !is_letter(letter)).unwrap_or(word.len());
            let column = line.len() - word.len() + 1;
            words.push((number, column as u32, length));
            rest = &word[length..];
        }
    }
    words
}

fn is_letter(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn ours(marks: &[((u32, u32, usize), String)]) -> String {
    let places: Vec<Place> = marks
        .iter()
        .map(|((line, column, _), _)| Place { file: FILE.into(), line: *line, column: *column })
        .collect();
    let marks = places.iter().zip(marks).enumerate().map(|(number, (place, (_, label)))| Mark {
        place,
        label: label.clone(),
        is_primary: number == 0,
    });
    let marks = marks.collect();
    let last = places.iter().map(|place| place.line).max().unwrap_or(1);
    let mut out = Vec::new();
    let mut painter = Painter::new(&mut out, false, Paint::Error);
    let source = |_: &str| Some(SOURCE.to_string());
    let gutter = last.ilog10() as usize + 1;
    frame::print(&mut painter, &mut Sources::new(&source), gutter, marks).unwrap();
    String::from_utf8(out).unwrap()
}

fn theirs(marks: &[((u32, u32, usize), String)]) -> String {
    let begin = |line: u32| -> usize {
        SOURCE.split_inclusive('\n').take(line as usize - 1).map(str::len).sum()
    };
    let annotations = marks.iter().enumerate().map(|(number, ((line, column, length), label))| {
        let start = begin(*line) + *column as usize - 1;
        let kind = if number == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        kind.span(start..start + length).label(label)
    });
    let snippet = Snippet::source(SOURCE).path(FILE).annotations(annotations);
    let title = Level::ERROR.primary_title("title");
    let text = Renderer::plain().render(&[Group::with_title(title).element(snippet)]);
    let (_, frame) = text.split_once('\n').unwrap();
    frame.to_string()
}

/// Without what is at the ends of lines, and without the line that we close a frame with.
fn bare(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    if lines.last().is_some_and(|last| last.trim() == "|") {
        lines.pop();
    }
    lines
}

proptest! {
    #[test]
    fn frames_look_as_those_of_rustc(
        picked in prop::sample::subsequence(words(), 1..=2),
        is_turned in any::<bool>(),
    ) {
        let mut picked = picked;
        if is_turned {
            picked.reverse();
        }
        let labels = ["waits for `b` here", "`a` was taken here"].map(str::to_string);
        let marks: Vec<_> = picked.into_iter().zip(labels).collect();
        let (ours, theirs) = (ours(&marks), theirs(&marks));
        prop_assert_eq!(bare(&ours), bare(&theirs), "\nours:\n{}\ntheirs:\n{}", ours, theirs);
    }
}
