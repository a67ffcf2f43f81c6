//! Findings for people.

use std::collections::BTreeSet;
use std::io::{self, Write};

use lockgraph::check::Summary;
use lockgraph::explain::escaped;
use lockgraph::finding::Verdict;
use lockgraph::predict::Limits;
use lockgraph::report::{self, Style};

use crate::check::{Checked, Found};
use crate::contention;
use crate::gate::Standing;
use crate::seen::Seen;

/// How many traces, or tests, are named at a finding.
const NAMED: usize = 3;

/// Prints what `check` found.
pub(crate) fn checked(out: &mut dyn Write, checked: &Checked, style: Style) -> io::Result<()> {
    // What does not fail a gate is only named.
    let is_told = |found: &&Found| checked.gate.is_none() || found.fails();
    for found in checked.found.iter().filter(is_told) {
        self::found(out, checked, found, style)?;
        // What the order shows by itself is in none.
        if checked.trace_count() > 1 && found.trace_count > 0 {
            let traces: Vec<&str> = found.traces.iter().map(String::as_str).collect();
            writeln!(out, "found in {}", listed(&traces, found.trace_count))?;
        }
        writeln!(out)?;
    }
    super::gate::passed(out, checked)?;
    writeln!(out, "{}", last_line(checked))?;
    super::gate::summary(out, checked)?;
    notes(out, checked)
}

/// A finding in full, and who ran.
pub(crate) fn found(
    out: &mut dyn Write,
    checked: &Checked,
    found: &Found,
    style: Style,
) -> io::Result<()> {
    report::print(out, &found.finding, style, &|file| checked.files.text(file))?;
    more(found).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    for (what, seen) in [("seen in", &found.seen), ("could also happen in", &found.could)] {
        if !seen.is_empty() {
            let others = if found.are_all_named { "" } else { ", and in others that are not kept" };
            writeln!(out, "{what} {}{others}", who(seen))?;
        }
    }
    Ok(())
}

/// What else there is to say of a finding, a line each.
pub(crate) fn more(found: &Found) -> Vec<String> {
    let mut lines = Vec::new();
    if let Standing::Expired(acceptance) = &found.standing {
        let last = acceptance.expires.as_deref().unwrap_or_default();
        let reason = escaped(&acceptance.reason);
        lines.push(format!("accepted until {last}, which has passed: {reason}"));
    }
    if let Some(file) = &found.witness_file {
        let file = escaped(file);
        lines.push(format!(
            "schedule written to {file}: `lockgraph check` says of it that it happened"
        ));
    }
    lines
}

/// The same as text.
pub(crate) fn plain(checked: &Checked, found: &Found) -> String {
    let mut text = Vec::new();
    // Nothing fails that is written to memory.
    let _ = self::found(&mut text, checked, found, Style::Plain);
    String::from_utf8_lossy(&text).into_owned()
}

/// Searches that gave up, stacks without names, and waits that were long.
pub(crate) fn notes(out: &mut dyn Write, checked: &Checked) -> io::Result<()> {
    notes_of(checked).iter().try_for_each(|note| writeln!(out, "note: {note}"))
}

/// The same, a line each.
pub(crate) fn notes_of(checked: &Checked) -> Vec<String> {
    let mut notes = Vec::new();
    if checked.summary.searches_cut > 0 {
        notes.push(format!(
            "{} cut short because there were too many cycles to look at; there may be more to find \
             with {} of `lockgraph check`",
            counted(checked.summary.searches_cut, "search was", "searches were"),
            larger(&checked.limits),
        ));
    }
    if checked.is_cut_across {
        notes.push(
            "there are too many circles among the edges of different runs to tell them all".into(),
        );
    }
    let told = checked.notes.iter();
    notes.extend(told.map(|it| format!("{}: {}", escaped(&it.file), escaped(&it.message))));
    notes.extend(contention::notable(&checked.contention));
    notes
}

/// What to raise where a search was cut short.
fn larger(limits: &Limits) -> String {
    let budget = format!("`--budget` (it was {})", limits.budget);
    match limits.max_length {
        usize::MAX => format!("a larger {budget}"),
        length => format!("a larger `--max-length` (it was {length}) or {budget}"),
    }
}

/// "12 tests: a, b, c and 9 more", "test a", "`server --port 80`".
pub(crate) fn who(seen: &BTreeSet<Seen>) -> String {
    let (tests, programs): (Vec<&Seen>, Vec<&Seen>) =
        seen.iter().partition(|seen| matches!(seen, Seen::Test(_)));
    let tests: Vec<&str> = tests.into_iter().map(Seen::name).collect();
    let programs: Vec<String> =
        programs.into_iter().map(|program| format!("`{}`", program.name())).collect();
    let programs: Vec<&str> = programs.iter().map(String::as_str).collect();
    let tests = match tests.len() {
        0 => None,
        1 => Some(format!("test {}", listed(&tests, 0))),
        count => Some(format!("{count} tests: {}", listed(&tests, 0))),
    };
    let programs = Some(listed(&programs, 0)).filter(|list| !list.is_empty());
    let both: Vec<String> = tests.into_iter().chain(programs).collect();
    both.join("; and in ")
}

/// The first of these names, of which there may be more than are known.
pub(super) fn listed(names: &[&str], count: u64) -> String {
    let first: Vec<String> = names.iter().take(NAMED).map(|name| escaped(name)).collect();
    match count.max(names.len() as u64).saturating_sub(first.len() as u64) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// How many findings there were, and what was looked at.
pub(crate) fn last_line(checked: &Checked) -> String {
    if checked.traces.is_empty() {
        return "no trace was read".to_string();
    }
    let found = report::summary(|verdict| checked.count(verdict));
    let excluded = match checked.count(Verdict::Excluded) {
        0 => String::new(),
        count => format!("; {count} excluded"),
    };
    let traces = counted(checked.trace_count(), "trace", "traces");
    format!("{found}{excluded} ({traces}: {})", counts(&checked.summary))
}

/// What was looked at. A trace of the graph alone has neither events nor acquisitions.
fn counts(summary: &Summary) -> String {
    let counts = [
        (summary.events, "event", "events"),
        (summary.threads, "thread", "threads"),
        (summary.locks, "lock", "locks"),
        (summary.acquisitions, "acquisition", "acquisitions"),
        (summary.patterns, "pattern", "patterns"),
    ];
    let counts = counts.iter().filter(|(count, ..)| *count > 0);
    let mut counts: Vec<String> =
        counts.map(|(count, one, many)| counted(*count, one, many)).collect();
    if summary.patterns > 0 && summary.events > 0 {
        counts.push(format!("{} of them witnessed", summary.witnessed));
    }
    if counts.is_empty() { "nothing recorded".into() } else { counts.join(", ") }
}

pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staged;

    fn printed(checked_traces: &Checked) -> String {
        let mut out = Vec::new();
        checked(&mut out, checked_traces, Style::Plain).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nothing_found() {
        assert_eq!(printed(&Checked::default()), "no trace was read\n");
        let nothing = Checked { traces: vec!["a.lgt".into()], ..Checked::default() };
        assert_eq!(printed(&nothing), "no findings (1 trace: nothing recorded)\n");
    }

    #[test]
    fn findings_of_several_traces() {
        let text = printed(&staged::checked());
        assert!(text.starts_with("error[deadlock]: "), "{text}");
        assert!(text.contains("\nfound in a.lgt, b.lgt, c.lgt and 1 more\n\n"), "{text}");
        assert!(
            text.contains(
                "\nseen in 4 tests: bank tests::a.lgt, bank tests::b.lgt, bank tests::c.lgt and 1 \
                 more\n"
            ),
            "{text}"
        );
        assert!(text.contains("\nwarning[lock-order-cycle]: "), "{text}");
        assert!(
            text.ends_with(
                "\n\n2 findings: 1 actual, 1 possible (4 traces: 160 events, 8 threads, 8 locks, \
                 48 acquisitions, 4 patterns, 12 of them witnessed)\nnote: 4 searches were cut \
                 short because there were too many cycles to look at; there may be more to find \
                 with a larger `--budget` (it was 4000000) of `lockgraph check`\nnote: longest wait: 1.25 s for \
                 `lock-1` at a.rs:3:9\n"
            ),
            "{text}"
        );
    }

    #[test]
    fn what_was_cut_says_what_to_raise() {
        let limits = Limits { max_length: 3, budget: 70 };
        let text = printed(&Checked { limits, ..staged::checked() });
        let want = "with a larger `--max-length` (it was 3) or `--budget` (it was 70) of";
        assert!(text.contains(want), "{text}");
    }

    #[test]
    fn a_schedule_is_shown_with_the_file_that_has_it() {
        let mut checked =
            staged::merged(&[("a.lgt", &[staged::proved()]), ("b.lgt", &[staged::proved()])]);
        checked.found[0].witness_file = Some("dir/x.std".into());
        let text = printed(&checked);
        assert!(text.contains("\n 1 | takes `lock-1`  a.rs:10:5 "), "{text}");
        assert!(text.contains("\n   = seen: in 24 combinations of these steps\n"), "{text}");
        assert!(text.contains("\nschedule written to dir/x.std: `lockgraph check` says"), "{text}");
    }

    #[test]
    fn tests_and_programs_are_told_apart() {
        let test = |name: &str| Seen::Test(name.to_string());
        let program = |name: &str| Seen::Program(name.to_string());
        for (seen, want) in [
            (vec![test("a b")], "test a b"),
            (vec![program("x -y")], "`x -y`"),
            (vec![test("b"), test("a"), program("x")], "2 tests: a, b; and in `x`"),
            (["5", "4", "3", "2"].map(test).to_vec(), "4 tests: 2, 3, 4 and 1 more"),
        ] {
            assert_eq!(who(&seen.into_iter().collect()), want);
        }
    }
}
