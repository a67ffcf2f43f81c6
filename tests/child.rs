//! A process of its own for everything that may hang: this same binary, told what to run by its
//! arguments, killed when its time is over.
//!
//! A child says what was found twice: on stderr as any user sees it, and on stdout in lines for
//! the parent (see `detector`). A child that hangs or aborts may not come to the latter, so both
//! are read.

use std::fmt::Write as _;
use std::io::{self, Read, Write as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use lockgraph::finding::{Kind, Verdict};

use crate::stage::Run;

/// The first argument of a child.
pub(crate) const FLAG: &str = "--child";

/// What stands between the programs of a batch.
pub(crate) const NEXT: &str = "----\n";

/// What a child is to do.
pub(crate) struct Order<'a> {
    pub(crate) what: What<'a>,
    pub(crate) environment: &'a [(&'a str, &'a str)],
    /// How long it may take.
    pub(crate) limit: Duration,
}

/// The sorts of children.
#[derive(Clone, Copy)]
pub(crate) enum What<'a> {
    /// A program as text.
    Program(&'a str, Run),
    /// A program, and which of its threads does its next step, one after the other.
    Driven(&'a str, &'a [usize]),
    /// Many programs, one after the other, between them [`NEXT`].
    Batch(&'a str),
    /// A function of the module `scenario`.
    Scenario(&'a str),
}

impl What<'_> {
    /// What it reads.
    fn text(&self) -> &str {
        match self {
            What::Program(text, _) | What::Driven(text, _) | What::Batch(text) => text,
            What::Scenario(_) => "",
        }
    }
}

/// What became of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// `None`: it was killed when its time was over.
    pub(crate) status: Option<ExitStatus>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) findings: Vec<Found>,
}

/// One finding of a child.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    pub(crate) verdict: Verdict,
    pub(crate) kind: Kind,
    /// Names of the locks in the cycle.
    pub(crate) locks: Vec<String>,
    /// Names of the threads that wait.
    pub(crate) threads: Vec<String>,
}

/// The time limit of a child that is expected to end by itself. Generous: it is only ever used up
/// by a failure.
pub(crate) fn limit() -> Duration {
    let seconds = env::var("E2E_LIMIT_SECONDS").ok().and_then(|text| text.parse().ok());
    Duration::from_secs(seconds.unwrap_or(60))
}

/// Runs a child to its end, or to the end of its time.
pub(crate) fn run(order: &Order<'_>) -> io::Result<Outcome> {
    let mut child = start(order)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(order.what.text().as_bytes())?;
    }
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let status = wait(&mut child, order.limit)?;
    let (stdout, stderr) = (collect(stdout), collect(stderr));
    let findings = findings(&stdout, &stderr);
    Ok(Outcome { status, stdout, stderr, findings })
}

/// Starts a child without waiting for it.
pub(crate) fn start(order: &Order<'_>) -> io::Result<Child> {
    let mut command = Command::new(env::current_exe()?);
    command.arg(FLAG);
    match order.what {
        What::Program(_, run) => command.args(["program", run.name()]),
        What::Driven(_, turns) => {
            let turns: Vec<String> = turns.iter().map(usize::to_string).collect();
            command.args(["driven", &turns.join(",")])
        }
        What::Batch(_) => command.arg("batch"),
        What::Scenario(name) => command.args(["scenario", name]),
    };
    clean(&mut command);
    command.env("LOCKGRAPH_STACKS", "off").env("LOCKGRAPH_ON_DEADLOCK", "abort");
    command.envs(order.environment.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
}

/// Removes what the caller's environment says about lockgraph, and whose job it is.
pub(crate) fn clean(command: &mut Command) {
    let prefixes = ["LOCKGRAPH", "GITHUB", "GITLAB"];
    for (name, _) in env::vars_os() {
        if prefixes.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
}

/// Waits for a child's end, or kills it when `limit` is over and gives `None`.
pub(crate) fn wait(child: &mut Child, limit: Duration) -> io::Result<Option<ExitStatus>> {
    let end = Instant::now() + limit;
    let mut pause = Duration::from_micros(500);
    while Instant::now() < end {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
    child.kill()?;
    child.wait()?;
    Ok(None)
}

type Drained = thread::JoinHandle<String>;

/// Reads a pipe in the background, so that a chatty child never waits for us.
pub(crate) fn drain(pipe: Option<impl Read + Send + 'static>) -> Option<Drained> {
    let read = |mut pipe: Box<dyn Read + Send>| {
        let mut bytes = Vec::new();
        // What came before a broken pipe still counts.
        let _ = pipe.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    };
    pipe.map(|pipe| thread::spawn(move || read(Box::new(pipe))))
}

pub(crate) fn collect(drained: Option<Drained>) -> String {
    drained.and_then(|drained| drained.join().ok()).unwrap_or_default()
}

/// The line in which a child reports a finding to its parent.
pub(crate) fn line(found: &Found) -> String {
    let Found { verdict, kind, locks, threads } = found;
    let (locks, threads) = (locks.join(","), threads.join(","));
    format!("finding {} {} locks={locks} threads={threads}", verdict.name(), kind.name())
}

fn findings(stdout: &str, stderr: &str) -> Vec<Found> {
    let mut findings: Vec<Found> = stdout.lines().filter_map(parse_line).collect();
    for found in stderr.lines().filter_map(parse_head) {
        let same = |known: &&Found| (known.verdict, known.kind) == (found.verdict, found.kind);
        if findings.iter().find(same).is_none() {
            findings.push(found);
        }
    }
    findings
}

fn parse_line(line: &str) -> Option<Found> {
    let mut words = line.strip_prefix("finding ")?.split(' ');
    let verdict = Verdict::from_name(words.next()?)?;
    let kind = Kind::from_name(words.next()?)?;
    let mut list = |label: &str| {
        let names = words.next()?.strip_prefix(label)?.split(',');
        Some(names.filter(|name| !name.is_empty()).map(str::to_string).collect())
    };
    Some(Found { verdict, kind, locks: list("locks=")?, threads: list("threads=")? })
}

/// The first line of a finding as users see it: `error[KIND]: ..` or `warning[KIND]: ..`.
fn parse_head(line: &str) -> Option<Found> {
    let (head, _) = line.split_once("]: ")?;
    let (severity, kind) = head.split_once('[')?;
    let kind = Kind::from_name(kind)?;
    let verdict = match severity {
        _ if kind == Kind::Stall => Verdict::Stalled,
        "error" => Verdict::Actual,
        "warning" => Verdict::Possible,
        _ => return None,
    };
    Some(Found { verdict, kind, locks: Vec::new(), threads: Vec::new() })
}

impl Outcome {
    /// The findings that users are shown.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &Found> {
        self.findings.iter().filter(|found| found.verdict != Verdict::Excluded)
    }

    /// How many findings stderr begins to tell.
    pub(crate) fn heads(&self) -> usize {
        self.stderr.lines().filter_map(parse_head).count()
    }

    pub(crate) fn ended_well(&self) -> bool {
        self.status.is_some_and(|status| status.success())
    }

    /// One word or two for tables.
    pub(crate) fn summary(&self) -> String {
        let end = match self.status {
            None => "hangs",
            Some(status) if status.success() => "ends",
            Some(_) => "aborts",
        };
        let found: Vec<String> = self
            .shown()
            .map(|found| format!("{} {}", found.verdict.name(), found.kind.name()))
            .collect();
        if found.is_empty() { format!("silent, {end}") } else { found.join(" + ") }
    }

    /// All that is known, for messages about failures.
    pub(crate) fn full(&self) -> String {
        let mut text = String::new();
        let end = self.status.map_or("killed at its time limit".to_string(), |s| s.to_string());
        let _ = writeln!(text, "child: {end}");
        let _ = writeln!(text, "stdout:\n{}", head_of(&self.stdout));
        let _ = writeln!(text, "stderr:\n{}", head_of(&self.stderr));
        text
    }
}

fn head_of(text: &str) -> &str {
    const ENOUGH: usize = 3000;
    text.char_indices().nth(ENOUGH).map_or(text, |(at, _)| &text[..at])
}
