//! Annotations of GitHub: a workflow command for each finding, which the runner reads from the
//! output of a step.
//!
//! GitHub shows ten of each level in a step. The surest come first, and the rest is counted. A
//! command is one line: what could end it, or a part of it, is escaped as the runner expects.

use std::io::{self, Write};

use lockgraph::explain::{escaped, explain};
use lockgraph::finding::Place;

use super::severity::{Severity, standing};
use super::text::counted;
use super::whereabouts::Whereabouts;
use crate::check::{Checked, Found};

/// Annotations of a level that GitHub shows.
const SHOWN: usize = 10;

/// Prints what was found.
pub(crate) fn checked(out: &mut dyn Write, checked: &Checked) -> io::Result<()> {
    let whereabouts = Whereabouts::of(checked);
    let mut left_out = 0;
    for level in [Severity::Error, Severity::Warning, Severity::Note] {
        let of_level = || checked.found.iter().filter(|found| Severity::of(found) == level);
        for found in of_level().take(SHOWN) {
            writeln!(out, "{}", command(&whereabouts, level, found))?;
        }
        left_out += of_level().count().saturating_sub(SHOWN);
    }
    if left_out > 0 {
        let more = counted(left_out as u64, "finding has", "findings have");
        writeln!(out, "lockgraph: {more} no annotation: GitHub shows {SHOWN} of each level")?;
    }
    Ok(())
}

fn command(whereabouts: &Whereabouts<'_>, level: Severity, found: &Found) -> String {
    let finding = &found.finding;
    let name = match level {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let place = whereabouts.main(finding).and_then(|place| at(whereabouts, place));
    let title = format!("lockgraph: {} ({})", finding.kind.name(), finding.verdict.name());
    let place = place.map(|place| format!("{place},")).unwrap_or_default();
    format!("::{name} {place}title={}::{}", property(&title), data(&words(found)))
}

/// `file=src/a.rs,line=3,col=5`
fn at(whereabouts: &Whereabouts<'_>, place: &Place) -> Option<String> {
    let file = property(&escaped(&whereabouts.path(place)?));
    let column = (place.column > 0).then(|| format!(",col={}", place.column));
    Some(format!("file={file},line={}{}", place.line, column.unwrap_or_default()))
}

fn words(found: &Found) -> String {
    let explanation = explain(&found.finding);
    let mut lines = vec![explanation.headline, format!("help: {}", explanation.way_out.advice)];
    lines.extend(standing(found).map(|standing| format!("gate: {standing}")));
    lines.push(format!("fingerprint: {:016x}", found.finding.fingerprint()));
    let lines: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
    lines.join("\n")
}

/// What follows the last `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// What follows `name=`.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staged;

    fn printed(findings: &Checked) -> String {
        let mut out = Vec::new();
        checked(&mut out, findings).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_finding_is_one_line() {
        let text = printed(&staged::checked());
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(
            lines[0].starts_with(
                "::error file=src/a.rs,line=11,col=7,title=lockgraph%3A deadlock (actual)::threads"
            ),
            "{text}"
        );
        assert!(lines[1].starts_with("::warning file=src/a.rs,line=13,col=7,"), "{text}");
        assert!(lines[1].contains("%0Ahelp: ") && lines[1].contains("%0Afingerprint: "), "{text}");
        assert_eq!(printed(&Checked::default()), "");
    }

    #[test]
    fn what_the_gate_lets_pass_is_a_notice() {
        let mut findings = staged::checked();
        findings.found[0].standing = staged::accepted();
        findings.found[1].standing = staged::expired();
        let text = printed(&findings);
        assert!(text.starts_with("::error file=src/a.rs,line=13,"), "{text}");
        assert!(text.contains("%0Agate: accepted until 2026-01-31, which has passed: "), "{text}");
        assert!(text.contains("\n::notice file=src/a.rs,line=11,"), "{text}");
    }

    #[test]
    fn of_many_the_first_are_annotated_and_the_others_counted() {
        let text = printed(&staged::many(1000));
        assert_eq!(text.matches("::warning ").count(), SHOWN);
        assert_eq!(
            text.lines().last(),
            Some("lockgraph: 990 findings have no annotation: GitHub shows 10 of each level")
        );
    }

    #[test]
    fn hostile_names_neither_end_a_command_nor_begin_one() {
        for name in staged::hostile() {
            let text = printed(&staged::with_name(&name));
            assert_eq!(text.lines().count(), 1, "{text:?}");
            assert!(text.starts_with("::warning ") && text.ends_with('\n'), "{text:?}");
            assert_eq!(text.trim_end().chars().find(|letter| letter.is_control()), None);
            let (properties, _) = text[2..].split_once("::").unwrap();
            let names = properties["warning ".len()..].split(',');
            let names: Vec<&str> = names.filter_map(|part| part.split('=').next()).collect();
            assert_eq!(names, ["file", "line", "col", "title"], "{text:?}");
        }
    }

    #[test]
    fn properties_are_escaped() {
        assert_eq!(property("a%b\r\nc:d,e"), "a%25b%0D%0Ac%3Ad%2Ce");
        assert_eq!(data("a%b\r\nc:d,e"), "a%25b%0D%0Ac:d,e");
    }
}
