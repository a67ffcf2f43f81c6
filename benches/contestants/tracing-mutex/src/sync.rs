//! tracing-mutex in the shape of `std`, also traced in release builds.

rows::locks!(
    Theirs: tracing_mutex::stdsync::tracing, std::thread::scope, original std::sync, unwrap;
    waits {
        fn turns() -> Option<rows::Turns> {
            Some(rows::turns!(tracing_mutex::stdsync::tracing, unwrap))
        }
    }
);

fn main() {
    rows::main::<Theirs>();
}
