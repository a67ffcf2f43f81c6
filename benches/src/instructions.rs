//! Instructions, counted by valgrind: the same in every run, where ratios near 1 drown in noise.
//!
//! A row is run `N` times and `2 N` times; the difference divided by `N` is what one takes, and
//! what the program does before and after falls out. The loop around it is in the count, in that
//! of raw `std` as well.

use std::num::NonZero;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use anyhow::{Context, Result, bail, ensure};
use rows::Row;

use crate::contestant::{Built, Contestant, Graph, build, lacks};
use crate::machine;
use crate::table::{Cell, Table};

/// A row of the table.
struct Line {
    row: Row,
    title: &'static str,
    name: &'static str,
    times: u64,
    stacks: bool,
}

const fn line(row: Row, name: &'static str, title: &'static str) -> Line {
    Line { row, title, name, times: 10_000, stacks: false }
}

/// Two threads at one lock are missing: what they do depends on who comes first.
const LINES: [Line; 15] = [
    line(Row::Mutex, "mutex", "uncontended Mutex"),
    line(Row::Read, "read", "uncontended RwLock, read"),
    line(Row::Write, "write", "uncontended RwLock, write"),
    line(Row::Nested2, "nested-2", "nested 2, per lock"),
    line(Row::Nested8, "nested-8", "nested 8, per lock"),
    line(Row::OwnPairs, "own-pairs", "two threads, own pair each, per lock"),
    line(Row::New, "new", "new and drop, never locked"),
    line(Row::NewLock, "new-lock", "new, lock, drop"),
    line(Row::KnownEdges, "known-edges", "10,000 locks, known edges, per pair"),
    // A thousand messages each.
    Line { times: 100, ..line(Row::Mpsc, "mpsc", "1,000 messages through a channel, per message") },
    line(Row::Semaphore, "semaphore", "uncontended semaphore, against a Mutex and a Condvar"),
    // A thousand uses each.
    Line { times: 100, ..line(Row::Held, "held", "1,000 uses of a held Mutex, per use") },
    line(Row::Atomic, "atomic", "adding to an atomic variable"),
    Line { times: 4_000, ..line(Row::NewEdge, "new-edge", "new edge, no stack") },
    Line {
        times: 4_000,
        stacks: true,
        ..line(Row::NewEdge, "new-edge-stack", "new edge with a stack")
    },
];

/// Prints the table of these contestants: all lines, or those with these names.
pub(crate) fn report(contestants: &[Contestant], names: &[String]) -> Result<()> {
    let known = LINES.map(|line| line.name);
    if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("no row is called `{name}` here; there are {}", known.join(", "));
    }
    find_valgrind()?;
    let std = Contestant::chosen(&["std".to_owned()], &[])?;
    let built = build(contestants.iter().chain(&std).map(|one| one.program))?;
    let heads = std::iter::once("instructions (over raw std)");
    let mut table = Table::new(heads.chain(contestants.iter().map(|one| one.title)));
    let wanted = |line: &&Line| names.is_empty() || names.iter().any(|name| name == line.name);
    for line in LINES.iter().filter(wanted) {
        table.row(line.title, cells(line, contestants, &std[0], &built)?);
    }
    println!("{}\n{table}", machine::describe());
    Ok(())
}

fn find_valgrind() -> Result<()> {
    let mut command = Command::new("valgrind");
    let found = command.arg("--version").stdout(Stdio::null()).status();
    let found = found.context(
        "valgrind was not found; install it, for example with `apt-get install valgrind` or \
         `dnf install valgrind`",
    )?;
    ensure!(found.success(), "valgrind --version: {found}");
    Ok(())
}

/// The row's cells, in the order of the contestants.
fn cells(
    line: &Line,
    contestants: &[Contestant],
    std: &Contestant,
    built: &Built,
) -> Result<Vec<Cell>> {
    // `std` is needed in any case, and counted once.
    let others = contestants.iter().filter(|one| one.name != std.name);
    let all: Vec<&Contestant> = std::iter::once(std).chain(others).collect();
    let counts = at_once(&all, |one| count(line, one, built))?;
    let raw = counts[0].unwrap_or(0.0);
    let of = |one: &Contestant| all.iter().zip(&counts).find(|(other, _)| other.name == one.name);
    let cell = |one| match of(one) {
        Some((_, Some(count))) => Cell::Text(format!("{count:.0} ({:+.0})", count - raw)),
        _ => Cell::Missing(lacks(one, line.row).unwrap_or("keeps no stacks")),
    };
    Ok(contestants.iter().map(cell).collect())
}

/// What `work` returns for each, as many at once as there are processors: counts do not mind.
fn at_once<T: Sync, R: Send>(all: &[T], work: impl Fn(&T) -> Result<R> + Sync) -> Result<Vec<R>> {
    let next = Mutex::new(all.iter().enumerate());
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(|| {
                loop {
                    let taken = next.lock().expect("nobody panics with it").next();
                    let Some((at, one)) = taken else { return };
                    let result = work(one);
                    done.lock().expect("nor with this").push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("nor with this");
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Instructions for one of the row's work, unless the contestant cannot do it.
fn count(line: &Line, contestant: &Contestant, built: &Built) -> Result<Option<f64>> {
    if line.stacks && matches!(contestant.graph, Graph::Bare)
        || lacks(contestant, line.row).is_some()
    {
        return Ok(None);
    }
    let total = |times: u64| -> Result<u64> {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
        let mut start = built.start_below(Some(valgrind), contestant, Some(line.stacks))?;
        let text = start.listen(&["count", line.row.name(), "ours", &times.to_string()])?;
        collected(&text).with_context(|| format!("valgrind tells no count:\n{text}"))
    };
    let threads = if line.row.is_parallel() { 2 } else { 1 };
    let more = total(2 * line.times)?.saturating_sub(total(line.times)?);
    Ok(Some(more as f64 / (line.times * line.row.per() * threads) as f64))
}

/// The number in valgrind's line `==123== Collected : 456`.
fn collected(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.split_once("Collected :"))?;
    line.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_found_in_what_valgrind_says() {
        let text = "==7== Events    : Ir\n==7== Collected : 41234\n==7== \n";
        assert_eq!(collected(text), Some(41234));
        assert_eq!(collected("==7== Events    : Ir\n"), None);
    }

    #[test]
    fn results_keep_their_order() {
        let numbers: Vec<u32> = (0..50).collect();
        assert_eq!(at_once(&numbers, |number| Ok(*number)).unwrap(), numbers);
    }
}
