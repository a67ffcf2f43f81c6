//! Places with the source lines they are in, and marks under them.
//!
//! The places of one file are in one frame, in the order of their lines; the frame of the main
//! place comes first. Without the source, each place is a line of its own with its label.

use std::collections::HashMap;
use std::io;

use super::columns::{Line, text_width};
use super::paint::{Paint, Painter};
use crate::explain::full_place;
use crate::finding::Place;

/// Something to say about a place.
#[derive(Clone)]
pub(super) struct Mark<'a> {
    pub(super) place: &'a Place,
    pub(super) label: String,
    pub(super) is_primary: bool,
}

impl Mark<'_> {
    /// The character it begins at, from 0, if that is known.
    fn at(&self) -> Option<usize> {
        (self.place.column as usize).checked_sub(1)
    }

    fn sign(&self) -> char {
        if self.is_primary { '^' } else { '-' }
    }
}

/// The source files, each asked for once.
pub(super) struct Sources<'a> {
    read: &'a dyn Fn(&str) -> Option<String>,
    texts: HashMap<String, Option<String>>,
}

impl<'a> Sources<'a> {
    pub(super) fn new(read: &'a dyn Fn(&str) -> Option<String>) -> Sources<'a> {
        Sources { read, texts: HashMap::new() }
    }

    fn line(&mut self, place: &Place, number: u32) -> Option<String> {
        if !self.texts.contains_key(&place.file) {
            self.texts.insert(place.file.clone(), (self.read)(&place.file));
        }
        let text = self.texts.get(&place.file)?.as_ref()?;
        let index = (number as usize).checked_sub(1)?;
        text.lines().nth(index).map(str::to_string)
    }
}

/// Prints the places, the main one first in `marks`.
pub(super) fn print(
    painter: &mut Painter<'_>,
    sources: &mut Sources<'_>,
    gutter: usize,
    mut marks: Vec<Mark<'_>>,
) -> io::Result<()> {
    let mut arrow = "-->";
    while let Some(first) = marks.first() {
        let file = first.place.file.clone();
        let (here, rest) = marks.into_iter().partition(|mark| mark.place.file == file);
        frame(painter, sources, gutter, arrow, here)?;
        marks = rest;
        arrow = ":::";
    }
    Ok(())
}

fn frame(
    painter: &mut Painter<'_>,
    sources: &mut Sources<'_>,
    gutter: usize,
    arrow: &str,
    mut marks: Vec<Mark<'_>>,
) -> io::Result<()> {
    let lines: Option<Vec<String>> =
        marks.iter().map(|mark| sources.line(mark.place, mark.place.line)).collect();
    if lines.is_none() {
        return unreadable(painter, gutter, arrow, &marks);
    }
    header(painter, gutter, arrow, marks[0].place)?;
    painter.end_line()?;
    empty(painter, gutter)?;
    marks.sort_by_key(|mark| (mark.place.line, mark.place.column));
    let mut previous: Option<u32> = None;
    while let Some(first) = marks.first() {
        let place = first.place;
        if let Some(previous) = previous {
            between(painter, sources, gutter, place, previous)?;
        }
        previous = Some(place.line);
        let (here, rest) = marks.into_iter().partition(|mark| mark.place.line == place.line);
        let source = sources.line(place, place.line).unwrap_or_default();
        marked_line(painter, gutter, &source, here)?;
        marks = rest;
    }
    empty(painter, gutter)
}

fn unreadable(
    painter: &mut Painter<'_>,
    gutter: usize,
    arrow: &str,
    marks: &[Mark<'_>],
) -> io::Result<()> {
    for (number, mark) in marks.iter().enumerate() {
        header(painter, gutter, if number == 0 { arrow } else { ":::" }, mark.place)?;
        painter.line(&format!(": {}", mark.label))?;
    }
    Ok(())
}

fn header(painter: &mut Painter<'_>, gutter: usize, arrow: &str, place: &Place) -> io::Result<()> {
    painter.paint(Paint::Gutter, &format!("{:gutter$}{arrow} ", ""))?;
    painter.plain(&full_place(place))
}

fn empty(painter: &mut Painter<'_>, gutter: usize) -> io::Result<()> {
    painter.paint(Paint::Gutter, &format!("{:gutter$} |", ""))?;
    painter.end_line()
}

/// What is between two marked lines: one line is printed, more are only hinted at.
fn between(
    painter: &mut Painter<'_>,
    sources: &mut Sources<'_>,
    gutter: usize,
    place: &Place,
    previous: u32,
) -> io::Result<()> {
    match place.line - previous {
        0 | 1 => Ok(()),
        2 => {
            let source = sources.line(place, place.line - 1).unwrap_or_default();
            numbered(painter, gutter, previous + 1, &Line::new(&source, 0).text)
        }
        _ => {
            painter.paint(Paint::Gutter, "...")?;
            painter.end_line()
        }
    }
}

fn numbered(painter: &mut Painter<'_>, gutter: usize, number: u32, text: &str) -> io::Result<()> {
    painter.paint(Paint::Gutter, &format!("{number:>gutter$} |"))?;
    let space = if text.trim().is_empty() { "" } else { " " };
    painter.line(&format!("{space}{}", text.trim_end()))
}

/// A line with the marks of it, sorted by column.
fn marked_line(
    painter: &mut Painter<'_>,
    gutter: usize,
    source: &str,
    marks: Vec<Mark<'_>>,
) -> io::Result<()> {
    let first = marks.iter().filter_map(Mark::at).min().unwrap_or(0);
    let line = Line::new(source, first);
    let number = marks[0].place.line;
    // Two marks too far apart for the screen: the line is printed for each.
    let (near, far) = marks
        .into_iter()
        .partition(|mark| mark.at().is_none_or(|at| line.shows(at) || at == first));
    numbered(painter, gutter, number, &line.text)?;
    let near: Vec<Mark<'_>> = merge(near);
    underline(painter, gutter, &line, &near)?;
    if far.is_empty() { Ok(()) } else { marked_line(painter, gutter, source, far) }
}

/// Marks of the same place become one.
fn merge(marks: Vec<Mark<'_>>) -> Vec<Mark<'_>> {
    let mut merged: Vec<Mark<'_>> = Vec::new();
    for mark in marks {
        match merged.last_mut().filter(|last| last.place.column == mark.place.column) {
            Some(last) => {
                // What was taken comes before what is wanted.
                let (early, late) = if last.is_primary {
                    (mark.label, &last.label)
                } else {
                    (last.label.clone(), &mark.label)
                };
                last.label = format!("{early}, and {late}");
                last.is_primary = true;
            }
            None => merged.push(mark),
        }
    }
    merged
}

fn underline(
    painter: &mut Painter<'_>,
    gutter: usize,
    line: &Line,
    marks: &[Mark<'_>],
) -> io::Result<()> {
    let spans: Vec<(usize, usize)> = marks.iter().map(|mark| line.span(mark.at())).collect();
    let mut cells = Vec::new();
    for primary in [false, true] {
        for (mark, (start, end)) in
            marks.iter().zip(&spans).filter(|(m, _)| m.is_primary == primary)
        {
            fill(&mut cells, *start, *end, mark.sign(), painter.mark(primary));
        }
    }
    // From the right: a label stands beside its mark if there is room up to the next mark.
    let mut hanging: Vec<(usize, &Mark<'_>)> = Vec::new();
    let mut room = usize::MAX;
    let mut beside: Option<(&str, Paint)> = None;
    for (mark, (start, end)) in marks.iter().zip(&spans).rev() {
        let paint = painter.mark(mark.is_primary);
        if room == usize::MAX {
            beside = Some((&mark.label, paint));
        } else if end + text_width(&mark.label) + 2 <= room {
            write(&mut cells, end + 1, &mark.label, paint);
        } else {
            hanging.insert(0, (*start, mark));
        }
        room = *start;
    }
    let Some((label, paint)) = beside else { return Ok(()) };
    row(painter, gutter, &cells, Some((&format!(" {label}"), paint)))?;
    for count in (1..=hanging.len()).rev() {
        let mut cells = Vec::new();
        for (start, mark) in &hanging[..count] {
            fill(&mut cells, *start, *start + 1, '|', painter.mark(mark.is_primary));
        }
        row(painter, gutter, &cells, None)?;
        let (start, mark) = hanging[count - 1];
        cells.truncate(start);
        row(painter, gutter, &cells, Some((&mark.label, painter.mark(mark.is_primary))))?;
    }
    Ok(())
}

type Cell = (char, Paint);

fn fill(cells: &mut Vec<Cell>, start: usize, end: usize, sign: char, paint: Paint) {
    if cells.len() < end {
        cells.resize(end, (' ', Paint::Gutter));
    }
    cells[start..end].fill((sign, paint));
}

/// Puts `text` where there is room for it. Wide characters take two cells, combining ones none.
fn write(cells: &mut Vec<Cell>, start: usize, text: &str, paint: Paint) {
    cells.splice(start..start + text_width(text), text.chars().map(|letter| (letter, paint)));
}

/// A row under a source line. The label follows the last cell.
fn row(
    painter: &mut Painter<'_>,
    gutter: usize,
    cells: &[Cell],
    label: Option<(&str, Paint)>,
) -> io::Result<()> {
    painter.paint(Paint::Gutter, &format!("{:gutter$} |", ""))?;
    painter.plain(" ")?;
    for run in cells.chunk_by(|left, right| left.1 == right.1) {
        let text: String = run.iter().map(|(sign, _)| sign).collect();
        painter.paint(run[0].1, &text)?;
    }
    if let Some((label, paint)) = label {
        painter.paint(paint, label)?;
    }
    painter.end_line()
}
