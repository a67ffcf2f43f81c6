//! Every way to take a held lock again, and every pair of ways in which two threads cross: what
//! blocks for ever and what does not, derived from the modes by hand.

use super::{Row, written};
use crate::expect::{CYCLE, Case, RECURSION, SELF, UPGRADE, Want};
use Want::{Actual, Silent};

use lockgraph::finding::Kind;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = written("again", AGAIN);
    cases.extend(written("crossed", CROSSED));
    cases
}

const UPGRADE_OR_SELF: Want = Actual(&[Kind::LockUpgrade, Kind::SelfDeadlock]);

/// One thread takes a lock that it has, on a lock that also offers upgradable and recursive reads.
const AGAIN: &[Row] = &[
    Row("write_write", "@A:wide W(A) W(A)", SELF, ""),
    Row("write_read", "@A:wide W(A) r(A)", SELF, ""),
    Row("write_recursive", "W(A) R(A)", SELF, "a write stops every reader"),
    Row("write_upgradable", "W(A) u(A)", SELF, ""),
    Row("read_write", "@A:wide r(A) W(A)", UPGRADE, ""),
    Row("recursive_write", "R(A) W(A)", UPGRADE, ""),
    Row("upgradable_write", "u(A) W(A)", UPGRADE_OR_SELF, "it has to be `upgrade`"),
    Row("upgradable_upgradable", "u(A) u(A)", SELF, ""),
    Row("read_read", "@A:wide r(A) r(A)", Silent, ""),
    Row("read_upgradable", "r(A) u(A)", Silent, ""),
    Row("upgradable_read", "u(A) r(A)", Silent, ""),
    Row("recursive_recursive", "R(A) R(A)", Silent, ""),
    Row("reentrant", "@A:reentrant L(A) L(A) U(A) U(A)", Silent, ""),
    Row("try_of_own", "L(A) T(A)", Silent, "it fails, and the thread goes on"),
    Row("try_write_of_own_read", "r(A) TW(A)", Silent, ""),
    Row("read_read_behind_writer", "@A:wide r(A) bar settle r(A) || bar W(A)", RECURSION, ""),
    Row("recursive_read_behind_writer", "R(A) bar settle r(A) || bar W(A)", RECURSION, ""),
    Row("read_recursive_behind_writer", "r(A) bar settle R(A) || bar W(A)", Silent, ""),
    Row(
        "upgradable_read_behind_writer",
        "u(A) bar settle r(A) || bar W(A)",
        Silent,
        "the writer queues behind the upgradable read, where it does not yet stop readers",
    ),
];

/// Two threads, two locks, taken crosswise.
const CROSSED: &[Row] = &[
    Row("ww_ww", "W(A) W(B) -> W(B) W(A)", CYCLE, ""),
    Row("rw_rw", "r(A) W(B) -> r(B) W(A)", CYCLE, ""),
    Row("wr_wr", "W(A) r(B) -> W(B) r(A)", CYCLE, ""),
    Row("ww_rr", "W(A) W(B) -> r(B) r(A)", CYCLE, "a writer and a reader exclude each other"),
    Row("wr_rw", "W(A) r(B) -> r(B) W(A)", Silent, "both only read B"),
    Row("wr_rw_writer", "W(A) r(B) -> r(B) W(A) -> W(B)", CYCLE, ""),
    Row("rr_ww_recursive", "R(A) R(B) -> W(B) W(A)", CYCLE, ""),
    Row("rr_rr_one_writes_after", "R(A) R(B) -> R(B) R(A) -> W(A) W(B)", CYCLE, "T2 and T3 cross"),
    Row("uu_rw", "u(A) W(B) -> r(B) W(A)", CYCLE, ""),
    Row("ur_ru", "u(A) r(B) -> u(B) r(A)", Silent, "an upgradable read lets readers in"),
    Row("mutex_and_rwlock", "L(M) W(R) -> r(R) L(M)", CYCLE, ""),
    Row("reentrant_and_mutex", "@A:reentrant L(A) L(M) -> L(M) L(A)", CYCLE, ""),
];
