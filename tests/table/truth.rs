//! The measured truth table of 42 small programs, as far as it is about locks and joins, with the
//! rows that our own promises add.

use super::{Row, cases as every_run, nest, ring, ring_that_meets, written};
use crate::expect::{
    ANY, CYCLE, Case, DEADLOCK, ONCE, ORPHAN, READ_AGAIN, RECURSION, SELF, UPGRADE, Want,
};
use Want::{Actual, Silent};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = written("truth", POSITIVE);
    cases.extend(written("truth", NEGATIVE));
    cases.extend(written("truth", BEYOND));
    cases.extend(grown());
    cases
}

/// Programs that deadlock, or could.
const POSITIVE: &[Row] = &[
    Row("P01_abba", "AB -> BA", CYCLE, ""),
    Row("P02_abba_real_hang", "L(A) bar L(B) || L(B) bar L(A)", DEADLOCK, ""),
    Row("P03_try_first", "T(A) L(B) U(B) U(A) -> BA", CYCLE, "a try makes a hold"),
    Row("P04_cycle3", "AB -> BC -> CA", CYCLE, ""),
    Row("P04_cycle3_real_hang", "L(A) bar L(B) || L(B) bar L(C) || L(C) bar L(A)", DEADLOCK, ""),
    Row("P05_rwr_prefer_writer", "r(A) r(B) -> r(B) r(A) -> W(A) -> W(B)", CYCLE, ""),
    Row("P06_rw_abba", "r(A) W(B) -> r(B) W(A)", CYCLE, ""),
    Row("P06_rw_abba_real_hang", "r(A) bar W(B) || r(B) bar W(A)", DEADLOCK, ""),
    Row("P07_self_relock", "L(A) L(A)", SELF, "P07b is the same, as Rust has one sort of mutex"),
    Row("P07_self_rewrite", "W(A) W(A)", SELF, ""),
    Row("P07_self_read_under_write", "W(A) r(A)", SELF, ""),
    Row("P08_rw_upgrade_self", "r(A) W(A)", UPGRADE, ""),
    Row("P10_join_under_lock", "L(A) S(T2) J(T2) || L(A)", DEADLOCK, ""),
    Row("P10_join_under_read", "r(A) S(T2) J(T2) || W(A)", DEADLOCK, ""),
    Row("P12_spin_abba", "AB -> BA", CYCLE, "a spin lock's `lock` is a lock like any other"),
    Row(
        "P12_spin_by_try_loop",
        "spin(A) spin(B) -> spin(B) spin(A)",
        Silent,
        "each round of the loop is a try, which gives up: the same steps as the harmless N12",
    ),
    Row("P14_orphan_lock", "S(T2) J(T2) L(A) || L(A) F(A)", ORPHAN, "the holder ended before"),
    Row("P14_orphan_meets", "bar settle L(A) || L(A) F(A) bar", ORPHAN, ""),
    Row(
        "P14_orphan_ends_later",
        "bar L(A) || L(A) F(A) bar settle",
        ORPHAN,
        "the end of the holder is what closes the deadlock",
    ),
    Row("P14_orphan_read", "S(T2) J(T2) W(A) || r(A) F(A)", ORPHAN, "a leaked read stops writers"),
];

/// Programs that other detectors report, and that cannot deadlock.
const NEGATIVE: &[Row] = &[
    Row("N01_single_thread", "AB BA", Silent, ""),
    Row("N02_fork_join", "S(T2) J(T2) S(T3) J(T3) -> AB -> BA", Silent, ""),
    Row("N02_fork_join_hinted", "S(T2) J(T2) S(T3) J(T3) || AB || BA", Silent, ""),
    Row("N03_gate", "L(G) AB U(G) -> L(G) BA U(G)", Silent, ""),
    Row("N03_gate_hinted", "L(G) AB U(G) || L(G) BA U(G)", Silent, ""),
    Row("N04_trylock_reverse", "AB -> L(B) T(A)", Silent, ""),
    Row("N05_tsan814", "L(A) L(B) U(A) L(C) U(C) U(B) -> CA", Silent, "needs a second T1"),
    Row("N06_tsan57955", "AB BC -> CA", Silent, "needs a second T1"),
    Row("N07_rr_only", "r(A) r(B) -> r(B) r(A)", Silent, "no writer"),
    Row("N08_recursive", "@A:reentrant L(A) L(A)", Silent, ""),
    Row("N09_reuse", "L(A) L(M) U(M) U(A) new(M) L(M) L(A)", Silent, ""),
    Row("N10_destroy_reinit", "L(A) L(M) U(M) U(A) new(M) >> L(M) L(A)", Silent, ""),
    Row(
        "N11_publish_private",
        "L(O) L(P) U(P) U(O) -> L(P) L(O)",
        CYCLE,
        "harmless only because P's data hands O over; data flow is not recorded yet",
    ),
    Row("N12_std_lock", "L(A) T(B) U(B) U(A) -> L(B) T(A) U(A) U(B)", Silent, ""),
    Row("N13_timedlock", "L(A) D(B) -> L(B) D(A)", Silent, ""),
    Row(
        "N13_timedlock_hinted",
        "L(A) bar D(B) || L(B) bar D(A)",
        Silent,
        "both waits end by themselves",
    ),
    Row("N14_consistent", "AB -> AB", Silent, ""),
    Row("N15_tsan488", "L(A) L(B) U(A) L(A) U(A) U(B)", Silent, ""),
];

/// What the table leaves open and our promises settle.
const BEYOND: &[Row] = &[
    Row("gate_read_held", "r(G) AB U(G) -> r(G) BA U(G)", CYCLE, "readers let each other in"),
    Row("gate_read_and_write", "W(G) AB U(G) -> r(G) BA U(G)", Silent, ""),
    Row("gate_once_left_out", "L(G) AB U(G) -> L(G) BA U(G) BA", CYCLE, "one ungated BA is enough"),
    Row("gate_left_out_first", "AB L(G) AB U(G) -> L(G) BA U(G)", CYCLE, ""),
    Row("gate_left_early", "L(G) L(A) U(G) L(B) -> L(G) L(B) L(A)", CYCLE, ""),
    Row("gate_by_try", "T(G) AB U(G) -> T(G) BA U(G)", Silent, "how a gate is taken is no matter"),
    Row("gate_three_of_three", "L(G) AB U(G) -> L(G) BC U(G) -> L(G) CA U(G)", Silent, ""),
    Row("gate_two_of_three", "L(G) AB U(G) -> L(G) BC U(G) -> CA", Silent, ""),
    Row("gate_for_one_only", "L(G) AB U(G) -> BC -> CA", CYCLE, ""),
    Row("order_by_spawn", "BA S(T2) -> AB", Silent, ""),
    Row("order_by_grandchild", "AB S(T2) -> S(T3) -> BA", Silent, ""),
    Row("order_by_join_chain", "S(T2) J(T2) BA -> S(T3) J(T3) -> AB", Silent, ""),
    Row("no_order_by_spawn_alone", "S(T2) BA -> AB", CYCLE, ""),
    Row("join_of_another", "S(T2) S(T3) J(T2) BA J(T3) -> CD -> AB", CYCLE, ""),
    Row("excluded_then_real", "AB BA -> BA", CYCLE, "the harmless cycle hides no later one"),
    Row("ordered_then_real", "S(T2) J(T2) BA -> AB -> AB", CYCLE, ""),
    Row("try_then_lock", "AB -> L(B) T(A) U(A) L(A)", CYCLE, "the try must not hide the lock"),
    Row("released_out_of_order", "L(A) L(B) U(A) L(C) U(B) U(C) -> CB", CYCLE, ""),
    Row("read_again_and_writer", "r(A) r(A) -> W(A)", READ_AGAIN, ""),
    Row("read_again_no_writer", "r(A) r(A) -> r(A) r(A)", Silent, ""),
    Row("read_again_own_writer", "r(A) r(A) U(A) U(A) W(A)", Silent, "nobody else writes"),
    Row("read_again_recursive", "R(A) R(A) -> W(A)", Silent, ""),
    Row("read_again_after_writer_gone", "S(T2) J(T2) r(A) r(A) -> W(A)", Silent, "ordered by join"),
    Row("read_again_real_hang", "r(A) bar settle r(A) || bar W(A)", RECURSION, ""),
    Row("read_again_recursive_runs", "R(A) bar settle R(A) || bar W(A)", Silent, ""),
    Row("read_again_by_try", "r(A) bar settle Tr(A) || bar W(A)", Silent, "a try never waits"),
    Row("reentrant_abba", "@A:reentrant @B:reentrant L(A) L(A) L(B) -> L(B) L(B) L(A)", CYCLE, ""),
    Row(
        "reentrant_again_is_no_edge",
        "@A:reentrant L(A) L(B) L(A) U(A) U(B) U(A) -> L(A) L(B)",
        Silent,
        "the second A cannot block",
    ),
    Row(
        "reentrant_real_hang",
        "@A:reentrant @B:reentrant L(A) L(A) bar L(B) || L(B) bar L(A)",
        DEADLOCK,
        "",
    ),
    Row("try_real_hang", "T(A) bar L(B) || T(B) bar L(A)", DEADLOCK, ""),
    Row(
        "timed_wait_ends",
        "L(A) bar D(B) || L(B) bar L(A)",
        Silent,
        "a timed wait counts as running",
    ),
    Row("upgrade_alone", "u(A) upgrade(A)", Silent, ""),
    Row(
        "upgrade_waits_for_reader",
        "u(A) bar upgrade(A) || r(A) bar settle U(A)",
        Silent,
        "the reader goes on; another detector's false report",
    ),
    Row("upgradable_beside_reader", "u(A) bar ph(1) || r(A) bar ph(1)", Silent, ""),
    Row("upgradable_twice", "u(A) u(A)", Actual(ANY), ""),
    Row("upgrade_against_reader", "u(A) bar upgrade(A) || r(A) bar u(A)", Actual(ANY), ""),
    Row("upgradable_abba", "u(A) u(B) -> u(B) u(A)", CYCLE, "upgradable reads exclude each other"),
    Row("join_ring", "L(A) S(T2) J(T2) || L(B) bar L(A) || bar L(B)", DEADLOCK, "T3 waits, too"),
    Row("join_self", "S(T2) || J(T2)", SELF, "the thread waits for its own end"),
    Row("once_under_lock", "L(A) once(O) end(O) U(A) -> once(P) L(A) end(P)", Silent, ""),
    Row("once_against_lock", "once(O) L(A) U(A) end(O) >> L(A) once(O) end(O)", ONCE, ""),
    Row("once_real_hang", "once(O) bar L(A) U(A) end(O) || L(A) bar once(O) end(O)", DEADLOCK, ""),
    Row("once_in_itself", "once(O) once(O) end(O) end(O)", SELF, ""),
    Row("same_class_list_order", "L(A) L(B) -> L(B) L(C) -> L(A) L(C)", Silent, ""),
];

/// Rows too long to be written out.
fn grown() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, size) in [("P17_cycle12", 12), ("P18_cycle25", 25), ("P18_cycle300", 300)] {
        cases.extend(every_run(&format!("truth/{name}"), &ring(size), CYCLE));
        let hang = ring_that_meets(size);
        cases.extend(every_run(&format!("truth/{name}_real_hang"), &hang, DEADLOCK));
    }
    for count in [130, 2000] {
        let held = nest("h", count);
        let name = |what: &str| format!("truth/P19_hold{count}_{what}");
        cases.extend(every_run(&name("then_abba"), &format!("{held} -> AB -> BA"), CYCLE));
        cases.extend(every_run(&name("around_ab"), &format!("{held} AB -> BA"), CYCLE));
        let hang = format!("{held} L(A) bar L(B) || L(B) bar L(A)");
        cases.extend(every_run(&name("real_hang"), &hang, DEADLOCK));
    }
    let churn = "AB -> loop(5000){ new(X) L(X) U(X) } -> BA";
    cases.extend(every_run("truth/P20_abba_after_5000_dead", churn, CYCLE));
    let many: Vec<String> = (0..5000).map(|at| format!("L(x{at}) U(x{at})")).collect();
    let kept = format!("AB -> {} -> BA", many.join(" "));
    cases.extend(every_run("truth/P20_abba_after_5000_alive", &kept, CYCLE));
    let pairs: Vec<String> =
        (0..5000).map(|at| format!("L(x{at}) L(y{at}) U(y{at}) U(x{at})")).collect();
    let edges = format!("AB -> {} -> BA", pairs.join(" "));
    cases.extend(every_run("truth/P20_abba_after_5000_edges", &edges, CYCLE));
    cases
}
