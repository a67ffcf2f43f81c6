//! Streams come back as they were written, what repeats is small, and any bytes can be read.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::arbitrary::entry;
use super::*;

/// The bytes of `entries`, and where each ends.
fn written(entries: &[Entry]) -> (Vec<u8>, Vec<usize>) {
    let (mut memory, mut bytes, mut ends) = (Memory::new(), Vec::new(), Vec::new());
    for entry in entries {
        // What was there before must not matter.
        let mut window = [0xaa; WINDOW];
        let len = memory.write(&mut window, entry);
        bytes.extend_from_slice(&window[..len]);
        ends.push(bytes.len());
    }
    (bytes, ends)
}

proptest! {
    #[test]
    fn every_stream_comes_back(entries in vec(entry(), 0..200)) {
        let (bytes, ends) = written(&entries);
        let (mut memory, mut from) = (Memory::new(), Decoder::new(&bytes));
        for (entry, end) in entries.iter().zip(ends) {
            prop_assert_eq!(memory.read(&mut from), Ok(*entry));
            prop_assert_eq!(bytes.len() - from.left(), end);
        }
    }

    #[test]
    fn an_entry_that_is_cut_off_is_refused(entry in entry()) {
        let (bytes, _) = written(&[entry]);
        for cut in 0..bytes.len() {
            let mut from = Decoder::new(&bytes[..cut]);
            prop_assert!(Memory::new().read(&mut from).is_err(), "cut at {}", cut);
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in vec(any::<u8>(), 0..300)) {
        let (mut memory, mut from) = (Memory::new(), Decoder::new(&bytes));
        while memory.read(&mut from).is_ok() {}
    }
}

fn taken(lock: u64, site: u32, turn: u64) -> Entry {
    let op = Op::Acquire(LockId(lock), Mode::Exclusive, How::Blocking);
    Entry::Step { op, site: SiteId(site), turn }
}

fn read(lock: u64, site: u32, turn: u64) -> Entry {
    let op = Op::Acquire(LockId(lock), Mode::Shared, How::Blocking);
    Entry::Step { op, site: SiteId(site), turn }
}

/// How many bytes the last of `entries` takes.
fn check(entries: &[Entry], expected: usize) {
    let (_, ends) = written(entries);
    let [.., before, end] = ends[..] else { panic!("at least two entries") };
    assert_eq!(end - before, expected, "{entries:?}");
}

#[test]
fn what_repeats_takes_a_byte() {
    let back = |lock| released(LockId(lock));
    check(&[taken(7, 1, 1), back(7)], 1);
    check(&[taken(7, 1, 2), back(7), taken(7, 1, 4)], 1);
    check(&[read(7, 1, 3), back(7), read(7, 1, 3)], 1);
    check(&[taken(7, 1, 1), taken(8, 2, 1), back(8), back(7)], 1);
    check(&[taken(7, 1, 1), taken(8, 2, 1), back(7)], 2);
    // Another thread had it in between; another lock at the same place.
    check(&[taken(7, 1, 1), back(7), taken(7, 1, 9)], 3);
    check(&[taken(7, 1, 1), back(7), taken(9, 1, 9)], 3);
    // Nothing is known of what an earlier owner of the chunk did.
    check(&[taken(7, 1, 2), back(7), Entry::Owner(ThreadId(2)), taken(7, 1, 4)], 5);
}

/// What to do with a stream.
#[derive(Clone, Copy, Debug)]
enum Step {
    Write(Entry),
    /// The holder of this lock uses what it guards.
    Access(u64, Access),
    /// An atomic variable is used at this place, in this turn.
    Touch(u64, Access, u32, u64),
}

/// How many bytes the last of `steps` takes; and all must come back.
fn check_accesses(steps: &[Step], expected: usize) {
    let (mut memory, mut bytes, mut entries, mut last) = (Memory::new(), Vec::new(), vec![], 0);
    for step in steps {
        let mut window = [0xaa; WINDOW];
        let (len, access) = match *step {
            Step::Write(entry) => {
                entries.push(entry);
                (memory.write(&mut window, &entry), None)
            }
            Step::Access(lock, kind) => {
                let short = memory.access(&mut window, lock, kind);
                let all = |memory: &mut Memory, window: &mut [u8; WINDOW]| {
                    memory.touch(window, lock, kind, SiteId::UNKNOWN, 0)
                };
                let len = short.unwrap_or_else(|| all(&mut memory, &mut window));
                (len, Some((lock, kind, SiteId::UNKNOWN, 0)))
            }
            Step::Touch(variable, kind, site, turn) => {
                let len = memory.touch(&mut window, variable, kind, SiteId(site), turn);
                (len, Some((variable, kind, SiteId(site), turn)))
            }
        };
        if let Some((variable, kind, site, turn)) = access {
            let step = |op, turn| Entry::Step { op, site, turn };
            let next = if kind == Access::Both && turn > 0 { turn + 2 } else { turn };
            let read = (kind != Access::Write).then(|| step(Op::Read(variable), turn));
            let write = (kind != Access::Read).then(|| step(Op::Write(variable), next));
            entries.extend(read.into_iter().chain(write));
        }
        bytes.extend_from_slice(&window[..len]);
        last = len;
    }
    let (mut memory, mut from, mut back) = (Memory::new(), Decoder::new(&bytes), Vec::new());
    while from.left() > 0 {
        back.push(memory.read(&mut from).expect("it was written so"));
    }
    assert_eq!(back, entries, "{steps:?}");
    assert_eq!(last, expected, "{steps:?}");
}

#[test]
fn an_access_that_repeats_takes_a_byte() {
    use Access::{Both, Read as Reads, Write as Writes};
    use Step::{Access as Used, Touch, Write as Did};
    for kind in [Reads, Writes, Both] {
        check_accesses(&[Did(taken(7, 1, 2)), Used(7, kind)], 1);
        let deep = [1, 2, 3, 4].map(|lock| Did(taken(lock, 1, 2)));
        check_accesses(&[&deep[..], &[Used(1, kind)]].concat(), 1);
        check_accesses(&[&deep[..], &[Did(taken(5, 1, 2)), Used(1, kind)]].concat(), 5);
        let variable = 1 << 62;
        check_accesses(
            &[Touch(variable, kind, 3, 8), Touch(variable, kind, 3, 8 + kind.turns())],
            1,
        );
        check_accesses(&[Touch(variable, kind, 3, 6), Touch(variable, kind, 3, 16)], 3);
        check_accesses(&[Touch(variable, kind, 3, 6), Touch(variable + 8, kind, 3, 10)], 3);
        check_accesses(&[Touch(variable, kind, 3, 6), Touch(variable, kind, 4, 8)], 13);
    }
}

#[test]
fn what_was_never_written_is_not_referred_to() {
    for bytes in [&[RELEASE_TOP][..], &[0x72], &[AGAIN], &[ANOTHER, 2, 2], &[tag::EVENT - 1]] {
        assert!(Memory::new().read(&mut Decoder::new(bytes)).is_err(), "{bytes:x?}");
    }
}
