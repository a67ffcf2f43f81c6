//! What is written is read as it was; and what is broken is explained.

use lockgraph::finding::{Finding, Kind, Place, Stranger, Verdict};
use lockgraph::predict::Limits;
use lockgraph::trace::Position;

use super::read;
use crate::check::Checked;
use crate::{places, print, staged};

fn printed(checked: &Checked) -> String {
    let mut json = Vec::new();
    print::json::checked(&mut json, checked).unwrap();
    String::from_utf8(json).unwrap()
}

fn check(checked: &Checked) {
    let json = printed(checked);
    let again = read(json.as_bytes()).unwrap();
    assert_eq!(printed(&again), json);
    let members = |checked: &Checked| {
        let Checked { traces, more_traces, found, hidden, inside, summary, .. } = checked;
        let told = (traces.clone(), *more_traces, found.clone(), *hidden, inside.clone(), *summary);
        let Checked { limits, contention, problems, notes, .. } = checked;
        (told, *limits, contention.clone(), problems.clone(), notes.clone())
    };
    assert_eq!(members(&again), members(checked));
}

/// Of a line of a class, in a wrapper, with a stranger, of several runs.
fn elaborate() -> Finding {
    let place = |line| Place { file: "a \"b\"\\ü.rs".into(), line, column: 0 };
    let mut finding = staged::cycle();
    places::each_lock(&mut finding, &mut |lock| {
        lock.class = match lock.id {
            1 => lockgraph::finding::Class::Made(place(7)),
            2 => lockgraph::finding::Class::FirstTaken(place(8)),
            _ => lockgraph::finding::Class::Unknown,
        };
        lock.made_for = Some(place(9));
    });
    finding.steps[0].through = Some(place(10));
    finding.strangers = vec![Stranger { thread: staged::thread(9), does: "sleeps".into() }];
    finding.runs = vec!["a.lgt".into(), "b.lgt".into()];
    Finding { kind: Kind::Stall, verdict: Verdict::Stalled, ..finding }
}

#[test]
fn every_shape_is_read_as_it_was_written() {
    check(&Checked::default());
    check(&staged::checked());
    check(&staged::merged(&[("a.lgt", &staged::every_shape())]));
    check(&staged::merged(&[("a.lgt", &[staged::proved()]), ("b.lgt", &[elaborate()])]));
    for kind in Kind::ALL {
        for verdict in Verdict::ALL {
            check(&staged::merged(&[("a.lgt", &[staged::named(kind, verdict)])]));
        }
    }
    let mut hiding = Checked {
        more_traces: 7,
        limits: Limits { max_length: 3, budget: 70 },
        notes: vec![staged::problem()],
        ..staged::merged(&[
            ("a.lgt", &[staged::deadlock()]),
            ("b.lgt", &[staged::cycle()]),
            ("c.lgt", &[elaborate()]),
        ])
    };
    let mut hidden = hiding.found.pop().unwrap();
    (hidden.is_inside, hidden.witness_file, hiding.hidden) = (true, Some("w.std".into()), 1);
    hiding.inside.push(hidden);
    assert!(hiding.found[0].parts.is_some(), "it deadlocked in one trace, and could in another");
    check(&hiding);
}

/// A deadlock, with who waited for whom.
fn waiting() -> Checked {
    let mut checked = staged::checked();
    checked.found[0].standstill = Some(Box::new(staged::standstill()));
    checked
}

#[test]
fn who_waited_for_whom_is_read_as_it_was_written() {
    check(&waiting());
}

#[test]
fn a_thread_that_is_not_there_or_twice_is_explained() {
    let count = staged::standstill().threads.len();
    let mut whole = serde_json::from_str::<serde_json::Value>(&printed(&waiting())).unwrap();
    let at = |list: &str| format!("/findings/0/standstill{list}");
    // Of those in rounds and those that are stuck, each is one or the other.
    *whole.pointer_mut(&at("/rounds")).unwrap() = serde_json::json!([[]]);
    *whole.pointer_mut(&at("/stuck")).unwrap() = serde_json::json!([]);
    for list in ["/threads/0/needs/0/of", "/rounds/0", "/stuck"] {
        for (positions, complaint) in [
            (vec![count - 1, 0], None),
            (vec![count], Some("there is no thread 6 of 6 here")),
            (vec![1, 1], Some("thread 1 is named twice here")),
        ] {
            let mut report = whole.clone();
            *report.pointer_mut(&at(list)).unwrap() = serde_json::json!(positions);
            match (read(report.to_string().as_bytes()), complaint) {
                (Ok(_), None) => {}
                (Err((_, what)), Some(complaint)) => assert!(what.contains(complaint), "{what}"),
                (read, _) => panic!("{list} {positions:?}: {:?}", read.map(|_| ())),
            }
        }
    }
    *whole.pointer_mut(&at("/rounds")).unwrap() = serde_json::json!([[0], [1]]);
    *whole.pointer_mut(&at("/stuck")).unwrap() = serde_json::json!([1]);
    let said = read(whole.to_string().as_bytes()).map(|_| ());
    assert!(said.is_err_and(|(_, what)| what.contains("thread 1 is named twice here")));
}

/// Replaces one text in a report that is well.
fn broken(from: &str, to: &str) -> String {
    let json = printed(&staged::checked());
    assert!(json.contains(from), "{from}");
    json.replacen(from, to, 1)
}

#[test]
fn what_is_broken_is_explained_with_its_place() {
    let whole = printed(&staged::checked());
    let lines = whole.lines().count() as u64;
    let conflict = broken("  \"traces\"", "<<<<<<< HEAD\n=======\n>>>>>>> main\n  \"traces\"");
    for (json, position, want) in [
        (whole[..whole.len() / 2].to_string(), None, "the report is cut off; write it again"),
        ("{".to_string(), Some((1, 1)), "the report is cut off"),
        (broken("\"traces\":", "\"traces\""), Some((3, 12)), "this is no JSON: expected `:`"),
        (conflict, Some((3, 1)), "git could not merge this report"),
        (broken("\"version\": 1", "\"version\": 2"), Some((2, 1)), "version 2 of its form"),
        (broken("\"version\": 1", "\"version\": 0"), Some((2, 14)), "cannot be 0"),
        ("{\"nodes\": []}".to_string(), Some((1, 13)), "missing field `version`"),
        (
            broken("\"kind\": \"deadlock\"", "\"kind\": \"wedlock\""),
            None,
            "`wedlock` is the name of no kind of finding",
        ),
        (
            broken("\"how\": \"holds\"", "\"how\": \"hinders\""),
            None,
            "unknown variant `hinders`, expected one of `holds`, ",
        ),
        (
            broken("\"mode\": \"exclusive\",\n        ", "\"mode\": null,\n        "),
            None,
            "a `mode` is missing here",
        ),
        (broken("\"trace_count\": 4", "\"trace_count\": \"4\""), Some((9, 20)), "string \"4\""),
        (format!("{whole}x"), Some((lines + 1, 1)), "trailing characters"),
    ] {
        let (at, what) = read(json.as_bytes()).err().expect(want);
        assert!(what.contains(want), "{what}");
        assert!(at != Position::File, "{what}");
        if let Some((line, column)) = position {
            assert_eq!(at, Position::Line(line, column), "{what}");
        }
    }
}
