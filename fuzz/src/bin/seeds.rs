//! Writes the seeds of the target `native`: one chunk of each sort, as a writer writes them.
//!
//! `cargo run --bin seeds -- DIRECTORY`, after the format has changed.

use std::path::Path;

use lockgraph::event::{How, Op};
use lockgraph::id::{LockId, LockKind, Mode, SiteId, ThreadId};
use lockgraph::trace::{DEFAULT_LIMIT, Entry, Level, LockClass, Record, WaitSlot, Waiting, Writer};

fn main() {
    let directory = std::env::args().nth(1).expect("a directory to write to");
    let file = traced();
    for (number, chunk) in file.chunks(64 * 1024).enumerate() {
        let chunk = if number == 0 { &chunk[4096..] } else { chunk };
        let committed = chunk[20..].first_chunk().expect("a chunk has a header");
        let len = (u32::from_le_bytes(*committed) as usize).min(1_024);
        let mut seed = vec![chunk[4], chunk[16]];
        seed.extend((len as u16).to_le_bytes());
        seed.extend(&chunk[64..64 + len]);
        let path = Path::new(&directory).join(format!("chunk-{number}"));
        std::fs::write(path, seed).expect("the directory can be written to");
    }
}

/// A file of a writer, with something of everything.
fn traced() -> Vec<u8> {
    let directory = tempfile::tempdir().expect("a directory for one file");
    let mut writer = Writer::create(directory.path(), Level::Full, DEFAULT_LIMIT).expect("a file");
    let (lock, site) = (LockId(1), SiteId(1));
    writer.graph(&Record::Site { id: site, file: "src/main.rs", line: 3, column: 7 });
    let class = LockClass::Made(site);
    writer.graph(&Record::Lock { id: lock, kind: LockKind::RwLock, class });
    writer.graph(&Record::Thread { id: ThreadId(1), name: Some("main"), parent: None, site });
    let mut slot = writer.slot().expect("there is room");
    slot.show(&WaitSlot {
        thread: ThreadId(2),
        wants: Waiting::Lock(lock, Mode::Exclusive),
        site,
        since_nanos: 12,
        held: vec![(LockId(2), Mode::Shared, site)],
        held_count: 1,
        stack: vec![4096],
    });
    let mut stream = writer.events(ThreadId(1));
    let step = |op, turn| Entry::Step { op, site, turn };
    for entry in [
        step(Op::Begin, 0),
        step(Op::Fork(ThreadId(2)), 0),
        Entry::Time(1_000),
        step(Op::Request(lock, Mode::Shared), 0),
        step(Op::Acquire(lock, Mode::Shared, How::Blocking), 1),
        step(Op::Acquire(LockId(2), Mode::Exclusive, How::Try), 2),
        step(Op::Read(7), 0),
        step(Op::Release(LockId(2)), 0),
        step(Op::Release(lock), 0),
        step(Op::Channel(3, 1), 0),
        step(Op::Send(3), 0),
        Entry::Owner(ThreadId(2)),
        step(Op::Receive(3), 0),
        step(Op::Acquire(lock, Mode::Exclusive, How::Timed), 2),
        step(Op::Wait(4), 0),
        step(Op::Woken(4), 0),
        Entry::Lost(2),
        step(Op::End, 0),
        Entry::Owner(ThreadId(1)),
        step(Op::Join(ThreadId(2)), 0),
    ] {
        assert!(stream.push(&entry), "a chunk has room for this");
    }
    std::fs::read(writer.path()).expect("it is there")
}
