//! Tables of small programs and what must be said about each.

mod go;
mod pairs;
mod probe;
mod selftest;
mod truth;
mod tsan;
mod waits;

use libtest_mimic::{Failed, Trial};

use crate::expect::{self, Case, Want};
use crate::load;
use crate::program::text_of;
use crate::stage::Run;

/// A row that is written out: name, program in the short notation, verdict, and why the verdict
/// is not what other detectors say, or what the row guards.
///
/// `->` puts a thread after another without any order that the detector could see; such rows are
/// run forwards and backwards. `>>` is the same, forwards only. `||` lets threads meet.
pub(crate) struct Row(
    pub(crate) &'static str,
    pub(crate) &'static str,
    pub(crate) Want,
    pub(crate) &'static str,
);

/// All rows of all tables as tests.
pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    trials.extend(truth::cases().into_iter().map(trial));
    trials.extend(truth::cases().into_iter().filter_map(freed).map(trial));
    trials.extend(selftest::cases().into_iter().map(trial));
    trials.extend(tsan::cases().into_iter().map(trial));
    trials.extend(go::cases().into_iter().map(trial));
    trials.extend(probe::cases().into_iter().map(trial));
    trials.extend(pairs::cases().into_iter().map(trial));
    trials.extend(waits::cases().into_iter().map(trial));
    trials.push(Trial::test("waits/balance", || waits::is_balanced().map_err(Failed::from)));
    trials.push(Trial::test("waits/under_load", || under_load().map_err(Failed::from)));
    trials
}

/// The same program as it runs by default: the thread that closes a deadlock panics, and the
/// others go on. Not where the one that closes it has ended, as nobody is left to panic.
fn freed(case: Case) -> Option<Case> {
    let Want::Actual(kinds) = case.want else { return None };
    let closed_by_an_end = case.name.ends_with("orphan_meets") || case.name.ends_with("ends_later");
    let name = case.name.replacen("truth", "freed", 1);
    let environment = &[("LOCKGRAPH_ON_DEADLOCK", "panic")];
    let case = Case { name, environment, want: Want::Freed(kinds), ..case };
    (!closed_by_an_end).then_some(case)
}

/// Rows that what is not built yet makes fail, and what that is. They are tests that must fail, so
/// that a row cannot stay here once it passes.
const PENDING: &[(&str, &str)] = &[];

/// A case as a test.
pub(crate) fn trial(case: Case) -> Trial {
    let name = case.name.clone();
    match pending(&case.name) {
        None => Trial::test(name, move || expect::check(&case).map_err(Failed::from)),
        Some(reason) => Trial::test(name, move || match expect::check(&case) {
            Err(_) => Ok(()),
            Ok(()) => Err(Failed::from(format!("it passes, so it needs no more: {reason}"))),
        }),
    }
}

fn pending(name: &str) -> Option<&'static str> {
    let row = PENDING.iter().find(|(row, _)| name.strip_prefix(row).is_some_and(is_run));
    row.map(|(_, reason)| *reason)
}

/// What stands behind a row's name.
fn is_run(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}

/// All programs that end, while the machine has too much to do: whoever looks at blocked threads
/// sees them in moments that are rare otherwise.
fn under_load() -> Result<(), String> {
    let cases = waits::negatives().into_iter().filter(|case| pending(&case.name).is_none());
    load::while_busy(|| cases.into_iter().try_for_each(|case| expect::check(&case)))
}

/// The cases of written rows: one for each way to run the program.
pub(crate) fn written(table: &str, rows: &[Row]) -> Vec<Case> {
    let row = |Row(name, notation, want, why): &Row| {
        let mut cases = cases(&format!("{table}/{name}"), notation, *want);
        cases.iter_mut().for_each(|case| case.why = why);
        cases
    };
    rows.iter().flat_map(row).collect()
}

/// The cases of one program: one for each way to run it.
pub(crate) fn cases(name: &str, notation: &str, want: Want) -> Vec<Case> {
    let case = |run: Run, suffix: &str| Case {
        name: format!("{name}{suffix}"),
        text: text_of(notation),
        run,
        want,
        cast: None,
        environment: &[],
        why: "",
    };
    if notation.contains("->") {
        vec![case(Run::Serial, "/serial"), case(Run::Reversed, "/reversed")]
    } else if notation.contains(">>") {
        vec![case(Run::Serial, "/serial")]
    } else {
        vec![case(Run::Hinted, "")]
    }
}

/// A ring: as many threads as locks, each taking its own lock and then its neighbour's.
pub(crate) fn ring(size: usize) -> String {
    let step = |at: usize| {
        let next = (at + 1) % size;
        format!("L(k{at}) L(k{next}) U(k{next}) U(k{at})")
    };
    (0..size).map(step).collect::<Vec<_>>().join(" -> ")
}

/// A ring in which everybody has the first lock before anybody asks for the second.
pub(crate) fn ring_that_meets(size: usize) -> String {
    let step = |at: usize| format!("L(k{at}) bar L(k{})", (at + 1) % size);
    (0..size).map(step).collect::<Vec<_>>().join(" || ")
}

/// Takes `count` locks one under the other.
pub(crate) fn nest(prefix: &str, count: usize) -> String {
    (0..count).map(|at| format!("L({prefix}{at})")).collect::<Vec<_>>().join(" ")
}
