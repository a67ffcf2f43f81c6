//! The schedule of a finding: one column a thread, one row a step, down to where nobody goes on.
//!
//! A table as wide as a terminal has room for [`COLUMNS`] threads; of more, and of names too long
//! for it, the steps are a list, each with its thread. What does not fit into a cell goes on in
//! the next line. Of a long schedule the steps are shown that lead to the deadlock: the locks that
//! are taken and kept, and the waits; the others are counted where they are.
//!
//! Linear in the steps. Only the writer fails.

use std::collections::HashSet;
use std::io;

use super::columns::text_width;
use super::paint::{Paint, Painter};
use crate::explain::{SCHEDULE, Scene, act};
use crate::finding::{Act, Move, Thread, Witness};

/// How wide a line is at most, with the column of numbers.
const WIDTH: usize = 80;
/// How many threads a table has columns for.
const COLUMNS: usize = 4;
/// How narrow a column may be that needs more: `waits for` and a name of some length.
const NARROWEST: usize = 22;
/// Between the columns.
const BETWEEN: &str = " | ";
/// Steps that are shown of a long schedule, if so many lead to the deadlock.
const STEPS: usize = 30;

/// One line of the table before it is laid out.
enum Row {
    Step(Cell),
    /// So many steps are not shown.
    Gap(usize),
}

struct Cell {
    /// Which step, from 1.
    number: usize,
    /// Whose, in the order of the columns.
    column: usize,
    text: String,
    place: Option<String>,
    /// Whether the thread does not go on from here.
    is_last: bool,
}

/// Prints the schedule; `gutter` is how wide the numbers of lines are in the rest of the report.
pub(super) fn print(
    painter: &mut Painter<'_>,
    scene: &Scene<'_>,
    witness: &Witness,
    gutter: usize,
) -> io::Result<()> {
    let shown = shown(&witness.moves);
    let (threads, rows) = rows(scene, &witness.moves, &shown);
    let gutter = gutter.max(witness.moves.len().max(1).ilog10() as usize + 1);
    painter.paint(Paint::Note, "note")?;
    painter.paint(Paint::Title, &format!(": {SCHEDULE}"))?;
    painter.end_line()?;
    let mut sheet = Sheet { painter, gutter };
    sheet.line("")?;
    match widths(&threads, &rows, sheet.room()) {
        Some(widths) => table(&mut sheet, &threads, &rows, &widths)?,
        None => list(&mut sheet, &threads, &rows)?,
    }
    sheet.line("")
}

/// Who takes the steps that are shown, and those.
fn rows(scene: &Scene<'_>, moves: &[Move], shown: &HashSet<usize>) -> (Vec<String>, Vec<Row>) {
    let (mut threads, mut rows): (Vec<&Thread>, Vec<Row>) = (Vec::new(), Vec::new());
    let mut hidden = 0;
    for (at, step) in moves.iter().enumerate() {
        if !shown.contains(&at) {
            hidden += 1;
            continue;
        }
        if hidden > 0 {
            rows.push(Row::Gap(std::mem::take(&mut hidden)));
        }
        let known = threads.iter().position(|thread| thread.id == step.thread.id);
        if known.is_none() {
            threads.push(&step.thread);
        }
        rows.push(Row::Step(Cell {
            number: at + 1,
            column: known.unwrap_or(threads.len() - 1),
            text: act(scene, &step.act),
            place: step.site.as_ref().map(|place| scene.spell.place(place)),
            is_last: matches!(step.act, Act::Wants(_)),
        }));
    }
    if hidden > 0 {
        rows.push(Row::Gap(hidden));
    }
    (threads.into_iter().map(|thread| scene.spell.thread(thread)).collect(), rows)
}

/// Which steps are shown. A single step between two of them is, for it takes no more room than to
/// say that it is not.
fn shown(moves: &[Move]) -> HashSet<usize> {
    if moves.len() <= STEPS {
        return (0..moves.len()).collect();
    }
    let mut leading = leading(moves);
    if leading.len() > STEPS {
        leading.drain(STEPS / 2..leading.len() - STEPS / 2);
    }
    let pairs = leading.windows(2).filter(|pair| pair[1] - pair[0] == 2).map(|pair| pair[0] + 1);
    let between: Vec<usize> = pairs.collect();
    leading.into_iter().chain(between).collect()
}

/// The steps that lead to the deadlock, in their order: what is taken and kept, and the waits.
fn leading(moves: &[Move]) -> Vec<usize> {
    let mut kept: Vec<usize> = Vec::new();
    for (at, step) in moves.iter().enumerate() {
        match &step.act {
            Act::Takes(..) | Act::Wants(_) => kept.push(at),
            Act::GivesBack(lock) => {
                let is_it = |at: &usize| {
                    let is_this = matches!(&moves[*at].act, Act::Takes(it, _) if it.id == lock.id);
                    is_this && moves[*at].thread.id == step.thread.id
                };
                if let Some(taken) = kept.iter().rposition(is_it) {
                    kept.remove(taken);
                }
            }
            _ => {}
        }
    }
    kept
}

/// How wide each column is, or nothing if a list is better.
fn widths(threads: &[String], rows: &[Row], room: usize) -> Option<Vec<usize>> {
    let room = room.checked_sub(BETWEEN.len() * threads.len().saturating_sub(1))?;
    if threads.len() > COLUMNS {
        return None;
    }
    let mut natural: Vec<usize> = threads.iter().map(|name| text_width(name)).collect();
    for row in rows {
        if let Row::Step(cell) = row {
            let place = cell.place.as_deref().map_or(0, |place| 2 + text_width(place));
            natural[cell.column] = natural[cell.column].max(text_width(&cell.text) + place);
        }
    }
    let widths = fit(&natural, room);
    let is_legible = |(width, natural): (&usize, &usize)| *width >= NARROWEST.min(*natural);
    widths.iter().zip(&natural).all(is_legible).then_some(widths)
}

/// Those that need less than their share leave the rest to the others.
fn fit(natural: &[usize], room: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..natural.len()).collect();
    order.sort_by_key(|at| natural[*at]);
    let mut widths = natural.to_vec();
    let mut room = room;
    for (done, at) in order.iter().enumerate() {
        widths[*at] = natural[*at].min(room / (natural.len() - done));
        room -= widths[*at];
    }
    widths
}

fn table(
    sheet: &mut Sheet<'_, '_>,
    threads: &[String],
    rows: &[Row],
    widths: &[usize],
) -> io::Result<()> {
    let titles: Vec<Vec<String>> =
        threads.iter().zip(widths).map(|(name, width)| wrapped(name, *width, "")).collect();
    let height = titles.iter().map(Vec::len).max().unwrap_or(0);
    for line in 0..height {
        let cell = |title: &Vec<String>| title.get(line).cloned().unwrap_or_default();
        let cells: Vec<String> = titles.iter().map(cell).collect();
        sheet.cells("", &cells, widths, None, Some(Paint::Title))?;
    }
    for row in rows {
        match row {
            Row::Gap(count) => sheet.gap(*count)?,
            Row::Step(cell) => {
                for (line, text) in lines(cell, widths[cell.column]).into_iter().enumerate() {
                    let number = if line == 0 { cell.number.to_string() } else { String::new() };
                    let mut cells = vec![String::new(); widths.len()];
                    cells[cell.column] = text;
                    let last = cell.is_last.then_some(cell.column);
                    sheet.cells(&number, &cells, widths, last, None)?;
                }
            }
        }
    }
    Ok(())
}

/// The steps one below the other. A thread is named where it begins to act.
fn list(sheet: &mut Sheet<'_, '_>, threads: &[String], rows: &[Row]) -> io::Result<()> {
    let names = threads.iter().map(|name| text_width(name)).max().unwrap_or(0);
    let names = names.min(sheet.room() / 3);
    let widths = [names, sheet.room() - names - BETWEEN.len()];
    let mut actor = None;
    for row in rows {
        let Row::Step(cell) = row else {
            if let Row::Gap(count) = row {
                sheet.gap(*count)?;
            }
            actor = None;
            continue;
        };
        let who = if actor == Some(cell.column) { "" } else { threads[cell.column].as_str() };
        actor = Some(cell.column);
        let (who, what) = (wrapped(who, widths[0], ""), lines(cell, widths[1]));
        for line in 0..who.len().max(what.len()) {
            let number = if line == 0 { cell.number.to_string() } else { String::new() };
            let part = |lines: &[String]| lines.get(line).cloned().unwrap_or_default();
            let last = cell.is_last.then_some(1);
            sheet.cells(&number, &[part(&who), part(&what)], &widths, last, None)?;
        }
    }
    Ok(())
}

/// What a step says in a column of this width: in one line with its place, if that fits.
fn lines(cell: &Cell, width: usize) -> Vec<String> {
    let Some(place) = &cell.place else { return wrapped(&cell.text, width, "  ") };
    if text_width(&cell.text) + 2 + text_width(place) <= width {
        return vec![format!("{}  {place}", cell.text)];
    }
    let mut lines = wrapped(&cell.text, width, "  ");
    lines.extend(
        wrapped(place, width.saturating_sub(2), "").into_iter().map(|it| format!("  {it}")),
    );
    lines
}

/// Breaks a text between words, and in a word that is longer than a line. All lines but the first
/// begin with `indent`.
fn wrapped(text: &str, width: usize, indent: &str) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split(' ') {
        let is_begun = line.len() > indent.len() || lines.is_empty() && !line.is_empty();
        if is_begun && text_width(&line) + 1 + text_width(word) > width {
            lines.push(std::mem::replace(&mut line, indent.to_string()));
        } else if is_begun {
            line.push(' ');
        }
        for letter in word.chars() {
            if text_width(&line) + text_width(letter.encode_utf8(&mut [0; 4])) > width {
                lines.push(std::mem::replace(&mut line, indent.to_string()));
            }
            line.push(letter);
        }
    }
    lines.push(line);
    lines
}

/// Lines with a number before them.
struct Sheet<'p, 'w> {
    painter: &'p mut Painter<'w>,
    gutter: usize,
}

impl Sheet<'_, '_> {
    /// How many columns there are beside the numbers.
    fn room(&self) -> usize {
        WIDTH - self.gutter - BETWEEN.len()
    }

    fn line(&mut self, number: &str) -> io::Result<()> {
        self.number(number)?;
        self.painter.end_line()
    }

    fn number(&mut self, number: &str) -> io::Result<()> {
        let gutter = self.gutter;
        self.painter.paint(Paint::Gutter, &format!("{number:>gutter$} |"))
    }

    fn gap(&mut self, count: usize) -> io::Result<()> {
        self.number("")?;
        let steps = if count == 1 { "step" } else { "steps" };
        self.painter.line(&format!(" ... {count} more {steps} ..."))
    }

    /// A line of the table. The cell `last` is where a thread stops.
    fn cells(
        &mut self,
        number: &str,
        cells: &[String],
        widths: &[usize],
        last: Option<usize>,
        paint: Option<Paint>,
    ) -> io::Result<()> {
        self.number(number)?;
        self.painter.plain(" ")?;
        let mut pending = String::new();
        for (at, (cell, width)) in cells.iter().zip(widths).enumerate() {
            if !cell.is_empty() {
                self.painter.paint(Paint::Gutter, &std::mem::take(&mut pending))?;
                match paint {
                    _ if last == Some(at) => self.painter.severe(cell)?,
                    Some(paint) => self.painter.paint(paint, cell)?,
                    None => self.painter.plain(cell)?,
                }
            }
            let space = width.saturating_sub(text_width(cell));
            pending.push_str(&" ".repeat(space));
            if at + 1 < cells.len() {
                pending.push_str(BETWEEN);
            }
        }
        self.painter.paint(Paint::Gutter, pending.trim_end())?;
        self.painter.end_line()
    }
}

#[cfg(test)]
mod tests;
