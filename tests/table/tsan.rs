//! The deadlock tests of a compiler's thread sanitizer, for four sorts of locks. Its tests run on
//! one thread; here each block has its own, and the original stands beside as a harmless row.

use super::{Row, cases as every_run, ring, written};
use crate::expect::{CYCLE, Case, Want};
use crate::program::spelled_out;
use Want::Silent;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = written("tsan", ROWS);
    for (sort, objects, op) in SORTS {
        for (name, notation, want) in EVERY_SORT {
            let program = spelled_out(notation).replace("L(", op);
            let name = format!("tsan/{name}/{sort}");
            cases.extend(every_run(&name, &format!("{objects} {program}"), *want));
        }
    }
    cases.extend(every_run("tsan/19_rotations", &rotations(45), CYCLE));
    for size in [5, 10, 15, 20, 30, 300] {
        cases.extend(every_run(&format!("tsan/mutex_cycle_long/{size}"), &ring(size), CYCLE));
    }
    cases
}

/// The sorts of locks, a spin lock being a mutex to us.
const SORTS: &[(&str, &str, &str)] = &[
    ("mutex", "", "L("),
    ("rwlock", "", "W("),
    ("reentrant", "@A:reentrant @B:reentrant @C:reentrant @D:reentrant @X:reentrant", "L("),
];

/// Rows that are the same for every sort.
const EVERY_SORT: &[(&str, &str, Want)] = &[
    ("01_one_thread", "AB BA", Silent),
    ("01", "AB -> BA", CYCLE),
    ("02_one_thread", "AB BC CA", Silent),
    ("02", "AB -> BC -> CA", CYCLE),
    ("03_one_thread", "AB L(C) loop(4096){ new(X) } U(C) BA", Silent),
    ("03_unused_between", "AB -> L(C) loop(4096){ new(X) } U(C) -> BA", CYCLE),
    ("04_one_thread", "AB L(C) loop(4096){ new(X) L(X) U(X) } U(C) BA", Silent),
    ("04_used_between", "AB -> L(C) loop(4096){ new(X) L(X) U(X) } U(C) -> BA", CYCLE),
    ("05_at_a_barrier", "AB bar || bar BA", CYCLE),
    ("06_private", "AB -> CD -> X", Silent),
    ("14_churn", "loop(100){ new(A) L(A) U(A) } || loop(100){ new(B) L(B) U(B) }", Silent),
    ("18_create_lock_destroy", "loop(50){ new(A) L(A) new(B) L(B) U(B) U(A) } || CD CD", Silent),
];

const ROWS: &[Row] = &[
    Row("07a_try_second", "L(A) T(B) U(B) U(A) -> T(B) L(A)", Silent, "only B->A is an edge"),
    Row("07b_both_begin_with_a_try", "T(C) L(D) -> L(D) T(C)", Silent, "only C->D is an edge"),
    Row("07c_try_first", "T(E) L(F) -> FE", CYCLE, ""),
    Row("07d_try_first_reversed", "L(H) L(G) -> T(G) L(H)", CYCLE, ""),
    Row("08a_read_write", "r(A) W(B) -> W(B) r(A)", Silent, "nobody waits to write A"),
    Row("08a_read_write_writer", "r(A) W(B) -> W(B) r(A) -> W(A)", CYCLE, ""),
    Row("08b_readers", "r(C) r(D) -> r(D) r(C)", Silent, "no writer"),
    Row("08b_readers_writers", "r(C) r(D) -> r(D) r(C) -> W(C) -> W(D)", CYCLE, ""),
    Row("08b_readers_one_writer", "r(C) r(D) -> r(D) r(C) -> W(C)", Silent, "D never blocks"),
    Row(
        "09_depth",
        "@A:reentrant @B:reentrant L(A) L(A) L(A) L(B) -> L(B) L(B) L(B) L(A)",
        CYCLE,
        "",
    ),
    Row("10_private_nests", "AB || CD || EF || GH", Silent, ""),
    Row("11_private_under_private", "ABC || DEF || GHI || JKM", Silent, ""),
    Row(
        "12_readers_one_order",
        "r(A) r(B) r(C) || r(A) r(B) r(C) || r(A) r(B) r(C) || r(A) r(B) r(C)",
        Silent,
        "",
    ),
    Row("13_readers_under_one", "L(G) r(A) r(B) || L(G) r(B) r(A) || L(G) r(A) r(B)", Silent, ""),
    Row("15_read_twice", "r(A) r(A) U(A) U(A)", Silent, "no writer"),
    Row("15_read_three_times", "r(A) r(A) r(A) U(A) U(A) U(A)", Silent, "no writer"),
    Row("mutex_cycle2", "AB -> BA", CYCLE, ""),
];

/// As many threads as locks, each taking all of them from another start on.
fn rotations(count: usize) -> String {
    let lock = |start: usize, at: usize| format!("L(k{})", (start + at) % count);
    let thread = |start| (0..count).map(|at| lock(start, at)).collect::<Vec<_>>().join(" ");
    (0..count).map(thread).collect::<Vec<_>>().join(" -> ")
}
