//! Our own files: a good header, then chunks whose contents are any bytes.
//!
//! A chunk has the size of its unit whatever is in it, so the bytes to fuzz are not the file's:
//!
//! | bytes | meaning |
//! |---|---|
//! | 1 | sort of chunk; with the top bit set, the chunk's header is what follows, and any bytes too |
//! | 1 | thread that owns it |
//! | 2 | length |
//! | | contents |
#![no_main]

use std::sync::LazyLock;

use lockgraph::trace::{DEFAULT_LIMIT, Level, Writer};

const HEADER: usize = 4096;
const UNIT: usize = 64 * 1024;
const CHUNK_HEADER: usize = 64;
const MOST_CHUNKS: usize = 6;

/// The header that a writer writes.
static START: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let directory = tempfile::tempdir().expect("a directory for one file");
    let writer = Writer::create(directory.path(), Level::Full, DEFAULT_LIMIT).expect("a file");
    let mut bytes = std::fs::read(writer.path()).expect("it is there");
    bytes.truncate(HEADER);
    bytes
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut file = START.clone();
    let mut rest = bytes;
    for _ in 0..MOST_CHUNKS {
        let Some(([sort, owner, low, high], body)) = rest.split_first_chunk() else { break };
        let len = usize::from(u16::from_le_bytes([*low, *high])).min(body.len());
        let (body, after) = body.split_at(len.min(UNIT - HEADER - CHUNK_HEADER));
        rest = after;
        let begin = file.len();
        let end = (begin + 1).next_multiple_of(UNIT);
        if sort >> 7 == 0 {
            file.extend(b"LGCH");
            file.extend([*sort, 0, 0, 0]);
            file.extend(((end - begin) as u32).to_le_bytes());
            file.extend([0; 4]);
            file.extend(u32::from(*owner).to_le_bytes());
            file.extend((body.len() as u32).to_le_bytes());
            file.resize(begin + CHUNK_HEADER, 0);
        }
        file.extend(body);
        file.resize(end, 0);
    }
    lockgraph_fuzz::check(&file, bytes.len());
});
