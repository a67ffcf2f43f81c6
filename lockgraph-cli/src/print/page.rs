//! The pages of `lockgraph explain`.

use std::io::{self, Write};

use lockgraph::explain::{Page, VerdictPage};
use lockgraph::report::Style;

/// How wide a page is.
const WIDTH: usize = 80;

/// Prints what a kind is, with an example and the ways out.
pub(crate) fn page(out: &mut dyn Write, page: &Page, style: Style) -> io::Result<()> {
    heading(out, page.kind.name(), style)?;
    wrapped(out, page.what, "", "")?;
    writeln!(out)?;
    heading(out, "Example", style)?;
    for line in page.example.lines() {
        writeln!(out, "{}", format!("    {line}").trim_end())?;
    }
    writeln!(out)?;
    heading(out, "Ways out", style)?;
    page.ways_out.iter().try_for_each(|way| wrapped(out, way, "- ", "  "))
}

/// Prints what a verdict means, and what to do with such a finding.
pub(crate) fn verdict(out: &mut dyn Write, page: &VerdictPage, style: Style) -> io::Result<()> {
    heading(out, page.verdict.name(), style)?;
    wrapped(out, page.what, "", "")?;
    for (title, text) in [("Evidence", page.evidence), ("What to do", page.what_to_do)] {
        writeln!(out)?;
        heading(out, title, style)?;
        wrapped(out, text, "", "")?;
    }
    Ok(())
}

/// Lists the verdicts, surest first, each with the first sentence of its page.
pub(crate) fn verdicts(out: &mut dyn Write, pages: &[VerdictPage], style: Style) -> io::Result<()> {
    writeln!(out)?;
    heading(out, "Verdicts, the surest first", style)?;
    for page in pages {
        heading(out, page.verdict.name(), style)?;
        wrapped(out, first_sentence(page.what), "    ", "    ")?;
    }
    Ok(())
}

/// Lists the kinds, each with the first sentence of its page.
pub(crate) fn list(out: &mut dyn Write, pages: &[Page], style: Style) -> io::Result<()> {
    for page in pages {
        heading(out, page.kind.name(), style)?;
        wrapped(out, first_sentence(page.what), "    ", "    ")?;
    }
    Ok(())
}

fn first_sentence(text: &str) -> &str {
    text.split_inclusive(". ").next().unwrap_or(text)
}

fn heading(out: &mut dyn Write, text: &str, style: Style) -> io::Result<()> {
    match style {
        Style::Plain => writeln!(out, "{text}"),
        Style::Colour => writeln!(out, "\x1b[1m{text}\x1b[0m"),
    }
}

fn wrapped(out: &mut dyn Write, text: &str, first: &str, rest: &str) -> io::Result<()> {
    let mut line = first.to_string();
    let mut is_empty = true;
    for word in text.split_whitespace() {
        if !is_empty && line.len() + 1 + word.len() > WIDTH {
            writeln!(out, "{line}")?;
            line = rest.to_string();
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    writeln!(out, "{line}")
}

#[cfg(test)]
mod tests {
    use lockgraph::finding::{Kind, Verdict};

    use super::*;

    #[test]
    fn pages_fit_and_say_all() {
        for kind in Kind::ALL {
            let wanted = lockgraph::explain::page(kind);
            let mut out = Vec::new();
            page(&mut out, &wanted, Style::Plain).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert!(text.starts_with(kind.name()));
            assert!(text.lines().all(|line| line.len() <= 96), "{text}");
            let words = |text: &str| text.split_whitespace().map(String::from).collect::<Vec<_>>();
            let all = words(&text).join(" ");
            assert!(all.contains(&words(wanted.what).join(" ")), "{text}");
            assert_eq!(
                text.lines().filter(|line| line.starts_with("- ")).count(),
                wanted.ways_out.len()
            );
        }
    }

    #[test]
    fn pages_of_verdicts_fit_and_say_all() {
        let pages = Verdict::ALL.map(lockgraph::explain::verdict_page);
        for page in pages {
            let mut out = Vec::new();
            verdict(&mut out, &page, Style::Plain).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert!(text.starts_with(page.verdict.name()));
            assert!(text.lines().all(|line| line.len() <= WIDTH), "{text}");
            let all = text.split_whitespace().collect::<Vec<_>>().join(" ");
            for part in [page.what, page.evidence, page.what_to_do] {
                assert!(all.contains(part), "{text}");
            }
        }
        let mut out = Vec::new();
        verdicts(&mut out, &pages, Style::Plain).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("proved\n    A schedule of the steps"), "{text}");
    }

    #[test]
    fn the_list_has_a_sentence_for_each() {
        let mut out = Vec::new();
        list(&mut out, &Kind::ALL.map(lockgraph::explain::page), Style::Plain).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.contains(
                "lock-order-cycle\n    Threads take the same locks in different orders.\n"
            ),
            "{text}"
        );
    }
}
