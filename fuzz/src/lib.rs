//! What must hold of any bytes that are read as a trace, whatever they are.
//!
//! 1. Reading ends, without a panic, and takes memory in proportion to the bytes.
//! 2. Read again, they are the same trace.
//! 3. Scanned, they are the same trace too.
//! 4. Judging the trace ends, without a panic, and what cannot be read is said in one line.
//!
//! The bytes come from libFuzzer, which keeps those that reach code that none reached before.

mod allocated;

use lockgraph::check;
use lockgraph::event::Event;
use lockgraph::trace::{self, Scan, Trace};

/// A buffer, tables for small numbers, the places of RapidBin.
const FLAT: usize = 2 << 20;
/// For each byte: a line of three bytes is an event with a name of its own.
const PER_BYTE: usize = 2_000;

/// Reads `bytes` in every way, and judges what is in them. `size` is how many of the bytes were
/// chosen freely: memory may follow those.
pub fn check(bytes: &[u8], size: usize) {
    let (read, peak) = allocated::peak(|| trace::read_bytes("fuzz", bytes));
    // Of our own files the bytes are kept.
    let most = FLAT + 2 * bytes.len() + PER_BYTE * size;
    assert!(peak <= most, "{peak} bytes of memory for {size} bytes of file");
    let again = trace::read_bytes("fuzz", bytes);
    let (events, scanned) = scan(bytes);
    match (&read, again, scanned) {
        (Ok(read), Ok(again), Ok(scanned)) => {
            assert!(*read == again, "read twice, it is not the same");
            let times = read.times.clone();
            assert!(*read == Trace { events, times, ..scanned }, "scanned, it is not the same");
            judge(read);
        }
        (Err(read), Err(again), Err(scanned)) => {
            assert_eq!((read, read), (&again, &scanned));
            let told = read.to_string();
            assert!(!told.contains('\n') && !told.ends_with('.'), "{told}");
        }
        (read, again, scanned) => panic!(
            "it can be read: {}, again: {}, scanned: {}",
            read.is_ok(),
            again.is_ok(),
            scanned.is_ok()
        ),
    }
}

fn scan(bytes: &[u8]) -> (Vec<Event>, Result<Trace, trace::ReadError>) {
    let mut events = Vec::new();
    let mut take = |batch: &[Event]| events.extend_from_slice(batch);
    let scanned = trace::scan_bytes("fuzz", bytes, Scan::default(), &mut take);
    (events, scanned)
}

fn judge(trace: &Trace) {
    let options = check::Options { all: true, ..check::Options::default() };
    let report = check::check(trace, &options);
    assert_eq!(report.locks.len(), trace.locks.len());
    let mut text = Vec::new();
    trace::write_std(&mut text, trace).expect("memory takes everything");
}
