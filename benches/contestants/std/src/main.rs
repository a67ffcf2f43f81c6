//! The original against itself: what is not 1.00 here is noise.

rows::locks!(
    Original: std::sync, std::thread::scope, original std::sync, unwrap;
    waits {
        fn turns() -> Option<rows::Turns> {
            Some(rows::turns!(std::sync, unwrap))
        }

        fn permits() -> Option<rows::Work> {
            Some(rows::plain_passes())
        }

        fn atomic() -> Option<rows::Work> {
            use std::sync::atomic::{AtomicU64, Ordering};
            let add = |number: &AtomicU64| _ = number.fetch_add(1, Ordering::Relaxed);
            Some(rows::adds(AtomicU64::new(0), add))
        }
    }
);

fn main() {
    rows::main::<Original>();
}
