//! Random traces: what the analysis finds is what there is, no more and no less.
//!
//! One test for each mix of what threads use. `LOCKGRAPH_SEED` repeats a run, `LOCKGRAPH_TRACES`
//! says how many traces. A difference is shown with a trace that is as short as it gets.

use std::env;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use lockgraph::event::Event;

use crate::analysis;
use crate::families::random::{self, MIXES};
use crate::oracle::{self, Answer, Explorer, Model};
use crate::schedule;
use crate::shrink::shrink;
use crate::std_text::std_text;

/// How many traces of each mix by default.
const TRACES: u64 = 100_000;
/// The longest trace.
const LONGEST: u64 = 40;
/// So many traces are taken at a time by one thread.
const BATCH: u64 = 100;

/// How many traces of a hundred must have a pattern, and how many patterns of ten thousand traces must
/// have a schedule, have none, and have one only if reads may see anything: a generator that makes
/// dull traces tests nothing.
const LEAST: [u64; 4] = [5, 500, 100, 1];

#[test]
fn mutexes() {
    check("mutex");
}

#[test]
fn joins() {
    check("join");
}

#[test]
fn readers_and_writers() {
    check("rw");
}

#[test]
fn readers_behind_writers() {
    check("fair");
}

#[test]
fn upgrades_and_downgrades() {
    check("changes");
}

#[test]
fn readers_behind_writers_and_joins() {
    check("fair, join");
}

#[test]
fn channels() {
    check("channels");
}

#[test]
fn condition_variables_and_barriers() {
    check("condvars");
}

#[test]
fn semaphores() {
    check("semaphores");
}

#[test]
fn initialisations() {
    check("once");
}

#[test]
fn everything() {
    check("all");
}

#[test]
fn every_mix_has_its_test() {
    assert_eq!(MIXES.len(), 11);
}

/// How many traces had what.
#[derive(Clone, Copy, Default, Debug)]
struct Seen {
    with_patterns: u64,
    witnessed: u64,
    without_schedule: u64,
    feasible_only: u64,
    schedules: u64,
}

fn check(name: &str) {
    let (first, traces) = (setting("LOCKGRAPH_SEED", 1), setting("LOCKGRAPH_TRACES", TRACES));
    println!("{name}: LOCKGRAPH_SEED={first} LOCKGRAPH_TRACES={traces}");
    let next = AtomicU64::new(0);
    let is_over = AtomicBool::new(false);
    let wrong = Mutex::new(None);
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let work = || {
        let (mut explorer, mut seen) = (Explorer::new(), Seen::default());
        while !is_over.load(Ordering::Relaxed) {
            let batch = next.fetch_add(BATCH, Ordering::Relaxed);
            for seed in first + batch.min(traces)..first + traces.min(batch + BATCH) {
                if let Err(what) = one(name, seed, &mut explorer, &mut seen) {
                    is_over.store(true, Ordering::Relaxed);
                    *wrong.lock().expect("no other panic") = Some(what);
                }
            }
            if batch >= traces {
                break;
            }
        }
        seen
    };
    let seen: Vec<Seen> = thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().expect("it tells what is wrong")).collect()
    });
    let wrong = wrong.into_inner().expect("no panic");
    assert!(wrong.is_none(), "{}", wrong.unwrap_or_default());
    is_worth_it(name, traces, &seen);
}

fn setting(name: &str, default: u64) -> u64 {
    env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Fails if there was too little to find.
fn is_worth_it(name: &str, traces: u64, seen: &[Seen]) {
    let sum = |of: fn(&Seen) -> u64| seen.iter().map(of).sum::<u64>();
    let counts = [
        sum(|seen| seen.with_patterns),
        sum(|seen| seen.witnessed),
        sum(|seen| seen.without_schedule),
        sum(|seen| seen.feasible_only),
    ];
    let schedules = sum(|seen| seen.schedules);
    println!("{name}: {counts:?} patterns with, without, loosely; {schedules} schedules");
    let [with_patterns, least @ ..] = LEAST;
    assert!(counts[0] >= traces * with_patterns / 100, "{name}: {counts:?}");
    for (count, least) in counts[1..].iter().zip(least) {
        assert!(*count >= traces * least / 10_000, "{name}: {counts:?}");
    }
    assert_eq!(schedules, counts[1] + counts[3], "{name}: a schedule for each");
}

/// Compares what is found in one trace with what there is.
fn one(name: &str, seed: u64, explorer: &mut Explorer, seen: &mut Seen) -> Result<(), String> {
    let (_, mix) = MIXES.iter().find(|(other, _)| *other == name).expect("there is this mix");
    let events = random::events(mix, LONGEST, seed);
    Model::new(&events).replay().expect("a random run is one that can have been");
    let answer = oracle::answer(&events, explorer);
    if let Err(what) = compare(&events, &answer) {
        let differs = |events: &[Event]| {
            let answer = oracle::answer(events, &mut Explorer::new());
            compare(events, &answer).is_err()
        };
        let short = shrink(&events, differs);
        let still = compare(&short, &oracle::answer(&short, explorer));
        let text = std_text(&short);
        return Err(format!("{name}, seed {seed}: {what}\nin short: {still:?}\n{text}"));
    }
    seen.with_patterns += u64::from(!answer.patterns.is_empty());
    seen.witnessed += answer.witnessed.len() as u64;
    seen.feasible_only += (answer.feasible.len() - answer.witnessed.len()) as u64;
    seen.without_schedule += (answer.patterns.len() - answer.feasible.len()) as u64;
    seen.schedules += answer.feasible.len() as u64;
    Ok(())
}

/// What is wrong with what the analysis finds in `events`.
fn compare(events: &[Event], answer: &Answer) -> Result<(), String> {
    let found = analysis::found(events);
    for (name, found, there) in [
        ("patterns", &found.patterns, &answer.patterns),
        ("witnessed", &found.witnessed, &answer.witnessed),
        ("feasible", &found.feasible, &answer.feasible),
    ] {
        let missing: Vec<_> = there.difference(found).collect();
        let extra: Vec<_> = found.difference(there).collect();
        if !missing.is_empty() || !extra.is_empty() {
            return Err(format!("{name}: missing {missing:?}, extra {extra:?}"));
        }
    }
    schedule::all_lead_there(events, &found)
}
