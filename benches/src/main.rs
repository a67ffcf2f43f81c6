//! What lockgraph's locks cost, against the originals and against other detectors.
//!
//! ```text
//! cargo run --release --manifest-path benches/Cargo.toml                  the cost table
//! cargo run --release --manifest-path benches/Cargo.toml -- instructions  counted, not timed
//! cargo run --release --manifest-path benches/Cargo.toml -- growth        what must stay flat
//! cargo run --release --manifest-path benches/Cargo.toml -- predict       whole runs, judged
//! cargo run --release --manifest-path benches/Cargo.toml -- merge         10,000 runs, added up
//! cargo run --release --manifest-path benches/Cargo.toml -- layout        pictures of order graphs
//! cargo run --release --manifest-path benches/Cargo.toml -- dinner        meals of five philosophers
//! ```
//!
//! How a number comes about: this program builds each contestant (`contestants/`, programs of
//! three lines around the crate `rows`) alone, so that no feature of one reaches another, and
//! starts it for one row at a time, in rounds over all contestants. Inside, batches of the
//! contestant and of `std` take turns, and each pair of batches gives a ratio (`rows/src`). A
//! cell is the median over the rounds of the median of a round.
//!
//! | file | what is in it |
//! |---|---|
//! | `contestant` | who takes part, how they are built and started |
//! | `cost`, `instructions`, `growth`, `predict`, `merge`, `layout`, `dinner` | the seven reports |
//! | `table`, `sample`, `machine` | Markdown, medians, where and with what it ran |
//! | `cores` | processes on one processor |
//!
//! Exit code 2 if something could not be built or started.

mod contestant;
mod cores;
mod cost;
mod dinner;
#[path = "../../tests/families/mod.rs"]
#[expect(dead_code, reason = "the small and the random ones are for tests")]
mod families;
mod growth;
mod instructions;
mod layout;
mod machine;
mod merge;
mod predict;
mod sample;
mod table;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::contestant::Contestant;

#[derive(Parser)]
#[command(about = "What lockgraph's locks cost: a Markdown table")]
struct Arguments {
    #[command(subcommand)]
    report: Option<Report>,
    /// Only this row (may be repeated)
    #[arg(long, value_name = "NAME", global = true)]
    row: Vec<String>,
    /// Only this contestant (may be repeated)
    #[arg(long, value_name = "CONTESTANT", global = true)]
    only: Vec<String>,
    /// One short round, for a first look
    #[arg(long, global = true)]
    quick: bool,
}

#[derive(Subcommand)]
enum Report {
    /// Counts instructions with valgrind instead of timing: lockgraph and std, others by --only
    Instructions,
    /// Prints what must stay flat, of lockgraph, others by --only: edges, locks, threads, requests
    Growth,
    /// Prints how fast `lockgraph check` judges whole runs, and in how much memory
    Predict,
    /// Prints how fast `lockgraph merge` adds up what 10,000 tests leave, and in how much memory
    Merge,
    /// Prints how fast pictures of order graphs are made, and how fast Graphviz makes them
    Layout,
    /// Prints how many meals five philosophers get, in five ways that cannot deadlock
    Dinner,
    /// One measurement of `predict` or `merge`
    #[command(hide = true)]
    Measure {
        program: PathBuf,
        answer: PathBuf,
        #[arg(last = true)]
        arguments: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let contestants = |default: &[&str]| Contestant::chosen(&arguments.only, default);
    match &arguments.report {
        None => cost::report(&contestants(&[])?, &arguments.row, arguments.quick),
        Some(Report::Instructions) => {
            let default = ["lockgraph", "lockgraph-parking_lot", "std"];
            instructions::report(&contestants(&default)?, &arguments.row)
        }
        Some(Report::Predict) => predict::report(&arguments.row, arguments.quick),
        Some(Report::Merge) => merge::report(&arguments.row, arguments.quick),
        Some(Report::Layout) => layout::report(&arguments.row, arguments.quick),
        Some(Report::Dinner) => dinner::report(arguments.quick),
        Some(Report::Measure { program, answer, arguments }) => {
            predict::measure(program, answer, arguments)
        }
        Some(Report::Growth) => growth::report(&contestants(&["lockgraph"])?, arguments.quick),
    }
}
