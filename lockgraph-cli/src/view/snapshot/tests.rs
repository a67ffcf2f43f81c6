//! Snapshots of small traces that deadlock.

use lockgraph::check::{self, Options, Report};
use lockgraph::trace::read_bytes;

use super::*;
use crate::standstill::part;

fn judged(steps: &str) -> Report {
    let text: String = steps.split_whitespace().map(|step| format!("{step}|a.rs:3:5\n")).collect();
    let trace = read_bytes("staged", text.as_bytes()).expect("STD text");
    check::check(&trace, &Options::default())
}

/// The snapshot of the first finding: its threads with what they wait for and need, its rounds, and
/// who is stuck.
fn check(steps: &str, threads: &[&str], rounds: &[&str], stuck: &[usize]) {
    let report = judged(steps);
    let standstill = report.standstill.as_ref().expect("somebody waits");
    let got = snapshot(&part(standstill, &report.findings[0]).expect("it happened"));
    let told = |it: &Waiter| {
        let needs: Vec<String> = it
            .needs
            .iter()
            .map(|need| format!("{} of {:?}: {}", need.count, need.of, need.text))
            .collect();
        let Waiter { name, state, waits, holds, .. } = it;
        format!("{name} {state}, {waits}, has {holds:?}, needs {needs:?}")
    };
    assert_eq!(got.threads.iter().map(told).collect::<Vec<_>>(), threads, "{steps}");
    let told = |round: &Round| format!("{:?}: {}", round.freed, round.text);
    assert_eq!(got.rounds.iter().map(told).collect::<Vec<_>>(), rounds, "{steps}");
    assert_eq!(got.stuck, stuck, "{steps}");
}

#[test]
fn a_circle_and_who_waits_for_it_are_stuck() {
    check(
        "T1|acq(A) T2|acq(B) T3|acq(C) T1|req(B) T2|req(A) T4|req(A) T5|req(C) T3|acq(D)",
        &[
            r#"thread 1 waits, waits for `B`, has ["A"], needs ["1 of [1]: thread 2 must give `B` back"]"#,
            r#"thread 2 waits, waits for `A`, has ["B"], needs ["1 of [0]: thread 1 must give `A` back"]"#,
            r#"thread 4 waits, waits for `A`, has [], needs ["1 of [0]: thread 1 must give `A` back"]"#,
        ],
        &[],
        &[0, 1, 2],
    );
}

#[test]
fn who_can_go_on_is_told_with_why() {
    // Of two readers one waits for the circle, and so will who wants to write, whatever the other does.
    check(
        "T1|acq(A) T2|acq(B) T1|req(B) T2|req(A)  T3|racq(R) T4|racq(R) T4|req(S) T3|req(A) \
         T5|acq(S) T6|req(R)",
        &[
            r#"thread 1 waits, waits for `B`, has ["A"], needs ["1 of [1]: thread 2 must give `B` back"]"#,
            r#"thread 2 waits, waits for `A`, has ["B"], needs ["1 of [0]: thread 1 must give `A` back"]"#,
            r#"thread 3 waits, waits for `A`, has ["R"], needs ["1 of [0]: thread 1 must give `A` back"]"#,
            r#"thread 4 waits, waits for `S`, has ["R"], needs ["1 of [4]: thread 5 must give `S` back"]"#,
            "thread 5 runs, , has [\"S\"], needs []",
            r#"thread 6 waits, waits to write `R`, has [], needs ["2 of [2, 3]: thread 3 and thread 4 must give `R` back"]"#,
        ],
        &["[3]: thread 4 can go on, as thread 5 runs"],
        &[0, 1, 2, 5],
    );
}

#[test]
fn what_only_could_happen_has_none() {
    let report = judged("T1|acq(A) T1|acq(B) T1|rel(B) T1|rel(A) T2|acq(B) T2|req(A)");
    let standstill = report.standstill.unwrap_or(Standstill {
        threads: Vec::new(),
        rounds: Vec::new(),
        stuck: Vec::new(),
    });
    for finding in &report.findings {
        assert_eq!(part(&standstill, finding), None, "{finding:?}");
    }
}
