//! The lines of source files around every place that a page names, so that it need not ask for them.
//!
//! A file that cannot be read is left out. Linear in the places and the files.

use std::collections::{BTreeMap, BTreeSet};

use lockgraph::explain::defused;

use super::place::Place;
use crate::workspace::Files;

/// Lines before and after a place.
const AROUND: u32 = 3;
/// How much of a line is kept: a generated one may be as long as its file.
const LONGEST: usize = 500;

/// Which lines are wanted, by file.
#[derive(Default)]
pub(super) struct Sources(BTreeMap<String, BTreeSet<u32>>);

/// By file and line.
pub(super) type Lines = BTreeMap<String, BTreeMap<u32, String>>;

impl Sources {
    /// Asks for the lines around a place.
    pub(super) fn add(&mut self, place: &Place) {
        if place.line > 0 {
            let lines =
                place.line.saturating_sub(AROUND).max(1)..=place.line.saturating_add(AROUND);
            self.0.entry(place.file.clone()).or_default().extend(lines);
        }
    }

    /// The lines that were asked for, of the files that there are.
    pub(super) fn lines(self, files: &Files) -> Lines {
        let mut found = Lines::new();
        for (file, wanted) in self.0 {
            let Some(text) = files.text(&file) else { continue };
            let lines = (1..).zip(text.lines()).filter(|(number, _)| wanted.contains(number));
            let lines: BTreeMap<u32, String> =
                lines.map(|(number, line)| (number, shown(line))).collect();
            if !lines.is_empty() {
                found.insert(file, lines);
            }
        }
        found
    }
}

fn shown(line: &str) -> String {
    let line = defused(line);
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} ...", &line[..end]),
        None => line,
    }
}
