//! Any bytes, which are STD text more often than not.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lockgraph_fuzz::check(bytes, bytes.len()));
