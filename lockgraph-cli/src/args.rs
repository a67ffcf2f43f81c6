//! The arguments.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Parser, Subcommand, ValueEnum};
use lockgraph::finding::{Kind, Verdict};
use lockgraph::predict::Limits;
use lockgraph::report::Style;

use crate::diff::Diff;
use crate::output::{self, Output};
use crate::settings::Settings;

/// Finds deadlocks and lock-order violations in recorded runs.
#[derive(Parser, Debug)]
#[command(name = "lockgraph", version, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 nothing found, 1 something found, 2 failure.")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// When to use colours; `auto` is on terminals, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Colour,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Judge traces: what deadlocked, and what could
    Check(Check),
    /// Add up reports and traces, of any number of runs, jobs and machines, in one report
    Merge(Merge),
    /// Show how the lock order and the findings of two runs differ: traces, reports, committed orders
    Diff(Diff),
    /// Show the threads, locks and edges of traces
    Show(Show),
    /// Print the order graph: who was wanted while whom was held
    Graph(Graph),
    /// Make a page of it, to look at in a browser: one file of HTML, without a network
    View(View),
    /// Print the events of a trace, as STD text or for a timeline in Perfetto
    Dump(Dump),
    /// Explain a kind of finding or a verdict, or list them
    Explain(Explain),
    /// Watch a program deadlock: run, recorded, killed, judged and drawn
    Demo(Demo),
    #[command(flatten)]
    Settings(Settings),
}

/// Arguments of `check`.
#[derive(Args, Debug)]
pub(crate) struct Check {
    /// Traces (.lgt, STD text or RapidBin), reports (JSON), or directories of .lgt files; `-` is a
    /// trace on standard input
    #[arg(required = true, value_name = "TRACE|REPORT")]
    pub(crate) traces: Vec<PathBuf>,
    /// Show cycles that cannot deadlock too, each with the reason
    #[arg(long)]
    pub(crate) all: bool,
    /// Look for cycles of at most so many threads [default: of any number]
    ///
    /// If longer ones were left out, the report says so.
    #[arg(long, value_name = "THREADS", value_parser = at_least_two())]
    pub(crate) max_length: Option<usize>,
    /// Look at so many candidates for a cycle in each group of locks that hang together
    ///
    /// If there were more, the report says so.
    #[arg(long, value_name = "COUNT", default_value_t = Limits::default().budget)]
    pub(crate) budget: u64,
    /// Write the schedule of each finding that has one to this directory, as a trace
    ///
    /// The trace is STD text and named by kind and fingerprint; `lockgraph check` says of it that it
    /// deadlocks. Files of another origin are left alone.
    #[arg(long, value_name = "DIR")]
    pub(crate) witness: Option<PathBuf>,
    /// Fail on what the settings do not accept, and on what goes against the committed order
    ///
    /// Both are looked for in the current directory and above it.
    #[arg(long)]
    pub(crate) gate: bool,
    /// Fail on every edge that the committed order does not have; with the gate
    #[arg(long)]
    pub(crate) frozen_order: bool,
    /// The settings of the gate, instead of a lockgraph.toml in or above the current directory
    #[arg(long, value_name = "FILE")]
    pub(crate) settings: Option<PathBuf>,
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = Output::parse)]
    #[arg(help = output::HELP, long_help = output::LONG_HELP)]
    pub(crate) format: Vec<Output>,
}

impl Check {
    /// How much to look for.
    pub(crate) fn limits(&self) -> Limits {
        let max_length = self.max_length.unwrap_or(Limits::default().max_length);
        Limits { max_length, budget: self.budget }
    }
}

/// Arguments of `merge`.
#[derive(Args, Debug)]
pub(crate) struct Merge {
    /// Reports (JSON), traces, or directories of .lgt and .json files
    #[arg(required = true, value_name = "TRACE|REPORT")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Write the report to this file; it may be one of those that are read
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write it in other forms too, as `check` does [default: json, if there is no `--output`]
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = Output::parse)]
    pub(crate) format: Vec<Output>,
}

fn at_least_two() -> impl clap::builder::TypedValueParser<Value = usize> {
    clap::builder::RangedU64ValueParser::<usize>::new().range(2..)
}

/// Arguments of `show`.
#[derive(Args, Debug)]
pub(crate) struct Show {
    /// Traces (.lgt, STD text or RapidBin), or directories of .lgt files; `-` is standard input
    #[arg(required = true, value_name = "TRACE")]
    pub(crate) traces: Vec<PathBuf>,
    #[arg(long, default_value = "text")]
    pub(crate) format: Format,
    /// Show the order graph instead: each cycle with its places, then what is taken under what
    #[arg(long, conflicts_with = "format")]
    pub(crate) graph: bool,
    /// With `--graph`: one node for all locks of a class, as for `graph`
    #[arg(long, requires = "graph")]
    pub(crate) classes: bool,
}

/// Arguments of `graph`.
#[derive(Args, Debug)]
pub(crate) struct Graph {
    /// As for `show`
    #[arg(required = true, value_name = "TRACE")]
    pub(crate) traces: Vec<PathBuf>,
    /// One node for all locks of a class (made at the same place, or of the same name)
    #[arg(long)]
    pub(crate) classes: bool,
    #[arg(long, default_value = "dot")]
    pub(crate) format: GraphFormat,
    /// The file [default: standard output, as with `-`]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Arguments of `view`.
#[derive(Args, Debug)]
#[command(
    after_help = "It judges nobody: what was found does not matter for the exit code, which is \
                        2 if something could not be read, written or opened, else 0."
)]
pub(crate) struct View {
    /// Traces (.lgt, STD text or RapidBin), reports (JSON), or directories of .lgt and .json files; `-`
    /// is a trace on standard input
    #[arg(required = true, value_name = "TRACE|REPORT")]
    pub(crate) inputs: Vec<PathBuf>,
    /// The file; `-` is standard output [default: lockgraph-report.html]
    #[arg(short, long, value_name = "FILE", conflicts_with = "serve")]
    pub(crate) output: Option<PathBuf>,
    /// Open it in a browser
    #[arg(long)]
    pub(crate) open: bool,
    /// Show cycles that cannot deadlock too, each with the reason
    #[arg(long)]
    pub(crate) all: bool,
    /// Serve it to browsers on this machine, until Ctrl-C, for what is too large for a file
    #[arg(long)]
    pub(crate) serve: bool,
    /// The port to serve it on [default: any that is free]
    #[arg(long, requires = "serve", default_value_t = 0, hide_default_value = true)]
    pub(crate) port: u16,
}

/// Arguments of `dump`.
#[derive(Args, Debug)]
pub(crate) struct Dump {
    /// A trace; `-` is standard input
    #[arg(value_name = "TRACE")]
    pub(crate) trace: PathBuf,
    #[arg(long, default_value = "std")]
    pub(crate) format: DumpFormat,
    /// The file [default: standard output, as with `-`]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Arguments of `explain`.
#[derive(Args, Debug)]
pub(crate) struct Explain {
    /// The kind, as in `error[KIND]`, or the verdict
    #[arg(value_name = "KIND_OR_VERDICT", value_parser = topic_parser())]
    pub(crate) topic: Option<Topic>,
}

/// What can be explained.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Topic {
    Kind(Kind),
    Verdict(Verdict),
}

/// Arguments of `demo`.
#[derive(Args, Debug)]
pub(crate) struct Demo {
    /// Which program
    #[arg(default_value = "philosophers")]
    pub(crate) program: Program,
    /// The version that takes its locks in an order, and ends
    #[arg(long)]
    pub(crate) ordered: bool,
    /// Be the program, instead of running it
    #[arg(long, hide = true)]
    pub(crate) in_this_process: bool,
}

/// The programs of the demo.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Program {
    /// Five philosophers, five forks
    Philosophers,
    /// Two transfers between two accounts
    Bank,
}

fn topic_parser() -> impl clap::builder::TypedValueParser<Value = Topic> {
    let names = Kind::ALL.map(Kind::name).into_iter().chain(Verdict::ALL.map(Verdict::name));
    let names = PossibleValuesParser::new(names);
    names.try_map(|name| {
        let kind = Kind::from_name(&name).map(Topic::Kind);
        let verdict = || Verdict::from_name(&name).map(Topic::Verdict);
        kind.or_else(verdict).ok_or("no such kind or verdict")
    })
}

/// How `show` prints.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    /// For people
    Text,
    /// For programs; see the schema directory
    Json,
}

/// How `graph` prints.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum GraphFormat {
    /// For Graphviz
    Dot,
    /// For programs; see the schema directory
    Json,
    /// A picture, for browsers and pages
    Svg,
}

/// How `dump` prints.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DumpFormat {
    /// One event a line, which `check` and others read again
    Std,
    /// Chrome's trace events, as JSON: who held and waited for what, for https://ui.perfetto.dev or
    /// chrome://tracing
    ///
    /// A trace has an order and no times, so an event takes a microsecond.
    #[value(alias = "chrome")]
    Perfetto,
}

/// When to use colours.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Colour {
    Auto,
    Always,
    Never,
}

impl Arguments {
    /// Whether the output is coloured.
    pub(crate) fn style(&self) -> Style {
        self.color.style(io::stdout().is_terminal())
    }
}

impl Colour {
    /// Whether output is coloured that goes to a terminal, or elsewhere.
    pub(crate) fn style(self, is_terminal: bool) -> Style {
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        style(self, no_colour || is_dumb, is_terminal)
    }
}

fn style(colour: Colour, is_unwanted: bool, is_terminal: bool) -> Style {
    match colour {
        Colour::Always => Style::Colour,
        Colour::Auto if is_terminal && !is_unwanted => Style::Colour,
        Colour::Auto | Colour::Never => Style::Plain,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_make_sense() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn colour_is_for_terminals_and_for_who_wants_it() {
        for (colour, is_unwanted, is_terminal, want) in [
            (Colour::Auto, false, true, Style::Colour),
            (Colour::Auto, true, true, Style::Plain),
            (Colour::Auto, false, false, Style::Plain),
            (Colour::Always, true, false, Style::Colour),
            (Colour::Never, false, true, Style::Plain),
        ] {
            assert_eq!(style(colour, is_unwanted, is_terminal), want, "{colour:?}");
        }
    }

    #[test]
    fn bad_arguments_are_refused() {
        for line in [
            "lockgraph",
            "lockgraph check",
            "lockgraph check --format dot x",
            "lockgraph graph --format text x",
            "lockgraph check --max-length 1 x",
            "lockgraph check --budget -1 x",
            "lockgraph merge",
            "lockgraph diff a",
            "lockgraph diff a b c",
            "lockgraph explain nothing",
            "lockgraph dump a b",
            "lockgraph dump a --format json",
        ] {
            let error = Arguments::try_parse_from(line.split(' ')).unwrap_err();
            assert!(error.use_stderr(), "{line}");
        }
    }

    #[test]
    fn every_kind_and_verdict_can_be_explained() {
        let kinds = Kind::ALL.map(|kind| (kind.name(), Topic::Kind(kind)));
        let verdicts = Verdict::ALL.map(|verdict| (verdict.name(), Topic::Verdict(verdict)));
        for (name, topic) in kinds.into_iter().chain(verdicts) {
            let line = ["lockgraph", "explain", name, "--color", "never"];
            assert!(matches!(
                Arguments::try_parse_from(line).unwrap().command,
                Command::Explain(Explain { topic: Some(parsed) }) if parsed == topic
            ));
        }
    }

    #[test]
    fn limits_are_those_of_the_analysis_unless_asked_otherwise() {
        for (line, want) in [
            ("lockgraph check x", Limits::default()),
            ("lockgraph check x --budget 7", Limits { budget: 7, ..Limits::default() }),
            ("lockgraph check x --max-length 3", Limits { max_length: 3, ..Limits::default() }),
        ] {
            let Command::Check(check) = Arguments::try_parse_from(line.split(' ')).unwrap().command
            else {
                panic!("{line}")
            };
            assert_eq!(check.limits(), want, "{line}");
        }
    }
}
