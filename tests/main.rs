//! End-to-end tests: small programs in processes of their own, on lockgraph's locks, and what must
//! be said about them; traces and the command line on real files; the shipped demonstrations; and
//! `cargo lockgraph` on small projects.
//!
//! Every row of every table is a test with a name, so it can be run alone:
//! `cargo test --test e2e truth/P05`. The same binary is the child in which a program runs; with a
//! program on its standard input, `e2e --child program serial` runs it by hand.
//!
//! A *program* is data for the interpreter in `machine`; a *scenario* is a Rust function, for what
//! the little language of `program` cannot say.
//!
//! | variable | |
//! |---|---|
//! | `LOCKGRAPH_CORPUS=FILE` | takes the corpus from another file, and prints a table at the end |
//! | `LOCKGRAPH_SEED`, `LOCKGRAPH_PROGRAMS` | the first seed of random programs (1), and how many (500) |
//! | `E2E_LIMIT_SECONDS` | how long a child may take that should end by itself (60) |
//! | `E2E_STRESS_SECONDS` | how long a stress test runs (10) |
//! | `E2E_REQUIRE_NEXTEST` | a missing cargo-nextest is a failure, and not a test that is ignored |

#[cfg(unix)]
mod cargo;
mod child;
mod cli;
mod corpus;
mod declared;
mod detector;
mod expect;
mod explore;
mod fixture;
mod hold;
mod load;
mod machine;
mod peer;
mod program;
mod random;
mod scenario;
mod settings;
mod stage;
mod stress;
mod table;
mod timeline;
mod trace;
mod view;

use std::io::Read as _;
use std::process::ExitCode;
use std::{env, io};

use libtest_mimic::Arguments;

use crate::program::Program;
use crate::stage::Run;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some(child::FLAG) => be_a_child(&arguments[2..]),
        _ => test(),
    }
}

fn test() -> ExitCode {
    let mut trials = table::trials();
    trials.extend(corpus::trials());
    trials.extend(peer::trials());
    trials.extend(fixture::trials());
    trials.extend(trace::trials());
    trials.extend(cli::trials());
    trials.extend(timeline::trials());
    trials.extend(view::trials());
    trials.extend(settings::trials());
    trials.extend(declared::trials());
    #[cfg(unix)]
    trials.extend(cargo::trials());
    trials.extend(random::trials());
    trials.extend(stress::trials());
    let conclusion = libtest_mimic::run(&Arguments::from_args(), trials);
    corpus::print_table();
    conclusion.exit_code()
}

/// Runs what the arguments say, and tells the parent what was found.
fn be_a_child(order: &[String]) -> ExitCode {
    let order: Vec<&str> = order.iter().map(String::as_str).collect();
    match order[..] {
        ["program", run] => {
            detector::tell_at_once();
            run_program(run);
            detector::tell_the_rest();
        }
        ["driven", turns] => {
            detector::tell_at_once();
            let turns = turns.split(',').filter_map(|turn| turn.parse().ok()).collect();
            machine::drive(&read_program(), turns);
        }
        ["batch"] => {
            detector::tell_at_once();
            for program in read().split(child::NEXT) {
                println!("{program}");
                machine::run(&parse(program), Run::Hinted);
            }
        }
        ["scenario", name] => scenario::run(name),
        _ => panic!("a child is ordered to run a program or a scenario"),
    }
    ExitCode::SUCCESS
}

fn run_program(run: &str) {
    let run = Run::ALL.into_iter().find(|known| known.name() == run).expect("a known way to run");
    machine::run(&read_program(), run);
}

fn read_program() -> Program {
    parse(&read())
}

fn parse(text: &str) -> Program {
    Program::parse(text).unwrap_or_else(|unknown| panic!("{unknown}"))
}

fn read() -> String {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).expect("the parent sends a program");
    text
}
