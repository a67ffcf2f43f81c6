//! Random programs: what the detector says is what an exhaustive search says.
//!
//! A program that nobody can make stuck is run freely, many in one child: nothing may be said to have
//! happened. A program that can get stuck is driven along a schedule to where it is, in a child of its
//! own: it must be told, and only threads that are stuck may be named. Where it can also end, it is
//! driven to its end, and nothing may be said. `LOCKGRAPH_SEED` repeats a run, `LOCKGRAPH_PROGRAMS`
//! says how many programs.
//!
//! The search itself is held against the corpus, whose verdicts come from another one, and against
//! small programs each of which needs one of its rules.

use std::collections::BTreeSet;
use std::env;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use libtest_mimic::{Failed, Trial};
use lockgraph::finding::Verdict;

use crate::child::{self, NEXT, Order, Outcome, What};
use crate::corpus;
use crate::explore::code::Code;
use crate::explore::schedule::{self, Schedule};
use crate::explore::{Rule, explore, generate};
use crate::program::{Program, text_of};
use crate::scenario::Dice;

/// How many programs by default.
const PROGRAMS: u64 = 500;
/// How many programs run in one child.
const BATCH: usize = 50;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        Trial::test("random/programs", || programs().map_err(Failed::from)),
        Trial::test("random/corpus_is_driven", || corpus_is_driven().map_err(Failed::from)),
        Trial::test("random/corpus_is_foreseen", || corpus_is_foreseen().map_err(Failed::from)),
        Trial::test("random/model_knows_the_corpus", || knows_the_corpus().map_err(Failed::from)),
    ];
    for row in RULES {
        let test = || needs_rule(row).map_err(Failed::from);
        trials.push(Trial::test(format!("random/rule/{:?}", row.0), test));
    }
    trials
}

/// A rule, a program whose fate hangs on it, and that fate.
struct Known(Rule, &'static str, Answer);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    Never,
    Always,
    Sometimes,
}

use Answer::{Always, Never, Sometimes};

const RULES: &[Known] = &[
    Known(Rule::HoldersExclude, "L(A) L(B) U(B) U(A) || L(B) L(A) U(A) U(B)", Sometimes),
    Known(Rule::ReadersShare, "r(A) r(B) U(B) U(A) || r(B) r(A) U(A) U(B)", Never),
    Known(Rule::ReadersQueue, "r(A) r(A) U(A) U(A) || W(A) U(A)", Sometimes),
    Known(Rule::EndReleases, "L(A) || L(A)", Never),
    Known(Rule::TryGivesUp, "L(A) T(B) U(B) U(A) || L(B) T(A) U(A) U(B)", Never),
    Known(Rule::WaitReleases, "L(m) wait_until(c,m,f) U(m) || L(m) set(f) sg(c) U(m)", Never),
    Known(Rule::WaitTakesAgain, "L(m) cw(c,m) U(m) || L(m) sg(c) F(m)", Always),
    Known(Rule::NotifyIsLost, "sg(c) set(f) || L(m) cw(c,m) U(m)", Sometimes),
    Known(Rule::NotifyWakesOne, "L(m) cw(c,m) || L(m) cw(c,m) || sg(c)", Always),
    Known(Rule::RoomIsBounded, "@c:chan(1) send(c) send(c) recv(c)", Always),
    Known(Rule::MeetingNeedsBoth, "@c:chan(0) send(c) recv(c)", Always),
    Known(Rule::CloseWakes, "@c:chan(1) close(c) || recv(c)", Never),
    Known(Rule::PermitsAreCounted, "@s:sem(1) P(s) P(s) V(s) V(s)", Always),
    Known(Rule::BarrierWaitsForAll, "@b:barrier(2) meet(b) L(A) || L(A) J(T1)", Always),
    Known(Rule::OnceRunsOnce, "once(o) L(A) U(A) end(o) || L(A) once(o) end(o) U(A)", Sometimes),
    Known(Rule::EventStays, "raise(e) || await_event(e) || await_event(e)", Never),
    Known(Rule::TokenStays, "unpark(T2) || park", Never),
    Known(Rule::TokenIsOne, "unpark(T2) unpark(T2) || park park", Sometimes),
    Known(Rule::JoinWaits, "L(A) J(T2) U(A) || L(A) U(A)", Sometimes),
    Known(Rule::GroupCounts, "@w:wg(2) wg_wait(w) || wg_done(w)", Always),
    Known(Rule::WorkersAreFew, "@Q:pool(1) @T1@Q submit(Q,T2) get(T2) || return", Always),
];

fn needs_rule(Known(rule, notation, wanted): &Known) -> Result<(), String> {
    let answer = |without: Option<Rule>| {
        let fate = explore(&code(&text_of(notation))?, without).ok_or("too many states")?;
        match (fate.stuck.is_empty(), fate.can_end) {
            (true, _) => Ok::<_, String>(Never),
            (false, true) => Ok(Sometimes),
            (false, false) => Ok(Always),
        }
    };
    let (with, without) = (answer(None)?, answer(Some(*rule))?);
    if with != *wanted {
        return Err(format!("{notation}: {with:?} instead of {wanted:?}"));
    }
    if without == *wanted {
        return Err(format!("{notation}: the same without the rule, so it shows nothing"));
    }
    Ok(())
}

fn code(text: &str) -> Result<Code, String> {
    let program = Program::parse(text).map_err(|unknown| unknown.to_string())?;
    Code::of(&program).map_err(|unknown| unknown.to_string())
}

/// Entries that the model does not know, which are few, and entries of which it says something else.
fn knows_the_corpus() -> Result<(), String> {
    /// How many entries the model must know at least.
    const ENOUGH: usize = 130;
    let mut known = 0;
    let mut wrong = Vec::new();
    for entry in corpus::entries()?.iter().filter(|entry| entry.needs_later_work().is_none()) {
        let fate = match code(&entry.text) {
            Ok(code) => explore(&code, None),
            Err(unknown) => {
                println!("{}: {unknown}", entry.id);
                continue;
            }
        };
        let Some(fate) = fate else {
            println!("{}: too many states", entry.id);
            continue;
        };
        known += 1;
        let right = match (entry.deadlocks, entry.always) {
            (false, _) => fate.never_stuck(),
            (true, true) => fate.always_stuck(),
            (true, false) => !fate.stuck.is_empty(),
        };
        // Some entries name all who can be stuck, some those who are at one time.
        let all: BTreeSet<String> = fate.stuck.iter().flatten().cloned().collect();
        let names_it = !entry.deadlocks || fate.stuck.contains(&entry.stuck) || all == entry.stuck;
        if !right || !names_it {
            wrong.push(format!("{}: {fate:?}, stuck should be {:?}", entry.id, entry.stuck));
        }
    }
    println!("{known} entries");
    if wrong.is_empty() && known >= ENOUGH {
        return Ok(());
    }
    Err(format!("{known} entries are known, wrong are:\n{}", wrong.join("\n")))
}

/// What is to be run in one child.
enum Errand {
    /// Programs that nobody can make stuck, with what they are called.
    Free(Vec<(String, String)>),
    /// A program and the way to its end.
    Driven(String, String, Schedule),
    /// A program that gets stuck whatever happens.
    Doomed(String, String, BTreeSet<String>),
}

fn programs() -> Result<(), String> {
    let number = |name| env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let first = number("LOCKGRAPH_SEED").unwrap_or(1);
    let count = number("LOCKGRAPH_PROGRAMS").unwrap_or(PROGRAMS);
    println!("seeds {first} to {}", first + count - 1);
    run_all(&errands(first..first + count)?)
}

/// Every deadlock of the corpus that the model knows, also those that the entry's hints do not force.
fn corpus_is_driven() -> Result<(), String> {
    /// How many there must be at least.
    const ENOUGH: usize = 80;
    let mut errands = Vec::new();
    for entry in corpus::entries()?.into_iter().filter(|entry| entry.deadlocks) {
        let Ok(code) = code(&entry.text) else { continue };
        let is_plain = entry.needs_later_work().is_none() && !entry.text.contains(":pool(");
        match schedule::find(&code, true, &mut Dice(1)) {
            Some(way) if is_plain => errands.push(Errand::Driven(entry.id, entry.text, way)),
            _ => println!("{}: nobody can be sure who goes first", entry.id),
        }
    }
    if errands.len() < ENOUGH {
        return Err(format!("only {} entries have a schedule", errands.len()));
    }
    run_all(&errands)
}

/// Predictable entries from whose passing run nothing is foreseen yet: the prediction for waits is
/// later work. An entry must go when that foresees it.
const UNFORESEEN: &[&str] = &[
    "goker/etcd_7443",
    "goker/etcd_7902",
    "goker/grpc_1353",
    "goker/kubernetes_26980",
    "goker/serving_2137",
    // Not later work: who comes second finds everything initialised and takes no lock.
    "pldi20/lazy_static-eae87a9",
];

/// Every deadlock of the corpus that can be foreseen is foreseen from a run that is driven to its end.
fn corpus_is_foreseen() -> Result<(), String> {
    let mut wrong = Vec::new();
    let entries = corpus::entries()?;
    for entry in entries.iter().filter(|entry| entry.deadlocks && entry.predictable) {
        let Ok(code) = code(&entry.text) else { continue };
        let Some(way) = schedule::find(&code, false, &mut Dice(1)) else { continue };
        let outcome = child(What::Driven(&entry.text, &way.turns))?;
        let ends =
            silent(&outcome).map_err(|wrong| format!("{}: {wrong}\n{}", entry.id, outcome.full()));
        let is_foreseen = outcome.shown().next().is_some();
        if ends.is_err() || is_foreseen == UNFORESEEN.contains(&entry.id.as_str()) {
            wrong.push(format!("{}: {ends:?}, foreseen: {is_foreseen}", entry.id));
        }
    }
    println!("{} entries are not foreseen yet", UNFORESEEN.len());
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

fn run_all(errands: &[Errand]) -> Result<(), String> {
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    let work = || {
        while let Some(errand) = errands.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(failure) = run(errand) {
                failures.lock().expect("nobody panics with it").push(failure);
            }
        }
    };
    thread::scope(|scope| {
        // Most of a child's time passes in sleep.
        for _ in 0..2 * thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(work);
        }
    });
    let failures = failures.into_inner().expect("nobody panicked");
    let tally = |is: fn(&&Errand) -> bool| errands.iter().filter(is).count();
    println!(
        "{} driven to be stuck, {} driven to their end, {} doomed, {} children with free ones",
        tally(|errand| matches!(errand, Errand::Driven(_, _, way) if !way.stuck.is_empty())),
        tally(|errand| matches!(errand, Errand::Driven(_, _, way) if way.stuck.is_empty())),
        tally(|errand| matches!(errand, Errand::Doomed(..))),
        tally(|errand| matches!(errand, Errand::Free(_))),
    );
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

fn errands(seeds: std::ops::Range<u64>) -> Result<Vec<Errand>, String> {
    let mut errands = Vec::new();
    let mut free = Vec::new();
    for seed in seeds {
        let name = format!("seed{seed}");
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let text = generate::program(&mut dice);
        let code = code(&text).map_err(|unknown| format!("seed {seed}: {unknown}\n{text}"))?;
        let Some(fate) = explore(&code, None) else { continue };
        // Too many get stuck whatever happens, and show the same.
        if fate.always_stuck() && dice.below(3) > 0 {
            continue;
        }
        if fate.never_stuck() {
            free.push((name, text));
            continue;
        }
        if let Some(way) = schedule::find(&code, true, &mut dice) {
            errands.push(Errand::Driven(name.clone(), text.clone(), way));
        }
        if fate.always_stuck() {
            let all = fate.stuck.iter().flatten().cloned().collect();
            errands.push(Errand::Doomed(name, text, all));
        } else if let Some(way) = schedule::find(&code, false, &mut dice) {
            errands.push(Errand::Driven(name, text, way));
        }
    }
    errands.extend(free.chunks(BATCH).map(|chunk| Errand::Free(chunk.to_vec())));
    Ok(errands)
}

fn run(errand: &Errand) -> Result<(), String> {
    match errand {
        Errand::Free(programs) => {
            let texts: Vec<String> =
                programs.iter().map(|(name, text)| format!("@{name}:flag\n{text}")).collect();
            let outcome = child(What::Batch(&texts.join(NEXT)))?;
            silent(&outcome).map_err(|wrong| format!("{wrong}\n{}", outcome.full()))
        }
        Errand::Driven(name, text, way) => {
            let outcome = child(What::Driven(text, &way.turns))?;
            let verdict = if way.stuck.is_empty() {
                silent(&outcome)
            } else {
                told(&outcome, text, &way.stuck)
            };
            verdict.map_err(|wrong| format!("{name}: {wrong}\n{text}{way:?}\n{}", outcome.full()))
        }
        Errand::Doomed(name, text, stuck) => {
            let outcome = child(What::Batch(text))?;
            told(&outcome, text, stuck)
                .map_err(|wrong| format!("{name}: {wrong}\n{text}\n{}", outcome.full()))
        }
    }
}

fn child(what: What<'_>) -> Result<Outcome, String> {
    let order = Order { what, environment: &[], limit: child::limit() };
    child::run(&order).map_err(|error| error.to_string())
}

/// What is said to have happened.
fn live(outcome: &Outcome) -> impl Iterator<Item = &child::Found> {
    let is_live = |verdict| matches!(verdict, Verdict::Actual | Verdict::Stalled);
    outcome.findings.iter().filter(move |found| is_live(found.verdict))
}

fn silent(outcome: &Outcome) -> Result<(), String> {
    match live(outcome).next() {
        Some(found) => Err(format!("nobody can be stuck, and yet: {found:?}")),
        None if outcome.ended_well() => Ok(()),
        None => Err("it did not end well".to_string()),
    }
}

fn told(outcome: &Outcome, text: &str, stuck: &BTreeSet<String>) -> Result<(), String> {
    let Some(found) = live(outcome).next() else {
        return Err(format!("{stuck:?} are stuck, and nobody says so"));
    };
    let mut may_be_named =
        Program::parse(text).map_err(|unknown| unknown.to_string())?.bystanders();
    may_be_named.extend(stuck.iter().cloned());
    match found.threads.iter().find(|name| !may_be_named.contains(*name)) {
        Some(name) => Err(format!("{name} is not stuck, only {stuck:?}: {found:?}")),
        None => Ok(()),
    }
}
