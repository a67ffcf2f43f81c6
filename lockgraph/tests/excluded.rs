//! Cycles that cannot deadlock: shown only on request, and each with the right reason.

use lockgraph::check::{Options, check};
use lockgraph::finding::{Finding, Reason, Verdict};
use lockgraph::trace;

/// One step a word, `thread:operation(operand)`.
fn findings(steps: &str, all: bool) -> Vec<Finding> {
    let line = |(at, step): (usize, &str)| {
        let (thread, operation) = step.split_once(':').expect("thread:operation");
        format!("{thread}|{operation}|place.rs:{}\n", at + 1)
    };
    let text: String = steps.split_whitespace().enumerate().map(line).collect();
    let trace = trace::read_bytes("steps", text.as_bytes()).expect("the steps are STD");
    assert_eq!(trace.problems, [], "{steps}");
    check(&trace, &Options { all, ..Options::default() }).findings
}

fn reason(finding: &Finding) -> &'static str {
    match &finding.excluded {
        Some(Reason::OneThread(_)) => "one thread",
        Some(Reason::Gate(_)) => "gate",
        Some(Reason::SpawnJoin(..)) => "spawn and join",
        Some(Reason::Message(..)) => "message",
        Some(Reason::ReadersOnly(_)) => "readers only",
        Some(Reason::Permits(..)) => "permits",
        None => "none",
    }
}

#[test]
fn the_reason_is_told_on_request_and_nothing_without() {
    let ab = |t: &str| format!("{t}:acq(A) {t}:acq(B) {t}:rel(B) {t}:rel(A) ");
    let ba = |t: &str| format!("{t}:acq(B) {t}:acq(A) {t}:rel(A) {t}:rel(B) ");
    let read = |steps: String| steps.replace("acq", "racq").replace("rel", "rrel");
    let gated = |t: &str, steps: String| format!("{t}:acq(G) {steps} {t}:rel(G) ");
    for (steps, why) in [
        (ab("T1") + &ba("T1"), "one thread"),
        (gated("T1", ab("T1")) + &gated("T2", ba("T2")), "gate"),
        (
            format!("T0:fork(T1) {} T0:join(T1) T0:fork(T2) {}", ab("T1"), ba("T2")),
            "spawn and join",
        ),
        (read(ab("T1") + &ba("T2")), "readers only"),
        (
            ab("T1")
                + "T1:acq(B) T1:acq(C) T1:rel(C) T1:rel(B) T2:acq(C) T2:acq(A) T2:rel(A) T2:rel(C)",
            "one thread",
        ),
    ] {
        assert_eq!(findings(&steps, false), [], "{steps}");
        let shown = findings(&steps, true);
        assert_eq!(shown.iter().map(reason).collect::<Vec<_>>(), [why], "{steps}");
        assert_eq!(shown[0].verdict, Verdict::Excluded);
    }
}

#[test]
fn an_excluded_cycle_does_not_hide_a_real_one_over_the_same_locks() {
    let steps = "T1:acq(G) T1:acq(A) T1:acq(B) T1:rel(B) T1:rel(A) T1:rel(G) \
                 T2:acq(G) T2:acq(B) T2:acq(A) T2:rel(A) T2:rel(B) T2:rel(G) \
                 T1:acq(A) T1:acq(B) T1:rel(B) T1:rel(A) \
                 T2:acq(B) T2:acq(A) T2:rel(A) T2:rel(B)";
    let found = findings(steps, false);
    // T1 without the gate meets T2 with it and T2 without it. T1 with it meets T2 without it too,
    // but only in a schedule in which the gate changes hands the other way round.
    let verdicts: Vec<Verdict> = found.iter().map(|finding| finding.verdict).collect();
    assert_eq!(verdicts, [Verdict::Feasible, Verdict::Feasible, Verdict::Possible]);
}
