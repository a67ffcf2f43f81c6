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

#[test]
fn what_was_never_written_is_not_referred_to() {
    for bytes in [&[RELEASE_TOP][..], &[AGAIN], &[ANOTHER, 2, 2], &[tag::EVENT - 1]] {
        assert!(Memory::new().read(&mut Decoder::new(bytes)).is_err(), "{bytes:x?}");
    }
}
