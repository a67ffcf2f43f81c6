//! A Markdown table, with a footnote for each reason why a cell is empty.

use std::fmt;

/// What is in a cell.
pub(crate) enum Cell {
    Text(String),
    /// Nothing, because the contestant ...
    Missing(&'static str),
}

/// Rows of cells under heads; the first column has the rows' names.
#[derive(Default)]
pub(crate) struct Table {
    heads: Vec<String>,
    rows: Vec<(String, Vec<Cell>)>,
}

impl Table {
    pub(crate) fn new(heads: impl IntoIterator<Item = impl Into<String>>) -> Table {
        Table { heads: heads.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, name: impl Into<String>, cells: Vec<Cell>) {
        self.rows.push((name.into(), cells));
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| {} |", self.heads.join(" | "))?;
        writeln!(f, "|{}", "---|".repeat(self.heads.len()))?;
        let mut reasons: Vec<&str> = Vec::new();
        for (name, cells) in &self.rows {
            write!(f, "| {name} |")?;
            for cell in cells {
                match cell {
                    Cell::Text(text) => write!(f, " {text} |")?,
                    Cell::Missing(reason) => write!(f, " – ({}) |", number(&mut reasons, reason))?,
                }
            }
            writeln!(f)?;
        }
        if reasons.is_empty() {
            return Ok(());
        }
        let notes = reasons.iter().enumerate().map(|(at, reason)| format!("({}) {reason}", at + 1));
        writeln!(f, "\n{}.", notes.collect::<Vec<_>>().join("; "))
    }
}

/// The number of this footnote, which is new if the reason is.
fn number<'a>(reasons: &mut Vec<&'a str>, reason: &'a str) -> usize {
    let known = reasons.iter().position(|other| *other == reason);
    known.unwrap_or_else(|| {
        reasons.push(reason);
        reasons.len() - 1
    }) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_cell_has_its_reason_below_once() {
        let mut table = Table::new(["", "a", "b"]);
        table.row("one", vec![Cell::Text("1".into()), Cell::Missing("cannot")]);
        table.row("two", vec![Cell::Missing("will not"), Cell::Missing("cannot")]);
        let expected = "|  | a | b |\n|---|---|---|\n| one | 1 | – (1) |\n| two | – (2) | – (1) |\n\
                        \n(1) cannot; (2) will not.\n";
        assert_eq!(table.to_string(), expected);
    }
}
