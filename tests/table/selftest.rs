//! The userspace-meaningful part of a kernel's lock-dependency self-test: seven basic orders under
//! each way of locking, mixed readers and writers, and all orders of three-lock triples.
//!
//! Our verdicts differ on purpose in two ways. Locks are judged one by one, not by class, so two
//! locks of one class (`X1`, `X2`) are harmless; the row with one lock stands beside. And a reader
//! that queues behind writers is only blocked by another reader if somebody writes, so the rows
//! that a kernel reports without any writer are silent here, and reported in the row beside that
//! has writers in further threads.

use std::collections::BTreeSet;

use super::cases as every_run;
use crate::expect::{CYCLE, Case, READ_AGAIN, SELF, UPGRADE, Want};
use crate::program::spelled_out;
use Want::Silent;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = basic();
    cases.extend(mixed());
    cases.extend(triples());
    cases
}

/// A way of locking: its name, the operation, and whether writers run beside.
struct Kind(&'static str, &'static str, bool);

const KINDS: &[Kind] = &[
    Kind("mutex", "L(", false),
    Kind("write", "W(", false),
    Kind("recursive_read", "R(", false),
    Kind("recursive_read_and_writers", "R(", true),
    Kind("read", "r(", false),
    Kind("read_and_writers", "r(", true),
];

/// Seven orders, each a cycle if the locks exclude each other.
const BASIC: &[(&str, &str)] = &[
    ("ABBA", "AB -> BA"),
    ("ABBCCA", "AB -> BC -> CA"),
    ("ABCABC", "AB -> CA -> BC"),
    ("ABBCCDDA", "AB -> BC -> CD -> DA"),
    ("ABCDBDDA", "AB -> CD -> BD -> DA"),
    ("ABCDBCDA", "AB -> CD -> BC -> DA"),
];

fn basic() -> Vec<Case> {
    let mut cases = Vec::new();
    for Kind(kind, op, writers) in KINDS {
        for (name, notation) in BASIC {
            let program = under(notation, op, *writers);
            let want = if excludes(op, *writers) { CYCLE } else { Silent };
            cases.extend(every_run(&format!("selftest/basic/{name}/{kind}"), &program, want));
        }
        let (two, one) = ("L(X) L(Y)", "L(X) L(X)");
        let name = |what: &str| format!("selftest/basic/AA_{what}/{kind}");
        let again = match (*op, *writers) {
            ("L(" | "W(", _) => SELF,
            ("r(", true) => READ_AGAIN,
            _ => Silent,
        };
        cases.extend(every_run(&name("one_class"), &under(two, op, *writers), Silent));
        cases.extend(every_run(&name("one_lock"), &under(one, op, *writers), again));
    }
    cases
}

/// Whether a cycle of such holds and requests can block.
fn excludes(op: &str, writers: bool) -> bool {
    matches!(op, "L(" | "W(") || op == "r(" && writers
}

/// The program with every lock taken by `op`, and a thread that writes each lock if asked for.
fn under(notation: &str, op: &str, writers: bool) -> String {
    let mut program = spelled_out(notation).replace("L(", op);
    if writers {
        let locks: BTreeSet<char> =
            notation.chars().filter(|c| c.is_ascii_uppercase() && *c != 'L').collect();
        for lock in locks {
            program.push_str(&format!(" -> W({lock})"));
        }
    }
    program
}

/// Readers and writers mixed; `rd` becomes a recursive or a queueing read.
const MIXED: &[(&str, &str, Want, Want)] = &[
    ("AA1", "rd(X) rd(X)", Silent, Silent),
    ("AA1_writer", "rd(X) rd(X) -> W(X)", Silent, READ_AGAIN),
    ("AA1B", "rd(X) rd(Y)", Silent, Silent),
    ("AA1B_writers", "rd(X) rd(Y) -> W(X) -> W(Y)", Silent, Silent),
    ("AA2_one_class", "rd(X) W(Y)", Silent, Silent),
    ("AA2_one_lock", "rd(X) W(X)", UPGRADE, UPGRADE),
    ("AA3_one_class", "W(X) rd(Y)", Silent, Silent),
    ("AA3_one_lock", "W(X) rd(X)", SELF, SELF),
    ("ABBA1", "rd(X) L(Y) -> L(Y) W(X)", CYCLE, CYCLE),
    ("ABBA2", "rd(X) L(Y) -> L(Y) rd(X)", Silent, Silent),
    ("ABBA2_writer", "rd(X) L(Y) -> L(Y) rd(X) -> W(X)", Silent, CYCLE),
    ("ABBA3", "W(X) L(Y) -> L(Y) W(X)", CYCLE, CYCLE),
    ("chaincache_ABBA1", "rd(X) L(Y) -> L(Y) rd(X) -> L(Y) W(X)", CYCLE, CYCLE),
    ("chaincache_one_thread", "rd(X) L(Y) -> L(Y) rd(X) U(X) W(X)", CYCLE, CYCLE),
];

fn mixed() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, notation, recursive, queueing) in MIXED {
        for (kind, op, want) in [("recursive", "R(", recursive), ("queueing", "r(", queueing)] {
            let program = notation.replace("rd(", op);
            cases.extend(every_run(&format!("selftest/mixed/{name}/{kind}"), &program, *want));
        }
    }
    cases
}

/// A triple: its name, its three threads, whether it can deadlock with recursive readers, and
/// whether with queueing readers but without further writers.
struct Triple(&'static str, [&'static str; 3], bool, bool);

const TRIPLES: &[Triple] = &[
    Triple("W1R2_W2R3_W3R1", ["W(X) rd(Y)", "W(Y) rd(Z)", "W(Z) rd(X)"], true, true),
    Triple("W1W2_R2R3_W3R1", ["W(X) W(Y)", "rd(Y) rd(Z)", "W(Z) rd(X)"], true, true),
    Triple("W1W2_R2R3_R3W1", ["W(X) W(Y)", "rd(Y) rd(Z)", "rd(Z) W(X)"], false, false),
    Triple("W1R2_R2R3_W3W1", ["W(X) rd(Y)", "rd(Y) rd(Z)", "W(Z) W(X)"], false, false),
];

const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

/// Each order is run in one direction only, as the reverse of an order is another order.
fn triples() -> Vec<Case> {
    let mut cases = Vec::new();
    for Triple(name, threads, recursive, queueing) in TRIPLES {
        for order in ORDERS {
            let program = order.map(|at| threads[at]).join(" >> ");
            let written = format!("{program} >> W(X) >> W(Y) >> W(Z)");
            let digits: String = order.iter().map(|at| (at + 1).to_string()).collect();
            let mut add = |kind: &str, op: &str, program: &str, deadlocks: bool| {
                let name = format!("selftest/triple/{name}/{kind}/{digits}");
                let want = if deadlocks { CYCLE } else { Silent };
                cases.extend(every_run(&name, &program.replace("rd(", op), want));
            };
            add("recursive", "R(", &program, *recursive);
            add("queueing", "r(", &program, *queueing);
            add("queueing_and_writers", "r(", &written, true);
        }
    }
    cases
}
