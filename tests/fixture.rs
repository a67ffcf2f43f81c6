//! The demonstrations: the version that deadlocks is found, live and from the trace that is left
//! when the hanging process is killed; the version that does not is silent.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use std::{fs, thread};

use libtest_mimic::{Failed, Trial};
use tempfile::TempDir;

use crate::child::{self, Order, Outcome, What};
use crate::cli;
use crate::expect::{self, DEADLOCK, Want};

/// The demonstrations, and words that the report on each must say.
const SHOWN: [(&str, &[&str]); 2] = [
    ("philosophers", &["Aristotle", "Socrates", "fork 1", "fork 5"]),
    ("bank", &["first teller", "second teller", "Alice's account", "Bob's account"]),
];

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (way, want) in [
        ("ordered", Want::Silent),
        ("ranked", Want::Silent),
        ("back_off", Want::Silent),
        ("banker", Want::Silent),
        ("waiter", Want::Silent),
    ] {
        let test = move || run(&format!("dinner_{way}"), &[], want).map_err(Failed::from);
        trials.push(Trial::test(format!("fixture/dinner_{way}"), test));
    }
    for (name, words) in SHOWN {
        let mut add = |what: &str, test: fn(&str, &[&str]) -> Result<(), String>| {
            let test = move || test(name, words).map_err(Failed::from);
            trials.push(Trial::test(format!("fixture/{name}_{what}"), test));
        };
        add("ordered_is_silent", |name, _| run(&format!("{name}_ordered"), &[], Want::Silent));
        add("deadlocks", |name, words| {
            live(name, words, &[("LOCKGRAPH_ON_DEADLOCK", "abort")], DEADLOCK)
        });
        add("goes_on_without_the_victim", |name, words| {
            live(name, words, &[("LOCKGRAPH_ON_DEADLOCK", "panic")], DEADLOCK)
        });
        add("killed_graph", |name, words| killed(name, words, "graph"));
        add("killed_full", |name, words| killed(name, words, "full"));
    }
    trials
}

type Environment<'a> = &'a [(&'a str, &'a str)];

fn run(scenario: &str, environment: Environment<'_>, want: Want) -> Result<(), String> {
    let outcome = outcome(scenario, environment)?;
    expect::compare(want, &outcome).map_err(|wrong| format!("{wrong}\n{}", outcome.full()))
}

fn live(
    name: &str,
    words: &[&str],
    environment: Environment<'_>,
    want: Want,
) -> Result<(), String> {
    let outcome = outcome(name, environment)?;
    expect::compare(want, &outcome)
        .and_then(|()| says(&outcome.stderr, words))
        .map_err(|wrong| format!("{wrong}\n{}", outcome.full()))
}

fn outcome(scenario: &str, environment: Environment<'_>) -> Result<Outcome, String> {
    let order = Order { what: What::Scenario(scenario), environment, limit: child::limit() };
    child::run(&order).map_err(|error| error.to_string())
}

fn says(text: &str, words: &[&str]) -> Result<(), String> {
    match words.iter().find(|word| !text.contains(**word)) {
        Some(missing) => Err(format!("{missing:?} is not said in:\n{text}")),
        None => Ok(()),
    }
}

/// Lets the demonstration hang, kills it with SIGKILL, and has its trace checked.
fn killed(name: &str, words: &[&str], level: &str) -> Result<(), String> {
    let directory = TempDir::new().map_err(|error| error.to_string())?;
    hang_and_kill(name, directory.path(), level).map_err(|error| error.to_string())?;
    let traces = files(directory.path()).map_err(|error| error.to_string())?;
    let mut arguments: Vec<&OsStr> = vec![OsStr::new("check")];
    arguments.extend(traces.iter().map(|path| path.as_os_str()));
    let checked = cli::run(&arguments)?;
    let text = &checked.stdout;
    checked.expect_code(1)?;
    says(text, &["error[deadlock]"])?;
    says(text, words)
}

/// Starts the demonstration, waits until the deadlock is reported and everybody sleeps, and kills it.
pub(crate) fn hang_and_kill(name: &str, directory: &Path, level: &str) -> io::Result<()> {
    let directory = directory.to_string_lossy();
    let environment = [
        ("LOCKGRAPH_ON_DEADLOCK", "report"),
        ("LOCKGRAPH_TRACE", &*directory),
        ("LOCKGRAPH_LEVEL", level),
    ];
    let limit = child::limit();
    let what = What::Scenario(name);
    let mut child = child::start(&Order { what, environment: &environment, limit })?;
    let (tell, told) = mpsc::channel();
    let stderr = child.stderr.take();
    thread::spawn(move || {
        for line in stderr.into_iter().flat_map(|pipe| BufReader::new(pipe).lines()) {
            if line.is_ok_and(|line| line.starts_with("error[deadlock]")) {
                // Nobody listens any more if the limit is over.
                let _ = tell.send(());
            }
        }
    });
    let end = Instant::now() + limit;
    let reported = told.recv_timeout(limit);
    // Others than those of the circle may not have come to their waits yet, nor to say so.
    while reported.is_ok() && !all_sleep(child.id()) && Instant::now() < end {
        thread::sleep(Duration::from_millis(5));
    }
    child.kill()?;
    child.wait()?;
    reported.map_err(|_| io::Error::other("the deadlock was not reported"))
}

/// Whether the kernel says three times that all threads of a process sleep: in between somebody may
/// sleep for a moment, and wake another.
fn all_sleep(process: u32) -> bool {
    let sleeps = |task: io::Result<fs::DirEntry>| {
        let stat = task.and_then(|task| fs::read_to_string(task.path().join("stat")));
        // The state follows the name in parentheses.
        stat.is_ok_and(|stat| stat.rsplit_once(") ").is_some_and(|(_, it)| it.starts_with('S')))
    };
    (0..3).all(|_| {
        thread::sleep(Duration::from_millis(5));
        // Where the kernel does not say it, that has to do.
        fs::read_dir(format!("/proc/{process}/task")).map_or(true, |mut tasks| tasks.all(sleeps))
    })
}

/// The files of a directory.
pub(crate) fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(directory)?.map(|entry| entry.map(|entry| entry.path())).collect()
}
