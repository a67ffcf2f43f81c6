//! What reading takes: memory follows locks, threads and places, and no number in a file makes a
//! large allocation. One test, because the count is that of the process.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use lockgraph::trace::{self, Scan};

/// Counts what is allocated, and the most that ever was.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(now, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the pointer came from `alloc` above, so from the system.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const MIB: usize = 1 << 20;

/// The most that a scan takes beside the bytes.
fn peak(bytes: &[u8]) -> usize {
    let before = NOW.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let mut count = 0;
    let trace = trace::scan_bytes("x", bytes, Scan::default(), &mut |batch| count += batch.len());
    assert_eq!(trace.map_or(0, |trace| trace.event_count), count as u64);
    PEAK.load(Ordering::Relaxed) - before
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
