//! What must stay flat as a program grows: the order graph, its locks, its threads, its requests.
//!
//! Each line is a process of its own or a point in the life of one. Memory is what is resident
//! (`/proc/self/statm`), so the first lines of a curve are rough: a page is 4 KiB.

use anyhow::{Context, Result};

use crate::contestant::{Built, Contestant, Graph, build};
use crate::machine;
use crate::table::{Cell, Table};

const EDGES: [&str; 7] = ["1000", "3000", "10000", "30000", "100000", "300000", "1000000"];
/// For a contestant that gets slower with every edge, in seconds.
const EDGES_TIME: &str = "60";
const LOCKS: [&str; 5] = ["10", "100", "1000", "10000", "100000"];
const THREADS: &str = "1000";
const REQUEST_MILLIONS: &str = "10";

/// Prints the curves of each contestant; with fewer requests and edges if it should be quick.
pub(crate) fn report(contestants: &[Contestant], quick: bool) -> Result<()> {
    let built = build(contestants.iter().map(|one| one.program))?;
    println!("{}", machine::describe());
    for one in contestants {
        let edges = if quick { &EDGES[..5] } else { &EDGES };
        println!("## {}\n\n### New edges between 10,000 locks\n", one.title);
        println!("{}", edge_curves(one, &built, edges)?);
        println!("### Live locks, taken one by one in random order\n");
        println!("{}", locks(one, &built)?);
        println!("### {THREADS} threads alive, each with two locks of its own\n");
        println!("{}", threads(one, &built)?);
        println!("### A lock made, taken and dropped for each request\n");
        println!("{}", requests(one, &built, if quick { "3" } else { REQUEST_MILLIONS })?);
    }
    Ok(())
}

fn text(number: f64) -> Cell {
    Cell::Text(format!("{number:.0}"))
}

fn edge_curves(contestant: &Contestant, built: &Built, edges: &[&str]) -> Result<Table> {
    let ways: &[_] = match contestant.graph {
        Graph::No | Graph::Bare => &[("", None)],
        Graph::Stacks { .. } => &[(", no stack", Some(false)), (", with a stack", Some(true))],
    };
    let mut heads = vec!["edges".to_owned()];
    let mut curves = Vec::new();
    for (suffix, stacks) in ways {
        heads.push(format!("ns for one more{suffix}"));
        heads.push("bytes per edge".to_owned());
        let arguments = [&["edges", EDGES_TIME], edges].concat();
        curves.push(built.start(contestant, *stacks)?.ask(&arguments, "edges")?);
    }
    let mut table = Table::new(heads);
    let longest = curves.iter().map(Vec::len).max().unwrap_or(0);
    for at in 0..longest {
        let points = curves.iter().map(|curve| curve.get(at).map(Vec::as_slice));
        let cells = points.flat_map(|point| match point {
            Some(&[edges, ours, std, bytes]) => [text(ours - std), text(bytes / edges)],
            _ => ["was stopped", "was stopped"].map(Cell::Missing),
        });
        table.row(edges[at], cells.collect());
    }
    Ok(table)
}

fn locks(contestant: &Contestant, built: &Built) -> Result<Table> {
    let heads = ["locks", "ns", "std ns", "ratio", "bytes per lock with itself", "KiB in all"];
    let mut table = Table::new(heads);
    for count in LOCKS {
        let lines = built.start(contestant, None)?.ask(&["live", count], "live")?;
        let [locks, ours, std, bytes] = lines.concat()[..] else { no_line()? };
        let ratio = Cell::Text(format!("{:.2}", ours / std));
        let bytes = [text(bytes / locks), text(bytes / 1024.0)];
        let [each, all] = bytes;
        table.row(count, vec![text(ours), text(std), ratio, each, all]);
    }
    Ok(table)
}

fn threads(contestant: &Contestant, built: &Built) -> Result<Table> {
    let mut table = Table::new(["", "us per thread", "bytes per thread"]);
    for (name, side) in [(contestant.title, "ours"), ("raw std", "std")] {
        let mut start = built.start(contestant, None)?;
        let lines = start.ask(&["threads", THREADS, side], "threads")?;
        let [_, nanos, bytes] = lines.concat()[..] else { no_line()? };
        table.row(name, vec![text(nanos / 1000.0), text(bytes)]);
    }
    Ok(table)
}

fn requests(contestant: &Contestant, built: &Built, millions: &str) -> Result<Table> {
    let of = |how| built.start(contestant, None)?.ask(&["requests", millions, how], "requests");
    let (alone, nested) = (of("alone")?, of("nested")?);
    let heads =
        ["requests", "ns", "resident KiB", "nested in a long-lived lock, ns", "resident KiB"];
    let mut table = Table::new(heads);
    for (alone, nested) in alone.iter().zip(&nested) {
        let ([requests, nanos, bytes], [_, nested_nanos, nested_bytes]) = (&alone[..], &nested[..])
        else {
            no_line()?
        };
        let cells = [*nanos, bytes / 1024.0, *nested_nanos, nested_bytes / 1024.0];
        table.row(requests.to_string(), cells.map(text).into());
    }
    Ok(table)
}

/// Fails: the contestant's line has another number of numbers.
fn no_line<T>() -> Result<T> {
    None.context("a line of the contestant is not as it should be")
}
