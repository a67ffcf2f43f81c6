//! Small traces whose answers are known by hand: each needs one rule.

use lockgraph::event::Event;
use lockgraph::trace;

use crate::analysis;
use crate::oracle::{self, Explorer};
use crate::schedule;

/// A trace, with the number of its patterns, of those with a schedule that keeps what was read,
/// and of those with any schedule.
struct Known {
    name: &'static str,
    /// Lines of STD, shortened: `1 acq(L2)` for `T1|acq(L2)`, several of one thread after one
    /// number, threads apart by `;`.
    text: &'static str,
    counts: [usize; 3],
}

const fn known(name: &'static str, counts: [usize; 3], text: &'static str) -> Known {
    Known { name, text, counts }
}

/// `1 a b; 2 c` as `T1|a`, `T1|b`, `T2|c`. Locks are `+L1`, taken, and `-L1`, given back.
pub(crate) fn events(text: &str) -> Vec<Event> {
    let mut lines = String::new();
    for turn in text.split(';') {
        let mut words = turn.split_whitespace();
        let thread = words.next().expect("a thread");
        for word in words {
            let op = match word.split_at(1) {
                ("+", lock) => format!("acq({lock})"),
                ("-", lock) => format!("rel({lock})"),
                _ => word.to_string(),
            };
            lines.push_str(&format!("T{thread}|{op}|?\n"));
        }
    }
    let trace = trace::read_bytes("known", lines.as_bytes()).expect("it is STD");
    trace.events
}

const ALL: &[Known] = &[
    known("two orders", [1, 1, 1], "1 +L1 +L2 -L2 -L1; 2 +L2 +L1 -L1 -L2"),
    known("one order", [0, 0, 0], "1 +L1 +L2 -L2 -L1; 2 +L1 +L2 -L2 -L1"),
    known("one thread", [0, 0, 0], "1 +L1 +L2 -L2 -L1 +L2 +L1 -L1 -L2"),
    known("a gate", [0, 0, 0], "1 +L3 +L1 +L2 -L2 -L1 -L3; 2 +L3 +L2 +L1 -L1 -L2 -L3"),
    known(
        "a gate of readers",
        [1, 1, 1],
        "1 rracq(L3) +L1 +L2 -L2 -L1 -L3; 2 rracq(L3) +L2 +L1 -L1 -L2 -L3",
    ),
    known(
        "a gate of readers, at other times of a writer",
        [1, 1, 1],
        "1 +L3 +L1 +L2 -L2 -L1 -L3; 2 rracq(L3) +L2 +L1 -L1 -L2 -L3; \
         1 rracq(L3) +L1 +L2 -L2 -L1 -L3",
    ),
    known("tried", [0, 0, 0], "1 +L1 try(L2) -L2 -L1; 2 +L2 +L1 -L1 -L2"),
    known("timed", [0, 0, 0], "1 +L1 timed(L2) -L2 -L1; 2 +L2 +L1 -L1 -L2"),
    known(
        "asked for, and refused",
        [0, 0, 0],
        "1 +L1 req(L2) timedfail(L2) -L1; 2 +L2 +L1 -L1 -L2",
    ),
    known(
        "asked for, and taken in time",
        [0, 0, 0],
        "1 +L1 req(L2) timed(L2) -L2 -L1; 2 +L2 +L1 -L1 -L2",
    ),
    known("tried outside", [1, 1, 1], "1 try(L1) +L2 -L2 -L1; 2 +L2 +L1 -L1 -L2"),
    known(
        "refused later, by who goes on",
        [1, 1, 1],
        "2 +L2 +L1 -L1; 1 +L1 +L3; 2 tryfail(L3) -L2; 1 -L3 +L2 -L2 -L1",
    ),
    known(
        "refused while the other one had both",
        [1, 0, 0],
        "1 +L1 +L2; 2 tryfail(L2); 1 -L2 -L1; 2 +L2 +L1 -L1 -L2",
    ),
    known(
        "refused beside a reader, who was not in the way",
        [1, 1, 1],
        "3 uacq(L3); 1 +L1 +L2 -L2 -L1 racq(L3); 2 utryfail(L3) +L2 +L1 -L1 -L2",
    ),
    known("data before", [1, 0, 1], "1 +L1 +L2 -L2 -L1 w(V1); 2 r(V1) +L2 +L1 -L1 -L2"),
    known("data under a lock", [1, 1, 1], "1 w(V1) +L1 +L2 -L2 -L1; 2 +L2 r(V1) +L1 -L1 -L2"),
    known(
        "read before it was written",
        [1, 1, 1],
        "2 r(V1) +L2 +L1 -L1 -L2; 1 w(V1) +L1 +L2 -L2 -L1",
    ),
    known(
        "read before it is given back",
        [1, 0, 1],
        "1 +L1 +L2 -L2 -L1 w(V1); 3 +L3 tell(O1) r(V1) -L3; 2 hear(O1) +L3 -L3 +L2 +L1 -L1 -L2",
    ),
    known(
        "read before an upgrade",
        [1, 0, 1],
        "2 racq(L1) +L2 -L2 -L1 w(V1); 1 uacq(L1) +L2 r(V1) +L1 -L1 -L2 -L1",
    ),
    known(
        "read before the end",
        [1, 0, 1],
        "1 +L1 +L2 -L2 -L1 w(V1); 3 r(V1); 2 join(T3) +L2 +L1 -L1 -L2",
    ),
    known(
        "read before it is told",
        [1, 0, 1],
        "1 +L1 +L2 -L2 -L1 w(V1); 3 r(V1) tell(O1); 2 hear(O1) +L2 +L1 -L1 -L2",
    ),
    known("begun later", [1, 0, 0], "1 +L1 +L2 -L2 -L1 fork(T2); 2 +L2 +L1 -L1 -L2"),
    known("begun under a lock", [1, 1, 1], "1 +L1 fork(T2) +L2 -L2 -L1; 2 +L2 +L1 -L1 -L2"),
    known("joined before", [1, 0, 0], "1 +L1 +L2 -L2 -L1; 2 join(T1) +L2 +L1 -L1 -L2"),
    known(
        "joined twice",
        [1, 1, 1],
        "3 +L3 -L3; 2 join(T3) join(T3) +L2 +L1 -L1 -L2; 1 +L1 +L2 -L2 -L1",
    ),
    known("joined under what it needs", [1, 1, 1], "1 +L1 -L1; 2 +L1 join(T1) -L1"),
    known("both stuck", [1, 1, 1], "1 +L1; 2 +L2; 1 req(L2); 2 req(L1)"),
    known("read again", [1, 1, 1], "1 racq(L1) racq(L1) -L1 -L1; 2 +L1 -L1"),
    known("read again, recursive", [0, 0, 0], "1 racq(L1) rracq(L1) -L1 -L1; 2 +L1 -L1"),
    known("readers", [0, 0, 0], "1 racq(L1) racq(L2) -L2 -L1; 2 racq(L2) racq(L1) -L1 -L2"),
    known(
        "readers and a writer",
        [1, 1, 1],
        "1 racq(L1) racq(L2) -L2 -L1; 2 racq(L2) +L1 -L1 -L2; 3 +L2 -L2",
    ),
    known("upgradable", [1, 1, 1], "1 uacq(L1) uacq(L2) -L2 -L1; 2 uacq(L2) uacq(L1) -L1 -L2"),
    known(
        "two who want the same, and one of them behind the other in the queue",
        [2, 2, 2],
        "1 +L3 +L1 -L1 -L3; 2 racq(L1) +L2 -L2 -L1; 3 +L2 uacq(L1) -L1 -L2; \
         4 uacq(L1) +L3 -L3 -L1",
    ),
    known("taken again", [1, 1, 1], "1 +L1 +L1 +L2 -L2 -L1 -L1; 2 +L2 +L1 +L2 -L2 -L1 -L2"),
    known("sent", [1, 0, 0], "1 +L1 +L2 -L2 -L1 send(H1); 2 recv(H1) +L2 +L1 -L1 -L2"),
    known(
        "no room",
        [1, 0, 0],
        "1 channel(H1,1) send(H1) ; 2 +L2 +L1 -L1 -L2 recv(H1); 1 send(H1) +L1 +L2 -L2 -L1",
    ),
    known(
        "room for two",
        [1, 1, 1],
        "1 channel(H1,2) send(H1) ; 2 +L2 +L1 -L1 -L2 recv(H1); 1 send(H1) +L1 +L2 -L2 -L1",
    ),
    known(
        "hand to hand",
        [1, 0, 0],
        "1 channel(H1,0) send(H1) ; 2 +L2 +L1 -L1 -L2 recv(H1); 1 +L1 +L2 -L2 -L1",
    ),
    known(
        "hand to hand, and told late that it was taken",
        [1, 0, 0],
        "1 channel(H1,0) send(H1) ; 2 +L2 +L1 -L1 -L2; 1 +L1 +L2 -L2 -L1; 2 recv(H1)",
    ),
    known(
        "hand to hand, and told never that it was taken",
        [1, 0, 0],
        "1 channel(H1,0) send(H1) +L1 +L2 -L2 -L1; 2 +L2 +L1 -L1 -L2",
    ),
    known(
        "hand to hand, and told never, with many patterns",
        [5, 0, 0],
        "1 channel(H1,0) send(H1) +L1 +L2 -L2 -L1; 2 +L2 +L1 -L1 +L3 +L1 -L1 -L3 \
         +L4 +L1 -L1 -L4 +L5 +L1 -L1 -L5 +L6 +L1 -L1 -L6 -L2",
    ),
    known(
        "hand to hand, with room",
        [1, 1, 1],
        "1 channel(H1,1) send(H1) ; 2 +L2 +L1 -L1 -L2 recv(H1); 1 +L1 +L2 -L2 -L1",
    ),
    known(
        "in the order of sending",
        [1, 0, 0],
        "1 +L1 +L2 -L2 -L1 send(H1); 3 send(H1); 2 recv(H1) recv(H1) +L2 +L1 -L1 -L2",
    ),
    known(
        "in the order of receiving",
        [1, 0, 0],
        "3 send(H1) send(H1); 1 +L1 +L2 -L2 -L1 recv(H1); 2 recv(H1) +L2 +L1 -L1 -L2",
    ),
    known("told", [1, 0, 0], "1 +L1 +L2 -L2 -L1 tell(O1); 2 hear(O1) +L2 +L1 -L1 -L2"),
    known("told later", [1, 1, 1], "2 hear(O1); 1 +L1 +L2 -L2 -L1 tell(O1); 2 +L2 +L1"),
    known(
        "notified",
        [1, 0, 0],
        "2 wait(C1); 1 +L1 +L2 -L2 -L1 notify(C1); 2 woken(C1) +L2 +L1 -L1 -L2",
    ),
    known(
        "notified before it waited",
        [1, 1, 1],
        "1 +L1 +L2 -L2 -L1 notify(C1); 2 wait(C1) woken(C1) +L2 +L1 -L1 -L2",
    ),
    known(
        "notified before it waited, while another one did",
        [1, 1, 1],
        "3 wait(C1); 1 +L1 +L2 -L2 -L1 notify(C1); 2 wait(C1); 4 notify(C1); \
         2 woken(C1) +L2 +L1 -L1 -L2",
    ),
    known(
        "met",
        [1, 0, 0],
        "2 arrive(B1); 1 +L1 +L2 -L2 -L1 arrive(B1); 2 leave(B1) +L2 +L1 -L1 -L2",
    ),
    known(
        "a first step that is begun late",
        [1, 0, 1],
        "2 +L2 +L1 -L1 -L2 w(V1); 1 r(V1) fork(T4); 3 +L1; 4 +L2 -L2; 3 join(T4) -L1",
    ),
    known(
        "sections would have to be swapped",
        [1, 0, 0],
        "1 +L3 +L1 +L2 -L2 -L1 -L3; 2 +L3 -L3 +L2 +L1 -L1 -L2",
    ),
    known(
        "sections in their order",
        [1, 1, 1],
        "2 +L3 -L3 +L2 +L1 -L1 -L2; 1 +L3 +L1 +L2 -L2 -L1 -L3",
    ),
    known(
        "a section of another thread has to end",
        [1, 0, 0],
        "1 +L3 +L1 +L2 -L2 -L1; 3 +L4 -L4; 1 -L3; 3 +L3 -L3; 2 join(T3) +L2 +L1 -L1 -L2",
    ),
    known("three", [1, 1, 1], "1 +L1 +L2 -L2 -L1; 2 +L2 +L3 -L3 -L2; 3 +L3 +L1 -L1 -L3"),
    known(
        "an upgradable hold lets readers in",
        [0, 0, 0],
        "1 uacq(L1) +L2 -L2 -L1; 2 +L2 racq(L1) -L1 -L2",
    ),
    known(
        "an upgrade that waits for a reader who waits",
        [1, 1, 1],
        "1 uacq(L1) +L2; 2 racq(L1) req(L2); 1 req(L1)",
    ),
    known(
        "an upgraded hold keeps readers out",
        [1, 1, 1],
        "1 uacq(L1) try(L1) +L2 -L2 -L1; 2 +L2 rracq(L1) -L1 -L2",
    ),
    known(
        "before the upgrade it did not",
        [0, 0, 0],
        "1 uacq(L1) +L2 -L2 try(L1) -L1; 2 +L2 rracq(L1) -L1 -L2",
    ),
    known(
        "nor after a downgrade",
        [0, 0, 0],
        "1 +L1 rtry(L1) +L2 -L2 -L1; 2 +L2 rracq(L1) -L1 -L2",
    ),
];

/// Of which the oracle knows nothing: who writes and reads at once, and guards that are dropped by
/// another thread than took them.
const BEYOND: &[Known] = &[
    known(
        "a writer who reads, too",
        [1, 1, 1],
        "1 +L1 racq(L1) +L2 -L2 -L1 -L1; 2 +L2 +L1 -L1 -L2",
    ),
    known(
        "a gate that another thread gives back",
        [1, 1, 1],
        "1 +L3 +L1 +L2 -L2 -L1; 3 -L3; 2 +L3 +L2 +L1 -L1 -L2 -L3",
    ),
    known("a guard that was sent", [0, 0, 0], "1 +L1 +L2 -L2; 2 -L1 +L2 +L1 -L1 -L2"),
    known(
        "a guard that might have been sent is not in the way",
        [2, 1, 1],
        "1 +L3; 2 -L3; 1 +L3 +L1 +L2 -L2 -L1 -L3; 2 +L3 +L2 +L1 -L1 -L2 -L3; \
         4 +L1 +L2 -L2 -L1",
    ),
    known(
        "a section that another thread ends",
        [1, 1, 1],
        "1 +L3 +L1 +L2 -L2 -L1; 2 -L3; 3 +L3 -L3 +L2 +L1 -L1 -L2",
    ),
    known(
        "its own section, that another thread ends too late",
        [1, 0, 0],
        "1 +L3; 2 +L1 +L2 -L2 -L1 -L3; 1 +L3 -L3 +L2 +L1 -L1 -L2",
    ),
    known(
        "its own section, that another thread ends",
        [1, 1, 1],
        "1 +L3; 2 -L3 +L1 +L2 -L2 -L1; 1 +L3 -L3 +L2 +L1 -L1 -L2",
    ),
    known(
        "a section that another thread ends too late",
        [1, 0, 0],
        "1 +L3 +L1 +L2 -L2 -L1; 2 join(T1) -L3; 3 +L3 -L3 +L2 +L1 -L1 -L2",
    ),
];

#[test]
fn the_oracle_knows() {
    let mut explorer = Explorer::new();
    for Known { name, text, counts } in ALL {
        let answer = oracle::answer(&events(text), &mut explorer);
        let told = [&answer.patterns, &answer.witnessed, &answer.feasible].map(|set| set.len());
        assert_eq!(told, *counts, "{name}: {answer:#?}");
    }
}

#[test]
fn the_schedules_lead_there() {
    for Known { name, text, .. } in ALL {
        let events = events(text);
        let led = schedule::all_lead_there(&events, &analysis::found(&events));
        assert_eq!(led, Ok(()), "{name}");
    }
}

#[test]
fn the_analysis_knows() {
    let mut wrong = Vec::new();
    for Known { name, text, counts } in ALL.iter().chain(BEYOND) {
        let found = analysis::found(&events(text));
        let told = [&found.patterns, &found.witnessed, &found.feasible].map(|set| set.len());
        if told != *counts {
            wrong.push(format!("{name}: {told:?}, not {counts:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
