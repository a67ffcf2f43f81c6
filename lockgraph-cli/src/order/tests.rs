//! Which circles across runs are told.

use lockgraph::finding::{Class, Lock, Place};
use lockgraph::id::LockKind;

use super::Order;
use super::collected::is_the_users;
use crate::staged;

/// The circles of runs with these edges, each as its classes.
fn circles(runs: &[&str], max_length: usize) -> Vec<String> {
    let mut order = Order::default();
    for (number, edges) in runs.iter().enumerate() {
        order.add(staged::order(&format!("run {number}"), edges));
    }
    let circle = |edges: &Vec<super::Pair>| edges.iter().map(|(from, _)| from.as_str()).collect();
    order.circles(max_length).circles.iter().map(circle).collect()
}

#[test]
fn a_circle_is_told_that_no_run_had_and_that_could_deadlock() {
    for (runs, want) in [
        (&["A>B", "B>A"][..], &["AB"][..]),
        (&["A>B", "B>A", "A>B"], &["AB"]),
        (&["A>B B>C", "C>A"], &["ABC"]),
        (&["A>B", "B>C", "C>A", "B>A"], &["AB", "ABC"]),
        // One run had it: its judge has looked at the locks themselves.
        (&["A>B B>A"], &[]),
        (&["A>B B>A", "A>B", "B>A"], &[]),
        (&["A>B B>C C>A", "B>A"], &["AB"]),
        // A larger set that goes round has the smaller ones in it.
        (&["A>B B>A", "A>B B>A B>C C>B", "C>A"], &["ABC"]),
        // Readers, and what only one of the two ends reads.
        (&["A>b", "b>A"], &[]),
        (&["a>b", "b>a"], &[]),
        (&["A>b", "B>A"], &["AB"]),
        (&["A>b B>A", "b>C"], &[]),
        (&["A>b", "A>B", "b>A"], &["AB"]),
        // A gate, if it is held each time.
        (&["A>B/G", "B>A/G"], &[]),
        (&["A>B/G", "B>A/G", "A>B"], &["AB"]),
        (&["A>B/G", "B>A/H"], &["AB"]),
        (&["A>B/G B>C/G", "C>A/G"], &[]),
        (&["A>B/G B>C", "C>A/G"], &[]),
        // One that lets in several, but not all.
        (&["A>B/G*2 B>C/G*2", "C>A/G*2"], &[]),
        (&["A>B/G*3 B>C/G*3", "C>A/G*3"], &["ABC"]),
        (&["A>B/G*2 B>C/G*2", "C>A"], &["ABC"]),
        (&["A>B/G*2", "B>A/G"], &["AB"]),
        (&["A>B/C", "B>C", "C>A/B"], &["ABC"]),
        (&[], &[]),
    ] {
        assert_eq!(circles(runs, 6), want, "{runs:?}");
    }
}

#[test]
fn locks_of_tests_are_in_no_order() {
    let calls = [("C", "src/a.rs: tests::f.c"), ("D", "src/a.rs: attests::g.d")];
    let order = staged::order_called("run", "A>B C>B B>D", &calls);
    let edges: Vec<String> = order.edges.keys().map(|(from, to)| format!("{from} {to}")).collect();
    assert_eq!(edges, ["A B", "B src/a.rs: attests::g.d"]);
    assert!(!order.classes.contains_key("src/a.rs: tests::f.c"));
}

#[test]
fn what_a_test_holds_is_in_no_order() {
    let order = staged::order("run", "!A>B A>C C>A !C>A");
    let edges: Vec<String> =
        order.edges.iter().map(|((a, b), edge)| format!("{a}{b}{}", edge.count)).collect();
    assert_eq!(edges, ["AC1", "CA1"]);
}

#[test]
fn a_lock_is_in_the_order_if_it_is_told_apart_and_of_no_test() {
    let at = |file: &str| Place { file: file.to_string(), line: 1, column: 1 };
    let (made, taken) = (|file| Class::Made(at(file)), |file| Class::FirstTaken(at(file)));
    let own = || Some(at("src/a.rs"));
    for (class, made_for, name, want) in [
        (made("src/a.rs"), None, "src/a.rs: f", true),
        (made("src/a.rs"), None, "src/a.rs: a::tests::f", false),
        (made("src/a/tests.rs"), None, "src/a/tests.rs: f", false),
        (made("tests/a.rs"), None, "tests/a.rs: f", false),
        (made("dep/src/d.rs"), None, "dep/src/d.rs: g", true),
        (made("dep/src/d.rs"), own(), "dep/src/d.rs: g for src/a.rs: f", true),
        (made("dep/src/d.rs"), own(), "dep/src/d.rs: g for src/a.rs: tests::f", false),
        (made("dep/src/d.rs"), Some(at("tests/a.rs")), "dep/src/d.rs: g for tests/a.rs: f", false),
        (taken("src/a.rs"), None, "src/a.rs: f first taken", true),
        (taken("dep/src/d.rs"), None, "dep/src/d.rs: STATIC", true),
        (taken("dep/src/d.rs"), None, "dep/src/d.rs: get by call_once first taken", false),
        (taken("dep/src/d.rs"), own(), "dep/src/d.rs: g first taken for src/a.rs: f", true),
    ] {
        let lock = Lock { id: 1, kind: LockKind::Mutex, class, made_for };
        let is_own = |place: &Place| !place.file.starts_with("dep/");
        assert_eq!(is_the_users(&lock, name, &is_own), want, "{name}");
    }
}

#[test]
fn circles_are_as_long_as_they_may_be() {
    let runs = ["A>B", "B>C", "C>D", "D>A", "C>A"];
    assert_eq!(circles(&runs, 2), [""; 0]);
    assert_eq!(circles(&runs, 3), ["ABC"]);
    assert_eq!(circles(&runs, 4), ["ABC", "ABCD"]);
}

#[test]
fn too_many_circles_are_cut_and_that_is_said() {
    let mut order = Order::default();
    let name = |number: u32| format!("N{number:02}");
    for from in 0..40 {
        for to in (0..40).filter(|to| *to != from) {
            let edge = format!("{}>{}", name(from), name(to));
            order.add(staged::order(&format!("run {from} {to}"), &edge));
        }
    }
    let circles = order.circles(6);
    assert!(circles.is_cut);
    assert_eq!(circles.circles.len(), 1000);
    let pairs = circles.circles.iter().filter(|circle| circle.len() == 2).count();
    assert_eq!(pairs, 40 * 39 / 2, "the short ones come first");
}

#[test]
fn what_is_known_of_an_edge_adds_up() {
    let mut order = staged::order("run 2", "A>B/G");
    order.add(staged::order("run 1", "a>B B>C"));
    let edge = &order.edges[&("A".to_string(), "B".to_string())];
    assert_eq!((edge.count, edge.runs), (2, 2));
    assert_eq!(edge.are_reads, (false, false));
    assert!(edge.under.is_empty() && edge.within.contains("src/a.rs: f2"));
    let first = edge.example.seen.as_ref().map(crate::seen::Seen::name);
    assert_eq!((edge.seen.len(), first), (2, Some("run 1")));
    assert_eq!(order.classes.keys().collect::<Vec<_>>(), ["A", "B", "C"]);
}

#[test]
fn a_circle_becomes_a_finding_that_says_where_each_step_is_from() {
    let mut order = staged::order("run 1", "A>B");
    order.add(staged::order("run 2", "B>A"));
    let circle = order.circles(6).circles.remove(0);
    let finding = order.finding(&circle);
    assert_eq!(finding.runs, ["test run 1", "test run 2"]);
    assert_eq!(finding.names.as_deref(), Some(&["A -> B".to_string(), "B -> A".into()][..]));
    let headline = lockgraph::explain::headline(&finding);
    assert_eq!(headline, "`A` and `B` are taken in both orders");
    assert!(lockgraph::explain::explain(&finding).verdict.contains("no run had them all"));
}
