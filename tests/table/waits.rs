//! Waits for what another thread does: notifications, messages, room, arrivals, permits, events,
//! tokens, jobs. As many programs that get stuck as programs that look like it and do not.

use super::{Row, cases as every_run, ring_that_meets, written};
use crate::expect::{ANY, CYCLE, Case, DEADLOCK, ORPHAN, SELF, UPGRADE, Want};
use Want::{Actual, Silent};

use lockgraph::finding::Kind;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = written("waits", STUCK);
    cases.extend(written("waits/jvm", JVM));
    cases.extend(written("waits/postgres", POSTGRES));
    cases.extend(written("waits/d", RIVALS));
    cases.extend(every_run("waits/postgres/hard", &ring_that_meets(8), DEADLOCK));
    cases.extend(every_run("waits/cpython/deadlock", &ring_that_meets(10), DEADLOCK));
    cases.extend(negatives());
    cases
}

/// As many programs must be silent as must not.
pub(super) fn is_balanced() -> Result<(), String> {
    let silent = cases().iter().filter(|case| case.want == Silent).count();
    let others = cases().len() - silent;
    let text = format!("{others} programs get stuck or could, {silent} do not");
    println!("{text}");
    if silent >= others { Ok(()) } else { Err(text) }
}

/// Programs that end, whoever runs when.
pub(super) fn negatives() -> Vec<Case> {
    let mut cases = written("waits/ends", ENDS);
    cases.extend(written("waits/ordered", ORDERED));
    // A ring of ten in which one thread is missing.
    let ring = ring_that_meets(10);
    let (nine, _) = ring.rsplit_once("||").expect("there are ten threads");
    cases.extend(every_run("waits/cpython/no_deadlock", nine, Silent));
    cases
}

/// Nobody is left to do what is waited for.
const NEVER: Want = Actual(&[Kind::NeverWoken]);
/// Either of the two: who could have done it is not known for certain.
const EITHER: Want = Actual(&[Kind::Deadlock, Kind::NeverWoken]);

const STUCK: &[Row] = &[
    Row("P09_nested_monitor", "L(A) L(B) bar cw(c,B) || bar settle L(A) L(B) sg(c)", EITHER, ""),
    Row(
        "P11_sem_abba",
        "@s:sem(1) @t:sem(1) P(s) P(t) V(t) V(s) -> P(t) P(s) V(s) V(t)",
        CYCLE,
        "",
    ),
    Row("P11_sem_abba_real_hang", "@s:sem(1) @t:sem(1) P(s) bar P(t) || P(t) bar P(s)", EITHER, ""),
    Row(
        "P13_barrier_under_lock",
        "@b:barrier(2) L(A) meet(b) U(A) || L(A) meet(b) U(A)",
        EITHER,
        "",
    ),
    Row(
        "P13_barrier_under_write",
        "@b:barrier(2) W(A) meet(b) U(A) || r(A) meet(b) U(A)",
        EITHER,
        "",
    ),
    Row("barrier_too_few", "@b:barrier(3) meet(b) || meet(b)", NEVER, ""),
    Row("barrier_twice_and_once", "@b:barrier(2) meet(b) meet(b) || meet(b)", NEVER, ""),
    Row("notified_too_early", "sg(c) bar || bar L(m) cw(c,m)", NEVER, "the notification is lost"),
    Row(
        "notified_once_for_two",
        "L(m) cw(c,m) || L(m) cw(c,m) || settle L(m) sg(c) U(m)",
        NEVER,
        "",
    ),
    Row("notifier_waits_too", "L(m) cw(c,m) U(m) sg(d) || L(m) cw(d,m) U(m) sg(c)", EITHER, ""),
    Row("join_of_waiter", "S(T2) J(T2) || L(m) cw(c,m)", NEVER, ""),
    Row("send_under_lock", "@c:chan(1) L(A) send(c) bar send(c) || bar L(A) recv(c)", EITHER, ""),
    Row("meeting_under_lock", "@c:chan(0) L(A) bar send(c) || bar L(A) recv(c)", EITHER, ""),
    Row("channels_crossed", "@c:chan(0) @d:chan(0) send(c) recv(d) || send(d) recv(c)", EITHER, ""),
    Row(
        "both_receive_first",
        "@c:chan(1) @d:chan(1) recv(d) send(c) || recv(c) send(d)",
        EITHER,
        "",
    ),
    Row("sends_to_itself", "@c:chan(1) send(c) send(c) recv(c) recv(c)", EITHER, ""),
    Row("nobody_closes", "@c:chan(inf) send(c) || recv(c) recv(c)", NEVER, "the sender lives on"),
    Row("choice_of_none", "@c:chan(0) @d:chan(0) sel(recv(c)|recv(d)) || recv(c)", NEVER, ""),
    Row("permits_short", "@s:sem(2) P(s,2) bar J(T2) || bar P(s) V(s)", EITHER, ""),
    Row("permits_kept", "@s:sem(1) S(T2) J(T2) P(s) || P(s)", EITHER, "the other ended with it"),
    Row("permit_and_lock", "@s:sem(1) P(s) bar L(A) || L(A) bar P(s)", EITHER, ""),
    Row("two_take_half_each", "@s:sem(2) P(s) bar P(s) || P(s) bar P(s)", EITHER, ""),
    Row("event_never_set", "await_event(e) || raise(f)", NEVER, ""),
    Row("event_cleared_before", "raise(e) lower(e) bar || bar await_event(e)", NEVER, ""),
    Row("parked_under_lock", "L(A) bar park || bar L(A) unpark(T1)", EITHER, ""),
    Row("token_used_up", "bar park park || unpark(T1) bar", NEVER, "two unparks would leave one"),
    Row("group_one_short", "@w:wg(2) wg_wait(w) || wg_done(w)", NEVER, ""),
    Row("job_needs_my_lock", "@Q:pool(1) L(A) submit(Q,T2) get(T2) || L(A)", EITHER, ""),
];

/// What a Java virtual machine was measured on, which found four of twelve.
const JVM: &[Row] = &[
    Row("01_monitor", "L(A) bar L(B) || L(B) bar L(A)", DEADLOCK, ""),
    Row("02_reentrant", "@A:reentrant @B:reentrant L(A) bar L(B) || L(B) bar L(A)", DEADLOCK, ""),
    Row("03_mixed", "@A:reentrant L(A) bar L(B) || L(B) bar L(A)", DEADLOCK, ""),
    Row("04_rw_write", "W(A) bar W(B) || W(B) bar W(A)", DEADLOCK, ""),
    Row("05_rw_readheld", "r(A) bar W(B) || r(B) bar W(A)", DEADLOCK, ""),
    Row("06_rw_upgrade", "r(A) W(A)", UPGRADE, ""),
    Row("07_semaphore", "@s:sem(1) @t:sem(1) P(s) bar P(t) || P(t) bar P(s)", EITHER, ""),
    Row("08_join_under_lock", "L(A) S(T2) J(T2) || L(A)", DEADLOCK, ""),
    Row("09_latch", "@l:wg(1) L(A) bar wg_wait(l) || bar L(A) wg_done(l)", EITHER, ""),
    Row("09_latch_by_event", "L(A) bar await_event(e) || bar L(A) raise(e)", EITHER, ""),
    Row("10_stamped", "W(A) W(A)", SELF, ""),
    Row("11_orphan", "S(T2) J(T2) L(A) || L(A) F(A)", ORPHAN, ""),
    Row("12_pool", "@Q:pool(1) @T1@Q submit(Q,T2) get(T2) || return", EITHER, ""),
];

/// A database's cases of queues that can be jumped or not. Its groups of threads that count as one
/// have no like here.
const POSTGRES: &[Row] = &[
    Row("simple", "r(A) bar W(A) || r(A) bar W(A)", UPGRADE, ""),
    Row(
        "soft",
        "r(A) bar settle r(B) || r(B) bar settle r(A) || bar W(A) || bar W(B)",
        Actual(ANY),
        "these locks are fair: no reader jumps the queue",
    ),
    Row(
        "soft_jumped",
        "R(A) bar settle R(B) || R(B) bar settle R(A) || bar W(A) || bar W(B)",
        Silent,
        "readers that may jump do",
    ),
    Row(
        "soft_2",
        "r(A) bar settle r(B) || r(B) bar settle r(A) || bar W(A) || bar W(A) || bar W(B)",
        Actual(ANY),
        "two writers in a queue",
    ),
];

/// Of the programs that really hang, those that every other Rust detector is silent on. The last,
/// a circle over a lock that nobody tracks, is the scenario `one_raw_lock`.
const RIVALS: &[Row] = &[
    Row("21_condvar_outer_lock", "L(A) L(m) bar cw(c,m) || bar settle L(A) sg(c)", EITHER, ""),
    Row("22_lost_wakeup", "L(m) sg(c) U(m) bar || bar L(m) cw(c,m)", NEVER, ""),
    Row("23_join", "L(A) S(T2) J(T2) || L(A)", DEADLOCK, ""),
    Row("24_channel", "@c:chan(1) L(A) bar recv(c) || bar L(A) send(c)", EITHER, ""),
    Row("25_once", "once(O) bar L(A) end(O) || L(A) bar once(O) end(O)", DEADLOCK, ""),
    Row("26_leaked_guard", "S(T2) J(T2) L(A) || L(A) F(A)", ORPHAN, ""),
];

const ENDS: &[Row] = &[
    Row("condvar", "L(m) wait_until(c,m,f) U(m) || L(m) set(f) sg(c) U(m)", Silent, ""),
    Row("condvar_late", "L(m) cw(c,m) U(m) || settle settle L(m) sg(c) U(m)", Silent, ""),
    Row(
        "condvar_all",
        "L(m) cw(c,m) U(m) || L(m) cw(c,m) U(m) || settle notify_all(c)",
        Silent,
        "",
    ),
    Row("condvar_timed", "L(m) loop(3){ wait_to(c,m) } U(m)", Silent, ""),
    Row(
        "condvar_timed_under_lock",
        "L(A) L(m) bar wait_to(c,m) U(m) U(A) || bar L(A) L(m) sg(c) U(m) U(A)",
        Silent,
        "as P09, but the wait ends by itself",
    ),
    Row(
        "condvar_under_other_lock",
        "L(A) L(m) bar cw(c,m) || bar settle L(m) sg(c) U(m)",
        Silent,
        "",
    ),
    Row(
        "bounded_queue",
        "@room:flag(1) loop(200){ L(m) wait_until(p,m,room) clear(room) set(full) sg(q) U(m) } || \
         loop(200){ L(m) wait_until(q,m,full) clear(full) set(room) sg(p) U(m) }",
        Silent,
        "",
    ),
    Row(
        "sentinel",
        "@c:chan(2) loop(1000){ send(c) } send(c) || loop(1001){ recv(c) }",
        Silent,
        "",
    ),
    Row("closed", "@c:chan(inf) loop(99){ send(c) } close(c) || loop(100){ recv(c) }", Silent, ""),
    Row("closed_while_waiting", "@c:chan(0) settle close(c) || recv(c)", Silent, ""),
    Row(
        "at_capacity",
        "@c:chan(1) loop(500){ L(A) U(A) send(c) } || loop(500){ recv(c) L(A) U(A) }",
        Silent,
        "",
    ),
    Row(
        "sends_under_lock",
        "@c:chan(1) loop(200){ L(A) send(c) U(A) } || loop(200){ recv(c) }",
        Silent,
        "",
    ),
    Row(
        "ping_pong",
        "@c:chan(0) @d:chan(0) loop(200){ send(c) recv(d) } || loop(200){ recv(c) send(d) }",
        Silent,
        "",
    ),
    Row(
        "receiver_in_a_mutex",
        "@c:chan(1) loop(200){ send(c) } || loop(100){ L(R) recv(c) U(R) } || \
         loop(100){ L(R) recv(c) U(R) }",
        Silent,
        "the lock is there to be held while receiving",
    ),
    Row("times_out", "@c:chan(0) L(A) bar recv_to(c) || bar L(A) try_send(c)", Silent, ""),
    Row("chooses_the_other", "@c:chan(0) @d:chan(1) sel(recv(c)|recv(d)) || send(d)", Silent, ""),
    Row("chooses_neither", "@c:chan(0) @d:chan(0) sel(recv(c)|recv(d)|default)", Silent, ""),
    Row(
        "barrier_again",
        "@b:barrier(2) loop(200){ L(A) U(A) meet(b) } || loop(200){ L(A) U(A) meet(b) }",
        Silent,
        "",
    ),
    Row(
        "barrier_under_own_locks",
        "@b:barrier(2) L(A) meet(b) U(A) || L(B) meet(b) U(B)",
        Silent,
        "",
    ),
    Row(
        "permits",
        "@s:sem(2) loop(200){ P(s) L(A) U(A) V(s) } || loop(200){ P(s) L(A) U(A) V(s) } || \
         loop(200){ P(s,2) V(s,2) }",
        Silent,
        "",
    ),
    Row("permits_from_others", "@s:sem(0) loop(200){ P(s) } || loop(200){ V(s) }", Silent, ""),
    Row(
        "permits_reversed_by_try",
        "@s:sem(1) @t:sem(1) P(s) bar sem_try(t) || P(t) bar sem_try(s)",
        Silent,
        "",
    ),
    Row("event", "await_event(e) || await_event(e) || settle raise(e)", Silent, ""),
    Row("event_set_before", "raise(e) bar || bar await_event(e)", Silent, ""),
    Row("parked", "park || settle unpark(T1)", Silent, ""),
    Row("token_before", "bar settle park || unpark(T1) bar", Silent, ""),
    Row("group", "@w:wg(2) wg_wait(w) || wg_done(w) || settle wg_done(w)", Silent, ""),
    Row(
        "jobs",
        "@Q:pool(2) submit(Q,T2) submit(Q,T3) get(T3) get(T2) || L(A) U(A) || L(A) U(A)",
        Silent,
        "",
    ),
    Row(
        "job_of_a_job",
        "@Q:pool(2) @T1@Q submit(Q,T2) get(T2) || return",
        Silent,
        "two workers do",
    ),
    Row(
        "job_taken_back",
        "@Q:pool(1) @T1@Q submit(Q,T2) get(T2){ steal(T2) } || return",
        Silent,
        "",
    ),
    Row("workers_idle_at_the_end", "@Q:pool(4) @T2@Q L(A) U(A) || L(A) U(A)", Silent, ""),
    Row("daemon_left_waiting", "@c:chan(1) loop(inf){ recv(c) } || send(c)", Silent, ""),
    Row("once_waited_for", "once(O) bar settle end(O) || bar once(O) end(O)", Silent, ""),
    Row(
        "permits_in_order",
        "@s:sem(1) @t:sem(1) P(s) P(t) V(t) V(s) || P(s) P(t) V(t) V(s)",
        Silent,
        "",
    ),
    Row("permits_all_at_once", "@s:sem(2) P(s,2) V(s,2) || P(s,2) V(s,2)", Silent, ""),
    Row("both_send_first", "@c:chan(1) @d:chan(1) send(c) recv(d) || send(d) recv(c)", Silent, ""),
    Row(
        "group_done_before_the_lock",
        "@l:wg(1) bar L(A) wg_wait(l) || wg_done(l) bar L(A)",
        Silent,
        "",
    ),
    Row(
        "outer_lock_given_back",
        "L(A) U(A) L(m) wait_until(c,m,f) U(m) || L(A) L(m) set(f) sg(c) U(m) U(A)",
        Silent,
        "",
    ),
    Row("meets_before_the_lock", "@c:chan(0) send(c) L(A) U(A) || L(A) U(A) recv(c)", Silent, ""),
    Row("permit_then_lock", "@s:sem(1) P(s) L(A) U(A) V(s) || P(s) L(A) U(A) V(s)", Silent, ""),
    Row("parked_without_the_lock", "L(A) U(A) park || L(A) unpark(T1)", Silent, ""),
    Row("joined_late", "S(T2) J(T2) || settle L(A) U(A)", Silent, ""),
];

/// Opposite orders that a signal keeps apart.
const ORDERED: &[Row] = &[
    Row("by_message", "@c:chan(1) AB send(c) >> recv(c) BA", Silent, ""),
    Row("by_meeting", "@c:chan(0) AB send(c) >> recv(c) BA", Silent, ""),
    Row("by_close", "@c:chan(1) AB close(c) >> recv(c) BA", Silent, ""),
    Row("by_permit", "@s:sem(0) AB V(s) >> P(s) BA", Silent, ""),
    Row("by_event", "AB raise(e) >> await_event(e) BA", Silent, ""),
    Row("by_barrier", "@b:barrier(2) AB meet(b) || meet(b) BA", Silent, ""),
    Row("by_token", "AB unpark(T2) >> park BA", Silent, ""),
    Row(
        "by_condvar",
        "L(m) wait_until(c,m,f) U(m) BA || settle AB L(m) set(f) sg(c) U(m)",
        Silent,
        "",
    ),
    Row(
        "by_lock_step",
        "@mine:flag(1) loop(5){ L(m) wait_until(c,m,mine) clear(mine) U(m) AB settle L(m) \
         set(yours) sg(d) U(m) } || loop(5){ L(m) wait_until(d,m,yours) clear(yours) U(m) BA \
         settle L(m) set(mine) sg(c) U(m) }",
        Silent,
        "two threads that step each other; who comes too late to wait is not ordered, so all wait",
    ),
    Row("by_once", "once(O) AB end(O) >> once(O) end(O) BA", Silent, ""),
];
