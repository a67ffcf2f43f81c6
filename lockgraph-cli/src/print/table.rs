//! Tables for people: columns in line, numbers to the right.

use std::io::{self, Write};

use lockgraph::check::{ContentionRow, EdgeRow, LockRow, LongestHoldRow, Report, ThreadRow};
use lockgraph::explain::{self, Spelling, escaped};
use lockgraph::finding::{Held, Lock, Place, Thread, Wanted};
use lockgraph::id::{LockKind, Mode};
use lockgraph::report::text_width;
use lockgraph::trace::Awaited;

/// How many members of a list are in one cell.
const LISTED: usize = 3;

/// Prints the tables of each trace.
pub(crate) fn shown(out: &mut dyn Write, reports: &[(String, Report)]) -> io::Result<()> {
    for (number, (file, report)) in reports.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        if reports.len() > 1 {
            writeln!(out, "{}\n", escaped(file))?;
        }
        tables(out, report)?;
    }
    Ok(())
}

fn tables(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let locks = report.locks.iter().map(|row| &row.lock);
    let threads = report.threads.iter().map(|row| &row.thread);
    let sites = report.edges.iter().flat_map(|row| [&row.from_site, &row.to_site]);
    let sites = sites.chain(report.contention.iter().map(|row| &row.site));
    let sites = sites.chain(report.longest_holds.iter().map(|row| &row.held.site));
    let spell = Spelling::of_all(locks, threads, sites.flatten());
    // A trace of the graph alone says nothing of how often.
    let has_events = report.summary.events > 0;
    let count = |number: u64| if has_events { number.to_string() } else { "-".to_string() };
    let rows = report.threads.iter().map(|row| thread(&spell, row, &count)).collect();
    table(out, "threads", &["thread", "name", "parent", "#taken", "waits for", "holds"], rows)?;
    writeln!(out)?;
    let rows = report.locks.iter().map(|row| lock(&spell, row, &count)).collect();
    table(out, "locks", &["#lock", "kind", "class", "#taken", "#contended", "held by"], rows)?;
    writeln!(out)?;
    let rows = report.edges.iter().map(|row| edge(&spell, row)).collect();
    let head = ["from", "to", "#times", "threads", "taken at", "wanted at"];
    table(out, "edges (to was wanted while from was held)", &head, rows)?;
    figures(out, &spell, report)
}

/// What there is not always.
fn figures(out: &mut dyn Write, spell: &Spelling, report: &Report) -> io::Result<()> {
    if !report.contention.is_empty() {
        let rows = report.contention.iter().map(|row| contention(spell, row)).collect();
        let head = ["#lock", "class", "#waits", "#total", "#longest", "where", "by whom"];
        writeln!(out)?;
        table(
            out,
            "contention (waits that are over, by what was waited for and where)",
            &head,
            rows,
        )?;
    }
    if !report.longest_holds.is_empty() {
        let rows = report.longest_holds.iter().map(|row| longest_hold(spell, row)).collect();
        let head = ["#lock", "class", "#longest", "taken at", "by whom"];
        writeln!(out)?;
        table(out, "longest holds", &head, rows)?;
    }
    Ok(())
}

type Row = Vec<String>;

fn thread(spell: &Spelling, row: &ThreadRow, count: &dyn Fn(u64) -> String) -> Row {
    let wants = |wanted: &Wanted| match wanted {
        Wanted::Lock(lock, mode) => format!("{}{}", spell.label(lock), how(lock, *mode)),
        Wanted::End(thread) => format!("the end of {}", name(thread)),
        Wanted::Signal(signal, object) => {
            let object = object.as_ref().map(|object| spell.label(object));
            explain::awaited(*signal, object.as_deref())
        }
    };
    vec![
        row.thread.id.to_string(),
        row.thread.name.as_deref().map_or_else(String::new, escaped),
        row.parent.map_or_else(String::new, |parent| parent.to_string()),
        count(row.acquisitions),
        row.waits_for.as_ref().map_or_else(String::new, wants),
        list(&row.holds, |held| held_lock(spell, held)),
    ]
}

fn lock(spell: &Spelling, row: &LockRow, count: &dyn Fn(u64) -> String) -> Row {
    vec![
        row.lock.id.to_string(),
        row.lock.kind.name().to_string(),
        spell.class(&row.lock.class),
        count(row.acquisitions),
        count(row.contended),
        list(&row.held_by_at_end, name),
    ]
}

fn edge(spell: &Spelling, row: &EdgeRow) -> Row {
    vec![
        spell.label(&row.from),
        spell.label(&row.to),
        row.count.to_string(),
        list(&row.threads, name),
        site(spell, row.from_site.as_ref()),
        site(spell, row.to_site.as_ref()),
    ]
}

fn contention(spell: &Spelling, row: &ContentionRow) -> Row {
    let class = match &row.what {
        Awaited::Lock(lock) => spell.class(&lock.class),
        Awaited::Signal(signal, object) => {
            let object = object.as_ref().map(|object| spell.class(&object.class));
            explain::awaited(*signal, object.as_deref())
        }
        Awaited::Ends => "the ends of threads".to_string(),
        Awaited::Others => "all others, too many to be kept apart".to_string(),
    };
    let object = row.what.as_ref().object();
    vec![
        object.map_or_else(String::new, |lock| lock.id.to_string()),
        class,
        row.waits.to_string(),
        explain::time(row.total_nanos),
        explain::time(row.longest_nanos),
        site(spell, row.site.as_ref()),
        name(&row.thread),
    ]
}

fn longest_hold(spell: &Spelling, LongestHoldRow { held, thread, nanos }: &LongestHoldRow) -> Row {
    vec![
        held.lock.id.to_string(),
        format!("{}{}", spell.class(&held.lock.class), how(&held.lock, held.mode)),
        explain::time(*nanos),
        site(spell, held.site.as_ref()),
        name(thread),
    ]
}

fn name(thread: &Thread) -> String {
    thread.name.as_deref().map_or_else(|| format!("thread {}", thread.id), escaped)
}

fn held_lock(spell: &Spelling, held: &Held) -> String {
    format!("{}{}", spell.label(&held.lock), how(&held.lock, held.mode))
}

fn how(lock: &Lock, mode: Mode) -> &'static str {
    match mode {
        Mode::Exclusive => "",
        // With a semaphore the mode says whether a permit is all there is.
        _ if lock.kind == LockKind::Semaphore => "",
        Mode::Shared => " (read)",
        Mode::SharedRecursive => " (recursive read)",
        Mode::Upgradable => " (upgradable read)",
    }
}

fn site(spell: &Spelling, site: Option<&Place>) -> String {
    site.map_or_else(String::new, |site| spell.place(site))
}

fn list<T>(members: &[T], spelled: impl Fn(&T) -> String) -> String {
    let names: Vec<String> = members.iter().take(LISTED).map(spelled).collect();
    match members.len().saturating_sub(LISTED) {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

/// The names of threads, of many the first.
pub(crate) fn threads<'a>(threads: impl Iterator<Item = &'a Thread>) -> String {
    list(&threads.collect::<Vec<_>>(), |thread| name(thread))
}

/// Prints a table. Columns whose names begin with `#` have numbers.
fn table(out: &mut dyn Write, title: &str, head: &[&str], rows: Vec<Row>) -> io::Result<()> {
    writeln!(out, "{} {title}", rows.len())?;
    if rows.is_empty() {
        return Ok(());
    }
    let is_number: Vec<bool> = head.iter().map(|name| name.starts_with('#')).collect();
    let mut all = vec![head.iter().map(|name| name.trim_start_matches('#').to_string()).collect()];
    all.extend(rows);
    let width = |column: usize| all.iter().map(|row: &Row| text_width(&row[column])).max();
    let widths: Vec<usize> = (0..head.len()).map(|column| width(column).unwrap_or(0)).collect();
    for row in &all {
        let mut line = String::new();
        for ((cell, width), is_number) in row.iter().zip(&widths).zip(&is_number) {
            let space = " ".repeat(width - text_width(cell));
            let (left, right) =
                if *is_number { (space.as_str(), "") } else { ("", space.as_str()) };
            line.push_str(&format!("  {left}{cell}{right}"));
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staged;

    fn check(reports: &[(String, Report)], want: &str) {
        let mut out = Vec::new();
        shown(&mut out, reports).unwrap();
        let got = String::from_utf8(out).unwrap();
        assert!(got == want.trim_start_matches('\n'), "got:\n{got}\nwant:{want}");
    }

    #[test]
    fn columns_are_in_line() {
        check(&[("a.lgt".into(), staged::report())], TABLES);
    }

    #[test]
    fn several_traces_have_titles() {
        let empty = || ("e.lgt".to_string(), Report::default());
        let tables = "0 threads\n\n0 locks\n\n0 edges (to was wanted while from was held)\n";
        check(&[empty(), empty()], &format!("e.lgt\n\n{tables}\ne.lgt\n\n{tables}"));
    }

    #[test]
    fn what_was_not_recorded_is_not_counted() {
        let mut report = staged::report();
        report.summary.events = 0;
        let mut out = Vec::new();
        shown(&mut out, &[("a.lgt".into(), report)]).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("  lock-2      -          -  t2\n"), "{text}");
    }

    const TABLES: &str = "
2 threads
  thread  name  parent  taken  waits for  holds
  1       t1                6             lock-2
  9             1           6  lock-1     lock-2, lock-3, lock-4 and 6 more

2 locks
  lock  kind   class   taken  contended  held by
     1  mutex  lock-1      6          0  t1
     2  mutex  lock-2     12          1  t2

2 edges (to was wanted while from was held)
  from    to      times  threads  taken at  wanted at
  lock-1  lock-2      1  t1       a.rs:1:5  a.rs:2:9
  lock-2  lock-1      1  t1       a.rs:2:5  a.rs:1:9

2 contention (waits that are over, by what was waited for and where)
  lock  class                     waits   total  longest  where     by whom
     1  lock-1                       12  3.05 s   1.25 s  a.rs:3:9  t1
     2  a notification of lock-2      1   40 ms    40 ms  a.rs:4:9  thread 9

1 longest holds
  lock  class          longest  taken at   by whom
     2  lock-2 (read)   340 ms  a.rs:10:5  t1
";
}
