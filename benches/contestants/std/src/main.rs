//! The original against itself: what is not 1.00 here is noise.

rows::locks!(Original: std::sync, std::thread::scope, original std::sync, unwrap);

fn main() {
    rows::main::<Original>();
}
