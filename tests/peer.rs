//! Mistakes found in other detectors, and habits that ours promises, where a table row cannot tell:
//! how often, in which words, what else happens to the program.

use libtest_mimic::{Failed, Trial};
use lockgraph::finding::Kind;

use crate::child::{self, Order, Outcome, What};
use crate::expect::{self, ANY, CYCLE, DEADLOCK, Want};
use crate::stage::Run;

/// Variables for the child.
type Environment = &'static [(&'static str, &'static str)];

/// A child, its environment, its verdict, and what else must hold.
struct Habit {
    name: &'static str,
    what: What<'static>,
    environment: Environment,
    want: Want,
    also: fn(&Outcome) -> Result<(), String>,
}

const PANIC: Environment = &[("LOCKGRAPH_ON_DEADLOCK", "panic")];
const REPORT: Environment = &[("LOCKGRAPH_ON_DEADLOCK", "report")];
const PANIC_EARLY: Environment = &[("LOCKGRAPH_ON_VIOLATION", "panic")];
const IGNORE: Environment = &[("LOCKGRAPH_ON_VIOLATION", "ignore")];
const OFF: Environment = &[("LOCKGRAPH", "off")];
const NO_PLACE: Environment = &[("LOCKGRAPH_TRACE", "/proc/no/such/place")];
const MISSPELT: Environment = &[("LOCKGRAPH_ON_VIOLATION", "loud")];
const WATCHED: Environment = &[("LOCKGRAPH_STALL_AFTER", "1"), ("LOCKGRAPH_ON_STALL", "abort")];
const STACKS: Environment = &[("LOCKGRAPH_STACKS", "on")];

const ABBA: &str = "T1: lock(A) lock(B)\nT2: lock(B) lock(A)\n";
const HANG: &str = "T1: lock(A) ph(1) lock(B)\nT2: lock(B) ph(1) lock(A)\n";
const TWO: &str = "T1: AB CD\nT2: BA DC\n";

const fn program(name: &'static str, text: &'static str, run: Run) -> Habit {
    let what = What::Program(text, run);
    Habit { name, what, environment: &[], want: Want::Silent, also: nothing }
}

const fn scenario(name: &'static str, scenario: &'static str, want: Want) -> Habit {
    let what = What::Scenario(scenario);
    Habit { name, what, environment: &[], want, also: nothing }
}

/// All of them.
pub(crate) fn trials() -> Vec<Trial> {
    let settings = settings().into_iter().map(|habit| trial("habit", habit));
    settings.chain(mistakes().into_iter().map(|habit| trial("peer", habit))).collect()
}

fn settings() -> Vec<Habit> {
    let serial = |name, text| program(name, text, Run::Serial);
    let hinted = |name, text| program(name, text, Run::Hinted);
    vec![
        Habit { want: CYCLE, also: once, ..serial("reports_once_by_two_ways", ABBA) },
        Habit { want: CYCLE, also: twice, ..serial("goes_on_after_a_finding", TWO) },
        Habit { want: CYCLE, also: names, ..serial("names_threads_and_locks", ABBA) },
        Habit { want: DEADLOCK, also: names, ..hinted("names_who_is_stuck", HANG) },
        Habit { want: CYCLE, also: both_places, ..scenario("shows_both_places", "abba", CYCLE) },
        Habit {
            environment: STACKS,
            also: frames,
            ..scenario("shows_the_users_frames", "abba", CYCLE)
        },
        Habit { environment: OFF, ..serial("off_is_silent", ABBA) },
        Habit { environment: OFF, want: Want::HangsUnseen, ..hinted("off_hangs", HANG) },
        Habit {
            environment: IGNORE,
            want: CYCLE,
            also: not_printed,
            ..serial("violations_can_be_ignored", ABBA)
        },
        Habit {
            environment: IGNORE,
            want: DEADLOCK,
            ..hinted("ignoring_violations_is_not_ignoring_deadlocks", HANG)
        },
        Habit { environment: PANIC_EARLY, also: panics, want: CYCLE, ..serial("can_panic", ABBA) },
        Habit {
            environment: NO_PLACE,
            want: CYCLE,
            also: warned_once,
            ..serial("no_trace_is_no_end", ABBA)
        },
        Habit {
            environment: MISSPELT,
            want: CYCLE,
            also: warned_once,
            ..serial("a_wrong_setting_is_told", ABBA)
        },
        Habit { environment: PANIC, also: ends, want: DEADLOCK, ..hinted("panic_frees", HANG) },
        Habit {
            environment: REPORT,
            want: Want::Stuck(&[Kind::Deadlock]),
            ..hinted("report_stays_stuck", HANG)
        },
        Habit { environment: PANIC, ..scenario("victim_poisons_nothing", "victim", DEADLOCK) },
    ]
}

fn mistakes() -> Vec<Habit> {
    vec![
        Habit { also: once, ..scenario("no_dedup", "thousand_times", CYCLE) },
        Habit { also: twice, ..scenario("only_the_first_is_told", "two_mistakes", CYCLE) },
        scenario("abort_in_tls_destructor", "tls_destructor", Want::Silent),
        scenario("callback_deadlocks", "callback_takes_locks", CYCLE),
        Habit { also: nothing_printed, ..scenario("banner", "quiet", Want::Silent) },
        scenario("wait_while_reversed", "wait_while", Want::Silent),
        scenario("lost_wakeups", "wakeups", Want::Silent),
        scenario("unsound_lock_word", "counter", Want::Silent),
        scenario("back_off_reported", "back_off", Want::Silent),
        scenario("address_is_identity", "slot_reuse", Want::Silent),
        scenario("order_by_barrier", "at_a_barrier", Want::Silent),
        Habit {
            environment: WATCHED,
            ..scenario("one_raw_lock", "one_raw_lock", Want::Blocked(&[Kind::Stall]))
        },
        scenario("quadratic_graph", "growing_graph", Want::Silent),
        scenario("recursion_on_small_stacks", "ring_on_small_stacks", CYCLE),
        Habit {
            environment: STACKS,
            ..scenario("recursion_on_small_stacks_with_stacks", "ring_on_small_stacks", CYCLE)
        },
    ]
}

fn trial(table: &str, habit: Habit) -> Trial {
    let name = format!("{table}/{}", habit.name);
    Trial::test(name, move || check(&habit).map_err(Failed::from))
}

fn check(habit: &Habit) -> Result<(), String> {
    let limit = habit.want.limit();
    let order = Order { what: habit.what, environment: habit.environment, limit };
    let outcome = child::run(&order).map_err(|error| error.to_string())?;
    // A panic that was asked for is not a good end, so `also` judges the end itself.
    let judged_by_also = habit.environment == PANIC_EARLY;
    let verdict = if judged_by_also { Ok(()) } else { expect::compare(habit.want, &outcome) };
    verdict
        .and_then(|()| (habit.also)(&outcome))
        .map_err(|wrong| format!("{}: {wrong}\n{}", habit.name, outcome.full()))
}

fn nothing(_: &Outcome) -> Result<(), String> {
    Ok(())
}

fn once(outcome: &Outcome) -> Result<(), String> {
    times(outcome, 1)
}

fn twice(outcome: &Outcome) -> Result<(), String> {
    times(outcome, 2)
}

/// Told so many times: on stderr, to the callback.
fn times(outcome: &Outcome, expected: usize) -> Result<(), String> {
    let (heads, told) = (outcome.heads(), outcome.shown().count());
    let told_right = heads == expected && told == expected;
    require(told_right, || format!("told {heads} times on stderr, {told} to the callback"))
}

fn names(outcome: &Outcome) -> Result<(), String> {
    contains(outcome, &["T1", "T2", "A", "B"])
}

/// The places where both threads took their locks: two functions of one file.
fn both_places(outcome: &Outcome) -> Result<(), String> {
    contains(outcome, &["checking", "savings", "depositor", "withdrawer"])?;
    let places: std::collections::BTreeSet<&str> = outcome
        .stderr
        .split_whitespace()
        .filter_map(|word| word.split_once("order.rs:").map(|(_, place)| place))
        .map(|place| place.trim_end_matches(|c: char| !c.is_ascii_digit()))
        .collect();
    let lines = places.len();
    require(lines >= 4, || format!("only {lines} places are shown: {places:?}"))
}

fn frames(outcome: &Outcome) -> Result<(), String> {
    contains(outcome, &["deposit", "withdraw"])
}

fn contains(outcome: &Outcome, words: &[&str]) -> Result<(), String> {
    let missing = words.iter().find(|word| !outcome.stderr.contains(**word));
    require(missing.is_none(), || format!("stderr does not say {missing:?}"))
}

/// The violation was told, and its thread panicked.
fn panics(outcome: &Outcome) -> Result<(), String> {
    let told = outcome.shown().any(|found| ANY.contains(&found.kind));
    require(told && outcome.stderr.contains("panicked"), || "it did not panic".to_string())
}

/// The victim's panic gave the locks back, so that the program came to its end.
fn ends(outcome: &Outcome) -> Result<(), String> {
    require(outcome.stderr.contains("panicked"), || "nobody panicked".to_string())?;
    require(outcome.ended_well(), || "the other thread did not go on".to_string())
}

/// One line that is neither a finding nor the summary at the end.
fn warned_once(outcome: &Outcome) -> Result<(), String> {
    let own = outcome.stderr.lines().filter(|line| line.starts_with("lockgraph: "));
    let warnings = own.filter(|line| !line.contains("1 finding")).count();
    require(warnings == 1, || format!("{warnings} warnings"))
}

/// The callback heard of it, stderr did not.
fn not_printed(outcome: &Outcome) -> Result<(), String> {
    require(outcome.stderr.is_empty(), || "stderr says something".to_string())
}

fn nothing_printed(outcome: &Outcome) -> Result<(), String> {
    let silent = outcome.stdout.is_empty() && outcome.stderr.is_empty();
    require(silent, || "something was printed".to_string())
}

fn require(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}
