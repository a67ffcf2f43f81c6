//! Findings for people.

use std::io::{self, Write};

use lockgraph::check::Summary;
use lockgraph::finding::Verdict;
use lockgraph::report::{self, Style};

use crate::check::Checked;

/// How many traces are named at a finding.
const NAMED: usize = 3;

/// Prints what `check` found.
pub(crate) fn checked(
    out: &mut dyn Write,
    checked: &Checked,
    style: Style,
    source: &dyn Fn(&str) -> Option<String>,
) -> io::Result<()> {
    for found in &checked.found {
        report::print(out, &found.finding, style, source)?;
        if checked.traces.len() > 1 {
            writeln!(out, "found in {}", traces(checked, &found.traces))?;
        }
        writeln!(out)?;
    }
    writeln!(out, "{}", last_line(checked))?;
    if checked.summary.searches_cut > 0 {
        writeln!(
            out,
            "note: {} cut short because there were too many cycles to look at; there may be more \
             to find",
            counted(checked.summary.searches_cut, "search was", "searches were"),
        )?;
    }
    Ok(())
}

fn traces(checked: &Checked, traces: &[usize]) -> String {
    let names = traces.iter().take(NAMED);
    let names: Vec<String> =
        names.map(|trace| lockgraph::explain::escaped(&checked.traces[*trace])).collect();
    match traces.len().saturating_sub(NAMED) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

fn last_line(checked: &Checked) -> String {
    if checked.traces.is_empty() {
        return "no trace was read".to_string();
    }
    let found = report::summary(checked.count(Verdict::Actual), checked.count(Verdict::Possible));
    let excluded = match checked.count(Verdict::Excluded) {
        0 => String::new(),
        count => format!("; {count} excluded"),
    };
    let traces = counted(checked.traces.len() as u64, "trace", "traces");
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
    let counts: Vec<String> = counts.map(|(count, one, many)| counted(*count, one, many)).collect();
    if counts.is_empty() { "nothing recorded".into() } else { counts.join(", ") }
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use lockgraph::check::Report;

    use super::*;
    use crate::staged;

    fn printed(checked_traces: &Checked) -> String {
        let mut out = Vec::new();
        checked(&mut out, checked_traces, Style::Plain, &|_| None).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nothing_found() {
        let mut nothing = Checked::default();
        assert_eq!(printed(&nothing), "no trace was read\n");
        nothing.add("a.lgt", Report::default());
        assert_eq!(printed(&nothing), "no findings (1 trace: nothing recorded)\n");
    }

    #[test]
    fn findings_of_several_traces() {
        let text = printed(&staged::checked());
        assert!(text.starts_with("error[deadlock]: "), "{text}");
        assert!(text.contains("\nfound in a.lgt, b.lgt, c.lgt and 1 more\n\n"), "{text}");
        assert!(text.contains("\nwarning[lock-order-cycle]: "), "{text}");
        assert!(
            text.ends_with(
                "\n\n2 findings: 1 actual, 1 possible (4 traces: 160 events, 8 threads, 8 locks, \
                 48 acquisitions, 4 patterns)\nnote: 4 searches were cut short because there were \
                 too many cycles to look at; there may be more to find\n"
            ),
            "{text}"
        );
    }
}
