//! What reading takes: memory follows locks, threads and places, and no number in a file makes a
//! large allocation. One test, because the count is that of the process.

#[path = "../../fuzz/src/allocated.rs"]
mod allocated;

use lockgraph::trace::{self, Scan};

const MIB: usize = 1 << 20;

/// The most that a scan takes beside the bytes.
fn peak(bytes: &[u8]) -> usize {
    let (_, peak) = allocated::peak(|| {
        let mut count = 0;
        let trace =
            trace::scan_bytes("x", bytes, Scan::default(), &mut |batch| count += batch.len());
        assert_eq!(trace.map_or(0, |trace| trace.event_count), count as u64);
    });
    peak
}

fn rapid_bin(counts: [u8; 18], words: impl Iterator<Item = (u64, u64, u64)>) -> Vec<u8> {
    let word = |(thread, op, operand): (u64, u64, u64)| thread | op << 10 | operand << 14;
    let mut bytes = counts.to_vec();
    bytes.extend(words.flat_map(|parts| word(parts).to_be_bytes()));
    bytes
}

const COUNTS: [u8; 18] = [0, 4, 0, 0, 0, 9, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x40];

#[test]
fn memory_follows_what_is_distinct() {
    let four = [(1, 0, 3), (1, 2, 5), (1, 3, 5), (1, 1, 3)];
    let million = rapid_bin(COUNTS, (0..250_000).flat_map(|_| four));
    assert_eq!(million.len(), 18 + 8_000_000);
    assert!(peak(&million) < MIB, "{}", peak(&million));

    let text = "T1|acq(L3)|a.rs:1:2\nT1|r(V5)|3\nT1|w(V5)|?\nT1|rel(accounts)|a.rs:2\n";
    let text = text.repeat(250_000);
    assert!(peak(text.as_bytes()) < MIB, "{}", peak(text.as_bytes()));

    // Numbers as large as they can be, each only once: some bytes for each event.
    let far = |at: u64| at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 30;
    let large = rapid_bin(COUNTS, (0..100_000).map(|at| (at % 1024, 0, far(at))));
    assert!(peak(&large) < 400 * large.len() / 8, "{}", peak(&large));

    // Counts that are not so.
    let mut boasting = rapid_bin(COUNTS, four.into_iter());
    for count in [i32::MAX, i32::MIN, -1] {
        boasting[2..6].copy_from_slice(&count.to_be_bytes());
        boasting[6..10].copy_from_slice(&count.to_be_bytes());
        boasting[10..18].copy_from_slice(&i64::from(count).to_be_bytes());
        assert!(peak(&boasting) < MIB, "{count}: {}", peak(&boasting));
    }
}
