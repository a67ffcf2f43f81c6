//! Any bytes after a number of threads that makes them RapidBin.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut file = bytes.to_vec();
    if let Some(threads) = file.first_chunk_mut::<2>() {
        *threads = (u16::from_be_bytes(*threads) % 1024 + 1).to_be_bytes();
    }
    lockgraph_fuzz::check(&file, file.len());
});
