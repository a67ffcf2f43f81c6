//! The writer: what survives a kill, what a failure does, who may write where.

use std::borrow::Cow;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use lockgraph::event::{How, Op};
use lockgraph::finding::{Blocks, Step};
use lockgraph::finding::{Class, Finding, Frame, Kind, Place, Verdict};
use lockgraph::id::{LockId, LockKind, Mode, SiteId, ThreadId};
use lockgraph::trace::{
    self, DEFAULT_LIMIT, Dependency, Entry, EventStream, Level, LockClass, Module, Position,
    Record, Slot, Source, Span, Trace, WaitSlot, Waiting, Writer,
};

fn create(dir: &Path, level: Level, limit: u64) -> Writer {
    Writer::create(dir, level, limit).expect("a directory of our own takes a trace")
}

fn read(path: &Path) -> Trace {
    trace::read(path).unwrap_or_else(|error| panic!("{error}"))
}

fn dependency(thread: u32, want: u64) -> Dependency {
    Dependency {
        thread: ThreadId(thread),
        span: 0,
        held: vec![(LockId(want + 1), Mode::Shared, SiteId(1))],
        want: LockId(want),
        mode: Mode::Exclusive,
        site: SiteId(2),
        stack: vec![0x5555_0000_1234, want],
    }
}

fn acquire(lock: u64, turn: u64) -> Entry {
    let op = Op::Acquire(LockId(lock), Mode::Exclusive, How::Blocking);
    Entry::Step { op, site: SiteId(3), turn }
}

fn release(lock: u64) -> Entry {
    Entry::Step { op: Op::Release(LockId(lock)), site: SiteId::UNKNOWN, turn: 0 }
}

fn push(writer: &Mutex<Writer>, stream: &mut EventStream, entry: &Entry) {
    if !stream.push(entry) {
        writer.lock().expect("nobody panics").refill(stream);
        assert!(stream.push(entry), "a fresh chunk takes an event");
    }
}

/// The slot of a thread that waits.
fn block(writer: &mut Writer, wait: &WaitSlot) -> Slot {
    let mut slot = writer.slot().expect("there is room");
    slot.show(wait);
    slot
}

#[test]
fn what_is_written_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = create(dir.path(), Level::Graph, DEFAULT_LIMIT);
    let finding = Finding::new(
        Kind::Deadlock,
        Verdict::Actual,
        vec![Step {
            thread: lockgraph::finding::Thread { id: 2, name: Some("worker".to_string()) },
            blocks: Blocks::HasNotEnded,
            wants: None,
            site: None,
            through: None,
            stack: vec![Frame { function: "bank::transfer".to_string(), place: None }],
            addresses: Vec::new(),
            also_holds: Vec::new(),
        }],
    );
    let module =
        Module { path: "/bin/bank".to_string(), base: 0x5555_0000_0000, build_id: vec![7; 20] };
    let span = |thread, id| Span { id, thread: ThreadId(thread), segment: id, clock: Vec::new() };
    let (file, parent) = ("src/bank.rs", Some(ThreadId(1)));
    for record in [
        Record::Site { id: SiteId(5), file, line: 41, column: 9 },
        Record::Thread { id: ThreadId(2), name: Some("worker"), parent, site: SiteId(5) },
        Record::Lock { id: LockId(8), kind: LockKind::RwLock, class: LockClass::Made(SiteId(5)) },
        Record::Lock { id: LockId(9), kind: LockKind::Mutex, class: LockClass::Named("audit") },
        Record::Lock { id: LockId(6), kind: LockKind::Once, class: LockClass::Made(SiteId(99)) },
        Record::Span(Cow::Owned(span(2, 0))),
        Record::Dependency(Cow::Owned(dependency(2, 8))),
        Record::Span(Cow::Owned(span(3, 0))),
        Record::Dependency(Cow::Owned(dependency(3, 8))),
        Record::Destroy(LockId(8)),
        Record::Finding(Cow::Borrowed(&finding)),
        Record::Module(Cow::Borrowed(&module)),
    ] {
        writer.graph(&record);
    }
    assert!(writer.failure().is_none());
    let trace = read(writer.path());

    assert_eq!(trace.problems, []);
    let Source::Native(process) = &trace.source else { panic!("{:?}", trace.source) };
    assert_eq!((process.level, process.pid), (Level::Graph, std::process::id()));
    assert_eq!(process.program, std::env::args().next().unwrap());
    let place = Place { file: file.to_string(), line: 41, column: 9 };
    assert_eq!(trace.place(SiteId(5)), Some(&place));
    assert_eq!(trace.lock(LockId(8)).class, Class::Made(place));
    assert_eq!(trace.lock(LockId(8)).kind, LockKind::RwLock);
    assert_eq!(trace.lock(LockId(9)).class, Class::Named("audit".to_string()));
    assert_eq!(trace.lock(LockId(6)).class, Class::Unknown, "its site was never written");
    assert_eq!(trace.threads[&ThreadId(2)].parent, parent);
    assert_eq!(trace.thread(ThreadId(2)).name.as_deref(), Some("worker"));
    assert_eq!(trace.destroyed, [LockId(8)]);
    assert_eq!(trace.findings, [finding]);
    assert_eq!(trace.modules, [module]);
    // The number of a span was used twice; the dependencies still belong to different ones.
    let threads: Vec<_> = trace.dependencies.iter().map(|d| trace.spans[&d.span].thread).collect();
    assert_eq!(threads, [ThreadId(2), ThreadId(3)]);
}

#[test]
fn the_file_is_named_after_the_process_and_the_time() {
    let dir = tempfile::tempdir().unwrap();
    let nested = dir.path().join("a/b");
    let one = create(&nested, Level::Graph, DEFAULT_LIMIT);
    let two = create(&nested, Level::Graph, DEFAULT_LIMIT);
    assert_ne!(one.path(), two.path());
    for writer in [&one, &two] {
        let name = writer.path().file_name().unwrap().to_str().unwrap();
        let start = format!("{}-", std::process::id());
        let time = name.strip_prefix(&start).and_then(|rest| rest.strip_suffix(".lgt")).unwrap();
        let Source::Native(process) = read(writer.path()).source else { panic!("{name}") };
        assert_eq!(u64::from_str_radix(time, 16), Ok(process.started_nanos));
    }
}

#[test]
fn a_record_larger_than_a_chunk_gets_one_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = create(dir.path(), Level::Graph, DEFAULT_LIMIT);
    let names: Vec<String> =
        [3, 200_000, 5, 65_472, 65_536, 61_000, 10].iter().map(|len| "n".repeat(*len)).collect();
    for (index, name) in names.iter().enumerate() {
        let class = LockClass::Named(name);
        writer.graph(&Record::Lock { id: LockId(index as u64), kind: LockKind::Mutex, class });
    }
    let trace = read(writer.path());
    assert_eq!(trace.problems, []);
    for (index, name) in names.into_iter().enumerate() {
        assert_eq!(trace.lock(LockId(index as u64)).class, Class::Named(name));
    }
}

/// Appends until it is killed, if the environment says so.
#[test]
fn child_that_writes_until_it_is_killed() {
    let Some(dir) = std::env::var_os("LOCKGRAPH_TEST_WRITE_TO") else { return };
    let mut writer = create(&PathBuf::from(dir), Level::Full, DEFAULT_LIMIT);
    let _slot = block(&mut writer, &wait(7, 3));
    let mut stream = writer.events(ThreadId(1));
    println!("\nwriting to {}", writer.path().display());
    for number in 0.. {
        writer.graph(&Record::Dependency(Cow::Owned(dependency(1, number))));
        for entry in [acquire(5, number + 1), release(5)] {
            if !stream.push(&entry) {
                writer.refill(&mut stream);
                assert!(stream.push(&entry));
            }
        }
        if number == 5000 {
            println!("\nfull speed");
        }
    }
}

#[test]
fn what_was_written_survives_a_kill_in_the_middle() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_writes_until_it_is_killed", "--nocapture"])
        .env("LOCKGRAPH_TEST_WRITE_TO", dir.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let path = lines.find_map(|line| line.strip_prefix("writing to ").map(PathBuf::from)).unwrap();
    assert!(lines.any(|line| line == "full speed"));
    child.kill().unwrap();
    child.wait().unwrap();

    let trace = read(&path);
    assert_eq!(trace.problems, []);
    assert!(trace.dependencies.len() > 5000 && trace.events.len() > 10_000);
    for (number, read) in trace.dependencies.iter().enumerate() {
        assert_eq!(*read, Dependency { span: u32::MAX, ..dependency(1, number as u64) });
    }
    for pair in trace.events.chunks_exact(2) {
        assert!(matches!(pair[0].op, Op::Acquire(..)) && matches!(pair[1].op, Op::Release(..)));
    }
    assert_eq!(trace.waits, [wait(7, 3)]);
}

#[test]
fn threads_write_at_the_same_time_and_one_order_comes_out() {
    const THREADS: u32 = 2;
    const ROUNDS: u64 = 20_000;
    let dir = tempfile::tempdir().unwrap();
    let writer = Arc::new(Mutex::new(create(dir.path(), Level::Full, DEFAULT_LIMIT)));
    let lock = Arc::new(Mutex::new(0));
    let start = Arc::new(Barrier::new(THREADS as usize));
    let threads: Vec<_> = (1..=THREADS)
        .map(|id| {
            let (writer, lock, start) = (writer.clone(), lock.clone(), start.clone());
            thread::spawn(move || {
                let mut stream = writer.lock().unwrap().events(ThreadId(id));
                start.wait();
                for _ in 0..ROUNDS {
                    let mut taken = lock.lock().unwrap();
                    *taken += 1;
                    push(&writer, &mut stream, &acquire(1, *taken));
                    push(&writer, &mut stream, &release(1));
                }
                writer.lock().unwrap().give_back(stream);
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let trace = read(writer.lock().unwrap().path());
    // Two threads that held the lock at once would be a problem of the events.
    assert_eq!(trace.problems, []);
    assert_eq!(trace.events.len() as u64, 2 * ROUNDS * u64::from(THREADS));
}

#[test]
fn a_later_thread_goes_on_in_the_chunk_of_one_that_ended() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = create(dir.path(), Level::Full, DEFAULT_LIMIT);
    for thread in 0..1000 {
        let mut stream = writer.events(ThreadId(thread));
        assert!(stream.push(&acquire(1, u64::from(thread) + 1)));
        assert!(stream.push(&release(1)));
        writer.give_back(stream);
    }
    let trace = read(writer.path());
    assert_eq!((trace.events.len(), trace.problems.len()), (2000, 0), "{:?}", trace.problems);
    assert!(std::fs::metadata(writer.path()).unwrap().len() <= 3 * 65_536);
}

#[test]
fn at_level_graph_there_are_no_events() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = create(dir.path(), Level::Graph, DEFAULT_LIMIT);
    let mut stream = writer.events(ThreadId(1));
    assert!((0..100_000).all(|n| stream.push(&acquire(1, n))), "nothing to refill");
    assert_eq!(read(writer.path()).events, []);
    assert_eq!(std::fs::metadata(writer.path()).unwrap().len(), 65_536);
}

fn wait(thread: u32, lock: u64) -> WaitSlot {
    WaitSlot {
        thread: ThreadId(thread),
        wants: Waiting::Lock(LockId(lock), Mode::Exclusive),
        site: SiteId(4),
        since_nanos: 1_000_000,
        held: vec![(LockId(lock + 1), Mode::Shared, SiteId(5))],
        held_count: 1,
        stack: Vec::new(),
    }
}

#[test]
fn the_file_shows_who_waits_now() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = create(dir.path(), Level::Graph, DEFAULT_LIMIT);
    let slots: Vec<_> = (0..300).map(|n| block(&mut writer, &wait(n, n.into()))).collect();
    for (thread, slot) in slots.into_iter().enumerate() {
        if thread % 100 != 7 {
            writer.take_back(slot);
        }
    }
    let ends = Waiting::Ends { threads: vec![ThreadId(7), ThreadId(9)], count: 2 };
    let join = WaitSlot { wants: ends, held: Vec::new(), held_count: 0, ..wait(500, 1) };
    let _slot = block(&mut writer, &join);
    let trace = read(writer.path());
    assert_eq!(trace.problems, []);
    assert_eq!(trace.waits.len(), 4);
    for expected in [&wait(7, 7), &wait(107, 107), &wait(207, 207), &join] {
        assert!(trace.waits.contains(expected), "{expected:?}");
    }
}

#[test]
fn a_wait_that_is_read_while_it_is_written_is_whole_or_left_out() {
    const READS: usize = 300;
    let dir = tempfile::tempdir().unwrap();
    let mut writer = create(dir.path(), Level::Graph, DEFAULT_LIMIT);
    let holds = |lock| vec![(LockId(lock), Mode::Shared, SiteId(lock as u32)); 60];
    let waits = [1, 2].map(|n| WaitSlot { held: holds(n), held_count: 60, ..wait(n as u32, n) });
    let mut slot = block(&mut writer, &waits[0]);
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for wait in waits.iter().cycle().take_while(|_| !ended.load(Ordering::Relaxed)) {
                slot.show(wait);
            }
        });
        let seen: Vec<Trace> = (0..READS).map(|_| read(writer.path())).collect();
        ended.store(true, Ordering::Relaxed);
        for trace in seen {
            assert!(trace.waits.iter().all(|wait| waits.contains(wait)), "{:?}", trace.waits);
            let torn = |problem: &trace::Problem| problem.what.starts_with("a wait was being");
            assert!(trace.problems.iter().all(torn), "{:?}", trace.problems);
            assert_eq!(trace.waits.len() + trace.problems.len(), 1);
        }
    });
}

#[test]
fn threads_that_have_ended_leave_no_slots_behind() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = create(dir.path(), Level::Graph, DEFAULT_LIMIT);
    for thread in 0..5000 {
        let slot = block(&mut writer, &wait(thread, 1));
        writer.take_back(slot);
    }
    assert_eq!(read(writer.path()).waits, []);
    assert_eq!(std::fs::metadata(writer.path()).unwrap().len(), 2 * 65_536);
}

#[test]
fn the_limit_stops_the_events_first_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = create(dir.path(), Level::Full, 16 * 65_536);
    let mut stream = writer.events(ThreadId(1));
    for number in 0..500_000 {
        if !stream.push(&acquire(number % 7, number)) {
            writer.refill(&mut stream);
        }
    }
    let message = writer.failure().map(ToString::to_string).unwrap();
    assert!(message.contains("limit of 1048576 bytes"), "{message}");
    for number in 0..10 {
        writer.graph(&Record::Dependency(Cow::Owned(dependency(1, number))));
    }
    let slot = block(&mut writer, &wait(1, 1));
    let trace = read(writer.path());
    assert_eq!((trace.dependencies.len(), trace.waits.len()), (10, 1));
    assert!(trace.events.len() > 50_000, "{}", trace.events.len());
    let told = trace.problems[0].to_string();
    assert!(told.starts_with("the recording of events stopped early"), "{told}");

    for number in 0..100_000 {
        writer.graph(&Record::Dependency(Cow::Owned(dependency(1, number))));
    }
    writer.take_back(slot);
    assert!(std::fs::metadata(writer.path()).unwrap().len() <= 16 * 65_536);
    let trace = read(writer.path());
    assert_eq!(trace.waits, [], "waits that are over disappear after the end too");
    let told = trace.problems[0].to_string();
    assert!(told.starts_with("the recording stopped early at its limit of 1048576"), "{told}");
    assert_eq!(trace.problems[0].offset, Position::File);
}

#[test]
fn a_place_where_no_file_can_be_is_an_error() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let Err(error) = Writer::create(&file.path().join("traces"), Level::Graph, DEFAULT_LIMIT)
    else {
        panic!("a directory below a file");
    };
    assert!(!error.to_string().is_empty());
}

/// Writes past the limit on file sizes that its parent gave it, if the environment says so.
#[test]
fn child_that_may_not_write_much() {
    let Some(dir) = std::env::var_os("LOCKGRAPH_TEST_FILL") else { return };
    let mut writer = create(&PathBuf::from(dir), Level::Full, DEFAULT_LIMIT);
    let mut stream = writer.events(ThreadId(1));
    for number in 0..200_000 {
        writer.graph(&Record::Dependency(Cow::Owned(dependency(1, number))));
        if !stream.push(&acquire(5, number)) {
            writer.refill(&mut stream);
        }
    }
    let failure = writer.failure().expect("the limit was passed");
    println!("\nfailed: {failure}");
    println!("\nwrote {}", writer.path().display());
}

#[cfg(unix)]
#[test]
fn a_limit_on_file_sizes_ends_the_recording_and_not_the_program() {
    let dir = tempfile::tempdir().unwrap();
    // In units of 512 or, in some shells, 1024 bytes.
    let script = "ulimit -f 1024; exec \"$0\" --exact child_that_may_not_write_much --nocapture";
    let output = Command::new("sh")
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap())
        .env("LOCKGRAPH_TEST_FILL", dir.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{:?} {text}", output.status);
    assert!(text.contains("failed: the process may not make a file this large"), "{text}");
    let path = text.lines().find_map(|line| line.strip_prefix("wrote ")).unwrap();
    let trace = read(Path::new(path));
    assert!(trace.dependencies.len() > 5000, "{}", trace.dependencies.len());
    let told = trace.problems[0].to_string();
    assert!(
        told.starts_with("the recording stopped early because the file could not grow"),
        "{told}"
    );
    assert!(std::fs::metadata(path).unwrap().len() <= 1024 * 1024);
}

#[test]
fn the_child_of_a_fork_writes_nothing_into_the_parents_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = create(dir.path(), Level::Full, DEFAULT_LIMIT);
    let mut stream = writer.events(ThreadId(1));
    assert!(stream.push(&acquire(1, 1)));
    let mut slot = block(&mut writer, &wait(1, 2));
    let before = std::fs::read(writer.path()).unwrap();

    writer.after_fork_in_child();
    for number in 0..20_000 {
        assert!(stream.push(&acquire(1, number)));
        writer.graph(&Record::Destroy(LockId(number)));
    }
    writer.refill(&mut stream);
    slot.show(&wait(3, 4));
    writer.take_back(slot);
    assert!(writer.slot().is_none());
    assert!(writer.events(ThreadId(2)).push(&acquire(1, 2)));
    writer.give_back(stream);
    assert!(writer.failure().is_none());
    assert!(std::fs::read(writer.path()).unwrap() == before, "the file has changed");
}
