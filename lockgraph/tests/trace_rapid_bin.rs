//! The eleven real traces: what their README counts is what is read.

use std::collections::HashSet;
use std::path::PathBuf;

use lockgraph::event::Op;
use lockgraph::id::LockKind;
use lockgraph::trace::{self, ErrorKind, Position, Source, Trace};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fixtures/traces").join(name)
}

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(fixture(name)).expect("the fixtures are there")
}

fn word(thread: u64, op: u64, operand: u64) -> [u8; 8] {
    (thread | op << 10 | operand << 14).to_be_bytes()
}

fn count(trace: &Trace, is: impl Fn(Op) -> bool) -> usize {
    trace.events.iter().filter(|event| is(event.op)).count()
}

/// File, events, threads, locks, variables, acquisitions, requests, problems.
const COUNTS: [(&str, [usize; 7]); 11] = [
    ("Deadlock.data", [39, 3, 2, 3, 4, 4, 0]),
    ("Bensalem_dlf.data", [56, 7, 6, 3, 13, 13, 0]),
    ("Bensalem.data", [68, 4, 4, 4, 12, 10, 0]),
    ("Transfer.data", [72, 3, 3, 10, 8, 4, 0]),
    ("StringBuffer.data", [74, 3, 3, 13, 7, 9, 0]),
    ("DiningPhil.data", [277, 6, 5, 20, 50, 50, 0]),
    ("Account.data", [706, 6, 6, 46, 72, 62, 0]),
    ("Dbcp1.data", [2160, 3, 4, 767, 28, 28, 0]),
    ("Dbcp2.data", [2484, 3, 9, 591, 38, 38, 0]),
    ("cache4j_dlf.data", [81_444, 3, 3074, 2118, 24_737, 24_737, 1]),
    ("jigsaw.data", [143_021, 21, 1663, 7804, 33_539, 33_539, 9]),
];

#[test]
fn the_counts_are_those_of_the_readme() {
    for (name, expected) in COUNTS {
        let trace = trace::read(&fixture(name)).unwrap();
        let variables_read: HashSet<u64> = trace
            .events
            .iter()
            .filter_map(|event| match event.op {
                Op::Read(variable) | Op::Write(variable) => Some(variable),
                _ => None,
            })
            .collect();
        let read = [
            trace.events.len(),
            trace.threads.len(),
            trace.locks.len(),
            variables_read.len(),
            count(&trace, |op| matches!(op, Op::Acquire(..))),
            count(&trace, |op| matches!(op, Op::Request(..))),
            trace.problems.len(),
        ];
        assert_eq!(read, expected, "{name}: {:?}", trace.problems);
        let Source::RapidBin(counts) = trace.source else { panic!("{name}: {:?}", trace.source) };
        assert_eq!(counts.events, expected[0] as i64, "{name}");
        assert!(trace.locks.values().all(|lock| lock.kind == LockKind::Reentrant), "{name}");
    }
}

#[test]
fn a_real_trace_survives_the_way_through_std() {
    for (name, ..) in COUNTS {
        let trace = trace::read(&fixture(name)).unwrap();
        let mut text = Vec::new();
        trace::write_std(&mut text, &trace).unwrap();
        let again = trace::read_bytes(name, &text).unwrap();
        assert_eq!(again.source, Source::Std);
        for (number, (one, other)) in trace.events.iter().zip(&again.events).enumerate() {
            assert_eq!((one.thread, one.op), (other.thread, other.op), "{name}: event {number}");
            assert_eq!(trace.place(one.site), again.place(other.site), "{name}: event {number}");
        }
        assert_eq!(trace.events.len(), again.events.len(), "{name}");
    }
}

#[test]
fn a_cut_off_file_gives_what_is_left_and_says_so() {
    let whole = bytes("Account.data");
    for (keep, events) in [(whole.len() - 1, 705), (18 + 8 * 10, 10), (18 + 3, 0)] {
        let trace = trace::read_bytes("cut", &whole[..keep]).unwrap();
        assert_eq!(trace.events.len(), events);
        let problem = &trace.problems[0];
        assert_eq!(problem.offset, Position::Byte(keep as u64));
        assert!(problem.what.contains("706 events"), "{problem}");
    }
}

#[test]
fn counts_in_the_header_are_not_believed() {
    let mut bytes = bytes("Deadlock.data");
    bytes[2..6].copy_from_slice(&i32::MAX.to_be_bytes());
    bytes[10..18].copy_from_slice(&i64::MAX.to_be_bytes());
    let trace = trace::read_bytes("large", &bytes).unwrap();
    assert_eq!((trace.events.len(), trace.locks.len()), (39, 2));
    assert_eq!(trace.problems.len(), 1, "{:?}", trace.problems);
}

#[test]
fn senseless_words_and_numbers_are_told_with_their_place() {
    let mut bytes = vec![0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 20];
    let acquisitions = [word(0, 0, 0); 16];
    bytes.extend(acquisitions.as_flattened());
    bytes.extend(word(0, 12, 0));
    bytes.extend(word(900, 0, 1));
    bytes.extend(word(0, 0, 1 << 33));
    bytes.extend(word(1, 1, 0));
    let trace = trace::read_bytes("odd", &bytes).unwrap();
    let told: Vec<String> = trace.problems.iter().map(ToString::to_string).collect();
    let expected = [
        "byte 146: this word is no event",
        "event 17: thread 900 is out of range",
        "event 18: lock 8589934592 is out of range",
        "event 19: thread 1 gives back lock 0, which it does not hold",
    ];
    for (told, expected) in told.iter().zip(&expected) {
        assert!(told.starts_with(expected), "{told} / {expected}");
    }
    assert_eq!(told.len(), expected.len(), "{told:?}");
}

/// A trace of two threads, two locks and two variables.
fn small(words: &[[u8; 8]]) -> Trace {
    let mut bytes = vec![0, 2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0];
    bytes.push(words.len() as u8);
    bytes.extend(words.as_flattened());
    trace::read_bytes("small", &bytes).expect("a header and words")
}

#[test]
fn events_that_make_no_sense_are_told_with_event_and_byte() {
    const ACQUIRE: u64 = 0;
    const RELEASE: u64 = 1;
    const READ: u64 = 2;
    const FORK: u64 = 4;
    const JOIN: u64 = 5;
    const END: u64 = 7;
    const REQUEST: u64 = 8;
    for (words, told) in [
        (
            &[(0, RELEASE, 1)][..],
            "event 1: thread 0 gives back lock 1, which it does not hold (byte 18)",
        ),
        (
            &[(0, ACQUIRE, 1), (1, RELEASE, 1)],
            "event 2: thread 1 gives back lock 1, which it does not hold (byte 26)",
        ),
        (
            &[(0, ACQUIRE, 1), (1, ACQUIRE, 1)],
            "event 2: thread 1 takes lock 1, which thread 0 holds (byte 26)",
        ),
        (
            &[(0, ACQUIRE, 1), (0, ACQUIRE, 1), (0, RELEASE, 1), (1, ACQUIRE, 1)],
            "event 4: thread 1 takes lock 1, which thread 0 holds (byte 42)",
        ),
        (&[(0, JOIN, 1), (0, JOIN, 1)], "event 1: thread 0 joins thread 1, which never was"),
        (&[(0, JOIN, 0)], "event 1: thread 0 joins itself (byte 18)"),
        (&[(0, FORK, 0)], "event 1: thread 0 begins thread 0, which has already run (byte 18)"),
        (
            &[(1, READ, 1), (0, FORK, 1)],
            "event 2: thread 0 begins thread 1, which has already run (byte 26)",
        ),
        (&[(0, END, 0), (0, READ, 0)], "event 2: thread 0 goes on after its end (byte 26)"),
        (
            &[(0, FORK, 1), (0, JOIN, 1), (1, READ, 0)],
            "event 3: thread 1 goes on after it was joined (byte 34)",
        ),
        (
            &[(2, READ, 0), (2, READ, 0)],
            "event 1: thread 2 is out of range: the header tells of 2 threads (byte 18)",
        ),
        (
            &[(0, REQUEST, 2), (0, ACQUIRE, 2), (0, RELEASE, 2)],
            "event 1: lock 2 is out of range: the header tells of 2 locks (byte 18)",
        ),
        (
            &[(0, READ, 1), (0, READ, 7), (0, READ, 8)],
            "event 2: variable 7 is out of range: the header tells of 2 variables (byte 26)",
        ),
    ] {
        let words: Vec<[u8; 8]> = words.iter().map(|(t, op, x)| word(*t, *op, *x)).collect();
        let trace = small(&words);
        let all: Vec<String> = trace.problems.iter().map(ToString::to_string).collect();
        assert_eq!(all, [told]);
    }
}

#[test]
fn a_thread_that_is_joined_before_it_is_known_is_no_problem() {
    assert_eq!(small(&[word(0, 5, 1), word(0, 2, 0), word(1, 6, 0)]).problems, []);
}

#[test]
fn counts_that_cannot_be_are_told_where_they_are() {
    let mut bytes = bytes("Deadlock.data");
    for (at, what) in [
        (2, "byte 2: the header tells of -1 locks"),
        (6, "byte 6: the header tells of -1 variables"),
    ] {
        let before = bytes[at..at + 4].to_vec();
        // 2^32 - 1 of them, for who takes them as unsigned.
        bytes[at..at + 4].fill(0xff);
        let trace = trace::read_bytes("large", &bytes).unwrap();
        let told: Vec<String> = trace.problems.iter().map(ToString::to_string).collect();
        assert_eq!(told, [format!("{what}, which cannot be; copy the file again")]);
        assert_eq!(trace.events.len(), 39);
        bytes[at..at + 4].copy_from_slice(&before);
    }
}

#[test]
fn a_header_that_cannot_be_is_no_rapid_bin() {
    for bytes in [
        &[0, 0, 0, 0, 0, 1][..],
        &[0xff; 40],
        &[0, 0, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0],
    ] {
        let error = trace::read_bytes("x", bytes).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Foreign, "{error}");
    }
}
