//! The tests of Go's best-known deadlock detector, without those about its timers.

use super::{Row, cases as every_run, written};
use crate::expect::{CYCLE, Case, ORPHAN, RECURSION, SELF, UPGRADE, Want};
use Want::{HangsUnseen, Silent};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = written("go", ROWS);
    let two_roles = |at: usize| {
        if at.is_multiple_of(2) {
            "W(A) L(B) r(C) U(C) U(B) U(A)"
        } else {
            "r(A) L(B) W(C) U(C) U(B) U(A)"
        }
    };
    cases.extend(every_run("go/no_deadlocks", &threads(20, two_roles), Silent));
    let few_writers = |at: usize| if at.is_multiple_of(34) { "W(A) U(A)" } else { "r(A) U(A)" };
    cases.extend(every_run("go/many_readers_few_writers", &threads(102, few_writers), Silent));
    let all_reversed =
        |at: usize| if at == 0 { "AB ph(1)" } else { "ph(1) L(G) loop(10){ BA } U(G)" };
    cases.extend(every_run("go/concurrent_lock_order", &threads(21, all_reversed), CYCLE));
    cases
}

fn threads(count: usize, ops: impl Fn(usize) -> &'static str) -> String {
    (0..count).map(ops).collect::<Vec<_>>().join(" || ")
}

const ROWS: &[Row] = &[
    Row("lock_order", "W(A) L(B) -> L(B) r(A)", CYCLE, ""),
    Row("lock_order_joined", "S(T2) J(T2) L(B) r(A) -> W(A) L(B)", Silent, "ordered by the join"),
    Row(
        "hard_deadlock",
        "L(A) wait_flag(never) || L(A)",
        HangsUnseen,
        "the holder waits for something outside; a stall, not a deadlock of locks",
    ),
    Row("hard_deadlock_leaked", "L(A) F(A) bar || bar settle L(A)", ORPHAN, ""),
    Row("rw_mutex", "r(A) bar settle r(A) || bar W(A)", RECURSION, ""),
    Row(
        "starved_reader_multiple_readers",
        "r(A) bar settle r(A) || bar W(A) || r(A) U(A) bar",
        RECURSION,
        "holders are counted, not remembered as one",
    ),
    Row("lock_duplicate_upgrade", "r(A) W(A)", UPGRADE, ""),
    Row("lock_duplicate", "L(B) L(B)", SELF, ""),
    Row("try_lock_no_deadlocks", "T(A) T(B) T(C) -> T(C) T(B) T(A)", Silent, ""),
    Row("try_lock_order", "TW(A) T(B) -> L(B) r(A)", Silent, "a try is no edge into itself"),
    Row("hard_deadlock_try", "T(A) F(A) bar || bar settle L(A)", ORPHAN, ""),
    Row("rw_mutex_try", "Tr(A) bar settle r(A) || bar W(A)", RECURSION, ""),
    Row("try_lock_duplicate_upgrade", "Tr(A) W(A)", UPGRADE, ""),
    Row("try_lock_duplicate", "T(B) L(B)", SELF, ""),
    Row("mutex_try_ok", "T(A) U(A) T(A)", Silent, ""),
    Row("mutex_try_fails", "L(A) bar ph(1) || bar T(A) U(A) ph(1)", Silent, ""),
];
