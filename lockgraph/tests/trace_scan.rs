//! What is scanned is what is read, but for the events, which go by: in one thread or two, from
//! every form, with numbers that are final from the start.

use std::path::{Path, PathBuf};

use lockgraph::event::{Event, How, Op};
use lockgraph::finding::Class;
use lockgraph::id::{LockId, Mode, SiteId, ThreadId};
use lockgraph::trace::{self, DEFAULT_LIMIT, Entry, Level, Progress, Scan, Trace, Writer};

fn fixtures() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/traces");
    let files = std::fs::read_dir(dir).expect("the fixtures are there");
    let files = files.map(|entry| entry.expect("it can be listed").path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "data")).collect()
}

/// The events as they go by, and the rest.
fn scan(bytes: &[u8], two_threads: bool) -> (Vec<Event>, Trace) {
    let mut events = Vec::new();
    let how = Scan { two_threads, progress: None };
    let trace = trace::scan_bytes("x", bytes, how, &mut |batch| events.extend_from_slice(batch));
    (events, trace.unwrap_or_else(|error| panic!("{error}")))
}

fn check(bytes: &[u8]) {
    let read = trace::read_bytes("x", bytes).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(read.event_count, read.events.len() as u64);
    for two_threads in [false, true] {
        let (events, rest) = scan(bytes, two_threads);
        assert_eq!(events, read.events);
        assert_eq!(rest.event_count, read.event_count);
        let whole = Trace { events, times: read.times.clone(), ..rest };
        assert!(whole == read, "two threads: {two_threads}");
    }
}

/// Two threads that take turns in two chunks each.
fn native() -> Vec<u8> {
    let dir = tempfile::tempdir().expect("a directory");
    let mut writer = Writer::create(dir.path(), Level::Full, DEFAULT_LIMIT).expect("a trace");
    let file = writer.path().to_owned();
    let mut streams = [1, 2].map(|thread| writer.events(ThreadId(thread)));
    for turn in 0..60_000_u64 {
        let stream = &mut streams[(turn / 3 % 2) as usize];
        let (lock, site) = (LockId(turn % 3), SiteId(turn as u32 % 200));
        let acquire = Op::Acquire(lock, Mode::Exclusive, How::Blocking);
        let release = Op::Release(lock);
        let time = (turn % 100 == 0).then_some(Entry::Time(turn));
        let steps = [
            Entry::Step { op: acquire, site, turn: 2 * (turn / 3 + 1) },
            Entry::Step { op: release, site: SiteId::UNKNOWN, turn: 0 },
        ];
        for entry in time.iter().chain(&steps) {
            if !stream.push(entry) {
                writer.refill(stream);
                assert!(stream.push(entry));
            }
        }
    }
    drop(streams);
    drop(writer);
    std::fs::read(file).expect("the trace is there")
}

#[test]
fn what_is_scanned_is_what_is_read() {
    for path in fixtures() {
        check(&std::fs::read(path).expect("a fixture can be read"));
    }
    let jigsaw = fixtures().into_iter().find(|path| path.ends_with("jigsaw.data"));
    let trace = trace::read(&jigsaw.expect("it is one of them")).expect("a trace");
    let mut text = Vec::new();
    trace::write_std(&mut text, &trace).expect("memory takes everything");
    check(&text);
}

#[test]
fn our_own_events_are_scanned_in_the_order_of_their_turns() {
    let bytes = native();
    check(&bytes);
    let (events, trace) = scan(&bytes, false);
    assert_eq!(trace.problems, []);
    assert_eq!(events.len(), 120_000);
    let mut turns = [0_u64; 3];
    for event in &events {
        if let Op::Acquire(LockId(lock), ..) = event.op {
            let thread = if turns[lock as usize] % 2 == 0 { 1 } else { 2 };
            assert_eq!(event.thread, ThreadId(thread));
            turns[lock as usize] += 1;
        }
    }
    assert_eq!(turns, [20_000; 3]);
}

#[test]
fn numbers_are_final_when_the_first_event_goes_by() {
    for (names, numbers, classes) in [
        (["L7", "L2", "L7"], [7, 2, 7], ["", "", ""]),
        (["a", "b", "a"], [1, 2, 1], ["a", "b", "a"]),
        // A late name takes what is left, and then all are called by their names.
        (["L1", "a", "L2"], [1, 2, 3], ["L1", "a", "L2"]),
    ] {
        let line = |name| format!("T1|acq({name})|0\nT1|rel({name})|0\n");
        let text: String = names.map(line).concat();
        let (events, trace) = scan(text.as_bytes(), false);
        let acquires = events.iter().filter_map(|event| match event.op {
            Op::Acquire(lock, ..) => Some(lock),
            _ => None,
        });
        for ((lock, number), class) in acquires.zip(numbers).zip(classes) {
            assert_eq!((lock.0, trace.locks[&lock].id), (number, number), "{names:?}");
            let expected = match class {
                "" => Class::Unknown,
                name => Class::Named(name.to_string()),
            };
            assert_eq!(trace.locks[&lock].class, expected, "{names:?}");
        }
    }
}

#[test]
fn how_far_it_is_can_be_seen_from_outside() {
    let dir = tempfile::tempdir().expect("a directory");
    let text = "T1|acq(L1)|0\nT1|rel(L1)|0\n".repeat(30_000);
    for (name, bytes) in [("x.std", text.into_bytes()), ("x.lgt", native())] {
        let path = dir.path().join(name);
        std::fs::write(&path, &bytes).expect("it can be written");
        let progress = Progress::default();
        let how = Scan { two_threads: false, progress: Some(&progress) };
        let (mut last, mut moved) = ((0, 0), 0);
        let mut look = |_: &[Event]| {
            let now = (progress.done(), progress.events());
            assert!(now.0 >= last.0 && now.1 > last.1 && now.0 <= progress.total());
            moved += u32::from(now.0 > last.0);
            last = now;
        };
        let trace = trace::scan(&path, how, &mut look).expect("a trace");
        assert!(moved > 2, "{name}: {moved}");
        assert_eq!(progress.total(), bytes.len() as u64);
        assert_eq!((progress.done(), progress.events()), (progress.total(), trace.event_count));
    }
}

#[test]
fn who_takes_the_events_may_panic() {
    for two_threads in [false, true] {
        let text = "T1|acq(L1)|0\nT1|rel(L1)|0\n".repeat(50_000);
        let how = Scan { two_threads, progress: None };
        let result = std::panic::catch_unwind(|| {
            trace::scan_bytes("x", text.as_bytes(), how, &mut |_| panic!("enough"))
        });
        let panic = result.expect_err("the panic comes through");
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"enough"));
    }
}

#[test]
fn an_endless_line_is_told_and_not_kept() {
    let long = "x".repeat(5 << 20);
    let text = format!("T1|acq(L1)|0\n{long}|acq(L1)|0\nT1|rel(L1)|0\n{long}");
    let (events, trace) = scan(text.as_bytes(), false);
    assert_eq!(events.len(), 2);
    let told: Vec<String> = trace.problems.iter().map(ToString::to_string).collect();
    let what = "the line is longer than 1 MiB; it is left out";
    assert_eq!(told, [format!("2:1: {what}"), format!("4:1: {what}")]);
}
