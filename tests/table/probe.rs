//! The 27 programs on which other Rust detectors were measured, as far as they are about locks,
//! joins and initialisation, and the mistakes found in those detectors that a program can show.
//! Those about waits for signals are in `waits`, and the one about a lock that nobody tracks is in
//! `peer`, too.

use super::{Row, written};
use crate::expect::{CYCLE, Case, DEADLOCK, ORPHAN, READ_AGAIN, RECURSION, SELF, UPGRADE, Want};
use Want::{HangsUnseen, Silent};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = written("probe", PROBES);
    cases.extend(written("peer", MISTAKES));
    cases
}

const PROBES: &[Row] = &[
    Row("01_abba_apart", "AB -> BA", CYCLE, ""),
    Row("02_abba_one_thread", "AB BA", Silent, "one thread alone never deadlocks"),
    Row("03_cycle3", "AB -> BC -> CA", CYCLE, ""),
    Row("04_rwlock_order", "W(R) r(S) -> W(S) r(R)", CYCLE, ""),
    Row("05_read_recursion_writer_later", "r(A) r(A) -> W(A)", READ_AGAIN, ""),
    Row(
        "06_class_inversion",
        "AB -> DC",
        Silent,
        "other instances at the same places: judged when runs are merged by class, not live",
    ),
    Row("07_order_through_dead_lock", "L(A) L(M) L(C) U(C) U(M) U(A) destroy(M) >> CA", CYCLE, ""),
    Row("08_released_out_of_order", "L(A) L(B) U(A) L(C) U(B) U(C) -> CB", CYCLE, ""),
    Row("09_gate", "L(G) AB U(G) -> L(G) BA U(G)", Silent, ""),
    Row("10_join_between", "S(T2) J(T2) BA -> AB", Silent, ""),
    Row("12_try_reversed", "AB -> L(B) T(A)", Silent, ""),
    Row("13_readers_only", "r(A) r(B) -> r(B) r(A)", Silent, ""),
    Row("14_consistent", "loop(2000){ AB } || loop(2000){ AB }", Silent, ""),
    Row("15_self_relock", "L(A) L(A)", SELF, ""),
    Row("16_read_recursion", "r(A) bar settle r(A) || bar W(A)", RECURSION, ""),
    Row("17_upgrade", "r(A) W(A)", UPGRADE, ""),
    Row("18_abba", "L(A) bar L(B) || L(B) bar L(A)", DEADLOCK, ""),
    Row("19_cycle3", "L(A) bar L(B) || L(B) bar L(C) || L(C) bar L(A)", DEADLOCK, ""),
    Row("20_rwlock_abba", "W(A) bar W(B) || W(B) bar W(A)", DEADLOCK, ""),
    Row("23_join_of_child_that_needs_my_lock", "L(A) S(T2) J(T2) || L(A)", DEADLOCK, ""),
    Row("25_once_against_lock", "once(O) bar L(A) end(O) || L(A) bar once(O) end(O)", DEADLOCK, ""),
    Row("26_guard_leaked_by_finished_thread", "S(T2) J(T2) L(A) || L(A) F(A)", ORPHAN, ""),
    Row(
        "27_one_lock_untracked",
        "L(A) bar wait_flag(raw) || bar L(A) set(raw)",
        HangsUnseen,
        "the second lock is not ours: nothing wrong may be said",
    ),
];

const MISTAKES: &[Row] = &[
    Row("order_lost_with_dead_lock", "L(A) L(M) L(C) U(M) destroy(M) >> CA", CYCLE, ""),
    Row("try_makes_edge", "AB -> L(B) T(A) -> T(B) T(A)", Silent, ""),
    Row("timed_makes_edge", "L(A) D(B) -> L(B) D(A)", Silent, ""),
    Row("gate_filter_eats_self_deadlock", "L(G) L(A) L(A)", SELF, ""),
    Row("gate_filter_eats_self_deadlock_on_gate", "L(G) L(A) L(G)", SELF, ""),
    Row("uncontended_read_left_out", "r(A) L(B) -> L(B) W(A)", CYCLE, ""),
    Row("uncontended_read_left_out_first", "L(B) W(A) -> r(A) L(B)", CYCLE, ""),
    Row("read_recursion_left_out", "r(A) bar settle r(A) || bar W(A)", RECURSION, ""),
    Row("join_not_seen", "L(A) S(T2) J(T2) || L(A)", DEADLOCK, ""),
    Row("read_and_upgrade", "u(A) bar upgrade(A) || r(A) bar settle U(A)", Silent, ""),
];
