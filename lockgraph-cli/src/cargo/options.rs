//! The arguments: which are ours, and which are handed to cargo as they are.
//!
//! Ours may stand anywhere before `--`, so that nobody has to know where cargo's begin. After the
//! first argument of the program itself (`cargo lockgraph run -p server 8080`) there are none of
//! ours either.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{CommandFactory as _, Parser, ValueEnum};

use super::cargo_arguments::takes_value;
use crate::args::Colour;
use crate::output::{self, Output};

/// Finds deadlocks and lock-order violations in a cargo project, its sources unchanged.
///
/// Every lock of std and of lock_api (parking_lot, dashmap, ..) in the project and its
/// dependencies is watched while cargo runs it; one report follows. Everything is built in a
/// target directory of its own, `lockgraph` in the project's; nothing else is written.
#[derive(Parser, Clone, Debug)]
#[command(name = "cargo-lockgraph", bin_name = "cargo lockgraph", version, max_term_width = 100)]
#[command(override_usage = "cargo lockgraph <VERB> [OPTIONS] [CARGO'S OWN ARGUMENTS]")]
#[command(after_help = VERBS)]
pub(crate) struct Options {
    /// Show what was found among locks of dependencies alone too
    #[arg(long)]
    pub(crate) deps: bool,
    /// Show cycles that cannot deadlock too, each with the reason
    #[arg(long)]
    pub(crate) excluded: bool,
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = Output::parse)]
    #[arg(help = output::HELP, long_help = output::LONG_HELP)]
    pub(crate) format: Vec<Output>,
    /// Write a page to look at in a browser [default: report.html beside the other reports]
    ///
    /// The same as `--format html=FILE`, beside all other forms.
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    #[expect(
        clippy::option_option,
        reason = "how clap tells no option, one without a file and one with it apart"
    )]
    pub(crate) html: Option<Option<PathBuf>>,
    /// Fail on what lockgraph.toml does not accept, and on what goes against the committed order
    #[arg(long)]
    pub(crate) gate: bool,
    /// Fail on every edge that the committed order does not have; with the gate
    #[arg(long)]
    pub(crate) frozen_order: bool,
    /// When to use colours; handed to cargo too
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Colour,
    /// How much is recorded: what is new (`graph`), or every event (`full`)
    #[arg(long)]
    pub(crate) level: Option<Level>,
    /// What a thread does that finds itself in a deadlock
    #[arg(long, value_name = "WHAT")]
    pub(crate) on_deadlock: Option<OnDeadlock>,
    /// Tell of waits without a time limit that take longer than this [default: 60]; 0 for never
    #[arg(long, value_name = "SECONDS")]
    pub(crate) stall_after: Option<u64>,
    /// What becomes of a process with waits that nobody seems to end
    #[arg(long, value_name = "WHAT")]
    pub(crate) on_stall: Option<OnStall>,
    /// With `clean`: remove the traces only
    #[arg(long)]
    pub(crate) traces: bool,
}

const VERBS: &str = "\
Verbs:
  test      cargo test
  nextest   cargo nextest run; another verb of nextest may follow
  run       cargo run; Ctrl-C ends the program, and the report follows
  bench     cargo bench
  show-env  print the environment that instruments any other runner, for `source <(..)`
  report    report on the traces that are there, once more
  clean     remove the instrumented build and the traces
  init      write a lockgraph.toml with every setting in a comment
  review    walk through what was found: accept it with a reason, or leave it
  accept    let findings pass the gate, without questions
  learn     write the order of the last run to lock-order.json, to be committed
  prune     remove from lockgraph.toml what is not found any more
The last five have options of their own: cargo lockgraph VERB --help

Exit codes: the runner's own if it fails, else 1 if something was found, 0 if not;
2 if lockgraph itself could not do its work.";

/// What to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verb {
    Test,
    Nextest,
    Run,
    Bench,
    ShowEnv,
    Report,
    Clean,
}

const NAMES: [(&str, Verb); 7] = [
    ("test", Verb::Test),
    ("nextest", Verb::Nextest),
    ("run", Verb::Run),
    ("bench", Verb::Bench),
    ("show-env", Verb::ShowEnv),
    ("report", Verb::Report),
    ("clean", Verb::Clean),
];

/// The verbs that write the settings. Nothing is run for them.
const SETTINGS: [&str; 5] = ["init", "review", "accept", "learn", "prune"];

/// Whether a verb is one that writes the settings.
pub(crate) fn writes_settings(verb: &OsStr) -> bool {
    SETTINGS.iter().any(|known| verb == *known)
}

impl Verb {
    pub(crate) fn from_name(name: &OsStr) -> Option<Verb> {
        // cargo's own abbreviations.
        let name = match name.to_str()? {
            "t" => "test",
            "r" => "run",
            name => name,
        };
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, verb)| *verb)
    }

    pub(crate) fn name(self) -> &'static str {
        NAMES.iter().find(|(_, verb)| *verb == self).map_or("", |(name, _)| name)
    }
}

/// `LOCKGRAPH_LEVEL`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Level {
    Graph,
    Full,
}

/// `LOCKGRAPH_ON_DEADLOCK`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OnDeadlock {
    /// Panics, so that a test fails with the report
    Panic,
    /// Panics in the thread of the circle that holds least, and the others go on
    Victim,
    /// Reports and hangs
    Report,
    /// Aborts the process
    Abort,
}

/// `LOCKGRAPH_ON_STALL`.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum OnStall {
    /// It is left alone
    Report,
    /// It is aborted, so that the run fails
    Abort,
}

/// The name that a value has on the command line, and in the environment.
pub(crate) fn name(value: &impl ValueEnum) -> String {
    value.to_possible_value().as_ref().map(PossibleValue::get_name).unwrap_or_default().to_owned()
}

/// A command line, taken apart.
#[derive(PartialEq, Eq, Default, Debug)]
pub(crate) struct Line {
    pub(crate) verb: Option<OsString>,
    /// For [`Options`].
    pub(crate) ours: Vec<OsString>,
    /// For cargo, in their order.
    pub(crate) cargo: Vec<OsString>,
}

impl Line {
    /// Takes what follows `cargo lockgraph` apart.
    pub(crate) fn split(arguments: impl IntoIterator<Item = OsString>) -> Line {
        let options = Options::command();
        let mut line = Line::default();
        let mut rest = arguments.into_iter();
        while let Some(argument) = rest.next() {
            if let Some(takes_next) = ours(&options, &argument) {
                line.shared(&argument);
                line.ours.push(argument.clone());
                if takes_next && let Some(value) = rest.next() {
                    line.shared_value(&argument, &value);
                    line.ours.push(value);
                }
            } else if argument == "--" {
                line.cargo.push(argument);
                break;
            } else if line.verb.is_none() && !is_option(&argument) {
                line.verb = Some(argument);
            } else if is_option(&argument) {
                let takes_value = takes_value(&argument);
                line.cargo.push(argument);
                line.cargo.extend(takes_value.then(|| rest.next()).flatten());
            } else {
                line.cargo.push(argument);
                if line.verb.as_deref().and_then(Verb::from_name) == Some(Verb::Run) {
                    break;
                }
            }
        }
        line.cargo.extend(rest);
        line
    }

    /// `--color` is cargo's as well.
    fn shared(&mut self, argument: &OsStr) {
        if name_of(argument) == "--color" {
            self.cargo.push(argument.to_owned());
        }
    }

    fn shared_value(&mut self, argument: &OsStr, value: &OsStr) {
        if argument == "--color" {
            self.cargo.push(value.to_owned());
        }
    }
}

fn is_option(argument: &OsStr) -> bool {
    argument.as_encoded_bytes().starts_with(b"-")
}

/// `--name` of `--name=value`.
fn name_of(argument: &OsStr) -> &str {
    argument.to_str().map_or("", |text| text.split('=').next().unwrap_or(text))
}

/// Whether `argument` is an option of ours, and if so, whether its value is the next argument.
fn ours(options: &clap::Command, argument: &OsStr) -> Option<bool> {
    let name = name_of(argument);
    if ["-h", "--help", "-V", "--version"].contains(&name) {
        return Some(false);
    }
    let name = name.strip_prefix("--")?;
    let option = options.get_arguments().find(|option| option.get_long() == Some(name))?;
    let has_value = argument.as_encoded_bytes().contains(&b'=');
    let is_apart = option.get_action().takes_values() && !option.is_require_equals_set();
    Some(is_apart && !has_value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<OsString> {
        text.split_whitespace().map(OsString::from).collect()
    }

    fn check(line: &str, verb: &str, ours: &str, cargo: &str) {
        let split = Line::split(words(line));
        assert_eq!(split.verb, Some(verb.into()), "{line}");
        assert_eq!(split.ours, words(ours), "{line}");
        assert_eq!(split.cargo, words(cargo), "{line}");
    }

    #[test]
    fn what_is_not_ours_is_cargos_in_its_order() {
        check("test", "test", "", "");
        check("test --deps -p a --release name", "test", "--deps", "-p a --release name");
        check("--deps test --all", "test", "--deps", "--all");
        check("--level full test", "test", "--level full", "");
        check("test --level=full x --format json y", "test", "--level=full --format json", "x y");
        check("test --color never -v", "test", "--color never", "--color never -v");
        check("test --color=never -v", "test", "--color=never", "--color=never -v");
        check("--locked test --offline", "test", "", "--locked --offline");
        check("test --help", "test", "--help", "");
        check("test --html -p a", "test", "--html", "-p a");
        check("test --html=x.html name", "test", "--html=x.html", "name");
        // A value that looks like an option of ours is cargo's value.
        check("test --features --deps x", "test", "", "--features --deps x");
    }

    #[test]
    fn after_two_dashes_nothing_is_ours() {
        check("test -- --deps --format x", "test", "", "-- --deps --format x");
        check("run --deps -- --deps", "run", "--deps", "-- --deps");
        check("nextest run -E test(x) --deps", "nextest", "--deps", "run -E test(x)");
    }

    #[test]
    fn arguments_of_the_program_are_not_ours() {
        check("run -p server 8080 --deps", "run", "", "-p server 8080 --deps");
        check("run --bin=a --deps b --deps", "run", "--deps", "--bin=a b --deps");
        check("test name --deps", "test", "--deps", "name");
    }

    #[test]
    fn the_options_make_sense() {
        Options::command().debug_assert();
        for (name, verb) in NAMES {
            assert_eq!(Verb::from_name(name.as_ref()), Some(verb));
            assert_eq!(verb.name(), name);
            assert!(VERBS.contains(name), "{name} is not in the help");
        }
        for name in SETTINGS {
            assert!(VERBS.contains(&format!("\n  {name} ")), "{name} is not in the help");
            assert!(Verb::from_name(name.as_ref()).is_none(), "{name} is two verbs");
        }
    }
}
