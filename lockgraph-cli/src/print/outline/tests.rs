//! What the text looks like.

use lockgraph::check::Report;

use super::*;
use crate::staged;

fn printed(report: &Report, is_by_class: bool, style: Style) -> String {
    let mut order = OrderGraph::new(is_by_class);
    order.add(0, report);
    order.find_cycles();
    let mut out = Vec::new();
    graph(&mut out, &order, style).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn cycles_come_first_and_then_the_outline() {
    let edges = [(1, 2), (2, 3), (3, 1), (1, 3), (3, 4), (4, 5), (3, 5), (6, 5), (6, 4), (7, 6)];
    let text = printed(&staged::edges(&edges), false, Style::Plain);
    assert_eq!(text, SMALL.trim_start());
}

const SMALL: &str = "
cycle 1 of 1: 3 locks
  +--> lock-1
  |      |  held since a.rs:1:5, next wanted at a.rs:3:9 (once by t1)
  |      v
  |    lock-3
  |      |  held since a.rs:3:5, next wanted at a.rs:1:9 (once by t1)
  +------+
  also lock-1 -> lock-2
         held since a.rs:1:5, next wanted at a.rs:2:9 (once by t1)
  also lock-2 -> lock-3
         held since a.rs:2:5, next wanted at a.rs:3:9 (once by t1)

what is taken under what
  [cycle: lock-1, lock-2, lock-3]
    lock-4  at a.rs:4:9, once
      lock-5  at a.rs:5:9, once
  lock-7
    lock-6  at a.rs:6:9, once
      lock-4 (see above)  at a.rs:4:9, once
  (2 edges are left out: another way leads there too)

7 locks, 10 edges, 1 cycle
";

#[test]
fn by_class_locks_are_counted() {
    let text = printed(&staged::edges(&[(10, 11), (1, 10), (1, 11)]), true, Style::Plain);
    let want = "what is taken under what\n  lock-1\n    many (2 locks)  at a.rs:10:9, 2 times\n\n2 \
                classes, 2 edges, 0 cycles\n";
    assert_eq!(text, want);
}

#[test]
fn nothing_is_a_line() {
    assert_eq!(printed(&Report::default(), false, Style::Plain), "0 locks, 0 edges, 0 cycles\n");
}

#[test]
fn colours_are_for_who_wants_them() {
    let report = staged::edges(&[(1, 2), (2, 1)]);
    let text = printed(&report, false, Style::Colour);
    assert!(text.starts_with("\x1b[1;31mcycle 1 of 1: 2 locks\x1b[0m\n"), "{text}");
    assert!(!printed(&report, false, Style::Plain).contains('\x1b'));
}

#[test]
fn large_graphs_are_folded_and_cut() {
    let mut report = staged::edges(&[]);
    let module = |at: u32| staged::place(&format!("c/src/m{}.rs", at % 6), at, 1);
    for at in 0..120_u32 {
        let mut row = staged::edges(&[(1, 2)]).edges.remove(0);
        row.from.class = Class::Made(module(at * 6));
        row.to.class = Class::Made(module(at * 6 + 1 + at % 5));
        report.edges.push(row);
    }
    let text = printed(&report, true, Style::Plain);
    assert!(text.contains("\n  c::m0 (120)\n    c::m1 (24)  24 edges\n"), "{text}");
    assert_eq!(text.lines().count(), 9, "{text}");

    let fan: Vec<(u64, u64)> =
        (2..9).map(|to| (1, to)).chain((2..9).map(|from| (from, 9))).collect();
    assert!(!printed(&staged::edges(&fan), false, Style::Plain).contains(" more"));
    let mut fan = staged::edges(&[(1, 2); 20]);
    for (at, row) in fan.edges.iter_mut().enumerate() {
        row.to = staged::lock(at as u64 + 10);
    }
    assert!(printed(&fan, false, Style::Plain).contains("\n    and 8 more\n"));
}

#[test]
fn names_cannot_move_a_cursor() {
    for hostile in staged::hostile() {
        let report = staged::edges_with_name(&hostile);
        let text = printed(&report, false, Style::Plain);
        assert!(!text.chars().any(|letter| letter != '\n' && letter.is_control()), "{text:?}");
    }
}
