//! Merging is associative and commutative, to the byte: random reports, in every order and by every
//! number of steps.

use std::fmt;

use lockgraph::check::Report;
use lockgraph::finding::{Finding, Kind, Verdict};
use lockgraph::predict::Limits;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::Merge;
use super::few::KEPT;
use super::tests::{elsewhere, without_sites};
use crate::check::{Checked, Found};
use crate::load::Problem;
use crate::merge::Sightings;
use crate::order::Order;
use crate::seen::Seen;
use crate::workspace::Workspace;
use crate::{places, print, report_file, staged};

/// A run: its name, and what is found in it.
#[derive(Clone)]
struct Run {
    file: String,
    found: Vec<Found>,
    report: Report,
    limits: Limits,
    problems: Vec<Problem>,
    order: Order,
}

/// Of the report, only what differs.
impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Run { file, found, report, limits, problems, order } = self;
        write!(f, "{file} {found:?} {:?} {limits:?} {problems:?} {order:?}", report.contention)
    }
}

/// The first lines that differ, if any do.
fn difference(got: &str, want: &str) -> Option<String> {
    let at = got.lines().zip(want.lines()).position(|(got, want)| got != want);
    let at = at.or((got != want).then_some(0))?;
    let from = |text: &str| text.lines().skip(at).take(5).collect::<Vec<_>>().join("\n");
    Some(format!("line {}:\n{}\ninstead of\n{}", at + 1, from(got), from(want)))
}

fn finding() -> impl Strategy<Value = Finding> {
    let kinds = vec![Kind::LockOrderCycle, Kind::Deadlock, Kind::WaitWhileHolding];
    let shape = select(vec![staged::cycle(), staged::proved(), staged::deadlock()]);
    // Some circles are frequent, so that they meet.
    let varied = (shape, 0..3u32, any::<bool>(), any::<bool>(), option::of("[ab]"));
    let more = (select(kinds), select(&Verdict::ALL[..]), 0..9u64);
    (varied, more).prop_map(|((shape, lines, is_elsewhere, has_sites, name), more)| {
        let (kind, verdict, instances) = more;
        let mut finding = Finding { kind, verdict, instances, ..shape };
        places::each(&mut finding, &mut |place| place.line += 100 * lines);
        if is_elsewhere {
            finding = elsewhere(&finding);
        }
        if !has_sites {
            finding = without_sites(finding);
            // The steps of a circle may be told from any of them on.
            finding.steps.rotate_left(lines as usize % 2);
        }
        let names = name.map(|name| vec![name]);
        Finding { names, ..finding }
    })
}

fn found(file: String) -> impl Strategy<Value = Found> {
    let seen = vec((any::<bool>(), 0..2 * KEPT), 0..3);
    let many = prop_oneof![9 => Just(0..0), 1 => Just(0..KEPT + 3)];
    let standstill = option::of(0..4usize);
    let more = (option::of("[xy]"), standstill);
    (finding(), seen, many, any::<bool>(), more).prop_map(
        move |(finding, seen, many, is_inside, (witness_file, standstill))| {
            let seen = seen.into_iter().chain(many.map(|number| (true, number)));
            let seen = seen.map(|(is_test, number)| match is_test {
                true => Seen::Test(format!("test {number}")),
                false => Seen::Program(format!("program {number}")),
            });
            // Who knows no places does not know whose they are.
            let is_inside = is_inside && finding.has_places();
            let sightings = Sightings::once(finding.instances, &file, seen.collect(), is_inside);
            let standstill = standstill.map(|count| {
                let mut standstill = staged::standstill();
                standstill.stuck.truncate(count);
                Box::new(standstill)
            });
            Found { standstill, witness_file, ..Found::of(finding, sightings, None) }
        },
    )
}

fn run() -> impl Strategy<Value = Run> {
    let limits =
        (2..5usize, 1..4u64).prop_map(|(max_length, budget)| Limits { max_length, budget });
    let problem =
        (0..4u32).prop_map(|number| Problem { file: format!("{number}.lgt"), ..staged::problem() });
    let waits = vec((0..2usize, 1..3u64, 1..3u64, 1..3u32, 0..3u64), 0..4);
    let names = select(vec!["a", "b", "c", "d", "e"]);
    let edge = (select(vec!["A", "B", "C", "D", "a", "b"]), select(vec!["A", "B", "C", "D", "c"]));
    let gate = option::weighted(0.2, select(vec!["G", "A", "G*2", "G*3"]));
    let order = vec((edge, gate), 0..5);
    let names = (names, order);
    (names, limits, vec(problem, 0..3), waits).prop_flat_map(
        |((file, order), limits, problems, waits)| {
            let order = order.into_iter().filter(|((from, to), gate)| {
                !from.eq_ignore_ascii_case(to)
                    && gate.is_none_or(|gate| gate != *from && gate != *to)
            });
            let edges: Vec<String> = order
                .map(|((from, to), gate)| {
                    format!(
                        "{from}>{to}{}",
                        gate.map_or_else(String::new, |gate| format!("/{gate}"))
                    )
                })
                .collect();
            let order = staged::order(file, &edges.join(" "));
            let mut report = staged::report();
            let contention = waits.into_iter().map(|(at, waits, longest, thread, lock)| {
                let mut row = report.contention[at].clone();
                row.what = row.what.map(|it| lockgraph::finding::Lock { id: 10 + lock, ..it });
                (row.waits, row.longest_nanos, row.thread) =
                    (waits, longest, staged::thread(thread));
                row
            });
            report.contention = contention.collect();
            let name = file.to_string();
            vec(found(name), 0..6).prop_map(move |found| Run {
                file: file.to_string(),
                found,
                report: report.clone(),
                limits,
                problems: problems.clone(),
                order: order.clone(),
            })
        },
    )
}

fn add(merge: Merge, run: &Run) -> Merge {
    let mut merge = merge.looking_for(run.limits);
    merge.add_found(&run.file, &run.report, run.found.clone());
    merge.union.order.add(run.order.clone());
    merge.union.add_problems(run.problems.clone(), run.problems.iter().rev().cloned().collect());
    merge
}

fn printed(checked: &Checked) -> String {
    let mut json = Vec::new();
    print::json::checked(&mut json, checked).unwrap();
    String::from_utf8(json).unwrap()
}

/// The report on some runs.
fn of_runs(runs: &[&Run]) -> String {
    let nothing = Merge::new(&Workspace::default());
    printed(&runs.iter().fold(nothing, |merge, run| add(merge, run)).finish(Vec::new(), false))
}

fn of_reports(reports: &[&str]) -> String {
    let mut merge = Merge::new(&Workspace::default());
    for report in reports {
        merge.add_checked(report_file::read(report.as_bytes()).unwrap());
    }
    printed(&merge.finish(Vec::new(), false))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_order_and_the_steps_do_not_matter(
        runs in vec(run(), 3..=3),
        order in Just([0, 1, 2]).prop_shuffle(),
    ) {
        let want = of_runs(&[&runs[0], &runs[1], &runs[2]]);
        let check = |got: String| {
            difference(&got, &want).map_or(Ok(()), |it| Err(TestCaseError::fail(it)))
        };
        let [a, b, c] = order.map(|at| &runs[at]);
        let [one, two, three] = [a, b, c].map(|run| of_runs(&[run]));
        check(of_runs(&[a, b, c]))?;
        check(of_reports(&[&want]))?;
        check(of_reports(&[&one, &two, &three]))?;
        check(of_reports(&[&of_reports(&[&one, &two]), &three]))?;
        check(of_reports(&[&one, &of_runs(&[b, c])]))?;
    }
}
