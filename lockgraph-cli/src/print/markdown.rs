//! Markdown for a page that GitHub shows with a job: a table of findings, and each in full, folded.
//!
//! What comes from a program is text there and nothing else: in the table every letter that means
//! something to Markdown or HTML is written as a number, and the reports stand between fences that
//! are longer than any row of backticks in them.
//!
//! GitHub takes 1 MiB of a step. A report that is longer is cut, and says so.

use std::io::{self, Write};

use lockgraph::explain::{escaped, headline};
use lockgraph::finding::Verdict;
use lockgraph::report;

use super::severity::{Severity, standing};
use super::text::{self, counted};
use super::whereabouts::Whereabouts;
use crate::check::{Checked, Found};

/// What GitHub takes of a step, in bytes.
pub(crate) const LARGEST: usize = 1 << 20;
/// Kept free for what is said at the end.
const END: usize = 512;
/// Problems that are named.
const PROBLEMS: usize = 20;

/// Prints what was found, in at most `room` bytes.
pub(crate) fn checked(out: &mut dyn Write, checked: &Checked, room: usize) -> io::Result<()> {
    let mut page = Page { text: String::new(), room: room.saturating_sub(END) };
    let counts = report::summary(|verdict| checked.count(verdict));
    page.add(&format!("## lockgraph: {}\n\n", encoded(&counts)));
    page.problems(checked);
    let (rows, reports) = (page.table(checked), page.reports(checked));
    page.cut(checked.found.len(), rows, reports);
    let fits = page.text.len() <= room;
    out.write_all(if fits { page.text.as_bytes() } else { b"" })
}

/// What is written so far, and how much there may be.
struct Page {
    text: String,
    room: usize,
}

impl Page {
    /// Adds a part if there is room for all of it.
    fn add(&mut self, part: &str) -> bool {
        let fits = self.text.len() + part.len() <= self.room;
        if fits {
            self.text.push_str(part);
        }
        fits
    }

    fn problems(&mut self, checked: &Checked) {
        for problem in checked.problems.iter().take(PROBLEMS) {
            let (file, what) = (encoded(&problem.file), encoded(&problem.message));
            self.add(&format!("- problem: {file}: {what}\n"));
        }
        if let more @ 1.. = checked.problems.len().saturating_sub(PROBLEMS) {
            self.add(&format!("- {}\n", counted(more as u64, "more problem", "more problems")));
        }
        if !checked.problems.is_empty() {
            self.add("\n");
        }
    }

    /// A row a finding, in at most half of the room. Returns how many there are.
    fn table(&mut self, checked: &Checked) -> usize {
        let whereabouts = Whereabouts::of(checked);
        let head = "| | finding | where | verdict | gate |\n|---|---|---|---|---|\n";
        if checked.found.is_empty() || !self.add(head) {
            return 0;
        }
        let room = self.room;
        self.room = room / 2;
        let rows = checked.found.iter().map(|found| row(&whereabouts, found));
        let count = rows.take_while(|row| self.add(row)).count();
        self.room = room;
        self.add("\n");
        count
    }

    /// The findings in full, as many as there is room for.
    fn reports(&mut self, checked: &Checked) -> usize {
        for (number, found) in checked.found.iter().enumerate() {
            if !self.add(&details(checked, found)) {
                return number;
            }
        }
        checked.found.len()
    }

    fn cut(&mut self, all: usize, rows: usize, reports: usize) {
        self.room += END;
        let (rows, reports) = (all - rows, all - reports);
        if reports > 0 {
            let reports = counted(reports as u64, "finding is", "findings are");
            self.add(&format!(
                "\n**The page would be too long: {reports} not shown in full, {rows} not in the \
                 table.**\n"
            ));
        }
    }
}

fn row(whereabouts: &Whereabouts<'_>, found: &Found) -> String {
    let finding = &found.finding;
    let mark = match Severity::of(found) {
        Severity::Error => "❌",
        Severity::Warning => "⚠️",
        Severity::Note => "ℹ️",
    };
    let place = whereabouts.main(finding);
    let place = place.map(|place| format!("{}:{}", place.file, place.line)).unwrap_or_default();
    let what = format!("{}: {}", finding.kind.name(), headline(finding));
    let gate = standing(found).unwrap_or_default();
    let cells = [what.as_str(), &place, finding.verdict.name(), &gate].map(encoded);
    format!("| {mark} | {} |\n", cells.join(" | "))
}

fn details(checked: &Checked, found: &Found) -> String {
    let finding = &found.finding;
    let (kind, print) = (finding.kind.name(), finding.fingerprint());
    let open = if finding.verdict == Verdict::Actual { " open" } else { "" };
    let report = fenced(&text::plain(checked, found));
    format!("<details{open}><summary>{kind} {print:016x}</summary>\n\n{report}\n</details>\n")
}

/// A finding for a page of its own, such as an issue; `text` is what is told of it.
pub(crate) fn alone(found: &Found, text: &str) -> String {
    let finding = &found.finding;
    let what = format!("{}: {}", finding.kind.name(), headline(finding));
    format!("## {}\n\n{}", encoded(&what), fenced(text))
}

/// Text that nothing in it ends.
fn fenced(text: &str) -> String {
    let fence = "`".repeat(longest_row(text).max(2) + 1);
    format!("{fence}text\n{text}{fence}\n")
}

/// How many backticks stand in a row at most.
fn longest_row(text: &str) -> usize {
    text.split(|letter| letter != '`').map(str::len).max().unwrap_or_default()
}

/// Text that is nothing but text in Markdown, HTML and GitHub's additions to them.
fn encoded(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for letter in escaped(text).chars() {
        if r"\`*_{}[]<>()#+!|~@&:$^='".contains(letter) || letter == '"' {
            written.push_str(&format!("&#{};", u32::from(letter)));
        } else {
            written.push(letter);
        }
    }
    // Without a scheme these are links too.
    written.replace("www.", "www&#46;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staged;

    fn printed(findings: &Checked, room: usize) -> String {
        let mut out = Vec::new();
        checked(&mut out, findings, room).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nothing_found_is_said() {
        assert_eq!(printed(&Checked::default(), LARGEST), "## lockgraph: no findings\n\n");
    }

    #[test]
    fn a_finding_has_a_row_and_a_report() {
        let mut findings = staged::checked();
        findings.found[1].standing = staged::accepted();
        let text = printed(&findings, LARGEST);
        let head = "## lockgraph: 2 findings&#58; 1 actual, 1 possible\n\n\
                    - problem: d.lgt: the file was cut\n\n\
                    | | finding | where | verdict | gate |\n|---|---|---|---|---|\n\
                    | ❌ | deadlock&#58; threads &#96;t1&#96; and &#96;t2&#96; ";
        assert!(text.starts_with(head), "{text}");
        assert!(
            text.contains(" | src/a.rs&#58;11 | actual |  |\n| ℹ️ | lock-order-cycle"),
            "{text}"
        );
        let gate =
            "| possible | accepted under another name&#58; &#34;old&#34; &#38; &#60;known&#62; |";
        assert!(text.contains(gate), "{text}");
        let print = staged::deadlock().fingerprint();
        let report = format!(
            "<details open><summary>deadlock {print:016x}</summary>\n\n```text\nerror[deadlock]: "
        );
        assert!(text.contains(&report) && text.ends_with("\n```\n\n</details>\n"), "{text}");
    }

    /// Of the page, what is outside the fences.
    fn outside(text: &str) -> Vec<&str> {
        let mut fence: Option<&str> = None;
        let mut lines = Vec::new();
        for line in text.lines() {
            match fence {
                Some(end) if line == end => fence = None,
                Some(_) => {}
                None => match line.strip_suffix("text").filter(|line| line.starts_with("```")) {
                    Some(begin) => fence = Some(begin),
                    None => lines.push(line),
                },
            }
        }
        assert_eq!(fence, None, "{text}");
        lines
    }

    #[test]
    fn hostile_names_are_text() {
        for name in staged::hostile() {
            let text = printed(&staged::with_name(&name), LARGEST);
            let lines = outside(&text);
            let [_, _, _, _, row, _, summary, _, _, end] = lines[..] else { panic!("{lines:?}") };
            assert!(row.starts_with("| ⚠️ | ") && row.ends_with(" | possible |  |"), "{row}");
            assert_eq!(row.matches('|').count(), 6, "{row}");
            let is_plain = |text: &str| text.chars().all(|it| !"<>`*_[]@$\\".contains(it));
            assert!(is_plain(row), "{row}");
            assert!(summary.starts_with("<details><summary>lock-order-cycle "), "{summary}");
            assert_eq!(end, "</details>");
            assert_eq!(text.chars().find(|it| it.is_control() && *it != '\n'), None, "{text:?}");
        }
    }

    #[test]
    fn a_page_is_cut_where_there_is_no_more_room() {
        let findings = staged::many(1000);
        for (room, is_cut, least) in [
            (LARGEST, true, LARGEST - 10_000),
            (100_000, true, 90_000),
            (1000, true, 200),
            (10 << 20, false, 2 << 20),
        ] {
            let text = printed(&findings, room);
            assert!(text.len() <= room && text.len() > least, "{}", text.len());
            assert_eq!(text.contains("**The page would be too long: "), is_cut, "{room}");
            outside(&text);
        }
        let text = printed(&findings, 100_000);
        let rows = text.matches("| ⚠️ | ").count();
        let reports = text.matches("<details>").count();
        let (rows, reports) = (1000 - rows, 1000 - reports);
        let want = format!(
            "\n**The page would be too long: {reports} findings are not shown in full, {rows} not in \
             the table.**\n"
        );
        assert!(text.ends_with(&want), "{}", &text[text.len() - 200..]);
        assert_eq!(printed(&findings, 10), "");
    }
}
