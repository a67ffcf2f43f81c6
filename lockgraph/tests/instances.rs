//! Findings by place, and by the locks themselves.

use lockgraph::check::{Options, check};

/// Two pairs of locks, each taken in both orders by the same four lines.
fn pairs() -> String {
    let mut text = String::new();
    for (first, second, threads) in [(1, 2, [1, 2]), (3, 4, [3, 4])] {
        for (thread, held, wanted, line) in
            [(threads[0], first, second, 10), (threads[1], second, first, 20)]
        {
            for (op, lock, after) in
                [("acq", held, 0), ("acq", wanted, 1), ("rel", wanted, 2), ("rel", held, 3)]
            {
                text += &format!("T{thread}|{op}(L{lock})|a.rs:{}\n", line + after);
            }
        }
    }
    text
}

#[test]
fn what_other_locks_do_at_the_same_places_is_told_on_request() {
    let trace = lockgraph::trace::read_bytes("pairs", pairs().as_bytes()).unwrap();
    for (instances, want) in [(false, 1), (true, 2)] {
        let report = check(&trace, &Options { instances, ..Options::default() });
        assert_eq!(report.findings.len(), want, "instances: {instances}");
        assert!(
            report.findings.iter().all(|f| f.fingerprint() == report.findings[0].fingerprint())
        );
    }
}
