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
    }
);

fn main() {
    rows::main::<Original>();
}
