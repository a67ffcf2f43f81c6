//! STD text: every operation there and back, and what is said of lines that are none.

use lockgraph::event::{How, Op};
use lockgraph::finding::{Class, Place};
use lockgraph::id::{LockId, LockKind, Mode, SiteId, ThreadId};
use lockgraph::trace::{self, ErrorKind, Position, Trace};

fn read(text: &str) -> Trace {
    trace::read_bytes("test.std", text.as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

fn write(trace: &Trace) -> String {
    let mut out = Vec::new();
    trace::write_std(&mut out, trace).expect("memory takes everything");
    String::from_utf8(out).expect("STD is text")
}

#[test]
fn every_operation_is_read_and_written_as_it_was() {
    let mut text = String::from("T0|begin|?\nT0|fork(T1)|a.rs:1\nT1|begin|0\n");
    for prefix in ["", "r", "rr", "u"] {
        for verb in ["req", "acq", "try", "timed", "tryfail", "timedfail", "fail"] {
            text += &format!("T1|{prefix}{verb}(L7)|src/a b.rs:3:14\n");
        }
    }
    for op in [
        "rel(L7)",
        "r(V0)",
        "w(V18446744073709551615)",
        "wait(C2)",
        "timedwait(C2)",
        "woken(C2)",
        "notify(C2)",
    ] {
        text += &format!("T1|{op}|C:\\x.rs:3\n");
    }
    for op in [
        "arrive(B9)",
        "leave(B9)",
        "channel(H3,4)",
        "send(H3)",
        "recv(H3)",
        "tell(O2)",
        "hear(O2)",
        "branch",
        "destroy(L7)",
        "end",
    ] {
        text += &format!("T1|{op}|17\n");
    }
    text += "T0|joining(T1)|a.rs:9\nT0|join(T1)|a.rs:9\nT0|end|?\n";
    assert_eq!(write(&read(&text)), text);
}

#[test]
fn operations_mean_what_the_table_says() {
    let lock = LockId(2);
    for (text, op) in [
        ("req(L2)", Op::Request(lock, Mode::Exclusive)),
        ("acq(L2)", Op::Acquire(lock, Mode::Exclusive, How::Blocking)),
        ("racq(L2)", Op::Acquire(lock, Mode::Shared, How::Blocking)),
        ("rrtry(L2)", Op::Acquire(lock, Mode::SharedRecursive, How::Try)),
        ("utimed(L2)", Op::Acquire(lock, Mode::Upgradable, How::Timed)),
        ("rtryfail(L2)", Op::Refused(lock, Mode::Shared, How::Try)),
        ("rel(L2)", Op::Release(lock)),
        ("rrel(L2)", Op::Release(lock)),
        ("begin()", Op::Begin),
        ("end(0)", Op::End),
        ("fork(T2)", Op::Fork(ThreadId(2))),
    ] {
        assert_eq!(read(&format!("T1|{text}|x.rs:1")).events[0].op, op, "{text}");
    }
}

#[test]
fn places_are_files_lines_and_columns_or_numbers() {
    let place = |file: &str, line, column| Some(Place { file: file.to_string(), line, column });
    for (text, expected) in [
        ("|a.rs:10", place("a.rs", 10, 0)),
        ("|a.rs:10:3", place("a.rs", 10, 3)),
        ("|C:\\a.rs:10", place("C:\\a.rs", 10, 0)),
        ("|345", place("location", 345, 0)),
        ("|main", place("main", 0, 0)),
        ("|-", None),
        ("|?", None),
        ("", None),
    ] {
        let trace = read(&format!("T1|acq(L1){text}\n"));
        assert_eq!(trace.place(trace.events[0].site).cloned(), expected, "{text}");
        assert_eq!(expected.is_none(), trace.events[0].site == SiteId::UNKNOWN);
    }
}

#[test]
fn names_that_are_not_all_numbered_are_kept_as_names() {
    let trace = read("# a comment\r\nmain|acq(accounts)|x.rs:1\r\n\r\nT1|acq(L1)|x.rs:2\r\n");
    let named = |id| trace.lock(LockId(id)).class;
    assert_eq!(named(1), Class::Named("accounts".to_string()));
    assert_eq!(named(2), Class::Named("L1".to_string()));
    assert_eq!(trace.thread(ThreadId(1)).name.as_deref(), Some("main"));
    assert_eq!(trace.events.len(), 2);
    // `T01` is not `T1`.
    assert_eq!(read("T1|r(V1)|0\nT01|r(V1)|0").threads.len(), 2);
}

#[test]
fn the_sort_of_a_lock_is_what_it_is_used_as() {
    for (text, kind) in [
        ("T1|acq(L1)|0\nT1|rel(L1)|0\nT1|acq(L1)|0", LockKind::Mutex),
        ("T1|acq(L1)|0\nT1|acq(L1)|0", LockKind::Reentrant),
        ("T1|acq(L1)|0\nT1|rel(L1)|0\nT2|racq(L1)|0", LockKind::RwLock),
        ("T1|rtryfail(L1)|0", LockKind::RwLock),
        ("T1|acq(L1)|0\nT1|req(L1)|0", LockKind::Mutex),
    ] {
        assert_eq!(read(text).lock(LockId(1)).kind, kind, "{text}");
    }
}

#[test]
fn lines_that_are_no_events_are_told_with_line_and_column() {
    for (line, column, what) in [
        ("T1 acq(L1)", 1, "there is no `|`"),
        ("|acq(L1)|0", 1, "there is no thread"),
        ("T1|grab(L1)|0", 4, "`grab(L1)` is no operation"),
        ("T1|acq(L1|0", 4, "`acq(L1` is no operation"),
        ("T1|acq()|0", 4, "`acq()` is no operation"),
        ("T1|ac", 4, "`ac` is no operation"),
    ] {
        let trace = read(&format!("T1|acq(L1)|0\n{line}\nT1|rel(L1)|0\n"));
        assert_eq!(trace.events.len(), 2, "{line}");
        let [problem] = &trace.problems[..] else { panic!("{:?}", trace.problems) };
        assert_eq!(problem.offset, Position::Line(2, column), "{line}");
        assert!(problem.what.starts_with(what), "{problem}");
    }
}

#[test]
fn events_that_make_no_sense_are_told_with_their_number() {
    for (text, number, what) in [
        ("T1|rel(L1)|0", 1, "thread 1 gives back lock 1, which it does not hold"),
        ("T1|acq(L1)|0\nT2|rel(L1)|0", 2, "thread 2 gives back lock 1"),
        ("T1|acq(L1)|0\nT2|acq(L1)|0", 2, "thread 2 takes lock 1, which thread 1 holds"),
        ("T1|racq(L1)|0\nT2|acq(L1)|0", 2, "thread 2 takes lock 1, which thread 1 holds"),
        ("T1|uacq(L1)|0\nT2|uacq(L1)|0", 2, "thread 2 takes lock 1, which thread 1 holds"),
        ("T1|end|0\nT1|acq(L1)|0", 2, "thread 1 goes on after its end"),
        ("T1|fork(T2)|0\nT1|join(T2)|0\nT2|r(V1)|0", 3, "thread 2 goes on after it was joined"),
        ("T2|r(V1)|0\nT1|fork(T2)|0", 2, "thread 1 begins thread 2, which has already run"),
        ("T1|fork(T1)|0", 1, "thread 1 begins thread 1, which has already run"),
        ("T1|join(T2)|0", 1, "thread 1 joins thread 2, which never was"),
        ("T1|join(T1)|0", 1, "thread 1 joins itself"),
        ("T1|destroy(L1)|0\nT1|acq(L1)|0", 2, "thread 1 takes lock 1, which is gone"),
    ] {
        let trace = read(text);
        let [problem] = &trace.problems[..] else { panic!("{text}: {:?}", trace.problems) };
        assert_eq!(problem.offset, Position::Event(number), "{text}");
        assert!(problem.what.starts_with(what), "{problem}");
    }
}

#[test]
fn events_that_make_sense_are_not_told() {
    for text in [
        "T1|acq(L1)|0\nT1|acq(L1)|0\nT1|rel(L1)|0\nT1|rel(L1)|0\nT2|acq(L1)|0",
        "T1|racq(L1)|0\nT2|racq(L1)|0\nT3|uacq(L1)|0\nT1|rel(L1)|0\nT2|rel(L1)|0",
        // An upgrade, a downgrade, and one release for both.
        "T1|uacq(L1)|0\nT1|acq(L1)|0\nT1|racq(L1)|0\nT1|rel(L1)|0\nT2|acq(L1)|0",
        "T1|begin|0\nT2|begin|0\nT1|fork(T2)|0\nT2|begin|0\nT2|end|0\nT2|end|0\nT1|join(T2)|0",
        "T1|acq(L1)|0\nT1|destroy(L1)|0",
    ] {
        assert_eq!(read(text).problems, [], "{text}");
    }
}

#[test]
fn problems_past_a_hundred_are_counted() {
    let trace = read(&("T1|acq(L1)|0\n".to_string() + &"nonsense\n".repeat(5000)));
    assert_eq!(trace.problems.len(), 101);
    assert_eq!(trace.problems[100].what, "4900 more problems are not listed");
}

#[test]
fn what_is_no_trace_is_refused_in_one_sentence() {
    for (bytes, kind, what) in [
        (&b""[..], ErrorKind::Empty, "the file is empty"),
        (&[0; 5000], ErrorKind::Empty, "there are only zeros"),
        (b"fn main() {}\n", ErrorKind::Foreign, "this is no trace that lockgraph reads"),
        (b"a|b|c\n1|2|3\n", ErrorKind::Foreign, "this is no trace that lockgraph reads"),
        (b"\x1f\x8b\x08\x00", ErrorKind::Foreign, "the file is compressed"),
        (b"\x7fELF\x02\x01", ErrorKind::Foreign, "this is no trace that lockgraph reads"),
        (b"\xb1lg", ErrorKind::Damaged, "the trace is cut off in its header"),
    ] {
        let error = trace::read_bytes("x.lgt", bytes).unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        let text = error.to_string();
        assert!(text.starts_with("x.lgt: byte ") && text.contains(what), "{text}");
        assert!(!text.ends_with('.') && !text.contains('\n'), "{text}");
    }
}

#[test]
fn a_file_that_cannot_be_opened_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let missing = trace::read(&dir.path().join("missing.lgt")).unwrap_err();
    assert_eq!((missing.kind, missing.offset), (ErrorKind::Io, Position::File));
    assert!(missing.to_string().contains("missing.lgt: cannot read the trace: no such file"));
    let directory = trace::read(dir.path()).unwrap_err();
    assert!(directory.what.starts_with("this is a directory"), "{directory}");
}
