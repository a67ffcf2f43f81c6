//! Traces: what the live detector says is what their reader says, and real traces of other tools
//! come to the numbers that a reference counted.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use libtest_mimic::{Failed, Trial};
use lockgraph::check::{Options, check};
use lockgraph::finding::{Kind, Verdict};
use lockgraph::trace;
use tempfile::TempDir;

use crate::child::{self, Order, What};
use crate::cli;
use crate::detector;
use crate::fixture;
use crate::program::text_of;
use crate::stage::Run;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for row in REAL {
        let name = |by: &str| format!("trace/{}/{by}", row.0);
        trials.push(Trial::test(name("library"), || by_library(row).map_err(Failed::from)));
        trials.push(Trial::test(name("command_line"), || by_command(row).map_err(Failed::from)));
    }
    for (name, notation, run) in LIVE {
        for level in ["graph", "full"] {
            let test = move || agrees(notation, *run, level).map_err(Failed::from);
            trials.push(Trial::test(format!("trace/{name}/{level}"), test));
        }
    }
    trials
}

/// A real trace: its file, threads, locks, acquisitions and abstract patterns, as the reference
/// counted them.
struct Real(&'static str, u64, u64, u64, u64);

const REAL: &[Real] = &[
    Real("Deadlock", 3, 2, 4, 1),
    Real("Bensalem_dlf", 7, 6, 13, 2),
    Real("Bensalem", 4, 4, 12, 2),
    Real("Transfer", 3, 3, 8, 1),
    Real("StringBuffer", 3, 3, 7, 1),
    Real("DiningPhil", 6, 5, 50, 1),
    Real("Account", 6, 6, 72, 3),
    Real("Dbcp1", 3, 4, 28, 2),
    Real("Dbcp2", 3, 9, 38, 1),
    Real("cache4j_dlf", 3, 3074, 24737, 0),
    Real("jigsaw", 21, 1663, 33539, 112),
];

impl Real {
    fn wanted(&self) -> [(&'static str, u64); 4] {
        let Real(_, threads, locks, acquisitions, patterns) = *self;
        [
            ("threads", threads),
            ("locks", locks),
            ("acquisitions", acquisitions),
            ("patterns", patterns),
        ]
    }
}

fn by_library(real: &Real) -> Result<(), String> {
    let path = cli::shipped(&format!("{}.data", real.0));
    let trace = trace::read(&path).map_err(|error| error.to_string())?;
    let summary = check(&trace, &Options::default()).summary;
    let got = [
        ("threads", summary.threads),
        ("locks", summary.locks),
        ("acquisitions", summary.acquisitions),
        ("patterns", summary.patterns),
    ];
    if got == real.wanted() {
        Ok(())
    } else {
        Err(format!("{got:?} instead of {:?}", real.wanted()))
    }
}

fn by_command(real: &Real) -> Result<(), String> {
    cli::counts(&cli::shipped(&format!("{}.data", real.0)), &real.wanted())
}

/// Programs whose trace must say what the live detector says, or, if it has all events, prove it.
const LIVE: &[(&str, &str, Run)] = &[
    ("clean", "AB -> AB", Run::Serial),
    ("abba", "AB -> BA", Run::Serial),
    ("cycle3", "AB -> BC -> CA", Run::Serial),
    ("one_thread", "AB BA", Run::Serial),
    ("gate", "L(G) AB U(G) -> L(G) BA U(G)", Run::Serial),
    ("read_gate", "r(G) AB U(G) -> r(G) BA U(G)", Run::Serial),
    ("spawn_join", "S(T2) J(T2) BA -> AB", Run::Serial),
    ("try", "AB -> L(B) T(A)", Run::Serial),
    ("timed", "L(A) D(B) -> L(B) D(A)", Run::Serial),
    ("readers_only", "r(A) r(B) -> r(B) r(A)", Run::Serial),
    ("readers_and_writers", "r(A) r(B) -> r(B) r(A) -> W(A) -> W(B)", Run::Serial),
    ("read_recursion", "r(A) r(A) -> W(A)", Run::Serial),
    ("reentrant", "@A:reentrant L(A) L(A) L(B) -> L(B) L(A)", Run::Serial),
    ("dead_lock_between", "L(A) L(M) L(C) U(C) U(M) U(A) destroy(M) -> CA", Run::Serial),
    ("reborn", "L(A) L(M) U(M) U(A) new(M) -> L(M) L(A)", Run::Serial),
    ("once", "once(O) L(A) U(A) end(O) -> L(A) once(O) end(O)", Run::Serial),
    ("real_abba", "L(A) bar L(B) || L(B) bar L(A)", Run::Hinted),
    ("real_self", "L(A) L(A)", Run::Hinted),
    ("real_upgrade", "r(A) W(A)", Run::Hinted),
    ("real_recursion", "r(A) bar settle r(A) || bar W(A)", Run::Hinted),
    ("real_orphan", "S(T2) J(T2) L(A) || L(A) F(A)", Run::Hinted),
    ("real_join", "L(A) S(T2) J(T2) || L(A)", Run::Hinted),
    ("real_once", "once(O) bar L(A) end(O) || L(A) bar once(O) end(O)", Run::Hinted),
];

/// Kind, verdict and locks of a finding.
type Said = BTreeSet<(&'static str, &'static str, BTreeSet<String>)>;

fn agrees(notation: &str, run: Run, level: &str) -> Result<(), String> {
    let directory = TempDir::new().map_err(|error| error.to_string())?;
    let path = directory.path().to_string_lossy().into_owned();
    let environment = [("LOCKGRAPH_TRACE", path.as_str()), ("LOCKGRAPH_LEVEL", level)];
    let text = text_of(notation);
    let what = What::Program(&text, run);
    let order = Order { what, environment: &environment, limit: child::limit() };
    let outcome = child::run(&order).map_err(|error| error.to_string())?;
    let live: Said = outcome
        .shown()
        .map(|found| {
            let locks = found.locks.iter().cloned().collect();
            // Whoever has all events has the schedule; but who finds an initialisation over has
            // no event of an attempt.
            let is_proved = level == "full" && found.kind != Kind::OnceWhileHolding;
            let verdict = match found.verdict {
                Verdict::Possible if is_proved => Verdict::Proved,
                verdict => verdict,
            };
            (verdict.name(), found.kind.name(), locks)
        })
        .collect();
    let read = read_all(directory.path(), level)?;
    let (live, read) = (without_the_foreseen(live), without_the_foreseen(read));
    let wrong = || format!("live {live:?}\ntrace {read:?}\n{}", outcome.full());
    if live == read { Ok(()) } else { Err(wrong()) }
}

/// Without what was possible and then happened: the reader of a trace, who knows the end, says
/// only that it happened.
fn without_the_foreseen(said: Said) -> Said {
    let happened = said.clone();
    let foreseen = |locks: &BTreeSet<String>| {
        happened.iter().any(|(verdict, _, others)| *verdict == "actual" && others == locks)
    };
    let keeps = |verdict: &str, locks: &_| verdict == "actual" || !foreseen(locks);
    said.into_iter().filter(|(verdict, _, locks)| keeps(verdict, locks)).collect()
}

/// What the traces of a directory say, which must not complain about themselves.
///
/// At the level `graph` there is no file if nothing was ever wanted while something was held.
fn read_all(directory: &Path, level: &str) -> Result<Said, String> {
    let mut said = Said::new();
    let files = fixture::files(directory).map_err(|error| error.to_string())?;
    for path in &files {
        let trace = trace::read(path).map_err(|error| error.to_string())?;
        if !trace.problems.is_empty() {
            return Err(format!("the trace has problems: {:?}", trace.problems));
        }
        for finding in check(&trace, &Options::default()).findings {
            if finding.verdict != Verdict::Excluded {
                let locks = detector::found(&finding).locks.into_iter().collect();
                said.insert((finding.verdict.name(), finding.kind.name(), locks));
            }
        }
    }
    match files.len() {
        1 => Ok(said),
        0 if level == "graph" => Ok(said),
        count => Err(format!("there are {count} trace files in {}", list(directory))),
    }
}

fn list(directory: &Path) -> String {
    let names = fs::read_dir(directory).into_iter().flatten().flatten();
    let names: Vec<String> = names.map(|entry| format!("{:?}", entry.file_name())).collect();
    names.join(", ")
}
