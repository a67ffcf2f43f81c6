//! Damaged files: whatever the bytes are, reading them ends, in little memory, without a panic,
//! and what was not touched is still read.

use std::borrow::Cow;

use lockgraph::event::{How, Op};
use lockgraph::id::{LockId, LockKind, Mode, SiteId, ThreadId};
use lockgraph::trace::{
    self, DEFAULT_LIMIT, Dependency, Entry, ErrorKind, Level, LockClass, Position, Record, Trace,
    WaitSlot, Waiting, Writer,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

const UNIT: usize = 64 * 1024;

/// A file of all sorts of chunks: graph, waits, and two of events.
fn valid() -> Vec<u8> {
    let dir = tempfile::tempdir().expect("a directory");
    let mut writer = Writer::create(dir.path(), Level::Full, DEFAULT_LIMIT).expect("a trace");
    for number in 0..50 {
        let id = LockId(number);
        let class = LockClass::Named("accounts");
        writer.graph(&Record::Lock { id, kind: LockKind::Mutex, class });
        writer.graph(&Record::Dependency(Cow::Owned(Dependency {
            thread: ThreadId(1),
            span: 0,
            held: vec![(LockId(number + 1), Mode::Exclusive, SiteId(1))],
            want: id,
            mode: Mode::Exclusive,
            site: SiteId(2),
            stack: vec![u64::MAX; 3],
        })));
    }
    for thread in 0..3 {
        writer.slot().expect("there is room").show(&WaitSlot {
            thread: ThreadId(thread),
            wants: Waiting::Lock(LockId(1), Mode::Shared),
            site: SiteId(1),
            since_nanos: 17,
            held: Vec::new(),
            held_count: 0,
            stack: Vec::new(),
        });
    }
    for thread in 1..3 {
        let mut stream = writer.events(ThreadId(thread));
        for number in 0..100 {
            let lock = LockId(thread.into());
            let op = Op::Acquire(lock, Mode::Exclusive, How::Blocking);
            let step = |op, turn| Entry::Step { op, site: SiteId(3), turn };
            assert!(stream.push(&step(op, number + 1)));
            assert!(stream.push(&step(Op::Release(lock), 0)));
        }
    }
    std::fs::read(writer.path()).expect("the trace is there")
}

fn read(bytes: &[u8]) -> Trace {
    trace::read_bytes("damaged.lgt", bytes).unwrap_or_else(|error| panic!("{error}"))
}

/// One problem, there, that begins like this; and what is still read.
fn check(bytes: &[u8], at: usize, what: &str, dependencies: usize, waits: usize, events: usize) {
    let trace = read(bytes);
    let [problem] = &trace.problems[..] else { panic!("{what}: {:?}", trace.problems) };
    assert_eq!(problem.offset, Position::Byte(at as u64), "{problem}");
    assert!(problem.what.starts_with(what), "{problem}");
    assert!(!problem.what.ends_with('.') && !problem.what.contains('\n'), "{problem}");
    let read = (trace.dependencies.len(), trace.waits.len(), trace.events.len());
    assert_eq!(read, (dependencies, waits, events), "{what}");
}

#[test]
fn one_damage_costs_one_chunk() {
    let valid = valid();
    assert_eq!(valid.len(), 4 * UNIT);
    let whole = read(&valid);
    assert_eq!(whole.problems, []);
    assert_eq!((whole.dependencies.len(), whole.waits.len(), whole.events.len()), (50, 3, 400));
    let (waits, events, more_events) = (UNIT, 2 * UNIT, 3 * UNIT);

    let damaged = |at: usize, bytes: &[u8]| {
        let mut damaged = valid.clone();
        damaged[at..at + bytes.len()].copy_from_slice(bytes);
        damaged
    };
    check(&damaged(events, b"oops"), events, "no chunk begins where one should", 50, 3, 200);
    check(&damaged(events + 4, &[9]), events + 64, "a chunk is of a sort", 50, 3, 200);
    check(
        &damaged(events + 8, &[1, 1, 0, 0]),
        events,
        "a chunk has a size that cannot",
        50,
        3,
        200,
    );
    check(&damaged(4096 + 64, &[0x3f]), 4160, "no record begins with this byte", 0, 3, 400);
    check(&damaged(waits + 64, &[9]), waits + 64, "a wait was being written", 50, 2, 400);
    // All zeros: the process died when the file had just grown.
    let mut grown = valid.clone();
    grown.resize(6 * UNIT, 0);
    assert_eq!(read(&grown).problems, []);

    let cut = "the file is cut off in the middle of a chunk";
    check(&valid[..more_events + 10], more_events + 10, cut, 50, 3, 200);
    check(&valid[..waits + 64 + 512 + 5], waits + 581, cut, 50, 1, 0);
    let one = trace::read_bytes("cut", &valid[..events]).unwrap();
    assert_eq!((one.problems.len(), one.events.len(), one.waits.len()), (0, 0, 3));
}

#[test]
fn a_damaged_header_is_an_error_with_its_place() {
    let valid = valid();
    for (keep, at, byte, kind, offset, what) in [
        (4095, 0, valid[0], ErrorKind::Damaged, 4095, "the trace is cut off in its header"),
        (9, 0, valid[0], ErrorKind::Damaged, 9, "the trace is cut off in its header"),
        (8192, 8, 6, ErrorKind::Future, 8, "the trace has version 6, and this lockgraph reads"),
        (8192, 8, 2, ErrorKind::Damaged, 8, "the trace has version 2, which no released"),
        (8192, 12, 7, ErrorKind::Damaged, 12, "the header names no level that there is"),
        (8192, 4, b'\n', ErrorKind::Foreign, 0, "this is no trace that lockgraph reads"),
    ] {
        let mut bytes = valid[..keep].to_vec();
        bytes[at] = byte;
        let error = trace::read_bytes("x.lgt", &bytes).unwrap_err();
        assert_eq!((error.kind, error.offset), (kind, Position::Byte(offset)), "{error}");
        assert!(error.what.starts_with(what), "{error}");
    }
}

fn real() -> Vec<u8> {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/traces/");
    std::fs::read(dir.to_string() + "Account.data").expect("the fixture is there")
}

fn text() -> Vec<u8> {
    let mut out = Vec::new();
    trace::write_std(&mut out, &read(&real())).expect("memory takes everything");
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_can_be_read(bytes in vec(any::<u8>(), 0..5000)) {
        let _ = trace::read_bytes("any", &bytes);
    }

    #[test]
    fn any_text_can_be_read(text in "([T0-9a-z|()|: ]{0,20}\n){0,20}") {
        let _ = trace::read_bytes("any", text.as_bytes());
    }

    #[test]
    fn any_bytes_after_a_valid_beginning_can_be_read(
        bytes in vec(any::<u8>(), 0..3000),
        sort in 1..4u8,
    ) {
        let mut file = valid()[..4096 + 64].to_vec();
        file[4096 + 4] = sort;
        file[4096 + 20..4096 + 24].copy_from_slice(&(bytes.len() as u32).to_le_bytes());
        file.extend(bytes);
        let _ = read(&file);
    }
}

#[test]
fn flipped_and_cut_files_can_be_read() {
    let files = [valid(), real(), text()];
    let damage = (0..files.len(), vec((any::<Index>(), any::<u8>()), 0..6), any::<Index>());
    // Most of a valid file is empty space, where a flip does nothing: aim at what is used.
    let places: Vec<Vec<usize>> =
        files.iter().map(|file| (0..file.len()).filter(|at| file[*at] != 0).collect()).collect();
    proptest!(ProptestConfig { cases: 2000, ..ProptestConfig::default() }, |(damage in damage)| {
        let (which, flips, cut) = damage;
        let mut bytes = files[which].clone();
        for (place, flip) in flips {
            bytes[*place.get(&places[which])] ^= flip;
        }
        let _ = trace::read_bytes("flipped", &bytes);
        bytes.truncate(cut.index(bytes.len()));
        let _ = trace::read_bytes("cut", &bytes);
    });
}
